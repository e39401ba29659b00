"""``synth pool``: pool one outcome, every outcome, or any CSV."""

from __future__ import annotations

import difflib
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from .console import Console, Progress, say

if TYPE_CHECKING:
    from ..steps.pool import Pooled, PoolRun

MEASURES = ("PLOGIT", "PAS", "PFT", "PRAW", "PLN")
MODELS = ("glmm", "inverse")
EFFECTS = ("random", "common")
TAU2_METHODS = ("ML", "REML", "DL", "PM", "EB", "SJ", "HS", "HE", "HSk", "PMM")
CI_METHODS = ("auto", "t", "profile", "wald", "hksj", "hksj-adhoc")
PREDICTIONS = ("t", "hts", "normal", "none")
STUDY_INTERVALS = ("clopper-pearson", "wilson", "wilson-corrected", "agresti-coull", "jeffreys", "mid-p", "wald")


class _Choice(click.Choice[str]):
    """A choice in any case that shows its names as they are written everywhere else."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take the name that was meant, or say which there are and which is near."""
        names = {name.casefold(): name for name in self.choices}
        word = str(value).casefold()
        if word in names:
            return names[word]
        near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
        hint = f'Did you mean "{names[near[0]]}"? ' if near else ""
        raise click.BadParameter(f'there is no "{value}". {hint}There are: {", ".join(self.choices)}.', ctx, param)

    def get_metavar(self, *_: Any, **__: Any) -> str:
        """Show the names as they are, where click would show them in small letters."""
        return f"[{'|'.join(self.choices)}]"


@click.command(
    short_help="Pool one outcome, every outcome, or any CSV.",
    epilog="""\b
Examples:
  synth pool
  synth pool --outcome mortality_1y
  synth pool --outcome fusion --json
  synth pool --outcome fusion --ci profile
  synth pool figures.csv
  synth pool figures.csv --events deaths --total patients --study series --output page.html
"""
)
@click.argument("figures", required=False, type=click.Path(path_type=Path))
@click.option("--outcome", "outcomes", multiple=True, metavar="NAME",
              help="The outcome to pool; may be given more than once. Without it every outcome is pooled.")
@click.option("--arm", metavar="ARM", help="The arm to pool, where it is not the review's primary arm.")
@click.option("--study", metavar="COL", help="With FIGURES: the column that names the study.")
@click.option("--events", metavar="COL", help="With FIGURES: the column that counts the patients with the event.")
@click.option("--total", metavar="COL", help="With FIGURES: the column that counts the patients assessed for it.")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path),
              help="The page to write (.html); the same answer as .json goes beside it.")
@click.option("--measure", type=_Choice(MEASURES), default="PLOGIT", show_default=True,
              help="Scale of the analysis: logit, arcsine, double arcsine, raw proportion, log proportion.")
@click.option("--model", type=_Choice(MODELS), default="glmm", show_default=True,
              help="Binomial-normal model, or inverse-variance weights.")
@click.option("--effects", type=_Choice(EFFECTS), default="random", show_default=True,
              help="Whether the studies may differ in their true values.")
@click.option("--tau2", "tau2_method", type=_Choice(TAU2_METHODS),
              help="Estimator of the variance between studies. [default: ML for glmm, REML for inverse]")
@click.option("--ci", "ci_method", type=_Choice(CI_METHODS), default="auto", show_default=True,
              help="Interval of the summary; auto takes the one that suits the number of studies and says which.")
@click.option("--prediction", type=_Choice(PREDICTIONS), default="t", show_default=True,
              help="Prediction interval of a new study: t on k - 1 degrees of freedom, on k - 2 (hts), normal, none.")
@click.option("--level", metavar="FRACTION", type=click.FloatRange(0, 1, min_open=True, max_open=True),
              default=0.95, show_default=True, help="Level of every interval, as a fraction.")
@click.option("--study-ci", type=_Choice(STUDY_INTERVALS), default="clopper-pearson", show_default=True,
              help="Interval of each study.")
@click.option("--json", "as_json", is_flag=True,
              help="Print the result on stdout as JSON at full precision, and nothing else there; the page and its "
                   ".json are written as well.")
