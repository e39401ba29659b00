"""Does a strategy find what it must: known publications found and missed, which line loses each, recall of any list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from ..errors import ServiceError
from .client.answers import SearchAnswer
from .strategy.model import Known, Strategy, combines
from .strategy.syntax import Level, Operand, parse

__all__ = ["SCHEMA", "Check", "Item", "Loss", "by_doi", "check_known", "found_in", "once"]

SCHEMA: Final = "synth.search-check/1"
_AT_ONCE: Final = 400
_TITLES: Final = 200
_ROUNDS: Final = 3

Tell = Callable[[int, int], None]


class Asked(Protocol):
    """What is needed of :class:`synth.search.client.entrez.Entrez`."""

    def search(self, term: str, *, retmax: int = 0) -> SearchAnswer:
        """Search."""

    def summaries(self, ids: Sequence[int]) -> Mapping[int, Mapping[str, str | tuple[str, ...]]]:
        """Describe records."""


@dataclass(frozen=True)
class Loss:
    """A line that loses a publication.

    Attributes
    ----------
    line : str
        Its id.
    how : {"does not find it", "takes it away"}
        Whether the line should find it, or stands behind NOT.
    """

    line: str
    how: str


@dataclass(frozen=True)
class Item:
    """A known publication and what became of it.

    Attributes
    ----------
    label, doi : str
        As the list has it.
    pmid : int or None
        As the list has it, or as PubMed knows the DOI.
    status : {"found", "missed", "not in PubMed", "unclear"}
        A DOI is unclear that PubMed has of several records.
    title : str
        Of one that was missed, as PubMed has it.
    lost_by : tuple of Loss
        The lines that lose one that was missed.
    """

    label: str
    pmid: int | None
    doi: str
    status: str
    title: str = ""
    lost_by: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Check:
    """The answer of a check.

    Attributes
    ----------
    name : str
        Of the strategy.
    total : int
        Records that the whole search finds.
    items : tuple of Item
        In the order of the list, each PMID once.
    lines : tuple of (str, int)
        For each line of the strategy, how many of the items that are in PubMed it finds.
    notes : tuple of str
        What else is to be known of the list.
    """

    name: str
    total: int
    items: tuple[Item, ...]
    lines: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()

    def of(self, status: str) -> tuple[Item, ...]:
        """Return the items of that status."""
        return tuple(item for item in self.items if item.status == status)

    @property
    def recall(self) -> float | None:
        """Found among those that are in PubMed; None where none is."""
        there = len(self.of("found")) + len(self.of("missed"))
        return len(self.of("found")) / there if there else None

    @property
    def to_read(self) -> float | None:
        """Records to read for each item found; None where none is found."""
        found = len(self.of("found"))
        return self.total / found if found else None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        none = "none of the items is in PubMed"
        return {
            "schema": SCHEMA,
            "strategy": self.name,
            "total": self.total,
            "known": len(self.items),
            "found": len(self.of("found")),
            "missed": len(self.of("missed")),
            "not_in_pubmed": len(self.of("not in PubMed")),
            "unclear": len(self.of("unclear")),
            "recall": self.recall,
            **({} if self.recall is not None else {"recall_reason": none}),
            "records_per_found": self.to_read,
            **({} if self.to_read is not None else {"records_per_found_reason": "none is found"}),
            "lines": [{"id": id, "finds": count} for id, count in self.lines],
            "items": [asdict(item) for item in self.items],
            "notes": list(self.notes),
        }


def check_known(
    strategy: Strategy,
    known: Sequence[Known],
    entrez: Asked,
    *,
    notes: Iterable[str] = (),
    progress: Tell | None = None,
) -> Check:
    """Ask PubMed of each line which of the known publications it finds.

    Parameters
    ----------
    strategy : Strategy
        What is checked.
    known : sequence of Known
        What it should find.
    entrez : Entrez
        Whom to ask.
    notes : iterable of str
        What is to be said of the list.
    progress : callable, optional
        Told how many requests are done, of how many.

    Raises
    ------
    ServiceError
        PubMed gave no usable answer: nothing is known then.
    """
    known = once(known)
    dois = [each for each in known if each.pmid is None]
    given = [each.pmid for each in known if each.pmid is not None]
    lines = {line.id: strategy.expanded(line.id) for line in strategy.lines}
    steps = len(dois) + (len(lines) + 1) * -(-(len(given) + len(dois)) // _AT_ONCE) + 1
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, steps), steps)

    found_doi: dict[str, tuple[int, ...]] = {}
    for each in dois:
        found_doi[each.doi] = by_doi(each.doi, entrez)
        step()
    pmids = list(dict.fromkeys([*given, *(ids[0] for ids in found_doi.values() if len(ids) == 1)]))
    total = entrez.search(strategy.term).count
    step()
    there = _among("", pmids, entrez, step)
    finds = {id: _among(text, sorted(there), entrez, step) for id, text in lines.items()}
    whole = finds[strategy.last.id]
    missed = sorted(there - whole)
    titles = _titles(missed, entrez)
    items = []
    for each in known:
        ids = (each.pmid,) if each.pmid is not None else found_doi[each.doi]
        pmid = ids[0] if len(ids) == 1 else None
        status = "unclear" if len(ids) > 1 else "not in PubMed"
        if pmid is not None and pmid in there:
            status = "found" if pmid in whole else "missed"
        lost = _losses(strategy, pmid, finds) if status == "missed" and pmid is not None else ()
        items.append(Item(each.label, pmid, each.doi, status, titles.get(pmid or 0, ""), lost))
    return Check(strategy.name, total, tuple(items), tuple((id, len(ids)) for id, ids in finds.items()), tuple(notes))


def found_in(known: Sequence[Known], pmids: Iterable[int], dois: Mapping[str, int] | None = None) -> tuple[Item, ...]:
    """Say which known publications are among records that are there already, without asking anybody.

    One that is not there counts as missed: whether it is in PubMed at all is not known then.

    Examples
    --------
    >>> [item.status for item in found_in([Known("A", 7), Known("B", None, "10.1000/x")], [7, 9], {"10.1000/x": 9})]
    ['found', 'found']
    """
    there = set(pmids)
    items = []
    for each in once(known):
        pmid = each.pmid if each.pmid is not None else (dois or {}).get(each.doi)
        items.append(Item(each.label, pmid, each.doi, "found" if pmid in there else "missed"))
    return tuple(items)


def once(known: Sequence[Known]) -> list[Known]:
    """Give each publication of a list once, as it stands there first."""
    first: dict[tuple[int | None, str], Known] = {}
    for each in known:
        first.setdefault((each.pmid, each.doi), each)
    return list(first.values())


def by_doi(doi: str, entrez: Asked) -> tuple[int, ...]:
    """Return the records that have a DOI; what PubMed makes of one that it does not know is looked at twice."""
    for term in (f'"{doi}"[aid]', f"{doi}[aid]"):
        if term[0] != '"' and set(doi) & set("()<>;&|*"):
            continue  # signs that mean something else outside of quotation marks
        answer = entrez.search(term, retmax=3)
        if not answer.ids or answer.not_found:
            continue
        if len(answer.ids) > 1:
            return answer.ids
        theirs = entrez.summaries(answer.ids).get(answer.ids[0], {}).get("DOI", "")
        if not theirs or (isinstance(theirs, str) and theirs.lower() == doi.lower()):
            return answer.ids
    return ()


def _among(text: str, pmids: Sequence[int], entrez: Asked, step: Callable[[], None]) -> set[int]:
    """Return those of the PMIDs that a search finds; with "" those that PubMed has."""
    found: set[int] = set()
    for start in range(0, len(pmids), _AT_ONCE):
        part = pmids[start : start + _AT_ONCE]
        these = " OR ".join(f"{pmid}[UID]" for pmid in part)
        found |= _listed(f"({text}) AND ({these})" if text else these, len(part), entrez) & set(part)
        step()
    return found


def _listed(term: str, most: int, entrez: Asked) -> set[int]:
    """List a search that finds few records; a list that is shorter than its own count would make one look missed."""
    for _ in range(_ROUNDS):
        answer = entrez.search(term, retmax=most)
        if len(set(answer.ids)) == answer.count:
            break
    else:
        raise ServiceError(
            f"PubMed counts {answer.count:,} of the publications and lists {len(set(answer.ids)):,}, {_ROUNDS} times."
        )
    return set(answer.ids)


def _titles(pmids: Sequence[int], entrez: Asked) -> dict[int, str]:
    if not pmids:
        return {}
    found = entrez.summaries(pmids[:_TITLES])
    return {pmid: title for pmid, items in found.items() if isinstance(title := items.get("Title", ""), str)}


def _losses(strategy: Strategy, pmid: int, finds: Mapping[str, set[int]]) -> tuple[Loss, ...]:
    by_id = {line.id: line for line in strategy.lines}
    found: dict[tuple[str, str], Loss] = {}

    def look(id: str, trail: tuple[str, ...] = ()) -> None:
        line = by_id[id]
        whole, _ = parse(line.text)
        always = line.kind == "search" or combines(whole, by_id)
        before = len(found)
        if "OR" not in whole.operators():
            for position, item in enumerate(whole.items):
                operator = whole.operators()[position - 1] if position else "AND"
                for name in _names(item, by_id, always):
                    if operator == "NOT" and pmid in finds[name]:
                        found[name, "takes it away"] = Loss(name, "takes it away")
                    elif operator == "AND" and pmid not in finds[name] and name not in trail:
                        look(name, (*trail, id))
        if len(found) == before:
            # No line that it uses loses it alone: its own words, or all of its alternatives do.
            how = "takes it away" if line.kind in ("filter", "limit") and " NOT " in line.text else "does not find it"
            found[id, how] = Loss(id, how)

    look(strategy.last.id)
    return tuple(found.values())


def _names(item: Operand | Level, by_id: Mapping[str, object], always: bool) -> list[str]:
    """Name the one line that an operand stands for."""
    if isinstance(item, Level):
        return _names(item.items[0], by_id, always) if len(item.items) == 1 else []
    name = item.reference or (item.text if always and item.tag is None and not item.quoted else "")
    return [name] if name in by_id else []
