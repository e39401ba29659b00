"""The E-utilities of NCBI, asked politely and believed only after a look: see docs/search.md.

``Bio.Entrez`` builds and sends each request, once; the rate, the pauses, the tries and the judgement are here.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from ...errors import ServiceError, SettingsError
from ...review import visible
from . import answers
from .answers import Info, SearchAnswer
from .identity import Identity
from .pace import Pace, retry_after
from .transport import Lost, Unreachable, send
from .verdict import Verdict, classify

__all__ = ["MOST", "PER_FETCH", "Entrez", "Event"]

MOST: Final = 9_999
"""Records of one search that PubMed lists; the rest it counts only."""
PER_FETCH: Final = 200
"""Records that one efetch asks for."""
_PER_LINK: Final = 100
_PER_SUMMARY: Final = 200
_PER_POST: Final = 1_000
# Biopython sends by POST what is longer than this when encoded, or has at least 200 ids.
_POST_ABOVE: Final = 1_000
_HOST: Final = "eutils.ncbi.nlm.nih.gov"
_LARGEST: Final = 512 * 2**20
_Answer = TypeVar("_Answer")
_DATES: Final = ("mindate", "maxdate", "reldate", "datetype")


@dataclass(frozen=True)
class Event:
    """A try that failed and will be repeated.

    Attributes
    ----------
    endpoint : str
        "esearch", "efetch", ...
    reason : str
        What went wrong; without secrets.
    attempt, tries : int
        Which try it was, of how many.
    seconds : float
        Until the next.
    """

    endpoint: str
    reason: str
    attempt: int
    tries: int
    seconds: float


class Entrez:
    """PubMed through E-utilities.

    May be used by several threads: they share one pace.

    Parameters
    ----------
    identity : Identity
        Tool and address go with every request. The key goes only with those that are sent by POST, as it must not stand
        in a URL; the short ones go without it, at the rate without a key.
    pace : Pace, optional
        The clock and the rate; if left out, the one that all clients of this process share.
    tries : int
        How often one request is sent before its failure is final.
    timeout : float
        Seconds of silence after which a connection is given up.
    deadline : float
        Seconds for one request and its whole answer.
    longest_wait : float
        Seconds that the service may ask for between two tries; a longer wait ends the run (it can be resumed).
    on_event : callable, optional
        Told of each try that failed.

    Attributes
    ----------
    sent, retried, received : int
        Requests sent, those that had to be repeated, and bytes of answers.
    serving : float
        Seconds between sending and the last byte, all requests together, on the machine's clock.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        pace: Pace | None = None,
        tries: int = 7,
        timeout: float = 60.0,
        deadline: float = 300.0,
        longest_wait: float = 600.0,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        if tries < 1:
            raise ValueError("at least one try")
        self.identity = identity
        self.pace = _common_pace() if pace is None else pace
        self.tries, self.timeout, self.deadline, self.longest_wait = tries, timeout, deadline, longest_wait
        self.on_event = on_event
        self._lock = threading.Lock()
        self.sent = self.retried = self.received = 0
        self.serving = 0.0

    def search(
        self,
        term: str,
        *,
        retstart: int = 0,
        retmax: int = 0,
        usehistory: bool = False,
        database: str = "pubmed",
        **dates: str | int,
    ) -> SearchAnswer:
        """Search, and count.

        Parameters
        ----------
        term : str
            As PubMed understands it.
        retstart, retmax : int
            Which PMIDs to list; none if left out. PubMed lists the first 9,999 of a search only.
        usehistory : bool
            Keep the result on the history server (for some hours).
        **dates
            ``mindate`` and ``maxdate``, or ``reldate``; ``datetype``.

        Raises
        ------
        ServiceError
            No usable answer. It is never turned into "no hits".
        SettingsError
            The term is empty or not text.
        """
        if unknown := dates.keys() - set(_DATES):
            raise TypeError(f"search() has no argument {sorted(unknown)[0]!r}")
        if not 0 <= retmax <= MOST:
            raise ValueError(f"retmax is {retmax}; PubMed lists at most {MOST:,} records of one search")
        if not term.strip():
            raise SettingsError("The search term is empty. Write what to search for.")
        try:
            term.encode("utf-8")
        except UnicodeEncodeError:
            raise SettingsError(f"The search term {visible(ascii(term))} is not text. Write it in UTF-8.") from None
        params: dict[str, object] = {"db": database, "term": term, "retmode": "xml", "retmax": retmax}
        if retstart:
            params["retstart"] = retstart
        if usehistory:
            params["usehistory"] = "y"
        answer = self._ask("esearch", {**params, **dates}, answers.read_search)
        if len(answer.ids) > retmax:
            raise ServiceError(f"PubMed listed {len(answer.ids):,} records where {retmax:,} were asked for.")
        return answer

    def fetch(self, ids: Sequence[int], *, database: str = "pubmed") -> bytes:
        """Return the records of those ids as PubMed sends them: one whole, well-formed XML document.

        Records that PubMed does not deliver are not in it: compare what is there with what was asked for.
        """
        if not ids:
            raise ValueError("no ids")
        return self._ask("efetch", {"db": database, "id": list(ids), "retmode": "xml"}, lambda body: body)

    def links(
        self, ids: Sequence[int], linkname: str, *, database: str = "pubmed", target: str = "pubmed"
    ) -> dict[int, tuple[int, ...]]:
        """Return what each id links to under that name (``pubmed_pubmed_refs``, ``pubmed_pubmed_citedin``, ...).

        An id that links to nothing has an empty tuple; one of which the service says nothing is not in the result.
        """
        found: dict[int, tuple[int, ...]] = {}
        for start in range(0, len(ids), _PER_LINK):
            part = list(ids[start : start + _PER_LINK])
            # A repeated id= asks for a set for each; joined by commas they would come back as one.
            params = {"dbfrom": database, "db": target, "linkname": linkname, "cmd": "neighbor", "id": part}
            found.update(self._ask("elink", params, lambda body: answers.read_links(body, linkname)))
        if foreign := found.keys() - set(ids):
            raise ServiceError(f"PubMed sent links of PMID {min(foreign)}, which was not asked for.")
        return found

    def info(self, database: str | None = "pubmed") -> Info:
        """Return the fields and link names of a database, or the names of all databases where it is None."""
        return self._ask("einfo", {"db": database, "retmode": "xml"}, answers.read_info)

    def spell(self, term: str, *, database: str = "pubmed") -> str:
        """Return the term as PubMed would spell it, "" where it has nothing to correct."""
        return self._ask("espell", {"db": database, "term": term}, answers.read_spelling)

    def summaries(
        self, ids: Sequence[int], *, database: str = "pubmed"
    ) -> dict[int, Mapping[str, str | tuple[str, ...]]]:
        """Return the short description of each id that the service has one of."""
        found: dict[int, Mapping[str, str | tuple[str, ...]]] = {}
        for start in range(0, len(ids), _PER_SUMMARY):
            params = {"db": database, "id": list(ids[start : start + _PER_SUMMARY]), "retmode": "xml"}
            found.update(self._ask("esummary", params, answers.read_summaries))
        return found

    def post(self, ids: Sequence[int], *, database: str = "pubmed") -> tuple[str, str]:
        """Put up to 1,000 ids on the history server; return WebEnv and query key, which last for some hours."""
        if not 1 <= len(ids) <= _PER_POST:
            raise ValueError(f"between 1 and {_PER_POST:,} ids")
        return self._ask("epost", {"db": database, "id": ",".join(map(str, ids))}, answers.read_post)

    def _ask(self, endpoint: str, params: Mapping[str, object], reader: Callable[[bytes], _Answer]) -> _Answer:
        """Send until there is a good answer, and read it.

        Raises
        ------
        ServiceError
            What was wrong at last, after all tries, or at once where asking again cannot help.
        """
        said = ""
        for attempt in range(1, self.tries + 1):
            answer, verdict, asked_for = self._once(endpoint, params, reader)
            if verdict.kind == "good":
                assert answer is not None
                return answer[0]
            said = visible(self.identity.hide(verdict.reason), 400)
            if verdict.kind == "final":
                hint = " Check NCBI_API_KEY, or unset it." if "API key" in said else ""
                raise ServiceError(f"PubMed refused {endpoint}: {said}.{hint}", transient=False)
            if asked_for is not None and asked_for > self.longest_wait:
                raise ServiceError(
                    f"PubMed asks to wait {asked_for:,.0f} s before the next request ({said}). Run it again after that."
                )
            if attempt < self.tries:
                seconds = self.pace.back_off(attempt, asked_for or 0.0)
                with self._lock:
                    self.retried += 1
                if self.on_event is not None:
                    self.on_event(Event(endpoint, said, attempt, self.tries, seconds))
                self.pace.pause(seconds)
        tries = f"{self.tries} tries" if self.tries > 1 else "one try"
        raise ServiceError(f"PubMed gave no usable answer to {endpoint} in {tries}; the last failure: {said}.")

    def _once(
        self, endpoint: str, params: Mapping[str, object], reader: Callable[[bytes], _Answer]
    ) -> tuple[tuple[_Answer] | None, Verdict, float | None]:
        """Send once. Return the answer where it is good, what it is, and the seconds that the service asked to wait."""
        arguments, keyed = self._arguments(params)
        self.pace.wait(keyed=keyed)
        began = time.perf_counter()
        try:
            reply = send(
                lambda: _bio(endpoint, arguments),
                timeout=self.timeout,
                deadline=self.deadline,
                largest=_LARGEST,
                host=_HOST,
            )
        except Lost as error:
            return None, Verdict("transient", str(error)), None
        except Unreachable as error:
            return None, Verdict("final", str(error)), None
        finally:
            with self._lock:
                self.sent += 1
                self.serving += time.perf_counter() - began
        with self._lock:
            self.received += len(reply.body)
        verdict = classify(reply.body, endpoint, reply.status)
        if verdict.kind != "good":
            return None, verdict, retry_after(reply.headers.get("retry-after"), reply.headers.get("date"))
        try:
            return (reader(reply.body),), verdict, None
        except ValueError as error:
            return None, Verdict("transient", f"an answer that makes no sense ({error})"), None

    def _arguments(self, params: Mapping[str, object]) -> tuple[dict[str, object], bool]:
        """Add who asks. The key is added only to what is sure to go by POST, as a URL ends up in logs."""
        arguments = {
            **{name: value for name, value in params.items() if value is not None},
            "tool": self.identity.tool,
            "email": self.identity.email,
        }
        ids = arguments.get("id")
        plain = {**arguments, "id": ",".join(map(str, ids))} if isinstance(ids, list) else arguments
        keyed = bool(self.identity.key) and len(urlencode(plain)) > _POST_ABOVE
        if keyed:
            arguments["api_key"] = self.identity.key
        return arguments, keyed


@functools.cache
def _common_pace() -> Pace:
    return Pace()


def _bio(endpoint: str, arguments: Mapping[str, object]) -> Any:
    """Let Biopython build the request and send it, once and without waiting: both are done here."""
    from Bio import Entrez as bio

    if bio.max_tries != 1:
        bio.max_tries = 1
    # It keeps a rate of its own by really sleeping, on top of ours, and without a lock.
    with contextlib.suppress(AttributeError):
        bio._open.previous = 0
    return getattr(bio, endpoint)(**arguments)