def pool(
    figures: Path | None,
    outcomes: tuple[str, ...],
    arm: str | None,
    study: str | None,
    events: str | None,
    total: str | None,
    output: Path | None,
    measure: str,
    model: str,
    effects: str,
    tau2_method: str | None,
    ci_method: str,
    prediction: str,
    level: float,
    study_ci: str,
    as_json: bool,
) -> None:
    """Pool the proportions of several studies into one, and write a page that shows how.

    Inside a review (a folder with review.toml) the pages go to reports/, one for each outcome. With FIGURES, any CSV
    with one row per study, nothing else is needed: the page is written to the current directory under the name of
    the CSV. Beside each page stands the same answer as JSON.
    """
    columns = {name: column for name, column in (("study", study), ("events", events), ("total", total)) if column}
    if figures is None and columns:
        flag = f"--{next(iter(columns))}"
        raise click.UsageError(f"{flag} names a column of a one-off CSV: type synth pool FIGURES.csv {flag} COLUMN.")
    if figures is not None and len(outcomes) > 1:
        raise click.UsageError("One CSV is pooled for one outcome at a time: give --outcome once.")
    if figures is None and output is not None and len(outcomes) != 1:
        raise click.UsageError("--output names one page: give --outcome once with it.")

    from ..workspace import Workspace, now

    now()  # a SOURCE_DATE_EPOCH that is no time stops numpy as it is imported, and less clearly

    from ..steps.pool import PoolOptions, pool_file, pool_review, to_json

    options = PoolOptions(
        measure=measure, model=model, effects=effects, tau2_method=tau2_method, ci_method=ci_method,
        prediction=prediction, level=level, study_ci=study_ci,
    )
    with Progress() as progress:
        if figures is not None:
            run = pool_file(figures, columns=columns, outcome=outcomes[0] if outcomes else None, arm=arm,
                            output=output, options=options, progress=progress)
        else:
            run = pool_review(Workspace.find(), outcomes or None, arm=arm, output=output, options=options,
                              progress=progress)
    for warning in run.warnings:
        say(f"synth: {warning}", err=True)
    if as_json:
        if run.pooled or not run.named:
            ascii_only = not Console.of(sys.stdout).unicode
            single = len(run.pooled) == 1 and run.named and not run.failed
            body = run.pooled[0].document if single else run.to_dict()
            click.echo(to_json(body, ascii_only=ascii_only), nl=False)  # which escapes by JSON's own rules
    else:
        _show(run)
    run.check()


def _show(run: PoolRun) -> None:
    """Print the answers, what could not be pooled, and the page to open."""
    from ..report import terminal, words

    console = Console.of(sys.stdout)
    documents = [pooled.document for pooled in run.pooled]
    if len(documents) == 1:
        for sentence in (words.answer(documents[0]), *words.sureness(documents[0])):
            _sentence(sentence, console)
        say()
        say(terminal.forest(documents[0], width=console.width, unicode=console.unicode).rstrip("\n"))
        say()
    if documents:
        text = terminal.summary(documents, width=console.width, color=console.color, unicode=console.unicode)
        click.echo(text.rstrip("\n"), color=console.color)  # its own colours; the names in it are clean
    for document in documents:
        for note in document["notes"]:
            _sentence(f"\n{document['outcome']}: {note}", console)
    if run.not_pooled:
        say("\nNot pooled:")
        for left in run.not_pooled:
            say(f"  {left.reason}")
    if run.pooled:
        _pages(run.pooled, console)


def _pages(pooled: Sequence[Pooled], console: Console) -> None:
    """Say which page to open first, on a line of its own, and then, in few lines, which others there are."""
    first, *others = pooled
    say(f"\n{'Open first' if others else 'Open in a browser'}: {_address(first, console)}")
    if others:
        folder = PurePath(others[0].shown_path).parent.as_posix()
        names = ", ".join(PurePath(each.shown_path).name for each in others)
        _sentence(f"The other {'page' if len(others) == 1 else 'pages'}, in {folder}: {names}", console)


def _sentence(text: str, console: Console) -> None:
    from ..report.terminal import plain_ascii

    text = text if console.unicode else plain_ascii(text)
    lead = "\n" if text.startswith("\n") else ""
    say(lead + textwrap.fill(text.strip(), console.width, break_long_words=False, break_on_hyphens=False))


def _address(pooled: Pooled, console: Console) -> str:
    """Give the page's path, or, where a terminal can make a link of it, its address."""
    return pooled.html_path.resolve().as_uri() if console.tty else pooled.shown_path
