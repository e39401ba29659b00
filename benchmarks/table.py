"""The results as text, as a page of Markdown, and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass

SHARES = ("memory", "size")
"""Rows of no time, so begun: their ratio is a share of what is allowed."""


@dataclass(frozen=True)
class Line:
    """One row as measured.

    Attributes
    ----------
    name, what, rival : str
        As in :class:`benchmarks.rows.Row`; `rival` is "" for a limit of its own.
    seconds : float
        synth's best time.
    rival_seconds : float or None
        The other's; None where it is missing or there is none.
    ratio, target : float or None
        synth's time over the rival's (or over a second); the largest that is wanted.
    deviation, tolerance : float or None
        Largest deviation of the numbers and what is allowed.
    verdict : str
        "met", "not met", "" (no target), "DIFFERS" (numbers; the times then mean nothing), or why it is missing.
    """

    name: str
    what: str
    rival: str
    seconds: float
    rival_seconds: float | None
    ratio: float | None
    target: float | None
    deviation: float | None
    tolerance: float | None
    verdict: str


def duration(seconds: float | None) -> str:
    """Write a time with three digits and its unit.

    Examples
    --------
    >>> duration(0.0001234), duration(2.5), duration(None)
    ('0.123 ms', '2.50 s', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 1e-4:
        return f"{seconds * 1e6:.3g} µs"
    if seconds < 1.0:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.2f} s"


def share(ratio: float | None) -> str:
    """Write a ratio of times as a fraction below one half, as a number above.

    Examples
    --------
    >>> share(1 / 500), share(0.75), share(1 / 13.26), share(None)
    ('1/500', '0.75', '1/13', '–')
    """
    if ratio is None:
        return "–"
    if ratio > 0.55:
        return f"{ratio:.2f}".rstrip("0").rstrip(".")
    inverse = 1.0 / ratio
    return f"1/{inverse:.3g}" if inverse < 10 else f"1/{inverse:,.0f}"


def cells(line: Line) -> tuple[str, ...]:
    """Give the words of one line."""
    if line.rival:
        ratio, target = share(line.ratio), share(line.target)
    elif line.name.startswith(SHARES):
        ratio, target = f"{line.ratio:.2f} times", f"{line.target} times"
    else:
        ratio, target = "–", duration(line.target)
    agree = "–" if line.deviation is None else f"{line.deviation:.0e}"
    ours = "–" if line.name.startswith(SHARES) else duration(line.seconds)
    return (line.what, ours, line.rival or "–", duration(line.rival_seconds), ratio, target, line.verdict or "–", agree)


HEAD = ("what", "synth", "against", "its time", "ratio", "target", "", "numbers differ by")


def text(lines: list[Line]) -> str:
    """Lay the table out for a terminal."""
    table = [HEAD, *(cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in table)


def page(lines: list[Line], about: dict[str, str], missing: list[str]) -> str:
    """Write docs/benchmarks.md."""
    table = [HEAD, ("---",) * len(HEAD), *(cells(line) for line in lines)]
    missed = [line.what for line in lines if line.verdict == "not met"]
    return "\n".join(
        [
            "# How fast synth is",
            "",
            "Made by `python -m benchmarks` (see [benchmarks/README.md](../benchmarks/README.md)); not edited by hand.",
            "Every time is the best of many, taken in one run on one machine, inside a running process unless the row",
            "says otherwise. The numbers of both are compared too: estimates and limits in",
            "standard errors, all else as a share of itself. A dash: none.",
            "",
            *(f"- {name}: {value}" for name, value in about.items()),
            *(f"- not run: {reason}" for reason in missing),
            "",
            *("| " + " | ".join(row) + " |" for row in table),
            "",
            "Every target is met." if not missed else "Targets not met: " + "; ".join(missed) + ".",
            "",
        ]
    )


def as_json(lines: list[Line], about: dict[str, str], missing: list[str]) -> dict[str, object]:
    """Give the same as plain values."""
    return {"about": about, "missing": missing, "rows": [asdict(line) for line in lines]}
