"""Sentences that a surgeon reads: the answer, how sure it is, what to expect elsewhere, how the series differ.

Every function takes the document and returns plain text, never markup; every number in it went through the rounding
module.
"""

from __future__ import annotations

from . import measures as words_measure
from . import plain, quantity, rounding
from .doubt import sureness as sureness
from .names import ci_name, i2_source, name_of, tau2_name
from .phrases import interval_basis, interval_kind, noun, on_degrees, pooled_reporting, spoken
from .quantity import PROPORTION
from .reading import Document, get, items, level, predicate, text, whole

about_arms, null_said = words_measure.about_arms, words_measure.null_said

SIGNIFICANT = 0.05
"""Below this the test of any difference is said to find one."""
SINGLE_PATIENTS = "How much the series differ cannot be said: every one of them has a single patient."


def _on_boundary(document: Document) -> str:
    """Say that nobody had the event, or everybody; the empty string in any other case."""
    k, events, total = get(document, "k") or 0, get(document, "events"), get(document, "total")
    if not total or events not in (0, total):
        return ""
    who = f"{'All' if events else 'None of'} {noun(total, 'patient')} in {noun(k)}"
    return f"{who} {predicate(document)}{_as_reported(document)}"


def _as_reported(document: Document) -> str:
    """Say, after the counts, that some of them are bounds; the empty string where none is."""
    bounds = [get(study, "provenance", "bound") for study in items(document, "studies")]
    said = []
    for bound, other in (("lower", "higher"), ("upper", "lower")):
        n = bounds.count(bound)
        if n:
            where = f"{noun(n)} of {len(bounds)}" if len(bounds) > 1 else "it"
            said.append(f"in {where} the true number may be {other}")
    return f" (as far as reported: {' and '.join(said)})" if said else ""


def _with_interval(document: Document, low: float | None, high: float | None) -> str:
    if low is None and high is None:
        why = plain.clause(get(document, "pooled", "reason"))
        return f"no confidence interval{f': {why}' if why else ''}"
    return f"{interval_kind(document)} {rounding.interval(low, high)}"


def answer(document: Document) -> str:
    r"""Return the answer in one sentence.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    str
        Plain text: how many of a hundred, the pooled proportion with its interval, series and patients; for one series
        its own figure.

    Examples
    --------
    >>> one = {"k": 1, "events": 7, "total": 43, "outcome_info": {"predicate": "died within one year"},
    ...        "pooled": {"ci_method": "exact", "reporting": {"estimate": 0.16279, "ci_low": 0.0681, "ci_high": 0.307}}}
    >>> print(answer(one).replace(" (", "\n("))
    One series reports this: 7 of 43 patients died within one year, 16.3%
    (exact 95% confidence interval 6.8% to 30.7%); nothing was pooled.
    """
    if quantity.of(document) != PROPORTION:
        return words_measure.answer(document)
    k, events, total = get(document, "k") or 0, get(document, "events"), get(document, "total")
    estimate, low, high = pooled_reporting(document)
    did = predicate(document)
    around = _with_interval(document, low, high)
    if k == 1:
        who = f"{rounding.count(events)} of {noun(total or 0, 'patient')} {did}{_as_reported(document)}"
        share = f", {rounding.percent(estimate)}" if estimate is not None else ""
        return f"One series reports this: {who}{share} ({around}); nothing was pooled."
    source = f"{noun(k)} with {noun(total or 0, 'patient')}"
    everyone = _on_boundary(document)
    if everyone:
        if estimate is None:
            why = plain.clause(get(document, "pooled", "reason"))
            return f"{everyone}; no pooled answer{f': {why}' if why else ''}."
        share = f"{rounding.percent(estimate)} ({around})"
        if estimate in (0, 1):
            return f"{everyone}: {share}."
        # The model moved off what was counted: each figure stands with its own interval.
        counted, limits = get(document, "crude", "estimate"), get(document, "crude")
        apart = rounding.interval(get(limits, "ci_low"), get(limits, "ci_high"))
        crude_share = "" if counted is None else f" (added up, {rounding.percent(counted)}, {apart})"
        return f"{everyone}{crude_share}; pooled by the model, {share}."
    if estimate is None:
        why = plain.clause(get(document, "pooled", "reason"))
        said = f"{rounding.count(events)} of {noun(total or 0, 'patient')} in {noun(k)} {did}"
        return f"{said}; no pooled answer{f': {why}' if why else ''}."
    share = f"{rounding.percent(estimate)} ({around})"
    source += _as_reported(document)
    return f"Of 100 patients, {rounding.per_hundred(estimate)} {did}: pooled {share}, from {source}."


