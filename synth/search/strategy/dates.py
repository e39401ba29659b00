"""Dates as PubMed writes them: ``2025``, ``2025/11`` or ``2025/11/22``, and ranges of them."""

from __future__ import annotations

import calendar
import re

__all__ = ["FOREVER", "check_date", "check_range"]

FOREVER = "3000"
"""What PubMed's own pages write where a range has no end."""

_DATE = re.compile(r"(\d{4})(?:/(\d{1,2})(?:/(\d{1,2}))?)?")


def check_date(text: str) -> str | None:
    """Say what is wrong with a date, or None.

    Examples
    --------
    >>> check_date("2025/11/22")
    >>> check_date("22.11.2025")
    '22.11.2025 is no date as PubMed reads it'
    >>> check_date("2025/02/30")
    '2025/02/30 is not in the calendar'
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return f"{text} is no date as PubMed reads it"
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if (month is not None and not 1 <= month <= 12) or (
        day is not None and month is not None and not 1 <= day <= calendar.monthrange(max(year, 1), month)[1]
    ):
        return f"{text} is not in the calendar"
    return None


def check_range(text: str) -> str | None:
    """Say what is wrong with ``FROM:TO``, or None.

    Examples
    --------
    >>> check_range("2000:3000")
    >>> check_range("2020/01:2010")
    '2020/01:2010 runs backwards'
    """
    first, colon, last = (part.strip() for part in text.partition(":"))
    if not colon:
        return check_date(text)
    if not first or not last:
        return f"{text} has one end only"
    wrong = check_date(first) or check_date(last)
    if wrong:
        return wrong
    low = [int(part) for part in first.split("/")]
    # The end of a year or month is its last day: 2020/05:2020 is a range.
    high = [*(int(part) for part in last.split("/")), 99, 99][:3]
    return f"{text} runs backwards" if low > high[: len(low)] else None
