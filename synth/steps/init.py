"""Start somebody else's review: three folders, the question to fill in, two empty sheets and a README."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from ..errors import WorkspaceError
from ..extract.contract import sheets as contract
from ..workspace import atomic_write


@dataclass(frozen=True)
class Started:
    """What :func:`init` made.

    Parameters
    ----------
    root : Path
        Folder of the new review.
    files : tuple of (str, str)
        Path relative to ``root``, and what it is for.
    next_steps : tuple of str
        What a person does now, in order.
    """

    root: Path
    files: tuple[tuple[str, str], ...]
    next_steps: tuple[str, ...]


_PURPOSE = {
    "review.toml": "the question, the arms and the outcomes: fill in first",
    "README.md": "how this folder works",
    "queries/README.md": "the searches",
    "queries/example.toml": "a search of PubMed, to write yours over",
    "extracted/studies.csv": "one row per study and arm",
    "extracted/results.csv": "one row per study, arm and outcome",
    "reports/README.md": "what synth writes: nothing to fill in here",
}


def init(directory: str | os.PathLike[str]) -> Started:
    """Make a new review; nothing that is already there is overwritten.

    Parameters
    ----------
    directory : path
        The folder; made where it is not there. One that holds other files is fine, and keeps a README of its own.

    Returns
    -------
    Started
        What was made and what comes next.

    Raises
    ------
    WorkspaceError
        A review or a sheet is there already, or the folder cannot be written; then nothing is made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     started = init(Path(folder) / "hips")
    ...     sorted(path.name for path in started.root.iterdir())
    ['README.md', 'extracted', 'queries', 'reports', 'review.toml']
    """
    root = Path(directory)
    if root.exists() and not root.is_dir():
        raise WorkspaceError(f"{root} is a file, and a review is a folder: name another one.")
    texts = _texts()
    there = [name for name in texts if (root / name).exists() or (root / name).is_symlink()]
    for name in [name for name in there if Path(name).name == "README.md"]:
        there.remove(name)  # a folder that has its own is a good place for a review; it keeps it
        del texts[name]
    sheets = sorted(path.relative_to(root).as_posix() for path in (root / "extracted").glob("*.csv"))
    taken = sorted({*there, *sheets})
    if taken:
        raise WorkspaceError(
            f"There is something in {root} already ({', '.join(taken)}); nothing was made, so that nothing is lost. "
            "Name a new folder: synth init DIR."
        )
    made: list[Path] = []
    try:
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, text)
            made.append(path)
    except (OSError, WorkspaceError) as error:
        for path in made:
            path.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkspaceError(f"The review could not be made in {root}: {reason}. Nothing was left behind.") from error
    return Started(
        root=root,
        files=tuple((name, _PURPOSE[name]) for name in texts),
        next_steps=(
            f"Fill in the question, the arms and the outcomes in {root / 'review.toml'}.",
            f"Write the search over {root / 'queries' / 'example.toml'}, and judge it: synth search NAME --lint",
            f"Write one row per study, arm and outcome in {root / 'extracted' / 'results.csv'}.",
            f"{'Type' if root.resolve() == Path.cwd() else f'Go to {root} and type'}: synth pool",
        ),
    )


def _texts() -> dict[str, str]:
    templates = resources.files("synth.steps") / "templates"
    return {
        "review.toml": (templates / "review.toml").read_text("utf-8"),
        "README.md": (templates / "README.md")
        .read_text("utf-8")
        .replace("{results}", _table(contract.RESULTS))
        .replace("{studies}", _table(contract.STUDIES)),
        "queries/README.md": (templates / "queries.md").read_text("utf-8"),
        "queries/example.toml": (templates / "strategy.toml").read_text("utf-8"),
        "extracted/studies.csv": _header(contract.STUDY_COLUMNS),
        "extracted/results.csv": _header(contract.RESULT_COLUMNS),
        "reports/README.md": (templates / "reports.md").read_text("utf-8"),
    }


def _table(columns: tuple[contract.Column, ...]) -> str:
    """Explain the columns from the contract itself, so that the new review's README cannot lag behind it."""
    rows = ["| column | what stands in it | words |", "|---|---|---|"]
    for column in columns:
        words = ", ".join(f"`{word}`" for word in column.allowed)
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        rows.append(f"| {name} | {column.meaning} | {words} |")
    return "\n".join(rows)


def _header(columns: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(columns)
    return text.getvalue()
