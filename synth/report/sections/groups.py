"""Sections on series in groups, along a variable, and one after the other: subgroups, regression, cumulative."""

from __future__ import annotations

from typing import Any

from ..figures.charts_groups import bubbles
from ..figures.figure import Figure as Drawn
from ..figures.forest_more import added_at, cumulative_spec, subgroups_spec
from ..words import plain, quantity, rounding
from ..words.names import ci_name, model_name
from ..words.phrases import T_FAMILY, noun, some
from ..words.reading import Document, get, items, level, text
from . import pictures
from .model import Figure, Row, Section, Table, heads, left_out, reason


def subgroups(document: Document, found: Any, number: int = 1) -> Section:
    """Return the section on subgroups: a forest in groups, the test between them, and every number in a table.

    ``number`` keeps the anchors of several variables apart.
    """
    name = "subgroups" if number == 1 else f"subgroups-by-{number}"
    shown = quantity.of(document)
    variable = text(found, "variable") or "group"
    groups = items(found, "groups")
    said = [_between(found, variable), *map(plain.sentence, items(found, "notes")), *reason(found)]
    said += [_other_test(test) for test in items(found, "other_tests")]
    said += permuted(get(found, "permutation_p"), text(found, "permutation"))
    said += of_two(found)
    said.append(
        "Series were not allocated to groups by chance: a difference between groups may have another cause than the "
        "variable they are named by."
    )
    spec = subgroups_spec(document, found)
    caption = "As in the forest plot above, in groups; each group's diamond is its own pooled answer."
    figures = pictures.forest("Forest plot in groups", spec, name, caption)
    shared = text(found, "by_tau2") == "common"
    rows = tuple(
        Row(
            (
                text(group, "name") or "(no name)",
                rounding.count(get(group, "k")),
                shown.text(get(group, "estimate")),
                shown.interval(get(group, "ci_low"), get(group, "ci_high")),
                rounding.variance(get(group, "tau2")),
                rounding.percent(get(group, "i2")),
                _interval_by(get(group, "ci_method"), shared),
            ),
            reason(group),
        )
        for group in groups
    )
    head = heads(variable, "Series", shown.heading, f"{level(document)} CI", "τ²", "I²", words=("Interval by",))
    tables = (Table(f"The pooled answer in each group by {variable}", head, rows),) if rows else ()
    said = [one for one in [*said, *left_out(items(found, "excluded"))] if one]
    return Section(name, f"In groups by {variable}", f"By {variable}", tuple(said), figures, tables)


def _between(found: Any, variable: str) -> str:
    p = get(found, "p_value")
    if p is None:
        return ""
    df = get(found, "df")
    degrees = "" if df is None else f" on {noun(int(df), 'degree of freedom', 'degrees of freedom')}"
    statistic = rounding.equals("Q between", rounding.number(get(found, "q_between")))
    common = " One τ² for all groups." if text(found, "by_tau2") == "common" else " Each group has its own τ²."
    if p < 0.05:
        start = f"The groups by {variable} differ by more than chance alone would make them"
    else:
        start = f"No difference between the groups by {variable} is shown, which does not mean that there is none"
    how = plain.clause(get(found, "test"))
    p_text = rounding.equals("p", rounding.p_value(p))
    return f"{start}: {statistic}{degrees}, {p_text}{f' ({how})' if how else ''}.{common}"


def of_two(found: Any) -> list[str]:
    """Say which groups have an interval on one degree of freedom, which says hardly anything.

    Examples
    --------
    >>> of_two({"groups": [{"name": "a", "k": 2, "ci_method": "hksj"}]})[0].partition(":")[0]
    'The interval of a rests on two series'
    """
    if text(found, "by_tau2") == "common":
        return []
    names = [
        text(group, "name")
        for group in items(found, "groups")
        if get(group, "k") == 2 and get(group, "ci_method") in T_FAMILY
    ]
    if not names:
        return []
    start = f"The interval of {names[0]} rests" if len(names) == 1 else f"The intervals of {some(names)} each rest"
    return [
        f"{start} on two series: t has one degree of freedom then, and says hardly anything (--by-tau2 common)."
    ]


def _interval_by(method: Any, shared: bool) -> str:
    """Name the interval of a group; with one τ² for all, t has as many degrees of freedom as studies beyond groups.

    Examples
    --------
    >>> _interval_by("t", True), _interval_by("t", False)
    ('t distribution (series less groups)', 't distribution (k − 1)')
    """
    name = ci_name(method)
    return name.replace("(k − 1)", "(series less groups)") if shared else name


def permuted(p: Any, how: str) -> list[str]:
    """Say what a permutation test found, or why it could not be made.

    Examples
    --------
    >>> permuted(0.1, "20 arrangements of the studies, all there are, by Q")
    ['By permutation p = 0.100: 20 arrangements of the studies, all there are, by Q.']
    >>> permuted(None, "no group has a likelihood"), permuted(None, "")
    (['No permutation test: no group has a likelihood.'], [])
    """
    if p is None:
        return [f"No permutation test: {plain.clause(how)}."] if how else []
    return [f"By permutation {rounding.equals('p', rounding.p_value(p))}: {plain.clause(how)}."]


def _other_test(test: Any) -> str:
    if get(test, "p_value") is None:
        return ""
    df = [rounding.tick(round(get(test, key), 2)) for key in ("df", "df2") if get(test, key) is not None]
    word = "degree" if df == ["1"] else "degrees"
    degrees = f" on {' and '.join(df)} {word} of freedom" if df else ""
    p = rounding.equals("p", rounding.p_value(get(test, "p_value")))
    return f"Another test, {plain.clause(get(test, 'name'))}: {rounding.number(get(test, 'statistic'))}{degrees}, {p}."


