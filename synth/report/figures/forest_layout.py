"""Dress the lines of a forest as a layout has them: headings, brackets, the name of the summary, the notes under it."""

from __future__ import annotations

from dataclasses import replace

from ..words import plain, rounding
from ..words.reading import Document, get, level, text
from .forest_marks import Block, Line, Spec
from .layouts import LAYOUTS, Layout

_METHODS = {"inverse": "IV", "mh": "M-H", "peto": "Peto", "beta-binomial": "Beta-binomial", "bayes": "Bayes"}


def dressed(spec: Spec, document: Document, name: str, folded: bool = False) -> Spec:
    """Return the same lines in the words of a layout.

    Parameters
    ----------
    spec : Spec
        As the pages show it.
    document : mapping
        The pooled document that it was made of.
    name : str
        A name of :data:`synth.report.figures.layouts.LAYOUTS`.
    folded : bool
        Whether it will have no headings, so that every per cent needs its sign.

    Raises
    ------
    KeyError
        There is no such layout.

    Examples
    --------
    >>> line = Line("A", "1/4", "25.0% (1.0% to 81.0%)", "100%", 0.25, 0.01, 0.81, 1.0)
    >>> spec = Spec("T", "D", ("Series", "Events/total", "Per cent (95% CI)", "Weight"), (Block((line,)),), "Per cent")
    >>> made = dressed(spec, {}, "jama")
    >>> made.headings[0], made.blocks[0].lines[0].effect, made.blocks[0].lines[0].weight_text
    ('Source', '25.0 (1.0-81.0)', '100')
    >>> dressed(spec, {}, "synth") is spec
    True
    """
    if name == "synth":
        return spec
    layout = replace(LAYOUTS[name], bare_percent=False, weight_heading="Weight") if folded else LAYOUTS[name]
    first, counts, effect, weight = spec.headings
    measure = "Per cent" if spec.quantity.kind == "proportion" else spec.quantity.heading
    effect = layout.effect_heading.format(measure=measure, level=level(document), how=how(document))
    headings = (layout.series if first == "Series" else first, counts, effect, layout.weight_heading if weight else "")
    blocks = tuple(
        Block(tuple(_line(line, spec, layout, document) for line in block.lines), block.heading, block.reference)
        for block in spec.blocks
    )
    notes = (*_notes(document, layout, spec), *spec.notes[1:]) if spec.notes else ()
    return replace(spec, headings=headings, blocks=blocks, layout=layout, notes=notes)


def how(document: Document) -> str:
    """Say by which method and effects it was pooled, in the letters that forest plots use.

    Examples
    --------
    >>> how({"settings": {"model": "mh", "effects": "common"}}), how({"settings": {"model": "glmm-um-fs"}})
    ('M-H, Common', 'GLMM, Random')
    """
    model = text(document, "settings", "model")
    effects = "Common" if get(document, "settings", "effects") == "common" else "Random"
    return f"{_METHODS.get(model, 'GLMM' if model.startswith('glmm') else plain.visible(model) or 'IV')}, {effects}"


def _line(line: Line, spec: Spec, layout: Layout, document: Document) -> Line:
    shown = spec.quantity
    said = line.effect
    if line.mark == "bar":
        said = layout.interval(shown, line.low, line.high)
    elif said:
        said = layout.effect(shown, line.estimate, line.low, line.high)
    label = layout.summary.format(level=level(document)) if line.total and layout.summary else line.label
    return replace(line, label=label, effect=said, weight_text=layout.weight(line.weight_text))


def _p(value: float | None, bare: bool) -> str:
    said = rounding.equals("P", rounding.p_value(value))
    return said.replace("0.", ".") if bare else said


def _notes(document: Document, layout: Layout, spec: Spec) -> tuple[str, ...]:
    """Write heterogeneity, and the test of no effect, as a layout does; what is undefined keeps our own sentence."""
    found = get(document, "heterogeneity")
    tau2, q, df, i2 = get(document, "tau2", "value"), get(found, "q"), get(found, "df"), get(found, "i2")
    if None in (q, df, i2) or df == 0:
        return spec.notes[:1]
    p = get(found, "p_value")
    bare = layout.name == "jama"
    parts = [] if tau2 is None else [rounding.equals("τ²", rounding.variance(tau2))]
    if layout.name == "revman":
        chi = f"Chi² = {rounding.number(q)}, df = {int(df)} ({_p(p, bare)})"
        parts = [part.replace("τ²", "Tau²") for part in parts]
    else:
        chi = f"χ² = {rounding.number(q)}, df = {int(df)} ({_p(p, bare)})"
    made = [f"Heterogeneity: {'; '.join([*parts, chi, f'I² = {rounding.percent(i2)}'])}"]
    statistic, overall = get(document, "pooled", "test", "statistic"), get(document, "pooled", "test", "p_value")
    if statistic is not None and overall is not None:
        letter = "t" if get(document, "pooled", "df") is not None else "Z"
        made.append(f"Test for overall effect: {letter} = {rounding.number(statistic)} ({_p(overall, bare)})")
    return tuple(made)
