"""A record's one line of JSON, and what it says of itself."""

from __future__ import annotations

import dataclasses
import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings

from synth.search.records.record import (
    AbstractPart,
    Author,
    Book,
    Correction,
    HistoryDate,
    Mesh,
    PublicationType,
    Qualifier,
    Record,
    Reference,
    as_line,
    from_json,
    from_line,
    to_json,
)

from .making import records

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(records())
def test_any_record_comes_back_from_its_line(record: Record) -> None:
    """Some text in a record is changed by storing it, cannot be written, or ends the line early."""
    line = as_line(record)
    assert from_line(line) == record == from_json(to_json(record))
    assert line.encode("utf-8").decode("utf-8").splitlines() == [line[:-1]]
    assert as_line(from_line(line)) == line
    assert json.loads(line) == to_json(record)


def test_the_line_itself() -> None:
    """The form of a stored line changes, so that every record of every review differs from the stored one."""
    record = Record(
        31,
        title="Über 5 % – \u202eno\x85",
        authors=(Author("Weiss", "Ada", "A", affiliations=("X",)), Author(collective="Group")),
        mesh=(Mesh("Spine", "D1", major=False, qualifiers=(Qualifier("surgery", "Q1", major=True),)),),
        year=2024,
        number_of_references=0,
        references=(Reference("A", 5), Reference()),
    )
    assert as_line(record) == (
        '{"authors": [{"affiliations": ["X"], "fore_name": "Ada", "initials": "A", "last_name": "Weiss"}, '
        '{"collective": "Group"}], "kind": "article", "mesh": [{"name": "Spine", "qualifiers": [{"major": true, '
        '"name": "surgery", "ui": "Q1"}], "ui": "D1"}], "number_of_references": 0, "pmid": 31, '
        '"references": [{"citation": "A", "pmid": 5}, {}], "title": "Über 5 % – \u202eno\\u0085", "version": 1, '
        '"year": 2024}\n'
    )


def test_half_a_character_can_be_written() -> None:
    """A text that is no Unicode, from a file that somebody edited, cannot be written as UTF-8."""
    record = from_line('{"pmid": 1, "title": "a\\ud800b"}')
    assert as_line(record).encode("utf-8") == b'{"kind": "article", "pmid": 1, "title": "a\\ud800b", "version": 1}\n'


def test_the_order_of_what_was_set_does_not_matter() -> None:
    """Two equal records have different lines, so that a second run shows changes where there are none."""
    one = from_json({"pmid": 1, "title": "a", "doi": "10.1/x", "mesh": [{"ui": "D1", "name": "n"}]})
    other = from_json({"mesh": [{"name": "n", "ui": "D1"}], "doi": "10.1/x", "title": "a", "pmid": 1})
    assert one == other
    assert as_line(one) == as_line(other)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "Expecting value"),
        ("[]", "the line is no JSON object"),
        ('"x"', "the line is no JSON object"),
        ("{}", "pmid: missing"),
        ('{"pmid": "7"}', 'pmid: "7" is not a whole number'),
        ('{"pmid": true}', "pmid: true is not a whole number"),
        ('{"pmid": 7.0}', "pmid: 7.0 is not a whole number"),
        ('{"pmid": 7, "kind": "film"}', 'kind: "film" is not article or book'),
        ('{"pmid": 7, "titel": "x"}', "titel: no such field"),
        ('{"pmid": 7, "title": null}', "title: null is not text"),
        ('{"pmid": 7, "languages": "eng"}', 'languages: "eng" is no list'),
        ('{"pmid": 7, "languages": [1]}', r"languages\[0\]: 1 is not text"),
        ('{"pmid": 7, "authors": [{"name": "x"}]}', r"authors\[0\].name: no such field"),
        ('{"pmid": 7, "authors": ["x"]}', r'authors\[0\]: "x" is no JSON object'),
        ('{"pmid": 7, "authors": [{"equal_contribution": "yes"}]}', "is not true or false"),
        ('{"pmid": 7, "book": {"isbns": [{}]}}', r"book.isbns\[0\]: {} is not text"),
        ('{"pmid": 7', "Expecting"),
        ("[" * 100_000, "nested too deep"),
        ('{"pmid": ' + "9" * 5000 + "}", "digits"),
    ],
)
def test_a_line_that_is_none_is_named(line: str, words: str) -> None:
    """A damaged line of a stored search is read as some record, or ends in another error than the one promised."""
    with pytest.raises(ValueError, match=words):
        from_line(line)


