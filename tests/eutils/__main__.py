"""``python -m tests.eutils``: serve E-utilities on this machine."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import TextIO

from . import Corpus, Faults, Server
from .bodies import BODIES
from .clock import FastClock
from .faults import __doc__ as fault_words
from .fields import FIELDS

EPILOG = """examples:
  python -m tests.eutils                                    the made-up records, on a free port that is printed
  python -m tests.eutils --port 8095 --corpus exports/      your own PubMed XML, folders and .gz too
  python -m tests.eutils --bulk 25000                       a search for "bulk cohort" with 25,000 hits
  python -m tests.eutils --faults plan.json --log log.jsonl
  curl 'http://127.0.0.1:8095/entrez/eutils/esearch.fcgi?db=pubmed&term=ankylosing+spondylitis&tool=t&email=a@b.org'
  python -m tests.eutils.run 8095 -- search NAME            the synth command against it

a fault plan is JSON, a list such as
  [{"when": {"endpoint": "efetch", "nth": 2}, "do": {"status": 503, "retry_after": 2}},
   {"when": {"endpoint": "efetch", "probability": 0.1, "seed": 7}, "do": {"cut": {"at": 0.5, "clean": false}}}]
and --fault-words lists everything that may stand in it.
"""


def say(text: str, to: TextIO | None = None) -> None:
    """Write a line at once."""
    stream = to or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def parser() -> argparse.ArgumentParser:
    """Give the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.eutils",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="A local server that speaks NCBI's E-utilities for PubMed: einfo, esearch, epost, efetch, "
        "esummary, elink, espell and ecitmatch, with the limits and failures of the live ones. It holds made-up "
        "records unless it is given others, and never asks the network for anything.",
    )
    made.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (a free one)")
    made.add_argument(
        "--corpus",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="PubMed XML (.xml, .xml.gz) or a folder; again for more",
    )
    made.add_argument("--no-made", action="store_true", help="leave the made-up records out")
    made.add_argument("--bulk", type=int, default=0, metavar="N", help="add N records of a bulk cohort")
    made.add_argument("--one-day", action="store_true", help="let the whole bulk enter on one day")
    made.add_argument("--faults", type=Path, metavar="PLAN.json", help="a fault plan")
    made.add_argument("--no-limit", action="store_true", help="let any number of requests a second pass")
    made.add_argument("--no-retry-after", action="store_true", help="answer 429 without Retry-After")
    made.add_argument(
        "--speed", type=float, default=1.0, metavar="N", help="let the server's seconds go N times as fast"
    )
    made.add_argument(
        "--log", type=Path, metavar="FILE", help="write each request as a line of JSON when the server ends"
    )
    made.add_argument("--bodies", action="store_true", help="list the recorded failures by name, and end")
    made.add_argument("--fault-words", action="store_true", help="list what a fault plan may say, and end")
    made.add_argument("--fields", action="store_true", help="list the search fields and their tags, and end")
    return made


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted."""
    options = parser().parse_args(argv)
    if options.bodies:
        say("\n".join(f"{name:38} {answer.status}  {answer.type}" for name, answer in sorted(BODIES.items())))
        return 0
    if options.fault_words:
        say(fault_words)
        return 0
    if options.fields:
        say("\n".join(f"{field.code:6} {field.name:32} {', '.join(field.tags)}" for field in FIELDS))
        return 0
    corpus = Corpus() if options.no_made else Corpus.made()
    for path in options.corpus:
        more = Corpus.load([path])
        corpus.articles = more.articles | corpus.articles
        corpus.rejected += more.rejected
    if options.bulk:
        corpus.add_bulk(options.bulk, per_day=0 if options.one_day else 100)
    try:
        faults = Faults.from_file(options.faults) if options.faults else Faults()
    except (OSError, ValueError) as error:
        say(f"{options.faults}: {error}", sys.stderr)
        return 2
    clock = FastClock(options.speed) if options.speed != 1 else None
    server = Server(
        corpus,
        clock=clock,
        faults=faults,
        limit=not options.no_limit,
        port=options.port,
        retry_after=None if options.no_retry_after else 2,
    )
    with server:
        say(f"{server.url}  {len(corpus.pmids())} records, {len(corpus.rejected)} elements not read")
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped by kill, it writes its log all the same
        with contextlib.suppress(KeyboardInterrupt):
            server.wait()
    if options.log:
        lines = [json.dumps(vars(entry), ensure_ascii=False, default=list) for entry in server.log]
        options.log.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    for wrong in server.violations:
        say(wrong, sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
