"""Studies that may be one study, or share patients: the same paper under two labels, the same place, years and people.

Only warnings: two reports of one centre may well have different patients, and the person who read them knows.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from synth.errors import Problem
from synth.workspace import visible

from ..contract.figures import StudyArm, place_of, problem_of
from ..forms.rows import identity

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_MOST = 3000  # studies; beyond it nobody reviews pairs
_MOST_PAIRS = 200
_MONTHS = {name: number for number, names in enumerate(
    ("jan", "feb", "mar mär", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"), start=1
) for name in names.split()}  # fmt: skip
_DATE = re.compile(r"(?:\b([a-zä]{3})[a-z]*\.?\s+)?\b((?:19|20)\d{2})(?:-(0[1-9]|1[0-2])(?!\d))?\b", re.IGNORECASE)
_LABEL = re.compile(
    r"([^\W\d_][\w'’-]+(?:\s(?:de|van|von|der|da|di|el|al|la)\s[^\W\d_][\w'’-]+)?)(?:\s([A-Z]{1,3})\b)?.*\b(?:19|20)\d\d"
)
_WORDS = (
    "a an and the of at in for with from to by not no stated given unclear unknown reported single one two three four "
    "several multiple many more than other others institution institutions institute institutional centre centres "
    "center centers multicentre multicenter hospital hospitals clinic clinics university universities medical college "
    "school faculty department trauma level tertiary academic general national central regional teaching referral "
    "unit units affiliated affiliation affiliations author authors corresponding first printed text read portal site "
    "sites study research group region state city district school i ii iii iv health care surgery orthopaedic "
    "orthopedic spine neurosurgery hospitalier universitaire klinikum universitätsklinikum klinik krankenhaus "
    "ospedale azienda policlinico hôpital centro centrum sjukhus sairaala people republic"
)
_GENERAL = frozenset(_WORDS.split())
"""What the names of most hospitals have in common, and says nothing of which it is."""


def check_overlap(studies: Sequence[StudyArm]) -> list[Problem]:
    """Warn of identifiers that stand under two labels, and of cohorts that probably overlap.

    Parameters
    ----------
    studies : sequence of StudyArm
        All of a review. Two that ``overlaps`` joins already are not warned of.

    Returns
    -------
    list of Problem
        Warnings.
    """
    groups = _studies(studies)
    joined = _joined(studies)
    return [*_identifiers(studies, groups, joined), *_cohorts(groups, joined)]


@dataclass
class _Study:
    """What is known of a study from all its rows."""

    row: StudyArm
    years: tuple[float, float] | None = None
    country: str = ""
    places: set[str] = field(default_factory=set)
    people: set[tuple[str, str]] = field(default_factory=set)
    first: tuple[str, str] | None = None


def _studies(rows: Sequence[StudyArm]) -> dict[str, _Study]:
    found: dict[str, _Study] = {}
    for row in rows:
        study = found.setdefault(identity(row.study), _Study(row, first=_person_of_label(row.study)))
        study.years = study.years or years_of(row.enrolment)
        country, _, bracketed = row.country.partition("(")
        study.country = study.country or identity(country)
        study.places |= _tokens(f"{row.centres} {bracketed}") - _tokens(country)
        study.people |= set(_people(row.authors))
    return found


def _joined(rows: Sequence[StudyArm]) -> Callable[[str, str], bool]:
    """Return what says whether one study was said to contain the other, or both to lie in a third."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.get(name, name) != name:
            name = parent[name]
        return name

    for row in rows:
        if row.overlaps:
            parent[root(identity(row.study))] = root(identity(row.overlaps))
    return lambda first, second: root(first) == root(second)


def _identifiers(
    rows: Sequence[StudyArm], groups: dict[str, _Study], joined: Callable[[str, str], bool]
) -> Iterable[Problem]:
    for name, normal in (("pmid", pmid_of), ("pmcid", pmcid_of), ("doi", doi_of)):
        first: dict[str, StudyArm] = {}
        own: dict[str, tuple[str, StudyArm]] = {}
        told: set[tuple[str, str]] = set()
        for row in rows:
            said = getattr(row, name).strip()
            if not said:
                continue
            value = normal(said)
            if value is None:
                yield problem_of(
                    row, name, f"is no {name.upper()}.", {
                        "pmid": "A PMID is a number of up to eight digits: 37268432.",
                        "pmcid": "A PMCID is PMC and a number: PMC10478685.",
                        "doi": "A DOI begins with 10. and has a slash: 10.14444/8478.",
                    }[name], value=said, severity="warning",
                )  # fmt: skip
                continue
            label = identity(row.study)
            other = first.setdefault(value, row)
            pair = (identity(other.study), label)
            if pair[0] != label and not joined(*pair) and pair not in told:
                told.add(pair)
                yield problem_of(
                    row, name,
                    f'stands under the label "{visible(other.study, 60)}" too ({place_of(other, row)}).',
                    "Give both the same label, or correct one; if one paper has two cohorts, leave it.",
                    value=said, severity="warning",
                )  # fmt: skip
            kept, before = own.setdefault(label, (value, row))
            if kept != value:
                yield problem_of(
                    row, name, f"is another one than in {place_of(before, row)}, under the same label.",
                    "Correct one, or give the two papers two labels.", value=said, severity="warning",
                )  # fmt: skip


def pmid_of(said: str) -> str | None:
    """Return a PMID as digits; ``None`` where it is none.

    Examples
    --------
    >>> pmid_of("PMID: 37268432"), pmid_of("37268432.0"), pmid_of("3.7E+07")
    ('37268432', '37268432', None)
    """
    plain = re.sub(r"^pmid:?\s*", "", said.strip(), flags=re.IGNORECASE).removesuffix(".0")
    number = plain.lstrip("0")
    return number if plain.isascii() and plain.isdigit() and 0 < len(number) < 9 else None


