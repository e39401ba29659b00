"""What a run changed against the records stored before: new, gone, changed, retracted since, come back."""

from __future__ import annotations

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from ..records.record import from_json

__all__ = ["Change", "Changes", "compare"]

Lines = Iterable[tuple[int, str]]


@dataclass(frozen=True)
class Change:
    """A publication before and after: None where it was not, or is no more.

    Attributes
    ----------
    old, new : str or None
        Its stored line, and the one of this run.
    gone : str or None
        Its line among those that were gone already.
    """

    pmid: int
    old: str | None
    new: str | None
    gone: str | None


@dataclass
class Changes:
    """The difference of two runs, by PMID, ascending.

    Attributes
    ----------
    new : list of int
        Not stored before.
    gone : list of int
        Stored before, and found no more.
    changed : list of int
        Found again, and the record says something else.
    retracted : list of int
        Those of `changed` that have been retracted since.
    returned : list of int
        Those of `new` that an earlier run had found, and a later one not.
    fields : Counter
        How many records changed in each of their fields.
    """

    new: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    retracted: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)

    def count(self, change: Change, kept: bool = False) -> None:
        """Take in one publication; `kept` where the search found it but its record could not be had again."""
        if change.new is None:
            if change.old is not None and not kept:
                self.gone.append(change.pmid)
        elif change.old is None:
            self.new.append(change.pmid)
            if change.gone is not None:
                self.returned.append(change.pmid)
        elif change.old != change.new:
            before, after = json.loads(change.old), json.loads(change.new)
            self.changed.append(change.pmid)
            self.fields.update(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
            if _retracted(after) and not _retracted(before):
                self.retracted.append(change.pmid)

    def to_json(self) -> dict[str, object]:
        """Return the lists, and the fields by name."""
        return {
            "new": self.new,
            "gone": self.gone,
            "changed": self.changed,
            "retracted": self.retracted,
            "returned": self.returned,
            "changed_fields": dict(sorted(self.fields.items())),
        }


def compare(old: Lines, new: Lines, gone: Lines = ()) -> Iterator[Change]:
    """Yield every publication of either set, ascending; each set is read once, a line at a time.

    Parameters
    ----------
    old, new, gone : iterable of (int, str)
        PMID and line, ascending by PMID: stored before, of this run, and gone before.

    Examples
    --------
    >>> [(each.pmid, each.old, each.new) for each in compare([(1, "a"), (2, "b")], [(2, "c"), (3, "d")])]
    [(1, 'a', None), (2, 'b', 'c'), (3, None, 'd')]
    """
    tagged = [_tagged(which, lines) for which, lines in enumerate((old, new, gone))]
    for pmid, group in itertools.groupby(heapq.merge(*tagged, key=itemgetter(0, 1)), key=itemgetter(0)):
        found = {which: line for _, which, line in group}
        yield Change(pmid, found.get(0), found.get(1), found.get(2))


def _tagged(which: int, lines: Lines) -> Iterator[tuple[int, int, str]]:
    for pmid, line in lines:
        yield pmid, which, line


def _retracted(value: Mapping[str, object]) -> bool:
    try:
        return from_json({**value}).is_retracted
    except ValueError:
        # A record of another version of synth: what it links to and what it is says enough.
        parts = {name: value[name] for name in ("pmid", "publication_types", "corrections") if name in value}
        try:
            return from_json(parts).is_retracted
        except ValueError:
            return False
