"""One figure as a file: from what ``reports/`` holds to SVG, PDF, PNG or TIFF at the size that a journal asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SettingsError, UnknownName, WorkspaceError
from ..report.figures import prisma
from ..report.figures.alone import alone, millimetres, size_of
from ..report.figures.catalogue import KINDS, Figure, Reason, make, narrow
from ..report.figures.forest_marks import SIZE
from ..report.figures.layouts import LAYOUTS
from ..workspace import Workspace, atomic_write, visible
from .figure_convert import MARK, as_pdf, as_pixels
from .fresh import BIAS, INDEX, OUTCOME, inputs_of, kind_of, made_outcomes, paths_of_sheets, read_document, since

__all__ = ["SCHEMA", "DrawnFigure", "draw"]

SCHEMA = "synth.figure/1"
SUFFIXES = {".svg": "svg", ".pdf": "pdf", ".png": "png", ".tif": "tiff", ".tiff": "tiff"}
LEAST_POINTS = 5.0
"""Where the letters of a forest would be smaller on paper, its lines are folded as for one column of print."""
_OF_JUDGEMENTS = {"traffic", "bias-summary"}


@dataclass(frozen=True)
class DrawnFigure:
    """A figure that was written.

    Parameters
    ----------
    path : Path
        Of the file.
    document : dict
        What it shows: kind, title, description, caption, size, and its numbers as columns and rows.
    warnings : tuple of str
        That it was drawn of something that has changed since.
    """

    path: Path
    document: dict[str, Any]
    warnings: tuple[str, ...]


def draw(
    kind: str,
    output: Path,
    *,
    outcome: str | None = None,
    width: str | None = None,
    dpi: int = 300,
    layout: str = "synth",
    by: str | None = None,
    start: Path | None = None,
) -> DrawnFigure:
    """Draw one figure and write it.

    Parameters
    ----------
    kind : str
        A name of :data:`synth.report.figures.catalogue.KINDS`, or "prisma".
    output : Path
        Its suffix says what is written: .svg, .pdf, .png, .tif or .tiff.
    outcome : str, optional
        Name of an outcome of the review, or the path of a ``.json`` that ``synth pool`` wrote; may be left out where
        the review has one pooled outcome only.
    width : str, optional
        Such as "174mm", "8.5cm", "3.5in"; left out, at 96 user units an inch.
    dpi : int
        Dots per inch of PNG and TIFF.
    layout : {"synth", "jama", "bmj", "revman"}
        How forests are arranged.
    by : str, optional
        The variable of a forest in groups, where the result has groups by several; the first of them if left out.
    start : Path, optional
        Where to look for the review from.

    Raises
    ------
    UnknownName
        There is no such kind, layout, outcome or variable of groups.
    SettingsError
        A variable was named for a figure without groups, the width or the suffix cannot be used, or the picture would
        be too large.
    WorkspaceError
        Nothing has been pooled yet, the figure needs an analysis that was not asked for, the extra packages are
        missing, or the file is somebody else's.
    """
    if kind not in KINDS and kind != "prisma":
        raise UnknownName("kind of figure", kind, (*KINDS, "prisma"))
    if layout not in LAYOUTS:
        raise UnknownName("layout", layout, tuple(LAYOUTS))
    if by is not None and kind != "subgroups":
        raise SettingsError(f"A {kind} figure has no groups: leave out --by, or draw subgroups.")
    form = _form(output)
    wide = _width(width)
    _writable(output)
    document, source, warnings = _document(kind, outcome, start)
    if kind == "subgroups":
        document, others = _grouped(document, by)
        warnings = (*warnings, *others)
    made = prisma.flow(document["flow"]) if kind == "prisma" else make(kind, document, layout)
    if wide is not None and isinstance(made, Figure) and _smallest(made.svg, wide) < LEAST_POINTS:
        made = narrow(kind, document, layout)
    if isinstance(made, Reason):
        raise WorkspaceError(f"{source} has no {kind} figure. {made.text}")
    chosen = LAYOUTS[layout]
    picture = alone(made.svg, wide, chosen.colours, chosen.style).replace("<svg ", f'<svg data-made-by="{MARK}" ', 1)
    size = size_of(made.svg, wide)
    atomic_write(output, _bytes(picture, form, dpi, size.width, size.height))
    return DrawnFigure(output, _told(kind, form, layout, dpi, made, document, size.width, size.height), warnings)


def _smallest(svg: str, width: float) -> float:
    """Return how large the letters of a picture are on paper, in points."""
    return SIZE * width / size_of(svg).width * 0.75


def _form(output: Path) -> str:
    form = SUFFIXES.get(output.suffix.lower())
    if form is None:
        raise SettingsError(
            f'"{visible(output.name, 120)}" does not say what to write: end it in .svg, .pdf, .png or .tiff.'
        )
    return form


def _width(width: str | None) -> float | None:
    if width is None:
        return None
    try:
        return millimetres(width)
    except ValueError:
        raise SettingsError(
            f'"{visible(width, 60)}" is no width of a figure: type one from 5 mm to 5 m, such as 174mm, 8.5cm or 3.5in.'
        ) from None


def _writable(output: Path) -> None:
    """Refuse, before anything is drawn, a folder that is not there and a file that is not ours."""
    if not output.parent.is_dir():
        raise WorkspaceError(
            f"There is no folder {visible(str(output.parent), 300)} to write {visible(output.name, 120)} in. "
            "Make it first."
        )
    if not output.exists() and not output.is_symlink():
        return
    content = output.read_bytes() if output.is_file() else b"x"
    if content and MARK.encode() not in content:
        raise WorkspaceError(
            f"{visible(str(output), 300)} is there already and is no figure of synth's, so it was left as it is. "
            "Name another file with -o, or move that one away."
        )


def _document(kind: str, outcome: str | None, start: Path | None) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    """Return what is to be drawn, what to call it, and what has changed since it was made."""
    if kind == "prisma" and outcome is not None:
        raise SettingsError("The flow diagram is of the whole review, not of an outcome: leave out --outcome.")
    if outcome is not None and outcome.lower().endswith(".json"):
        path = Path(outcome)
        if not path.is_file():
            raise WorkspaceError(f"There is no file {visible(outcome, 300)}. Make it first: synth pool")
        if kind_of(path) != OUTCOME:
            raise _no_result(outcome)
        return read_document(path), visible(outcome, 300), ()
    workspace = Workspace.find(start)
    if kind == "prisma":
        return _written(workspace, "index.json", INDEX, "synth report")
    if kind in _OF_JUDGEMENTS and outcome is None:
        return _written(workspace, "bias.json", BIAS, "synth bias")
    made, unreadable = made_outcomes(workspace)
    known = {each.outcome: each for each in made}
    _readable(workspace, unreadable, outcome, known)
    if not known:
        raise WorkspaceError("Nothing has been pooled in this review yet. Type: synth pool")
    if outcome is None:
        if len(known) > 1:
            raise SettingsError(f"Say which outcome to draw with --outcome: {', '.join(known)}.")
        outcome = next(iter(known))
    if outcome not in known:
        raise UnknownName("pooled outcome", outcome, tuple(known))
    found = known[outcome]
    old = f"reports/{found.path.name} is older than its inputs ({'; '.join(found.reasons)}): {found.command}"
    return found.document, f"reports/{found.path.name}", (old,) if found.stale else ()


def _grouped(document: dict[str, Any], by: str | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a result with the groups by one variable as its only ones, and a word on others that it has."""
    analyses = document["analyses"]
    found = [each for each in (analyses["subgroups"], *(analyses["more_subgroups"] or ())) if each]
    names = [each["variable"] for each in found]
    if not found or (by is None and len(found) == 1):
        return document, ()
    chosen = names[0] if by is None else next((name for name in names if name.casefold() == by.casefold()), None)
    if chosen is None:
        raise UnknownName("variable of groups", visible(str(by), 120), [visible(name, 120) for name in names])
    others = ", ".join(visible(name, 120) for name in names if name != chosen)
    told = () if by is not None else (f"Drawn by {visible(chosen, 120)}. There are also groups by {others}: add --by.",)
    groups = {"subgroups": found[names.index(chosen)], "more_subgroups": None}
    return {**document, "analyses": {**analyses, **groups}}, told


