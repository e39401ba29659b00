"""The fault plan: a list of ``{"when": ..., "do": ...}``, each with its own count of the requests that it looked at.

``when`` (all that are given must hold; none at all means every request)
    endpoint     "efetch", or a list of names
    method       "GET" or "POST"
    param        {"retmax": "0"}: regular expressions that the last value of parameters must match whole
    contains     text that must stand in the term, whatever its case
    nth          the n-th request (or one of several) that the conditions above let through, from 1
    first, after the first n of them; all but the first n
    every        every n-th of them
    probability  with "seed": drawn anew for each of them
    times        how often the fault happens at most

``do``
    body         the name of a recorded failure, see ``--bodies``
    status       an HTTP status, with a page or with "body"; "retry_after" adds the header
    html, empty  a page of HTML with status 200; a body of no bytes
    cut          {"at": bytes or fraction, "clean": true or false}: ends early, as if whole or with the connection lost
    reset        true, or {"at": bytes or fraction}: the connection is reset
    stall        {"where": "headers" or "body", "seconds": n}: nothing comes for that long
    drip         {"chunk": bytes, "pause": seconds}: comes in small pieces
    charset      "latin-1": the bytes are in that, the header still says UTF-8;
                 {"declare": "..."} changes the header only
    bom          a byte order mark in front
    duplicate, missing   so many records, or PMIDs of a list, twice or left out; "reorder": shuffled ("seed")
    foreign      a record that nobody asked for at the end, as XML
    dtd          "270101": a document type that nobody has yet; "http_dtd": its address with http
    drift        {"add": [pmids], "remove": [pmids], "bulk": n}: the database changes before the answer
    merge        {"pmid": survivor}; "delete": [pmids]; "hide": [pmids] that a search finds but efetch has not
    webenv_lost  the history server forgets everything
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .bodies import BODIES
from .corpus import Corpus
from .history import History
from .wire import Request

WHEN = frozenset(
    {"endpoint", "method", "param", "contains", "nth", "first", "after", "every", "probability", "seed", "times"}
)
DO = frozenset({
    "body", "status", "retry_after", "html", "empty", "cut", "reset", "stall", "drip", "charset", "bom", "duplicate",
    "missing", "reorder", "seed", "foreign", "dtd", "http_dtd", "drift", "merge", "delete", "hide", "webenv_lost",
})  # fmt: skip
TWISTS = ("duplicate", "missing", "reorder", "foreign", "dtd", "http_dtd", "seed")


@dataclass
class Fault:
    """One entry of a plan."""

    do: Mapping[str, object]
    when: Mapping[str, object] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        unknown = [f"when.{k}" for k in self.when.keys() - WHEN] + [f"do.{k}" for k in self.do.keys() - DO]
        if unknown or not self.do:
            raise ValueError(
                f"a fault with unknown words {sorted(unknown)}" if unknown else "a fault that does nothing"
            )
        if "body" in self.do and self.do["body"] not in BODIES:
            raise ValueError(f"no body {self.do['body']!r}; there are: {', '.join(sorted(BODIES))}")
        self._draw = random.Random(int(str(self.when.get("seed", 1))))

    @property
    def name(self) -> str:
        """Give a short name for the log."""
        return "+".join(f"{key}:{self.do[key]}" if key in {"body", "status"} else key for key in sorted(self.do))

    def happens(self, request: Request) -> bool:
        """Tell whether the fault strikes a request, counting it."""
        if not self._concerns(request):
            return False
        self.seen += 1
        if not self._now() or ("times" in self.when and self.fired >= int(str(self.when["times"]))):
            return False
        self.fired += 1
        return True

    def _concerns(self, request: Request) -> bool:
        when = self.when
        endpoints = when.get("endpoint")
        if endpoints is not None and request.endpoint not in ([endpoints] if isinstance(endpoints, str) else endpoints):  # type: ignore[operator]
            return False
        if "method" in when and request.method != when["method"]:
            return False
        params = when.get("param", {})
        assert isinstance(params, Mapping)
        if any(not re.fullmatch(str(pattern), request.get(name), re.S) for name, pattern in params.items()):
            return False
        return str(when.get("contains", "")).lower() in request.get("term").lower()

    def _now(self) -> bool:
        when, n = self.when, self.seen
        nth = when.get("nth")
        if nth is not None and n not in ([nth] if isinstance(nth, int) else nth):  # type: ignore[operator]
            return False
        if "first" in when and n > int(str(when["first"])):
            return False
        if "after" in when and n <= int(str(when["after"])):
            return False
        if "every" in when and n % int(str(when["every"])):
            return False
        return "probability" not in when or self._draw.random() < float(str(when["probability"]))


class Faults:
    """A plan: any number of faults, each of which may strike any request."""

    def __init__(self, plan: Iterable[Fault | Mapping[str, object]] = ()) -> None:
        self.faults: list[Fault] = []
        self._lock = threading.Lock()
        for one in plan:
            self.add(one)

    @classmethod
    def from_file(cls, path: Path) -> Faults:
        """Read a plan from a JSON file."""
        plan = json.loads(path.read_text("utf-8"))
        if not isinstance(plan, list):
            raise ValueError("a fault plan is a list")
        return cls(plan)

    def add(
        self, one: Fault | Mapping[str, object] | None = None, *, when: Mapping[str, object] | None = None, **do: object
    ) -> Fault:
        """Add a fault: ``add(when={"endpoint": "efetch", "nth": 2}, status=503)``."""
        if one is None:
            one = Fault(do, when or {})
        elif not isinstance(one, Fault):
            unknown = one.keys() - {"when", "do"}
            if unknown:
                raise ValueError(f"a fault with unknown words {sorted(unknown)}")
            one = Fault(dict(one.get("do", {})), dict(one.get("when", {})))  # type: ignore[call-overload]
        with self._lock:
            self.faults.append(one)
        return one

    def clear(self) -> None:
        """Forget the plan."""
        with self._lock:
            self.faults.clear()

    def strike(self, request: Request) -> list[Fault]:
        """Give the faults that strike a request."""
        with self._lock:
            return [fault for fault in self.faults if fault.happens(request)]


def change(do: Mapping[str, object], corpus: Corpus, history: History) -> None:
    """Do what a fault does to the database and the history, before the answer is made."""
    if "drift" in do:
        drift = do["drift"]
        assert isinstance(drift, Mapping)
        for pmid in drift.get("add", ()):
            corpus.add(int(pmid), title=str(drift.get("title", "A late arrival of spinal fractures.")))
        corpus.delete(*map(int, drift.get("remove", ())))
        if drift.get("bulk"):
            corpus.grow(int(drift["bulk"]))
    if "merge" in do:
        merged = do["merge"]
        assert isinstance(merged, Mapping)
        for pmid, survivor in merged.items():
            corpus.merge(int(pmid), int(survivor))
    for name, method in (("delete", corpus.delete), ("hide", corpus.hide)):
        if name in do:
            pmids = do[name]
            assert isinstance(pmids, Iterable)
            method(*map(int, pmids))
    if do.get("webenv_lost"):
        history.lose()
