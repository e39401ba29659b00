"""The flow diagram as a table, its sums in words, and what is missing of it."""

from __future__ import annotations

from ..figures.prisma import NOT_RECORDED
from ..words import plain, rounding
from .flow import INCLUDED, Box, Check, Flow
from .model import FlowPart, FlowRow, Pair, Sum

__all__ = ["flow_part"]


def flow_part(flow: Flow, svg: str = "", caption: str = "") -> FlowPart:
    """Set the flow of records.

    Parameters
    ----------
    flow : Flow
        As it was counted.
    svg : str
        Its picture; "" where there is none.
    caption : str
        What to say under it.

    Examples
    --------
    >>> included = Box("included", "Studies included", None, reason="take sheets in")
    >>> part = flow_part(Flow((), included, (Check("A, and B", 3, 4),)))
    >>> part.wrong, part.missing[0].value, part.rows[0].n
    (1, 'Take sheets in.', 'not recorded')
    """
    rows: list[FlowRow] = []
    for column in flow.columns:
        for step in column.steps:
            for box in (step.box, step.out):
                if box is not None:
                    rows += _rows(_way(column.heading) if len(flow.columns) > 1 else "", step.phase, box)
    rows += _rows("", INCLUDED, flow.included)
    missing = [Pair(plain.visible(each.label), plain.sentence(each.reason)) for each in flow.missing]
    unique = tuple(dict.fromkeys(missing))
    return FlowPart(
        svg, caption, tuple(rows), tuple(map(_sum, flow.checks)), sum(not check.holds for check in flow.checks), unique
    )


def _way(heading: str) -> str:
    return heading.removeprefix("Identification of studies ")


def _rows(column: str, phase: str, box: Box) -> list[FlowRow]:
    made = [_row(column, phase, box.label, False, box.n, box.reason, box.source)]
    same = len(box.parts) == 1 and box.n is None and box.parts[0].reason == box.reason
    if not same:
        made += [_row(column, phase, part.label, True, part.n, part.reason, "") for part in box.parts]
    return made


def _row(column: str, phase: str, label: str, part: bool, n: int | None, reason: str, source: str) -> FlowRow:
    shown = rounding.count(n) if n is not None else NOT_RECORDED
    return FlowRow(
        column, phase, plain.visible(label), part, shown, plain.sentence(reason) if n is None else "",
        plain.visible(source),
    )  # fmt: skip


def _sum(check: Check) -> Sum:
    relation = "equals" if check.relation == "=" else "is at least"
    return Sum(
        plain.visible(check.text), rounding.count(check.left), rounding.count(check.right), relation, check.holds
    )
