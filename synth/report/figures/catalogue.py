"""Every kind of picture that there is, by name: the one door for pages, files and the command line."""

from __future__ import annotations

from collections.abc import Callable

from ..words import plain
from ..words.reading import Document, get, items
from . import charts_bias, charts_effect, charts_groups, traffic
from .figure import Figure, Grid, Reason
from .forest import svg
from .forest_layout import dressed
from .forest_marks import Forest, Spec
from .forest_model import compact
from .forest_model import layout as laid_out
from .forest_more import cumulative_spec, opinions_spec, subgroups_spec
from .forest_spec import leave_one_out_spec, main_spec

Maker = Callable[[Document, str], Figure | Reason]

__all__ = ["ABOUT", "KINDS", "Figure", "Grid", "Maker", "Reason", "figures", "forest_grid", "make", "narrow"]


def forest_grid(spec: Spec) -> Grid:
    """Return the numbers of a forest, a row for each line.

    Examples
    --------
    >>> study = {"study": "A", "events": 1, "total": 4, "estimate": 0.25, "ci_low": 0.01, "ci_high": 0.81}
    >>> forest_grid(main_spec({"outcome": "x", "k": 1, "studies": [study]})).rows
    (('A', '1/4', 0.25, 0.01, 0.81, None),)
    """
    first, data, _, _ = spec.headings
    grouped = any(block.heading for block in spec.blocks)
    named = ("Group" if grouped else "", first, data, spec.second)
    columns = [name.replace("\n", ": ") for name in named if name]
    columns += [spec.quantity.name.capitalize(), "Lower limit", "Upper limit", "Weight"]
    rows = []
    for block in spec.blocks:
        for line in block.lines:
            cells = [*([block.heading] if grouped else []), line.label, *([line.counts] if data else [])]
            cells += [line.second] if spec.second else []
            weight = line.weight if line.weight_text else None
            rows.append((*cells, line.estimate, line.low, line.high, weight))
    return Grid(tuple(columns), tuple(rows))


Lines = tuple[Spec | None, str, str]
"""The lines of a forest or ``None``, why there are none, and what to say under them."""


def _main(document: Document) -> Lines:
    caption = (
        "Each square is a series, its area in proportion to its weight, with its interval; the diamond is the pooled "
        "answer from one end of its interval to the other."
    )
    return main_spec(document) if items(document, "studies") else None, "There is no series to draw.", caption


def _leave_one_out(document: Document) -> Lines:
    why = get(document, "leave_one_out_reason") or "There is nothing to leave out."
    caption = "Each square is the pooled answer without one series; the dashed line is the answer with all."
    return leave_one_out_spec(document), plain.sentence(why), caption


def _cumulative(document: Document) -> Lines:
    found = get(document, "analyses", "cumulative")
    why = plain.sentence(get(found, "reason")) or "No order was asked for: pool again with --cumulative VARIABLE."
    return cumulative_spec(document, found), why, "Each square is the answer so far; the dashed line marks the last."


def _subgroups(document: Document) -> Lines:
    found = get(document, "analyses", "subgroups")
    why = plain.sentence(get(found, "reason")) or "No groups were asked for: pool again with --by VARIABLE."
    return subgroups_spec(document, found), why, "The series in groups; each group's diamond is its own pooled answer."


def _opinions(document: Document) -> Lines:
    found = get(document, "analyses", "second_opinions")
    why = "No other model was asked for: pool again with --second-opinions."
    return opinions_spec(document, found), why, "The dashed line is the main answer."


FORESTS: dict[str, Callable[[Document], Lines]] = {
    "forest": _main,
    "subgroups": _subgroups,
    "leave-one-out": _leave_one_out,
    "cumulative": _cumulative,
    "second-opinions": _opinions,
}
"""The kinds that are forests, which layouts arrange and narrow paper folds."""


def _forest(kind: str, document: Document, layout: str, lay: Callable[[Spec], Forest]) -> Figure | Reason:
    spec, why, caption = FORESTS[kind](document)
    if spec is None:
        return Reason(why)
    grid = forest_grid(spec)
    picture = svg(lay(dressed(spec, document, layout, lay is compact)), kind, style=False)
    return Figure(picture, spec.title, spec.description, grid, caption)


