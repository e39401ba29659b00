"""The studies of a review as the index tells of them: who was treated, where and how, and what they are pooled for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..extract import Extracted, StudyArm
from ..workspace import Review

__all__ = ["study_rows"]

_OF_ARM = ("n", "n_male", "age", "followup", "approach", "levels", "population", "enrolment", "country", "design")
_OF_STUDY = ("title", "authors", "journal", "year", "pmid", "pmcid", "doi")


def study_rows(
    review: Review, extracted: Extracted, documents: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Give one plain object for each study, in the order of the sheets; an empty cell is null.

    Parameters
    ----------
    review : Review
        For the labels of its arms.
    extracted : Extracted
        Its sheets.
    documents : sequence of mapping
        The pooled outcomes: each study says which it is part of.

    Returns
    -------
    list of dict
        With one object for each arm below ``arms``. No row of a patient is in it.
    """
    labels = {arm.id: arm.label for arm in review.arms}
    names = list(dict.fromkeys([each.study for each in extracted.studies] + [each.study for each in extracted.figures]))
    described: dict[str, list[StudyArm]] = {name: [] for name in names}
    for each in extracted.studies:
        described[each.study].append(each)
    arms_of: dict[str, list[str]] = {name: [] for name in names}
    for figure in extracted.figures:
        arms_of[figure.study].append(figure.arm)
    pooled = _pooled(documents)
    order = {outcome.id: place for place, outcome in enumerate(review.outcomes)}
    rows = []
    for name in names:
        row: dict[str, Any] = {"study": name}
        for key in _OF_STUDY:
            row[key] = next((getattr(arm, key) for arm in described[name] if getattr(arm, key)), None)
        arms = dict.fromkeys([each.arm for each in described[name]] + arms_of[name])
        row["arms"] = [_arm(arm, labels.get(arm, arm), described[name]) for arm in arms]
        for key in ("overlaps", "note", "source"):
            said = dict.fromkeys(value for each in described[name] if (value := getattr(each, key)))
            row[key] = "; ".join(said) or None
        row["described"] = bool(described[name])
        row["reason"] = "the sheet has no such column, or the cell is empty"
        row["outcomes"] = sorted(pooled.get(name, []), key=lambda each: order.get(each, len(order)))
        rows.append(row)
    return rows


def _arm(arm: str, label: str, described: Sequence[StudyArm]) -> dict[str, Any]:
    mine = next((asdict(each) for each in described if each.arm == arm), {})
    value = {"arm": arm, "label": label, **{key: mine.get(key) or None for key in _OF_ARM}}
    return value | {"reason": "the sheet has no such column, or the cell is empty"}


def _pooled(documents: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for document in documents:
        for study in document.get("studies") or ():
            listed = found.setdefault(str(study.get("study")), [])
            if document.get("outcome") not in listed:
                listed.append(str(document.get("outcome")))
    return found
