"""Instruments of risk of bias: definitions in data, and what judgements come to."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

from synth.errors import Problem, ProblemsError, UnknownName
from synth.workspace import visible

from ..contract.figures import BiasRow, place_of, problem_of
from ..contract.sheets import fold
from ..forms.rows import identity
from .typed import item_of, judgement_of

LEVELS: Final = ("low", "moderate", "unclear", "high", "critical")
"""From good to bad; "none" is an item that does not apply and counts for nothing."""
SHIPPED: Final = ("jbi-case-series", "robins-i", "newcastle-ottawa", "minors")
FOLDER: Final = "instruments"
_OVERALL: Final = ("worst", "sum")
_KEYS: Final = frozenset(
    {"name", "reference", "doi", "overall", "most", "judgements", "items", "aliases", "item_aliases", "only_together"}
)


@dataclass(frozen=True)
class Instrument:
    """A checklist, scale or set of domains.

    Parameters
    ----------
    id : str
        What stands in the column ``instrument``.
    name, reference, doi : str
        For the page.
    items : dict of str to str
        Number of each item with a short wording.
    judgements : dict of str to str
        Each word that may be judged, with its level.
    overall : {"worst", "sum"}
        How a study's judgement comes of its items'; an item called ``overall`` comes before either.
    most : int or None
        Largest sum.
    aliases : tuple of str
        What else the instrument is called in a sheet.
    item_aliases : dict of str to str
        What else an item is called, with its number.
    only_together : tuple of str
        Items that a study may be without, all of them together: those about a control group.
    """

    id: str
    name: str
    reference: str
    doi: str
    items: Mapping[str, str]
    judgements: Mapping[str, str]
    overall: str
    most: int | None = None
    aliases: tuple[str, ...] = ()
    item_aliases: Mapping[str, str] = field(default_factory=dict)
    only_together: tuple[str, ...] = ()

    def level(self, judgement: str) -> str | None:
        """Give the level of a word, in any case or shortened; ``None`` where the instrument has no such word.

        Examples
        --------
        >>> shipped("jbi-case-series").level("Not applicable"), shipped("minors").level("maybe")
        ('none', None)
        """
        word = judgement_of(judgement, self.judgements)
        return None if word is None else self.judgements[word]


@dataclass(frozen=True)
class Appraisal:
    """One study, or one of its arms, judged by one instrument.

    Parameters
    ----------
    study, arm : str
        The label; the arm is empty where the whole study was judged.
    instrument : Instrument
    words, levels, support : dict of str to str
        By the number of the item: the judgement, its level, and what it rests on.
    overall : str or None
        Level of the whole: what the reviewers judged overall, else what all items come to. ``None`` for a sum, where an
        item was not judged, and where none applies.
    score : int or None
        Sum of an instrument that adds up; ``None`` where an item was not judged.
    """

    study: str
    arm: str
    instrument: Instrument
    words: Mapping[str, str]
    levels: Mapping[str, str]
    support: Mapping[str, str]
    overall: str | None
    score: int | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Items that nobody has judged yet; not those that a study may be without."""
        judged = self.words.keys()
        spared = set() if judged & set(self.instrument.only_together) else set(self.instrument.only_together)
        return tuple(item for item in self.instrument.items if item not in judged and item not in {*spared, "overall"})


def shipped(id: str) -> Instrument:
    """Give an instrument that comes with synth.

    Raises
    ------
    UnknownName
        None has that name.

    Examples
    --------
    >>> instrument = shipped("robins-i")
    >>> instrument.items["1"], instrument.level("serious")
    ('Confounding', 'high')
    """
    if id not in SHIPPED:
        raise UnknownName("instrument", id, SHIPPED)
    text = resources.files(__package__).joinpath(f"{id}.toml").read_text("utf-8")
    return _read(id, text, f"{id}.toml")


def own_files(extracted: Path) -> tuple[Path, ...]:
    """Name the files below ``extracted`` that define an instrument, in their order; none where there is no folder.

    Examples
    --------
    >>> own_files(Path("nowhere"))
    ()
    """
    return tuple(sorted((extracted / FOLDER).glob("*.toml")))


