"""The lines of the forests beside the main one: in groups, as series were added, and by other models."""

from __future__ import annotations

from typing import Any

from ..words import plain, quantity, rounding
from ..words.answer import main_answer
from ..words.names import model_name
from ..words.phrases import noun, pooled_reporting
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, level, outcome_label, text
from .forest_marks import Block, Line, Spec
from .forest_spec import axis_label, data_headings, headings, sides, study_row_line


def diamond(label: str, shown: Quantity, estimate: Any, low: Any, high: Any, strong: bool = True) -> Line:
    """Return the line of a summary."""
    effect = shown.effect(estimate, low, high)
    return Line(plain.isolated(label), "", effect, "", estimate, low, high, mark="diamond", strong=strong)


def subgroups_spec(document: Document, found: Any) -> Spec | None:
    """Return the lines of the forest in groups, or ``None`` where there is no group.

    Parameters
    ----------
    document : mapping
        A pooled document.
    found : mapping or None
        Its ``analyses.subgroups``.

    Examples
    --------
    >>> subgroups_spec({}, None) is None
    True
    """
    groups = items(found, "groups")
    if not groups:
        return None
    shown = quantity.of(document)
    variable = text(found, "variable") or "group"
    studies = {text(study, "study"): study for study in items(document, "studies")}
    blocks = []
    for group in groups:
        named = [plain.visible(name) for name in items(group, "studies")]
        lines = [study_row_line(studies[name], shown) for name in named if name in studies]
        label = text(group, "name") or "(no name)"
        estimate, low, high = (get(group, key) for key in ("estimate", "ci_low", "ci_high"))
        lines.append(diamond(f"Pooled: {label}", shown, estimate, low, high))
        blocks.append(Block(tuple(lines), plain.isolated(label), estimate))
    blocks.append(Block((diamond("All series", shown, *pooled_reporting(document)),)))
    return Spec(
        f"Forest plot by {variable}: {outcome_label(document)}",
        f"{noun(len(groups), 'group')} by {variable}, each with its series and its own pooled answer; then all series. "
        "The table under it gives every pooled number.",
        headings(document),
        tuple(blocks),
        axis_label(document),
        (),
        shown,
        data_headings(document)[1],
        sides(document),
    )


def cumulative_spec(document: Document, found: Any) -> Spec | None:
    """Return the lines of the cumulative forest, or ``None`` where there is nothing to add up.

    Parameters
    ----------
    document : mapping
        A pooled document.
    found : mapping or None
        Its ``analyses.cumulative``.

    Examples
    --------
    >>> cumulative_spec({}, {"rows": []}) is None
    True
    """
    rows = items(found, "rows")
    if not rows:
        return None
    shown = quantity.of(document)
    variable = text(found, "variable") or "order"
    lines = []
    for row in rows:
        estimate, low, high = (get(row, key) for key in ("estimate", "ci_low", "ci_high"))
        label = plain.isolated(f"+ {text(row, 'added')}")
        lines.append(Line(label, added_at(row), shown.effect(estimate, low, high), "", estimate, low, high, 1.0))
    return Spec(
        f"Cumulative forest by {variable}: {outcome_label(document)}",
        f"The pooled answer after each of {noun(len(rows))}, in the order of {variable}. The table under it gives "
        "every number.",
        ("Series added", variable, f"{shown.heading} ({level(document)} CI)", ""),
        (Block(tuple(lines), "", get(rows[-1], "estimate")),),
        axis_label(document),
        quantity=shown,
        sides=sides(document),
    )


def added_at(row: Any) -> str:
    """Write where in the order a series stands.

    Examples
    --------
    >>> added_at({"value": 2019.0}), added_at({"value": "early"})
    ('2019', 'early')
    """
    value = get(row, "value")
    return rounding.tick(value) if isinstance(value, (int, float)) else plain.visible(value)


def opinions_spec(document: Document, found: Any) -> Spec | None:
    """Return the main answer and those of other models as lines, or ``None`` where there is no other.

    Parameters
    ----------
    document : mapping
        A pooled document.
    found : sequence of mapping or None
        Its ``analyses.second_opinions``.

    Examples
    --------
    >>> opinions_spec({}, [{"label": "beta-binomial model", "estimate": 0.2}]).blocks[0].lines[1].label
    'Beta-binomial model'
    """
    others = list(found) if isinstance(found, (list, tuple)) else []
    if not others:
        return None
    shown = quantity.of(document)
    main = main_answer(document)
    lines = [diamond(main, shown, *pooled_reporting(document))]
    for one in others:
        estimate, low, high = (get(one, key) for key in ("estimate", "ci_low", "ci_high"))
        lines.append(diamond(opinion_label(one), shown, estimate, low, high, strong=False))
    return Spec(
        f"Second opinions: {outcome_label(document)}",
        f"The main answer and {noun(len(others), 'other')}, each with its interval. The table under it gives them.",
        ("Model", "", f"{shown.heading} ({level(document)} CI)", ""),
        (Block(tuple(lines), "", lines[0].estimate),),
        axis_label(document),
        quantity=shown,
        sides=sides(document),
    )


def opinion_label(one: Any) -> str:
    """Return what another model is called, with a capital.

    Examples
    --------
    >>> opinion_label({"model": "bayes", "label": "Bayesian model"})
    'Bayesian model'
    """
    label = text(one, "label") or model_name(get(one, "model"))
    return label[:1].upper() + label[1:]
