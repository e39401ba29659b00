"""Sections on the answer under other choices: second opinions, other programs, and every choice at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..figures.chart import Chart
from ..figures.forest import narrow, parts
from ..figures.forest_marks import Block, Line, Spec
from ..figures.forest_spec import axis_label, sides
from ..figures.scales import axis_for
from ..words import plain, quantity, rounding
from ..words.names import ci_name, effects_name, measure_name, model_name, tau2_name
from ..words.phrases import noun, pooled_reporting
from ..words.reading import Document, get, items, level, outcome_label, text
from .model import Figure, Row, Section, Table, heads, reason

MOST_UNIVERSES = 400
"""With more universes than this the figure and its table show the lowest, the highest and every so manieth between."""
CHOICES: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("measure", "Scale", measure_name),
    ("model", "Model", model_name),
    ("effects", "Effects", effects_name),
    ("tau2_method", "τ² by", tau2_name),
    ("ci_method", "Interval by", ci_name),
)


def second_opinions(document: Document, found: Any) -> Section:
    """Return the section that sets other models' answers beside the main one."""
    shown = quantity.of(document)
    estimate, low, high = pooled_reporting(document)
    main = f"Main answer ({model_name(get(document, 'settings', 'model'))})"
    lines = [_line(main, estimate, low, high, shown, strong=True)]
    predicted = get(document, "prediction", "reporting")
    table = [Row((main, shown.text(estimate), shown.interval(low, high),
                  shown.interval(get(predicted, "ci_low"), get(predicted, "ci_high"))))]  # fmt: skip
    for one in found:
        estimate, low, high = (get(one, key) for key in ("estimate", "ci_low", "ci_high"))
        label = text(one, "label") or model_name(get(one, "model"))
        label = label[:1].upper() + label[1:]
        lines.append(_line(label, estimate, low, high, shown))
        about = tuple(said for said in (plain.sentence(get(one, "note")), *reason(one)) if said)
        predicted = shown.interval(get(one, "prediction_low"), get(one, "prediction_high"))
        table.append(Row((label, shown.text(estimate), shown.interval(low, high), predicted), about))
    said = (
        "With so few series, or with zeros everywhere, the answer leans on the model. Where models that handle this in "
        "other ways agree, it leans less.",
    )
    spec = Spec(
        f"Second opinions: {outcome_label(document)}",
        f"The main answer and {noun(len(found), 'other')}, each with its interval. The table under it gives them.",
        ("Model", "", f"{shown.heading} ({level(document)} CI)", ""),
        (Block(tuple(lines), "", lines[0].estimate),),
        axis_label(document),
        quantity=shown,
        sides=sides(document),
    )
    caption = "The dashed line is the main answer."
    figure = Figure("Second opinions", tuple(parts(spec, "opinions")), narrow(spec, "opinions"), caption)
    head = heads("Model", shown.heading, f"{level(document)} interval", f"{level(document)} prediction interval")
    listed = Table("The same series by other models", head, tuple(table))
    return Section("opinions", "Second opinions", "Second opinions", said, (figure,), (listed,))


def _line(label: str, estimate: Any, low: Any, high: Any, shown: quantity.Quantity, strong: bool = False) -> Line:
    effect = shown.effect(estimate, low, high)
    return Line(plain.isolated(label), "", effect, "", estimate, low, high, mark="diamond", strong=strong)


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


def _choice(row: Any, key: str, name: Callable[[Any], str]) -> str:
    value = get(row, key)
    return _named(key, value, name, get(row, "measure")) if value is not None else ""


def _named(key: str, value: Any, name: Callable[[Any], str], measure: Any) -> str:
    """Name a choice where what it is called depends on the measure: exact intervals, and mixed models of counts."""
    if key == "model":
        return model_name(value, measure)
    exact = key == "ci_method" and value == "exact" and not str(measure).startswith("P")
    return "exact" if exact else name(value)


