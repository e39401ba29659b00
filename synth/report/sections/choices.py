"""Sections on the answer under other choices: second opinions, other programs, and every choice at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..figures.charts_groups import CHOICES, choice, curve, thinned
from ..figures.forest_more import opinion_label, opinions_spec
from ..words import plain, quantity, rounding
from ..words.answer import main_answer
from ..words.names import ci_name, effects_name, measure_name, model_name, tau2_name
from ..words.phrases import noun, pooled_reporting
from ..words.reading import Document, get, items, level, text
from . import pictures
from .model import Row, Section, Table, heads, reason

MOST_LISTED = 60
"""With more universes than this the table shows some, evenly from the lowest to the highest, and the default."""


def second_opinions(document: Document, found: Any) -> Section:
    """Return the section that sets other models' answers beside the main one."""
    shown = quantity.of(document)
    main = main_answer(document)
    estimate, low, high = pooled_reporting(document)
    predicted = get(document, "prediction", "reporting")
    table = [Row((main, shown.text(estimate), shown.interval(low, high),
                  shown.interval(get(predicted, "ci_low"), get(predicted, "ci_high"))))]  # fmt: skip
    for one in found:
        estimate, low, high = (get(one, key) for key in ("estimate", "ci_low", "ci_high"))
        about = tuple(said for said in (plain.sentence(get(one, "note")), *reason(one)) if said)
        predicted = shown.interval(get(one, "prediction_low"), get(one, "prediction_high"))
        table.append(Row((opinion_label(one), shown.text(estimate), shown.interval(low, high), predicted), about))
    said = (
        "With so few series, or with zeros everywhere, the answer leans on the model. Where models that handle this in "
        "other ways agree, it leans less.",
    )
    spec = opinions_spec(document, found)
    figures = pictures.forest("Second opinions", spec, "opinions", "The dashed line is the main answer.")
    head = heads("Model", shown.heading, f"{level(document)} interval", f"{level(document)} prediction interval")
    listed = Table("The same series by other models", head, tuple(table))
    return Section("opinions", "Second opinions", "Second opinions", said, figures, (listed,))


def presets(document: Document, found: Any) -> Section:
    """Return the section that sets the answers of other programs beside this one, and says why they differ."""
    shown = quantity.of(document)
    rows: list[Any] = list(found) if isinstance(found, (list, tuple)) else items(found, "rows")
    table = [
        Row(
            (
                text(row, "label") or text(row, "name"),
                shown.text(get(row, "estimate")),
                shown.interval(get(row, "ci_low"), get(row, "ci_high")),
                shown.interval(get(row, "prediction_low"), get(row, "prediction_high")),
                rounding.variance(get(row, "tau2")),
                rounding.percent(get(row, "i2")),
                differs(row, first=i == 0),
            ),
            reason(row),
        )
        for i, row in enumerate(rows)
    ]
    first = (text(rows[0], "label") or text(rows[0], "name")) if rows else ""
    stepped = [row for row in rows if items(row, "differences")]
    said = [
        "Programs give other numbers from the same series because they choose other methods. The last column says "
        f"which choices differ from those of the first row ({first})."
    ]
    if stepped:
        said.append(
            "Under the table the way to each program is walked in steps: one setting after the other is changed from "
            f"that of {first} to the program’s own, and the series are pooled anew after each change. A step’s "
            "sentence compares with the step before it, so that the steps together make the whole difference; in "
            "another order each step would have another size."
        )
    head = heads("Settings", shown.heading, f"{level(document)} CI", "Prediction", "τ²", "I²", words=("What differs",))
    tables = [Table("The answer by the settings of other programs", head, tuple(table))]
    tables += [_steps(document, rows[0], row, shown) for row in stepped]
    return Section("presets", "What other programs would give", "Other programs", tuple(said), (), tuple(tables))


_SETTINGS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "model": ("Model", model_name),
    "measure": ("Scale", lambda word: f"{measure_name(word)} scale"),
    "zero_cells": ("Empty cells", lambda word: f"empty cells: {plain.visible(word or 'none')}"),
    "effects": ("Effects", effects_name),
    "tau2_method": ("τ²", lambda word: f"τ² by {tau2_name(word)}" if word else "no τ²"),
    "ci_method": ("Interval", lambda word: f"interval: {ci_name(word)}"),
    "prediction": (
        "Prediction",
        lambda word: "no prediction interval" if word == "none" else f"prediction: {ci_name(word)}",
    ),
    "i2_method": ("I²", lambda word: f"I² from {'Q' if word == 'q' else 'τ²'}"),
}


