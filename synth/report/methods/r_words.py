"""Values as R writes them: numbers at full precision, text quoted so that nothing in it can end the string."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..words import plain

_PER_LINE = 100


def text(value: Any) -> str:
    r"""Quote text for R: plain ASCII, everything else as an escape, so that no encoding or direction can change it.

    Parameters
    ----------
    value : object
        Control characters become visible marks, as everywhere else.

    Returns
    -------
    str
        With its quotation marks.

    Examples
    --------
    >>> print(text('He said "no"\\'), text("Wänman 2023"), text("a\nb"), text("🦴"))
    "He said \"no\"\\" "W\u00e4nman 2023" "a b" "\U0001f9b4"
    """
    return f'"{escaped(plain.visible(value))}"'


def escaped(value: str) -> str:
    r"""Escape text for the inside of a quoted string of R.

    Examples
    --------
    >>> print(escaped("50% \\ é"))
    50% \\ \u00e9
    """
    out = []
    for char in value:
        code = ord(char)
        if char in '"\\':
            out.append(f"\\{char}")
        elif 32 <= code < 127:
            out.append(char)
        elif code <= 0xFFFF:
            out.append(f"\\u{code:04x}")
        else:
            out.append(f"\\U{code:08x}")
    return "".join(out)


def comment(value: Any) -> str:
    r"""Write text for one line of a comment, ASCII only.

    Examples
    --------
    >>> print(comment("Wänman\nquit()"))
    # W\u00e4nman quit()
    """
    return f"# {escaped(plain.visible(value))}".rstrip()


def number(value: Any) -> str:
    """Write a number with all the digits it has; what is undefined is ``NA``.

    Raises
    ------
    ValueError
        For NaN and infinities, which no document holds.

    Examples
    --------
    >>> number(0.1), number(7), number(7.0), number(None), number(-1e-9)
    ('0.1', '7', '7', 'NA', '-1e-09')
    """
    if value is None:
        return "NA"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of a document.")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def word(value: Any) -> str:
    """Write a number, or text in quotes; ``None`` is ``NA``.

    Examples
    --------
    >>> word("t"), word(0.95), word(None)
    ('"t"', '0.95', 'NA')
    """
    return text(value) if isinstance(value, str) else number(value)


def vector(values: Iterable[Any]) -> str:
    """Write a vector, in lines of a hundred characters or so.

    Examples
    --------
    >>> vector([1, None, 0.5]), vector(["A"])
    ('c(1, NA, 0.5)', 'c("A")')
    """
    lines, line = [], ""
    for each in map(word, values):
        if line and len(line) + len(each) > _PER_LINE:
            lines.append(line + ",")
            line = each
        else:
            line = f"{line}, {each}" if line else each
    return "c(" + "\n    ".join([*lines, line]) + ")"


def named(values: Mapping[str, Any]) -> str:
    """Write a list with names, a line for each.

    Examples
    --------
    >>> print(named({"level": 0.95, "ci": "t"}))
    list(
      level = 0.95,
      ci = "t"
    )
    """
    return "list(\n" + ",\n".join(f"  {name} = {word(value)}" for name, value in values.items()) + "\n)"


def frame(columns: Mapping[str, Iterable[Any]]) -> str:
    """Write a data frame.

    Examples
    --------
    >>> print(frame({"study": ["A", "B"], "events": [1, 2]}))
    data.frame(
      study = c("A", "B"),
      events = c(1, 2)
    )
    """
    return "data.frame(\n" + ",\n".join(f"  {name} = {vector(values)}" for name, values in columns.items()) + "\n)"
