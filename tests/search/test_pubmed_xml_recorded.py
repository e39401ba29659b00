"""Every recorded record is read, or its file is named with the reason; a second reader says the same of each field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.errors import DamagedXML
from synth.search import Record, as_line, from_json, from_line, read_pubmed_xml, to_json

from .recorded import NO_RECORDS, Recorded, recorded
from .second_parser import every_record


@pytest.fixture(scope="module")
def documents(shared: Path) -> tuple[Recorded, ...]:
    """Every document of the reference data that has elements of records."""
    return recorded(shared)


def test_every_recorded_record_is_read_or_its_file_is_named(documents: tuple[Recorded, ...]) -> None:
    """A record is dropped without a word: fewer are read than a plain count of the elements finds."""
    counted = read = 0
    refused = []
    for document in documents:
        if document.refused:
            with pytest.raises(DamagedXML, match=document.refused):
                list(read_pubmed_xml(document.xml))
            refused.append(document.name)
            continue
        found = list(read_pubmed_xml(document.xml))
        assert len(found) == document.elements, document.name
        counted += document.elements
        read += len(found)
    assert read == counted >= 1690
    assert len(refused) == len(NO_RECORDS)


def test_a_second_reader_agrees_on_every_field_of_every_record(documents: tuple[Recorded, ...]) -> None:
    """A field is wrong, missing or taken from a cited publication in some recorded record."""
    compared, fields = 0, set()
    for document in documents:
        if document.refused:
            continue
        for ours, theirs in zip(read_pubmed_xml(document.xml), every_record(document.xml), strict=True):
            mine = to_json(ours)
            for name in mine.keys() | theirs.keys():
                assert mine.get(name) == theirs.get(name), f"{document.name}, PMID {ours.pmid}, {name}"
            fields |= mine.keys()
            compared += 1
    assert compared >= 1690
    # what no recorded record has is not compared, and must be tried elsewhere
    assert set(Record.__dataclass_fields__) - fields <= {"misprinted_names"}


def test_every_recorded_record_comes_back_from_its_line(documents: tuple[Recorded, ...]) -> None:
    """What is stored is not what was read, or a line has an end in its middle, or empty fields, or another order."""
    for document in documents:
        if document.refused:
            continue
        for record in read_pubmed_xml(document.xml):
            line = as_line(record)
            assert from_json(to_json(record)) == record == from_line(line)
            assert hash(from_line(line)) == hash(record)
            assert line.splitlines() == [line[:-1]]
            again = json.loads(line)
            assert list(again) == sorted(again)
            assert not empty(again)
            assert as_line(from_line(line)) == line


def empty(value: object) -> bool:
    """Say whether there is an empty value at any depth."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or value is False or value in ("", [], {}) or any(map(empty, inside))


def test_no_recorded_failure_passes_for_records(shared: Path) -> None:
    """An error that a server really sent is read as a search without hits."""
    failures = [path for path in sorted((shared / "pubmed" / "errors").iterdir()) if path.name != "index.json"]
    assert len(failures) >= 20
    for path in failures:
        if path.name == "efetch_empty_set.xml":  # truly none: who asked knows how many there should be
            assert list(read_pubmed_xml(path)) == []
            continue
        with pytest.raises(DamagedXML, match=path.name):
            list(read_pubmed_xml(path))
