"""The answers of many subsets in little room: texts that were rounded here, and places on an axis, by number.

A page has a few thousand of these rows. Each is a fixed number of letters, so that a script finds a row by counting and
does nothing but look up: which text stands for the estimate and its limits, where they lie on the axis, and what is to
be said besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ..figures.axis import Axis
from ..figures.scales import axis_for
from ..words import plain, quantity, rounding
from ..words.names import ci_name
from ..words.phrases import pooled_reporting
from ..words.quantity import Quantity
from ..words.reading import Document, get, items

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""Digits of the numbers, from 0 on: safe in JSON, in HTML and in an address."""
PLACE: Final = 2
"""Letters of a place on the axis."""
LAST: Final = 64**PLACE - 2
"""The place of the axis' end and of all beyond it; 0 is that of its beginning, and one more is that of nothing."""
NOWHERE: Final = LAST + 1


class Pool(Protocol):
    """What is shown of a pool of some studies: estimates on the reporting scale, ``None`` where undefined."""

    @property
    def k(self) -> int:
        """Number of studies."""

    @property
    def estimate(self) -> float | None:
        """The pooled estimate."""

    @property
    def ci_low(self) -> float | None:
        """Its lower limit."""

    @property
    def ci_high(self) -> float | None:
        """Its upper limit."""

    @property
    def ci_method(self) -> str | None:
        """How the limits were made."""

    @property
    def reason(self) -> str | None:
        """What limits the answer, or why there is none."""


@dataclass(frozen=True)
class Shown:
    """One row as a reader sees it.

    Parameters
    ----------
    estimate, low, high : str
        Rounded; a dash where there is none.
    places : tuple of int
        Of the three on the axis, as :func:`place` gives them.
    note : str
        What is to be said besides, a sentence or nothing.
    """

    estimate: str
    low: str
    high: str
    places: tuple[int, int, int]
    note: str


def encode(document: Document, pools: Sequence[Pool]) -> dict[str, Any]:
    """Round the answers of subsets, place them on an axis, and pack them.

    Parameters
    ----------
    document : mapping
        The pooled document: its quantity, interval and studies decide how figures are written.
    pools : sequence of Pool
        In the order in which they are to be found.

    Returns
    -------
    dict
        ``axis`` {``low``, ``high``, ``log``, ``null``, ``null_place``, ``ticks`` (places), ``labels``}, ``texts``, ``notes``, ``digits`` (letters of
        the number of a text, and of a note) and ``rows``: for each pool three numbers of texts, three places, one number
        of a note, written in base 64 with :data:`LETTERS`.

    Examples
    --------
    >>> from synth.meta.results import Part
    >>> found = encode({}, [Part(1, 0.25, 0.1, 0.5, "exact", None, None, "one study"), Part(2, None, None, 1.0, None, None, None)])
    >>> found["texts"], found["notes"]
    (['–', '10.0%', '25.0%', '50.0%', '100%'], ['', 'One study. Interval: exact binomial.'])
    >>> decode(found)[0].estimate, decode(found)[1].places[0] == NOWHERE
    ('25.0%', True)
    """  # noqa: E501
    shown = quantity.of(document)
    figures = [(pool.estimate, pool.ci_low, pool.ci_high) for pool in pools]
    limits = [value for figure in figures for value in figure if value is not None]
    axis = _axis(document, shown, limits)
    used = get(document, "pooled", "ci_method")
    texts = _numbered(sorted(set(limits)), shown)
    notes = _index(note(pool, used) for pool in pools)
    digits = [_letters(len(texts[1])), _letters(len(notes))]
    out = []
    for pool, figure in zip(pools, figures, strict=True):
        out += [_write(0 if value is None else texts[0][value], digits[0]) for value in figure]
        out += [_write(place(axis, value), PLACE) for value in figure]
        out.append(_write(notes[note(pool, used)], digits[1]))
    ticks = [(value, said) for value, said in axis.marks()]
    no_null = {"null_reason": "these figures have no value of no effect"} if axis.null is None else {}
    return {
        "axis": {
            "low": axis.low, "high": axis.high, "log": axis.log, "null": axis.null, **no_null,
            "null_place": place(axis, axis.null),
            "ticks": [place(axis, value) for value, _ in ticks], "labels": [said for _, said in ticks],
        },
        "texts": texts[1], "notes": list(notes), "digits": digits, "rows": "".join(out),
    }  # fmt: skip


