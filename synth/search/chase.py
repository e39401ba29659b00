"""Citation searching: what a few publications cite and what cites them, counted as a PRISMA flow diagram wants it.

References are those that PubMed links (``pubmed_pubmed_refs``) and those with a PMID in the record's own list. Citing
articles are those that PubMed knows of (``pubmed_pubmed_citedin``), which depend on what PMC holds: fewer than other
indexes have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from .records.pubmed_xml import read_pubmed_xml

__all__ = ["CITING", "REFERENCES", "SCHEMA", "Chase", "Seed", "chase"]

SCHEMA: Final = "synth.chase/1"
REFERENCES: Final = "pubmed_pubmed_refs"
CITING: Final = "pubmed_pubmed_citedin"
_AT_ONCE: Final = 100
# A record that does not come may not be there, or may have been left out of one answer: it is asked for once more.
_TWICE: Final = 2

Tell = Callable[[int, int], None]


class Asked(Protocol):
    """What is needed of :class:`synth.search.client.entrez.Entrez`."""

    def links(self, ids: Sequence[int], linkname: str) -> dict[int, tuple[int, ...]]:
        """Follow links."""

    def fetch(self, ids: Sequence[int]) -> bytes:
        """Get records."""


@dataclass(frozen=True)
class Seed:
    """A publication from which citations were followed.

    Attributes
    ----------
    pmid : int
        Its PMID.
    label : str
        What people call it.
    references, citing : tuple of int or None
        PMIDs that it cites, and that cite it, ascending; None where that was not asked.
    without_pmid : int or None
        Entries of its list of references that carry no PMID, and so cannot be followed; None where PubMed has no list.
    known : bool
        Whether PubMed has a record of it.
    """

    pmid: int
    label: str
    references: tuple[int, ...] | None
    citing: tuple[int, ...] | None
    without_pmid: int | None
    known: bool

    def to_json(self) -> dict[str, Any]:
        """Return plain values, each null with its reason."""
        value: dict[str, Any] = {"pmid": self.pmid, "label": self.label, "in_pubmed": self.known}
        for name, found in (("references", self.references), ("citing", self.citing)):
            value[name] = None if found is None else list(found)
            if found is None:
                value[f"{name}_reason"] = "not asked for"
        value["references_without_pmid"] = self.without_pmid
        if self.without_pmid is None:
            value["references_without_pmid_reason"] = "PubMed has no list of references of it, or it was not asked for"
        return value


@dataclass(frozen=True)
class Chase:
    """What was followed, and what of it is new.

    Attributes
    ----------
    seeds : tuple of Seed
        In the order in which they were given.
    there : frozenset of int
        PMIDs that the review had before.
    """

    seeds: tuple[Seed, ...]
    there: frozenset[int]

    @property
    def references(self) -> frozenset[int]:
        """Every PMID that a seed cites."""
        return frozenset(pmid for seed in self.seeds for pmid in seed.references or ())

    @property
    def citing(self) -> frozenset[int]:
        """Every PMID that cites a seed."""
        return frozenset(pmid for seed in self.seeds for pmid in seed.citing or ())

    @property
    def together(self) -> frozenset[int]:
        """Both, each once; the seeds themselves are left out."""
        return (self.references | self.citing) - {seed.pmid for seed in self.seeds}

    @property
    def new(self) -> tuple[int, ...]:
        """Those that the review did not have, ascending."""
        return tuple(sorted(self.together - self.there))

    def counts(self) -> dict[str, int]:
        """Count as a flow diagram does: what was identified, what was a duplicate, what is left to screen."""
        one_by_one = sum(len(seed.references or ()) + len(seed.citing or ()) for seed in self.seeds)
        return {
            "seeds": len(self.seeds),
            "seeds_not_in_pubmed": sum(not seed.known for seed in self.seeds),
            "references": sum(len(seed.references or ()) for seed in self.seeds),
            "citing": sum(len(seed.citing or ()) for seed in self.seeds),
            "identified": one_by_one,
            "duplicates": one_by_one - len(self.together),
            "unique": len(self.together),
            "already_there": len(self.together & self.there),
            "new": len(self.new),
            "references_without_pmid": sum(seed.without_pmid or 0 for seed in self.seeds),
        }


def chase(
    seeds: Mapping[int, str],
    entrez: Asked,
    *,
    there: frozenset[int] = frozenset(),
    references: bool = True,
    citing: bool = True,
    progress: Tell | None = None,
) -> Chase:
    """Follow the citations of some publications.

    Parameters
    ----------
    seeds : mapping of int to str
        PMID and label.
    entrez : Entrez
        Whom to ask.
    there : frozenset of int
        PMIDs that the review has already.
    references, citing : bool
        Which way to go.
    progress : callable, optional
        Told how many requests are done, of how many.

    Raises
    ------
    ServiceError
        PubMed gave no usable answer.
    DamagedXML
        It sent records that cannot be read.
    """
    pmids = list(seeds)
    parts = [pmids[start : start + _AT_ONCE] for start in range(0, len(pmids), _AT_ONCE)]
    steps, done = len(parts) * (1 + references + citing), 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, steps)

    lists: dict[int, tuple[set[int], int | None]] = {}
    cited: dict[int, tuple[int, ...]] = {}
    citers: dict[int, tuple[int, ...]] = {}
    for part in parts:
        wanted: Sequence[int] = part
        for _ in range(_TWICE):
            for record in read_pubmed_xml(entrez.fetch(wanted)):
                with_pmid = {each.pmid for each in record.references if each.pmid is not None}
                without = len([each for each in record.references if each.pmid is None]) if record.references else None
                lists[record.pmid] = with_pmid, without
            wanted = [pmid for pmid in part if pmid not in lists]
            if not wanted:
                break
        step()
        if references:
            cited.update(entrez.links(part, REFERENCES))
            step()
        if citing:
            citers.update(entrez.links(part, CITING))
            step()
    found = []
    for pmid, label in seeds.items():
        listed, without = lists.get(pmid, (set(), None))
        found.append(
            Seed(
                pmid,
                label,
                tuple(sorted({*listed, *cited.get(pmid, ())} - {pmid})) if references else None,
                tuple(sorted({*citers.get(pmid, ())} - {pmid})) if citing else None,
                without if references else None,
                pmid in lists,
            )
        )
    return Chase(tuple(found), there)
