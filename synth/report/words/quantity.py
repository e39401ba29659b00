"""What a document's figures are, and how they are written: per cent, a ratio, a difference, a rate, a mean.

One value of :class:`Quantity` goes with a document; the page, the pictures and the terminal all ask it for text, so
that no two of them round alike figures in two ways.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from . import rounding
from .reading import Document, get, items, text

RATIOS = {"odds ratio", "risk ratio", "rate ratio", "ratio of means", "variability ratio"}
RATIOS |= {"ratio of coefficients of variation"}
DIFFERENCES = {"risk difference", "arcsine difference", "rate difference", "difference of root rates"}
DIFFERENCES |= {"mean difference", "standardised mean difference"}
MEANS = {"mean", "mean difference", "estimate"}
TIMES = {"days", "weeks", "months", "years"}
FACTORS = (1.0, 100.0, 1000.0, 10_000.0, 100_000.0)
"""A rate is given for this many units of person-time: the first that makes it 1 event or more."""


@dataclass(frozen=True)
class Quantity:
    """What a figure is, and how it is written.

    Parameters
    ----------
    name : str
        Inside a sentence: "odds ratio".
    kind : {"proportion", "ratio", "difference", "plain"}
        How it is rounded.
    heading : str
        Above a column.
    unit : str
        After the figure in a sentence: "percentage points".
    null : float or None
        The value of no effect; ``None`` where there is none.
    factor : float
        Figures are shown this many times as large.
    digits : int
        Decimals of what is no ratio.
    """

    name: str = "proportion"
    kind: str = "proportion"
    heading: str = "Per cent"
    unit: str = ""
    null: float | None = None
    factor: float = 1.0
    digits: int = 1

    @property
    def log(self) -> bool:
        """Whether its axis is logarithmic."""
        return self.kind == "ratio"

    def text(self, value: float | None) -> str:
        """Write one figure, without its unit.

        Examples
        --------
        >>> PROPORTION.text(0.16279), RATIO.text(0.247), RATIO.text(0.9998), RATIO.text(None)
        ('16.3%', '0.25', '0.9998', '–')
        >>> Quantity("risk difference", "difference", factor=100.0, null=0.0).text(-0.0531)
        '−5.3'
        """
        if self.kind == "proportion" or value is None:
            return rounding.percent(value)
        if self.kind == "ratio":
            return rounding.ratio(value)
        return rounding.decimals(value * self.factor, self.digits, self.null)

    def interval(self, low: float | None, high: float | None) -> str:
        """Write an interval.

        Examples
        --------
        >>> RATIO.interval(0.119, 0.514), RATIO.interval(None, 2.0), PROPORTION.interval(0.0681, 0.307)
        ('0.12 to 0.51', 'up to 2.00', '6.8% to 30.7%')
        """
        if self.kind == "proportion":
            return rounding.interval(low, high)
        if low is None and high is None:
            return rounding.ABSENT
        if high is None:
            return f"from {self.text(low)}"
        return f"up to {self.text(high)}" if low is None else f"{self.text(low)} to {self.text(high)}"

    def with_unit(self, said: str) -> str:
        """Put the unit behind a figure or an interval."""
        return f"{said} {self.unit}" if self.unit and said != rounding.ABSENT else said

    def effect(self, estimate: float | None, low: float | None, high: float | None) -> str:
        """Write an estimate with its interval, or a dash.

        Examples
        --------
        >>> RATIO.effect(0.247, 0.119, 0.514), RATIO.effect(0.247, None, None), RATIO.effect(None, 2.23, None)
        ('0.25 (0.12 to 0.51)', '0.25 (no interval)', '– (from 2.23)')
        """
        limits = self.interval(low, high)
        if estimate is None:
            return rounding.ABSENT if limits == rounding.ABSENT else f"{rounding.ABSENT} ({limits})"
        return f"{self.text(estimate)} ({'no interval' if limits == rounding.ABSENT else limits})"

    def tick(self, value: float) -> str:
        """Write a mark of an axis."""
        if self.kind == "proportion":
            return rounding.percent_tick(value)
        return rounding.tick(value * self.factor)


PROPORTION = Quantity()
RATIO = Quantity("odds ratio", "ratio", "Odds ratio", "", 1.0)


def of(document: Document) -> Quantity:
    """Return what the figures of a document are; a document that does not say holds proportions.

    Examples
    --------
    >>> of({}).name, of({"settings": {"reporting": "risk ratio"}}).heading
    ('proportion', 'Risk ratio')
    >>> pooled = {"reporting": {"estimate": 0.0123, "ci_low": 0.011, "ci_high": 0.0141}}
    >>> of({"settings": {"reporting": "rate"}, "pooled": pooled}).heading
    'Events per 100 units of person-time'
    >>> about = {"unit": "infections", "time_unit": "years"}
    >>> of({"settings": {"reporting": "rate"}, "pooled": pooled, "outcome_info": about}).heading
    'Infections per 100 person-years'
    """
    name = text(document, "settings", "reporting") or "proportion"
    if name == "proportion":
        return PROPORTION
    if name in RATIOS:
        return Quantity(name, "ratio", _capital(name), "", 1.0)
    if name == "risk difference":
        return Quantity(
            name, "difference", "Risk difference (percentage points)", "percentage points", 0.0, 100.0, 1
        )
    if name == "correlation":
        return Quantity(name, "difference", "Correlation", "", 0.0, 1.0, 2)
    unit = text(document, "outcome_info", "unit") if name in MEANS else ""
    made = Quantity(name, "difference" if name in DIFFERENCES else "plain", _capital(name), unit)
    made = replace(made, null=0.0) if made.kind == "difference" or name == "estimate" else made
    if name in {"rate", "rate difference"}:
        made = _per_time(made, document)
    elif unit:
        made = replace(made, heading=f"{made.heading} ({unit})")
    least = 2 if name.startswith("standardised") else 0
    return replace(made, digits=max(_digits(document, made.factor), least))


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def _per_time(quantity: Quantity, document: Document) -> Quantity:
    found = [abs(value) for value in _estimates(document) if value]
    size = found[0] if found else 1.0
    factor = next((each for each in FACTORS if size * each >= 1.0), FACTORS[-1])
    named = text(document, "outcome_info", "time_unit")
    time = f"person-{named}" if named in TIMES else named or "units of person-time"
    one = time.removesuffix("s") if named in TIMES else time.replace("units", "unit", 1)
    per = f"per {rounding.count(int(factor))} {time}" if factor > 1 else f"per {one}"
    counted = text(document, "outcome_info", "unit") or "events"
    what = _capital(counted) if quantity.name == "rate" else f"Rate difference, {counted}"
    return replace(quantity, heading=f"{what} {per}", unit=per, factor=factor)


def _estimates(document: Document) -> Iterable[float]:
    """The pooled estimate first, then the studies' own, those that there are."""
    pooled = get(document, "pooled", "reporting", "estimate")
    own = [get(study, "estimate") for study in items(document, "studies")]
    return [value for value in (pooled, *own) if value is not None]


def _digits(document: Document, factor: float) -> int:
    """Decimals that leave two digits of the pooled interval's half width, or of the largest estimate's size."""
    reporting: Any = get(document, "pooled", "reporting")
    low, high = get(reporting, "ci_low"), get(reporting, "ci_high")
    size = max(map(abs, _estimates(document)), default=1.0) / 10.0
    if low is not None and high is not None and high > low:
        size = (high - low) / 2.0
    size *= factor
    if not size > 0.0:
        return 2
    return min(max(1 - math.floor(math.log10(size)), 0), 6)
