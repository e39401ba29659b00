"""Columns by which a patient could be known: found by heading and by content, refused, and never shown."""

from __future__ import annotations

import pytest

from synth.extract import Given
from synth.extract.checks.identity import identities, without
from synth.extract.reading.tables import DATE, Table

from .sheets import clean, only, understood, workbook_table

STUDY = Given(study="A")
# Made up: the check digits are right, the people are not there.
NUMBERS = {
    "Finnish": ("131052-308T", "010190-900P"),
    "American": ("123-45-6789", "234-56-7890"),
    "Spanish": ("12345678Z", "87654321X"),
    "Italian": ("RSSMRA85T10A562S", "VRDLGI70A01F205X"),
    "Chinese": ("11010519491231002X", "440524188001010014"),
    "French": ("255081416802538", "180126955222380"),
}
LIKELY = {
    "Swedish": ("811218-9876", "670919-9530"),
    "Norwegian": ("01010750160", "31129956715"),
    "British": ("943 476 5919", "401 023 2137"),
}


def patients(column: str, *cells: str) -> Table:
    """Make a sheet of patients with one more column."""
    return workbook_table(
        ("patient", "arm", column, "fusion"), *((str(n), "mis", cell, "1") for n, cell in enumerate(cells, start=1))
    )


@pytest.mark.parametrize(
    "heading",
    ["Name", "Patient name", "Patient's name", "patient_name", "PatientName", "Surname", "First name", "Initials",
     "Nachname", "Vorname", "Nom du patient", "Prénom", "Apellidos", "Cognome", "Sukunimi", "Efternamn", "姓名",
     "DOB", "Date of birth", "date_of_birth", "DateOfBirth", "Date of birth (dd/mm/yyyy)", "Geburtsdatum",
     "Fecha de nacimiento", "Syntymäaika", "Födelsedatum", "Дата рождения", "出生日期", "SSN",
     "Social security number", "NHS Number", "Personnummer", "CPR-nr", "HETU", "Henkilötunnus", "PESEL",
     "Codice fiscale", "DNI", "MRN", "Medical record no.", "Hospital number", "Fallnummer",
     "Patient e-mail", "Email", "Phone number", "Home address", "Postcode", "Puhelin"],
)  # fmt: skip
def test_headings_of_identity_in_many_languages_are_refused(heading: str) -> None:
    """Somebody's name or birth date would be kept because the column has another language."""
    found = understood(patients(heading, "Sekrit 1", "Sekrit 2"), given=STUDY)
    problem = only(found)
    assert (problem.cell, problem.column) == ("D3", heading)
    assert "--drop-identity" in problem.remedy
    assert (found.patients, found.figures) == ((), ())
    assert "Sekrit" not in repr(found)


@pytest.mark.parametrize("country", NUMBERS)
def test_national_numbers_are_known_by_their_shape(country: str) -> None:
    """Identity numbers would be kept because somebody called the column x."""
    assert "national identity number, by what stands in it" in only(
        understood(patients("x", *NUMBERS[country]), given=STUDY)
    ).message


@pytest.mark.parametrize("country", LIKELY)
def test_plain_digits_with_check_digits_are_known_where_all_have_them(country: str) -> None:
    """A column of check digits would pass, or every column of ten digits be refused."""
    assert "national identity number" in only(understood(patients("x", *LIKELY[country]), given=STUDY)).message


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (("jane.doe@example.org", "none"), "address or a telephone number"),
        (("+358 40 123 4567", "+358 50 765 4321"), "address or a telephone number"),
        (("(030) 123456", "(030) 654321"), "address or a telephone number"),
        (("A1234567", "A1234568"), "medical record number"),
        (("20481234", "20481299"), "medical record number"),
    ],
)
def test_addresses_and_record_numbers_are_known_by_content(cells: tuple[str, str], what: str) -> None:
    """An address in a column of remarks would be kept."""
    found = understood(patients("x", *cells), given=STUDY)
    assert what in only(found).message
    assert all(cell not in repr(found) for cell in cells if cell != "none")


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("level", ("T12-L1", "L2")), ("age", ("71", "68")), ("implant", ("USS II", "Expedium")),
        ("followup_days", ("1365", "730")),
        ("surgery date", ("2020-01-31", "2020-02-28")), ("blood loss", ("1240", "650")), ("BMI", ("31.2", "24.9")),
        ("ASA", ("3", "2")), ("surgeon experience", ("20 years", "3 years")), ("cobb", ("12-18", "20-25")),
    ],
)  # fmt: skip
def test_what_surgeons_note_is_not_identity(heading: str, cells: tuple[str, str]) -> None:
    """Every sheet would be refused for a level, an implant or a date of surgery."""
    assert identities(patients(heading, *cells), patients=True) == []


