"""Columns by which a patient could be known: names, birth dates, national numbers, record numbers, addresses.

They are told by their headings in common languages, and by what stands in them. A message names the column and never
what stands there; what is found is refused, and never kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from synth.errors import Problem

from ..contract.sheets import PATIENTS, fold, names_of
from ..reading.tables import Table
from .persons import names_of_people, national_shape

_SPLIT = re.compile(r"[^\w]+|_")
# Words that belong together stand in one text; a heading with all of them one after the other is meant.
ALWAYS: dict[str, tuple[str, ...]] = {
    "a name": (
        *("patient name", "patients name", "name of patient", "patient s name", "patient initials", "initials"),
        *("surname", "last name", "lastname", "first name", "firstname", "forename", "given name", "family name"),
        *("full name", "maiden name", "middle name", "patientenname", "nachname", "vorname", "familienname"),
        *("nom du patient", "nom de famille", "prénom", "prenom", "nombre del paciente", "nombre y apellidos"),
        *("apellido", "apellidos", "nome do paciente", "sobrenome", "nome del paziente", "cognome", "achternaam"),
        *("voornaam", "efternamn", "förnamn", "efternavn", "fornavn", "etternavn", "potilaan nimi", "sukunimi"),
        *("etunimi", "nazwisko", "imię", "příjmení", "vezetéknév", "soyadı", "фамилия", "имя", "姓名"),
        *("氏名", "患者名"),
    ),
    "a date of birth": (
        *("date of birth", "birth date", "birthdate", "birthday", "dob", "d o b", "born", "geburtsdatum", "geb datum"),
        *("geburtstag", "date de naissance", "fecha de nacimiento", "data de nascimento", "data di nascita"),
        *("geboortedatum", "födelsedatum", "fødselsdato", "fødselsdag", "syntymäaika", "syntymäpäivä", "sünniaeg"),
        *("data urodzenia", "datum narození", "születési dátum", "doğum tarihi", "дата рождения", "出生日期"),
        "生年月日",
    ),
    "a national identity number": (
        *("national id", "national identity", "national identification", "identity number", "identity card"),
        *("social security", "ssn", "nhs number", "nhs no", "chi number", "medicare number", "personal identity"),
        *("personal number", "personal id", "passport", "personnummer", "samordningsnummer", "cpr", "cpr nr", "cprnr"),
        *("fødselsnummer", "hetu", "henkilötunnus", "henkilötunnu", "sotu", "isikukood", "pesel", "dni", "nie", "nif"),
        *("curp", "cpf", "codice fiscale", "bsn", "burgerservicenummer", "steueridentifikationsnummer", "ahv nummer"),
        *("numéro de sécurité sociale", "n sécurité sociale", "nir", "insee", "rodné číslo", "taj szám", "tc kimlik"),
        *("снилс", "身份证", "身份证号", "マイナンバー"),
    ),
    "a medical record number": (
        *("mrn", "medical record", "medical record number", "hospital number", "hospital no", "hospital id"),
        *("patient record number", "chart number", "chart no", "case file number", "unit record number", "urn", "uhid"),
        *("insurance number", "fallnummer", "patientennummer klinik", "krankenaktennummer", "numéro de dossier", "ipp"),
        *("número de historia", "historia clínica", "nhc", "número de prontuário", "prontuário", "cartella clinica"),
        *("journalnummer", "potilasnumero", "病历号", "住院号", "診察券番号"),
    ),
    "an address or a telephone number": (
        *("home address", "street address", "patient address", "postal address", "postcode", "zip code", "phone"),
        *("telephone", "phone number", "mobile number", "mobile phone", "patient email", "patient e mail"),
        *("telefonnummer", "téléphone", "teléfono", "telefono", "puhelin", "puhelinnumero", "postinumero", "anschrift"),
    ),
}
IN_PATIENTS: dict[str, tuple[str, ...]] = {
    "a name": ("name", "names", "nom", "nombre", "nome", "navn", "namn", "naam", "nimi", "imie", "имя", "full names"),
    "an address or a telephone number": ("address", "adresse", "dirección", "indirizzo", "adress", "osoite", "email",
                                         "e mail", "mail", "tel", "mobile"),
    "a national identity number": ("nid", "pid", "id card", "id number"),
}  # fmt: skip
"""Headings that name a person where each row is a patient, and elsewhere a study, an outcome or an author."""
_OTHERS = frozenset(
    {"author", "authors", "study", "trial", "outcome", "arm", "journal", "registry", "corresponding", "reviewer"}
    | {"extractor", "assessor", "rater"}
)
_MOST_ROWS = 5000
_HEADINGS = names_of(PATIENTS)

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(
    r"(?:\+|00)\d{1,3}[\s().-]?(?:\d[\s().-]?){6,12}|\(0\d{1,4}\)\s?(?:\d[\s-]?){5,9}|0\d{1,3}[\s-]\d{3}[\s-]?\d{3,5}"
)
_RECORD = re.compile(r"[A-Za-z]{0,3}-?\d{6,12}")


@dataclass(frozen=True)
class Identity:
    """A column by which a patient could be known.

    Parameters
    ----------
    place : int
        Where it is.
    what : str
        What it looks like, with its article.
    by_content : bool
        Whether what stands in it says so, and not its heading.
    """

    place: int
    what: str
    by_content: bool = False


def _digits(cell: str) -> list[int]:
    return [int(c) for c in cell if c in "0123456789"]


def _date_like(day: int, month: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12


def _finnish(cell: str) -> bool:
    match = re.fullmatch(r"(\d{2})(\d{2})(\d{2})[-+A-FU-Y](\d{3})([0-9A-FHJ-NPR-Y])", cell.upper())
    if match is None or not _date_like(int(match[1]), int(match[2])):
        return False
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(match[1] + match[2] + match[3] + match[4]) % 31] == match[5]


def _swedish(cell: str) -> bool:
    match = re.fullmatch(r"(?:19|20)?\d{2}(\d{2})(\d{2})[-+]?\d{4}", cell)
    if match is None or not _date_like(int(match[2]) % 60 or 60, int(match[1])):
        return False
    digits = _digits(cell)[-10:]
    return sum(sum(divmod(d * (2 - i % 2), 10)) for i, d in enumerate(digits)) % 10 == 0


def _danish(cell: str) -> bool:
    match = re.fullmatch(r"(\d{2})(\d{2})\d{2}-\d{4}", cell)
    return match is not None and _date_like(int(match[1]), int(match[2]))


def _weighted(pattern: str, weights: Sequence[int], modulus: int, rest: int = 0) -> Callable[[str], bool]:
    """Return a check of digits whose weighted sum leaves a given rest."""

    def holds(cell: str) -> bool:
        if re.fullmatch(pattern, cell) is None:
            return False
        digits = _digits(cell)
        if len(digits) != len(weights):
            return False
        return sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % modulus == rest

    return holds


def _norwegian(cell: str) -> bool:
    first = _weighted(r"\d{11}", (3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0), 11)
    second = _weighted(r"\d{11}", (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11)
    return first(cell) and second(cell)


def _spanish(cell: str) -> bool:
    match = re.fullmatch(r"([XYZ]?\d{7,8})-?([A-Z])", cell.upper())
    if match is None:
        return False
    number = int(match[1].translate(str.maketrans("XYZ", "012")))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == match[2]


def _chinese(cell: str) -> bool:
    if re.fullmatch(r"\d{17}[\dX]", cell.upper()) is None:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(w * int(d) for w, d in zip(weights, cell, strict=False)) % 11] == cell.upper()[-1]


def _american(cell: str) -> bool:
    return re.fullmatch(r"(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", cell) is not None


def _italian(cell: str) -> bool:
    return re.fullmatch(r"[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]", cell.upper()) is not None


def _french(cell: str) -> bool:
    plain = cell.replace(" ", "")
    if re.fullmatch(r"[12]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)\d{10}", plain) is None:
        return False
    return 97 - int(plain[:13]) % 97 == int(plain[13:])


_CERTAIN: tuple[Callable[[str], bool], ...] = (_finnish, _american, _italian, _spanish, _chinese, _french)
"""Shapes that hardly anything else has: two cells are enough."""
_LIKELY: tuple[Callable[[str], bool], ...] = (
    _swedish, _danish, _norwegian,
    _weighted(r"\d{11}", (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10),  # PESEL
    _weighted(r"\d{3}[ -]?\d{3}[ -]?\d{4}", (10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 11),  # NHS
    _weighted(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0), 11),  # CPF, its first digit below
    _weighted(r"\d{9}", (9, 8, 7, 6, 5, 4, 3, 2, -1), 11),  # BSN
)  # fmt: skip
"""Plain digits with a check digit, that one number in ten has by chance: nearly all of a column must have it."""


def identities(table: Table, *, patients: bool) -> list[Identity]:
    """Find the columns by which a patient could be known.

    Parameters
    ----------
    table : Table
        Any sheet.
    patients : bool
        Whether each row is a patient: then more headings name a person, and what stands in the cells is looked at for
        record numbers too.

    Returns
    -------
    list of Identity
        From the left.

    Examples
    --------
    >>> table = Table("a.csv", ["Patient", "Geburtsdatum", "fusion"], 1, [(2, ["1", "1950-01-01", "1"])])
    >>> identities(table, patients=True)
    [Identity(place=1, what='a date of birth', by_content=False)]
    """
    found = []
    for place, heading in enumerate(table.header):
        what = _by_heading(heading, patients) or _by_heading(table.heading(place), patients)
        content = None if what else _by_content(table, place, patients)
        if patients and not (what or content) and _HEADINGS.get(fold(heading)) == "patient":
            content = _person(table, place)
        if what or content:
            found.append(Identity(place, what or content or "", content is not None))
    return found


def _by_heading(heading: str, patients: bool) -> str | None:
    plain = unicodedata.normalize("NFKC", heading).casefold()
    words = [word for word in _SPLIT.split(plain) if word]
    joined = f" {' '.join(words)} "
    if not patients and _OTHERS & set(words):
        return None
    together = "".join(words)
    for what, phrases in ALWAYS.items():
        if any(f" {phrase} " in joined or together == phrase.replace(" ", "") for phrase in phrases):
            return what
    if patients:
        for what, phrases in IN_PATIENTS.items():
            if joined.strip() in phrases:
                return what
    return None


def _person(table: Table, place: int) -> str | None:
    """What a column that only has to number the patients says of them."""
    filled = [cells[place] for _, cells in table.rows[:_MOST_ROWS]]
    if names_of_people(filled):
        return "a name"
    return "a national identity number" if national_shape(filled) else None


def _by_content(table: Table, place: int, patients: bool) -> str | None:
    filled = [cell for _, cells in table.rows[:_MOST_ROWS] if (cell := cells[place].strip()) and len(cell) < 100]
    if not filled:
        return None
    if patients and any("@" in cell and _EMAIL.search(cell) for cell in filled):
        return "an address or a telephone number"
    coded = [cell for cell in filled if 7 < len(cell) < 22 and sum(c.isdigit() for c in cell) > 4]
    if not coded:
        return None
    if sum(1 for cell in coded if any(holds(cell) for holds in _CERTAIN)) >= min(2, len(filled)):
        return "a national identity number"
    if not patients:
        return None
    if sum(1 for cell in coded if _PHONE.fullmatch(cell)) > 0.5 * len(filled):
        return "an address or a telephone number"
    if len(coded) > 1 and len(coded) == len(filled):
        for holds in _LIKELY:
            if sum(map(holds, coded)) > 0.9 * len(coded):
                return "a national identity number"
        if len(set(filled)) > 0.9 * len(filled) and all(_RECORD.fullmatch(cell) for cell in filled):
            return "a medical record number"
    return None


def refusals(table: Table, found: Sequence[Identity], *, dropped: bool) -> list[Problem]:
    """Say which columns look like identity: errors, or warnings where the person said that they may be left out.

    Parameters
    ----------
    table : Table
        The sheet.
    found : sequence of Identity
        From :func:`identities`.
    dropped : bool
        Whether the columns are left out and the rest is read.

    Returns
    -------
    list of Problem
        None with a value.
    """
    return [
        table.problem(
            f"looks like {each.what}{', by what stands in it' if each.by_content else ''}"
            f"{'; it was left out, and nothing of it is kept.' if dropped else '. Nothing of the sheet was kept.'}",
            "Nothing has to be done." if dropped else
            "Take the column out of the sheet; to read the rest without it, say so with --drop-identity.",
            row=table.header_row, place=each.place, severity="warning" if dropped else "error",
        )
        for each in found
    ]  # fmt: skip


def without(table: Table, found: Sequence[Identity]) -> Table:
    """Return a table without these columns: neither headings nor cells of them are left in it.

    Examples
    --------
    >>> table = Table("a.csv", ["name", "fusion"], 1, [(2, ["x", "1"])])
    >>> without(table, [Identity(0, "a name")]).rows
    [(2, ['1'])]
    """
    gone = {each.place for each in found}
    keep = [place for place in range(len(table.header)) if place not in gone]

    def some(values: Sequence[str]) -> list[str]:
        return [values[place] for place in keep] if values else []

    moved = {old: new for new, old in enumerate(keep)}
    return replace(
        table,
        header=some(table.header),
        rows=[(row, some(cells)) for row, cells in table.rows],
        letters=some(table.letters),
        found=some(table.found),
        units=some(table.units),
        groups=some(table.groups),
        hidden_places=frozenset(moved[place] for place in table.hidden_places if place in moved),
        marked={moved[place]: marks for place, marks in table.marked.items() if place in moved},
        _separators={},
    )