def test_records_cannot_be_changed() -> None:
    """Somebody changes a record in place, and what is stored is not what was found."""
    record = next(iter(read()))
    for part, name in ((record, "title"), (record.authors[0], "last_name"), (record.mesh[0], "name")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, name, "x")


def read() -> list[Record]:
    """Read a record, whose parts are made by the parser's shorter way."""
    from synth.search import read_pubmed_xml

    return list(
        read_pubmed_xml(
            b"<PubmedArticle><MedlineCitation><PMID>7</PMID><Article><AuthorList><Author><LastName>A</LastName></Author>"
            b"</AuthorList></Article><MeshHeadingList><MeshHeading><DescriptorName>M</DescriptorName></MeshHeading>"
            b"</MeshHeadingList></MedlineCitation></PubmedArticle>"
        )
    )


def test_parsed_records_are_as_good_as_made_ones() -> None:
    """A record that the parser made differs from an equal one: in comparing, hashing, copying, printing or pickling."""
    (parsed,) = read()
    made = Record(7, authors=(Author("A"),), mesh=(Mesh("M"),))
    assert parsed == made
    assert hash(parsed) == hash(made)
    assert repr(parsed) == repr(made)
    assert pickle.loads(pickle.dumps(parsed)) == made
    assert dataclasses.replace(parsed, title="x") == dataclasses.replace(made, title="x")
    assert dataclasses.asdict(parsed) == dataclasses.asdict(made)


def test_every_part_is_frozen_and_has_defaults() -> None:
    """A part can be changed, or must be given values that PubMed does not always have."""
    from synth.search.records import parts as record_parts

    for name in record_parts.__all__:
        kind = getattr(record_parts, name)
        assert kind.__dataclass_params__.frozen
        assert hash(kind()) == hash(kind())


@pytest.mark.parametrize(
    ("record", "true"),
    [
        (Record(1), set()),
        (Record(1, publication_types=(PublicationType("x", "D016441"),)), {"is_retracted"}),
        (Record(1, publication_types=(PublicationType("Published Erratum", "D016425"),)), {"is_erratum"}),
        (Record(1, publication_types=(PublicationType("Expression of Concern"),)), {"is_concern"}),
        (Record(1, corrections=(Correction("RetractionIn"), Correction("ErratumIn"))), {"is_retracted", "has_erratum"}),
        (Record(1, corrections=(Correction("ExpressionOfConcernIn"),)), {"has_concern"}),
        (Record(1, corrections=(Correction("Cites"), Correction("UpdateIn"), Correction(""))), set()),
    ],
)
def test_flags(record: Record, true: set[str]) -> None:
    """A retraction, an erratum and an expression of concern are taken for one another."""
    names = ("is_retracted", "is_retraction_notice", "has_erratum", "is_erratum", "has_concern", "is_concern")
    assert {name for name in names if getattr(record, name)} == true


def test_names_and_abstracts() -> None:
    """A name without initials, or an abstract with some labels, is put together wrongly."""
    assert Author("Weiss", "Ada").name == "Weiss Ada"
    assert Author().name == ""
    assert Record(1, abstract=(AbstractPart("a"), AbstractPart("b", "AIM"))).abstract_text == "a\nAIM: b"
    assert Record(1, book=Book(title="t"), history=(HistoryDate("entrez", "2024"),)).book == Book("t")


def test_the_room_is_imported_lazily() -> None:
    """``import synth`` or ``synth.search`` loads the parser, Biopython or the network before anybody asks."""
    code = (
        "import sys, synth; synth.search; heavy = {'pyexpat', 'xml', 'Bio', 'socket', 'numpy'} & set(sys.modules);"
        "assert not heavy, heavy; assert synth.search.read_pubmed_xml and synth.search.Record(1).pmid == 1;"
        "assert 'Bio' not in sys.modules and 'socket' not in sys.modules; import synth.search as s;"
        "assert set(s.__all__) <= set(dir(s)); [getattr(s, name) for name in s.__all__]"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    import synth.search

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = synth.search.nothing