@pytest.mark.parametrize(
    "header",
    ["first_author_surname,year,n", "Study name,year,n", "Authors,DOI,n", "Corresponding author e-mail,year,n",
     "PMID,year,n", "Trial registry number,year,n", "Outcome name,year,n", "Reviewer name,year,n",
     "Extractor initials,year,n"],
)  # fmt: skip
def test_authors_and_studies_are_no_patients(header: str) -> None:
    """A sheet of studies would be refused because papers have authors."""
    table = Table("a.csv", ["study", *header.split(",")], 1, [(2, ["A", "37268432", "2020", "43"])])
    assert identities(table, patients=False) == []


def test_names_in_a_sheet_of_results_are_refused_too() -> None:
    """Somebody's name would be kept as a further column of a case series typed as results."""
    found = understood("study,arm,outcome,events,total,Patient name\nA,mis,fusion,1,1,Sekrit\n")
    assert "looks like a name" in only(found).message
    assert found.figures == ()
    assert "Sekrit" not in repr(found)


def test_what_is_dropped_leaves_nothing_behind() -> None:
    """A column that was to be left out would be kept in a remark, a mark or a figure."""
    table = patients("Date of birth", "1950-01-31", "1961-12-01")
    table.marked = {2: {4: frozenset({DATE})}, 3: {4: frozenset({DATE})}}
    table.hidden_places = frozenset({2, 3})
    found = understood(table, given=STUDY, drop_identity=True)
    assert "it was left out, and nothing of it is kept" in only(found, "warning").message
    assert found.patients[0].header == ("study", "arm", "patient", "fusion")
    assert "1950" not in repr(found) + repr(found.patients[0].rows)
    less = without(table, identities(table, patients=True))
    assert (less.header, less.letters) == (["patient", "arm", "fusion"], ["B", "C", "E"])
    assert less.hidden_places == frozenset({2})
    assert (less.cell(4, 2), less.marks(4, 2)) == ("E4", frozenset({DATE}))


def test_a_sheet_without_identity_raises_no_alarm() -> None:
    """Every sheet of patients would be refused."""
    clean(understood(patients("sex", "f", "m"), given=STUDY))


@pytest.mark.parametrize("heading", ["patient", "Pt", "Case", "Subject ID", "Potilas"])
@pytest.mark.parametrize("cells", [("Virtanen, Aino", "Doe, Jane"), ("Aino", "Jane"), ("A.V.", "J. D."),
                                   ("\u738b\u5c0f\u660e", "\u674e\u56db")])  # fmt: skip
def test_names_in_the_column_that_numbers_the_patients(heading: str, cells: tuple[str, str]) -> None:
    """People's names would be taken in because the column is called patient."""
    table = workbook_table((heading, "arm", "fusion"), *((cell, "mis", "1") for cell in cells))
    found = understood(table, given=STUDY)
    problem = only(found)
    assert "looks like a name, by what stands in it" in problem.message
    assert (problem.cell, found.patients) == ("B3", ())
    assert not any(cell in repr(found) for cell in cells)
    dropped = understood(table, given=STUDY, drop_identity=True)
    assert (len(dropped.patients[0].rows), dropped.errors) == (2, ())
    assert not any(cell in repr(dropped) + repr(dropped.patients[0].rows) for cell in cells)


@pytest.mark.parametrize("cells", [("131052-308X", "010190-900A"), ("811218-9875", "670919-9531"),
                                   ("943 476 5918", "401 023 2138"), ("12345678A", "87654321B")])  # fmt: skip
def test_national_numbers_with_wrong_check_digits(cells: tuple[str, str]) -> None:
    """A slip in a check digit would let a national number through, in the very column that names the patient."""
    table = workbook_table(("Patient ID", "arm", "fusion"), *((cell, "mis", "1") for cell in cells))
    found = understood(table, given=STUDY)
    assert only(found).column == "Patient ID"
    assert not any(cell in repr(found) for cell in cells)


@pytest.mark.parametrize("cells", [("1", "2"), ("P-01", "P-02"), ("A", "B"), ("Patient A", "Patient B"), ("VII", "III"),
                                   ("MIS-2010-14", "MIS-2010-15")])  # fmt: skip
def test_running_numbers_and_codes_are_no_names(cells: tuple[str, str]) -> None:
    """Every sheet of patients would be refused for its running numbers."""
    table = workbook_table(("Patient", "arm", "fusion"), *((cell, "mis", "1") for cell in cells))
    clean(understood(table, given=STUDY))