def prediction(document: Document) -> str:
    r"""Return what to expect in another hospital, by which method, or why nothing can be said.

    Examples
    --------
    >>> document = {"prediction": {"method": "t", "df": 4, "reporting": {"ci_low": 0.88, "ci_high": 0.9995}}}
    >>> print(prediction(document).replace(" (", "\n("))
    In a hospital like these, expect a true figure between 88.0% and more than 99.9%
    (95% prediction interval, by the t distribution with 4 degrees of freedom).
    >>> prediction({"prediction": {"reason": "a prediction interval needs three studies or more"}})
    'No prediction for another hospital: a prediction interval needs three studies or more.'
    """
    low, high = get(document, "prediction", "reporting", "ci_low"), get(document, "prediction", "reporting", "ci_high")
    reason = plain.clause(get(document, "prediction", "reason"))
    if low is None or high is None:
        return f"No prediction for another hospital: {reason or 'the method gives none'}."
    how = prediction_basis(document)
    start = (
        f"In a hospital like these, expect a true figure between {spoken(low)} and {spoken(high)} "
        f"({level(document)} prediction interval"
        if quantity.of(document) == PROPORTION
        else words_measure.expected(document, low, high)
    )
    said = [
        f"{start}{f', by {how}' if how else ''}).",
        _beside_the_confidence_interval(document, low, high),
    ]
    if reason:
        said.append(plain.sentence(reason))
    elif get(document, "prediction", "reliable") is False:
        said.append("With fewer than ten series this range is itself uncertain.")
    return " ".join(part for part in said if part)


def prediction_basis(document: Document) -> str:
    """Name the distribution that the prediction interval rests on; the empty string where the document does not say.

    Examples
    --------
    >>> prediction_basis({"prediction": {"method": "normal"}}), prediction_basis({})
    ('the normal distribution', '')
    """
    method = text(document, "prediction", "method")
    if method.lower() in {"t", "hts"}:
        return f"the t distribution{on_degrees(get(document, 'prediction', 'df'))}"
    draws = get(document, "prediction", "draws")
    drawn = "" if draws is None else f" ({rounding.count(draws)} draws, seed {get(document, 'prediction', 'seed')})"
    return f"{ci_name(method)}{drawn}"


def _beside_the_confidence_interval(document: Document, low: float, high: float) -> str:
    """Say why the two intervals are the same, or why the one for another hospital does not hold the other."""
    _, ci_low, ci_high = pooled_reporting(document)
    if ci_low is None or ci_high is None:
        return ""
    method = get(document, "pooled", "ci_method")
    shown = quantity.of(document)
    if shown.interval(low, high) == shown.interval(ci_low, ci_high):
        same = method == get(document, "prediction", "method") and get(document, "tau2", "value") == 0
        return "It is the confidence interval itself, because τ² was estimated as 0." if same else ""
    if low <= ci_low and ci_high <= high:
        return ""
    basis = interval_basis(method, get(document, "k") or 0)
    return (
        f"The confidence interval ({shown.interval(ci_low, ci_high)}) is by another method, {basis}, "
        "so that it reaches beyond this one."
    )


