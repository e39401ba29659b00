"""Two arms or more in one row: exports of RevMan, and sheets with columns such as events_1, n.c or R.2.

RevMan 5 (*Export, Data and analyses*) writes titles and studies one below the other; RevMan Web writes a row for each
study with the name of the analysis in it. What is not in the review's outcomes is left out, and said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..contract import cells
from ..contract.figures import Figure
from ..contract.kinds import TWO_MEANS, TWO_PROPORTIONS, TWO_RATES
from ..contract.names import Names
from ..contract.sheets import OTHERS, RESULTS, fold, names_of
from ..contract.words import loose
from .common import Sheet

_LONG = names_of((*RESULTS, *OTHERS))
_LOOSE = {loose(word): c.name for c in reversed((*RESULTS, *OTHERS)) for word in (*c.aliases, c.name) if loose(word)}
_BY_ID = "="
_PARTS = frozenset({"events", "total", "mean", "sd", "se", "median", "q1", "q3", "min", "max", "time", "arm"})
_NUMBERED = re.compile(r"(.*?[^\d])([1-9])")
_WORDS = {
    fold(f"{mark} {word}"): (part, number)
    for number, marks in (("1", ("experimental", "intervention", "treatment")), ("2", ("control", "comparator")))
    for mark in marks
    for part, words in (("events", ("cases", "events")), ("total", ("n", "total", "participants")), ("arm", ("arm",)))
    for word in words
}
_TWO = {
    heading: ("total" if name.startswith("n_") else name[:-2], name[-1])
    for kind in (TWO_PROPORTIONS, TWO_MEANS, TWO_RATES)
    for heading, name in names_of(kind.own).items()
}
_FIRST = ("experimental", "intervention", "treatment", "treated")
_SECOND = ("control", "comparator", "controls")
_REVMAN = {name: fold(name) for name in ("Comparison Number", "Outcome Number", "Name", "Data Type", "Subgroup Number")}
_TYPES = {"DIC": "counts", "DICHOTOMOUS": "counts", "CON": "means", "CONTINUOUS": "means"}


def part_of(heading: str, names: Names | None = None) -> tuple[str, str] | None:
    """Say which part of which arm a heading means, the arm as a number or by its id; ``None`` where it means none.

    Parameters
    ----------
    heading : str
        As it stands there.
    names : Names, optional
        Of the arms of a review, which may stand in the heading: "MIS events".

    Examples
    --------
    >>> part_of("Events 1"), part_of("Control cases"), part_of("T.2"), part_of("q1"), part_of("n")
    (('events', '1'), ('events', '2'), ('arm', '2'), None, None)
    """
    folded = fold(heading)
    if folded in _LONG:
        return None
    if folded in _WORDS:
        return _WORDS[folded]
    match = _NUMBERED.fullmatch(folded)
    if match is not None and _LONG.get(match[1]) in _PARTS:
        return _LONG[match[1]], match[2]
    if folded in _TWO or names is None:
        return _TWO.get(folded)
    text = loose(heading)
    for arm, id in names.arm_names.items():
        rest = text.removeprefix(arm) if text.startswith(arm) else text.removesuffix(arm)
        if rest != text and _LOOSE.get(rest) in _PARTS:
            return _LOOSE[rest], f"{_BY_ID}{id}"
    return None


def spots_of(header: list[str], names: Names) -> dict[str, dict[str, int]]:
    """Return, for each arm of a row, where its parts are; empty where the sheet has not two arms in a row."""
    found: dict[str, dict[str, int]] = {}
    for place, heading in enumerate(header):
        part = part_of(heading, names)
        if part is not None:
            found.setdefault(part[1], {}).setdefault(part[0], place)
    arms = {arm: spots for arm, spots in found.items() if {"events", "mean", "median"} & spots.keys()}
    return dict(sorted(arms.items())) if len(arms) > 1 else {}


def is_revman(header: list[str]) -> bool:
    """Say whether a table is RevMan 5's export of data and analyses."""
    folded = set(map(fold, header))
    return {_REVMAN["Comparison Number"], _REVMAN["Outcome Number"], _REVMAN["Name"]} <= folded


