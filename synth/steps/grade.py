"""The certainty of an answer: what its numbers suggest, and what the reviewers judge in ``review.toml``."""

from __future__ import annotations

from typing import Final

from ..report.grade import Judged, suggest
from ..review import CertaintyJudged
from .run import Document

OF_ANOTHER: Final = "review.toml judges the certainty of another arm or comparison than this one"
OUTSIDE: Final = "the figures come from a table outside of any review"
NOT_JUDGED: Final = "review.toml has no section on the certainty of this outcome"


def with_certainty(
    document: Document, judged: CertaintyJudged | None = None, *, primary: str | None = None
) -> Document:
    """Put the certainty into a document, as ``certainty``.

    Parameters
    ----------
    document : dict
        A whole pooled document; it gets the key, and is given back.
    judged : CertaintyJudged, optional
        The reviewers' judgements of the outcome.
    primary : str, optional
        The review's primary arm; ``None`` outside of a review.

    Returns
    -------
    dict
        The same document.
    """
    why = reason(document, judged, primary)
    own = {} if judged is None or why else {
        name: Judged(each.judgement, each.reason) for name, each in judged.judgements
    }  # fmt: skip
    found = suggest(document, judged=own).to_dict()
    for each in (found["start"], *found["domains"], *found["upgrades"]):
        if each["judged"] is None and why:
            each["judged_reason"] = why
    document["certainty"] = found
    return document


def reason(document: Document, judged: CertaintyJudged | None, primary: str | None) -> str | None:
    """Say why no judgement of the reviewers bears on an answer; ``None`` where theirs do.

    Parameters
    ----------
    document, judged, primary
        As for :func:`with_certainty`.
    """
    if primary is None:
        return OUTSIDE
    if judged is None:
        return NOT_JUDGED
    pair = [arm["id"] for arm in document.get("arms") or ()]
    meant = [primary, judged.compared_with] if judged.compared_with else []
    if pair != meant or (not pair and (document.get("arm") or {}).get("id") != primary):
        return OF_ANOTHER
    return None
