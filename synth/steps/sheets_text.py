"""What became of sheets, in words for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Problem
from ..extract.store import Change
from .sheets import Imported

MOST = 40
"""Rows that are listed one by one; of more the number is said, and --json has them all."""
_ALIKE = 4
_SHOWN = ("events", "total", "mean", "sd", "median", "q1", "q3", "time", "percent_reported", "judgement", "n", "year")
_WORDS = {"results": "figures", "studies": "studies", "bias": "judgements", "patients": "patients"}


def told(warnings: Sequence[Problem]) -> list[str]:
    r"""Say what should be looked at: each once, and of many rows with the same remedy the first few.

    Examples
    --------
    >>> said = "has no row in the studies sheet.", "Add it there."
    >>> rows = [Problem("a.csv", *said, row, "study") for row in range(2, 9)]
    >>> print(*told([*rows, rows[0]])[3:], sep="\n")
    a.csv, row 5, column study: has no row in the studies sheet. Add it there.
    a.csv, column study: the same in 3 more rows (6, 7, 8; all of them: --json).
    """
    groups: dict[tuple[str, str | None, str | None, str], list[Problem]] = {}
    for each in dict.fromkeys(warnings):
        groups.setdefault((each.file, each.sheet, each.column, each.remedy), []).append(each)
    lines: list[str] = []
    for (file, sheet, column, _), same in groups.items():
        lines += [str(each) for each in same[:_ALIKE]]
        rows = [str(each.row) for each in same[_ALIKE:] if each.row is not None]
        if len(same) > _ALIKE:
            where = ", ".join([file, *([f"sheet {sheet}"] if sheet else []), *([f"column {column}"] if column else [])])
            shown = ", ".join(rows[:10]) + (", ..." if len(rows) > 10 else "")
            lines.append(
                f"{where}: the same in {len(same) - _ALIKE:,} more row{'' if len(same) == _ALIKE + 1 else 's'} "
                f"({shown}; all of them: --json)."
            )
    return lines


def tell(made: Imported) -> str:
    """Say what was understood, what is new, what is different, and where it is kept.

    Parameters
    ----------
    made : Imported

    Returns
    -------
    str
        Lines; no patient's row is among them.
    """
    lines = [f"Understood: {note}" for note in made.notes]
    if made.counted:
        lines += ["", "Counted from patients:", *_counted(made.counted)]
    for what, head in (("added", "New"), ("changed", "Different from what was there")):
        some = [change for change in made.changes if change.what == what]
        if some:
            lines += ["", f"{head}:", *(_line(change) for change in some[:MOST])]
            if len(some) > MOST:
                lines.append(f"  and {len(some) - MOST:,} more rows (all of them: --json)")
    lines.append("")
    if not made.changes:
        lines.append(f"Nothing has changed: all {made.unchanged:,} rows are there already.")
        return "\n".join(lines).lstrip("\n")
    kinds = [
        f"{sum(change.rows for change in made.changes if change.kind == kind):,} {word}"
        for kind, word in _WORDS.items()
        if any(change.kind == kind for change in made.changes)
    ]
    lines.append(
        f"{'Would be kept' if made.dry_run else 'Kept'}: {', '.join(kinds)}; {made.unchanged:,} rows are as they were."
    )
    lines += [f"  {file}" for file in made.files]
    if made.dry_run:
        lines.append("Nothing was written. To keep it, type the same without --dry-run.")
    return "\n".join(lines).lstrip("\n")


def _line(change: Change) -> str:
    name = ", ".join(part for part in change.key if part)
    if change.kind == "patients":
        return f"  {name}: {change.rows:,} patients"
    parts = []
    for column, before, now in change.columns:
        if change.what == "changed":
            both = f"{column} {before or 'empty'} -> {now or 'empty'}"
            parts.append(both if column in _SHOWN else f"{column} rewritten")
        elif column in _SHOWN:
            parts.append(f"{column} {now}")
    return f"  {name}: {', '.join(parts) if parts else 'described'}"


def _counted(rows: Sequence[tuple[str, str, str, str, str]]) -> list[str]:
    lines = []
    for study, arm, outcome, figure, rule in rows[:MOST]:
        lines.append(f"  {study}, {arm}, {outcome}: {figure}")
        if rule:
            lines.append(f"      {rule}")
    if len(rows) > MOST:
        lines.append(f"  and {len(rows) - MOST:,} more (all of them: --json)")
    return lines
