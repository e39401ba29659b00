"""One paper under two labels, and cohorts that probably share patients."""

from __future__ import annotations

import pytest

from synth.extract.checks.overlap import check_overlap, doi_of, pmcid_of, pmid_of, years_of
from synth.extract.contract.figures import StudyArm

from .sheets import clean, only, understood


def arms(*rows: dict[str, str]) -> list[StudyArm]:
    """Make rows of studies."""
    made = []
    for number, row in enumerate(rows, start=2):
        made.append(StudyArm(**{"arm": "mis", "file": "studies.csv", "row": number, **row}))  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(
    ("first", "second", "column"),
    [
        ("37268432,,", "PMID: 37268432,,", "pmid"),
        (",https://doi.org/10.14444/8478,", ",doi:10.14444/8478,", "doi"),
        (",10.1097/BRS.1,", ",10.1097/brs.1.,", "doi"),
        (",,PMC10478685", ",,10478685", "pmcid"),
    ],
)
def test_one_paper_under_two_labels(first: str, second: str, column: str) -> None:
    """A study would be pooled twice because two people typed its name in two ways."""
    problem = only(understood(f"study,arm,pmid,doi,pmcid\nWanman 2023,mis,{first}\nWänman,mis,{second}\n"), "warning")
    assert (problem.row, problem.column) == (3, column)
    assert 'stands under the label "Wanman 2023" too (row 2)' in problem.message


def test_two_papers_under_one_label() -> None:
    """Two studies would be one because they have the same first author and year."""
    found = understood("study,arm,pmid\nYe 2022,mis,36434588\nYe 2022,open,38898448\n")
    assert "is another one than in row 2, under the same label" in only(found, "warning").message


def test_what_was_said_to_overlap_is_not_asked_again() -> None:
    """A question that was answered would come back with every run."""
    text = "study,arm,pmid,overlaps\nA 2017,mis,1234567,\nB 2016,mis,1234567,A 2017\nA 2017,open,1234567,\n"
    clean(understood(text))


@pytest.mark.parametrize("cell", ["3.7E+07", "37268432a", "1234567890", "see text"])
def test_a_pmid_is_a_number_that_no_spreadsheet_shortened(cell: str) -> None:
    """A PMID cut to two digits would be kept, and two studies have the same."""
    assert "is no PMID" in only(understood(f"study,arm,pmid\nA,mis,{cell}\n"), "warning").message


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            {"study": "Okada 2019", "centres": "Keio affiliated hospitals", "enrolment": "2007-2017"},
            {"study": "Sato 2021", "centres": "Keio University Hospital", "enrolment": "Jan 2015 to 2020"},
            "the same place (keio); patients of 2007 to 2017 and 2015 to 2020",
        ),
        (
            {"study": "Okada 2019", "authors": "Okada E; Ishihara S; Kato M", "country": "Japan"},
            {"study": "Ishihara 2021", "authors": "Ishihara, S.; Okada, E.", "country": "Japan", "centres": "Keio"},
            "",
        ),
        (
            {"study": "Okada 2019", "authors": "Okada E; Ishihara S", "country": "Japan", "enrolment": "2010-2015"},
            {"study": "Ishihara 2021", "authors": "Ishihara S, Okada E", "country": "Japan", "enrolment": "2014-2020"},
            "the same country (Japan); patients of 2010 to 2015 and 2014 to 2020; the same authors (ishihara, okada)",
        ),
        (
            {"study": "Ye JY 2022", "country": "China (Suzhou)", "enrolment": "Dec 2014-Dec 2018"},
            {"study": "Ye JY 2024", "country": "China", "enrolment": "Oct 2018-Oct 2022"},
            "the same author (ye)",
        ),
        # Two people of one surname, years that do not meet, another country, words that every hospital has.
        (
            {"study": "Ye JY 2022", "country": "China", "enrolment": "Dec 2014-Dec 2018"},
            {"study": "Ye ZY 2024", "country": "China", "enrolment": "Oct 2018-Oct 2022"},
            "",
        ),
        (
            {"study": "Okada 2019", "centres": "Keio", "enrolment": "2007-2012"},
            {"study": "Sato 2021", "centres": "Keio", "enrolment": "2013-2020"},
            "",
        ),
        (
            {"study": "Kim 2019", "country": "Korea", "enrolment": "2007-2017"},
            {"study": "Kim 2021", "country": "USA", "enrolment": "2010-2015"},
            "",
        ),
        (
            {"study": "Okada 2019", "centres": "University hospital, level I trauma center", "enrolment": "2007-2012"},
            {"study": "Sato 2021", "centres": "1 university hospital (level 1 trauma)", "enrolment": "2007-2012"},
            "",
        ),
    ],
)  # fmt: skip
def test_the_same_place_years_and_people_are_asked_about(
    first: dict[str, str], second: dict[str, str], said: str
) -> None:
    """Patients would be counted twice; or every pair of studies of a country be asked about."""
    problems = check_overlap(arms(first, second))
    if not said:
        assert problems == []
        return
    (problem,) = problems
    assert problem.severity == "warning"
    assert said in problem.message
    assert f'may share patients with "{first["study"]}" (row 2)' in problem.message
    assert check_overlap(arms(first, {**second, "overlaps": first["study"]})) == []


def test_identifiers_and_years_are_read_as_people_write_them() -> None:
    """A prefix or a point would make one paper two."""
    assert (pmid_of("0037268432"), pmid_of("37268432.0"), pmid_of("0")) == ("37268432", "37268432", None)
    assert (pmcid_of("pmc123"), pmcid_of("PMCID: PMC123"), pmcid_of("x")) == ("PMC123", "PMC123", None)
    assert (doi_of("http://dx.doi.org/10.1000/A"), doi_of("10.1")) == ("10.1000/a", None)
    assert years_of("from 2014-03 to 2015-02") == (2014 + 2 / 12, 2015 + 2 / 12)
    assert years_of("n = 2500") is None


def test_many_studies_are_no_matter_of_minutes() -> None:
    """Every pair of a large sheet would be compared."""
    rows = arms(*({"study": f"S{n} 2020", "centres": f"place{n % 7}x", "enrolment": "2010-2012"} for n in range(2000)))
    assert len(check_overlap(rows)) <= 200
