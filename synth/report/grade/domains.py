"""Risk of bias, inconsistency, indirectness and publication bias: what the numbers on file speak for.

GRADE asks for judgement and gives few numbers. Each threshold stands here under a name, is shown with what it found,
and is a suggestion; docs/grade.md says which are GRADE's and which this program's own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from ..words import plain, quantity, rounding
from ..words.doubt import WIDE, own_rows_left_out
from ..words.phrases import joined, noun, pooled_reporting, some
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, text
from .model import Suggestion

HIGH_SHARE: Final = 0.25
"""Studies at high or critical risk with this share of the weight raise a serious doubt."""
DOUBT_SHARE: Final = 0.5
"""So do studies at unclear risk or worse, or not judged, with this share."""
MOST_HIGH: Final = 0.75
MOST_CRITICAL: Final = 0.5
"""With these shares at high or critical, or at critical, risk the doubt is very serious."""
BAD: Final = ("high", "critical")
TWICE: Final = 2.0
FOUR_TIMES: Final = 4.0
"""A prediction interval so many times as wide as the confidence interval speaks of differences between studies."""
VERY_SPREAD: Final = 0.5
"""A prediction interval of a proportion wider than this says hardly anything."""
SUBSTANTIAL: Final = 0.5
CONSIDERABLE: Final = 0.75
"""I2 from which heterogeneity is called so in the Cochrane Handbook, where its test agrees."""
P_HETEROGENEITY: Final = 0.1
FEW: Final = 10
"""With fewer studies a test of small-study effects has no power."""
P_SMALL_STUDY: Final = 0.1


def risk_of_bias(document: Document) -> Suggestion:
    """Suggest a judgement from the share of the weight at each level of risk.

    Examples
    --------
    >>> judged = [{"study": "A", "overall": "low"}, {"study": "B", "overall": "high"}]
    >>> studies = [{"study": "A", "weight": 0.7}, {"study": "B", "weight": 0.3}]
    >>> risk_of_bias({"studies": studies, "risk_of_bias": {"instruments": [{"studies": judged}]}}).judgement
    'serious'
    """
    studies, bias = items(document, "studies"), levels_of_bias(document)
    if not bias:
        why = plain.clause(get(document, "risk_of_bias_reason")) or "no study has been judged"
        if items(document, "risk_of_bias", "instruments"):
            why = "the instrument sets no level for a whole study"
        return Suggestion(None, f"Nothing is suggested: {why}.")
    shares: dict[str, float] = defaultdict(float)
    weighed = all(get(study, "weight") is not None for study in studies)
    for study in studies:
        share = get(study, "weight") if weighed else 1.0 / len(studies)
        shares[bias.get(_same(get(study, "study")), "not_judged")] += share
    numbers = {level: min(shares[level], 1.0) for level in (*_ORDER, "not_judged") if shares[level] > 0.0}
    bad = sum(shares[level] for level in BAD)
    doubt = bad + shares["unclear"] + shares["not_judged"]
    told = [f"{rounding.percent(numbers[level])} {_AT[level]}" for level in numbers]
    what = "of the weight" if weighed else "of the studies, each counted once because the model gives no weights,"
    said = f"By share {what}: {joined(told)}."
    if bad >= MOST_HIGH or shares["critical"] >= MOST_CRITICAL:
        return Suggestion("very serious", f"{said} That is most of the evidence.", numbers, _BIAS)
    if bad >= HIGH_SHARE:
        limit = rounding.percent(HIGH_SHARE, 0)
        rule = f"{limit} or more at high or critical risk is taken as serious."
        return Suggestion("serious", f"{said} {rule}", numbers, _BIAS)
    if doubt >= DOUBT_SHARE:
        limit = rounding.percent(DOUBT_SHARE, 0)
        return Suggestion("serious", f"{said} {limit} or more in doubt is taken as serious.", numbers, _BIAS)
    return Suggestion("not serious", f"{said} Most of it is at low or moderate risk.", numbers, _BIAS)


def levels_of_bias(document: Document) -> dict[str, str]:
    """Return the level of each study that has one, the worst where several instruments or arms were judged.

    Examples
    --------
    >>> judged = [{"study": "A 2020", "overall": "low"}, {"study": "a 2020", "overall": "unclear"}]
    >>> levels_of_bias({"risk_of_bias": {"instruments": [{"studies": judged}]}})
    {'a 2020': 'unclear'}
    """
    found: dict[str, str] = {}
    for instrument in items(document, "risk_of_bias", "instruments"):
        for study in items(instrument, "studies"):
            level, name = get(study, "overall"), _same(get(study, "study"))
            if level in _ORDER and _ORDER.index(level) >= _ORDER.index(found.get(name, _ORDER[0])):
                found[name] = level
    return found


def _same(label: object) -> str:
    return plain.visible(label).casefold()


_ORDER = ("low", "moderate", "unclear", "high", "critical")
_AT = {
    "low": "at low risk", "moderate": "at moderate risk", "unclear": "at unclear risk", "high": "at high risk",
    "critical": "at critical risk", "not_judged": "not judged",
}  # fmt: skip
_BIAS = ("guyatt2011limitations",)


def inconsistency(document: Document) -> Suggestion:
    """Suggest a judgement from the prediction interval beside the confidence interval, and from I2 where there is none.

    For a rate in one arm I2 alone is no guide, because it is high wherever studies are large (Migliavaca et al. 2022):
    it counts where the prediction interval shows that the differences are wide. For an effect both count.

    Examples
    --------
    >>> inconsistency({"k": 1}).judgement
    'not serious'
    """
    k = get(document, "k") or 0
    if k < 2:
        return Suggestion("not serious", "One study: there is nothing that it could differ from.", {"k": k}, _SPREAD)
    estimate, low, high = pooled_reporting(document)
    first, last = (get(document, "prediction", "reporting", name) for name in ("ci_low", "ci_high"))
    i2, p = (get(document, "heterogeneity", name) for name in ("i2", "p_value"))
    tau = get(document, "tau2", "tau")
    numbers = {"k": k}
    numbers |= {name: value for name, value in (("i2", i2), ("p_value", p), ("tau", tau)) if value is not None}
    shown = quantity.of(document)
    said = _told(i2, p, tau)
    strong = i2 is not None and p is not None and p < P_HETEROGENEITY
    levels = 0
    if low is not None and high is not None and first is not None and last is not None:
        if shown.null is None:
            return _spread(shown, (estimate or 0.0, low, high), (first, last), numbers, said)
        crosses = not low <= shown.null <= high and first <= shown.null <= last
        numbers |= {"prediction_low": first, "prediction_high": last}
        none = "0" if shown.name in {"estimate", "correlation"} else "no effect"
        agrees = f"does not change what the confidence interval says of {none}"
        if crosses:
            agrees = f"takes in {none}, which the confidence interval does not"
        said = f"The prediction interval, {shown.interval(first, last)}, {agrees}. {said}"
        levels += int(crosses)
    if strong:
        levels += int(i2 >= SUBSTANTIAL) + int(i2 >= CONSIDERABLE and not levels)
    if not said:
        said = "How much the studies differ cannot be estimated here, and no difference is seen."
    elif k == 2:
        said += " Two studies hardly show whether they differ."
    return Suggestion(_WORD[min(levels, 2)], said.strip(), numbers, _SPREAD)


def _spread(
    shown: Quantity, answer: tuple[float, float, float], ends: tuple[float, float], numbers: dict[str, float], said: str
) -> Suggestion:
    """Judge what is of one arm: by the size of the differences, beside how sure the middle is or how sure they are.

    From a few series the prediction interval cannot be much wider than the confidence interval, however much they
    differ (on the scale of the analysis by sqrt(k + 1) at most where weights are even), so that a width alone tells
    nothing there: I2 with its test shows that the differences are real, and the prediction interval that they count.
    """
    (estimate, low, high), (first, last) = answer, ends
    width, spread = high - low, last - first
    ratio = spread / width if width > 0.0 else 1.0
    numbers |= {"ci_width": width, "prediction_width": spread, "ratio": ratio}
    share = shown.kind == "proportion"
    wide, very = (WIDE, VERY_SPREAD) if share else (abs(estimate) / 2, abs(estimate))
    i2 = numbers.get("i2", 0.0) if numbers.get("p_value", 1.0) < P_HETEROGENEITY else 0.0
    by_width = int(ratio > TWICE and spread > wide) + int(ratio > (TWICE if share else FOUR_TIMES) and spread > very)
    by_test = int(i2 >= SUBSTANTIAL and spread > wide) + int(i2 >= CONSIDERABLE and spread > very)
    levels = max(by_width, by_test)
    found = f"{_beside(shown, first, last, ratio)} {said}".strip()
    if by_test > by_width:
        size = rounding.decimals(100 * (very if by_test == len(_WORD) - 1 else wide), 0)
        limit = f"{size} points" if share else "the estimate" if by_test == len(_WORD) - 1 else "half the estimate"
        least = rounding.percent(CONSIDERABLE if by_test == len(_WORD) - 1 else SUBSTANTIAL, 0)
        found += (
            f" Differences beyond chance (p < {P_HETEROGENEITY}, I² from {least}) with a prediction interval wider "
            f"than {limit} are taken as {_WORD[levels]}."
        )
    return Suggestion(_WORD[levels], found, numbers, (*_SPREAD, "migliavaca2022"))


_WORD = ("not serious", "serious", "very serious")
_SPREAD = ("guyatt2011inconsistency",)


def _told(i2: float | None, p: float | None, tau: float | None) -> str:
    parts = []
    if i2 is not None:
        parts.append(rounding.equals("I²", rounding.percent(i2)))
    if tau is not None:
        parts.append(rounding.equals("τ", rounding.variance(tau)))
    if p is not None:
        parts.append(f"test of any difference {rounding.equals('p', rounding.p_value(p))}")
    return plain.sentence(", ".join(parts))


def _beside(shown: Quantity, first: float, last: float, ratio: float) -> str:
    limits = shown.with_unit(shown.interval(first, last))
    times = rounding.decimals(ratio, 1)
    return f"The prediction interval, {limits}, is {times} times as wide as the confidence interval."


def indirectness(document: Document) -> Suggestion:
    """Say what is on file about populations and definitions; whether they fit the question no number tells.

    Examples
    --------
    >>> indirectness({"studies": []}).judgement is None
    True
    """
    studies = items(document, "studies")
    numbers: dict[str, float] = {}
    told = []
    for name, path, what in (
        ("definitions", ("provenance", "definition"), "definition"),
        ("populations", ("descriptors", "population"), "population"),
        ("countries", ("descriptors", "country"), "country"),
    ):
        found = {text(study, *path).casefold() for study in studies} - {""}
        if found:
            numbers[name] = len(found)
            told.append(noun(len(found), what, "countries" if what == "country" else None))
    fact = f" On file: {joined(told)} among {noun(len(studies))}." if told else ""
    return Suggestion(
        None,
        "Whether patients, operations and outcomes are those of the question is for readers of the papers to judge."
        + fact,
        numbers,
        ("guyatt2011indirectness",),
    )


def publication_bias(document: Document) -> Suggestion:
    """Suggest a judgement from results on file that could not enter, and from the tests of small-study effects.

    Examples
    --------
    >>> publication_bias({"k": 5}).judgement
    'undetected'
    >>> rows = [{"study": "F", "reason": "standard deviation not given in the source"}]
    >>> publication_bias({"k": 2, "studies": [{"study": "A"}, {"study": "B"}], "excluded": rows}).judgement
    'strongly suspected'
    """
    k = get(document, "k") or 0
    lost, missing, numbers = _missing(document)
    numbers = {"k": k, **numbers}
    if k < FEW:
        start = f"Not tested: with {noun(k)}, fewer than ten, such a test has no power."
        if not missing:
            why = f"{start} Nothing on file speaks for it, which does not rule it out."
            return Suggestion("undetected", why, numbers, _SMALL)
        return Suggestion("strongly suspected" if lost else "undetected", f"{missing} {start}", numbers, _SMALL)
    tests = items(document, "analyses", "bias", "tests")
    found = [(text(test, "name"), get(test, "p_value")) for test in tests if get(test, "p_value") is not None]
    if not found:
        why = f"{missing} No test of small-study effects was made: ask for it with --bias.".strip()
        return Suggestion("strongly suspected" if lost else None, why, numbers, _SMALL)
    low = sum(p < P_SMALL_STUDY for _, p in found)
    said = "; ".join(f"{name} {rounding.equals('p', rounding.p_value(p))}" for name, p in found)
    limit = rounding.p_value(P_SMALL_STUDY).rstrip("0")
    rule = f"Suspected where at least half of the tests give p < {limit}."
    caution = "" if quantity.of(document).null is not None else (
        " In series of one arm small and large ones may differ for other reasons."
    )  # fmt: skip
    judgement = "strongly suspected" if lost or 2 * low >= len(found) else "undetected"
    numbers |= {"tests": len(found), "tests_below": low}
    return Suggestion(judgement, f"{missing} {said}. {rule}{caution}".strip(), numbers, _SMALL)


def _missing(document: Document) -> tuple[bool, str, dict[str, float]]:
    """Count the series that report the outcome and could not enter: whether they are many, in words, in numbers."""
    inside = {_same(get(study, "study")) for study in items(document, "studies")}
    rows = {
        _same(get(row, "study")): row
        for row in own_rows_left_out(document)
        if not _CHOSEN.search(text(row, "reason")) and _same(get(row, "study")) not in inside
    }
    if not rows or not inside:
        return False, "", {}
    out, reporting = len(rows), len(rows) + len(inside)
    sizes = [get(row, "total") for row in rows.values()]
    names = [
        plain.visible(get(row, "study")) + (f" ({noun(int(total), 'patient')})" if total is not None else "")
        for row, total in zip(rows.values(), sizes, strict=True)
    ]
    lost = out >= MISSING_SHARE * reporting
    limit = rounding.percent(MISSING_SHARE, 0)
    said = (
        f"{out} of {noun(reporting)} on file that report it could not enter: {some(names)}. The answer may be another "
        f"with them; {limit} or more of the series is taken as suspected."
    )
    numbers: dict[str, float] = {"left_out": out, "reporting": reporting}
    if all(total is not None for total in sizes):
        numbers["patients_left_out"] = sum(sizes)
    return lost, said, numbers


MISSING_SHARE: Final = 0.25
"""Results on file that could not enter raise a suspicion with this share of the series that report the outcome."""
_CHOSEN: Final = re.compile(
    r"left out on request|its patients are part of|no row for the other arm|neither pooled nor compared"
    r"|\(--risk-of-bias\)"
)
"""Reasons of rows that were left out by choice, or that are in the answer already: no result is missing with them."""
_SMALL = ("guyatt2011publication",)
