"""What a review keeps: rows of a sheet put into the canonical files, and the difference that they make.

Text in, text out. A row that is there already keeps its place, its file and the columns that are nobody's but its own;
a new one goes to the end of the file of its kind. So a difference between two states of a review reads as what changed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .contract.figures import BiasRow, Figure, StudyArm
from .contract.patients import PatientSheet, file_name
from .contract.sheets import BIAS, RESULTS, STUDIES, Column, fold, names_of
from .template_files import harmless
from .understand import Understood

FILES = {"results": "results.csv", "studies": "studies.csv", "bias": "bias.csv"}
PATIENTS_FOLDER = "patients"
_COLUMNS: Mapping[str, Sequence[Column]] = {"results": RESULTS, "studies": STUDIES, "bias": BIAS}
_KEYS = {
    "results": ("study", "arm", "outcome"),
    "studies": ("study", "arm"),
    "bias": ("study", "arm", "instrument", "item"),
}
# Columns that hold one figure together: a row that gives the figure anew gives all of them anew.
_FIGURE = frozenset(
    {"events", "total", "mean", "sd", "median", "q1", "q3", "min", "max", "time", "percent_reported"}
    | {"events_basis", "total_basis", "bound", "unit", "judgement"}
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
Row = dict[str, str]


@dataclass(frozen=True)
class Change:
    """A row that is not as it was.

    Parameters
    ----------
    kind : {"results", "studies", "bias", "patients"}
        Of what.
    what : {"added", "changed"}
        New, or there before with other cells.
    key : tuple of str
        Study, arm and outcome; of patients the study alone.
    columns : tuple of (str, str, str)
        Name, text before, text now, of the columns that differ; none of patients, whose rows are shown nowhere.
    rows : int
        How many rows: more than one only of patients.
    """

    kind: str
    what: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...] = ()
    rows: int = 1


@dataclass(frozen=True)
class Merged:
    """What keeping a sheet comes to.

    Parameters
    ----------
    contents : dict of str to str
        Text of each file that would change, by its name inside ``extracted``.
    changes : tuple of Change
        In the order of the sheet.
    unchanged : int
        Rows that are there already as they are.
    """

    contents: dict[str, str]
    changes: tuple[Change, ...]
    unchanged: int


class _Shelf:
    """The files of one kind, as text, with their rows by key."""

    def __init__(self, kind: str, texts: Mapping[str, str]) -> None:
        self.kind, self.columns, self.keys = kind, _COLUMNS[kind], _KEYS[kind]
        self.order = {column.name: place for place, column in enumerate(self.columns)}
        self.headers: dict[str, list[str]] = {}
        self.named: dict[str, set[str]] = {}  # what the headers hold
        self.rows: dict[str, list[Row]] = {}
        self.places: dict[tuple[str, ...], tuple[str, Row]] = {}
        self.touched: set[str] = set()
        known = names_of(self.columns)
        for file, text in texts.items():
            table = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
            if not table or kind_of(table[0]) != kind:
                continue
            header = self.headers[file] = [known.get(fold(heading), heading) for heading in table[0]]
            self.named[file] = set(header)
            self.rows[file] = [
                dict(zip(header, cells if len(cells) >= len(header) else [*cells, *[""] * len(header)], strict=False))
                for cells in table[1:]
            ]
            for row in self.rows[file]:
                self.places[self.key(row)] = (file, row)

    def key(self, row: Row) -> tuple[str, ...]:
        return tuple([row.get(name, "").strip() for name in self.keys])

    def put(self, new: Row) -> Change | None:
        """Keep a row, which has no empty cells; ``None`` where it is there as it is."""
        key = self.key(new)
        if key not in self.places:
            file = FILES[self.kind]
            if file not in self.headers:
                # a new file shows all of the contract, so that a person who opens it sees what there is to say
                self.headers[file], self.named[file], self.rows[file] = [*self.order], {*self.order}, []
            self.rows[file].append(new)
            self.places[key] = (file, new)
            self._widen(file, new)
            shown = tuple([(name, "", text) for name, text in new.items() if name not in self.keys])
            return Change(self.kind, "added", key, shown)
        file, row = self.places[key]
        if new.items() <= row.items() and not any(map(row.get, _FIGURE - new.keys())):
            return None
        differ = []
        for name in (*self.order, *[name for name in new if name not in self.order]):
            before, text = row.get(name, ""), new.get(name, "")
            # An empty cell takes nothing away, unless it belongs to a figure that was given anew.
            if text != before.strip() and (text or name in _FIGURE) and not _same_number(text, before):
                differ.append((name, before, text))
        if all(name == "origin" for name, _, _ in differ):
            return None
        row.update({name: text for name, _, text in differ})
        self._widen(file, row)
        return Change(self.kind, "changed", key, tuple(change for change in differ if change[0] != "origin"))

    def _widen(self, file: str, row: Row) -> None:
        """Make a column for everything that a row holds: the contract's in its order, others after them."""
        self.touched.add(file)
        header, named = self.headers[file], self.named[file]
        if row.keys() <= named:
            return
        for name in row:
            if name not in named:
                earlier = list(self.order)[: self.order.get(name, 0)]
                after = [header.index(other) for other in earlier if other in named]
                header.insert(max(after) + 1 if after else len(header), name)
                named.add(name)

    def texts(self) -> dict[str, str]:
        return {file: _written(self.headers[file], self.rows[file]) for file in sorted(self.touched)}


