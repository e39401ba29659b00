"""The Python interface: what a notebook shows, and that it agrees with the command line and writes nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import synth
from synth.errors import NothingToPool, UnknownName
from synth.steps import notebook
from synth.steps.pool import PoolOptions, pool_review, to_json

from ..cli.conftest import FIGURES, RESULTS, REVIEW


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a small review."""
    (tmp_path / "extracted").mkdir()
    (tmp_path / "review.toml").write_text(REVIEW, encoding="utf-8")
    (tmp_path / "extracted" / "results.csv").write_text(RESULTS, encoding="utf-8")
    return tmp_path


def test_a_review_shows_its_answers(root: Path) -> None:
    """A notebook shows a bare object, markup from a sheet runs in it, or an outcome is missing."""
    review = synth.open_review(root)
    shown = review._repr_html_()
    assert "Hips &amp; knees &lt;in&gt; brief" in shown
    assert shown.count("<svg") == shown.count("</svg>") == 2
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert len(ids) == len(set(ids)) == 4
    assert "fell within a year" in shown
    assert "<b>pain</b>" in shown
    assert not (root / "reports").exists(), "showing a review writes nothing"


def test_one_outcome_is_the_document(root: Path) -> None:
    """The notebook's answer is another than the one in the JSON file."""
    review = synth.open_review(root / "extracted")
    answer = review.pool("fall")
    run = pool_review(review.workspace, ["fall"])
    assert to_json(answer.to_dict()) == run.pooled[0].json_path.read_text(encoding="utf-8")
    assert answer.to_html() == run.pooled[0].html_path.read_text(encoding="utf-8")
    assert answer.outcome == "fall"
    assert answer.answer in repr(answer)
    assert "<svg" in answer._repr_html_()


def test_to_dict_is_a_copy(root: Path) -> None:
    """Changing the dictionary that was given out changes the answer."""
    answer = synth.open_review(root).pool("fall")
    answer.to_dict()["pooled"]["reporting"]["estimate"] = 0
    assert answer.to_dict()["pooled"]["reporting"]["estimate"] != 0


def test_all_outcomes_are_a_mapping(root: Path) -> None:
    """An outcome is lost between those that were pooled and those that were not."""
    pooled = synth.open_review(root).pool_all()
    assert list(pooled) == ["fall", "revision"]
    assert list(pooled.not_pooled) == ["pain"]
    assert pooled["fall"].to_dict()["k"] == 4
    assert len(pooled) == 2


def test_options_reach_the_mathematics(root: Path) -> None:
    """An option given in a notebook has no effect, or the command that is shown lacks it."""
    document = synth.open_review(root).pool("fall", arm="old", options=PoolOptions(level=0.9)).to_dict()
    assert document["settings"]["level"] == 0.9
    assert document["arm"]["id"] == "old"
    assert document["command"] == "synth pool --outcome fall --arm old --level 0.9"


def test_wrong_names(root: Path) -> None:
    """A misspelt name is taken for something else."""
    review = synth.open_review(root)
    with pytest.raises(UnknownName, match='Did you mean "fall"'):
        review.pool("fal")
    with pytest.raises(UnknownName, match='Did you mean "old"'):
        review.pool("fall", arm="odl")
    with pytest.raises(NothingToPool, match="mean and standard deviation not given"):
        review.pool("pain")


def test_a_changed_sheet_is_read_again(root: Path) -> None:
    """A notebook goes on showing a figure that has been corrected."""
    review = synth.open_review(root)
    assert review.pool("fall").to_dict()["events"] == 18
    sheet = root / "extracted" / "results.csv"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("fall,9,80", "fall,8,80"), encoding="utf-8")
    assert review.pool("fall").to_dict()["events"] == 17


