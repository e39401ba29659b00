"""The page as strings: everything a template prints, worked out and rounded beforehand.

Templates hold no arithmetic and no decision about numbers. They get these frozen values, in which every text is plain
(the template escapes it) except the SVG elements, which their writer has escaped already.
"""

from __future__ import annotations

from typing import Any

from ..figures.forest import leave_one_out_svg, narrow, parts
from ..figures.forest_spec import main_spec
from ..sections import every as sections
from ..words import counts, doubt, impossible, phrases, plain, quantity, rounding
from ..words import sentences as words
from ..words.names import ci_name
from ..words.reading import Document, get, items, level, outcome_label, text
from . import context, crowded
from .page_model import AnswerRow, Comparator, Detail, Fact, Page
from .view_rows import answer_row, excluded_row, study_row

MOST_IN_SMALL_FOREST = 60
"""With more series than this the leave-one-out picture says nothing that its table does not."""


def _sensitivity(document: Document) -> tuple[AnswerRow, ...]:
    rows = []
    for row in items(document, "sensitivity"):
        if get(document, "k") == 1 and not get(row, "k"):
            # One series in doubt, and nothing left without it: that is no other answer.
            continue
        omitted = phrases.joined([plain.visible(name) for name in items(row, "omitted")])
        note = " ".join(
            part for part in (plain.sentence(get(row, "why")), f"Left out: {omitted}." if omitted else "") if part
        )
        rows.append(answer_row(row, text(row, "label") or text(row, "id"), note, quantity.of(document)))
    return tuple(rows)


def _intervals(document: Document) -> tuple[AnswerRow, ...]:
    used = get(document, "pooled", "ci_method")
    rows = []
    shown = quantity.of(document)
    for row in items(document, "pooled", "intervals"):
        name = ci_name(get(row, "method"))
        # The t of the t distribution is a small one wherever it stands.
        label = name if name.startswith("t ") else name[:1].upper() + name[1:]
        rows.append(answer_row(row, label, "the one used above" if get(row, "method") == used else "", shown))
    return tuple(rows)


def _facts(document: Document) -> tuple[Fact, ...]:
    k = get(document, "k") or 0
    facts = [
        Fact(
            "Series",
            rounding.count(k),
            words.about_arms(document),
        ),
    ]
    shown, summed = quantity.of(document), counts.summed(document)
    if summed:
        facts.append(Fact("Events / patients", summed, "added up" if k > 1 else "in this series"))
    facts += _crude_fact(document, shown)
    low, high = get(document, "prediction", "reporting", "ci_low"), get(document, "prediction", "reporting", "ci_high")
    if low is not None and high is not None:
        expected = shown.with_unit(shown.interval(low, high))
        facts.append(Fact("Expect in another hospital", expected, f"{level(document)} prediction interval"))
    for block in items(document, "comparators"):
        estimate, low, high = phrases.pooled_reporting(block)
        if estimate is not None and get(block, "k"):
            label = text(block, "arm", "label") or text(block, "arm", "id") or "Another arm"
            facts.append(
                Fact(
                    f"{label}, for context",
                    shown.text(estimate),
                    f"{shown.interval(low, high)}; {phrases.noun(get(block, 'k'))}",
                )
            )
    return tuple(facts)


_UNASKED = (
    ("subgroups", "Subgroups"),
    ("cumulative", "The answer as series were added"),
    ("influence", "What each series does to the answer"),
    ("bias", "Small series against large ones"),
    ("multiverse", "Every reasonable choice at once"),
)


def missing(document: Document) -> tuple[Detail, ...]:
    """Say of each part that a reader looks for and does not find why it is not on the page.

    Examples
    --------
    >>> [one.value for one in missing({"analyses": {"influence": None, "influence_reason": "one series"}})]
    ['One series.']
    """
    found = get(document, "analyses")
    parts = [
        (title, get(found, f"{name}_reason")) for name, title in _UNASKED if found and not get(found, name)
    ]
    # A crowded page holds no document, in which those answers would be looked up.
    too_many = crowded.is_crowded(document) and get(document, "what_if")
    asked = "this page is too large to hold those answers" if too_many else get(document, "what_if_reason")
    parts += [("What if some series were left out", asked)]
    return tuple(Detail(title, plain.sentence(why)) for title, why in parts if why)


def _crude_fact(document: Document, shown: quantity.Quantity) -> list[Fact]:
    """Set the crude figure beside the pooled one: where they part, the weighing of the series does it."""
    found = get(document, "crude")
    estimate = get(found, "estimate")
    if estimate is None or (get(document, "k") or 0) < 2:
        return []
    limits = shown.interval(get(found, "ci_low"), get(found, "ci_high"))
    return [Fact("Crude, as if one series", shown.text(estimate), f"{level(document)} CI {limits}")]


def _named(source: Any, pairs: tuple[tuple[str, str], ...]) -> tuple[Detail, ...]:
    return tuple(Detail(name, text(source, key)) for name, key in pairs if text(source, key))


