"""Set the page: a view model into the template, one self-contained HTML text out."""

from __future__ import annotations

from functools import cache
from html import escape

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .. import whatif
from ..figures import chart
from ..figures.forest import STYLE
from ..words.reading import Document, items
from . import budget, data_links, scripts, view, view_text, view_trust
from .embedded import BESIDE, embed

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What a browser may do with the page: show it. A script is an addition, allowed by its digest alone."""


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
    # Between tags a quotation mark is a letter like any other: six times shorter where there are hundreds of them.
    made.filters["plainly"] = lambda text: Markup(escape(text, quote=False))
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
        One HTML file that fetches nothing; its only script looks answers up that stand in it, and everything can be
        read without. The same document gives the same bytes.

    Raises
    ------
    ValueError
        Where the document holds a number that is none (NaN, an infinity) or a proportion outside 0 to 1.

    Examples
    --------
    >>> html = render({"outcome": "deaths", "k": 1, "events": 7, "total": 43, "studies": []})
    >>> html.startswith("<!doctype html>"), "<script>" in html
    (True, False)
    """
    model = view.page(document)
    # A crowded page would be nothing but its own document: that stands beside it, and nothing can be looked up here.
    asked = None if model.crowded else whatif.block(document)
    template = environment().get_template("outcome.html.j2")
    links, text = data_links.links(document), view_text.written(document)
    code = scripts.script(copies=bool(links), what_if="" if asked is None else asked.script)
    # The writers of pictures and of these parts escape their own text; the template may set nothing else as markup.
    parts = {
        "page": model,
        "policy": Markup(POLICY + scripts.allowed(code)),
        "forest": [Markup(part) for part in model.forest],
        "narrow_forest": Markup(model.narrow_forest),
        "small_forest": Markup(model.leave_one_out_svg),
        "grids": view_trust.bias_grids(document),
        "certainty": view_trust.certainty(document),
        "what_if": None if asked is None else asked.html,
        "script": Markup(code),
        "beside": Markup(BESIDE),
        "figure_style": Markup(STYLE + chart.STYLE),
        "what_if_style": Markup("" if asked is None else whatif.STYLE),
    }

    def shortened(left: frozenset[str]) -> str:
        data = data_links.without(document, links, left)
        held = "" if model.crowded else embed(document, small="plain-json" in left)
        words = view_text.without(document, text, left)
        return template.render(
            **parts, text=words, data=data, embedded=Markup(held), supports="supports" not in left,
        )  # fmt: skip

    return budget.fitted(shortened, budget.most_of(len(items(document, "studies")), model.crowded))