def instruments_in(folder: Path) -> dict[str, Instrument]:
    """Give the shipped instruments and those of a folder, by name; one of the folder comes before a shipped one.

    Raises
    ------
    ProblemsError
        Everything that is wrong with any of the files.
    """
    found = {id: shipped(id) for id in SHIPPED}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            found[path.stem] = _read(path.stem, path.read_text("utf-8"), f"{FOLDER}/{path.name}")
        except ProblemsError as error:
            problems += error.problems
        except (OSError, UnicodeDecodeError):
            problems.append(Problem(f"{FOLDER}/{path.name}", "cannot be read.", "Save it as plain text in UTF-8."))
    if problems:
        raise ProblemsError(problems)
    return found


def appraise(
    rows: Iterable[BiasRow], known: Mapping[str, Instrument]
) -> tuple[tuple[Appraisal, ...], tuple[Problem, ...]]:
    """Put judgements together by study, arm and instrument.

    Parameters
    ----------
    rows : iterable of BiasRow
    known : mapping of str to Instrument

    Returns
    -------
    appraisals : tuple of Appraisal
        In the order of their first rows.
    problems : tuple of Problem
        Errors: an instrument, item or word that is not known, and an item that was judged twice. Warnings: studies of
        which not all items were judged, and which have no level or score for that.

    Examples
    --------
    >>> rows = [BiasRow("A", instrument="minors", item=str(n), judgement="2") for n in range(1, 9)]
    >>> made, problems = appraise(rows, {"minors": shipped("minors")})
    >>> made[0].score, made[0].overall, made[0].missing, problems
    (16, None, (), ())
    >>> made, problems = appraise(rows[:6], {"minors": shipped("minors")})
    >>> made[0].score, made[0].missing
    (None, ('7', '8'))
    """
    problems: list[Problem] = []
    groups: dict[tuple[str, str, str], dict[str, BiasRow]] = {}
    for row in rows:
        used, found = _in_words(row, known)
        problems += found
        if found or not used.judgement:
            continue
        judged = groups.setdefault((identity(used.study), used.arm, used.instrument), {})
        if used.item in judged:
            before = place_of(judged[used.item], row)
            message = f"was judged before, in {before}."
            problems.append(_wrong(row, "item", row.item, message, "Keep one of the two rows."))
        judged.setdefault(used.item, used)
    made = []
    for (_, arm, id), judged in groups.items():
        first = next(iter(judged.values()))
        each = _appraisal(first.study, arm, known[id], judged)
        made.append(each)
        if each.missing and "overall" not in each.words:
            problems.append(_incomplete(each, first))
    return tuple(made), tuple(problems)


def in_own_words(
    rows: Iterable[BiasRow], known: Mapping[str, Instrument]
) -> tuple[tuple[BiasRow, ...], tuple[Problem, ...]]:
    """Write judgements with the names of the definitions, whatever was typed for them.

    Examples
    --------
    >>> row = BiasRow("A", instrument="ROBINS-I", item="D1", judgement="Serious")
    >>> made, _ = in_own_words([row], {"robins-i": shipped("robins-i")})
    >>> made[0].instrument, made[0].item, made[0].judgement
    ('robins-i', '1', 'serious')
    """
    made, problems = [], []
    for row in rows:
        used, found = _in_words(row, known)
        made.append(used)
        problems += found
    return tuple(made), tuple(problems)


def _in_words(row: BiasRow, known: Mapping[str, Instrument]) -> tuple[BiasRow, list[Problem]]:
    """One row with the names of its instrument's definition, or what is no such name."""
    wanted = fold(row.instrument)
    id = next((id for id in known if fold(id) == wanted), None)
    if id is None:
        meant = [id for id, one in known.items() if wanted in map(fold, (one.name, *one.aliases))]
        id = meant[0] if len(meant) == 1 else None
    if id is None:
        remedy = f"There are: {', '.join(known)}. For one of your own write extracted/{FOLDER}/NAME.toml."
        return row, [_wrong(row, "instrument", row.instrument, "is no instrument.", remedy)]
    instrument = known[id]
    item = item_of(row.item, instrument.items, instrument.item_aliases)
    word = judgement_of(row.judgement, instrument.judgements) if row.judgement else ""
    problems = []
    if item is None:
        remedy = f"There are: {', '.join(instrument.items)}."
        problems.append(_wrong(row, "item", row.item, f"is no item of {id}.", remedy))
    if word is None:
        remedy = f"There are: {', '.join(instrument.judgements)}."
        problems.append(_wrong(row, "judgement", row.judgement, f"is no judgement of {id}.", remedy))
    return replace(row, instrument=id, item=item or row.item, judgement=word or ""), problems


