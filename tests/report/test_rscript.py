"""The R script: safe whatever a study is called, and the same numbers as the document when R runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from synth.report.methods import r_words, rscript

from . import factory, factory_analyses

Json = dict[str, Any]
SHARES = {"events": [7, 3, 1, 0, 5, 9], "total": [43, 38, 26, 17, 30, 66]}
APART = {"events": [1, 20, 3, 40, 0, 9], "total": [43, 38, 26, 60, 30, 12]}
TABLES = {
    "events_1": [0, 4, 6, 3, 9], "total_1": [30, 123, 306, 231, 60],
    "events_2": [3, 11, 29, 11, 0], "total_2": [28, 139, 303, 220, 58],
}  # fmt: skip
RATES = {"events": [12, 5, 30, 0], "time": [1200.0, 640.5, 2100.0, 310.0]}
TWO_RATES = {
    "events_1": [12, 5, 30], "time_1": [1200.0, 640.0, 2100.0],
    "events_2": [20, 9, 41], "time_2": [1180.0, 700.0, 2050.0],
}  # fmt: skip
INVERSE = [
    ("REML", "hksj-adhoc"), ("DL", "wald"), ("PM", "t"), ("ML", "profile"), ("SJ", "hksj"), ("HS", "t"),
    ("HE", "wald"), ("EB", "hksj"), ("HSk", "t"), ("PMM", "hksj"),
]  # fmt: skip


def _cases() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    made: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for number, (tau2, ci) in enumerate(INVERSE):
        measure = ("PLOGIT", "PFT", "PAS", "PLN", "PRAW")[number % 5]
        made[f"{measure} {tau2} {ci}"] = (SHARES, {"measure": measure, "model": "inverse", "tau2_method": tau2,
                                                   "ci_method": ci})  # fmt: skip
    made |= {
        "glmm": (SHARES, {}),
        "glmm apart, profile": (APART, {"leave_one_out": False, "ci_method": "profile"}),
        "glmm of two": ({"events": [3, 9], "total": [30, 28]}, {}),
        "glmm common": (SHARES, {"effects": "common"}),
        "glmm at 90%": (APART, {"leave_one_out": False, "level": 0.9, "prediction": "hts"}),
        "beta-binomial": (APART, {"model": "beta-binomial"}),
        "bayes": ({"events": [1, 20, 3], "total": [43, 38, 26]}, {"model": "bayes"}),
        "none with the event": ({"events": [0, 0, 0], "total": [12, 30, 9]}, {}),
        "all with the event": ({"events": [12, 30], "total": [12, 30]}, {}),
        "one study": ({"events": [7], "total": [43]}, {}),
        "one study, Wilson": ({"events": [7], "total": [43]}, {"model": "inverse", "study_ci": "wilson"}),
        "inverse common": (SHARES, {"model": "inverse", "effects": "common"}),
        "inverse, tau2 by profile": (APART, {"model": "inverse", "tau2_ci": "profile"}),
        "inverse, I2 from Q": (APART, {"model": "inverse", "i2_method": "q", "prediction": "normal"}),
        "inverse, bootstrap": (APART, {"model": "inverse", "prediction": "bootstrap"}),
        "IRLN": (RATES, {"measure": "IRLN"}),
        "IRLN glmm": (RATES, {"leave_one_out": False, "measure": "IRLN", "model": "glmm"}),
        "IR": (RATES, {"measure": "IR"}),
        "IRFT": (RATES, {"measure": "IRFT"}),
        "IRR": (TWO_RATES, {"measure": "IRR"}),
        "IRR mh": (TWO_RATES, {"measure": "IRR", "model": "mh"}),
        "IRR glmm": (TWO_RATES, {"measure": "IRR", "model": "glmm"}),
        "IRR glmm-cm-el": (TWO_RATES, {"leave_one_out": False, "measure": "IRR", "model": "glmm-cm-el"}),
        "OR treatment-arm": (TABLES, {"measure": "OR", "zero_cells": "treatment-arm"}),
        "RR if0all": (TABLES, {"measure": "RR", "zero_cells": "if0all"}),
        "RD": (TABLES, {"measure": "RD"}),
        "OR mh": (TABLES, {"measure": "OR", "model": "mh"}),
        "RR mh only0": (TABLES, {"measure": "RR", "model": "mh", "zero_cells": "only0"}),
        "RD mh": (TABLES, {"measure": "RD", "model": "mh"}),
        "Peto": (TABLES, {"measure": "PETO"}),
        "Peto by inverse": (TABLES, {"measure": "PETO", "model": "inverse"}),
        "OR glmm": (TABLES, {"measure": "OR", "model": "glmm"}),
        "OR glmm-um-fs": (TABLES, {"measure": "OR", "model": "glmm-um-fs"}),
        "OR glmm-cm-el": (TABLES, {"leave_one_out": False, "measure": "OR", "model": "glmm-cm-el"}),
        "OR glmm-cm-al": (TABLES, {"leave_one_out": False, "measure": "OR", "model": "glmm-cm-al"}),
        "GEN": ({"estimate": [-0.5, 0.2, -0.1], "se": [0.2, 0.3, 0.25]}, {"measure": "GEN"}),
        "ZCOR": ({"r": [0.31, 0.12, 0.55], "n": [40, 66, 31]}, {"measure": "ZCOR"}),
        "MN": ({"mean": [12.4, 11.8, 14.1], "sd": [3.1, 2.8, 4.0], "n": [40, 25, 60]}, {"measure": "MN"}),
    }
    made |= {name: (factory_analyses.MEANS, {"measure": name}) for name in ("MD", "SMD", "SMDH", "ROM", "CVR")}
    return made


CASES = _cases()
BATCHES = 6
# What R has only an approximate likelihood for; all others agree to 1e-4 of a standard error or better.
APPROXIMATE = {"IRR glmm", "OR glmm", "OR glmm-um-fs", "bayes"}


# Each script in an environment of its own; one R for many of them, because loading metafor takes longer than most do.
EACH = """
for (path in commandArgs(trailingOnly = TRUE)) {
  cat("@@", basename(path), "\\n")
  ended <- tryCatch({
    place <- new.env()
    place$quit <- function(...) stop("it ends with a status")
    source(path, local = place)
    "ended well"
  }, error = function(problem) conditionMessage(problem))
  cat(ended, "\\n")
}
"""


def run(scripts: dict[str, rscript.RScript], folder: Path) -> dict[str, str]:
    """Run scripts in R, or skip and say so where there is no R with metafor; give what each said."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("needs R (Rscript), which is not installed")
    there = subprocess.run([program, "-e", "library(metafor)"], capture_output=True, text=True, check=False)
    if there.returncode:
        pytest.skip("needs R's package metafor, which is not installed")
    paths = []
    for number, script in enumerate(scripts.values()):
        paths.append(folder / f"{number}.R")
        paths[-1].write_text(script.text, "ascii")
    (folder / "each").write_text(EACH, "ascii")
    command = [program, str(folder / "each"), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    said = re.split(r"^@@ \d+\.R \n", done.stdout, flags=re.M)[1:]
    return dict(zip(scripts, said, strict=True))


def run_one(script: rscript.RScript, folder: Path) -> str:
    """Run one script and give what it said."""
    return run({"": script}, folder)[""]


def _document(name: str) -> Json:
    data, settings = CASES[name]
    made = factory_analyses.document(data, arms="events_1" in data or "mean_1" in data, **settings)
    return factory_analyses.through_json(made)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_r_gives_the_same_numbers(batch: int, tmp_path: Path) -> None:
    """The script of a model gives other numbers in R than the document holds, so it reproduces nothing."""
    documents = {name: _document(name) for name in sorted(CASES)[batch::BATCHES]}
    said = run({name: rscript.script(document) for name, document in documents.items()}, tmp_path)
    for name, document in documents.items():
        found = re.search(r"All (\d+) numbers agree; the largest difference is (\S+)\.\n", said[name])
        assert found, f"{name}: {said[name][-3000:]}"
        assert "ended well" in said[name]
        assert int(found.group(1)) >= (3 if document["k"] == 1 else 5), name
        if name not in APPROXIMATE:
            assert float(found.group(2)) < 1e-4, name
            assert re.search("pooled value, reported|figure", said[name]), name


@pytest.mark.parametrize("name", ["glmm", "REML"])
def test_groups_steps_and_omissions_are_pooled_again(name: str, tmp_path: Path) -> None:
    """Subgroups, cumulative steps and the answers without a study are not among what the script makes again."""
    settings = {} if name == "glmm" else {"model": "inverse"}
    said = run_one(rscript.script(factory_analyses.shares(**settings)), tmp_path)
    for words in ("without Series 2003: estimate", "design: mini-open: estimate", "up to Series 2016: upper limit"):
        assert words in said


def test_a_wrong_number_is_found_out(tmp_path: Path) -> None:
    """The script says that all is well whatever the document claims."""
    document = _document("PLOGIT REML hksj-adhoc")
    document["pooled"]["reporting"]["estimate"] += 0.001
    said = run_one(rscript.script(document), tmp_path)
    assert "1 of 79 numbers differ by more than they may." in said
    assert "it ends with a status" in said


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    """A study called like a piece of R runs as one, or breaks the script."""
    names = ['"); quit(status = 9); c("', "a\\", 'b\n"; stop("x")', "%s %d", "漢字", "\u202eabc", "👩‍⚕️", "'`${x}"]
    data = {"events": [3, 4, 5, 6, 7, 8, 2, 1], "total": [30, 31, 32, 33, 34, 35, 36, 37]}
    document = factory_analyses.document(data, names, model="inverse")
    document["outcome_info"]["label"] = 'x\n"; quit(status = 9) #'
    document["command"] = "synth pool\nquit(status = 8)"
    made = rscript.script(factory_analyses.through_json(document))
    assert made.text.isascii()
    assert not re.search(r"^\s*quit\(status = [89]", made.text, re.M)
    said = run_one(made, tmp_path)
    assert "numbers agree" in said
    assert '"); quit(status = 9)' in said


def test_names_are_the_same_in_r_as_in_the_document(tmp_path: Path) -> None:
    """A name with an accent, a quotation mark or a character beyond the first plane is another name in R."""
    names = ['Wänman "2023"', "back\\slash", "漢字 2019", "🦴", "tab\there"]
    script = "for (x in c(" + ", ".join(map(r_words.text, names)) + ")) cat(utf8ToInt(x), '\\n')"
    said = run_one(rscript.RScript(script, "base R", (), None), tmp_path)
    lines = [[int(code) for code in line.split()] for line in said.splitlines() if line[:1].isdigit()]
    assert lines == [[ord(char) for char in name.replace("\t", " ")] for name in names]


@pytest.mark.parametrize("name", sorted(factory.every()))
def test_every_document_has_a_script(name: str) -> None:
    """A page without a script, because the document is one that nobody thought of."""
    document = factory.every()[name]
    made = rscript.script(document)
    assert made.text.isascii()
    assert made.text.count("data.frame(") >= 1
    assert (
        not re.search(r"\b(None|nan|NaN|Infinity)\b", made.text.partition("# ---- How numbers")[0]) or name == "hostile"
    )
    for study in document["studies"]:
        assert r_words.text(study["study"]) in made.text


@pytest.mark.parametrize("name", sorted(CASES))
def test_numbers_stand_at_full_precision(name: str) -> None:
    """A number of the document is rounded on its way into the script."""
    document = _document(name)
    made = rscript.script(document).text
    for value in document["pooled"]["reporting"].values():
        if value is not None:
            assert r_words.number(value) in made
    for study in document["studies"]:
        for value in study["data"].values():
            assert r_words.number(value) in made


def test_what_r_does_not_have_is_said() -> None:
    """A reader believes that R confirmed what it never computed."""
    assert rscript.script(_document("PLOGIT REML hksj-adhoc")).differs is None
    assert "bootstrap" in str(rscript.script(_document("inverse, bootstrap")).differs)
    assert "approximate likelihood" in str(rscript.script(_document("OR glmm")).differs)
    made = rscript.script(_document("glmm"))
    assert made.package == "base R"
    assert "rma.glmm" in str(made.differs)
    assert rscript.script(_document("OR mh")).package == "metafor"
