"""The page of the risk of bias: lights, shares, and the judgements with what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..figures.traffic import STYLE, WORDS, legend, lights_of, summary_bars, traffic_lights
from ..outcome.page import environment


def render_bias(document: Mapping[str, Any]) -> str:
    """Return the page of all judgements of a review.

    Parameters
    ----------
    document : mapping
        Schema ``synth.bias/1``.

    Returns
    -------
    str
        One HTML file without scripts; the same document gives the same bytes.

    Examples
    --------
    >>> generator = {"name": "synth", "version": "0"}
    >>> page = render_bias({"title": "<T>", "generator": generator, "instruments": [], "inputs": []})
    >>> page.startswith("<!doctype html>"), "&lt;T&gt;" in page
    (True, True)
    """
    parts = []
    for instrument in document["instruments"]:
        lights = lights_of(instrument)
        parts.append(
            {
                "instrument": instrument,
                "lights": Markup(traffic_lights(lights)),
                "bars": Markup(summary_bars(lights)),
                "legend": legend([level for _, row in lights.studies for level in row]),
                "words": WORDS,
            }
        )
    template = environment().get_template("bias.html.j2")
    return template.render(document=document, parts=parts, traffic_style=Markup(STYLE))
