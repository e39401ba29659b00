"""How far two people agree, in words for a terminal."""

from __future__ import annotations

from ..extract.reconcile.compare import ColumnAgreement, Disagreement
from ..report.words.rounding import decimals, percent
from .reconcile import Reconciled
from .sheets_text import tell as tell_import

MOST = 40
"""Disagreements that are listed one by one; of more the number is said, and --json and the workbook have them all."""
_HEAD = ("sheet", "column", "rows", "same", "agreement", "coefficient")


def tell(made: Reconciled) -> str:
    """Say how far two people agree, what they do not agree on, and what became of it.

    Parameters
    ----------
    made : Reconciled

    Returns
    -------
    str
        Lines; no patient's row is among them.
    """
    found = made.comparison
    lines = [f"Understood: {note}" for note in made.notes]
    lines += ["", f"A: {made.sources[0][0]}", f"B: {made.sources[1][0]}", ""]
    lines += [
        f"{kind}: {both:,} rows in both, {only_a:,} only in A, {only_b:,} only in B"
        for kind, both, only_a, only_b in found.rows
    ]
    if found.columns:
        lines += ["", *_table([_HEAD, *map(_row, found.columns)])]
    lines += [f"  {kind}, {column}: only {who} filled it in; taken over." for kind, column, who in found.taken_over]
    count = len(found.disagreements)
    if made.imported is not None:
        lines += ["", f"Settled: {count:,} disagreement{'' if count == 1 else 's'}.", "", tell_import(made.imported)]
        return "\n".join(lines).lstrip("\n")
    if count:
        lines += ["", f"Disagreements ({count:,}):", *(_line(each) for each in found.disagreements[:MOST])]
        if count > MOST:
            lines.append(f"  and {count - MOST:,} more (all of them: --output FILE.xlsx or --json)")
    else:
        lines += ["", "There is nothing to settle: A and B agree on every cell.",
                  "To keep what both have, type the same with --output FILE.xlsx, and then with --settled FILE.xlsx."]
    lines.append("")
    if made.output:
        lines.append(f"Written: {made.output}")
        lines.append("Settle it together, then type the same with --settled instead of --output.")
    elif count:
        lines.append("To settle them, type the same with --output FILE.xlsx. Nothing was written.")
    return "\n".join(lines).lstrip("\n")


def _row(each: ColumnAgreement) -> tuple[str, ...]:
    name = f"{each.column} ({each.of})" if each.of else each.column
    told = "-"
    if each.method:
        number = each.coefficient.value
        told = f"{each.method} {decimals(number, 2, 1.0)} (n = {each.n:,})"
        if number is None:
            told = f"no {each.method}: {each.coefficient.reason}"
    return each.kind, name, f"{each.rows:,}", f"{each.same:,}", percent(each.share), told


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    return [
        "  ".join(
            cell.rjust(width) if 2 <= place <= 4 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _line(each: Disagreement) -> str:
    name = ", ".join(part for part in (*each.key[:2], each.outcome) if part)
    if not each.where_b:
        return f"  {name}: only in A: {each.value_a}\n      A: {each.where_a}"
    if not each.where_a:
        return f"  {name}: only in B: {each.value_b}\n      B: {each.where_b}"
    both = f"A {each.value_a or 'empty'}, B {each.value_b or 'empty'}"
    return f"  {name}, {each.column}: {both}\n      A: {each.where_a}\n      B: {each.where_b}"