def _wide(kind: str) -> Maker:
    def maker(document: Document, layout: str) -> Figure | Reason:
        return _forest(kind, document, layout, laid_out)

    return maker


def _plain(draw: Callable[[Document], Figure | Reason]) -> Maker:
    """Make a maker of a picture that has one look only."""

    def maker(document: Document, layout: str) -> Figure | Reason:
        return draw(document)

    return maker


KINDS: dict[str, Maker] = {
    **{kind: _wide(kind) for kind in FORESTS},
    "funnel": _plain(charts_bias.funnel),
    "funnel-size": _plain(lambda document: charts_bias.funnel(document, "size")),
    "funnel-precision": _plain(lambda document: charts_bias.funnel(document, "precision")),
    "doi": _plain(charts_effect.doi),
    "radial": _plain(charts_effect.radial),
    "labbe": _plain(charts_effect.labbe),
    "drapery": _plain(charts_effect.drapery),
    "baujat": _plain(charts_bias.baujat),
    "bubble": _plain(charts_groups.bubbles),
    "gosh": _plain(charts_groups.gosh),
    "multiverse": _plain(charts_groups.curve),
    "traffic": _plain(traffic.lights_figure),
    "bias-summary": _plain(traffic.bars_figure),
}
"""Each kind with what draws it of a document; a layout shapes forests only."""

ABOUT: dict[str, str] = {
    "forest": "series and pooled answer, with the arms for comparison",
    "subgroups": "forest in groups (pool --by)",
    "leave-one-out": "the answer without each series in turn",
    "cumulative": "the answer as series were added (pool --cumulative)",
    "second-opinions": "the answer by other models",
    "funnel": "small series against large ones, with contours of significance",
    "funnel-size": "the same over the number of patients",
    "funnel-precision": "the same over one by the standard error",
    "doi": "Doi plot with the LFK index",
    "radial": "radial (Galbraith) plot",
    "labbe": "L'Abbe plot of two arms",
    "drapery": "p-value curves of all series",
    "baujat": "share in the spread and influence (pool --influence)",
    "bubble": "meta-regression (pool --moderator)",
    "gosh": "every subset of the series (pool --gosh)",
    "multiverse": "specification curve (pool --multiverse)",
    "traffic": "risk of bias, a light for each item",
    "bias-summary": "risk of bias, shares for each item",
}
"""Each kind in a few words, for the command line."""


def make(kind: str, document: Document, layout: str = "synth") -> Figure | Reason:
    """Draw one kind of picture.

    Parameters
    ----------
    kind : str
        A name of :data:`KINDS`.
    document : mapping
        A pooled document; of risk of bias also the document of ``reports/bias.json``.
    layout : {"synth", "jama", "bmj", "revman"}
        How a forest is arranged.

    Raises
    ------
    KeyError
        There is no such kind.

    Examples
    --------
    >>> make("baujat", {}).text
    'The influence of each series was not asked for: pool again with --influence.'
    """
    return KINDS[kind](document, layout)


def narrow(kind: str, document: Document, layout: str = "synth") -> Figure | Reason:
    """Draw a forest for one column of print, label, numbers and mark of each line under one another.

    Any other kind is drawn as :func:`make` does.

    Examples
    --------
    >>> study = {"study": "A", "events": 1, "total": 4, "estimate": 0.25, "ci_low": 0.01, "ci_high": 0.81}
    >>> 'viewBox="0 0 340 ' in narrow("forest", {"outcome": "x", "k": 1, "studies": [study]}).svg
    True
    """
    return _forest(kind, document, layout, compact) if kind in FORESTS else make(kind, document, layout)


def figures(document: Document, layout: str = "synth") -> dict[str, Figure]:
    """Draw every kind that the document has numbers for.

    Examples
    --------
    >>> study = {"study": "A", "events": 1, "total": 4, "estimate": 0.25, "ci_low": 0.01, "ci_high": 0.81}
    >>> list(figures({"outcome": "x", "k": 1, "studies": [study]}))
    ['forest']
    """
    made = ((kind, maker(document, layout)) for kind, maker in KINDS.items())
    return {kind: one for kind, one in made if isinstance(one, Figure)}
