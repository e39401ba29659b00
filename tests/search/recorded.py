"""Every PubMed record in the reference data, unpacked from whatever it was recorded in."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

RECORD = re.compile(rb"<Pubmed(?:Book)?Article[\s>]")
# Files whose elements are no records, each with the words that synth must find for it.
NO_RECORDS = {
    "MedlineImporterTestMalformedEntry.xml": "a tag is closed that was not opened",
    "MedlineImporterTestMinimalEntry.xml": "no PMID of its own",
}


@dataclass(frozen=True)
class Recorded:
    """A document with PubMed records: where it comes from, its XML, and how many elements of records it holds."""

    name: str
    xml: bytes

    @property
    def elements(self) -> int:
        """The number of record elements, counted without a parser."""
        return len(RECORD.findall(self.xml))

    @property
    def refused(self) -> str:
        """The words that must explain why there is nothing to read; "" where there is."""
        return next((why for file, why in NO_RECORDS.items() if self.name.endswith(file)), "")


def _cassette(path: Path) -> Iterator[bytes]:
    import yaml

    for pair in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
        body = pair["response"]["body"]["string"]
        body = body if isinstance(body, bytes) else body.encode("utf-8")
        if RECORD.search(body):
            yield body


def _zotero(text: str) -> Iterator[bytes]:
    tests = json.loads(text.partition("/** BEGIN TEST CASES **/")[2].partition("/** END TEST CASES **/")[0]
                       .partition("var testCases = ")[2])  # fmt: skip
    for case in tests:
        if isinstance(case.get("input"), str) and RECORD.search(case["input"].encode()):
            yield case["input"].encode()


def _documents(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    if not RECORD.search(data):
        return
    if "cassettes" in path.parts:
        yield from _cassette(path)
    elif path.suffix == ".js":
        yield from _zotero(data.decode("utf-8"))
    elif data.startswith(b'"'):  # a dump of somebody's program: XML as a JSON string
        yield json.loads(data).encode("utf-8")
    else:
        yield data


@cache
def recorded(shared: Path) -> tuple[Recorded, ...]:
    """Unpack every document of the reference data that holds an element of a record."""
    folder = shared / "pubmed"
    return tuple(
        Recorded(path.relative_to(folder).as_posix(), xml)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for xml in _documents(path)
    )
