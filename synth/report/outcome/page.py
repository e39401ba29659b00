"""Set the page: a view model into the template, one self-contained HTML text out."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..figures import chart
from ..figures.forest import STYLE
from ..words.reading import Document
from . import view

SECTION_STYLE = """\
.analysis svg.forest{max-width:100%;min-width:34rem}
.analysis svg.chart{min-width:34rem;max-width:56rem}
.analysis figure{margin:0 0 1rem}
details{margin:.9rem 0}
summary{cursor:pointer;color:var(--accent)}
.analysis .about{max-width:34rem}
.analysis tbody th{min-width:7.5rem}
@media screen and (max-width:48rem){.analysis td:last-child:not(.num){min-width:16rem}}
@media screen and (max-width:35rem){.analysis .narrow-screen svg.forest{min-width:0;width:100%;max-width:30rem}}
@media print{.analysis svg.forest{width:88%;min-width:0}.analysis svg.chart{width:82%;min-width:0;break-inside:avoid}
details:not([open])>summary::after{content:" (folded; unfold before printing, or see the JSON file)"}}
"""
"""Only on pages with such sections, so that other pages stay as they are."""
PAIR_STYLE = """\
table.pair thead .num{white-space:normal}
table.pair .c-series{width:20%}table.pair .c-counts{width:13%}table.pair .c-share{width:15%}
"""
"""Two arms have a column each, and their headings may break: only on pages of two arms."""


@cache
def environment() -> Environment:
    """Return the template environment: everything is escaped, and a misspelt name is an error."""
    made = Environment(
        loader=PackageLoader("synth.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The SVG writers escape their own text; pictures are the only strings that a template may set as markup.
    made.filters["set_svg"] = Markup
    return made


def render(document: Document) -> str:
    """Return the page of one outcome.

    Parameters
    ----------
    document : mapping
        A pooled document (schema ``synth.pool/1``).

    Returns
    -------
    str
        One HTML file: no script, nothing that a browser would fetch by itself; the same document gives the same bytes.

    Raises
    ------
    ValueError
        Where the document holds a number that is none (NaN, an infinity) or a proportion outside 0 to 1.

    Examples
    --------
    >>> html = render({"outcome": "deaths", "k": 1, "events": 7, "total": 43, "studies": []})
    >>> html.startswith("<!doctype html>"), "<script" in html
    (True, False)
    """
    model = view.page(document)
    # The SVG writer escapes its own text; these are the only strings that the template may set as markup.
    return (
        environment()
        .get_template("outcome.html.j2")
        .render(
            page=model,
            forest=[Markup(part) for part in model.forest],
            narrow_forest=Markup(model.narrow_forest),
            small_forest=Markup(model.leave_one_out_svg),
            narrow_small_forest=Markup(model.narrow_leave_one_out_svg),
            forest_style=Markup(STYLE),
            pair_style=Markup(PAIR_STYLE),
            chart_style=Markup(chart.STYLE + SECTION_STYLE),
        )
    )
