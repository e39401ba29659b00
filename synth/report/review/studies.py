"""The table of characteristics: one row for each study, its arms as lines where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..words import plain, rounding
from ..words.reading import get, items, text
from .findings import address
from .model import Anchor, Document, StudyRow

__all__ = ["study_row"]


def study_row(row: Document, pages: Mapping[str, tuple[str, str]]) -> StudyRow:
    """Set a study.

    Parameters
    ----------
    row : mapping
        One of ``studies`` of the index's document.
    pages : mapping of str to (str, str)
        Label and page of each outcome that has one.

    Examples
    --------
    >>> arms = [{"label": "New", "n": 40, "country": "Peru"}, {"label": "Old", "n": 38, "country": "Peru"}]
    >>> row = study_row({"study": "A", "arms": arms, "outcomes": ["fall"]}, {"fall": ("Fall", "fall.html")})
    >>> row.where, row.patients, row.pooled
    (('Peru',), ('New: 40', 'Old: 38'), (Anchor(label='Fall', address='./fall.html'),))
    """
    arms = items(row, "arms")
    links = []
    for key, name, make in (("doi", "doi", plain.doi_address), ("pmid", "PubMed", plain.pubmed_address)):
        found = make(get(row, key))
        if found:
            links.append(Anchor(f"{name}:{text(row, key)}" if key == "doi" else f"PubMed {text(row, key)}", found))
    pooled = [Anchor(*_to(pages, str(outcome))) for outcome in items(row, "outcomes")]
    about = "; ".join(part for part in (text(row, "journal"), text(row, "year")) if part)
    title = ". ".join(part for part in (text(row, "title"), about) if part)
    note = " ".join(
        said
        for said in (
            f"Patients overlap with: {text(row, 'overlaps')}." if text(row, "overlaps") else "",
            plain.sentence(get(row, "note")),
        )
        if said
    )
    return StudyRow(
        study=text(row, "study"),
        title=title if get(row, "described") is not False else "No row in the sheet of studies describes it.",
        links=tuple(links),
        where=(*_by_arm(arms, "country"), *_by_arm(arms, "enrolment")),
        design=(*_by_arm(arms, "design"), *_by_arm(arms, "population"), *_by_arm(arms, "levels")),
        patients=_patients(arms),
        age=_by_arm(arms, "age"),
        followup=_by_arm(arms, "followup"),
        pooled=tuple(pooled),
        note=note,
    )


def _to(pages: Mapping[str, tuple[str, str]], outcome: str) -> tuple[str, str]:
    label, page = pages.get(outcome, (outcome, ""))
    return plain.visible(label), address(page) if page else ""


def _label(arm: Any) -> str:
    return text(arm, "label") or text(arm, "arm")


def _by_arm(arms: list[Any], key: str) -> tuple[str, ...]:
    """Say a thing once where the arms agree, and arm by arm where they do not."""
    said = [(_label(arm), text(arm, key)) for arm in arms]
    values = {value for _, value in said if value}
    if len(values) <= 1:
        return tuple(values)
    return tuple(f"{label}: {value}" for label, value in said if value)


def _patients(arms: list[Any]) -> tuple[str, ...]:
    lines = []
    for arm in arms:
        n, male = get(arm, "n"), text(arm, "n_male")
        count = rounding.count(n) if isinstance(n, int) else "number not stated"
        approach = text(arm, "approach")
        more = ", ".join(part for part in (f"{male} male" if male else "", approach) if part)
        lines.append(f"{_label(arm)}: {count}{f' ({more})' if more else ''}")
    return tuple(lines)
