"""Units in headings, in every form of sheet: nothing is taken for another unit than it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import ProblemsError
from synth.extract import Given, load, read_figures
from synth.workspace import Workspace

from .sheets import REVIEW, clean, numbers, only, understood

HEAD = "study,arm,outcome,events,total,"


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        (f"{HEAD}mean (hours),sd\nA,mis,time_min,,20,2.5,0.5\n", "is in hours, and time_min is in min", "to minutes."),
        (f"{HEAD}mean,sd (h)\nA,mis,time_min,,20,150,0.5\n", "is in h, and time_min is", "to minutes."),
        (f"{HEAD}median (dL)\nA,mis,time_min,,20,5\n", "is in dL, and time_min", "to minutes."),
        (f"{HEAD}person years\nA,mis,falls,3,20,50\n", "is in years, and falls is in months", "multiply by 12."),
        (f"{HEAD}time (days)\nA,mis,falls,3,20,600\n", "is in days, and falls is in months", "divide by 30.4375."),
        (f"{HEAD}time (mo)\nA,mis,death_rate,3,20,600\n", "is in months, and death_rate is in", "divide by 12."),
        (f"{HEAD}person months\nA,mis,death_rate,3,20,600\n", "is in months, and death_rate", "divide by 12."),
        (f"{HEAD}person days\nA,mis,death_rate,3,20,600\n", "is in days, and death_rate", "divide by 365.25."),
        (f"{HEAD}time (hours)\nA,mis,death_rate,3,20,600\n", "is in hours, and death_rate", "to years."),
        ("study,n,time_min_mean (hours),time_min_sd\nA,20,2.5,0.5\n", "is in hours, and time_min", "to minutes."),
        ("study,outcome,mean_1 (hours),mean_2,n_1,n_2\nA,time_min,2,100,9,9\n", "is in hours, and", "minutes."),
        ("study,outcome,events_1,n_1,person months 1,events_2,n_2,person months 2\nA,death_rate,1,9,60,,,\n",
         "is in months, and death_rate", "divide by 12."),
        ("patient,arm,time_min (hours)\n1,mis,2.5\n2,mis,3\n3,mis,4\n", "is in hours, and time_min", "to minutes."),
        ("patient,arm,fusion,age (months)\n1,mis,1,90\n2,mis,0,80\n", "is not in years", "in years."),
    ],
)  # fmt: skip
def test_another_unit_is_refused_in_every_form(text: str, said: str, remedy: str) -> None:
    """Hours would be kept as minutes, or months as years, without a word."""
    study, arm = "" if text.startswith("study") else "A", "mis" if "n,time" in text else ""
    problem = only(understood(text, given=Given(study, arm=arm)))
    assert said in problem.message
    assert problem.remedy.endswith(remedy)


def test_a_unit_stops_only_what_stands_below_it() -> None:
    """A column of another outcome's unit would be refused where that outcome has nothing in it."""
    text = f"{HEAD}mean (min),time (months)\nA,mis,time_min,,20,150,\nA,mis,falls,3,20,,50\nA,mis,death_rate,3,20,,\n"
    found = clean(understood(text))
    assert numbers(found.figures[0])["mean"] == 150
    assert numbers(found.figures[1])["time"] == 50


def test_a_kept_sheet_with_another_unit_is_refused(tmp_path: Path) -> None:
    """A heading that a person wrote into extracted/results.csv would be read as years."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    (tmp_path / "extracted" / "results.csv").write_text(f"{HEAD}person months\nA,mis,death_rate,3,20,600\n")
    with pytest.raises(ProblemsError, match=r"is in months, and death_rate is in years.*divide by 12"):
        load(Workspace.find(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "study,n,mean (hours),sd (minutes)\nA,20,2.5,30\nB,30,3,20\n",
        "study,mean_1 (h),sd_1,n_1,mean_2 (min),sd_2,n_2\nA,2,1,20,150,20,20\nB,2,1,20,140,20,20\n",
        "study,events_1,person_time_1,events_2,person_time_2 (months)\nA,3,20,4,30\n",
    ],
)
def test_a_table_by_itself_has_one_unit(tmp_path: Path, text: str) -> None:
    """A mean in hours would be pooled with a deviation in minutes, or the time of one arm be in another unit."""
    (tmp_path / "a.csv").write_text(text, "utf-8")
    if "person" in text:
        text = text.replace("person_time_1", "person_time_1 (years)")
        (tmp_path / "a.csv").write_text(text, "utf-8")
    with pytest.raises(ProblemsError, match="Give both in one unit"):
        read_figures(tmp_path / "a.csv")