def _readable(workspace: Workspace, unreadable: Sequence[str], outcome: str | None, known: Collection[str]) -> None:
    """Refuse a damaged document by its own name, before anything is said of outcomes that nobody pooled."""
    if outcome is None and not known and unreadable:
        raise WorkspaceError("\n".join(unreadable))
    pooled = {each.id for each in workspace.review.outcomes} - {*known}
    mine = [workspace.reports / f"{name}.json" for name in pooled if outcome in (None, name)]
    for path in filter(Path.is_file, mine if outcome is not None or not known else ()):
        if kind_of(path) != OUTCOME:
            raise _no_result(workspace.relative(path))
        read_document(path)


def _no_result(name: str) -> WorkspaceError:
    return WorkspaceError(
        f"{visible(name, 300)} is no result of synth pool. Name another, or delete it and make it again: synth pool"
    )


def _written(workspace: Workspace, name: str, schema: str, command: str) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    path = workspace.reports / name
    if not path.is_file() or kind_of(path) != schema:
        raise WorkspaceError(f"There is no reports/{name} to draw from. Type: {command}")
    document = read_document(path)
    warnings: tuple[str, ...] = ()
    if schema == BIAS:
        document["inputs"] = document.get("inputs") or []
        reasons = since(document, inputs_of(workspace, [workspace.review_file, *paths_of_sheets(workspace)]))
        warnings = (f"reports/{name} is older than its inputs ({'; '.join(reasons)}): {command}",) if reasons else ()
    return document, f"reports/{name}", warnings


def _bytes(picture: str, form: str, dpi: int, width: float, height: float) -> str | bytes:
    if form == "svg":
        return picture
    pdf = as_pdf(picture, width, height)
    return pdf if form == "pdf" else as_pixels(pdf, form, dpi, width, height)


def _told(
    kind: str, form: str, layout: str, dpi: int, made: Figure, document: dict[str, Any], width: float, height: float
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": kind,
        "outcome": document.get("outcome"),
        "layout": layout,
        "format": form,
        "width_mm": round(width, 3),
        "height_mm": round(height, 3),
        "dpi": dpi if form in {"png", "tiff"} else None,
        "title": made.title,
        "description": made.desc,
        "caption": made.caption,
        "columns": list(made.table.columns),
        "rows": [list(row) for row in made.table.rows],
    }
    if told["outcome"] is None:
        told["outcome_reason"] = "the figure is of the whole review"
    if told["dpi"] is None:
        told["dpi_reason"] = "there are no dots in this format"
    return told