def differs(row: Any, *, first: bool) -> str:
    """Say which choices of a preset are not those of the first row, or, for that row, which they are.

    Examples
    --------
    >>> row = {"differences": [{"setting": "tau2_method", "here": "DL"}, {"setting": "i2_method", "here": "q"}]}
    >>> differs(row, first=False)
    'τ² by DerSimonian–Laird; I² from Q'
    >>> differs({"model": "inverse", "tau2_method": "REML"}, first=True)
    'inverse-variance model; τ² by restricted maximum likelihood'
    """
    if first:
        keys = ("model", "measure", "effects", "tau2_method", "ci_method")
        words = [_SETTINGS[key][1](get(row, key)) for key in keys if get(row, key)]
        if get(row, "model"):
            words[0] = model_name(get(row, "model"), get(row, "measure"))
        return "; ".join(words)
    told = [
        _SETTINGS[text(one, "setting")][1](get(one, "here"))
        for one in items(row, "differences")
        if text(one, "setting") in _SETTINGS
    ]
    if told:
        return "; ".join(told)
    if get(row, "estimate") is None:
        return rounding.ABSENT
    return plain.sentence(get(row, "explanation")) or "nothing"


def _as_here(said: str) -> str:
    """Write the signs of a sentence as the page does.

    Examples
    --------
    >>> _as_here("DL gives tau2 0.05, wider by 9.3 %: k - 1 degrees of freedom.")
    'DL gives τ² 0.05, wider by 9.3%: k − 1 degrees of freedom.'
    """
    for plainly, here in (("tau2", "τ²"), (" %", "%"), ("k - ", "k − "), ("I2 ", "I² ")):
        said = said.replace(plainly, here)
    return said


def _steps(document: Document, first: Any, row: Any, shown: quantity.Quantity) -> Table:
    """The way from the first row to another one, a line for each setting that changes."""

    def cells(name: str, one: Any) -> tuple[str, str, str]:
        return name, shown.text(get(one, "estimate")), shown.interval(get(one, "ci_low"), get(one, "ci_high"))

    start, label = text(first, "label") or text(first, "name"), text(row, "label") or text(row, "name")
    lines = [Row((*cells(start, first), "Where the steps begin."))]
    for i, one in enumerate(items(row, "differences"), start=1):
        name = _SETTINGS.get(text(one, "setting"), (text(one, "setting"), plain.visible))[0]
        lines.append(Row((*cells(f"{i}. {name}", one), _as_here(plain.sentence(get(one, "sentence"))))))
    head = heads("Step", shown.heading, f"{level(document)} CI", words=("What the change does",))
    was, now = shown.text(get(first, "estimate")), shown.text(get(row, "estimate"))
    changes = noun(len(lines) - 1, "change")
    moved = f"the estimate stays {now}" if was == now else f"from {was} to {now}"
    return Table(f"From {start} to {label}, one change at a time", head, tuple(lines), f"{label}: {changes}, {moved}")


def multiverse(document: Document, found: Any) -> Section:
    """Return the section on every reasonable choice at once: a specification curve and its folded table."""
    shown = quantity.of(document)
    universes = items(found, "universes")
    answered = [one for one in universes if get(one, "estimate") is not None]
    answered.sort(key=lambda one: (get(one, "estimate"), get(one, "ci_low") or 0.0, get(one, "ci_high") or 0.0))
    said = [*reason(found)]
    if answered:
        spread = shown.interval(get(found, "estimate_low"), get(found, "estimate_high"))
        limits = shown.interval(get(found, "ci_low_low"), get(found, "ci_high_high"))
        said.insert(
            0,
            f"{noun(len(universes), 'combination')} of scale, model, estimator and interval, all from the same series: "
            f"estimates from {spread}; the lowest limit and the highest, {shown.with_unit(limits)}.",
        )
        if get(found, "excludes_null") is not None and shown.null is not None:
            null = rounding.tick(shown.null * shown.factor)
            said.append(f"{noun(get(found, 'excludes_null'), 'interval')} of them leave out no difference ({null}).")
        missing = len(universes) - len(answered)
        if missing:
            said.append(f"{noun(missing, 'combination')} gave no answer; the table says why.")
    kept = thinned(answered)
    if len(kept) < len(answered):
        said.append(
            f"Drawn are {len(kept)} of {rounding.count(len(answered))}, evenly from the lowest to the highest; the "
            "JSON file beside this page has every one."
        )
    listed = thinned(answered, MOST_LISTED)
    figures = pictures.chart("Specification curve", curve(document))
    rest = [one for one in universes if get(one, "estimate") is None][:MOST_LISTED]
    rows = tuple(
        Row(
            (
                rounding.count(i) + (" (the answer above)" if get(one, "default") else ""),
                shown.text(get(one, "estimate")),
                shown.interval(get(one, "ci_low"), get(one, "ci_high")),
                rounding.variance(get(one, "tau2")),
                *(choice(one, key, name) or rounding.ABSENT for key, _, name in CHOICES),
            ),
            reason(one),
        )
        for i, one in enumerate([*listed, *rest], start=1)
    )
    head = heads("No.", shown.heading, f"{level(document)} CI", "τ²", words=tuple(heading for _, heading, _ in CHOICES))
    every = len(listed) == len(answered)
    caption = f"{'Every combination' if every else 'Combinations'}, from the lowest to the highest estimate"
    summary = f"{'All' if every else 'Of all, evenly,'} {len(rows)} combinations as a table"
    tables = (Table(caption, head, rows, summary),) if rows else ()
    return Section("multiverse", "Every reasonable choice at once", "Multiverse", tuple(said), figures, tables)
