"""The one place where numbers become text: rounded once, at the edge, and never across a meaning.

A share of 99.96% is not written as 100%, 0.04% is not 0%, a p-value of 0.0003 is not 0.000 and one of 0.04996 is not
0.050. Halves are rounded away from zero on the decimal digits that a reader sees in the JSON, not on their binary
neighbours. Undefined is ``None`` and shows as a dash; the reason stands beside it on the page.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

ABSENT = "–"
"""What stands where a number is undefined; whoever prints it gives the reason beside it."""

MINUS = "\u2212"
THIN_SPACE = "\u202f"
HUGE = 10**12
"""From here on a number is only said to be more: the limits of an interval on one degree of freedom may be 1e30."""
NOISE = 1e-9
"""How far outside [0, 1] a proportion may lie and still be rounding noise of the arithmetic that made it."""


def _checked(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number to print: undefined is None with a reason.")
    return float(value)


def _decimal(value: float) -> Decimal:
    """The number as its shortest decimal text, so that 0.285 rounds as a reader would round it."""
    return Decimal(repr(float(value)))


def _fixed(value: Decimal, digits: int) -> str:
    return str(value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def _beyond(value: Decimal) -> str:
    """Write a number with more figures before the point than anyone reads; empty for all others."""
    if abs(value) < HUGE:
        return ""
    said = THIN_SPACE.join(["1", *["000"] * 4])
    return f"<{MINUS}{said}" if value < 0 else f">{said}"


def _proportion(value: float) -> float:
    value = _checked(value)
    if not -NOISE <= value <= 1 + NOISE:
        raise ValueError(f"{value} is not a proportion: it lies outside 0 to 1.")
    return min(max(value, 0.0), 1.0)


def percent(value: float | None, digits: int = 1) -> str:
    """Write a proportion in per cent.

    Parameters
    ----------
    value : float or None
        A fraction between 0 and 1.
    digits : int
        Decimals shown.

    Returns
    -------
    str
        ``"0%"`` and ``"100%"`` only where the proportion is exactly that.

    Raises
    ------
    ValueError
        For NaN, infinities and anything outside 0 to 1.

    Examples
    --------
    >>> [percent(p) for p in (0.16279, 0, 1, 0.9996, 0.0003, None)]
    ['16.3%', '0%', '100%', '>99.9%', '<0.1%', '–']
    """
    if value is None:
        return ABSENT
    share = _proportion(value)
    if share in (0.0, 1.0):
        return "0%" if share == 0.0 else "100%"
    step = Decimal(1).scaleb(-digits)
    hundred = _decimal(share) * 100
    text = Decimal(_fixed(hundred, digits))
    if text <= 0:
        return f"<{step}%"
    if text >= 100:
        return f">{100 - step}%"
    return f"{text}%"


def percent_tick(value: float) -> str:
    """Write a mark of an axis: as many decimals as it needs, up to two.

    Examples
    --------
    >>> percent_tick(0.4), percent_tick(0.025), percent_tick(1.0)
    ('40%', '2.5%', '100%')
    """
    hundred = (_decimal(_proportion(value)) * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP).normalize()
    return f"{hundred:f}%"


def spoken(text: str) -> str:
    """Say a rounded number inside a sentence: signs become words.

    Examples
    --------
    >>> spoken(">99.9%"), spoken("<0.1%"), spoken("16.3%")
    ('more than 99.9%', 'less than 0.1%', '16.3%')
    """
    return {"<": "less than ", ">": "more than "}.get(text[:1], text[:1]) + text[1:]


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """Write an interval of proportions in per cent, with the word "to" so that no dash is read as a minus.

    Examples
    --------
    >>> interval(0.0681, 0.307)
    '6.8% to 30.7%'
    >>> interval(0.2, None), interval(None, 0.2), interval(None, None)
    ('from 20.0%', 'up to 20.0%', '–')
    """
    if low is None and high is None:
        return ABSENT
    if high is None:
        return f"from {percent(low, digits)}"
    if low is None:
        return f"up to {percent(high, digits)}"
    return f"{percent(low, digits)} to {percent(high, digits)}"


def per_hundred(value: float) -> str:
    """Say a proportion as patients out of a hundred, whole ones, with a word where the whole number would mislead.

    Examples
    --------
    >>> [per_hundred(p) for p in (0.16279, 0.9916, 0.9996, 0.003, 0, 1)]
    ['about 16', 'about 99', 'more than 99', 'fewer than 1', '0', '100']
    """
    share = _proportion(value)
    if share in (0.0, 1.0):
        return "0" if share == 0.0 else "100"
    whole = int(_fixed(_decimal(share) * 100, 0))
    if whole == 0:
        return "fewer than 1"
    if whole == 100:
        return "more than 99"
    return f"about {whole}"


def p_value(value: float | None) -> str:
    """Write a p-value with three decimals, more where three would put it on the other side of 0.05.

    Examples
    --------
    >>> [p_value(p) for p in (0.8781, 0.0003, 0.04996, 0.9999, 1.0, None)]
    ['0.878', '<0.001', '0.04996', '>0.999', '1', '–']
    """
    if value is None:
        return ABSENT
    p = _proportion(value)
    if p == 1.0:
        return "1"
    if p < 0.001:
        return "<0.001"
    if p > 0.999:
        return ">0.999"
    exact, threshold = _decimal(p), Decimal("0.05")
    digits = 3
    text = _fixed(exact, digits)
    while exact < threshold <= Decimal(text) and digits < 17:
        digits += 1
        text = _fixed(exact, digits)
    return text


def equals(symbol: str, text: str) -> str:
    """Join a symbol and its rounded value with the right sign: ``p = 0.878`` but ``p < 0.001``.

    Examples
    --------
    >>> equals("p", "<0.001"), equals("I²", "12.0%")
    ('p < 0.001', 'I² = 12.0%')
    """
    if text[:1] in "<>":
        return f"{symbol} {text[0]} {text[1:]}"
    return f"{symbol} = {text}"


def number(value: float | None, significant: int = 3) -> str:
    """Write a plain number (an estimate on the analysis scale, Q, H2) to some significant digits.

    Examples
    --------
    >>> [number(x) for x in (3.36729, -1.637, 0.0, 1234.56, 0.04567, None)]
    ['3.37', '−1.64', '0', '1235', '0.0457', '–']
    """
    if value is None:
        return ABSENT
    exact = _decimal(_checked(value))
    if exact == 0:
        return "0"
    if beyond := _beyond(exact):
        return beyond
    # Digits after the point that leave `significant` digits in all; none where the whole part already has them.
    digits = max(0, significant - 1 - exact.adjusted())
    text = _fixed(abs(exact), min(digits, 6))
    if Decimal(text) == 0:
        text = "<0.000001" if exact > 0 else "0.000001"
        return text if exact > 0 else f">{MINUS}{text}"
    return f"{MINUS}{text}" if exact < 0 else text


def ratio(value: float | None) -> str:
    """Write a ratio: two decimals, two significant digits below 0.1, fewer decimals from 10 on; never across 1.

    Examples
    --------
    >>> [ratio(x) for x in (0.247, 1.0, 0.9996, 1.004, 0.0312, 12.34, 1234.5, None)]
    ['0.25', '1.00', '0.9996', '1.004', '0.031', '12.3', '1235', '–']
    """
    if value is None:
        return ABSENT
    exact = _decimal(_checked(value))
    if exact < 0:
        raise ValueError(f"{value} is not a ratio: it lies below 0.")
    if exact == 0:
        return "0"
    if exact < Decimal("0.0001"):
        return "<0.0001"
    if exact >= 1_000_000:
        return ">1 000 000"
    size = exact.adjusted()
    digits = 2 if -1 <= size <= 0 else 1 - size if size < 0 else max(0, 2 - size)
    return _beside(exact, digits, Decimal(1))


def decimals(value: float | None, digits: int, null: float | None = None) -> str:
    """Write a number with some decimals, more where they would put it on the value of no effect.

    Examples
    --------
    >>> [decimals(x, 1, 0.0) for x in (-5.31, 0.0, 0.02, 12.35, None)]
    ['−5.3', '0.0', '0.02', '12.4', '–']
    >>> decimals(-3e30, 1).replace(THIN_SPACE, " ")
    '<−1 000 000 000 000'
    """
    if value is None:
        return ABSENT
    exact = _decimal(_checked(value))
    if beyond := _beyond(exact):
        return beyond
    text = _beside(abs(exact), digits, None if null is None else Decimal(0))
    return f"{MINUS}{text}" if exact < 0 and Decimal(text) != 0 else text


def _beside(exact: Decimal, digits: int, null: Decimal | None) -> str:
    """Round to some digits, or to as many more as keep the number on its own side of a value."""
    text = _fixed(exact, digits)
    while null is not None and exact != null and Decimal(text) == null and digits < 12:
        digits += 1
        text = _fixed(exact, digits)
    return text


def tick(value: float) -> str:
    """Write a mark of an axis of any numbers, without digits that say nothing.

    Examples
    --------
    >>> tick(0.25), tick(-2.0), tick(1500.0), tick(0.30000000000000004)
    ('0.25', '−2', '1500', '0.3')
    """
    exact = Decimal(f"{_checked(value):.10g}")
    text = f"{abs(exact.normalize()):f}"
    return f"{MINUS}{text}" if exact < 0 else text


def variance(value: float | None) -> str:
    """Write tau2 (or tau): three significant digits; a positive one is never shown as 0.

    Examples
    --------
    >>> [variance(x) for x in (0.0, 0.41234, 12.345, 3e-9, None)]
    ['0', '0.412', '12.3', '<0.0001', '–']
    """
    if value is not None and 0 < value < 0.0001:
        return "<0.0001"
    return number(value)


def variance_interval(low: float | None, high: float | None) -> str:
    """Write an interval for tau2.

    Examples
    --------
    >>> variance_interval(0.0, 3.2), variance_interval(0.0, None), variance_interval(None, None)
    ('0 to 3.20', 'from 0', '–')
    """
    if low is None and high is None:
        return ABSENT
    if high is None:
        return f"from {variance(low)}"
    if low is None:
        return f"up to {variance(high)}"
    return f"{variance(low)} to {variance(high)}"


def count(value: int | None) -> str:
    """Write a whole number; from five digits on, a thin space parts the groups (a comma is a decimal sign to many).

    Examples
    --------
    >>> count(943), count(8526), count(1234567).replace(THIN_SPACE, " ")
    ('943', '8526', '1 234 567')
    """
    if value is None:
        return ABSENT
    text = f"{abs(int(value)):,}" if abs(int(value)) >= 10_000 else str(abs(int(value)))
    return (MINUS if value < 0 else "") + text.replace(",", THIN_SPACE)


def events_of(events: int | None, total: int | None) -> str:
    """Write events and total as the field does.

    Examples
    --------
    >>> events_of(29, 30)
    '29/30'
    """
    return f"{count(events)}/{count(total)}"


def level(value: float) -> str:
    """Write a confidence level.

    Examples
    --------
    >>> level(0.95), level(0.999)
    ('95%', '99.9%')
    """
    text = format((_decimal(_proportion(value)) * 100).normalize(), "f")
    return f"{text}%"


def outward(low: float, high: float, step: float) -> tuple[float, float]:
    """Widen a range to whole steps, never inwards.

    Examples
    --------
    >>> outward(0.068, 0.307, 0.1)
    (0.0, 0.4)
    """
    unit = _decimal(step)
    first = (_decimal(low) / unit).to_integral_value(rounding=ROUND_FLOOR) * unit
    last = (_decimal(high) / unit).to_integral_value(rounding=ROUND_CEILING) * unit
    return float(first), float(last)