def test_a_defect_is_shown_and_not_raised(root: Path) -> None:
    """A review with a defect in a sheet gives a traceback in a notebook in place of what is to be mended."""
    sheet = root / "extracted" / "results.csv"
    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(text.replace("fall,9,80", "fall,9 <of> 80,80"), encoding="utf-8")
    shown = synth.open_review(root)._repr_html_()
    assert "Hips &amp; knees" in shown
    assert "cannot be pooled yet" in shown
    assert "results.csv" in shown
    assert "9 &lt;of&gt; 80" in shown
    assert "<of>" not in shown


def test_an_outcome_without_an_answer_leaves_the_others(root: Path) -> None:
    """One outcome on which the model has no answer hides every other answer of the review."""
    sheet = root / "extracted" / "results.csv"
    more = "Ågren 2019,new,revision,0,40,,,,\nCole 2021,new,revision,25,25,,,,\n"
    text = sheet.read_text(encoding="utf-8").replace("Brown 2020,new,revision,2,61,stated,,,\n", "")
    sheet.write_text(text + more, encoding="utf-8")
    pooled = synth.open_review(root).pool_all()
    assert list(pooled) == ["fall"]
    assert "no answer" in pooled.not_pooled["revision"]


def test_a_pool_is_shown_in_a_line() -> None:
    """A result of the mathematics fills the screen when it is looked at, or hides its answer."""
    result = synth.meta.pool_proportions([7, 3, 1], [43, 38, 26])
    shown = repr(result)
    assert len(shown) < 120
    assert "k=3, 11/107: 0.1" in shown
    assert "95% CI" in shown
    assert "undefined" in repr(synth.meta.pool_proportions([0, 1, 1, 0], [1, 1, 1, 1], ci_method="profile"))


def test_listing(root: Path) -> None:
    """The listing of a review shows nothing in a notebook, or escapes nothing."""
    listing = synth.open_review(root).outcomes()
    assert "<td>fall</td>" in listing._repr_html_()
    assert {row["outcome"] for row in listing.rows()} == {"fall", "revision", "pain"}


def test_any_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A one-off pool in a notebook writes a file, or cannot be saved when asked to."""
    monkeypatch.chdir(tmp_path)
    Path("f.csv").write_text(FIGURES.replace("events", "deaths"), encoding="utf-8")
    answer = synth.pool_figures("f.csv", events="deaths")
    assert [path.name for path in tmp_path.iterdir()] == ["f.csv"]
    page = answer.save("page.html")
    assert page.is_file()
    assert json.loads(Path("page.json").read_text(encoding="utf-8")) == answer.to_dict()


def test_public_names() -> None:
    """A public name cannot be imported, or ``dir`` hides it."""
    for name in synth.__all__:
        assert getattr(synth, name) is not None
        assert name in dir(synth)
    with pytest.raises(AttributeError, match="nonsense"):
        synth.nonsense  # noqa: B018


def test_the_line_of_the_readme() -> None:
    """``synth.meta.pool_proportions`` does not work right after ``import synth``."""
    code = "import synth; print(synth.meta.pool_proportions([7, 3, 1], [43, 38, 26]).k)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


def test_a_notebook_shows_control_characters_and_turned_text_as_such() -> None:
    """A label with terminal codes, or with a mark that turns text around, goes into the notebook as it is."""
    document = {"outcome": "x", "outcome_info": {"label": "a\x1b[31m\u202eb", "predicate": "c\u202ed"}, "k": 1}
    shown = notebook.PooledOutcome(document)._repr_html_()
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    both = notebook.PooledOutcomes({}, {"y\x1b": "why\u202e"})._repr_html_()
    assert "\x1b" not in both
    assert "\u202e" not in both


def test_nothing_hidden_in_a_notebook(root: Path) -> None:
    """A title or a message turns the text around it, or carries a terminal's codes into a notebook."""
    path = root / "review.toml"
    path.write_text(path.read_text("utf-8").replace("knees <in> brief", "knees \\u202e\\u001b[31m"), encoding="utf-8")
    shown = synth.open_review(root)._repr_html_()
    assert "\u202e" not in shown
    assert "\x1b" not in shown
