"""A review and its answers as objects that a notebook shows; nothing is written unless asked for."""

from __future__ import annotations

import copy
import html
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import NoAnswer, NothingToPool, SynthError
from ..extract import load
from ..report.figures.forest import svg
from ..report.figures.forest_model import layout
from ..report.figures.forest_spec import main_spec
from ..report.outcome import page
from ..report.words import plain
from ..report.words import sentences as words
from ..workspace import Workspace
from .compute import document_of_file, document_of_review
from .gather import check_studies
from .options import PoolOptions
from .outcomes import Listing, listing_of
from .output import check_writable, write_together
from .pool import _columns, _command, _compared, _operand, _paths, arms_of, read_rows
from .run import Document, to_json


def _shown(text: object) -> str:
    """Set a person's words in a notebook: control characters and marks that turn text around are made visible."""
    return html.escape(plain.visible(text))


class PooledOutcome:
    """One pooled outcome; a notebook shows its answer and its forest plot.

    Parameters
    ----------
    document : dict
        As ``docs/json.md`` describes it.
    """

    def __init__(self, document: Document) -> None:
        self._document = document

    @property
    def outcome(self) -> str:
        """Name of the outcome."""
        return str(self._document["outcome"])

    @property
    def answer(self) -> str:
        """The answer in one sentence."""
        return str(words.answer(self._document))

    def to_dict(self) -> dict[str, Any]:
        """Everything, at full precision: the document that ``--json`` prints."""
        return copy.deepcopy(self._document)

    def to_html(self) -> str:
        """The whole page as text."""
        return page.render(self._document)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page, and the JSON beside it.

        Raises
        ------
        WorkspaceError
            Another file stands there, or it cannot be written.
        """
        html_path, json_path = _paths(Path(path))
        check_writable(html_path, json_path)
        write_together({html_path: self.to_html(), json_path: to_json(self._document)})
        return html_path

    def _repr_html_(self) -> str:
        label = _shown(self._document["outcome_info"]["label"])
        # A notebook shows several forests on one page, and each needs ids of its own.
        name = "forest-" + re.sub(r"[^A-Za-z0-9_-]", "-", self.outcome)
        forest = svg(layout(main_spec(self._document)), name)
        return f"<div><h3>{label}</h3><p>{_shown(self.answer)}</p>{forest}</div>"

    def __repr__(self) -> str:
        return f"<PooledOutcome {self.outcome}: {self.answer}>"


class PooledOutcomes(Mapping[str, PooledOutcome]):
    """Every outcome that could be pooled, by name, and the reason for each that could not.

    Parameters
    ----------
    pooled : dict of str to PooledOutcome
        In the order of the review.
    not_pooled : dict of str to str
        Reasons.
    """

    def __init__(self, pooled: dict[str, PooledOutcome], not_pooled: dict[str, str]) -> None:
        self._pooled = pooled
        self.not_pooled = not_pooled

    def __getitem__(self, outcome: str) -> PooledOutcome:
        return self._pooled[outcome]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pooled)

    def __len__(self) -> int:
        return len(self._pooled)

    def _repr_html_(self) -> str:
        text = "".join(each._repr_html_() for each in self._pooled.values())
        if self.not_pooled:
            rows = "".join(
                f"<li><b>{_shown(outcome)}</b>: {_shown(reason)}</li>"
                for outcome, reason in self.not_pooled.items()
            )
            text += f"<p>Not pooled:</p><ul>{rows}</ul>"
        return text


class OpenReview:
    """A review on disk; a notebook shows its question and the answer to every outcome.

    The sheets are read anew each time, so that a notebook never shows a figure that has since been corrected.

    Parameters
    ----------
    workspace : Workspace
        Where it is.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @property
    def title(self) -> str:
        """Title of the review."""
        return self.workspace.review.title

    def outcomes(self) -> Listing:
        """What there is: studies, events and totals of each outcome and arm."""
        return listing_of(self.workspace.review, load(self.workspace))

    def pool(
        self,
        outcome: str,
        *,
        arm: str | None = None,
        compare: tuple[str, str] | None = None,
        options: PoolOptions | None = None,
    ) -> PooledOutcome:
        """Pool one outcome, without writing anything.

        Parameters
        ----------
        outcome : str
            Its name, as :meth:`outcomes` lists it.
        arm : str, optional
            The arm; the primary one if left out.
        compare : (str, str), optional
            Two arms to compare, study by study.
        options : PoolOptions, optional
            The method.

        Raises
        ------
        SynthError
            An unknown name, a defect in the sheets, or nothing to pool.
        """
        review = self.workspace.review
        arm, against = arms_of(review, arm, compare)
        options = options or PoolOptions()
        extracted = load(self.workspace)
        check_studies(extracted, options.exclude)
        primary = arm == review.primary_arm.id or against
        command = _command(
            ["--outcome", outcome, *_compared(arm, against)], {"--arm": None if primary else arm}, options
        )
        return PooledOutcome(
            document_of_review(
                self.workspace,
                extracted,
                review.outcome(outcome),
                arm,
                against=against,
                options=options,
                command=command,
            )
        )

    def pool_all(self, *, options: PoolOptions | None = None) -> PooledOutcomes:
        """Pool every outcome of the primary arm, without writing anything."""
        pooled: dict[str, PooledOutcome] = {}
        not_pooled: dict[str, str] = {}
        for outcome in self.workspace.review.outcomes:
            try:
                pooled[outcome.id] = self.pool(outcome.id, options=options)
            except (NothingToPool, NoAnswer) as error:
                not_pooled[outcome.id] = str(error)
        return PooledOutcomes(pooled, not_pooled)

    def _repr_html_(self) -> str:
        question = _shown(self.workspace.review.question.text)
        return f"<h2>{_shown(self.title)}</h2><p>{question}</p>{self._answers()}"

    def _answers(self) -> str:
        # A notebook that gets an exception from here prints a traceback, or nothing: the message is what helps.
        try:
            return self.pool_all()._repr_html_()
        except SynthError as error:
            lines = "\n".join(map(_shown, str(error).splitlines()))
            return f"<p><b>This review cannot be pooled yet.</b></p><pre>{lines}</pre>"

    def __repr__(self) -> str:
        return f"<OpenReview {self.title!r} in {self.workspace.root}>"


