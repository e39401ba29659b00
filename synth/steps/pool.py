"""Pool: from the sheets of a review, or from any CSV, to the pages and documents on disk."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import NothingToPool, SettingsError, SynthError, UnknownName, WorkspaceError
from ..extract import Extracted, load, read_figures
from ..meta.measures.effects import measure as find_measure
from ..report.outcome import page
from ..workspace import Outcome, Review, Workspace, visible
from .compute import document_of_file, document_of_review
from .gather import check_studies, columns_for
from .options import PoolOptions
from .output import check_path, check_writable, write_together
from .run import Document, Left, Pooled, PoolRun, to_json

__all__ = ["PoolOptions", "PoolRun", "Pooled", "pool_file", "pool_review", "to_json"]

Say = Callable[[str], None]


def pool_review(
    workspace: Workspace,
    outcomes: Sequence[str] | None = None,
    *,
    arm: str | None = None,
    compare: tuple[str, str] | None = None,
    output: Path | None = None,
    options: PoolOptions | None = None,
    progress: Say | None = None,
) -> PoolRun:
    """Pool outcomes of a review and write ``reports/OUTCOME.html`` and ``.json`` for each.

    Parameters
    ----------
    workspace : Workspace
        The review.
    outcomes : sequence of str, optional
        Outcomes to pool; every one of the review if left out. One that was named and has nothing to pool is a
        failure; one that was not named is listed with the reason.
    arm : str, optional
        The arm to pool; the review's primary arm if left out. Another arm's page is called ``OUTCOME.ARM.html``.
    compare : (str, str), optional
        Two arms to compare, study by study, the one whose effect is looked for first: ``OUTCOME.A-vs-B.html``.
    output : Path, optional
        Where the page goes, for a single outcome.
    options : PoolOptions, optional
        The method.
    progress : callable, optional
        Is told, in words, what is being done.

    Returns
    -------
    PoolRun
        What was pooled and written, what was not and why. :meth:`PoolRun.check` raises what failed.

    Raises
    ------
    ProblemsError, WorkspaceError, UnknownName
        The sheets cannot be used, or a name is not there. Nothing has been written then.
    """
    options = options or PoolOptions()
    review = workspace.review
    known = [outcome.id for outcome in review.outcomes]
    for name in outcomes or ():
        if name not in known:
            raise UnknownName("outcome", visible(name), known)
    arm_id, against = arms_of(review, arm, compare)
    extracted = load(workspace)
    check_studies(extracted, options.exclude)
    named = outcomes is not None
    wanted = [review.outcome(name) for name in dict.fromkeys(outcomes if outcomes is not None else known)]

    pooled: list[Pooled] = []
    not_pooled: list[Left] = []
    failed: list[tuple[str, SynthError]] = []
    for number, outcome in enumerate(wanted, start=1):
        if progress:
            progress(f"Pooling {outcome.id} ({number} of {len(wanted)})")
        try:
            if not named and (other := _of_another_kind(outcome, against, options)):
                not_pooled.append(Left(outcome.id, other))
                continue
            pooled.append(_pool_outcome(workspace, extracted, outcome, (arm_id, against), output, options))
        except NothingToPool as error:
            if named:
                failed.append((outcome.id, error))
            else:
                not_pooled.append(Left(outcome.id, str(error)))
        except SynthError as error:
            failed.append((outcome.id, error))
    if not pooled and not failed and not named:
        raise NothingToPool(
            "There is nothing to pool yet: no outcome has a row with events and total in the arm "
            f'"{arm_id}". Fill in {workspace.relative(workspace.extracted / "results.csv")}, one row per study, arm '
            'and outcome; "synth outcomes" shows what there is.'
        )
    return PoolRun(
        pooled=tuple(pooled),
        not_pooled=tuple(not_pooled),
        failed=tuple(failed),
        warnings=tuple(str(problem) for problem in extracted.warnings),
        named=named,
    )


def arms_of(review: Review, arm: str | None, compare: tuple[str, str] | None) -> tuple[str, str | None]:
    """Check which arm, or which two, are meant.

    Raises
    ------
    UnknownName
        An arm that the review does not have.
    SettingsError
        One arm compared with itself, or both ways of naming an arm at once.
    """
    known = [each.id for each in review.arms]
    for name in (arm, *(compare or ())):
        if name is not None and name not in known:
            raise UnknownName("arm", visible(name), known)
    if compare is None:
        return arm or review.primary_arm.id, None
    if arm is not None:
        raise SettingsError(f"--compare {compare[0]} {compare[1]} says which arms: leave --arm {arm} out.")
    if compare[0] == compare[1]:
        others = [each for each in known if each != compare[0]]
        nearest = f" Use --compare {compare[0]} {others[0]}." if others else " The review has no other arm."
        raise SettingsError(f"--compare needs two arms, and {compare[0]} was named twice.{nearest}")
    return compare


def _of_another_kind(outcome: Outcome, against: str | None, options: PoolOptions) -> str | None:
    """Say why an outcome that nobody named is passed over: the measure that was asked for is not one of its kind."""
    own = find_measure(options.measure).kind if options.measure else ""
    if not own or own.startswith("two") != (against is not None) or ("mean" in own) == (outcome.kind == "continuous"):
        return None
    try:
        columns_for(outcome.kind, options.measure, against is not None, outcome.id)
    except SettingsError as error:
        return str(error)
    return None


def _pool_outcome(
    workspace: Workspace,
    extracted: Extracted,
    outcome: Outcome,
    arms: tuple[str, str | None],
    output: Path | None,
    options: PoolOptions,
) -> Pooled:
    arm, against = arms
    primary = arm == workspace.review.primary_arm.id
    name = f"{outcome.id}.{arm}-vs-{against}" if against else outcome.id if primary else f"{outcome.id}.{arm}"
    if output is not None:
        check_path(output)
    html, json = _paths(output or workspace.reports / f"{name}.html")
    check_writable(html, json, make_folder=output is None)
    command = _command(
        ["--outcome", outcome.id, *_compared(arm, against)],
        {"--arm": None if primary or against else arm, "--output": output.as_posix() if output else None},
        options,
    )
    document = document_of_review(
        workspace, extracted, outcome, arm, against=against, options=options, command=command
    )
    shown = os.path.relpath(html)
    return _write(outcome.id, document, html, json, shown=html.as_posix() if shown.startswith("..") else shown)


def pool_file(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    outcome: str | None = None,
    arm: str | None = None,
    compare: tuple[str, str] | None = None,
    output: str | os.PathLike[str] | None = None,
    options: PoolOptions | None = None,
    progress: Say | None = None,
) -> PoolRun:
    """Pool any CSV with one row per study, outside of any review.

    Parameters
    ----------
    path : path
        The CSV.
    columns : mapping, optional
        The file's own name of the columns ``study``, ``events``, ``total``, ``mean``, ... where it is another.
    outcome, arm : str, optional
        Which rows, where the file has columns for them with several values.
    compare : (str, str), optional
        Two values of the column of arms to compare, study by study, where each arm has a row of its own.
    output : path, optional
        Where the page goes; ``STEM.html`` in the current directory if left out. The JSON goes beside it.
    options : PoolOptions, optional
        The method.
    progress : callable, optional
        Is told, in words, what is being done.

    Returns
    -------
    PoolRun
        With one :class:`Pooled`.

    Raises
    ------
    SynthError
        The file or the method cannot be used. Nothing has been written then.
    """
    options = options or PoolOptions()
    figures = Path(path)
    for named in (figures, *([Path(output)] if output is not None else [])):
        check_path(named)
    if figures.is_dir():
        raise WorkspaceError(
            f"{visible(str(figures), 300)} is a folder. Name a CSV in it; to pool a review, go to its folder and type: "
            "synth pool"
        )
    html, json = _paths(Path(output) if output is not None else Path(f"{figures.stem}.html"))
    if progress:
        progress(f"Pooling {figures.name}")
    extracted, other = read_rows(figures, columns or {}, outcome, arm, compare, options)
    for target in (html, json):
        if target.exists() and figures.exists() and target.samefile(figures):
            raise WorkspaceError(
                f"The page would overwrite {visible(str(figures), 300)}, which it is made from: name another --output."
            )
    check_writable(html, json)
    command = _command(
        [_operand(figures), *_columns(columns or {}), *_compared(*(compare or ("", None)))],
        {
            "--outcome": outcome,
            "--arm": arm,
            "--output": Path(output).as_posix() if output is not None else None,
        },
        options,
    )
    document = document_of_file(
        figures, extracted, other=other, outcome=outcome, options=options, command=command
    )
    pooled = _write(str(document["outcome"]), document, html, json, shown=html.as_posix())
    return PoolRun(
        pooled=(pooled,), not_pooled=(), failed=(), warnings=tuple(str(p) for p in extracted.warnings), named=True
    )


def _paths(output: Path) -> tuple[Path, Path]:
    if output.suffix.lower() in (".html", ".htm"):
        return output, output.with_suffix(".json")
    if output.name.lower() in ("", ".html", ".htm"):
        better = output.parent / "page.html"
    else:
        better = output.with_suffix(".html")
    raise SettingsError(
        f'The page is HTML, so its name is something.html, and "{visible(str(output), 300)}" is not. '
        f"Type --output {shlex.quote(better.as_posix())}."
    )


def _operand(path: Path) -> str:
    """Write a path so that it is not taken for an option."""
    text = path.as_posix()
    return f"./{text}" if text.startswith("-") else text


def _write(name: str, document: Document, html: Path, json: Path, *, shown: str) -> Pooled:
    # Both texts are complete before either file is touched: an older report stays as it was on any error.
    texts = {html: page.render(document), json: to_json(document)}
    write_together(texts)
    return Pooled(outcome=name, document=document, html_path=html, json_path=json, shown_path=shown)


def read_rows(
    path: Path,
    columns: Mapping[str, str],
    outcome: str | None,
    arm: str | None,
    compare: tuple[str, str] | None,
    options: PoolOptions,
) -> tuple[Extracted, Extracted | None]:
    """Read the rows of a one-off table, and those of the second arm where rows are to be paired.

    Raises
    ------
    SettingsError
        Arms that cannot be paired, or a preset's measure that the table is not for.
    SynthError
        From the file.
    """
    needs = None if options.measure is None else find_measure(options.measure).columns
    if compare is None:
        return read_figures(path, columns=columns, needs=needs, outcome=outcome, arm=arm), None
    first, second = compare
    if arm is not None or first == second:
        raise SettingsError("--compare A B names two different values of the column of arms, and goes without --arm.")
    if needs is not None:
        if not find_measure(str(options.measure)).kind.startswith("two"):
            raise SettingsError(
                f"{options.measure} is of one arm, and --compare is of two. Leave --measure out, or --compare."
            )
        needs = tuple(name.removesuffix("_1") for name in needs if name.endswith("_1"))
    try:
        found = read_figures(path, columns=columns, needs=needs, outcome=outcome, arm=first)
    except SettingsError:
        # No column says the arm of a row. Where both arms stand in one row, there is nothing to pair.
        found = read_figures(path, columns=columns, needs=needs, outcome=outcome)
        if not any(name.endswith("_2") for name in found.columns):
            raise
    if any(name.endswith("_2") for name in found.columns) or found.columns in (("estimate", "se"), ("r", "n")):
        raise SettingsError(
            f"--compare pairs rows of two arms, and {visible(str(path), 300)} has one row for each study with "
            f"{', '.join(found.columns)}. Leave --compare out."
        )
    return found, read_figures(path, columns=columns, needs=found.columns, outcome=outcome, arm=second)


def _columns(columns: Mapping[str, str]) -> list[str]:
    """Write the headings that were pointed out as options."""
    words: list[str] = []
    for name, heading in columns.items():
        words += [f"--{name}", heading] if name in ("study", "events", "total") else ["--column", f"{name}={heading}"]
    return words


def _compared(arm: str, against: str | None) -> list[str]:
    return [] if against is None else ["--compare", arm, against]


def _command(words: Sequence[str], named: Mapping[str, str | None], options: PoolOptions) -> str:
    """Write the command line that makes the same answer again."""
    line = ["synth", "pool", *words]
    for flag, value in named.items():
        if value is not None:
            line += [flag, value]
    return shlex.join([*line, *options.flags()])