def _incomplete(each: Appraisal, row: BiasRow) -> Problem:
    """Say which items of a study are missing."""
    lacking = ", ".join(each.missing)
    gives = "score" if each.instrument.overall == "sum" else "level"
    many = "items" if len(each.missing) > 1 else "item"
    own = ", or the item overall" if "overall" in each.instrument.items else ""
    return problem_of(
        row, "study",
        f"is not judged completely by {each.instrument.id}, and has no {gives} for that: {many} {lacking} not judged.",
        f"Judge them{own}.", value=f"{each.study}, {each.arm}" if each.arm else each.study, severity="warning",
    )  # fmt: skip


def worst(levels: Iterable[str]) -> str | None:
    """Give the worst of several levels, leaving out items that do not apply.

    Examples
    --------
    >>> worst(["low", "none", "unclear"]), worst(["none"])
    ('unclear', None)
    """
    counted = [level for level in levels if level != "none"]
    return max(counted, key=LEVELS.index) if counted else None


def _appraisal(study: str, arm: str, instrument: Instrument, judged: Mapping[str, BiasRow]) -> Appraisal:
    rows = {item: judged[item] for item in instrument.items if item in judged}
    levels = {item: str(instrument.level(row.judgement)) for item, row in rows.items()}
    made = Appraisal(
        study, arm, instrument, {item: row.judgement for item, row in rows.items()}, levels,
        {item: row.support for item, row in rows.items() if row.support}, levels.get("overall"), None,
    )  # fmt: skip
    if made.missing:
        return made
    if instrument.overall == "sum":
        return replace(made, score=sum(int(row.judgement) for item, row in rows.items() if item != "overall"))
    return made if made.overall is not None else replace(made, overall=worst(levels.values()))


def _wrong(row: BiasRow, column: str, value: str, message: str, remedy: str) -> Problem:
    return problem_of(row, column, message, remedy, value=value)


def _read(id: str, text: str, file: str) -> Instrument:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = Problem(file, f"is no TOML: {visible(str(error), 120)}.", "Correct that line.")
        raise ProblemsError([problem]) from error
    problems: list[Problem] = []

    def wrong(key: str, remedy: str) -> None:
        problems.append(Problem(file, f"{key} is missing or cannot be used.", remedy, column=key))

    for key in sorted(set(table) - _KEYS):
        wrong(visible(key, 40), f"Leave it out. There are: {', '.join(sorted(_KEYS))}.")
    items, judgements = _texts(table.get("items")), _texts(table.get("judgements"))
    if not items:
        wrong("items", 'Write [items], and below it one line each: 1 = "Confounding"')
    if not judgements or set(judgements.values()) - {*LEVELS, "none"}:
        levels = ", ".join((*LEVELS, "none"))
        wrong("judgements", f'Write [judgements], and below it each word with its level, yes = "low": {levels}.')
    overall = table.get("overall", "worst")
    if overall not in _OVERALL:
        wrong("overall", f"Write one of: {', '.join(_OVERALL)}.")
    elif overall == "sum" and not all(word.isdigit() for word in judgements):
        wrong("judgements", 'With overall = "sum" every word is a whole number.')
    for key in ("name", "reference"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            wrong(key, f'Write {key} = "..."')
    most = table.get("most")
    if most is not None and not (isinstance(most, int) and most > 0):
        wrong("most", "Write the largest sum, a whole number.")
    aliases, together = table.get("aliases", []), table.get("only_together", [])
    also = _texts(table.get("item_aliases"))
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias for alias in aliases):
        wrong("aliases", 'Write aliases = ["another name"].')
    if not isinstance(together, list) or not {str(item) for item in together} <= items.keys():
        wrong("only_together", 'Write numbers of [items]: only_together = ["9", "10"].')
    if ("item_aliases" in table and not also) or not set(also.values()) <= items.keys():
        wrong("item_aliases", 'Write [item_aliases], and below it one line each with a number of [items]: S1 = "1"')
    if problems:
        raise ProblemsError(problems)
    doi = str(table.get("doi", ""))
    return Instrument(
        id, table["name"], table["reference"], doi, items, judgements, overall, most,
        tuple(aliases), also, tuple(map(str, together)),
    )  # fmt: skip


def _texts(table: Any) -> dict[str, str]:
    """A table of texts; empty where it is something else."""
    if not isinstance(table, dict) or not all(isinstance(value, str) and value for value in table.values()):
        return {}
    return dict(table)


def order(levels: Sequence[str]) -> tuple[str, ...]:
    """Give levels from good to bad, each once."""
    return tuple(level for level in LEVELS if level in levels)