def open_review(path: str | os.PathLike[str] | None = None) -> OpenReview:
    """Open the review that a folder lies in.

    Parameters
    ----------
    path : path, optional
        The folder with ``review.toml`` or one below it; the current folder if left out.

    Returns
    -------
    OpenReview
        The review.

    Raises
    ------
    WorkspaceError, ProblemsError
        There is none, or ``review.toml`` has defects.
    """
    return OpenReview(Workspace.find(path))


def pool_figures(
    path: str | os.PathLike[str],
    *,
    study: str | None = None,
    events: str | None = None,
    total: str | None = None,
    columns: Mapping[str, str] | None = None,
    outcome: str | None = None,
    arm: str | None = None,
    compare: tuple[str, str] | None = None,
    options: PoolOptions | None = None,
) -> PooledOutcome:
    """Pool any CSV with one row per study, without writing anything.

    Parameters
    ----------
    path : path
        The CSV.
    study, events, total : str, optional
        The file's own names of these columns, where they are others.
    columns : mapping, optional
        The same for any column: ``{"mean_1": "avg.treated"}``.
    outcome, arm : str, optional
        Which rows, where the file has columns for them with several values.
    compare : (str, str), optional
        Two values of the column of arms, whose rows are paired by study.
    options : PoolOptions, optional
        The method.

    Raises
    ------
    SynthError
        The file or the method cannot be used.
    """
    named = {"study": study, "events": events, "total": total}
    asked = {**{name: column for name, column in named.items() if column is not None}, **(columns or {})}
    options = options or PoolOptions()
    figures = Path(path)
    command = _command(
        [_operand(figures), *_columns(asked), *_compared(*(compare or ("", None)))],
        {"--outcome": outcome, "--arm": arm},
        options,
    )
    extracted, other = read_rows(figures, asked, outcome, arm, compare, options)
    return PooledOutcome(
        document_of_file(figures, extracted, other=other, outcome=outcome, options=options, command=command)
    )