def heterogeneity(document: Document) -> list[str]:
    """Return how much the series differ, in words, with tau2, I2 and Q and the definition of each.

    Examples
    --------
    >>> heterogeneity({"tau2": {"value": None, "reason": "one study"}, "heterogeneity": {}})
    ['How much the series differ cannot be said: one study.']
    """
    tau2, het = get(document, "tau2"), get(document, "heterogeneity")
    said = []
    if get(tau2, "value") is None and get(het, "q") is None:
        why = plain.clause(get(tau2, "reason") or get(het, "reason"))
        return [f"How much the series differ cannot be said{f': {why}' if why else ''}."]
    reasons = [plain.sentence(get(tau2, "reason")), plain.sentence(get(het, "reason"))]
    if _single_patients(document):
        # Neither the variance nor the test means anything then: only why.
        return list(dict.fromkeys(one for one in reasons if one)) or [SINGLE_PATIENTS]
    said += [_plain_difference(document)] if get(tau2, "value") is not None else reasons[:1]
    if get(tau2, "value") is not None:
        said.append(_about_tau2(document))
    sigma2 = get(tau2, "sigma2")
    if sigma2 is not None:
        what = rounding.equals("σ²", rounding.variance(sigma2))
        said.append(f"The level of a series, midway between its arms, varies between series on its own, {what}.")
    if get(het, "i2") is not None:
        said.append(_about_i2(document))
    if get(het, "q") is not None:
        said.append(_about_q(document))
    said.append(words_measure.test_said(document))
    return [one for one in dict.fromkeys([*said, *reasons, _outside(document)]) if one]


def _single_patients(document: Document) -> bool:
    studies = items(document, "studies")
    return len(studies) > 1 and all(get(study, "total") == 1 for study in studies)


def _plain_difference(document: Document) -> str:
    value, i2, k = get(document, "tau2", "value"), get(document, "heterogeneity", "i2"), get(document, "k") or 0
    p = get(document, "heterogeneity", "p_value")
    tested = "" if p is None else rounding.equals("p", rounding.p_value(p))
    if value == 0 and p is not None and p < SIGNIFICANT:
        return (
            f"The model finds no variance between series (τ² = 0), yet the test of any difference does find one "
            f"({tested}): the two disagree, so do not take the series to be alike."
        )
    if value == 0:
        end = f"; with {noun(k)} real differences cannot be ruled out" if k < 10 else ""
        return f"The series differ no more than chance alone would make them{end}."
    weak = p is not None and p >= SIGNIFICANT
    if i2 is None:
        if weak:
            return f"The model finds a variance between series, but the test does not rule chance out ({tested})."
        return "The series differ by more than chance alone would make them."
    share = rounding.percent(i2)
    end = f"; the test does not rule out that all of it is chance ({tested})" if weak else ""
    return (
        f"About {share} of the spread of the figures looks like real differences between series, the rest like "
        f"chance{end}."
    )


def _outside(document: Document) -> str:
    """Say that the interval of tau2 does not hold its own estimate, where no reason on file does."""
    tau2 = get(document, "tau2")
    value, low, high = (get(tau2, key) for key in ("value", "ci_low", "ci_high"))
    beyond = value is not None and ((low is not None and value < low) or (high is not None and value > high))
    if not beyond or get(tau2, "reason"):
        return ""
    how, method = ci_name(get(tau2, "ci_method")), tau2_name(get(tau2, "method"))
    return (
        f"The interval of τ² ({how or 'by its own method'}) does not hold the estimate ({method}): the two methods "
        "disagree on these series, and neither is to be relied on."
    )


def _scale(document: Document) -> str:
    scale = text(document, "pooled", "scale")
    return f" on the {scale} scale" if scale else ""


def _about_tau2(document: Document) -> str:
    tau2 = get(document, "tau2")
    said = f"Variance between series, {rounding.equals('τ²', rounding.variance(get(tau2, 'value')))}{_scale(document)}"
    if get(tau2, "method"):
        said += f" ({tau2_name(get(tau2, 'method'))})"
    limits = rounding.variance_interval(get(tau2, "ci_low"), get(tau2, "ci_high"))
    if limits != rounding.ABSENT:
        how = get(tau2, "ci_method")
        said += f", {level(document)} interval {limits}{f' by {ci_name(how)}' if how else ''}"
    p = get(tau2, "test", "p_value")
    if p is not None:
        how = plain.clause(get(tau2, "test", "method"))
        said += f"; test of τ² = 0: {rounding.equals('p', rounding.p_value(p))}{f' ({how})' if how else ''}"
    return said + "."


