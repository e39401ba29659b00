"""One polite round trip through every E-utility that synth uses, each answer held against what the tests promise.

The same trip is made against the local server in the tests; the live service has not been asked by it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import DamagedXML, ServiceError
from ..search.chase import CITING, REFERENCES
from ..search.client.answers import SearchAnswer
from ..search.client.entrez import Entrez
from ..search.records.pubmed_xml import read_pubmed_xml
from ..search.strategy.field_tags import TAGS

__all__ = ["Trip", "Visit", "round_trip"]

TERM = '"Spinal Fractures"[mh]'
MISSPELT = "spinel fracturs"
_UNKNOWN = "fracture[nosuchfield]"


@dataclass(frozen=True)
class Visit:
    """One request and what was promised of its answer.

    Attributes
    ----------
    endpoint : str
        ``esearch``, ...
    promise : str
        What the tests rely on.
    state : {"kept", "broken", "no answer", "not asked"}
        Whether the answer is so.
    said : str
        What came.
    """

    endpoint: str
    promise: str
    state: str
    said: str


@dataclass(frozen=True)
class Trip:
    """The whole trip."""

    visits: tuple[Visit, ...]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(visit.state == "kept" for visit in self.visits)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"schema": "synth.doctor-online/1", "ok": self.kept, "visits": [vars(visit) for visit in self.visits]}

    def check(self) -> None:
        """Raise where a promise was not kept.

        Raises
        ------
        ServiceError
            Says how many.
        """
        wrong = [visit for visit in self.visits if visit.state != "kept"]
        if wrong:
            raise ServiceError(
                f"{len(wrong)} of {len(self.visits)} answers were not as the tests promise: see above. A search is "
                f"safe all the same, in that it stops where an answer makes no sense.",
                transient=any(visit.state == "no answer" for visit in wrong),
            )


class _Broken(Exception):
    """An answer is not as promised."""


def round_trip(entrez: Entrez, progress: Callable[[str], None] | None = None) -> Trip:
    """Ask each endpoint once and look at what comes.

    Parameters
    ----------
    entrez : Entrez
        Keeps the rate.
    progress : callable, optional
        Told of each endpoint.
    """
    visits: list[Visit] = []
    reached = True
    state: dict[str, Any] = {"ids": ()}
    for endpoint, promise, look in _visits(entrez, state):
        if not reached:
            visits.append(Visit(endpoint, promise, "not asked", "the first request had no answer"))
            continue
        if progress is not None:
            progress(f"Asking {endpoint}")
        try:
            visits.append(Visit(endpoint, promise, "kept", look()))
        except (_Broken, DamagedXML) as error:
            visits.append(Visit(endpoint, promise, "broken", str(error)))
        except ServiceError as error:
            visits.append(Visit(endpoint, promise, "no answer", str(error)))
            reached = len(visits) > 1
    return Trip(tuple(visits))


def _visits(entrez: Entrez, state: dict[str, Any]) -> Iterator[tuple[str, str, Callable[[], str]]]:
    yield "einfo", "lists every field whose tag lint knows", lambda: _fields(entrez)
    yield "esearch", "counts, lists and translates", lambda: _search(entrez, state)
    yield "esearch", "says that it does not know a field, and counts all the same", lambda: _unknown(entrez)
    yield "esearch", "keeps a result on the history server", lambda: _history(entrez)
    yield "epost", "takes ids and gives a place on the history server", lambda: _post(entrez, state)
    yield "efetch", "delivers each record that was asked for, as XML that reads", lambda: _fetch(entrez, state)
    yield "esummary", "describes each record", lambda: _summaries(entrez, state)
    yield "elink", "gives references, a set for each id", lambda: _links(entrez, state, REFERENCES)
    yield "elink", "gives citing articles, a set for each id", lambda: _links(entrez, state, CITING)
    yield "espell", "corrects a misspelt term", lambda: _spell(entrez)


def _fields(entrez: Entrez) -> str:
    info = entrez.info("pubmed")
    theirs = {field.name for field in info.fields}
    # Two codes that older answers list and newer ones do not; what they name is searched by its tag all the same.
    ours = {tag.code for tag in TAGS if tag.code and tag.documented} - {"AUTH", "INVR"}
    if gone := sorted(ours - theirs):
        raise _Broken(f"einfo no longer lists {', '.join(gone)}: lint lets tags pass that may mean nothing")
    new = sorted(theirs - {tag.code for tag in TAGS})
    return f"{len(theirs)} fields" + (f"; new to lint: {', '.join(new)}" if new else "")


def _search(entrez: Entrez, state: dict[str, Any]) -> str:
    answer = entrez.search(TERM, retmax=3)
    _expect(answer.count > 0 and 0 < len(answer.ids) <= 3, f"{answer.count} hits, {len(answer.ids)} listed")
    _expect(bool(answer.query_translation), "no translation")
    state["ids"] = answer.ids
    return f"{answer.count:,} hits for {TERM}, read as {answer.query_translation}"


def _unknown(entrez: Entrez) -> str:
    answer: SearchAnswer = entrez.search(_UNKNOWN)
    _expect("nosuchfield" in [field.lower() for field in answer.not_found.fields], f"said only {answer.warnings}")
    return f"{answer.count:,} hits for {_UNKNOWN}, and: {answer.not_found.sentences()[0]}"


def _history(entrez: Entrez) -> str:
    answer = entrez.search(TERM, usehistory=True)
    _expect(bool(answer.webenv and answer.query_key), "no WebEnv or query key")
    return "WebEnv and query key"


def _post(entrez: Entrez, state: dict[str, Any]) -> str:
    _expect(bool(state["ids"]), "there are no ids to post")
    webenv, key = entrez.post(state["ids"])
    _expect(bool(webenv and key), "no WebEnv or query key")
    return "WebEnv and query key"


def _fetch(entrez: Entrez, state: dict[str, Any]) -> str:
    _expect(bool(state["ids"]), "there are no ids to fetch")
    records = list(read_pubmed_xml(entrez.fetch(state["ids"])))
    got = {record.pmid for record in records}
    _expect(got == set(state["ids"]), f"asked for {sorted(state['ids'])}, got {sorted(got)}")
    _expect(all(record.title for record in records), "a record without a title")
    return f"{len(records)} records, all with a title"


def _summaries(entrez: Entrez, state: dict[str, Any]) -> str:
    _expect(bool(state["ids"]), "there are no ids to describe")
    found = entrez.summaries(state["ids"])
    _expect(set(found) == set(state["ids"]), f"asked for {sorted(state['ids'])}, got {sorted(found)}")
    _expect(all("Title" in items for items in found.values()), "a summary without a title")
    return f"{len(found)} summaries"


def _links(entrez: Entrez, state: dict[str, Any], linkname: str) -> str:
    _expect(bool(state["ids"]), "there are no ids to follow")
    found = entrez.links(state["ids"], linkname)
    _expect(set(found) == set(state["ids"]), f"asked for {sorted(state['ids'])}, got {sorted(found)}")
    return f"{sum(map(len, found.values())):,} links of {len(found)} records"


def _spell(entrez: Entrez) -> str:
    said = entrez.spell(MISSPELT)
    return f"{MISSPELT} -> {said}" if said else f"nothing to correct in {MISSPELT}"


def _expect(true: bool, otherwise: str) -> None:
    if not true:
        raise _Broken(otherwise)