def multiverse(document: Document, found: Any) -> Section:
    """Return the section on every reasonable choice at once: a specification curve and its folded table."""
    shown = quantity.of(document)
    universes = items(found, "universes")
    drawn = [one for one in universes if get(one, "estimate") is not None]
    drawn.sort(key=lambda one: (get(one, "estimate"), get(one, "ci_low") or 0.0, get(one, "ci_high") or 0.0))
    said = [*reason(found)]
    if drawn:
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
        missing = len(universes) - len(drawn)
        if missing:
            said.append(f"{noun(missing, 'combination')} gave no answer; the table says why.")
    kept = _thinned(drawn)
    if len(kept) < len(drawn):
        said.append(
            f"Shown are {len(kept)} of {rounding.count(len(drawn))}, evenly from the lowest to the highest; the JSON "
            "file beside this page has every one."
        )
    figures = (_curve(document, kept, shown),) if kept else ()
    rest = [one for one in universes if get(one, "estimate") is None][:MOST_UNIVERSES]
    rows = tuple(
        Row(
            (
                rounding.count(i) + (" (the answer above)" if get(one, "default") else ""),
                shown.text(get(one, "estimate")),
                shown.interval(get(one, "ci_low"), get(one, "ci_high")),
                rounding.variance(get(one, "tau2")),
                *(_choice(one, key, name) or rounding.ABSENT for key, _, name in CHOICES),
            ),
            reason(one),
        )
        for i, one in enumerate([*kept, *rest], start=1)
    )
    head = heads("No.", shown.heading, f"{level(document)} CI", "τ²", words=tuple(heading for _, heading, _ in CHOICES))
    tables = (Table("Every combination, from the lowest to the highest estimate", head, rows,
                    f"All {len(rows)} combinations as a table"),) if rows else ()  # fmt: skip
    return Section("multiverse", "Every reasonable choice at once", "Multiverse", tuple(said), figures, tables)


def _thinned(drawn: list[Any]) -> list[Any]:
    """Return at most so many, evenly from the first to the last, and the default always."""
    if len(drawn) <= MOST_UNIVERSES:
        return drawn
    step = (len(drawn) - 1) / (MOST_UNIVERSES - 1)
    kept = {round(i * step) for i in range(MOST_UNIVERSES)}
    kept |= {i for i, one in enumerate(drawn) if get(one, "default")}
    return [drawn[i] for i in sorted(kept)]


def _curve(document: Document, drawn: list[Any], shown: quantity.Quantity) -> Figure:
    left, right, top, bottom, step = 210.0, 884.0, 14.0, 250.0, 15.0
    options = [
        (heading, key, value, _choice(next(one for one in drawn if get(one, key) == value), key, name))
        for key, heading, name in CHOICES
        for value in _values(drawn, key)
    ]
    values = [v for one in drawn for v in (get(one, "ci_low"), get(one, "estimate"), get(one, "ci_high"))]
    y = axis_for(shown, [v for v in values if v is not None], [one["estimate"] for one in drawn], bottom, top)
    height = bottom + 24.0 + step * (len(options) + len({key for _, key, _, _ in options})) + 8.0
    x = axis_for(quantity.Quantity(kind="plain"), [0.0, 1.0], [0.0, 1.0], left, right)
    about = (
        f"{noun(len(drawn), 'combination')} from the lowest to the highest estimate, each with its interval; under it "
        "the choices that make it. The table below gives them all."
    )
    chart = Chart(f"Specification curve: {outcome_label(document)}", about, x, y, "", "", 900.0, height)
    at = [left + (i + 0.5) * (right - left) / len(drawn) for i in range(len(drawn))]
    chart.axes = False
    chart.scale_left()
    if y.null is not None:
        chart.line((x.low, y.null), (x.high, y.null), "null")
    strokes, dots = [], []
    for px, one in zip(at, drawn, strict=True):
        if get(one, "ci_low") is not None and get(one, "ci_high") is not None:
            strokes.append(f"M{px:.1f} {y.x(one['ci_low']):.1f}V{y.x(one['ci_high']):.1f}")
        dots.append(f"M{px:.1f} {y.x(one['estimate']):.1f}h.01")
    for px, one in zip(at, drawn, strict=True):
        if get(one, "default"):
            chart.path([f"M{px:.1f} {top}V{height - 8.0:.1f}"], "chosen")
    chart.path(strokes, "ci")
    chart.path(dots, "dots")
    chart.words(8.0, top + 4.0, shown.heading[:24])
    py, before = bottom + 24.0, ""
    for heading, key, value, label in options:
        if key != before:
            py += step
            chart.words(8.0, py - step + 4.0, heading, "start", "name")
            before = key
        chart.words(left - 10.0, py + 4.0, _short(label), "end")
        chosen = [f"M{px:.1f} {py:.1f}h.01" for px, one in zip(at, drawn, strict=True) if get(one, key) == value]
        chart.path(chosen, "dots")
        py += step
    caption = (
        "Each upright line is one combination with its interval; the dots under it say what it is made of. The broad "
        "band is the answer above."
    )
    return Figure("Specification curve", (chart.svg("multiverse"),), "", caption)


def _short(label: str) -> str:
    """Shorten the name of a choice for the figure: its table has it in full."""
    label = label.replace("Hartung–Knapp–Sidik–Jonkman", "HKSJ").replace(" maximum likelihood", " ML")
    return label if len(label) <= 32 else f"{label[:31]}…"


def _values(drawn: list[Any], key: str) -> list[Any]:
    return list(dict.fromkeys(value for one in drawn if (value := get(one, key)) is not None))
