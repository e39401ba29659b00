"""The search room: reading 30,000 records beside Biopython, and what the client costs beyond waiting.

Each measurement is a process of its own, so that peaks of memory are its own:
``python -m benchmarks.search synth|biopython|client FILE`` prints one line of JSON.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.table import Line

ROOT = Path(__file__).resolve().parent.parent
MADE_UP = ROOT / "tests" / "eutils" / "records.xml"
COUNT = 30_000
SEARCHED = 10_000
MOST_MEMORY = 60.0  # megabytes
WAITING = 0.95  # least share of a search that is waiting for the allowed rate or for the server
HEAD = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
TAIL = b"</PubmedArticleSet>\n"
RECORD = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>", re.S)
OWN_PMID = re.compile(rb"(<MedlineCitation[^>]*>\s*<PMID[^>]*>)\d+<")


def source_records() -> tuple[list[bytes], str]:
    """Give records that Biopython can read, and what they are: recorded ones where the reference data are there."""
    from Bio import Entrez

    folder = Path(os.environ.get("SYNTH_SHARED", ROOT.parent / "shared")) / "pubmed" / "pubmed_xml"
    found: dict[bytes, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        one = Path(name) / "one.xml"
        for path in sorted(folder.rglob("*.xml")):
            records = [each for each in RECORD.findall(path.read_bytes()) if b"<PublicationTypeList" in each]
            if not records:
                continue
            one.write_bytes(HEAD + b"\n".join(records) + TAIL)
            try:
                with one.open("rb") as handle:
                    Entrez.read(handle)
            except Exception:  # another year's elements, or no real file: Biopython has many ways to say so
                continue
            found |= {key[0]: each for each in records if (key := OWN_PMID.search(each))}
    if found:
        return list(found.values()), f"{len(found):,} recorded ones, again and again"
    return RECORD.findall(MADE_UP.read_bytes()), "made-up ones, again and again"


def write(path: Path, records: list[bytes], count: int, *, numbered: bool = False) -> None:
    """Write a compressed set of `count` records, each with a PMID of its own if they are to be searched."""
    with gzip.open(path, "wb", compresslevel=6) as handle:
        handle.write(HEAD)
        for number, record in enumerate(islice(cycle(records), count), 1):
            handle.write(OWN_PMID.sub(rb"\g<1>%d<" % number, record, count=1) if numbered else record)
            handle.write(b"\n")
        handle.write(TAIL)


def checked(rows: Iterator[tuple[object, ...]]) -> tuple[int, int]:
    """Count records, and sum their digests whatever their order."""
    count = total = 0
    for row in rows:
        count += 1
        total += zlib.crc32(repr(row).encode())
    return count, total


def read_synth(path: Path) -> dict[str, Any]:
    """Read with synth, record by record."""
    from synth.search import read_pubmed_xml

    began = time.perf_counter()
    count, total = checked(
        (r.pmid, len(r.authors), len(r.abstract), len(r.mesh), len(r.publication_types)) for r in read_pubmed_xml(path)
    )
    return {"seconds": time.perf_counter() - began, "count": count, "total": total}


def read_biopython(path: Path) -> dict[str, Any]:
    """Read with Bio.Entrez.read, which gives all records at once."""
    from Bio import Entrez

    began = time.perf_counter()
    with gzip.open(path) as handle:
        articles = Entrez.read(handle)["PubmedArticle"]
    seconds = time.perf_counter() - began

    def row(item: Any) -> tuple[object, ...]:
        core = item["MedlineCitation"]
        body = core["Article"]
        people = [a for a in body.get("AuthorList", []) if a.attributes.get("ValidYN") != "N"]
        parts = [p for p in body.get("Abstract", {}).get("AbstractText", []) if p]
        kinds = body.get("PublicationTypeList", [])
        return int(core["PMID"]), len(people), len(parts), len(core.get("MeshHeadingList", [])), len(kinds)

    count, total = checked(map(row, articles))
    return {"seconds": seconds, "count": count, "total": total}


def run_client(path: Path) -> dict[str, Any]:
    """Collect every record of a file from the tests' local server, at the rate that NCBI allows without a key."""
    from synth.search.client.entrez import Entrez
    from synth.search.client.identity import Identity
    from synth.search.client.pace import PLAIN_GAP
    from synth.search.run.collect import collect
    from synth.search.strategy.query import Query
    from tests.eutils import install

    command = [sys.executable, "-m", "tests.eutils", "--no-made", "--corpus", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            port = next(int(found[1]) for line in server.stdout if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
            install(port)
            entrez = Entrez(Identity("bench@example.org"))
            query = Query("bench", "1:99999999[uid]", (), "", "queries/bench.toml")
            with tempfile.TemporaryDirectory() as folder:
                cpu, began = time.process_time(), time.perf_counter()
                collect(query, Path(folder) / "bench", entrez)
                seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
                count = sum(1 for _ in (Path(folder) / "bench" / "records.jsonl").open("rb"))
        finally:
            server.terminate()
    # What passes whatever the client does: the gaps between requests, and the server's time for the last one. What the
    # client does beside that, in the gaps, costs nobody anything.
    least = (entrez.sent - 1) * PLAIN_GAP + entrez.serving / entrez.sent
    return {"seconds": seconds, "count": count, "least": least, "requests": entrez.sent, "cpu": cpu}


ROLES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "synth": read_synth,
    "biopython": read_biopython,
    "client": run_client,
}


def measured(role: str, path: Path) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.search", role, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def search_lines(rounds: int, only: str, say: Callable[[str], None]) -> tuple[list[Line], dict[str, str]]:
    """Measure everything of this room whose name contains `only`; give the lines, and what ran."""
    names = ("search_read", "memory_search_read", "search_client")
    if not any(only in name for name in names):
        return [], {}
    made: list[Line] = []
    with tempfile.TemporaryDirectory() as name:
        records, what = source_records()
        path = Path(name) / "records.xml.gz"
        if any(only in each for each in names[:2]):
            write(path, records, COUNT)
            ours, theirs = [], []
            for _ in range(rounds):
                say("read_pubmed_xml and Bio.Entrez.read")
                ours.append(measured("synth", path))
                theirs.append(measured("biopython", path))
            best, rival = (min(each["seconds"] for each in group) for group in (ours, theirs))
            same = {(each["count"], each["total"]) for each in (*ours, *theirs)}
            off = 0.0 if len(same) == 1 else 1.0
            ratio = best / rival
            verdict = "DIFFERS" if off else "met" if ratio <= 1 / 5 else "not met"
            title = f"reading {COUNT:,} PubMed records ({what})"
            made.append(Line("search_read", title, "Bio.Entrez.read", best, rival, ratio, 1 / 5, off, 0.0, verdict))
            peak, rivals = (max(each["peak"] for each in group) for group in (ours, theirs))
            verdict = "met" if peak <= MOST_MEMORY else "not met"
            title = (
                f"memory for that against {MOST_MEMORY:.0f} MB (peak {peak:.0f} MB; Bio.Entrez.read {rivals:,.0f} MB)"
            )
            share = peak / MOST_MEMORY
            made.append(Line("memory_search_read", title, "", 0.0, None, share, 1.0, None, None, verdict))
        if only in names[2]:
            say("the client against the local server")
            write(path, records, SEARCHED, numbered=True)
            found = measured("client", path)
            waiting = found["least"] / found["seconds"]
            whole = found["count"] == SEARCHED
            verdict = "DIFFERS" if not whole else "met" if waiting >= WAITING else "not met"
            title = f"search of {SEARCHED:,} records, waiting for the rate or the server {waiting:.1%} of the time"
            made.append(Line("search_client", title, "", found["seconds"], None, None, None, None, None, verdict))
    return made, {"Biopython": version("biopython")}


def peak_memory() -> float:
    """Give the peak of this process in megabytes; what getrusage says is not less than that of the process before."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


if __name__ == "__main__":
    answer = ROLES[sys.argv[1]](Path(sys.argv[2]))
    answer["peak"] = peak_memory()
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)  # four gigabytes of Biopython's answer need not be taken apart
