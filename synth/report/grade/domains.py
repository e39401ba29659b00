"""Risk of bias, inconsistency, indirectness and publication bias: what the numbers on file speak for.

GRADE asks for judgement and gives few numbers. Each threshold stands here under a name, is shown with what it found,
and is a suggestion; docs/grade.md says which are GRADE's and which this program's own.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from ..words import plain, quantity, rounding
from ..words.doubt import WIDE
from ..words.phrases import joined, noun, pooled_reporting
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

    For a rate in one arm I2 is no guide, because it is high wherever studies are large (Migliavaca et al. 2022): the
    spread that the prediction interval shows counts. For an effect both count.

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
        agrees = "does not change what the confidence interval says of no effect"
        if crosses:
            agrees = "takes in no effect, which the confidence interval does not"
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
    """Judge what is of one arm: by the size of the differences, beside how sure the middle is."""
    (estimate, low, high), (first, last) = answer, ends
    width, spread = high - low, last - first
    ratio = spread / width if width > 0.0 else 1.0
    numbers |= {"ci_width": width, "prediction_width": spread, "ratio": ratio}
    share = shown.kind == "proportion"
    wide, very = (WIDE, VERY_SPREAD) if share else (abs(estimate) / 2, abs(estimate))
    levels = int(ratio > TWICE and spread > wide) + int(ratio > (TWICE if share else FOUR_TIMES) and spread > very)
    found = f"{_beside(shown, first, last, ratio)} {said}".strip()
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
    """Suggest a judgement from the tests of small-study effects, or say why there is none.

    Examples
    --------
    >>> publication_bias({"k": 5}).judgement
    'undetected'
    """
    k = get(document, "k") or 0
    if k < FEW:
        return Suggestion(
            "undetected",
            f"Not tested: with {noun(k)}, fewer than ten, such a test has no power. Nothing on file speaks for it, "
            "which does not rule it out.",
            {"k": k},
            _SMALL,
        )
    tests = items(document, "analyses", "bias", "tests")
    found = [(text(test, "name"), get(test, "p_value")) for test in tests if get(test, "p_value") is not None]
    if not found:
        return Suggestion(None, "No test of small-study effects was made: ask for it with --bias.", {"k": k}, _SMALL)
    low = sum(p < P_SMALL_STUDY for _, p in found)
    said = "; ".join(f"{name} {rounding.equals('p', rounding.p_value(p))}" for name, p in found)
    limit = rounding.p_value(P_SMALL_STUDY).rstrip("0")
    rule = f"Suspected where at least half of the tests give p < {limit}."
    caution = "" if quantity.of(document).null is not None else (
        " In series of one arm small and large ones may differ for other reasons."
    )  # fmt: skip
    judgement = "strongly suspected" if 2 * low >= len(found) else "undetected"
    return Suggestion(judgement, f"{said}. {rule}{caution}", {"k": k, "tests": len(found), "tests_below": low}, _SMALL)


_SMALL = ("guyatt2011publication",)