def _about_i2(document: Document) -> str:
    het = get(document, "heterogeneity")
    said = rounding.equals("I²", rounding.percent(get(het, "i2")))
    limits = rounding.interval(get(het, "i2_ci_low"), get(het, "i2_ci_high"))
    if limits != rounding.ABSENT:
        said += f" ({level(document)} interval {limits})"
    said += ": the share of the variation that is not chance within series"
    if get(het, "i2_method"):
        said += f", {i2_source(get(het, 'i2_method'))}"
    if get(het, "h2") is not None:
        said += f"; {rounding.equals('H²', rounding.number(get(het, 'h2')))}"
    return said + ". It is a share, not a size: with large series it is high even where the figures hardly differ."


def _about_q(document: Document) -> str:
    het = get(document, "heterogeneity")
    said = f"Test for any difference between series: {rounding.equals('Q', rounding.number(get(het, 'q')))}"
    df = whole(get(het, "df"))
    if df is not None:
        said += f" on {noun(df, 'degree of freedom', 'degrees of freedom')}"
    if get(het, "p_value") is not None:
        said += f", {rounding.equals('p', rounding.p_value(get(het, 'p_value')))}"
    if get(het, "q_method"):
        said += f" ({name_of(get(het, 'q_method'))})"
    return said + "."


def short_heterogeneity(document: Document) -> str:
    """Return tau2, I2 and Q in one line, as the foot of a forest plot has them; empty where nothing is defined.

    Examples
    --------
    >>> short_heterogeneity({"tau2": {"value": 0.41}, "heterogeneity": {"i2": 0.3, "q": 5.7, "df": 4, "p_value": 0.22}})
    'Heterogeneity: τ² = 0.410, I² = 30.0%, Q = 5.70, df = 4, p = 0.220'
    """
    het = get(document, "heterogeneity")
    parts = []
    if get(document, "tau2", "value") is not None:
        parts.append(rounding.equals("τ²", rounding.variance(get(document, "tau2", "value"))))
    if get(het, "i2") is not None:
        parts.append(rounding.equals("I²", rounding.percent(get(het, "i2"))))
    if get(het, "q") is not None:
        parts.append(rounding.equals("Q", rounding.number(get(het, "q"))))
        if get(het, "df") is not None:
            parts.append(f"df = {rounding.count(whole(get(het, 'df')))}")
    if get(het, "p_value") is not None:
        parts.append(rounding.equals("p", rounding.p_value(get(het, "p_value"))))
    return f"Heterogeneity: {', '.join(parts)}" if parts else ""


def crude(document: Document) -> str:
    """Return the crude proportion in a sentence, with why it is not the answer.

    Examples
    --------
    >>> crude({"k": 5, "events": 118, "total": 119, "crude": {"estimate": 0.9916, "ci_low": 0.954, "ci_high": 0.9998}})
    'Added up as if they were one series: 118/119, 99.2% (95.4% to >99.9%); this ignores that series differ.'
    """
    share = get(document, "crude", "estimate")
    # Without any event, or with nothing else, the pooled answer mostly is this very figure.
    is_answer = share in (0, 1) and share == pooled_reporting(document)[0]
    if quantity.of(document) != PROPORTION:
        return ""
    if share is None or is_answer or (get(document, "k") or 0) < 2:
        return ""
    limits = rounding.interval(get(document, "crude", "ci_low"), get(document, "crude", "ci_high"))
    counts = rounding.events_of(get(document, "events"), get(document, "total"))
    said = f"{counts}, {rounding.percent(share)} ({limits})"
    return f"Added up as if they were one series: {said}; this ignores that series differ."


def average(document: Document) -> str:
    """Return the population-averaged proportion beside the median one, where both are defined and print differently."""
    mean = get(document, "population_average", "estimate")
    estimate, _, _ = pooled_reporting(document)
    if mean is None or estimate is None or quantity.of(document) != PROPORTION:
        return ""
    if rounding.percent(mean) == rounding.percent(estimate):
        return ""
    said = "The pooled figure is that of the middle hospital; the mean over hospitals that differ this much"
    return f"{said} is {rounding.percent(mean)} (population average)."
