"""Instruments of risk of bias: definitions in data, and what judgements come to."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from synth.errors import Problem, ProblemsError, UnknownName
from synth.workspace import visible

from ..contract.figures import BiasRow, problem_of
from ..contract.sheets import fold

LEVELS: Final = ("low", "moderate", "unclear", "high", "critical")
"""From good to bad; "none" is an item that does not apply and counts for nothing."""
SHIPPED: Final = ("jbi-case-series", "robins-i", "newcastle-ottawa", "minors")
FOLDER: Final = "instruments"
_OVERALL: Final = ("worst", "sum")
_KEYS: Final = frozenset({"name", "reference", "doi", "overall", "most", "judgements", "items"})


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
    """

    id: str
    name: str
    reference: str
    doi: str
    items: Mapping[str, str]
    judgements: Mapping[str, str]
    overall: str
    most: int | None = None

    def level(self, judgement: str) -> str | None:
        """Give the level of a word, in any case; ``None`` where the instrument has no such word.

        Examples
        --------
        >>> shipped("jbi-case-series").level("Not applicable"), shipped("minors").level("maybe")
        ('none', None)
        """
        return {fold(word): level for word, level in self.judgements.items()}.get(fold(judgement))


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
        Level of the whole; ``None`` for a sum, and where no item was judged.
    score : int or None
        Sum of an instrument that adds up.
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
        """Items that nobody has judged yet."""
        return tuple(item for item in self.instrument.items if item not in self.words)


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
        An instrument, item or word that is not known, and an item that was judged twice.

    Examples
    --------
    >>> rows = [BiasRow("A", instrument="minors", item=str(n), judgement="2") for n in range(1, 9)]
    >>> made, problems = appraise(rows, {"minors": shipped("minors")})
    >>> made[0].score, made[0].overall, made[0].missing, problems
    (16, None, ('9', '10', '11', '12'), ())
    """
    problems: list[Problem] = []
    groups: dict[tuple[str, str, str], dict[str, BiasRow]] = {}
    names = {fold(id): id for id in known}
    for row in rows:
        id = names.get(fold(row.instrument))
        if id is None:
            there = ", ".join(known)
            remedy = f"There are: {there}. For one of your own write extracted/{FOLDER}/NAME.toml."
            problems.append(_wrong(row, "instrument", row.instrument, "is no instrument.", remedy))
            continue
        instrument = known[id]
        item = next((name for name in instrument.items if fold(name) == fold(row.item)), None)
        if item is None:
            there = ", ".join(instrument.items)
            problems.append(_wrong(row, "item", row.item, f"is no item of {id}.", f"There are: {there}."))
        elif row.judgement and instrument.level(row.judgement) is None:
            remedy = f"There are: {', '.join(instrument.judgements)}."
            problems.append(_wrong(row, "judgement", row.judgement, f"is no judgement of {id}.", remedy))
        elif row.judgement:
            judged = groups.setdefault((row.study, row.arm, id), {})
            if item in judged:
                problems.append(_wrong(row, "item", row.item, "was judged before.", "Keep one of the two rows."))
            judged.setdefault(item, row)
    made = tuple(_appraisal(study, arm, known[id], judged) for (study, arm, id), judged in groups.items())
    return made, tuple(problems)


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
    overall = levels.get("overall")
    if overall is None and instrument.overall == "worst":
        overall = worst(levels.values())
    score = sum(int(row.judgement) for row in rows.values()) if instrument.overall == "sum" and rows else None
    return Appraisal(
        study, arm, instrument, {item: row.judgement for item, row in rows.items()}, levels,
        {item: row.support for item, row in rows.items() if row.support}, overall, score,
    )  # fmt: skip


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
    if problems:
        raise ProblemsError(problems)
    doi = str(table.get("doi", ""))
    return Instrument(id, table["name"], table["reference"], doi, items, judgements, overall, most)


def _texts(table: Any) -> dict[str, str]:
    """A table of texts; empty where it is something else."""
    if not isinstance(table, dict) or not all(isinstance(value, str) and value for value in table.values()):
        return {}
    return dict(table)


def order(levels: Sequence[str]) -> tuple[str, ...]:
    """Give levels from good to bad, each once."""
    return tuple(level for level in LEVELS if level in levels)
