"""How far the answer can be trusted, as strings: judgements of bias beside the forest, and the certainty by domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..figures.traffic import SIGNS, WORDS, lights_of
from ..methods.references import REFERENCES
from ..words import plain, rounding
from ..words.reading import Document, get, items, text


@dataclass(frozen=True)
class Light:
    """A judgement: its class, its sign, its word, and what it rests on."""

    level: str
    sign: str
    word: str
    support: str


@dataclass(frozen=True)
class GridRow:
    """The lights of a study; the last is the overall judgement where the instrument has one."""

    study: str
    lights: tuple[Light, ...]


@dataclass(frozen=True)
class BiasGrid:
    """The judgements by one instrument.

    Parameters
    ----------
    name, reference : str
    heads : tuple of (str, str)
        Number and wording of each column.
    rows : tuple of GridRow
        The studies in the order of the forest.
    key : tuple of Light
        Signs that occur, from good to bad.
    not_judged : str
        Which studies of the forest were not judged by it; empty where all were.
    """

    name: str
    reference: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[GridRow, ...]
    key: tuple[Light, ...]
    not_judged: str


@dataclass(frozen=True)
class DomainRow:
    """A domain of the certainty: what counts, what the numbers say, and what the reviewers say."""

    label: str
    used: str
    suggested: str
    why: str
    numbers: tuple[tuple[str, str], ...]
    judged: str
    judged_why: str


@dataclass(frozen=True)
class Source:
    """A paper that a rule goes back to, with its address where it has one."""

    text: str
    label: str
    address: str


@dataclass(frozen=True)
class CertaintyView:
    """The certainty of the answer: in a sentence, and domain by domain."""

    said: str
    level: str
    is_open: bool
    about: str
    start: DomainRow
    domains: tuple[DomainRow, ...]
    upgrades: tuple[DomainRow, ...]
    by: str
    sources: tuple[Source, ...] = ()


def _light(level: str, judgement: str = "", support: str = "") -> Light:
    return Light(level or "missing", SIGNS.get(level, ""), judgement or WORDS.get(level, level), support)


def bias_grids(document: Document) -> tuple[BiasGrid, ...]:
    """Return a grid for each instrument that the pooled studies were judged by.

    Examples
    --------
    >>> study = {"study": "A", "arm": "", "items": [{"number": "1", "level": "high", "judgement": "serious",
    ...          "support": "no list"}], "overall": "high", "score": None}
    >>> one = {"name": "X", "reference": "", "items": [{"number": "1", "text": "Confounding"}], "studies": [study]}
    >>> grid = bias_grids({"risk_of_bias": {"instruments": [one]}})[0]
    >>> [(light.sign, light.word) for light in grid.rows[0].lights], grid.heads[-1]
    ([('×', 'serious'), ('×', 'high')], ('all', 'Overall'))
    """
    return tuple(_grid(one) for one in items(document, "risk_of_bias", "instruments"))


def _grid(instrument: Any) -> BiasGrid:
    lights = lights_of(instrument)
    rows = []
    for study, (label, levels) in zip(items(instrument, "studies"), lights.studies, strict=True):
        given = {text(item, "number"): item for item in items(study, "items")}
        cells = [
            _light(level, text(given.get(number), "judgement"), text(given.get(number), "support"))
            for (number, _), level in zip(lights.items, levels, strict=True)
        ]
        rows.append(GridRow(label, tuple(cells)))
    seen = {level for _, levels in lights.studies for level in levels}
    names = [plain.visible(name) for name in items(instrument, "not_judged")]
    heads = tuple((number, wording) for number, wording in lights.items)
    return BiasGrid(
        name=text(instrument, "name"),
        reference=text(instrument, "reference"),
        heads=heads,
        rows=tuple(rows),
        key=tuple(_light(level) for level in (*(level for level in WORDS if level), "") if level in seen),
        not_judged=", ".join(names),
    )


def certainty(document: Document) -> CertaintyView | None:
    """Return the certainty that a document holds.

    Examples
    --------
    >>> certainty({}) is None
    True
    >>> domain = {"label": "Imprecision", "used": "serious", "judged": None,
    ...           "suggestion": {"judgement": "serious", "why": "Few patients.", "numbers": {"total": 43}}}
    >>> found = certainty({"certainty": {"words": "W.", "level": "low", "at_most": False, "about": "A.",
    ...                    "by": "suggestion", "start": domain, "domains": [domain], "upgrades": []}})
    >>> found.level, found.domains[0].used, found.domains[0].numbers
    ('low', 'serious', (('total', '43'),))
    """
    found = get(document, "certainty")
    if not found:
        return None
    return CertaintyView(
        said=text(found, "words"),
        level=text(found, "level"),
        is_open=bool(get(found, "at_most")),
        about=text(found, "about"),
        start=_domain(get(found, "start")),
        domains=tuple(_domain(one) for one in items(found, "domains")),
        upgrades=tuple(_domain(one) for one in items(found, "upgrades")),
        by=text(found, "by"),
        sources=_sources([get(found, "start"), *items(found, "domains"), *items(found, "upgrades")]),
    )


def _sources(domains: list[Any]) -> tuple[Source, ...]:
    """Return the papers that the rules of the suggestions go back to, each once."""
    keys = dict.fromkeys(key for one in domains for key in items(one, "suggestion", "sources") if key in REFERENCES)
    found = []
    for key in keys:
        paper = REFERENCES[key]
        found.append(Source(paper.text, f"doi:{paper.doi}" if paper.doi else "", plain.doi_address(paper.doi) or ""))
    return tuple(found)


def _domain(found: Any) -> DomainRow:
    numbers = get(found, "suggestion", "numbers") or {}
    return DomainRow(
        label=text(found, "label"),
        used=text(found, "used") or "not judged yet",
        suggested=text(found, "suggestion", "judgement") or "none: numbers cannot say",
        why=text(found, "suggestion", "why"),
        numbers=tuple((name.replace("_", " "), _number(value)) for name, value in numbers.items()),
        judged=text(found, "judged", "judgement"),
        judged_why=text(found, "judged", "reason"),
    )


def _number(value: Any) -> str:
    if value is None:
        return rounding.ABSENT
    return rounding.count(value) if isinstance(value, int) else rounding.number(value)