def _big(document: Document) -> tuple[str, str]:
    estimate, low, high = phrases.pooled_reporting(document)
    shown = quantity.of(document)
    limits = shown.interval(low, high)
    note = "" if limits == rounding.ABSENT else f"{level(document)} CI {limits}"
    if estimate is None:
        return counts.summed(document) or rounding.ABSENT, note
    if shown.kind != "proportion":
        # Without a sign behind it a figure needs its name in front of it.
        note = f"{shown.heading}. {note}" if note else shown.heading
    return shown.text(estimate), note


def listed(rows: list[Any]) -> list[Any]:
    """Return what of a long list a table holds: the heaviest, or the first where nothing has a weight."""
    return crowded.heaviest(rows, crowded.MOST_LISTED)


def _counts_headings(document: Document) -> tuple[str, str]:
    """Return the headings of the columns of data in the table of series."""
    two, what = counts.arms(document), counts.what(document)
    if two is None:
        return what, ""
    return f"{two[0]}: {what[:1].lower() + what[1:]}", f"{two[1]}: {what[:1].lower() + what[1:]}"


def _small_forest(document: Document, svg: str | None) -> str:
    return "" if svg is None or len(items(document, "leave_one_out")) > MOST_IN_SMALL_FOREST else svg


def page(document: Document) -> Page:
    """Turn a document into the strings of its page.

    Parameters
    ----------
    document : mapping
        A pooled document; missing keys count as null.

    Returns
    -------
    Page
        Frozen; nothing in it is a number any more.

    Examples
    --------
    >>> page({"outcome": "deaths", "k": 1, "events": 7, "total": 43}).heading
    'deaths'
    """
    big, big_note = _big(document)
    studies = items(document, "studies")
    shown, crowd = quantity.of(document), crowded.is_crowded(document)
    drawn = crowded.lighter(document)
    counted = counts.what(document) == "Events/total"
    spec = main_spec(drawn)
    notes = tuple(note for note in (plain.sentence(note) for note in items(document, "notes")) if note)
    comparators = tuple(
        Comparator(
            text(block, "arm", "label") or text(block, "arm", "id") or "Another arm",
            context.comparator(document, block),
            tuple(study_row(one, shown, crowd) for one in listed(items(block, "studies"))),
            tuple(excluded_row(row, counted) for row in listed(items(block, "excluded"))),
        )
        for block in items(document, "comparators")
    )
    left_out, left_out_said = crowded.omitted(document)
    loo = tuple(answer_row(row, f"without {text(row, 'omitted')}", "", shown) for row in left_out)
    estimate, low, high = phrases.pooled_reporting(document)
    generator = get(document, "generator")
    return Page(
        heading=outcome_label(document),
        review=text(document, "review", "title"),
        question=text(document, "review", "question", "text"),
        population=_named(
            get(document, "review", "question"),
            (("Population", "population"), ("Intervention", "intervention"), ("Comparator", "comparator")),
        ),
        outcome=_named(
            get(document, "outcome_info"),
            (("Definition", "definition"), ("Time point", "time_point"), ("Direction", "direction")),
        ),
        arm=words.about_arms(document) if counts.arms(document) else text(document, "arm", "label"),
        level=level(document),
        big=big,
        big_note=big_note,
        answer=words.answer(document),
        facts=_facts(document),
        sureness=(*filter(None, [impossible.remark(document)]), *doubt.sureness(document), *notes),
        crude=words.crude(document),
        bias_said=plain.clause(get(document, "risk_of_bias_reason")),
        forest=tuple(parts(spec, "forest")) if studies else (),
        narrow_forest=narrow(spec, "forest") if studies else "",
        has_prediction=get(document, "prediction", "reporting", "ci_low") is not None,
        is_pooled=(get(document, "k") or 0) > 1,
        has_context=any(items(block, "studies") for block in items(document, "comparators")),
        prediction=words.prediction(document),
        heterogeneity=tuple(words.heterogeneity(document)),
        average=words.average(document),
        studies=tuple(study_row(one, shown, crowd) for one in listed(studies)),
        sections=sections.sections(document),
        crowded=crowd,
        crowded_said=crowded.said(document),
        heading_excluded="Events/total" if counted else "Patients",
        heading_counts=_counts_headings(document),
        heading_estimate=shown.heading,
        null_said=words.null_said(document),
        sensitivity=_sensitivity(document),
        sensitivity_said=phrases.other_intervals(document, items(document, "sensitivity")),
        leave_one_out=loo,
        leave_one_out_said=" ".join(
            part for part in (left_out_said, phrases.other_intervals(document, left_out)) if part
        ),
        leave_one_out_reason=plain.sentence(get(document, "leave_one_out_reason")),
        leave_one_out_svg=_small_forest(document, leave_one_out_svg(document, style=False)),
        intervals=_intervals(document),
        study_interval=ci_name(get(document, "settings", "study_ci_method")),
        interval_used=shown.with_unit(shown.effect(estimate, low, high)),
        excluded_said=context.left_out(document),
        excluded=tuple(excluded_row(row, counted) for row in listed(items(document, "excluded"))),
        comparators=comparators,
        missing=missing(document),
        version=" ".join(part for part in (text(generator, "name"), text(generator, "version")) if part),
        schema=text(document, "schema"),
    )
