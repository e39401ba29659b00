"""``synth pool``: pool one outcome, every outcome, or any CSV."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from .console import Console, Progress, say
from .pool_words import (
    BY_TAU2,
    CI_METHODS,
    EFFECTS,
    I2_METHODS,
    MEASURES,
    MEDIANS,
    MODELS,
    PREDICTIONS,
    PRESETS,
    STUDY_INTERVALS,
    TAU2_CIS,
    TAU2_METHODS,
    ZERO_CELLS,
    Choice,
    Column,
)

if TYPE_CHECKING:
    from ..steps.pool import Pooled, PoolRun


@click.command(
    short_help="Pool one outcome, every outcome, or any CSV.",
    epilog="""\b
Examples:
  synth pool
  synth pool --outcome mortality_1y
  synth pool --outcome fusion --json
  synth pool --outcome fusion --ci profile
  synth pool --outcome fusion --by design --cumulative year --influence
  synth pool --outcome fusion --by design --by-tau2 common --permutations 999 --gosh
  synth pool --outcome fusion --risk-of-bias low --risk-of-bias moderate
  synth pool --outcome wound_infection --compare-presets --multiverse
  synth pool --outcome operating_time_min --compare mis open --measure MD
  synth pool figures.csv
  synth pool figures.csv --preset revman5 --measure PAS
  synth pool figures.csv --model inverse --prediction bootstrap --tau2-ci profile
  synth pool figures.csv --events deaths --total patients --study series --output page.html
