"""Searches for a terminal: tables of counts, of strategies and of checks, and what a run is doing now."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..search.client.entrez import Event
from ..search.known import Check, Item
from ..search.run.counts import Counts, LineCount, Progress

if TYPE_CHECKING:
    from .chase import Chased

__all__ = ["changes_text", "chase_text", "check_text", "counts_table", "event_text", "progress_text", "table"]

_NARROWEST = 24
_SHOWN = 20


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int, right: Sequence[int] = ()) -> str:
    """Write rows below their heads; the last column takes what room is left, and is cut there.

    Parameters
    ----------
    head : sequence of str
        The names of the columns.
    rows : sequence of sequence of str
        The cells.
    width : int
        Columns of the terminal.
    right : sequence of int
        Columns that are set to the right.

    Examples
    --------
    >>> print(table(["line", "records", "search"], [["#1", "1,204", "spine[ti] OR back[ti]"]], width=40, right=[1]))
    line  records  search
    #1      1,204  spine[ti] OR back[ti]
    """
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    room = max(_NARROWEST, width - sum(widths) - 2 * len(widths))
    lines = []
    for row in [head, *rows]:
        cells = [
            cell.rjust(size) if column in right else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=False))
        ]
        last = row[-1] if len(row[-1]) <= room else row[-1][: room - 3] + "..."
        lines.append("  ".join([*cells, last]).rstrip())
    return "\n".join(lines)


def counts_table(counts: Counts, *, width: int) -> str:
    """Write what PubMed counts for each line and the whole."""
    rows = [[f"#{line.id}", f"{line.count:,}", _said(line)] for line in counts.lines]
    last = counts.lines[-1] if counts.lines else None
    same = last is not None and last.expanded == counts.whole.expanded
    rows.append(["whole", f"{counts.whole.count:,}", f"#{last.id}" if same and last else counts.whole.text])
    return table(("line", "records", "search"), rows, width=width, right=(1,))


def _said(line: LineCount) -> str:
    return f"{line.label}: {line.text}" if line.label else line.text


def check_text(check: Check, *, width: int) -> str:
    """Write the answer of a check: the recall, what is missing and which line loses it."""
    found, missed = check.of("found"), check.of("missed")
    lines = []
    if check.recall is not None:
        lines.append(
            f"Finds {len(found):,} of the {len(found) + len(missed):,} known publications that are in PubMed "
            f"({100 * check.recall:.1f} %), among {check.total:,} records"
            + (f": {check.to_read:,.1f} to read for each." if check.to_read is not None else ".")
        )
    else:
        lines.append(f"None of the {len(check.items):,} known publications is in PubMed; nothing can be said.")
    lines.append("")
    lines.append(
        table(("line", "finds"), [[f"#{id}", f"{count:,}"] for id, count in check.lines], width=width)
    )
    for what, items in (
        ("Missed", missed),
        ("Not in PubMed under this PMID or DOI, so no search of it can find them", check.of("not in PubMed")),
        ("Several records have this DOI", check.of("unclear")),
    ):
        if items:
            lines += ["", f"{what}:", *(_item(item) for item in items[:_SHOWN])]
            if len(items) > _SHOWN:
                lines.append(f"  ... and {len(items) - _SHOWN:,} more (--json lists all)")
    lines += ["", *check.notes] if check.notes else []
    return "\n".join(lines)


def _item(item: Item) -> str:
    lost = "; ".join(f"#{loss.line} {loss.how}" for loss in item.lost_by)
    title = textwrap.shorten(item.title, 90, placeholder="...")
    parts = [f"  {item.pmid or item.doi}  {item.label}", f"    {title}" if title else "", f"    {lost}" if lost else ""]
    return "\n".join(part for part in parts if part)


def changes_text(changes: dict[str, Any] | None) -> str:
    """Say in a sentence what a run changed."""
    if changes is None:
        return "The first run of this search: there is nothing to compare with."
    if not any(changes[name] for name in ("new", "gone", "changed")):
        return "Nothing has changed since the run before."
    return (
        f"Since the run before: {len(changes['new']):,} new, {len(changes['gone']):,} gone, "
        f"{len(changes['changed']):,} changed, {len(changes['retracted']):,} of them retracted since."
    )


def chase_text(done: Chased, *, width: int) -> str:
    """Write what citation searching brought: seed by seed, and the counts of a flow diagram."""
    counts = done.log["counts"]
    rows = []
    for seed in done.found.seeds:
        ways = ("-" if found is None else f"{len(found):,}" for found in (seed.references, seed.citing))
        rows.append([str(seed.pmid), *ways, seed.label])
    lines = [table(("PMID", "references", "citing", "publication"), rows, width=width, right=(0, 1, 2)), ""]
    lines += [
        f"{counts['identified']:>8,}  identified",
        f"{counts['duplicates']:>8,}  duplicates among them, and the publications begun at",
        f"{counts['already_there']:>8,}  found by the review's searches already",
        f"{counts['new']:>8,}  new, to screen",
    ]
    if counts["references_without_pmid"]:
        lines.append(f"{counts['references_without_pmid']:>8,}  references without a PMID, which cannot be followed")
    lines += ["", f"Written: {done.folder}/" if done.folder else "Nothing was stored: there is no review here."]
    return "\n".join(lines)


_STAGES = {
    "counts": "Counting the lines",
    "pmids": "Listing PMIDs",
    "records": "Fetching records",
    "again": "Asking again for what was not delivered",
    "finish": "Putting the records together",
}


def progress_text(progress: Progress) -> str:
    """Say what a run is doing, how fast, and how long it will take.

    Examples
    --------
    >>> progress_text(Progress("records", 1200, 12345, 180.0, 61.9))
    'Fetching records: 1,200 of 12,345, 180 a second, about 1 min left'
    """
    text = f"{_STAGES.get(progress.stage, progress.stage)}: {progress.done:,} of {progress.total:,}"
    if progress.rate is not None and progress.stage in ("records", "again"):
        text += f", {progress.rate:,.{0 if progress.rate >= 10 else 1}f} a second"
    if progress.left is not None and progress.left >= 1:
        text += f", about {duration(progress.left)} left"
    return text


def duration(seconds: float) -> str:
    """Write seconds as a person says them.

    Examples
    --------
    >>> duration(45), duration(61.9), duration(3 * 3600 + 120)
    ('45 s', '1 min', '3 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def event_text(event: Event) -> str:
    """Say that a request will be repeated, and when."""
    return (
        f"{event.endpoint}: {event.reason} (try {event.attempt} of {event.tries}; again in {duration(event.seconds)})"
    )