def pmcid_of(said: str) -> str | None:
    """Return a PMCID as ``PMC`` and digits; ``None`` where it is none."""
    plain = said.strip().upper().removeprefix("PMCID:").strip().removeprefix("PMC").removesuffix(".0")
    return f"PMC{plain}" if plain.isascii() and plain.isdigit() and len(plain) < 10 else None


def doi_of(said: str) -> str | None:
    """Return a DOI without address and in small letters; ``None`` where it is none.

    Examples
    --------
    >>> doi_of("https://doi.org/10.14444/8478"), doi_of("doi: 10.1097/BRS.1"), doi_of("see text")
    ('10.14444/8478', '10.1097/brs.1', None)
    """
    plain = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)", "", said.strip(), flags=re.IGNORECASE)
    return plain.casefold().rstrip(".") if _DOI.fullmatch(plain) else None


def years_of(said: str) -> tuple[float, float] | None:
    """Return from when to when patients were taken in, as years with a fraction; ``None`` where no year stands there.

    Examples
    --------
    >>> years_of("2014-2021"), years_of("Dec 2014 to Dec 2018"), years_of("consecutive")
    ((2014.0, 2022.0), (2014.9166666666667, 2019.0), None)
    """
    found: list[tuple[float, float]] = []
    for match in _DATE.finditer(said[:300]):
        year = int(match[2])
        month = _MONTHS.get((match[1] or "").casefold()) or (int(match[3]) if match[3] else None)
        found.append((year, year + 1.0) if month is None else (year + (month - 1) / 12, year + month / 12))
    return (float(min(low for low, _ in found)), max(high for _, high in found)) if found else None


def _tokens(said: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", said[:500]).casefold()
    return {word for word in re.split(r"[\W\d_]+", plain) if len(word) > 3 and word not in _GENERAL}


def _people(authors: str) -> Iterable[tuple[str, str]]:
    """Return surname and first initial of each author; "Ye J; Li Y", "Ye, J; Li, Y" and "Ye J, Li Y"."""
    mark = ";" if ";" in authors else ","
    for name in authors[:3000].split(mark):
        words = re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", name)
        if not words or words[0].casefold() in ("et", "and"):
            continue
        initials = [word for word in words if word.isupper() and len(word) < 4]
        surname = [word for word in words if word not in initials]
        if surname:
            given = initials[0][0] if initials else (surname[1][0] if "," in name and len(surname) > 1 else "")
            last = surname[0] if "," in name and mark == ";" else " ".join(surname)
            yield identity(last), given.casefold()


def _person_of_label(label: str) -> tuple[str, str] | None:
    match = _LABEL.match(label[:100])
    return (identity(match[1]), (match[2] or "")[:1].casefold()) if match else None


def _same_person(first: tuple[str, str], second: tuple[str, str]) -> bool:
    return first[0] == second[0] and (first[1] == second[1] or not first[1] or not second[1])


def _cohorts(groups: dict[str, _Study], joined: Callable[[str, str], bool]) -> Iterable[Problem]:
    if len(groups) > _MOST:
        return
    index: dict[str, list[str]] = {}
    for label, study in groups.items():
        for key in {*study.places, *(name for name, _ in study.people), *((study.first[0],) if study.first else ())}:
            index.setdefault(key, []).append(label)
    pairs = Counter(
        (first, second)
        for labels in index.values()
        if len(labels) <= 50
        for at, first in enumerate(labels)
        for second in labels[at + 1 :]
    )
    told = 0
    for first, second in pairs:
        if joined(first, second) or told >= _MOST_PAIRS:
            continue
        why = _alike(groups[first], groups[second])
        if why:
            told += 1
            other = groups[first].row
            yield problem_of(
                groups[second].row, "study",
                f'may share patients with "{visible(other.study, 60)}" ({place_of(other, groups[second].row)}): {why}.',
                "If so, name it in the column overlaps of the smaller one; if not, say so in the note.",
                value=groups[second].row.study, severity="warning",
            )  # fmt: skip


def _alike(first: _Study, second: _Study) -> str:
    """Say what two studies have in common, where it is enough to ask."""
    years = None
    if first.years and second.years:
        if max(first.years[0], second.years[0]) >= min(first.years[1], second.years[1]):
            return ""
        years = f"patients of {_span(first.years)} and {_span(second.years)}"
    places = sorted(first.places & second.places)
    elsewhere = bool(first.country and second.country and first.country != second.country)
    shared = sorted({a[0] for a in first.people for b in second.people if _same_person(a, b)})
    lead = first.first and second.first and _same_person(first.first, second.first)
    if not shared and lead and first.first and not (first.people and second.people):
        shared = [first.first[0]]
    enough = (bool(places) and bool(years or shared)) or (bool(shared) and bool(years) and not elsewhere and bool(
        (first.country and second.country) or len(shared) > 1
    ))
    if not enough or (elsewhere and not places):
        return ""
    said = [f"the same place ({', '.join(places[:3])})"] if places else [f"the same country ({first.row.country})"] if (
        first.country and second.country
    ) else []
    said += [years] if years else []
    said += [f"the same author{'s' if len(shared) > 1 else ''} ({', '.join(shared[:5])})"] if shared else []
    return visible("; ".join(said), 300)


def _span(years: tuple[float, float]) -> str:
    first, last = int(years[0]), int(years[1] - 1e-9)
    return str(first) if first == last else f"{first} to {last}"
