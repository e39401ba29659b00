"""The judgements of risk of bias on the studies of one pool, as its document holds them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from ..extract.forms.rows import identity
from ..extract.instruments import Appraisal

NO_REVIEW: Final = "the figures come from a table outside of any review"
NO_SHEET: Final = "no study of this review has been judged (no rows in extracted/bias.csv)"
NOT_THESE: Final = "studies of this review have been judged, but none of those that were pooled here"


def judgements(
    appraisals: Sequence[Appraisal], studies: Sequence[str], arms: Collection[str]
) -> tuple[dict[str, Any] | None, str | None]:
    """Choose the judgements that bear on a pool.

    Parameters
    ----------
    appraisals : sequence of Appraisal
        All of the review.
    studies : sequence of str
        Labels of the studies that were pooled.
    arms : collection of str
        The arms that were pooled; a judgement of no arm is of every arm.

    Returns
    -------
    found : dict or None
        ``instruments``, as in the document of all judgements, each with the pooled studies in their order and
        ``not_judged``, the labels of those that it was not used on.
    reason : str or None
        Why there is none.
    """
    if not appraisals:
        return None, NO_SHEET
    from .bias import instrument

    place = {identity(study): number for number, study in enumerate(studies)}
    mine = [each for each in appraisals if identity(each.study) in place and (not each.arm or each.arm in arms)]
    if not mine:
        return None, NOT_THESE
    mine.sort(key=lambda each: place[identity(each.study)])
    made = []
    for id in dict.fromkeys(each.instrument.id for each in appraisals):
        used = [each for each in mine if each.instrument.id == id]
        if used:
            judged = {identity(each.study) for each in used}
            missing = [study for study in studies if identity(study) not in judged]
            made.append({**instrument(used), "not_judged": missing})
    return {"instruments": made}, None
