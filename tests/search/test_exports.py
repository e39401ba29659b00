"""Exports are read back by the readers that others use, and hostile text stays text."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from synth.search import Record, read_pubmed_xml, to_bibtex, to_csv, to_nbib, to_ris
from synth.search.exports.table import COLUMNS
from synth.search.exports.text import one_line
from synth.search.records.record import AbstractPart, Author, Book, Correction, Mesh
from tests.eutils.article import read
from tests.eutils.corpus import records_of
from tests.eutils.medline import as_medline

from .making import records
from .recorded import recorded

MADE_UP = Path(__file__).resolve().parent.parent / "eutils" / "records.xml"
ANY = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a record has fifty fields: making one smaller takes minutes
)
EXPORTS = (to_ris, to_nbib, to_bibtex, to_csv)


@pytest.fixture(scope="module")
def made_up() -> list[Record]:
    """Made-up records with the quirks of real ones."""
    return list(read_pubmed_xml(MADE_UP))


@pytest.fixture(scope="module")
def real(shared: Path) -> list[Record]:
    """Every recorded record, each PMID and version once."""
    found: dict[tuple[int, int], Record] = {}
    for document in recorded(shared):
        if not document.refused:
            for record in read_pubmed_xml(document.xml):
                found.setdefault((record.pmid, record.version), record)
    return list(found.values())


def read_ris(text: str) -> list[dict[str, Any]]:
    """Read RIS with rispy."""
    import rispy

    return rispy.loads(text)  # type: ignore[no-any-return]


def read_medline(text: str) -> list[Any]:
    """Read the MEDLINE format with Biopython."""
    from Bio import Medline

    return list(Medline.parse(io.StringIO(text)))


def read_bibtex(text: str) -> Any:
    """Read BibTeX with pybtex, which refuses what is not well-formed, and a key that comes twice."""
    from pybtex.database import parse_string

    return parse_string(text, "bibtex")


def untex(words: str) -> str:
    """Undo what BibTeX needs."""
    words = re.sub(r"\\text(\w+)\{\}", lambda found: chr(0xE000 + TEXT.index(found[1])), words)
    words = re.sub(r"\\([$&#%_])", r"\1", words.replace("{", "").replace("}", ""))
    return words.translate({0xE000 + place: letter for place, letter in enumerate("\\{}^~<>")})


TEXT = ("backslash", "braceleft", "braceright", "asciicircum", "asciitilde", "less", "greater")


def named(author: Author) -> bool:
    """Say whether something of a name can be printed."""
    parts = (author.collective, author.last_name, author.fore_name or author.initials, author.suffix)
    return any(one_line(each.replace(",", " ")) for each in parts)


def check_ris(given: list[Record]) -> None:
    """Compare what rispy reads with what was written."""
    read = read_ris(to_ris(given))
    assert len(read) == len(given)
    for record, item in zip(given, read, strict=True):
        assert item.get("primary_title", item.get("title", "")) == one_line(record.title)
        assert item["accession_number"] == str(record.pmid)
        assert item.get("doi", "") == one_line(record.doi)
        assert item.get("year", "") == ("" if record.year is None else f"{record.year:04d}")
        assert item.get("abstract", "") == one_line(record.abstract_text)
        assert len(item.get("authors", [])) == sum(map(named, record.authors))
        expected = [*record.keywords, *(heading.name for heading in record.mesh)]
        assert item.get("keywords", []) == [words for each in expected if (words := one_line(each))]


def check_medline(given: list[Record]) -> None:
    """Compare what Biopython reads with what was written."""
    read = read_medline(to_nbib(given))
    assert len(read) == len(given)
    for record, item in zip(given, read, strict=True):
        assert item["PMID"] == str(record.pmid)
        assert item.get("TI", "") == one_line(record.title)
        assert item.get("AB", "") == one_line(record.abstract_text)
        assert item.get("AU", []) == [
            words for a in record.authors if not one_line(a.collective) and (words := one_line(a.name))
        ]
        groups = (*record.authors, *record.editors, *record.investigators)
        assert item.get("CN", []) == [words for each in groups if (words := one_line(each.collective))]
        assert item.get("OT", []) == [words for each in record.keywords if (words := one_line(each))]
        assert item.get("PT", []) == [words for each in record.publication_types if (words := one_line(each.name))]
        assert len(item.get("MH", [])) == len(record.mesh) or any(not one_line(m.name) for m in record.mesh)
        assert item.get("JT", "") == one_line(record.journal)
        assert " ".join(item.get("COIS", [])) == one_line(record.conflict_of_interest)  # it gives lines


def check_bibtex(given: list[Record]) -> None:
    """Compare what pybtex reads with what was written."""
    read = read_bibtex(to_bibtex(given))
    assert len(read.entries) == len(given)
    for record, (key, entry) in zip(given, read.entries.items(), strict=True):
        assert re.fullmatch(r"[A-Za-z]+\d*_\d+(v\d+)?(_\d+)?", key)
        assert squeezed(untex(entry.fields.get("title", ""))) == squeezed(one_line(record.title))
        assert squeezed(untex(entry.fields.get("abstract", ""))) == squeezed(one_line(record.abstract_text))
        assert entry.fields["pmid"] == str(record.pmid)
        people = entry.persons.get("author", [])
        assert len(people) == sum(map(named, record.authors))


def squeezed(words: str) -> str:
    """Leave out blanks, which BibTeX folds."""
    return re.sub(r"\s", "", words)


def check_csv(given: list[Record]) -> None:
    """Compare what the standard reader reads with what was written."""
    head, *rows = csv.reader(io.StringIO(to_csv(given), newline=""), strict=True)
    assert tuple(head) == COLUMNS
    assert len(rows) == len(given)
    for record, row in zip(given, rows, strict=True):
        cells = dict(zip(head, row, strict=True))
        assert cells["pmid"] == str(record.pmid)
        assert cells["title"].removeprefix("'") == one_line(record.title).removeprefix("'")
        assert (cells["retracted"] == "yes") == record.is_retracted
        assert not any(cell.lstrip()[:1] in set("=+-@＝＋－＠\t\r") and cell.strip() for cell in row)
        assert not any(len(cell) > 32_767 for cell in row)


CHECKS = (check_ris, check_medline, check_bibtex, check_csv)


@pytest.mark.parametrize("check", CHECKS)
def test_made_up_records_are_read_back(check: Any, made_up: list[Record]) -> None:
    """An export of a record with some quirk is read as another record, or as two."""
    check(made_up)


@pytest.mark.parametrize("check", CHECKS)
def test_every_recorded_record_is_read_back(check: Any, real: list[Record]) -> None:
    """An export of a real record is read as another record, or as two."""
    assert len(real) > 1600
    check(real)


@pytest.mark.parametrize("check", CHECKS)
@ANY
@given(given=st.lists(records(), max_size=3))
def test_any_text_is_read_back(check: Any, given: list[Record]) -> None:
    """Text that looks like the format's own syntax begins a field or a record, or breaks the file."""
    check(given)


