"""From a pooled document to the lines of a forest plot: the same lines feed the picture and the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..words import counts, plain, quantity, rounding
from ..words.names import ci_name
from ..words.phrases import noun, pooled_reporting
from ..words.quantity import PROPORTION, Quantity
from ..words.reading import Document, get, is_added_up, is_doubtful, items, level, outcome_label, predicate, text
from ..words.sentences import short_heterogeneity
from .forest_marks import Block, Line, Spec

DAGGER = "†"
DAGGER_NOTE = f"{DAGGER} worked out rather than printed in the source, or only a bound: see the table of series."


def study_label(study: Any) -> str:
    """Return a study's label as the figure shows it, with the mark of a doubtful figure.

    Examples
    --------
    >>> study_label({"study": "Bredin 2017", "provenance": {"total_basis": "derived"}})
    'Bredin 2017 †'
    """
    label = text(study, "study") or "(no label)"
    return f"{label} {DAGGER}" if is_doubtful(study) else label


def _study_line(study: Any, context: bool, weighed: bool, shown: Quantity) -> Line:
    estimate, low, high, weight = (get(study, key) for key in ("estimate", "ci_low", "ci_high", "weight"))
    data, second = counts.cells(study)
    return Line(
        label=plain.isolated(study_label(study)),
        counts=data,
        second=second,
        effect=shown.effect(estimate, low, high),
        weight_text=rounding.percent(weight) if weighed else rounding.ABSENT,
        estimate=estimate,
        low=low,
        high=high,
        weight=weight,
        context=context,
    )


def study_row_line(study: Any, shown: Quantity) -> Line:
    """Return a study as a line of a forest other than the main one, with the weight it has there."""
    return _study_line(study, False, True, shown)


def _pooled_line(block: Any, label: str, context: bool, shown: Quantity) -> Line:
    estimate, low, high = pooled_reporting(block)
    return Line(
        label=label,
        counts=counts.summed(block),
        effect=shown.effect(estimate, low, high),
        weight_text="100%" if estimate is not None and not context else "",
        estimate=estimate,
        low=low,
        high=high,
        mark="diamond",
        context=context,
        strong=True,
        total=not context,
    )


def _how(document: Document) -> str:
    """Name the model and the interval; an exact interval on the boundary has no random effects in it."""
    interval = ci_name(get(document, "pooled", "ci_method")).split(" (")[0]
    if get(document, "pooled", "ci_method") in {"exact", "clopper-pearson"}:
        return interval if quantity.of(document) == quantity.PROPORTION else "exact"
    effects = "common effect" if get(document, "settings", "effects") == "common" else "random effects"
    return f"{effects}; {interval}" if interval else effects


def _primary(document: Document) -> Block:
    studies = items(document, "studies")
    shown = quantity.of(document)
    lines = [_study_line(study, False, len(studies) > 1, shown) for study in studies]
    estimate, _, _ = pooled_reporting(document)
    if len(studies) > 1:
        done = "Added up" if is_added_up(document) else "Pooled"
        lines.append(_pooled_line(document, f"{done} ({_how(document)})", False, shown))
        low, high = (
            get(document, "prediction", "reporting", "ci_low"),
            get(document, "prediction", "reporting", "ci_high"),
        )
        if low is not None and high is not None:
            lines.append(
                Line(
                    f"{level(document)} prediction interval",
                    effect=shown.interval(low, high),
                    low=low,
                    high=high,
                    mark="bar",
                )
            )
    return Block(tuple(lines), "", estimate if len(studies) > 1 else None)


def _comparator(block: Any, shown: Quantity) -> Block | None:
    studies = items(block, "studies")
    if not studies:
        return None
    label = text(block, "arm", "label") or text(block, "arm", "id") or "Another arm"
    lines = [_study_line(study, True, len(studies) > 1, shown) for study in studies]
    if len(studies) > 1:
        lines.append(_pooled_line(block, "Pooled apart", True, shown))
    return Block(tuple(lines), f"For context, never pooled with the above: {plain.isolated(label)}")


def headings(document: Document, first: str = "Series") -> tuple[str, str, str, str]:
    """Return the column headings."""
    return (first, data_headings(document)[0], f"{quantity.of(document).heading} ({level(document)} CI)", "Weight")


def data_headings(document: Document) -> tuple[str, str]:
    r"""Return the headings of the one or two columns of data: the whole name of each arm, and under it what is counted.

    Examples
    --------
    >>> data_headings({}), data_headings({"arms": ["A", "B"]})
    (('Events/total', ''), ('A\nEvents/total', 'B\nEvents/total'))
    """
    two = counts.arms(document)
    what = counts.what(document)
    if two is None:
        return what, ""
    first, second = ("\n".join(part for part in (plain.isolated(name), what) if part) for name in two)
    return first, second


def main_spec(document: Document) -> Spec:
    """Return the lines of the main forest: studies, pooled answer, prediction interval, and each comparator arm apart.

    Examples
    --------
    >>> study = {"study": "A", "events": 1, "total": 4, "estimate": 0.25}
    >>> spec = main_spec({"outcome": "x", "k": 1, "studies": [study]})
    >>> spec.blocks[0].lines[0].effect
    '25.0% (no interval)'
    """
    blocks = [_primary(document)]
    shown = quantity.of(document)
    blocks += [made for block in items(document, "comparators") if (made := _comparator(block, shown)) is not None]
    if all(sum(line.mark == "square" for line in block.lines) < 2 for block in blocks):
        # Nothing was pooled: a column of dashes would be all that is left of the weights.
        blocks = [replace(block, lines=tuple(replace(x, weight_text="") for x in block.lines)) for block in blocks]
    label = outcome_label(document)
    k = get(document, "k") or 0
    estimate, low, high = pooled_reporting(document)
    about = f"{noun(k)}; " + ("pooled answer " if k > 1 else "its figure ") + shown.effect(estimate, low, high)
    about += f" at {level(document)} confidence. The table of series below gives every number of the figure."
    notes = [note for note in (short_heterogeneity(document), DAGGER_NOTE if _any_doubtful(document) else "") if note]
    return Spec(
        f"Forest plot: {label}",
        about,
        headings(document),
        tuple(blocks),
        axis_label(document),
        tuple(notes),
        shown,
        data_headings(document)[1],
        sides(document),
    )


def axis_label(document: Document) -> str:
    """Return what the axis measures, in the outcome's own words.

    Examples
    --------
    >>> axis_label({"outcome_info": {"predicate": "had a healed fracture"}})
    'Per cent who had a healed fracture'
    """
    shown = quantity.of(document)
    if shown == PROPORTION:
        return f"Per cent who {predicate(document)}"
    return f"{shown.heading}: {outcome_label(document)}"


def sides(document: Document) -> tuple[str, str]:
    """Say what lies below and above no effect; which of the two is better is not for a picture to say.

    Examples
    --------
    >>> sides({"settings": {"reporting": "odds ratio"}, "arms": ["A", "B"]})
    ('← lower with A', 'higher with A →')
    >>> sides({})
    ('', '')
    """
    two = counts.arms(document)
    if quantity.of(document).null is None or two is None:
        return "", ""
    by = "with" if counts.are_named(document) else "in"
    return f"← lower {by} {plain.isolated(two[0])}", f"higher {by} {plain.isolated(two[0])} →"


def _any_doubtful(document: Document) -> bool:
    studies = items(document, "studies") + [
        study for block in items(document, "comparators") for study in items(block, "studies")
    ]
    return any(is_doubtful(study) for study in studies)


def leave_one_out_spec(document: Document) -> Spec | None:
    """Return the lines of the leave-one-out forest, or ``None`` where there is nothing to leave out."""
    rows = items(document, "leave_one_out")
    if not rows:
        return None
    lines = []
    shown = quantity.of(document)
    for row in rows:
        estimate, low, high = get(row, "estimate"), get(row, "ci_low"), get(row, "ci_high")
        label = plain.isolated(f"without {text(row, 'omitted')}")
        lines.append(Line(label, "", shown.effect(estimate, low, high), "", estimate, low, high, 1.0))
    estimate, low, high = pooled_reporting(document)
    lines.append(
        Line("All series", "", shown.effect(estimate, low, high), "", estimate, low, high, mark="diamond", strong=True)
    )
    about = f"The pooled answer without each of the {noun(len(rows))} in turn. The table under it gives every number."
    heads = ("Pooled answer", "", f"{shown.heading} ({level(document)} CI)", "")
    return Spec(
        f"Leave one out: {outcome_label(document)}",
        about,
        heads,
        (Block(tuple(lines), "", estimate),),
        axis_label(document),
        quantity=shown,
        sides=sides(document),
    )
