"""The analyses beside a pool as short tables of text for a terminal; the page has them whole, with figures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection
from typing import Any

from ..outcome.undefined_analyses import NO_OPINIONS, NOT_ASKED, ONE_ARM_ONLY
from ..sections.gosh import QUARTILES, spread
from ..sections.groups import of_two, permuted
from ..words import plain, rounding
from ..words.quantity import Quantity
from ..words.quantity import of as quantity_of
from ..words.reading import Document, get, items, text
from .answer import plain_ascii

Cells = tuple[str, ...]
_UNASKED = {NOT_ASKED, NO_OPINIONS, ONE_ARM_ONLY}
MOST_ROWS = 40
"""Longer tables are cut on the terminal, and say so: the page and the JSON have every row."""


def tables(
    document: Document, *, width: int = 100, unicode: bool = True, only: Collection[str] | None = None
) -> str:
    """Return a table for each analysis that a document holds, or for those that are named.

    Parameters
    ----------
    document : mapping
        A pooled document.
    width : int
        Columns of the terminal.
    unicode : bool
        Whether the terminal can show more than ASCII.
    only : collection of str, optional
        The analyses to show, by their names in the document: below each of many outcomes, what nobody asked for would
        be a wall.

    Returns
    -------
    str
        Lines ending in a newline; the empty string where there is nothing to show.

    Examples
    --------
    >>> rows = [{"added": "A", "value": 2001.0, "k": 1, "estimate": 0.1, "ci_low": 0.05, "ci_high": 0.2, "tau2": None}]
    >>> print(tables({"analyses": {"cumulative": {"variable": "year", "rows": rows}}}, unicode=False), end="")
    Cumulative by year
      Added  year  Series  Estimate (95% CI)      tau2
      A      2001       1  10.0% (5.0% to 20.0%)     -
    """
    shown = quantity_of(document)
    parts: list[str] = []
    for name, make in _MAKERS.items():
        if only is not None and name not in only:
            continue
        found = get(document, "analyses", name)
        if found is None:
            why = text(document, "analyses", f"{name}_reason")
            if not why or why in _UNASKED:
                continue
            parts.append(f"{_TITLES[name]}: {plain.clause(why)}.\n")
            continue
        parts.append(_lines(make(document, found, shown), width, unicode))
    joined = "\n".join(parts)
    return joined if unicode else "\n".join(map(plain_ascii, joined.split("\n")))


class _Table:
    """A heading, a table and the sentences below it."""

    def __init__(self, title: str, heads: Cells = (), right: frozenset[int] = frozenset()) -> None:
        self.title, self.heads, self.right = title, heads, right
        self.rows: list[Cells] = []
        self.below: list[str] = []

    def say(self, *sentences: object) -> None:
        self.below += [plain.sentence(each) for each in sentences if each]


def _lines(table: _Table, width: int, unicode: bool) -> str:
    lines = [table.title]
    rows = [table.heads, *table.rows[:MOST_ROWS]] if table.rows else []
    if not unicode:  # before the columns are measured
        rows = [tuple(map(plain_ascii, row)) for row in rows]
    if rows:
        widths = [max(plain.columns(row[i]) for row in rows) for i in range(len(table.heads))]
        # Words give way, the last column's before the first one's: they can be told by their letters, numbers cannot.
        for i, least in ((len(widths) - 1, 16), (0, 12), (len(widths) - 1, 6), (0, 8)):
            over = 2 + sum(widths) + 2 * (len(widths) - 1) - width
            if i not in table.right and over > 0:
                widths[i] = max(min(widths[i], least), widths[i] - over)
        cut = "…" if unicode else "~"
        for row in rows:
            cells = [
                " " * (size - plain.columns(cell)) + cell if i in table.right else plain.fit(cell, size, cut)
                for i, (cell, size) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  " + "  ".join(cells).rstrip())
    if len(table.rows) > MOST_ROWS:
        lines.append(f"  ... and {len(table.rows) - MOST_ROWS} more on the page")
    lines += [f"  {each}" for sentence in table.below for each in _wrapped(sentence, width - 2)]
    return "\n".join(lines) + "\n"


def _wrapped(sentence: str, width: int) -> list[str]:
    return textwrap.wrap(sentence, max(width, 30), break_long_words=False, break_on_hyphens=False)


def _effect_head(document: Document) -> str:
    level = get(document, "settings", "level")
    return f"Estimate ({rounding.level(0.95 if level is None else level)} CI)"


def _effect(row: Any, shown: Quantity) -> str:
    return shown.effect(get(row, "estimate"), get(row, "ci_low"), get(row, "ci_high"))


def _why_none(table: _Table, rows: list[Any], name: str) -> None:
    """Say below a table why a row of it has no figure."""
    for row in rows:
        if get(row, "estimate") is None and get(row, "reason"):
            table.say(f"{text(row, name)}: {plain.clause(get(row, 'reason'))}")


def _excluded(table: _Table, found: Any) -> None:
    rows = items(found, "excluded")
    if rows:
        table.say("Left out here: " + "; ".join(f"{text(row, 'study')} ({text(row, 'reason')})" for row in rows[:10]))
    if len(rows) > 10:
        table.say(f"{len(rows) - 10} more are left out; the page names them")


def _test(name: str, statistic: Any, df: Any, p: Any) -> str:
    degrees = "" if df is None else f" on {df:g} degree{'' if df == 1 else 's'} of freedom"
    return f"{name}: {rounding.number(statistic)}{degrees}, {rounding.equals('p', rounding.p_value(p))}"


def _subgroups(document: Document, found: Any, shown: Quantity) -> _Table:
    heads = (text(found, "variable"), "Series", _effect_head(document), "τ²")
    shared = ", one tau2 for all" if text(found, "by_tau2") == "common" else ""
    table = _Table(f"Subgroups by {text(found, 'variable')}{shared}", heads, frozenset({1, 3}))
    for group in items(found, "groups"):
        cells = (text(group, "name"), rounding.count(get(group, "k")), _effect(group, shown))
        table.rows.append((*cells, rounding.variance(get(group, "tau2"))))
    _why_none(table, items(found, "groups"), "name")
    if get(found, "q_between") is not None:
        table.say(_test(text(found, "test"), get(found, "q_between"), get(found, "df"), get(found, "p_value")))
    table.say(*permuted(get(found, "permutation_p"), text(found, "permutation")), *of_two(found))
    table.say(get(found, "reason"), *items(found, "notes"))
    _excluded(table, found)
    return table


def _regression(document: Document, found: Any, shown: Quantity) -> _Table:
    title = f"Meta-regression on {', '.join(map(plain.visible, items(found, 'moderators')))}"
    chance = get(found, "qm_permutation_p") is not None
    heads = ("Coefficient", "Estimate", "CI", "p", *(("p, permuted",) if chance else ()))
    table = _Table(f"{title}, {text(found, 'scale')} scale", heads, frozenset({1, 3, 4}))
    for row in items(found, "coefficients"):
        low, high = rounding.number(get(row, "ci_low")), rounding.number(get(row, "ci_high"))
        p = rounding.p_value(get(row, "p_value"))
        last = (rounding.p_value(get(row, "permutation_p")),) if chance else ()
        table.rows.append((text(row, "name"), rounding.number(get(row, "estimate")), f"{low} to {high}", p, *last))
    if get(found, "qm") is not None:
        table.say(_test(f"Moderators ({text(found, 'qm_test')})", get(found, "qm"), None, get(found, "qm_p")))
    table.say(*permuted(get(found, "qm_permutation_p"), text(found, "permutation")))
    if get(found, "tau2") is not None:
        explained = "" if get(found, "r2") is None else f", {rounding.percent(get(found, 'r2'))} of it explained"
        table.say(f"{get(found, 'k')} series; tau2 left {rounding.variance(get(found, 'tau2'))}{explained}")
    table.say(get(found, "reason"), *items(found, "notes"))
    _excluded(table, found)
    return table


def _cumulative(document: Document, found: Any, shown: Quantity) -> _Table:
    variable = text(found, "variable")
    heads = ("Added", variable, "Series", _effect_head(document), "τ²")
    table = _Table(f"Cumulative by {variable}", heads, frozenset({1, 2, 4}))
    for row in items(found, "rows"):
        value = get(row, "value")
        at = f"{value:.6g}" if value is not None else rounding.ABSENT
        cells = (text(row, "added"), at, rounding.count(get(row, "k")), _effect(row, shown))
        table.rows.append((*cells, rounding.variance(get(row, "tau2"))))
    _why_none(table, items(found, "rows"), "added")
    table.say(get(found, "reason"))
    _excluded(table, found)
    return table


def _influence(document: Document, found: Any, shown: Quantity) -> _Table:
    heads = ("Series", "Residual", "DFFITS", "Cook", "Hat", "τ² without", "")
    table = _Table("Influence", heads, frozenset({1, 2, 3, 4, 5}))
    for row in items(found, "rows"):
        numbers = (rounding.number(get(row, name)) for name in ("rstudent", "dffits", "cooks_distance", "hat"))
        mark = "influential" if get(row, "flagged") else ""
        table.rows.append((text(row, "study"), *numbers, rounding.variance(get(row, "tau2_deleted")), mark))
    table.say(get(found, "reason"), f"Influential: {text(found, 'rule')}" if table.rows else "")
    _excluded(table, found)
    return table


def _gosh(document: Document, found: Any, shown: Quantity) -> _Table:
    heads = ("Of the subsets", "Smallest", "Quartile", "Median", "Quartile", "Largest")
    table = _Table("All subsets", heads, frozenset(range(1, 6)))
    if get(found, "pooled"):
        table.rows.append(("Estimate", *(shown.text(get(found, "estimate", key)) for key in QUARTILES)))
        table.rows.append(("I²", *(rounding.percent(get(found, "i2", key)) for key in QUARTILES)))
        if get(found, "tau2") is not None:
            table.rows.append(("τ²", *(rounding.variance(get(found, "tau2", key)) for key in QUARTILES)))
        table.say(*spread(found, shown))
    table.say(get(found, "reason"), *items(found, "notes"))
    _excluded(table, found)
    return table


def _opinions(document: Document, found: Any, shown: Quantity) -> _Table:
    table = _Table("Second opinions", ("Model", _effect_head(document), "Prediction"))
    rows = items({"rows": found}, "rows")
    for row in rows:
        expected = shown.interval(get(row, "prediction_low"), get(row, "prediction_high"))
        table.rows.append((text(row, "label"), _effect(row, shown), expected))
    _why_none(table, rows, "label")
    return table


def _bias(document: Document, found: Any, shown: Quantity) -> _Table:
    table = _Table("Small-study effects", ("Test", "Statistic", "p", "What"), frozenset({1, 2}))
    for row in items(found, "tests"):
        if get(row, "statistic") is None:
            table.say(f"{text(row, 'name')}: {plain.clause(get(row, 'reason'))}")
            continue
        what = text(row, "what")
        p = rounding.p_value(get(row, "p_value"))
        table.rows.append((text(row, "name"), rounding.number(get(row, "statistic")), p, what))
    filled = get(found, "trim_and_fill")
    if get(filled, "estimate") is not None:
        how = f"{get(filled, 'filled')} added on the {text(filled, 'side')} ({text(filled, 'estimator')})"
        table.say(f"Trim and fill: {how}, then {_effect(filled, shown)}")
    if get(found, "lfk", "value") is not None:
        table.say(f"LFK index: {rounding.number(get(found, 'lfk', 'value'))}, {text(found, 'lfk', 'reading')}")
    table.say(get(found, "reason"))
    _excluded(table, found)
    return table


def _presets(document: Document, found: Any, shown: Quantity) -> _Table:
    table = _Table("Presets", ("Preset", _effect_head(document), "Prediction", "Method"))
    for row in items({"rows": found}, "rows"):
        method = (text(row, name) for name in ("measure", "model", "tau2_method", "ci_method"))
        expected = shown.interval(get(row, "prediction_low"), get(row, "prediction_high"))
        words = ", ".join(word for word in method if word)
        table.rows.append((text(row, "label"), _effect(row, shown), expected, words))
    _why_none(table, items({"rows": found}, "rows"), "label")
    if any(get(row, "explanation") for row in items({"rows": found}, "rows")):
        table.say("The page walks from the first row to each other one, a change at a time, with the answer after each")
    return table


def _multiverse(document: Document, found: Any, shown: Quantity) -> _Table:
    table = _Table("Multiverse")
    low, high = get(found, "estimate_low"), get(found, "estimate_high")
    if low is not None:
        counted = f"{rounding.count(get(found, 'defined'))} of {rounding.count(get(found, 'count'))} combinations"
        spread = f"estimates from {shown.text(low)} to {shown.text(high)}"
        limits = shown.interval(get(found, "ci_low_low"), get(found, "ci_high_high"))
        table.say(f"{counted} of measure, model, effects, tau2 and interval have an answer: {spread}, limits {limits}")
    if get(found, "excludes_null") is not None:
        table.say(f"{get(found, 'excludes_null')} of them leave out no effect")
    table.say(get(found, "reason"))
    return table


_MAKERS: dict[str, Callable[[Document, Any, Quantity], _Table]] = {
    "second_opinions": _opinions,
    "subgroups": _subgroups,
    "regression": _regression,
    "cumulative": _cumulative,
    "influence": _influence,
    "gosh": _gosh,
    "bias": _bias,
    "presets": _presets,
    "multiverse": _multiverse,
}
_TITLES = {
    "second_opinions": "Second opinions",
    "subgroups": "Subgroups",
    "regression": "Meta-regression",
    "cumulative": "Cumulative",
    "influence": "Influence",
    "gosh": "All subsets",
    "bias": "Small-study effects",
    "presets": "Presets",
    "multiverse": "Multiverse",
}


