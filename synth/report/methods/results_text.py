"""The pooled result, how studies differ, and what to expect elsewhere, as a manuscript says it."""

from __future__ import annotations

from typing import Any

from ..words import counts, doubt, plain, quantity, rounding
from ..words.phrases import joined, pooled_reporting
from ..words.quantity import PROPORTION
from ..words.reading import Document, get, items, level, predicate, text, whole
from . import included
from .draft import Said

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
MOST_NAMED = 4
STUDY = ("study", "studies")
PATIENT = ("patient", "patients")


def counted(value: int, nouns: tuple[str, str] = STUDY) -> str:
    """Write a count with its noun, in words below ten.

    Examples
    --------
    >>> counted(1), counted(5), counted(12), counted(43, PATIENT)
    ('one study', 'five studies', '12 studies', '43 patients')
    """
    said = _WORDS[value] if 0 <= value < len(_WORDS) else rounding.count(value)
    return f"{said} {nouns[0] if value == 1 else nouns[1]}"


def opening(value: int, nouns: tuple[str, str] = STUDY) -> str:
    """Write a count with its noun where a sentence begins: never with a numeral.

    Examples
    --------
    >>> opening(1), opening(10), opening(42), opening(150)
    ('One study', 'Ten studies', 'Forty-two studies', 'A total of 150 studies')
    """
    if value < len(_WORDS):
        return capital(counted(value, nouns))
    if value > 99:
        return f"A total of {rounding.count(value)} {nouns[1]}"
    ten, one = divmod(value, 10)
    said = _TEENS[one] if ten == 1 else _TENS[ten] + (f"-{_WORDS[one]}" if one else "")
    return capital(f"{said} {nouns[1]}")


def capital(said: str) -> str:
    """Begin a sentence."""
    return said[:1].upper() + said[1:]


def around(document: Document, low: float | None, high: float | None, kind: str = "CI") -> str:
    """Write an interval with its level, as brackets hold it; empty where there is none.

    Examples
    --------
    >>> around({}, 0.0681, 0.307)
    '95% CI 6.8% to 30.7%'
    """
    limits = quantity.of(document).interval(low, high)
    return "" if limits == rounding.ABSENT else f"{level(document)} {kind} {limits}"


def figure(document: Document, estimate: float | None, low: float | None, high: float | None, kind: str = "CI") -> str:
    """Write an estimate with its unit and interval.

    Examples
    --------
    >>> figure({}, 0.16279, 0.0681, 0.307), figure({}, 0.5, None, None)
    ('16.3% (95% CI 6.8% to 30.7%)', '50.0% (no interval)')
    """
    shown = quantity.of(document)
    said = shown.with_unit(shown.text(estimate))
    limits = around(document, low, high, kind)
    return f"{said} ({limits or 'no interval'})"


def analysis_scale(document: Document) -> str:
    """Name the scale of the analysis where it is another than that of the results; empty where it is the same.

    Examples
    --------
    >>> analysis_scale({"pooled": {"scale": "logit"}}), analysis_scale({"pooled": {"scale": "mean"}})
    ('logit', '')
    """
    scale = text(document, "pooled", "scale").replace("'", "’")
    return "" if scale in {"mean", "estimate", text(document, "settings", "reporting")} else scale


def studies(document: Document) -> list[Said]:
    """Say how many studies and patients there are, with the studies as references, and what was left out."""
    k, total, events = (get(document, key) for key in ("k", "total", "events"))
    if not k:
        return []
    cited = {one.label: one.key for one in included.studies(document)}
    rows = [text(row, "study") or "(no label)" for row in items(document, "studies")]
    keys = tuple(dict.fromkeys(cited[name] for name in rows))
    verb = "was" if k == 1 else "were"
    start = f"{opening(k)} {verb} included"
    if total is not None:
        of = f"{rounding.count(total)} {PATIENT[0] if total == 1 else PATIENT[1]}"
        start = f"{opening(k)} with {of} {verb} included"
    said = [Said(f"{start}.", keys)]
    if quantity.of(document) == PROPORTION and total and events is not None:
        crude = get(document, "crude", "estimate")
        share = f" ({rounding.percent(crude)})" if crude is not None else ""
        every = "Altogether" if k > 1 else "In this study"
        said.append(Said(f"{every} {rounding.events_of(events, total)} patients{share} {predicate(document)}."))
    left = doubt.own_rows_left_out(document)
    if left:
        said.append(Said(_left_out(left)))
    return said


def _left_out(rows: list[Any]) -> str:
    named = [
        f"{text(row, 'study') or '(no label)'} ({plain.clause(get(row, 'reason')) or 'no reason on file'})"
        for row in rows
    ]
    start = f"{opening(len(rows), ('result was', 'results were'))} left out"
    if len(named) > MOST_NAMED:
        return f"{start}, with the reasons given in the list of exclusions."
    return f"{start}: {'; '.join(named)}."


def pooled(document: Document) -> list[Said]:
    """Say the pooled value with its interval and test; or for one study its own; or why there is none."""
    k, shown = get(document, "k") or 0, quantity.of(document)
    estimate, low, high = pooled_reporting(document)
    two = counts.arms(document)
    against = f", {two[0]} against {two[1]}," if two else ""
    why = plain.clause(get(document, "pooled", "reason"))
    kind = "credible interval" if get(document, "pooled", "ci_method") == "credible" else "CI"
    if estimate is None:
        if low is not None or high is not None:
            limits = around(document, low, high, kind)
            return [Said(f"The {shown.name}{against} has no finite estimate ({limits}){f': {why}' if why else ''}.")]
        return [Said(f"There is no {'pooled ' if k > 1 else ''}{shown.name}{f': {why}' if why else ''}.")]
    named = shown.name if k == 1 else f"pooled {shown.name}"
    value = figure(document, estimate, low, high, kind)
    said = [Said(f"The {named}{against} was {value}.")]
    if k == 1:
        said.append(Said("Nothing was pooled, and one study says nothing about differences between studies."))
    else:
        said += _test(document)
        said += _average(document, estimate)
    return said