@pytest.mark.parametrize("export", EXPORTS)
def test_hostile_text_stays_on_its_line(export: Any) -> None:
    """A title makes a record of its own in an export, or ends it."""
    words = "x\nER  - \n\nTY  - JOUR\r\nPMID- 666\n\n}\n@article{evil,\n title={y}}\u2028\x85\x1e\x0b\0\ud800=1+1\t"
    part = AbstractPart(words, words)
    record = Record(7, title=words, authors=(Author(words, words), Author(collective=words)), journal=words, doi=words,
                    abstract=(part, part), keywords=(words,), mesh=(Mesh(words),), volume=words, pages=words,
                    book=None, corrections=(Correction(words, words, 5, words),))  # fmt: skip
    text = export([record, Record(8, title="next")])
    assert text.encode("utf-8")
    assert "\x00" not in text
    for line in text.splitlines():
        assert not line.startswith(("TY  - ", "PMID- ", "@", "ER  - ", "=")) or line in {
            "TY  - JOUR", "ER  - ", "PMID- 7", "PMID- 8", "@article{xERTYJOURPMIDarticleeviltitley_7,",
            "@article{Anonymous_8,"}  # fmt: skip


@pytest.mark.parametrize("export", EXPORTS)
def test_no_records(export: Any) -> None:
    """A search that found nothing cannot be exported."""
    assert export([]) == ("" if export is not to_csv else ",".join(COLUMNS) + "\n")


def test_the_ris_of_a_book_a_chapter_and_an_article() -> None:
    """Pages, dates, names or the kind of a publication are written where no reference manager looks."""
    book = Book("Spines", publisher="P", place="Bern", isbns=("978",), edition="2nd")
    article = Record(1, title="A", authors=(Author("Weiss", "Ada", suffix="Jr"), Author(collective="Group, A & B")),
                     pages="1101-9", journal="J", journal_iso="J.", year=2024, published="2024-05-07", doi="10.1/x",
                     corrections=(Correction("RetractionIn"), Correction("ErratumIn")))  # fmt: skip
    whole, chapter = Record(2, kind="book", title="Spines", book=book), Record(3, kind="book", title="One", book=book)
    one, two, three = read_ris(to_ris([article, whole, chapter]))
    assert [each["type_of_reference"] for each in (one, two, three)] == ["JOUR", "BOOK", "CHAP"]
    assert (one["start_page"], one["end_page"], one["date"], one["year"]) == ("1101", "1109", "2024/05/07/", "2024")
    assert one["authors"] == ["Weiss, Ada, Jr", "Group, A & B"]
    assert one["notes"] == ["Retracted publication", "Erratum published"]
    assert (three["secondary_title"], two["publisher"], two["place_published"]) == ("Spines", "P", "Bern")


def test_medline_lines_are_folded_as_pubmed_folds_them() -> None:
    """A long field is cut inside a word, or what follows looks like a field."""
    words = " ".join(f"PMID- {number}" for number in range(60)) + " " + "x" * 200 + " end"
    text = to_nbib([Record(7, title=words)])
    assert read_medline(text)[0]["TI"] == words
    lines = text.splitlines()
    assert all(len(line) <= 88 or "x" * 200 in line for line in lines)
    assert sum(line.startswith("PMID-") for line in lines) == 1