def cumulative(document: Document, found: Any) -> Section:
    """Return the section on the answer as series were added: a forest and every number in a table."""
    shown = quantity.of(document)
    variable = text(found, "variable") or "order"
    rows = items(found, "rows")
    table = []
    for row in rows:
        estimate, low, high = (get(row, key) for key in ("estimate", "ci_low", "ci_high"))
        at = added_at(row)
        label = f"+ {text(row, 'added')}"
        table.append(
            Row(
                (
                    label,
                    at,
                    rounding.count(get(row, "k")),
                    shown.text(estimate),
                    shown.interval(low, high),
                    rounding.variance(get(row, "tau2")),
                    ci_name(get(row, "ci_method")),
                ),
                reason(row),
            )
        )
    order = text(found, "order")
    said = [
        f"Series enter in the order of {variable}{f', {order}' if order else ''}; each line is the pooled answer of "
        "all series down to it. Looking again after each series is no repeated test: read the course, not each line.",
        *reason(found),
        *left_out(items(found, "excluded")),
    ]
    spec = cumulative_spec(document, found)
    caption = "Each square is the answer so far; the dashed line marks the last."
    figures = pictures.forest("Cumulative forest", spec, "cumulative", caption)
    head = heads(
        "Series added", variable, "Series", shown.heading, f"{level(document)} CI", "τ²", words=("Interval by",)
    )
    tables = (Table("The pooled answer after each series", head, tuple(table)),) if table else ()
    return Section("cumulative", f"As series were added, by {variable}", "Cumulative", tuple(said), figures, tables)


def regression(document: Document, found: Any) -> Section:
    """Return the section on moderators: the coefficients, what they explain, and bubbles for one numeric moderator."""
    names = [plain.visible(name) for name in items(found, "moderators")]
    scale = text(found, "scale") or "analysis"
    rows = tuple(
        Row(
            (
                plain.visible(get(one, "name")),
                rounding.number(get(one, "estimate")),
                rounding.number(get(one, "se")),
                _limits(one),
                rounding.number(get(one, "statistic")),
                rounding.p_value(get(one, "p_value")),
                *((rounding.p_value(get(one, "permutation_p")),) if text(found, "permutation") else ()),
            )
        )
        for one in items(found, "coefficients")
    )
    said = [_explained(found, scale), *_unexplained(found), *reason(found)]
    said += map(plain.sentence, items(found, "notes"))
    for factor in items(found, "factors"):
        said.append(f"{text(factor, 'moderator')}: each level is compared with {text(factor, 'reference')}.")
    said += permuted(get(found, "qm_permutation_p"), text(found, "permutation"))
    said.append(
        "A moderator is a property of whole series, and series were not allocated to it: what holds between series "
        "need not hold between patients."
    )
    columns = ["Coefficient", "Standard error", f"{level(document)} CI", "Statistic", "p"]
    columns += ["p, permutation"] if text(found, "permutation") else []
    tables: tuple[Table, ...] = ()
    if rows:
        tables = (Table(f"Coefficients on the {scale} scale", heads("Term", *columns), rows),)
    drawn = bubbles(document) if len(names) == 1 else None
    figures = (Figure("Bubble plot", (drawn.svg,), "", drawn.caption),) if isinstance(drawn, Drawn) else ()
    if figures:
        points = tuple(
            Row(
                (text(p, "study"), rounding.number(get(p, "x"), 6), rounding.number(get(p, "y")),
                 rounding.percent(get(p, "weight")))
            )
            for p in items(found, "points")
        )  # fmt: skip
        head = heads("Series", names[0], scale, "Weight")
        tables += (Table("The points of the figure", head, points, "Every point of the figure"),)
    said = [one for one in [*said, *left_out(items(found, "excluded"))] if one]
    title = f"Along {' and '.join(names) or 'a moderator'}"
    return Section("regression", title, "Moderators", tuple(said), figures, tables)


def _limits(one: Any) -> str:
    low, high = get(one, "ci_low"), get(one, "ci_high")
    return rounding.ABSENT if low is None or high is None else f"{rounding.number(low)} to {rounding.number(high)}"


def _explained(found: Any, scale: str) -> str:
    p = get(found, "qm_p")
    if p is None:
        return ""
    how = plain.clause(get(found, "qm_test"))
    df = get(found, "qm_df")
    on = "" if df is None else f" on {noun(int(df), 'degree of freedom', 'degrees of freedom')}"
    start = "The moderators are related to the figures" if p < 0.05 else "No relation to the moderators is shown"
    p_text = rounding.equals("p", rounding.p_value(p))
    return (
        f"{start}: {rounding.number(get(found, 'qm'))}{on}, {p_text}{f' ({how})' if how else ''}; "
        f"{noun(get(found, 'k') or 0)}, {model_name(get(found, 'model'))}, {scale} scale."
    )


def _unexplained(found: Any) -> list[str]:
    parts = []
    if get(found, "tau2") is not None:
        parts.append(rounding.equals("τ²", rounding.variance(get(found, "tau2"))))
    if get(found, "qe") is not None:
        df = get(found, "qe_df")
        on = "" if df is None else f" on {noun(int(df), 'degree of freedom', 'degrees of freedom')}"
        p = rounding.equals("p", rounding.p_value(get(found, "qe_p"))) if get(found, "qe_p") is not None else ""
        parts.append(f"test of what is left {rounding.number(get(found, 'qe'))}{on}{f', {p}' if p else ''}")
    said = [f"Left between series: {'; '.join(parts)}."] if parts else []
    if get(found, "r2") is not None:
        said.append(f"The moderators explain {rounding.percent(min(max(get(found, 'r2'), 0.0), 1.0))} of τ² (R²).")
    return said