def _test(document: Document) -> list[Said]:
    test, shown = get(document, "pooled", "test"), quantity.of(document)
    p = get(test, "p_value")
    if p is None:
        return []
    _, low, high = pooled_reporting(document)
    null = shown.null
    holds = ""
    if null is not None and low is not None and high is not None:
        side = "includes" if low <= null <= high else "does not include"
        holds = f"; the confidence interval {side} {rounding.tick(null * shown.factor)}"
    return [Said(f"The test of no effect gave {rounding.equals('p', rounding.p_value(p))}{holds}.")]


def _average(document: Document, estimate: float) -> list[Said]:
    mean = get(document, "population_average", "estimate")
    if mean is None or quantity.of(document) != PROPORTION or rounding.percent(mean) == rounding.percent(estimate):
        return []
    return [Said(f"The mean proportion over the distribution of studies was {rounding.percent(mean)}.")]


def heterogeneity(document: Document) -> list[Said]:
    """Say how much studies differ: the variance with its interval and test, I², H² and Q."""
    tau2, het = get(document, "tau2"), get(document, "heterogeneity")
    if (get(document, "k") or 0) < 2:
        return []
    said = []
    value = get(tau2, "value")
    if value is not None:
        scale = analysis_scale(document)
        limits = rounding.variance_interval(get(tau2, "ci_low"), get(tau2, "ci_high"))
        kind = "credible interval" if "credible" in text(tau2, "ci_method") else "CI"
        inside = "" if limits == rounding.ABSENT else f" ({level(document)} {kind} {limits})"
        tested = get(tau2, "test", "p_value")
        also = "" if tested is None else f"; test of τ² = 0: {rounding.equals('p', rounding.p_value(tested))}"
        on = f" on the {scale} scale" if scale else ""
        said.append(Said(f"The between-study variance{on} was τ² {_is(rounding.variance(value))}{inside}{also}."))
    elif get(document, "settings", "effects") != "common" and get(tau2, "reason"):
        why = plain.clause(get(tau2, "reason")).replace("tau2", "τ²")
        said.append(Said(f"The between-study variance was not estimated: {why}."))
    sigma2 = get(tau2, "sigma2")
    if sigma2 is not None:
        said.append(Said(f"The variance of the study levels was σ² {_is(rounding.variance(sigma2))}."))
    if get(het, "i2") is not None:
        limits = rounding.interval(get(het, "i2_ci_low"), get(het, "i2_ci_high"))
        inside = "" if limits == rounding.ABSENT else f" ({level(document)} CI {limits})"
        h2 = get(het, "h2")
        beside = "" if h2 is None else f", and H² {_is(rounding.number(h2))}"
        said.append(Said(f"I² {_was(rounding.percent(get(het, 'i2')))}{inside}{beside}."))
    if get(het, "q") is not None:
        df, p = whole(get(het, "df")), get(het, "p_value")
        on = "" if df is None else f" on {df} degree{'' if df == 1 else 's'} of freedom"
        gave = "" if p is None else f", {rounding.equals('p', rounding.p_value(p))}"
        q = rounding.equals("Q", rounding.number(get(het, "q")))
        said.append(Said(f"The test of heterogeneity gave {q}{on}{gave}."))
    return said


def _is(said: str) -> str:
    return f"{said[0]} {said[1:]}" if said[:1] in "<>" else f"= {said}"


def _was(said: str) -> str:
    return f"was {rounding.spoken(said)}"


def prediction(document: Document) -> list[Said]:
    """Say where the true value of a new study is expected, or why that cannot be said."""
    low, high = get(document, "prediction", "reporting", "ci_low"), get(document, "prediction", "reporting", "ci_high")
    if (get(document, "k") or 0) < 2:
        return []
    shown = quantity.of(document)
    if low is None or high is None:
        return []
    limits = shown.with_unit(shown.interval(low, high))
    said = [Said(f"The {level(document)} prediction interval, for the true {shown.name} in a new study, was {limits}.")]
    if get(document, "prediction", "reliable") is False:
        said.append(Said("With fewer than ten studies the prediction interval is itself uncertain."))
    return said


def comparators(document: Document) -> list[Said]:
    """Give the other arms' own figures, as context."""
    said = []
    for block in items(document, "comparators"):
        k = get(block, "k") or 0
        estimate, low, high = pooled_reporting(block)
        if not k or estimate is None:
            continue
        name = text(block, "arm", "label") or text(block, "arm", "id") or "another arm"
        shown = quantity.of(document)
        kind = "credible interval" if get(block, "pooled", "ci_method") == "credible" else "CI"
        what = f"the {'pooled ' if k > 1 else ''}{shown.name} was {figure(document, estimate, low, high, kind)}"
        events = counts.summed(block)
        of = f", with {events} patients" if events and shown == PROPORTION else ""
        said.append(Said(f"In the arm “{name}”, {what}, from {counted(k)}{of}."))
    if said:
        said.append(Said("These figures are context: differences between arms were not estimated."))
    return said


def names(rows: list[Any], key: str, most: int = MOST_NAMED) -> str:
    """Join the labels of some rows, and count those beyond the first few."""
    found = [text(row, key) or "(no label)" for row in rows]
    return joined(found) if len(found) <= most else f"{', '.join(found[:most])} and {len(found) - most} more"
