"""References in Vancouver style and as BibTeX, and the block that says how to make a page again."""

from __future__ import annotations

import copy
import re

import pytest
from pybtex import errors as pybtex_errors
from pybtex.database import BibliographyData, parse_string
from pybtex.plugin import find_plugin

from synth.report.methods import bibtex, included, references, reproduce, vancouver
from synth.report.methods.papers import Reference

from . import factory, factory_analyses

NAMES = [
    "{", "}}", "100% & more_#1 $x$ ~^", "back\\slash", '"quoted" @article{x,', "漢字 2019", "Müller 2020",
    "Muller 2020", "end = {", "a,b and c",
]  # fmt: skip


def _parsed(text: str) -> BibliographyData:
    with pybtex_errors.capture() as found:
        made = parse_string(text, "bibtex")
    assert not found, found
    return made


def _formatted(text: str) -> list[str]:
    """Set every entry in a standard style, which fails where a field is missing or LaTeX is broken."""
    made = find_plugin("pybtex.style.formatting", "unsrt")()
    backend = find_plugin("pybtex.backends", "plaintext")()
    with pybtex_errors.capture() as found:
        entries = [entry.text.render(backend) for entry in made.format_bibliography(_parsed(text))]
    assert not found, found
    return entries


def test_every_paper_is_bibtex() -> None:
    """A paper's entry cannot be read, lacks what its kind needs, or is another paper than the printed reference."""
    made = _parsed(bibtex.entries(references.REFERENCES))
    assert set(made.entries) == set(references.REFERENCES)
    for key, entry in made.entries.items():
        text = references.REFERENCES[key].text
        assert entry.persons["author"], key
        assert entry.fields["year"] in text
        assert entry.fields["year"] in key
        if entry.type == "article":
            assert entry.fields["journal"] in text
            assert f"{entry.fields['year']};{entry.fields['volume']}" in text
        first = str(entry.persons["author"][0].last_names[-1])
        assert text.startswith(" ".join(entry.persons["author"][0].last_names)), (key, first)
        if references.REFERENCES[key].doi:
            assert entry.fields["doi"] == references.REFERENCES[key].doi
    assert len(_formatted(bibtex.entries(references.REFERENCES))) == len(references.REFERENCES)


def test_pages_have_all_their_digits() -> None:
    """A page range is shortened as Vancouver style has it, which BibTeX styles print as a range that runs backwards."""
    for key, entry in _parsed(bibtex.entries(references.REFERENCES)).entries.items():
        pages = re.fullmatch(r"(\d+)--(\d+)", entry.fields.get("pages", ""))
        if pages:
            assert int(pages.group(1)) < int(pages.group(2)), key


def test_a_reference_without_a_known_form_is_refused() -> None:
    """A paper whose text cannot be taken apart gets an entry with fields in the wrong place."""
    with pytest.raises(ValueError, match="none of the known forms"):
        bibtex.paper(Reference("x", "Somebody wrote something somewhere"))


def test_hostile_text_cannot_leave_its_field() -> None:
    """A brace, a percent sign or a backslash in a title or a label ends the entry, or LaTeX's patience."""
    document = factory.document([(3, 20 + i) for i in range(len(NAMES))], NAMES, comparator=False)
    for study, name in zip(document["studies"], NAMES, strict=True):
        study["descriptors"].update(title=name, journal=name)
    made = _parsed(bibtex.entries([one.key for one in included.studies(document)], document))
    assert len(made.entries) == len(NAMES)
    for entry in made.entries.values():
        assert set(entry.fields) <= {"key", "title", "journal", "year", "doi", "note"}
        assert entry.fields["title"].count("{") == entry.fields["title"].count("}")
        assert not re.search(r"(?<!\\)[%&#$_]", entry.fields["title"])


def test_studies_have_keys_of_their_own() -> None:
    """Two studies whose names differ in an accent only share a key, and one of them is cited for the other."""
    document = factory.document([(3, 20 + i) for i in range(len(NAMES))], NAMES)
    keys = [one.key for one in included.studies(document)]
    assert len(set(keys)) == len(keys) == len(NAMES) + 2
    assert not set(keys) & set(references.REFERENCES)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)


def test_an_included_study_is_cited_as_far_as_it_is_known() -> None:
    """A reference to a study invents an author, or leaves out its DOI, its PMID or its pages."""
    document = factory.one()
    about = {
        "title": "Minimally invasive fixation",
        "journal": "Int J Spine Surg 17(4):526-533",
        "year": 2023,
        "pmid": "37268432",
        "doi": "https://doi.org/10.14444/8478",
    }
    document["studies"][0]["descriptors"] = about
    key = included.studies(document)[0].key
    assert vancouver.references([key], document) == (
        "Wänman 2023. Minimally invasive fixation. Int J Spine Surg. 2023;17(4):526–33. PMID: 37268432. "
        "doi:10.14444/8478",
    )
    entry = _parsed(bibtex.entries([key], document)).entries[key]
    assert not entry.persons
    assert entry.fields["pages"] == "526--533"
    assert entry.fields["volume"] == "17"
    assert entry.fields["note"] == "Study label: Wänman 2023; PMID 37268432"
    document["studies"][0]["descriptors"] = {**about, "authors": "Wänman J, Jansson KÅ; van der Berg P"}
    assert vancouver.references([key], document)[0].startswith("Wänman J, Jansson KÅ, van der Berg P. Minimally")
    people = _parsed(bibtex.entries([key], document)).entries[key].persons["author"]
    assert [" ".join(one.last_names) for one in people] == ["Wänman", "Jansson", "Berg"]
    document["studies"][0]["descriptors"] = None
    assert vancouver.references([key], document) == ("Wänman 2023.",)


def test_the_file_of_references_has_everything_cited() -> None:
    """A key that the manuscript cites, or a study that the page shows, is not in the file of references."""
    document = factory_analyses.bcg()
    made = _parsed(bibtex.file(document))
    assert {entry.key for entry in vancouver.bibliography(document)} <= set(made.entries)
    assert len(_formatted(bibtex.file(document))) == len(made.entries)


def test_an_unknown_key_is_an_error() -> None:
    """A misspelt key is dropped, and a sentence stands without the paper it rests on."""
    with pytest.raises(KeyError):
        vancouver.references(["nobody1900"])
    with pytest.raises(KeyError):
        bibtex.entries(["nobody1900"])


def test_the_list_can_be_copied() -> None:
    """The copied list has other numbers than the text."""
    entries = vancouver.bibliography(factory_analyses.shares())
    lines = vancouver.said(entries).splitlines()
    assert [int(line.partition(".")[0]) for line in lines] == list(range(1, len(entries) + 1))


def test_a_page_says_how_it_is_made_again() -> None:
    """The command, the version, a digest or a seed is missing from what a reader needs to make the page again."""
    document = factory_analyses.shares()
    document["inputs"] = [{"path": "figures.csv", "sha256": "ab" * 32}]
    made = reproduce.block(document)
    assert (made.command, made.program, made.version) == ("synth pool figures.csv", "synth", "0.1.0")
    assert made.inputs[0].sha256 == "ab" * 32
    assert {one.what for one in made.seeds} >= {"the permutation test of subgroups"}
    assert all(one.seed == 1 for one in made.seeds)
    still = copy.deepcopy(document)
    still["analyses"] = {}
    assert reproduce.block(still).said[-1] == "Nothing is drawn at random."
    assert not reproduce.block({}).command