def test_the_tags_of_the_medline_export_are_pubmed_s(shared: Path, real: list[Record]) -> None:
    """A field is written under a tag that PubMed's own exports do not have."""
    ours = set(re.findall(r"^([A-Z]{2,4}) *- ", to_nbib(real), re.M))
    theirs = set()
    for path in (shared / "pubmed" / "nbib").rglob("*"):
        if path.is_file():
            theirs |= set(re.findall(r"^([A-Z]{2,4}) *- ", path.read_text("utf-8", "replace"), re.M))
    # In NLM's table of fields, and rarer than the recorded exports are many:
    # https://www.nlm.nih.gov/bsd/mms/medlineelements.html
    rare = {"CRI", "CRF", "ECI", "ECF", "EFR", "ORI", "RIN", "ROF", "RPI", "RPF", "RRI", "RRF", "SPIN", "UIN", "ED"}
    assert ours <= theirs | rare, ours - theirs - rare


def test_keys_of_bibtex_stay_the_same() -> None:
    """A key changes when a search finds more, so that a manuscript cites another paper; or two records share one."""
    one, other = Record(1, authors=(Author("Weiß"),), year=2024), Record(2, authors=(Author("Weiss"),), year=2024)
    assert list(read_bibtex(to_bibtex([other, one])).entries) == ["Weiss2024_2", "Weiss2024_1"]
    again = list(read_bibtex(to_bibtex([one, one, Record(1, version=2), Record(3, title="孔")])).entries)
    assert again == ["Weiss2024_1", "Weiss2024_1_2", "Anonymous_1v2", "Anonymous_3"]


def test_what_tex_would_act_upon() -> None:
    """A record runs a command of TeX, or loses its capitals or special characters."""
    record = Record(7, title=r"Loss of BRCA1 & 5% \input{/etc/passwd} {x $y_1^2~# <", pages="1-9", doi="10.1/a_b{c}%",
                    authors=(Author("van der Berg", "And and"), Author(collective="A and B, C")), published="2024-05",
                    year=2024)  # fmt: skip
    text = to_bibtex([record])
    entry = read_bibtex(text).entries["vanderBerg2024_7"]
    assert "\\input" not in text
    assert entry.fields["title"].startswith(r"Loss of {BRCA1} \& 5\% \textbackslash{}input\textbraceleft{}")
    assert untex(entry.fields["title"]) == record.title
    assert (entry.fields["pages"], entry.fields["doi"], entry.fields["month"]) == ("1--9", "10.1/a_b%7Bc%7D%25", "May")
    assert [str(person) for person in entry.persons["author"]] == ["{van der Berg}, {And and}", "{A and B, C}"]


@pytest.mark.parametrize(
    "words",
    ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n-1", "＝1", "＋1", "－1", "＠x", "\u00a0=1", "\u2003@x", "=", "-"],
)
def test_a_cell_runs_nothing(words: str) -> None:
    """A title is a formula when the table is opened in a spreadsheet."""
    _, row = csv.reader(io.StringIO(to_csv([Record(7, title=words)])))
    assert row[COLUMNS.index("title")].startswith("'")


def test_a_cell_that_no_spreadsheet_holds_is_cut_and_says_so() -> None:
    """The names of 15,000 authors spill into other rows, or are cut without a word."""
    crowd = tuple(Author(f"Name{number}", initials="AB") for number in range(15_000))
    _, row = csv.reader(io.StringIO(to_csv([Record(7, authors=crowd)])))
    cell = row[COLUMNS.index("authors")]
    assert len(cell) < 32_767
    assert cell.endswith("(cut: 198,888 characters; records.jsonl has them all)")


def test_a_table_opens_in_pandas(made_up: list[Record]) -> None:
    """The table has other columns or rows in the tool that most analysts open it with."""
    import pandas

    table = pandas.read_csv(io.StringIO(to_csv(made_up)), dtype=str, keep_default_na=False)
    assert list(table["pmid"]) == [str(record.pmid) for record in made_up]


def test_the_medline_export_is_as_another_writer_s(made_up: list[Record]) -> None:
    """The export differs from what the tests' own E-utilities server, written apart, makes of the same XML."""
    raws = list(records_of(MADE_UP))
    compared = 0
    for record, raw, ours in zip(made_up, raws, read_medline(to_nbib(made_up)), strict=True):
        if record.kind == "book" or not record.publication_types:
            continue
        theirs = read_medline(as_medline(read(raw)))[0]
        tags = ["PMID", "STAT", "VI", "IP", "PG", "AB", "LA", "PT", "TA", "JT", "MH", "OT", "TI"]
        if not record.misprinted_names and not any(author.suffix for author in record.authors):
            tags += ["FAU", "AU", "CN", "AD"]
        for tag in tags:
            if tag != "TI" or theirs.get("TI"):  # it gives no vernacular title in its stead
                assert ours.get(tag) == theirs.get(tag), f"PMID {record.pmid}, {tag}"
        compared += 1
    assert compared > 30
