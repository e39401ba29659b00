"""What a review holds: studies, events and totals of each outcome and arm."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from ..extract import Extracted, OutcomeCount, load, summarise
from ..workspace import Review, Workspace
from .medians import with_estimates
from .options import PoolOptions
from .run import to_json

SCHEMA = "synth.outcomes/1"


@dataclass(frozen=True)
class Listing:
    """The outcomes of a review, arm by arm.

    Parameters
    ----------
    counts : tuple of OutcomeCount
        In the order of the review.
    warnings : tuple of str
        What the sheets' readers noticed.
    """

    counts: tuple[OutcomeCount, ...]
    warnings: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Give one flat row for each outcome and arm, ready for ``pandas.DataFrame``."""
        return [
            {
                "outcome": count.outcome.id,
                "label": count.outcome.label,
                "kind": count.outcome.kind,
                "arm": arm.arm,
                "studies": arm.k,
                "events": arm.events,
                "total": arm.total,
                "excluded": arm.excluded,
            }
            for count in self.counts
            for arm in count.arms
        ]

    def to_json(self, *, ascii_only: bool = False) -> str:
        """Write the listing as JSON text."""
        rows = self.rows()
        for row in rows:
            if row["events"] is None:
                row["events_reason"] = "a continuous outcome: no events are counted"
        return to_json({"schema": SCHEMA, "outcomes": rows}, ascii_only=ascii_only)

    def table(self, *, width: int = 100) -> str:
        """Write the listing as a table for a terminal of `width` columns; ASCII but for names."""
        head = ("outcome", "arm", "studies", "events/total", "left out", "what")
        body = []
        for count in self.counts:
            name = count.outcome.id
            for arm in count.arms:
                if not arm.k and not arm.excluded:
                    continue
                body.append(
                    (
                        name,
                        arm.arm,
                        str(arm.k),
                        "-" if not arm.k else f"{'-' if arm.events is None else arm.events}/{arm.total}",
                        str(arm.excluded) if arm.excluded else "",
                        count.outcome.label if name else "",
                    )
                )
                name = ""
            if name:
                body.append((name, "-", "0", "-", "", count.outcome.label))
        widths = [max(len(row[i]) for row in [head, *body]) for i in range(len(head) - 1)]
        room = max(12, width - sum(widths) - 2 * len(widths))
        lines = []
        for row in [head, *body]:
            cells = [
                cell.rjust(size) if number in (2, 3, 4) else cell.ljust(size)
                for number, (cell, size) in enumerate(zip(row, widths, strict=False))
            ]
            what = row[-1] if len(row[-1]) <= room else row[-1][: room - 3] + "..."
            lines.append("  ".join([*cells, what]).rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("outcome", "label", "arm", "studies", "events", "total"))
        body = "".join(
            "<tr>"
            + "".join(
                f"<td>{html.escape('' if row[name] is None else str(row[name]))}</td>"
                for name in ("outcome", "label", "arm", "studies", "events", "total")
            )
            + "</tr>"
            for row in self.rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def list_outcomes(workspace: Workspace) -> Listing:
    """Read the sheets of a review and count what they hold.

    Raises
    ------
    ProblemsError, WorkspaceError
        The sheets cannot be used.
    """
    return listing_of(workspace.review, load(workspace))


def listing_of(review: Review, extracted: Extracted) -> Listing:
    """Count what sheets that have been read hold; a median from which a mean can be estimated counts as one."""
    measured = [outcome.id for outcome in review.outcomes if outcome.kind == "continuous"]
    extracted = with_estimates(extracted, measured, PoolOptions.medians)
    return Listing(
        counts=tuple(summarise(extracted, review)),
        warnings=tuple(str(problem) for problem in extracted.warnings),
    )