def merge(texts: Mapping[str, str], understood: Understood) -> Merged:
    r"""Put what a sheet holds into the files of a review.

    Parameters
    ----------
    texts : mapping of str to str
        The review's sheets by their names inside ``extracted``, those of patients as ``patients/NAME.csv``.
    understood : Understood
        Of one file or several, without errors.

    Returns
    -------
    Merged

    Notes
    -----
    Rows are the same where study, arm and outcome are (for studies: study and arm; for judgements: instrument and item
    too). The numbers of a figure change together. Of everything else an empty cell of the sheet leaves what is there.

    Examples
    --------
    >>> figures = (Figure("A", "mis", "fusion", 7, 9), Figure("B", "mis", "fusion", 3, 5))
    >>> made = merge({"results.csv": "study,arm,outcome,events,total\nA,mis,fusion,6,9\n"},
    ...              Understood(figures, (), (), (), (), ()))
    >>> [(change.what, change.key[0], change.columns[:1]) for change in made.changes]
    [('changed', 'A', (('events', '6', '7'),)), ('added', 'B', (('events', '', '3'),))]
    """
    shelves = {kind: _Shelf(kind, texts) for kind in FILES}
    changes: list[Change] = []
    unchanged = 0
    for kind, row in _rows(understood):
        change = shelves[kind].put(row)
        if change is None:
            unchanged += 1
        else:
            changes.append(change)
    contents = {file: text for shelf in shelves.values() for file, text in shelf.texts().items()}
    for sheet in understood.patients:
        file, before = _patients_file(texts, sheet)
        now = _written(list(sheet.header), [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows])
        if now == before:
            unchanged += len(sheet.rows)
        else:
            contents[file] = now
            changes.append(Change("patients", "changed" if before else "added", (sheet.study,), (), len(sheet.rows)))
    return Merged(contents, tuple(changes), unchanged)


def kind_of(header: Sequence[str]) -> str:
    """Say what the rows below a heading are: "results", "studies", "bias", or "".

    Examples
    --------
    >>> kind_of(["study", "arm", "outcome", "events"]), kind_of(["study", "arm", "year"]), kind_of(["x"])
    ('results', 'studies', '')
    """
    folded = {fold(heading) for heading in header}

    def has(columns: Iterable[Column], *names: str) -> bool:
        known = names_of(tuple(columns))
        return set(names) <= {known.get(heading, "") for heading in folded}

    if has(BIAS, "study", "instrument", "item", "judgement"):
        return "bias"
    if has(RESULTS, "study", "arm", "outcome"):
        return "results"
    return "studies" if has(STUDIES, "study", "arm") else ""


def _rows(understood: Understood) -> Iterable[tuple[str, Row]]:
    kinds: tuple[tuple[str, Sequence[Figure | StudyArm | BiasRow]], ...] = (
        ("studies", understood.studies), ("results", understood.figures), ("bias", understood.bias_rows),
    )  # fmt: skip
    for kind, things in kinds:
        own = frozenset(column.name for column in _COLUMNS[kind])
        for thing, row in zip(things, _cells(things, _COLUMNS[kind]), strict=True):
            for name, value in getattr(thing, "more", ()):
                if value and name not in own:
                    row[name] = _text(value)
            yield kind, row


def _cells(things: Sequence[Figure | StudyArm | BiasRow], columns: Sequence[Column]) -> Iterable[Row]:
    """Return the text of each cell that is not empty; columns in which nothing stands at all are looked at once."""
    names: list[str] = []
    texts: list[list[str]] = []
    for column in columns:
        values = [getattr(thing, column.name, "") for thing in things]
        said = {value: _text(value) for value in set(values)}
        if any(said.values()):
            names.append(column.name)
            texts.append([said[value] for value in values])
    for row in zip(*texts, strict=True):
        yield {name: text for name, text in zip(names, row, strict=True) if text}


def _patients_file(texts: Mapping[str, str], sheet: PatientSheet) -> tuple[str, str]:
    """Where the patients of a study are kept, or will be, and the text that is there; a file is one study's."""
    taken = []
    for file, text in texts.items():
        if not file.startswith(f"{PATIENTS_FOLDER}/"):
            continue
        taken.append(file.removeprefix(f"{PATIENTS_FOLDER}/").removesuffix(".csv"))
        first = next(csv.DictReader(io.StringIO(text)), None)
        if first is not None and first.get("study") == sheet.study:
            return file, text
    name = sheet.name if sheet.name not in taken else file_name(sheet.study, taken)
    return f"{PATIENTS_FOLDER}/{name}.csv", ""


def _text(value: object) -> str:
    """The text of a cell: a whole number without its point, and nothing that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(int(value)) if value == int(value) else repr(value)
    text = str(value).strip()
    return text if text[:1].isalnum() or _NUMBER.fullmatch(text) else str(harmless(text))


def _same_number(text: str, before: str) -> bool:
    """Whether two texts are the same number: 7 and 7.0."""
    before = before.strip()
    if not (_NUMBER.fullmatch(text) and _NUMBER.fullmatch(before)):
        return False
    return float(text) == float(before) and not (text.isdigit() and text.startswith("0") and len(text) > 1)


def _written(header: Sequence[str], rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(map(row.get, header) for row in rows)
    return out.getvalue()
