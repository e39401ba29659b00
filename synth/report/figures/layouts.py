"""How a forest is arranged: columns and their order, words, brackets, marks and colours, over one geometry."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..words.quantity import Quantity


@dataclass(frozen=True)
class Layout:
    """One arrangement of a forest.

    Parameters
    ----------
    name : str
    left, right : tuple of str
        Columns on either side of the plot, in order: "counts", "second", "effect", "weight".
    series : str
        Heading of the labels; "" keeps the figure's own.
    between, opening, closing : str
        Inside an interval, and around it.
    effect_heading : str
        With ``{measure}``, ``{how}`` and ``{level}``; "" keeps the figure's own.
    weight_heading : str
        "" keeps the figure's own.
    bare_percent : bool
        Whether the sign of per cent stands in the heading alone.
    summary : str
        How a pooled answer is called, with ``{level}``; "" keeps the figure's own.
    sides : {"below", "above"}
        Where it is said what lies on each side of no effect.
    colours : dict of str to str
        In place of those of the pages.
    style : str
        Rules after those of the forest.
    """

    name: str
    left: tuple[str, ...] = ("counts", "second")
    right: tuple[str, ...] = ("effect", "weight")
    series: str = ""
    between: str = " to "
    opening: str = "("
    closing: str = ")"
    effect_heading: str = ""
    weight_heading: str = ""
    bare_percent: bool = False
    summary: str = ""
    sides: str = "below"
    colours: dict[str, str] = field(default_factory=dict)
    style: str = ""

    def effect(self, shown: Quantity, estimate: float | None, low: float | None, high: float | None) -> str:
        """Write an estimate with its interval as this layout does.

        Examples
        --------
        >>> from synth.report.words.quantity import PROPORTION, RATIO
        >>> LAYOUTS["revman"].effect(RATIO, 0.25, 0.12, 0.51), LAYOUTS["jama"].effect(PROPORTION, 0.163, 0.068, 0.307)
        ('0.25 [0.12, 0.51]', '16.3 (6.8-30.7)')
        >>> LAYOUTS["jama"].effect(RATIO, None, 2.2, None), LAYOUTS["bmj"].effect(RATIO, None, None, None)
        ('– (from 2.20)', '–')
        """
        if estimate is None or low is None or high is None:
            return self._bare(shown.effect(estimate, low, high))
        return f"{self._bare(shown.text(estimate))} {self.opening}{self.interval(shown, low, high)}{self.closing}"

    def interval(self, shown: Quantity, low: float | None, high: float | None) -> str:
        """Write an interval as this layout does."""
        if low is None or high is None:
            return self._bare(shown.interval(low, high))
        ends = [self._bare(shown.text(low)), self._bare(shown.text(high))]
        # A hyphen before a minus sign cannot be read.
        signed = any(end.startswith(("−", "-", "<")) for end in ends)
        return (" to " if self.between == "-" and signed else self.between).join(ends)

    def _bare(self, said: str) -> str:
        return said.replace("%", "") if self.bare_percent else said

    def weight(self, said: str) -> str:
        """Write a weight as this layout does.

        Examples
        --------
        >>> LAYOUTS["bmj"].weight("12.5%"), LAYOUTS["synth"].weight("12.5%")
        ('12.5', '12.5%')
        """
        return said.replace("%", "") if "%" in self.weight_heading else said


_BLACK = {"ink": "#000000", "muted": "#000000", "rule": "#000000", "accent": "#000000", "paper": "#ffffff"}
LAYOUTS: dict[str, Layout] = {
    "synth": Layout("synth"),
    "jama": Layout(
        "jama", ("counts", "second", "effect"), ("weight",), "Source", "-", "(", ")", "{measure} ({level} CI)",
        "Weight, %", True, "Total ({level} CI)", "above", {**_BLACK, "accent": "#1f4e79", "rule": "#9aa0a6"},
        ".forest .head{font-weight:700}.forest line.reference{stroke-dasharray:1.5 2.5}"
        ".forest .prediction{stroke:#000}",
    ),
    "bmj": Layout(
        "bmj", ("counts", "second"), ("weight", "effect"), "Study", " to ", "(", ")", "{measure} ({level} CI)",
        "Weight (%)", True, "Total ({level} CI)", "below",
        {**_BLACK, "muted": "#333f48", "accent": "#2a6ebb", "rule": "#2a6ebb"},
        ".forest .study{fill:#2a6ebb}.forest .pooled{fill:#fff;stroke:#000;stroke-width:1.2}",
    ),
    "revman": Layout(
        "revman", ("counts", "second", "weight", "effect"), (), "Study or Subgroup", ", ", "[", "]",
        "{measure}\n{how}, {level} CI", "Weight", True, "Total ({level} CI)", "below", _BLACK,
        ".forest .study{fill:#1b5fb4}.forest .pooled{fill:#000}.forest line.reference{stroke-width:0}"
        ".forest .study.context{fill:#fff;stroke:#1b5fb4}.forest .pooled.context{fill:#fff;stroke:#000}",
    ),
}  # fmt: skip
"""By name: our own, and those of three printers as far as one geometry can have them."""
