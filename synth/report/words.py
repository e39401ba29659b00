"""Sentences that a surgeon reads: the answer, how sure it is, what to expect elsewhere, how the series differ.

Every function takes the document and returns plain text, never markup; every number in it went through the rounding
module.
"""

from __future__ import annotations

from typing import Any

from . import plain, rounding
from .names import ci_name, i2_source, name_of, tau2_name
from .reading import Document, get, is_doubtful, items, level, predicate, text, whole

WIDE = 0.2
"""An interval wider than this share (20 of 100 patients) is called wide."""


def noun(value: int, one: str = "series", many: str | None = None) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> noun(1), noun(5), noun(1, "patient"), noun(43, "patient"), noun(2, "study", "studies")
    ('1 series', '5 series', '1 patient', '43 patients', '2 studies')
    """
    plural = many or (one if one.endswith("s") else one + "s")
    return f"{rounding.count(value)} {one if value == 1 else plural}"


def spoken(value: float | None) -> str:
    """Say a proportion inside a sentence.

    Examples
    --------
    >>> spoken(0.9995), spoken(0.163)
    ('more than 99.9%', '16.3%')
    """
    return rounding.spoken(rounding.percent(value))


def joined(names: list[str], last: str = "and") -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> joined(["Ye 2022"]), joined(["Ye 2022", "Bredin 2017", "Buxbaum 2021"])
    ('Ye 2022', 'Ye 2022, Bredin 2017 and Buxbaum 2021')
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def interval_kind(document: Document) -> str:
    """Name the interval as a sentence needs it: ``"95% confidence interval"``, ``"exact 95% confidence interval"``."""
    exact = get(document, "pooled", "ci_method") in {"exact", "clopper-pearson"}
    return f"{'exact ' if exact else ''}{level(document)} confidence interval"


def pooled_reporting(block: Any) -> tuple[float | None, float | None, float | None]:
    """Return a block's pooled proportion with its limits."""
    reporting = get(block, "pooled", "reporting")
    return get(reporting, "estimate"), get(reporting, "ci_low"), get(reporting, "ci_high")


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
    k, events, total = get(document, "k") or 0, get(document, "events"), get(document, "total")
    estimate, low, high = pooled_reporting(document)
    did = predicate(document)
    around = _with_interval(document, low, high)
    if k == 1:
        who = f"{rounding.count(events)} of {noun(total or 0, 'patient')} {did}"
        share = f", {rounding.percent(estimate)}" if estimate is not None else ""
        return f"One series reports this: {who}{share} ({around}); nothing was pooled."
    source = f"{noun(k)} with {noun(total or 0, 'patient')}"
    if events == 0 and total:
        return f"None of {noun(total, 'patient')} in {noun(k)} {did}: {rounding.percent(0)} ({around})."
    if events is not None and events == total and total:
        return f"All {noun(total, 'patient')} in {noun(k)} {did}: {rounding.percent(1)} ({around})."
    if estimate is None:
        why = plain.clause(get(document, "pooled", "reason"))
        said = f"{rounding.count(events)} of {noun(total or 0, 'patient')} in {noun(k)} {did}"
        return f"{said}; no pooled answer{f': {why}' if why else ''}."
    share = f"{rounding.percent(estimate)} ({around})"
    return f"Of 100 patients, {rounding.per_hundred(estimate)} {did}: pooled {share}, from {source}."


def sureness(document: Document) -> list[str]:
    """Return sentences that say how far to trust the answer: its width, few series, one heavy one, doubtful figures.

    Examples
    --------
    >>> sureness({"k": 2, "pooled": {"reporting": {"estimate": 0.2, "ci_low": 0.05, "ci_high": 0.5}}})[0]
    'The interval is wide: the data fit anything from 5.0% to 50.0%.'
    """
    k = get(document, "k") or 0
    studies = items(document, "studies")
    _, low, high = pooled_reporting(document)
    said = []
    if low is not None and high is not None and high - low > WIDE:
        said.append(f"The interval is wide: the data fit anything from {spoken(low)} to {spoken(high)}.")
    if 2 <= k < 5:
        said.append(
            f"Only {noun(k)}: how much hospitals differ can hardly be estimated from so few, and one more series "
            "may move the answer."
        )
    heavy = max(studies, key=lambda study: get(study, "weight") or 0.0, default=None)
    if k > 2 and heavy is not None and (get(heavy, "weight") or 0.0) > 0.5:
        said.append(f"{text(heavy, 'study')} alone carries {rounding.percent(get(heavy, 'weight'))} of the weight.")
    doubtful = [study for study in studies if is_doubtful(study)]
    if doubtful:
        said.append(_about_doubtful(document, doubtful))
    low_confidence = [text(study, "study") for study in studies if get(study, "provenance", "confidence") == "low"]
    if low_confidence:
        said.append(f"The extractor's confidence is low for {_some(low_confidence)}.")
    return said


