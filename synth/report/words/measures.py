"""The answer in a sentence where it is no proportion: a ratio or a difference of two arms, a rate, a mean."""

from __future__ import annotations

from . import counts, plain, quantity, rounding
from .phrases import interval_kind, noun, pooled_reporting
from .reading import Document, get, items, level, outcome_label, text


def answer(document: Document) -> str:
    """Return the answer in one sentence, for anything but a proportion.

    Examples
    --------
    >>> document = {"k": 8, "settings": {"reporting": "odds ratio"}, "arms": ["A", "B"], "outcome": "death",
    ...             "pooled": {"reporting": {"estimate": 0.247, "ci_low": 0.119, "ci_high": 0.514}}}
    >>> print(answer(document))
    Odds ratio 0.25 (95% confidence interval 0.12 to 0.51), A against B, from 8 series: death is lower with A.
    """
    shown = quantity.of(document)
    k = get(document, "k") or 0
    estimate, low, high = pooled_reporting(document)
    two = counts.arms(document)
    source = "" if k == 1 else f", from {noun(k)}"
    against = f", {two[0]} against {two[1]}" if two else ""
    if estimate is None and low is not None:
        named = shown.name[:1].upper() + shown.name[1:]
        why = plain.clause(get(document, "pooled", "reason"))
        around = f"{interval_kind(document)} {shown.interval(low, high)}"
        return f"{named} infinite ({around}){against}{source}{f': {why}' if why else ''}."
    if estimate is None:
        why = plain.clause(get(document, "pooled", "reason"))
        start = f"No pooled {shown.name}" if k != 1 else f"No {shown.name}"
        return f"{start}{against}{source}{f': {why}' if why else ''}."
    limits = shown.interval(low, high)
    around = f"{interval_kind(document)} {limits}" if limits != rounding.ABSENT else "no confidence interval"
    if limits == rounding.ABSENT and (why := plain.clause(get(document, "pooled", "reason"))):
        around += f": {why}"
    figure = f"{shown.text(estimate)} ({around})"
    named = shown.name[:1].upper() + shown.name[1:]
    if shown.unit:
        figure = f"{shown.with_unit(shown.text(estimate))} ({around})"
    said = f" {figure}{against}{source}{_which(document)}"
    return f"One series reports this: {shown.name}{said}; nothing was pooled." if k == 1 else f"{named}{said}."


def _which(document: Document) -> str:
    """Say on which side of no effect the answer lies, if its interval does; neither side is called the better."""
    two, shown = counts.arms(document), quantity.of(document)
    _, low, high = pooled_reporting(document)
    if two is None or shown.null is None or low is None or high is None:
        return ""
    what = outcome_label(document)
    what = what if what[:2].isupper() else what[:1].lower() + what[1:]
    where = f"with {two[0]}"
    if not counts.are_named(document):
        where = f"in {two[0]} than in {two[1]}"
        if any(what in (get(study, "data") or {}) for study in items(document, "studies")[:1]):
            what = "the outcome"  # the table names none, and a column's heading is no name of it
    if high < shown.null:
        return f": {what} is lower {where}"
    if low > shown.null:
        return f": {what} is higher {where}"
    null = shown.text(shown.null)
    return f"; the interval holds {null}, no difference, so either arm may be the higher"


def null_said(document: Document) -> str:
    """Explain the line of no effect under a figure; empty where there is none.

    Examples
    --------
    >>> null_said({}), null_said({"settings": {"reporting": "odds ratio"}})
    ('', 'The solid upright line is no difference (1). The axis is logarithmic.')
    """
    shown = quantity.of(document)
    if shown.null is None:
        return ""
    at = rounding.tick(shown.null * shown.factor)
    said = f"The solid upright line is no difference ({at})."
    return f"{said} The axis is logarithmic." if shown.log else said


def test_said(document: Document) -> str:
    """Return the test of no effect in a sentence; empty where there is none.

    Examples
    --------
    >>> test_said({"pooled": {"test": {"statistic": -3.7, "p_value": 0.0002, "method": "no effect, normal"}}})
    'Test of no effect: statistic −3.70, p < 0.001 (normal).'
    """
    test = get(document, "pooled", "test")
    if get(test, "p_value") is None:
        return ""
    how = text(test, "method").removeprefix("no effect, ")
    statistic = rounding.number(get(test, "statistic"))
    p = rounding.equals("p", rounding.p_value(get(test, "p_value")))
    return f"Test of no effect: statistic {statistic}, {p}{f' ({how})' if how else ''}."


def about_arms(document: Document) -> str:
    """Say which arm, or which two, the series are of."""
    two = counts.arms(document)
    if two:
        return f"{two[0]} against {two[1]}"
    unknown = quantity.of(document).name in {"estimate", "correlation"}
    return text(document, "arm", "label") or ("of which arms is not on file" if unknown else "in one arm")


def expected(document: Document, low: float, high: float) -> str:
    """Return what to expect in another hospital, for anything but a proportion."""
    shown = quantity.of(document)
    return (
        f"In a hospital like these, expect a true {shown.name} between {shown.text(low)} and "
        f"{shown.with_unit(shown.text(high))} ({level(document)} prediction interval"
    )