def read_pairs(sheet: Sheet) -> list[Figure]:
    """Read a sheet with several arms in a row.

    Parameters
    ----------
    sheet : Sheet
        Takes what is wrong, and what was understood.

    Returns
    -------
    list of Figure
        One for each arm and row that has a number.
    """
    return _Pairs(sheet).read()


class _Pairs:
    """One table while it is read: which outcome and which arms the rows are of."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        header = sheet.table.header
        self.spots = spots_of(header, sheet.names)
        self.revman = is_revman(header)
        folded = [fold(heading) for heading in header]
        self.at = {name: folded.index(word) for name, word in _REVMAN.items() if word in folded}
        self.places = {
            name: place for place, word in enumerate(folded) if (name := _LONG.get(word, "")) and name not in _PARTS
        }
        if self.revman:
            # Its group labels stand in the titles above the studies.
            self.spots = {mark: {n: p for n, p in spots.items() if n != "arm"} for mark, spots in self.spots.items()}
        if not self.revman and "study" not in self.places and fold("Name") in folded:
            self.places["study"] = folded.index(fold("Name"))
        self.unknown: dict[str, int] = {}
        self.labels: dict[str, str] = {}
        self.told: set[tuple[str, str]] = set()
        self.unlike: dict[tuple[str, str], dict[int, tuple[str, str]]] = {}
        self.kind = ""
        self.figures: list[Figure] = []

    def read(self) -> list[Figure]:
        sheet = self.sheet
        if self.revman:
            if "Data Type" not in self.at:
                sheet.problems.at(
                    sheet.table.header_row, None, None, "has no column Data Type, which tells counts from means.",
                    "Export from RevMan again with all fields but the risk of bias tables.",
                )  # fmt: skip
                return []
            self._revman()
        else:
            if "study" not in self.places and not sheet.given.study:
                sheet.problems.at(
                    sheet.table.header_row, None, None, 'has no column "study".', "Name the column of the studies so."
                )
                return []
            self._rows()
        for name, rows in self.unknown.items():
            sheet.problems.at(
                None, None, name,
                f"is no outcome of this review; {rows} row{'s were' if rows > 1 else ' was'} left out.",
                "Add the name to the aliases of an outcome in review.toml if it is meant.", "warning",
            )  # fmt: skip
        return self.figures

    def _rows(self) -> None:
        """Read a row for each study."""
        sheet = self.sheet
        has_counts = any("events" in spots for spots in self.spots.values())
        own = ""
        if "outcome" not in self.places:
            own = sheet.only_outcome(("proportion", "rate") if has_counts else ("continuous",))
            if not own:
                return
        for row, found in sheet.table.rows:
            study = cells.text(found[self.places["study"]]) if "study" in self.places else sheet.given.study
            if not study:
                sheet.problems.at(row, self.places.get("study"), None, "the study is empty.", "Type its name.")
                continue
            name = own or cells.text(found[self.places["outcome"]])
            when = cells.text(found[self.places["timepoint"]]) if "timepoint" in self.places else ""
            outcome = sheet.names.outcome(name, when)
            if outcome is None:
                self.unknown[name] = self.unknown.get(name, 0) + 1
                continue
            self._study(row, found, study, outcome)

    def _revman(self) -> None:
        """Read titles and studies one below the other, as RevMan 5 writes them."""
        sheet = self.sheet
        outcome: str | None = None
        title = ""
        for row, found in sheet.table.rows:
            name = cells.text(found[self.at["Name"]])
            kind = cells.text(found[self.at["Data Type"]]).upper()
            number = cells.text(found[self.at["Outcome Number"]])
            if number in ("", "0"):
                continue
            if kind:
                subgroup = cells.text(found[self.at["Subgroup Number"]]) if "Subgroup Number" in self.at else ""
                if subgroup in ("", "0"):
                    title, outcome = name, sheet.names.outcome(name)
                    self.kind = _TYPES.get(kind, "")
                    self.labels = {
                        mark: cells.text(found[place])
                        for mark in ("1", "2")
                        for place, heading in enumerate(sheet.table.header)
                        if fold(heading) == fold(f"Group Label {mark}")
                    }
                    if outcome is not None and not self.kind:
                        sheet.problems.at(
                            row, self.at["Data Type"], kind, "is neither counts nor means, and was left out.",
                            "Only dichotomous and continuous data of two arms can be read.", "warning",
                        )  # fmt: skip
            elif outcome is None:
                self.unknown[title] = self.unknown.get(title, 0) + 1
            elif self.kind:
                self._study(row, found, name, outcome)

    def _study(self, row: int, found: list[str], study: str, outcome: str) -> None:
        sheet = self.sheet
        described = sheet.names.outcomes[outcome]
        if not study:
            sheet.problems.at(row, self.at.get("Name"), None, "the study is empty.", "Type its name.")
            return
        if self.kind and (self.kind == "means") != (described.kind == "continuous"):
            sheet.problems.at(
                row, self.at["Name"], study, f"has {self.kind}, and {outcome} is {described.kind} in review.toml.",
                "Correct the kind of the outcome, or its aliases.",
            )  # fmt: skip
            return
        for mark, spots in self.spots.items():
            measured = described.kind == "continuous"
            numbers = {
                name: place
                for name, place in spots.items()
                if name != "arm" and (name == "total" or (name in ("events", "time")) != measured)
            }
            wanted = ("mean", "median") if described.kind == "continuous" else ("events",)
            if not any(cells.text(found[numbers[name]]) for name in wanted if name in numbers):
                continue  # RevMan writes a row for every study, also where this arm or measure has nothing
            key = (outcome, mark)
            if key not in self.unlike:
                self.unlike[key] = sheet.unlike(described, numbers)
            sheet.tell_units(self.unlike[key], found)
            arm = self._arm(row, found, mark, spots)
            if arm:
                values = sheet.read(described, row, found, numbers) | sheet.texts(row, found, self.places)
                self.figures.append(sheet.figure((study, arm, outcome), row, found, values, sheet.trace(numbers)))

    def _arm(self, row: int, found: list[str], mark: str, spots: Mapping[str, int]) -> str:
        """Say which arm a mark means: by its label, by the words for it, or because there is only one choice."""
        sheet = self.sheet
        if mark.startswith(_BY_ID):
            return mark.removeprefix(_BY_ID)
        label = cells.text(found[spots["arm"]]) if "arm" in spots else self.labels.get(mark, "")
        known = sheet.names.arm(label) if label else None
        if known is not None:
            return known
        if "arm" in spots:
            return sheet.arm_of(row, spots["arm"], label)
        review = sheet.names.review
        for word in {"1": _FIRST, "2": _SECOND}.get(mark, ()):
            known = sheet.names.arm(word)
            if known is not None:
                return known
        meant = [review.primary_arm.id] if mark == "1" else [arm.id for arm in review.comparator_arms]
        if mark in ("1", "2") and len(meant) == 1:
            note = f"{label or ('experimental', 'control')[mark == '2']} was taken for the arm {meant[0]}."
            if note not in sheet.notes:
                sheet.notes.append(note)
            return meant[0]
        if (mark, label) not in self.told:
            self.told.add((mark, label))
            sheet.problems.at(
                row, next(iter(spots.values())), label or None, "is of an arm that this review does not name.",
                f"Add {label or 'control'} to the aliases of one arm in review.toml: "
                f"{', '.join(arm.id for arm in review.arms)}.",
            )  # fmt: skip
        return ""

