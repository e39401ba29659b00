"""Documents and pages of mixed models of two arms and of rates: nulls explained, and sentences of what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import synth
from synth.errors import NoAnswer
from synth.report.methods import sentences as methods
from synth.report.outcome import page
from synth.report.terminal import answer as terminal
from synth.report.words import sentences as words
from synth.steps.pool import PoolOptions

from .test_nulls import gaps

HEADS = {"OR": "events_1,total_1,events_2,total_2", "IRR": "events_1,time_1,events_2,time_2", "IRLN": "events,time"}
TABLES = {
    "ordinary": ("OR", [(1, 44, 3, 35), (2, 208, 9, 195), (0, 130, 7, 136), (5, 151, 6, 157)]),
    "two studies": ("OR", [(1, 44, 3, 35), (2, 208, 9, 195)]),
    "one study": ("OR", [(2, 208, 9, 195)]),
    "one with an empty cell": ("OR", [(0, 20, 3, 20)]),
    "no events in the first arm": ("OR", [(0, 20, 3, 20), (0, 30, 4, 30), (0, 40, 0, 40), (0, 12, 2, 15)]),
    "no events in the second arm": ("OR", [(3, 20, 0, 20), (4, 30, 0, 30)]),
    "one event in each": ("OR", [(1, 20, 0, 20), (0, 30, 1, 30), (1, 25, 0, 24)]),
    "rates of two arms": ("IRR", [(7, 1344, 11, 1988), (8, 1600, 8, 1461), (3, 12012, 14, 10962)]),
    "rates without events in an arm": ("IRR", [(0, 20, 3, 20), (0, 30, 4, 30)]),
    "rates": ("IRLN", [(11, 1988), (8, 1461), (14, 10962), (10, 1503)]),
    "rates without events": ("IRLN", [(0, 20), (0, 30), (0, 9)]),
}
ASKED = [PoolOptions(model="glmm", i2_method="q", prediction="none", ci_method="profile")]
CONDITIONAL = [PoolOptions(model="glmm-cm-el", effects="common"), PoolOptions(model="glmm-um-fs", multiverse=True)]


def document(table: str, options: PoolOptions, folder: Path) -> dict[str, Any]:
    """Pool one of the tables."""
    measure, rows = TABLES[table]
    lines = [f"Study {i},{','.join(map(str, row))}" for i, row in enumerate(rows, start=1)]
    path = folder / "figures.csv"
    path.write_text("\n".join([f"study,{HEADS[measure]}", *lines, ""]), encoding="utf-8")
    made = PoolOptions(**{**vars(options), "measure": measure})
    return synth.pool_figures(path, options=made).to_dict()


@pytest.mark.parametrize("options", [*ASKED, *CONDITIONAL], ids=lambda options: " ".join(options.flags()))
@pytest.mark.parametrize("table", TABLES)
def test_every_null_is_explained_and_every_page_is_made(table: str, options: PoolOptions, tmp_path: Path) -> None:
    """A reader of the JSON meets a null without a reason, or a page of such data cannot be made."""
    if TABLES[table][0] == "IRLN" and options in CONDITIONAL:
        return
    try:
        made = document(table, options, tmp_path)
    except NoAnswer:
        return
    assert list(gaps(made)) == []
    shown = page.render(made)
    assert "NaN" not in shown
    assert ">None<" not in shown
    assert words.answer(made)
    assert terminal.forest(made)


def said(table: str, tmp_path: Path, **options: Any) -> str:
    """What the page says was done, and found."""
    made = document(table, PoolOptions(**options), tmp_path)
    sentences = [words.answer(made), *(cited.text for cited in methods.methods(made)), *words.heterogeneity(made)]
    return " ".join(sentences)


def test_the_model_is_called_what_it_is(tmp_path: Path) -> None:
    """A page calls a model of rates one of proportions, or a conditional model an inverse-variance one."""
    text = said("ordinary", tmp_path, model="glmm")
    assert "a binomial–normal model of both arms" in text
    assert "the true odds ratio may differ" in text
    assert "every series has its own odds ratio" in text
    assert "σ² = " in text
    assert "proportion" not in text
    assert "inverse" not in text
    assert "one true odds ratio is assumed" in said("ordinary", tmp_path, model="glmm-cm-el", effects="common")
    assert "noncentral hypergeometric" in said("ordinary", tmp_path, model="glmm-cm-el")
    assert "for rare events" in said("ordinary", tmp_path, model="glmm-cm-al")
    assert "a level of its own" in said("ordinary", tmp_path, model="glmm-um-fs")
    rates = said("rates", tmp_path, model="glmm")
    assert "Poisson–normal model of the events over person-time" in rates
    assert "exact Poisson (Garwood)" in rates
    assert "proportion" not in rates


def test_an_infinite_ratio_is_said_to_be_so(tmp_path: Path) -> None:
    """Trials without events in one arm are reported as not pooled, or as patients added up."""
    zero = said("no events in the first arm", tmp_path, model="glmm")
    assert zero.startswith("Odds ratio 0 (exact 95% confidence interval 0 to ")
    assert "The odds ratio is 0 in every series" in zero
    assert "exact conditional one" in zero
    assert "added up" not in zero
    infinite = said("no events in the second arm", tmp_path, model="glmm-um-fs")
    assert infinite.startswith("Odds ratio infinite (exact 95% confidence interval from 1.")
    none = said("rates without events", tmp_path, model="glmm")
    assert "the person-time of all series was added up" in none
    assert "exact one of the Poisson distribution" in none
