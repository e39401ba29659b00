"""Pieces that several sentences share: counts with their nouns, lists of names, intervals and what they rest on."""

from __future__ import annotations

from typing import Any

from . import plain, rounding
from .names import ci_name
from .reading import Document, get, items, level, whole

T_FAMILY = {"t", "hksj", "hksj-adhoc"}
"""Intervals that take their quantile from the t distribution with k - 1 degrees of freedom."""
EXACT = {"exact", "clopper-pearson"}


def noun(value: int, one: str = "series", many: str | None = None) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> noun(1), noun(5), noun(1, "patient"), noun(43, "patient"), noun(2, "study", "studies")
    ('1 series', '5 series', '1 patient', '43 patients', '2 studies')
    """
    plural = many or (one if one.endswith("s") else one + "s")
    return f"{rounding.count(value)} {one if value == 1 else plural}"


def spoken(value: float | None) -> str:
    """Say a proportion inside a sentence.

    Examples
    --------
    >>> spoken(0.9995), spoken(0.163)
    ('more than 99.9%', '16.3%')
    """
    return rounding.spoken(rounding.percent(value))


def joined(names: list[str], last: str = "and") -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> joined(["Ye 2022"]), joined(["Ye 2022", "Bredin 2017", "Buxbaum 2021"])
    ('Ye 2022', 'Ye 2022, Bredin 2017 and Buxbaum 2021')
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def some(names: list[str], most: int = 6) -> str:
    """Join names as a sentence does, and count those beyond the first few.

    Examples
    --------
    >>> some(["A", "B"]), some(list("ABCDEFGHI"))
    ('A and B', 'A, B, C, D, E, F and 3 more')
    """
    if len(names) <= most:
        return joined(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def interval_kind(document: Document) -> str:
    """Name the interval as a sentence needs it.

    Examples
    --------
    >>> interval_kind({}), interval_kind({"pooled": {"ci_method": "exact"}})
    ('95% confidence interval', 'exact 95% confidence interval')
    """
    method = get(document, "pooled", "ci_method")
    if method == "credible":
        return f"{level(document)} credible interval"
    exact = method in EXACT
    return f"{'exact ' if exact else ''}{level(document)} confidence interval"


def pooled_reporting(block: Any) -> tuple[float | None, float | None, float | None]:
    """Return a block's pooled proportion with its limits."""
    reporting = get(block, "pooled", "reporting")
    return get(reporting, "estimate"), get(reporting, "ci_low"), get(reporting, "ci_high")


def on_degrees(df: Any) -> str:
    """Say with how many degrees of freedom; the empty string where that is not known.

    Examples
    --------
    >>> on_degrees(2.0), on_degrees(1), on_degrees(None)
    (' with 2 degrees of freedom', ' with 1 degree of freedom', '')
    """
    number = whole(df)
    return "" if number is None else f" with {noun(number, 'degree of freedom', 'degrees of freedom')}"


def interval_basis(method: Any, k: int) -> str:
    """Say what an interval of a pool of k series rests on.

    Examples
    --------
    >>> interval_basis("t", 3), interval_basis("profile", 2)
    ('the t distribution with 2 degrees of freedom', 'profile likelihood')
    """
    if method in T_FAMILY and k > 1:
        return f"the t distribution{on_degrees(k - 1)}"
    return ci_name(method).split(" (")[0]


def other_intervals(document: Document, rows: list[Any]) -> str:
    r"""Say which rows have their interval by another method than the answer; empty where none has.

    Parameters
    ----------
    document : mapping
        A pooled document.
    rows : list of mapping
        Answers without some series, each with its ``k``, ``ci_method`` and ``omitted``.

    Examples
    --------
    >>> document = {"k": 3, "pooled": {"ci_method": "t", "df": 2.0}}
    >>> print(other_intervals(document, [{"k": 2, "ci_method": "profile"}]).replace(": ", ":\n"))
    This interval is by profile likelihood, the main one by the t distribution with 2 degrees of freedom:
    their widths do not compare.
    >>> other_intervals(document, [{"k": 2, "ci_method": "t"}])
    ''
    """
    main = get(document, "pooled", "ci_method")
    found = [row for row in rows if get(row, "k") and get(row, "ci_method")]
    apart: dict[str, list[str]] = {}
    for row in found:
        if main and row["ci_method"] != main:
            left = [row["omitted"]] if isinstance(row.get("omitted"), str) else items(row, "omitted")
            name = f"without {some([plain.visible(each) for each in left])}" if left else "of another choice"
            apart.setdefault(ci_name(row["ci_method"]).split(" (")[0], []).append(name)
    if not apart:
        return ""
    if len(apart) == 1 and all(row["ci_method"] != main for row in found):
        one = len(found) == 1
        said = f"{'This interval is' if one else 'These intervals are'} by {next(iter(apart))}"
    else:
        said = "; ".join(
            f"the interval{'s' if len(names) > 1 else ''} {some(names)} {'are' if len(names) > 1 else 'is'} by {how}"
            for how, names in apart.items()
        )
        said = said[0].upper() + said[1:]
    basis = interval_basis(main, get(document, "k") or 0)
    return f"{said}, the main one by {basis}: their widths do not compare."