""",
)
@click.argument("figures", required=False, type=click.Path(path_type=Path))
@click.option("--outcome", "outcomes", multiple=True, metavar="NAME",
              help="The outcome to pool; may be given more than once. Without it every outcome is pooled.")
@click.option("--arm", metavar="ARM", help="The arm to pool, where it is not the review's primary arm.")
@click.option("--compare", nargs=2, metavar="A B",
              help="Compare two arms, study by study: the effect of A against B. Studies with one of them only are "
                   "left out.")
@click.option("--exclude", multiple=True, metavar="STUDY", help="Leave a study out; may be given more than once.")
@click.option("--risk-of-bias", multiple=True, metavar="LEVEL",
              help="Pool only studies whose overall risk of bias was judged to be LEVEL (low, moderate, unclear, high, "
                   "critical); may be given more than once. The others are listed as left out.")
@click.option("--study", metavar="COL", help="With FIGURES: the column that names the study.")
@click.option("--events", metavar="COL", help="With FIGURES: the column that counts the patients with the event.")
@click.option("--total", metavar="COL", help="With FIGURES: the column that counts the patients assessed for it.")
@click.option("--column", "columns", multiple=True, type=Column(), metavar="NAME=HEADING",
              help="With FIGURES: the heading of any column (events_1, total_1, events_2, total_2, time, mean, sd, n, "
                   "median, q1, q3, min, max, mean_1 ..., estimate, se, ci_low, ci_high, r, arm, outcome ...); may be "
                   "given more than once.")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path),
              help="The page to write (.html); the same answer as .json goes beside it.")
@click.option("--measure", type=Choice(MEASURES),
              help="What is pooled, and on which scale. One arm: PLOGIT, PLN, PRAW, PAS, PFT (proportions), IR, IRLN, "
                   "IRS, IRFT (rates), MN, MNLN (means). Two arms: OR, RR, RD, AS, PETO (proportions), IRR, IRD, IRSD "
                   "(rates), MD, SMD, SMDH, SMD1, ROM, VR, CVR (means). COR, ZCOR (correlations), GEN (estimates). "
                   "[default: by the data PLOGIT, IRLN, MN, OR, IRR, MD, ZCOR or GEN]")
@click.option("--model", type=Choice(MODELS),
              help="Mixed model of the counts (glmm; of two arms also glmm-um-fs, glmm-cm-el, glmm-cm-al), "
                   "inverse-variance weights, Mantel-Haenszel, Peto, beta-binomial or Bayesian model. [default: glmm "
                   "for PLOGIT, peto for PETO, else inverse]")
@click.option("--effects", type=Choice(EFFECTS),
              help="Whether the studies may differ in their true values. [default: random, where the model has it]")
@click.option("--tau2", "--tau2-method", "tau2_method", type=Choice(TAU2_METHODS),
              help="Estimator of the variance between studies. [default: ML for glmm, REML for inverse]")
@click.option("--ci", "--ci-method", "ci_method", type=Choice(CI_METHODS),
              help="Interval of the summary; auto takes the one that suits the number of studies and says which. "
                   "[default: auto]")
@click.option("--tau2-ci", type=Choice(TAU2_CIS),
              help="Interval of the variance between studies. [default: profile for glmm, q-profile for inverse]")
@click.option("--prediction", type=Choice(PREDICTIONS),
              help="Prediction interval of a new study: t on k - 1 degrees of freedom, on k - 2 (hts), normal, a "
                   "bootstrap that takes in how uncertain tau2 is (with inverse), none. [default: t]")
@click.option("--level", metavar="FRACTION", type=click.FloatRange(0, 1, min_open=True, max_open=True),
              default=0.95, show_default=True, help="Level of every interval, as a fraction.")
@click.option("--study-ci", type=Choice(STUDY_INTERVALS),
              help="Interval of each study. [default: clopper-pearson for proportions, exact for rates, else wald]")
@click.option("--zero-cells", type=Choice(ZERO_CELLS),
              help="What is added to empty cells under inverse or mh. [default: by the measure]")
@click.option("--i2", "--i2-method", "i2_method", type=Choice(I2_METHODS),
              help="Definition of I2: from tau2, or from Cochran's Q. [default: tau2]")
@click.option("--preset", type=Choice(PRESETS),
              help="Pool as another program or handbook does; options given besides go before it.")
@click.option("--by", metavar="VARIABLE",
              help="Pool each subgroup: a column of studies.csv or results.csv (year, country, design, approach ...), "
                   "or any further column of FIGURES.")
@click.option("--by-tau2", type=Choice(BY_TAU2),
              help="With --by: a variance between studies for each subgroup, or one for all. [default: separate]")
@click.option("--moderator", "--moderators", "moderators", multiple=True, metavar="VARIABLE",
              help="Regress the studies on a column; may be given more than once.")
@click.option("--permutations", metavar="N", type=click.IntRange(min=2),
              help="With --by or --moderator: test by rearranging the studies too, in every way where there are at "
                   "most N, else in N that are drawn.")
@click.option("--cumulative", metavar="VARIABLE",
              help="Add one study after the other, in the order of a column, or of total, size or precision. "
                   "[default: by year, where it is known, on the page]")
@click.option("--medians", type=Choice(MEDIANS), default="luo", show_default=True,
              help="How means are estimated for studies that give a median with quartiles or range.")
@click.option("--bias", is_flag=True, default=None,
              help="Look for small-study effects, from ten studies on: tests, trim and fill, LFK index, funnel; the "
                   "page has them unasked.")
@click.option("--bias-force", is_flag=True, help="The same under ten studies too, where the tests can see little.")
@click.option("--influence", is_flag=True, default=None,
              help="Say what each study does to the answer; the page has it unasked.")
@click.option("--leave-one-out/--no-leave-one-out", default=None,
              help="Pool again without each study in turn. [default: where it takes no more than a moment]")
@click.option("--gosh", is_flag=True,
              help="Pool every subset of the studies (of many studies, a sample of them), and show how the answers "
                   "spread.")
@click.option("--gosh-subsets", metavar="N", type=click.IntRange(min=10),
              help="The same, with all subsets where there are at most N, else N that are drawn. [default: all up to "
                   "15 studies]")
@click.option("--second-opinions", is_flag=True,
              help="Pool proportions by the beta-binomial and the Bayesian model too; up to five studies that is done "
                   "unasked.")
@click.option("--compare-presets", is_flag=True, help="Pool by every preset, and explain each difference.")
@click.option("--multiverse", is_flag=True, default=None,
              help="Pool by every sensible combination of methods; the page has it unasked.")
@click.option("--quick", is_flag=True,
              help="Leave out what the page has unasked: influence, small studies, the multiverse, the cumulative "
                   "analysis by year, subgroups that the review names.")
@click.option("--seed", metavar="N", type=click.IntRange(min=0), default=1, show_default=True,
              help="Where everything that is drawn at random starts: bootstrap, permutations, subsets.")
@click.option("--json", "as_json", is_flag=True,
              help="Print the result on stdout as JSON at full precision, and nothing else there; the page and its "
                   ".json are written as well.")
@click.option("--ascii", "ascii_only", is_flag=True,
              help="Print in ASCII only. Into a pipe or a file the forest is drawn in ASCII unasked.")
def pool(
    figures: Path | None,
    outcomes: tuple[str, ...],
    arm: str | None,
    compare: tuple[str, str] | None,
    study: str | None,
    events: str | None,
    total: str | None,
    columns: tuple[tuple[str, str], ...],
    output: Path | None,
    as_json: bool,
    ascii_only: bool,
    **asked: Any,
) -> None:
    """Pool several studies into one answer, and write a page that shows how.

    Inside a review (a folder with review.toml) the pages go to reports/, one for each outcome: proportions, means where
    a standard deviation is given, or with --compare the effect of one arm against another. With FIGURES, any CSV or
    workbook (.xlsx, .xls, .ods) with one row per study, nothing else is needed: counts, rates, means, correlations or
    estimates of one arm or of two are told by the headings, and the page is written to the current directory under the
    name of the file. Beside each page stands the same answer as JSON.
    """
    named = {name: column for name, column in (("study", study), ("events", events), ("total", total)) if column}
    for name, heading in columns:
        if named.setdefault(name, heading) != heading:
            raise click.UsageError(f'Two headings are given for {name}: "{named[name]}" and "{heading}". Keep one.')
    if figures is None and named:
        flag = next((f"--{name}" for name in ("study", "events", "total") if name in named), "--column")
        word = "NAME=COLUMN" if flag == "--column" else "COLUMN"
        raise click.UsageError(f"{flag} names a column of a one-off CSV: type synth pool FIGURES.csv {flag} {word}.")
    if figures is not None and len(outcomes) > 1:
        raise click.UsageError("One CSV is pooled for one outcome at a time: give --outcome once.")
    if figures is None and output is not None and len(outcomes) != 1:
        raise click.UsageError("--output names one page: give --outcome once with it.")

    from ..workspace import Workspace, now

    now()  # a SOURCE_DATE_EPOCH that is no time stops numpy as it is imported, and less clearly

    from ..steps.pool import PoolOptions, pool_file, pool_review, to_json

    options = PoolOptions(**asked)
    with Progress() as progress:
        if figures is not None:
            run = pool_file(figures, columns=named, outcome=outcomes[0] if outcomes else None, arm=arm,
                            compare=compare, output=output, options=options, progress=progress)
        else:
            run = pool_review(Workspace.find(), outcomes or None, arm=arm, compare=compare, output=output,
                              options=options, progress=progress)
    for warning in run.warnings:
        say(f"synth: {warning}", err=True)
    console = Console.of(sys.stdout)
    if ascii_only:
        console = replace(console, unicode=False)
    if as_json:
        if run.pooled or not run.named:
            single = len(run.pooled) == 1 and run.named and not run.failed
            body = run.pooled[0].document if single else run.to_dict()
            click.echo(to_json(body, ascii_only=not console.unicode), nl=False)  # which escapes by JSON's own rules
    else:
        _show(run, console, asked=options.asked)
    run.check()


def _show(run: PoolRun, console: Console, *, asked: frozenset[str]) -> None:
    """Print the answers, what could not be pooled, and the page to open."""
    from ..report.terminal import analyses as terminal_analyses
    from ..report.terminal import answer as terminal
    from ..report.words import doubt
    from ..report.words import sentences as words

    documents = [pooled.document for pooled in run.pooled]
    if len(documents) == 1:
        said = (words.answer(documents[0]), doubt.certainty(documents[0]), *words.sureness(documents[0]))
        for sentence in filter(None, said):
            _sentence(sentence, console)
        say()
        drawn = terminal.forest(documents[0], width=console.width, unicode=console.unicode, signs=console.tty)
        say(drawn.rstrip("\n"))
        say()
    if documents:
        text = terminal.summary(documents, width=console.width, color=console.color, unicode=console.unicode)
        click.echo(text.rstrip("\n"), color=console.color)  # its own colours; the names in it are clean
    if len(documents) > 1 and (warning := doubt.of_two_series(documents)):
        _sentence(f"\n{warning}", console)
    # Second opinions come unasked, and are worth a reader's time; what else the page has unasked stays on the page.
    shown = asked | {"second_opinions"} if len(documents) == 1 else asked
    for document in documents:
        tables = terminal_analyses.tables(document, width=console.width, unicode=console.unicode, only=shown)
        if tables:
            say(f"\n{tables}" if len(documents) == 1 else f"\n{document['outcome']}:\n{tables}", nl=False)
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
    from ..report.terminal.answer import plain_ascii

    text = text if console.unicode else plain_ascii(text)
    lead = "\n" if text.startswith("\n") else ""
    say(lead + textwrap.fill(text.strip(), console.width, break_long_words=False, break_on_hyphens=False))


def _address(pooled: Pooled, console: Console) -> str:
    """Give the page's path, or, where a terminal can make a link of it, its address."""
    return pooled.html_path.resolve().as_uri() if console.tty else pooled.shown_path