def _axis(document: Document, shown: Quantity, limits: Sequence[float]) -> Axis:
    """Choose the axis of the forest: it shows the studies and the answer whole, and what lies beyond gets an arrow."""
    studies = [[get(study, name) for name in ("estimate", "ci_low", "ci_high")] for study in items(document, "studies")]
    answer = [value for value in pooled_reporting(document) if value is not None]
    values = [value for study in studies for value in study if value is not None]
    core = [study[0] for study in studies if study[0] is not None]
    return axis_for(shown, [*values, *answer] or limits, [*core, *answer] or limits, 0.0, float(LAST))


def place(axis: Axis, value: float | None) -> int:
    """Return where a value lies: 0 and ``LAST`` only beyond the ends, ``NOWHERE`` where there is no value.

    Examples
    --------
    >>> axis = Axis(0.0, 0.4, (), 0.0, float(LAST))
    >>> [place(axis, value) for value in (0.0, 0.2, 0.4, 0.5, None)] == [1, 2047, LAST - 1, LAST, NOWHERE]
    True
    """
    if value is None:
        return NOWHERE
    if axis.inside(value):
        return min(max(round(axis.x(value)), 1), LAST - 1)
    return 0 if value < axis.low else LAST


def _numbered(values: Iterable[float], shown: Quantity) -> tuple[dict[float, int], list[str]]:
    """Number the texts of figures, in the order of the figures; 0 is the dash."""
    numbers: dict[float, int] = {}
    said = {rounding.ABSENT: 0}
    for value in values:
        numbers[value] = said.setdefault(shown.text(value), len(said))
    return numbers, list(said)


def _index(values: Iterable[str]) -> dict[str, int]:
    found = {"": 0}
    for value in values:
        found.setdefault(value, len(found))
    return found


def note(pool: Pool, used: str | None) -> str:
    """Say what goes with an answer: why it is none or is limited, and its interval where that is by another method.

    Parameters
    ----------
    pool : Pool
    used : str or None
        The interval of the answer itself.
    """
    said = [plain.sentence(pool.reason)]
    if pool.ci_method is not None and pool.ci_method != used:
        said.append(f"Interval: {ci_name(pool.ci_method).split(' (')[0]}.")
    return " ".join(part for part in said if part)


def _letters(count: int) -> int:
    """How many letters number so many things."""
    size = 1
    while 64**size < count:
        size += 1
    return size


def _write(number: int, size: int) -> str:
    return "".join(LETTERS[number >> 6 * place & 63] for place in reversed(range(size)))


def width(found: Any) -> int:
    """Return how many letters a row has."""
    texts, notes = items(found, "digits")
    return int(3 * (texts + PLACE) + notes)


def decode(found: Any) -> list[Shown]:
    """Unpack the rows again, as the script of the page does.

    Parameters
    ----------
    found : mapping
        From :func:`encode`, or ``what_if`` of a document.

    Returns
    -------
    list of Shown

    Raises
    ------
    ValueError
        The rows are cut off, or hold a letter that is no digit.
    """
    rows, step = str(get(found, "rows")), width(found)
    if len(rows) % step:
        raise ValueError(f"the rows are cut off: {len(rows)} letters are not a multiple of {step}")
    size, last = items(found, "digits")
    texts, notes = items(found, "texts"), items(found, "notes")
    sizes = (size, size, size, PLACE, PLACE, PLACE, last)
    out = []
    for at in range(0, len(rows), step):
        numbers, here = [], at
        for letters in sizes:
            number = 0
            for letter in rows[here : here + letters]:
                number = number * 64 + LETTERS.index(letter)
            numbers.append(number)
            here += letters
        a, b, c, x, y, z, said = numbers
        out.append(Shown(texts[a], texts[b], texts[c], (x, y, z), notes[said]))
    return out
