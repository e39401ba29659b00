"""What if some series were left out: controls that look answers up, and that are not there without a script."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from ..markup import environment, plain_file
from ..words import plain, quantity
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, level, text
from .strip import strip

__all__ = ["STYLE", "WhatIf", "block", "script"]

STYLE = """\
.what-if fieldset{border:1px solid var(--rule);margin:.6rem 0;padding:.6rem 1rem;min-width:0}
.what-if legend{font-weight:600;padding:0 .4rem}
.what-if ul{list-style:none;margin:0;padding:0;columns:16rem;column-gap:1.5rem}
.what-if li{break-inside:avoid}
.what-if label{display:flex;gap:.55rem;align-items:baseline;padding:.3rem 0;min-height:1.5rem;cursor:pointer}
.what-if label bdi{overflow-wrap:anywhere;min-width:0}
.what-if input{width:1.1rem;height:1.1rem;flex:none;margin:0;accent-color:var(--accent);transform:translateY(.15rem)}
.what-if input:focus-visible,.what-if button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.what-if button{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--muted);border-radius:.25rem;\
padding:.45rem .9rem;cursor:pointer}
.what-if-said{font-size:1.15rem;min-height:3.1em;overflow-wrap:anywhere}
.what-if-key{color:var(--muted);font-size:.88rem}
.what-if svg{display:block;width:100%;max-width:44rem;min-width:20rem;height:auto}
.what-if svg text{font:12px Helvetica,Arial,"Liberation Sans",sans-serif;fill:var(--muted)}
.what-if svg line{stroke:var(--muted);stroke-width:1}
.what-if svg .ghost{fill:none;stroke:var(--ink);stroke-width:1.4;stroke-dasharray:3 2}
.what-if svg .now{fill:var(--accent);fill-opacity:.75;stroke:var(--accent);stroke-width:1}
@media print{#what-if-live{display:none}}
"""
"""For the page's one style element. ``hidden`` keeps its meaning: nothing here sets ``display`` on what is hidden."""

ELSEWHERE = "The table of answers without one series at a time says what each of them does by itself."


@dataclass(frozen=True)
class WhatIf:
    """The part of a page.

    Parameters
    ----------
    html : Markup
        One section, safe to be set as it is; its controls are hidden until the script shows them.
    script : str
        What goes between ``<script>`` and ``</script>``, after the section and the embedded document.
    """

    html: Markup
    script: str


def script() -> str:
    """Return the script: the same for every page, so that its digest is, too."""
    return plain_file("whatif.js")


def block(document: Document) -> WhatIf | None:
    """Make the part of a page in which a reader leaves series out.

    Parameters
    ----------
    document : mapping
        A pooled document with ``what_if``, which the page must embed (:func:`synth.report.outcome.embedded.embed`).

    Returns
    -------
    WhatIf or None
        ``None`` where nothing can be left out.

    Examples
    --------
    >>> block({"k": 1, "what_if": None}) is None
    True
    """
    found = get(document, "what_if")
    if not found:
        return None
    shown = quantity.of(document)
    html = (
        environment()
        .get_template("whatif.html.j2")
        .render(
            said=text(found, "said"),
            otherwise=ELSEWHERE,
            interval=f"{level(document)} {'CrI' if _is_credible(document) else 'CI'}",
            before=_before(shown),
            after=f" {shown.unit}" if shown.unit else "",
            beyond=_beyond(str(get(found, "held"))),
            strip=Markup(strip(document)),
            names=[plain.visible(get(study, "study")) or "(no label)" for study in items(document, "studies")],
        )
    )
    return WhatIf(Markup(html), script())


def _is_credible(document: Document) -> bool:
    return bool(get(document, "pooled", "ci_method") == "credible")


def _before(shown: Quantity) -> str:
    """What stands before a figure without a sign of its own."""
    return "" if shown.kind == "proportion" else f"{shown.name} "


def _beyond(held: str) -> str:
    most = "one" if held == "one" else "two"
    return f"Answers are held for up to {most} series left out: tick others again."
