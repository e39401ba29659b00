"""How sure the answer is: its width, how few series carry it, and every doubt about a figure that is on file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import plain, quantity, rounding
from .phrases import T_FAMILY, interval_basis, joined, noun, on_degrees, pooled_reporting, some, spoken
from .quantity import PROPORTION, Quantity
from .reading import Document, get, items, text

WIDE = 0.2
"""An interval wider than this share (20 of 100 patients) is called wide."""
FEW_DEGREES = 3
"""With so few degrees of freedom the quantile of t is half as large again as the normal one, or more."""
MOST_NOTES = 6


def sureness(document: Document) -> list[str]:
    """Return sentences that say how far to trust the answer.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    list of str
        Its width and what the interval rests on, few series, one heavy one, figures that were worked out or are only
        a bound with the answer without them, low confidence, the extractor's notes, and series of the same arm that
        were left out.

    Examples
    --------
    >>> sureness({"k": 2, "pooled": {"reporting": {"estimate": 0.2, "ci_low": 0.05, "ci_high": 0.5}}})[0]
    'The interval is wide: the data fit anything from 5.0% to 50.0%.'
    """
    told: set[int] = set()
    return [
        *_width(document),
        *_stretched(document),
        *_number(document),
        *_worked_out(document, told),
        *_bounds(document, told),
        *_other_answers(document, told),
        *_confidence(document),
        *_notes(document),
        *_left_out(document),
    ]


def certainty(document: Document) -> str:
    """Return how certain the evidence is, in a sentence; empty where the document does not rate it.

    Examples
    --------
    >>> certainty({"certainty": {"words": "Certainty of the evidence: low."}}), certainty({})
    ('Certainty of the evidence: low.', '')
    """
    return text(document, "certainty", "words")


def _names(studies: list[Any]) -> list[str]:
    return [text(study, "study") or "(no label)" for study in studies]


def _width(document: Document) -> list[str]:
    k = get(document, "k") or 0
    _, low, high = pooled_reporting(document)
    if quantity.of(document) != PROPORTION or low is None or high is None or high - low <= WIDE:
        return []
    said = f"The interval is wide: the data fit anything from {spoken(low)} to {spoken(high)}."
    df = get(document, "pooled", "df")
    df = k - 1 if df is None else df
    if k > 2 and get(document, "pooled", "ci_method") in T_FAMILY and df <= FEW_DEGREES:
        said += f" It rests on the t distribution{on_degrees(df)}, which stretches an interval from so few series."
    return [said]


def on_one_degree(document: Document) -> bool:
    """Tell whether the answer is of two series with an interval by t, which then has one degree of freedom.

    Examples
    --------
    >>> on_one_degree({"k": 2, "pooled": {"ci_method": "hksj"}}), on_one_degree({"k": 3, "pooled": {"ci_method": "t"}})
    (True, False)
    """
    return get(document, "k") == 2 and get(document, "pooled", "ci_method") in T_FAMILY


def of_two_series(documents: Sequence[Document]) -> str:
    """Say of several answers which have an interval on one degree of freedom; empty where none has.

    Examples
    --------
    >>> of_two_series([{"outcome": "blood_loss", "k": 2, "pooled": {"ci_method": "hksj"}}]).partition(":")[0]
    'Two series only in blood_loss'
    """
    names = [text(document, "outcome") for document in documents if on_one_degree(document)]
    if not names:
        return ""
    return (
        f"Two series only in {some(names)}: t has one degree of freedom there, and stretches the interval until it "
        "says hardly anything; the page gives the normal one too (--ci wald)."
    )


def _stretched(document: Document) -> list[str]:
    """Say that an interval on one degree of freedom is hardly one, and what the other one would be.

    Examples
    --------
    >>> normal = {"method": "wald", "reporting": {"estimate": 70.0, "ci_low": 35.1, "ci_high": 105.6}}
    >>> pooled = {"ci_method": "hksj-adhoc", "reporting": {"estimate": 70.0, "ci_low": -159.0, "ci_high": 300.0}}
    >>> document = {"k": 2, "settings": {"reporting": "mean"}, "pooled": {**pooled, "intervals": [normal]}}
    >>> _stretched(document)[0].partition(": ")[2]
    'by the normal distribution, which takes the difference between series as known, it would be 35 to 106 (--ci wald).'
    """
    if not on_one_degree(document):
        return []
    other = next((one for one in items(document, "pooled", "intervals") if get(one, "method") == "wald"), None)
    shown = quantity.of(document)
    limits = shown.interval(get(other, "reporting", "ci_low"), get(other, "reporting", "ci_high"))
    said = (
        "With two series the t distribution has one degree of freedom, and stretches the interval until it says hardly "
        "anything"
    )
    if limits == rounding.ABSENT:
        return [f"{said}."]
    return [
        f"{said}: by the normal distribution, which takes the difference between series as known, it would be "
        f"{shown.with_unit(limits)} (--ci wald)."
    ]


def _number(document: Document) -> list[str]:
    k = get(document, "k") or 0
    said = []
    if k == 1:
        said.append("One series only: its interval covers chance in that series, not how much hospitals differ.")
    elif 2 <= k < 5:
        said.append(
            f"Only {noun(k)}: how much hospitals differ can hardly be estimated from so few, and one more series "
            "may move the answer."
        )
    heavy = max(items(document, "studies"), key=lambda study: get(study, "weight") or 0.0, default=None)
    if k > 2 and heavy is not None and (get(heavy, "weight") or 0.0) > 0.5:
        said.append(f"{text(heavy, 'study')} alone carries {rounding.percent(get(heavy, 'weight'))} of the weight.")
    return said


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def without(row: Any, names: list[str], shown: Quantity = PROPORTION, document: Document | None = None) -> str:
    """Say the answer that is left without some series, from a row of the document's ``sensitivity``.

    With the document it is said too where the interval of the answer itself is by another method.

    Examples
    --------
    >>> row = {"k": 3, "ci_method": "t", "reporting": {"estimate": 0.9853, "ci_low": 0.4676, "ci_high": 0.9998}}
    >>> without(row, ["A", "B"])
    'without them the answer is 98.5% (46.8% to >99.9%, by the t distribution with 2 degrees of freedom), from 3 series'
    >>> without({"k": 0, "reason": "no series is left"}, ["A"])
    'without it no series is left'
    """
    k = get(row, "k") or 0
    reporting = get(row, "reporting")
    estimate, low, high = get(reporting, "estimate"), get(reporting, "ci_low"), get(reporting, "ci_high")
    start = f"without {_them(names)}"
    if not k:
        return f"{start} no series is left"
    if estimate is None:
        why = plain.clause(get(row, "reason"))
        return f"{start} there is no pooled answer{f': {why}' if why else ''}"
    limits = shown.interval(low, high)
    how, main = get(row, "ci_method"), get(document, "pooled", "ci_method")
    if how and main and how != main and limits != rounding.ABSENT:
        basis = interval_basis(main, get(document, "k") or 0)
        limits += f", by {interval_basis(how, k)}; the interval above is by {basis}, so their widths do not compare"
    elif k > 1 and how in T_FAMILY and k - 1 <= FEW_DEGREES:
        limits += f", by {interval_basis(how, k)}"
    share = f"{shown.text(estimate)} ({limits})"
    if k == 1:
        return f"{start} one series is left, with {share}"
    return f"{start} the answer is {share}, from {noun(k)}"


def _clause(document: Document, names: list[str], told: set[int]) -> str:
    """Return the answer without exactly these series where it was worked out, as the end of a sentence."""
    for i, row in enumerate(items(document, "sensitivity")):
        if i not in told and {plain.visible(name) for name in items(row, "omitted")} == set(names):
            told.add(i)
            # A single series that is itself in doubt leaves nothing: that goes without saying.
            return f"; {without(row, names, quantity.of(document), document)}" if get(row, "k") else ""
    return ""


def _worked_out(document: Document, told: set[int]) -> list[str]:
    studies = items(document, "studies")
    totals = [study for study in studies if get(study, "provenance", "total_basis") == "derived"]
    events = [
        study
        for study in studies
        if get(study, "provenance", "events_basis") == "derived" and all(study is not each for each in totals)
    ]
    said = []
    if totals:
        end = _clause(document, _names(totals), told)
        said.append(
            f"In {some(_names(totals))} the number of patients assessed was worked out and is not printed (†){end}."
        )
    if events:
        end = _clause(document, _names(events), told)
        said.append(f"In {some(_names(events))} only the number with the event was worked out (†){end}.")
    return said


_BOUNDS = (
    ("upper", "an upper bound", "upper bounds", "lower"),
    ("lower", "a lower bound", "lower bounds", "higher"),
)


def _bounds(document: Document, told: set[int]) -> list[str]:
    said = []
    pooled = (get(document, "k") or 0) > 1
    for bound, one, many, other in _BOUNDS:
        names = _names([s for s in items(document, "studies") if get(s, "provenance", "bound") == bound])
        if not names:
            continue
        what = (
            f"The figure of {names[0]} is only {one} (†): the true one may be {other}"
            if len(names) == 1
            else f"The figures of {some(names)} are only {many} (†): the true ones may be {other}"
        )
        answer = ", and so may the answer" if pooled else ""
        said.append(f"{what}{answer}{_clause(document, names, told)}.")
    return said


def _other_answers(document: Document, told: set[int]) -> list[str]:
    """Return the answers without other sets of series than those that a sentence above has named."""
    said = []
    for i, row in enumerate(items(document, "sensitivity")):
        names = [plain.visible(name) for name in items(row, "omitted")]
        if i in told or not names or not get(row, "k"):
            continue
        label = plain.clause(get(row, "label"))
        answer = without(row, names, quantity.of(document), document)
        said.append(f"{label or 'Otherwise'} ({some(names)} left out): {answer}.")
    return said


def _confidence(document: Document) -> list[str]:
    found = []
    for grade in ("low", "moderate"):
        names = _names([s for s in items(document, "studies") if get(s, "provenance", "confidence") == grade])
        if names:
            found.append(f"{grade} for {some(names)}")
    return [f"The extractor's confidence is {joined(found)}."] if found else []


def _notes(document: Document) -> list[str]:
    few = (get(document, "k") or 0) <= 2
    noted = []
    for study in items(document, "studies"):
        source = get(study, "provenance")
        doubted = get(source, "bound") or get(source, "confidence") in {"low", "moderate"}
        if text(source, "note") and (few or doubted):
            noted.append(f"{text(study, 'study') or '(no label)'}: {plain.sentence(get(source, 'note'))}")
    more = len(noted) - MOST_NOTES
    if more > 0:
        noted[MOST_NOTES:] = [f"The notes on {noun(more)} more stand in the table of series."]
    return noted


def own_rows_left_out(document: Document) -> list[Any]:
    """Return the rows left out that are of the pooled arm; all of them where there is only one arm.

    Examples
    --------
    >>> rows = [{"study": "A", "arm": "mis"}, {"study": "B", "arm": "unclear"}]
    >>> [row["study"] for row in own_rows_left_out({"arm": {"id": "mis"}, "excluded": rows})]
    ['A']
    """
    own = get(document, "arm", "id")
    return [row for row in items(document, "excluded") if own is None or get(row, "arm") in {own, None}]


def _left_out(document: Document) -> list[str]:
    rows = own_rows_left_out(document)
    if not rows:
        return []
    arm = " of the same arm" if get(document, "arm", "id") is not None else ""
    if len(rows) > 3:
        names = list(dict.fromkeys(_names(rows)))
        return [f"{noun(len(rows), 'row', 'rows')}{arm} did not enter: {some(names)}; the reasons stand further down."]
    start = f"Left out, though{arm}" if arm else "Left out"
    return [f"{start}: {_row(row)}" for row in rows]


def _row(row: Any) -> str:
    reported = text(row, "percent_reported")
    reason = plain.sentence(get(row, "reason")) or "No reason on file."
    name = text(row, "study") or "(no label)"
    return f"{name}. {reason} Reported as {plain.sentence(reported)}" if reported else f"{name}. {reason}"