def _some(names: list[str], most: int = 6) -> str:
    if len(names) <= most:
        return joined(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _about_doubtful(document: Document, doubtful: list[Any]) -> str:
    named = _some([text(study, "study") for study in doubtful])
    verb = "has a figure that was" if len(doubtful) == 1 else "have figures that were"
    said = f"{named} {verb} worked out or {'is' if len(doubtful) == 1 else 'are'} only a bound (marked †)"
    for row in items(document, "sensitivity"):
        if get(row, "id") == "stated_denominators":
            estimate = get(row, "reporting", "estimate")
            limits = rounding.interval(get(row, "reporting", "ci_low"), get(row, "reporting", "ci_high"))
            if estimate is not None:
                other = f"{rounding.percent(estimate)} ({limits}), from {noun(get(row, 'k') or 0)}"
                label = text(row, "label") or "without them"
                return f"{said}; {label[0].lower()}{label[1:]} the answer is {other}."
    return f"{said}."


def prediction(document: Document) -> str:
    """Return what to expect in another hospital, or why nothing can be said.

    Examples
    --------
    >>> prediction({"prediction": {"reporting": {"ci_low": 0.88, "ci_high": 0.9995}}})
    'In a hospital like these, expect a true figure between 88.0% and more than 99.9% (95% prediction interval).'
    >>> prediction({"prediction": {"reason": "a prediction interval needs three studies or more"}})
    'No prediction for another hospital: a prediction interval needs three studies or more.'
    """
    low, high = get(document, "prediction", "reporting", "ci_low"), get(document, "prediction", "reporting", "ci_high")
    reason = plain.clause(get(document, "prediction", "reason"))
    if low is None or high is None:
        return f"No prediction for another hospital: {reason or 'the method gives none'}."
    said = (
        f"In a hospital like these, expect a true figure between {spoken(low)} and {spoken(high)} "
        f"({level(document)} prediction interval)."
    )
    if reason:
        return f"{said} {plain.sentence(reason)}"
    if get(document, "prediction", "reliable") is False:
        return f"{said} With fewer than ten series this range is itself uncertain."
    return said


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
    said += [_plain_difference(document)] if get(tau2, "value") is not None else reasons[:1]
    if get(tau2, "value") is not None:
        said.append(_about_tau2(document))
    if get(het, "i2") is not None:
        said.append(_about_i2(document))
    if get(het, "q") is not None:
        said.append(_about_q(document))
    return [one for one in dict.fromkeys([*said, *reasons]) if one]


def _plain_difference(document: Document) -> str:
    value, i2, k = get(document, "tau2", "value"), get(document, "heterogeneity", "i2"), get(document, "k") or 0
    if value == 0:
        end = f"; with {noun(k)} real differences cannot be ruled out" if k < 10 else ""
        return f"The series differ no more than chance alone would make them{end}."
    if i2 is None:
        return "The series differ by more than chance alone would make them."
    share = rounding.percent(i2)
    return (
        f"About {share} of the spread of the figures looks like real differences between series, the rest like chance."
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
    # Without any event, or with nothing else, the pooled answer is this very figure.
    on_boundary = share in (0, 1)
    if share is None or on_boundary or (get(document, "k") or 0) < 2:
        return ""
    limits = rounding.interval(get(document, "crude", "ci_low"), get(document, "crude", "ci_high"))
    counts = rounding.events_of(get(document, "events"), get(document, "total"))
    said = f"{counts}, {rounding.percent(share)} ({limits})"
    return f"Added up as if they were one series: {said}; this ignores that series differ."


def average(document: Document) -> str:
    """Return the population-averaged proportion beside the median one, where both are defined and print differently."""
    mean = get(document, "population_average", "estimate")
    estimate, _, _ = pooled_reporting(document)
    if mean is None or estimate is None or rounding.percent(mean) == rounding.percent(estimate):
        return ""
    said = "The pooled figure is that of the middle hospital; the mean over hospitals that differ this much"
    return f"{said} is {rounding.percent(mean)} (population average)."


def comparator(document: Document, block: Any) -> str:
    """Return a comparator arm as context, saying that it is no comparison of like with like.

    Examples
    --------
    >>> block = {"arm": {"label": "Open surgery"}, "k": 1, "events": 3, "total": 20}
    >>> block["pooled"] = {"reporting": {"estimate": 0.15, "ci_low": 0.032, "ci_high": 0.379}}
    >>> comparator({}, block).split(". ")[0]
    'Open surgery, for context: 15.0% (3.2% to 37.9%), 3/20 in 1 series'
    """
    label = text(block, "arm", "label") or text(block, "arm", "id") or "Another arm"
    k = get(block, "k") or 0
    if not k:
        why = plain.clause(get(block, "reason"))
        return f"{label}: nothing to show{f', {why}' if why else ''}."
    estimate, low, high = pooled_reporting(block)
    counts = rounding.events_of(get(block, "events"), get(block, "total"))
    if estimate is None:
        why = plain.clause(get(block, "pooled", "reason"))
        share = f"no pooled figure{f' ({why})' if why else ''}"
    else:
        share = (
            f"{rounding.percent(estimate)} ({rounding.interval(low, high)})"
            if low is not None
            else rounding.percent(estimate)
        )
    return (
        f"{label}, for context: {share}, {counts} in {noun(k)}. "
        "Not a comparison of like with like: other patients, other hospitals, other years."
    )


def left_out(document: Document) -> str:
    """Say in one sentence how many rows were left out.

    Examples
    --------
    >>> left_out({"excluded": [{"study": "A"}]}), left_out({})
    ('1 row on file was left out of the pooled answer, for the reason beside it.', 'No row on file was left out.')
    """
    n = len(items(document, "excluded"))
    if not n:
        return "No row on file was left out."
    if n == 1:
        return "1 row on file was left out of the pooled answer, for the reason beside it."
    return f"{rounding.count(n)} rows on file were left out of the pooled answer, each for the reason beside it."
