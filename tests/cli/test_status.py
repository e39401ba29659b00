"""``synth status``: what is older than its inputs, and what is not there at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.cli.app import run
from tests.search.conftest import Eutils, eutils, start  # noqa: F401 - fixtures
from tests.search.searching import MIS, furnish, review_in, wire

from .conftest import RESULTS, Run

Caught = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(review: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a small review."""
    monkeypatch.chdir(review)
    return review


def lines(capsys: Caught) -> dict[str, dict[str, object]]:
    """Give every line of the status by its name."""
    capsys.readouterr()
    assert run(["status", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["schema"] == "synth.status/1"
    found = {line["name"]: line for group in ("searches", "sheets", "reports") for line in value[group]}
    behind = [line for line in found.values() if line["state"] not in ("current", "note")]
    assert value["up_to_date"] is not bool(behind)
    return found


def test_from_nothing_to_up_to_date(capsys: Caught) -> None:
    """A review without pages is called up to date, or one whose pages were just made is not."""
    found = lines(capsys)
    assert found["reports/fall.html"]["state"] == "missing"
    assert found["reports/fall.html"]["command"] == "synth pool --outcome fall"
    assert found["reports/index.html"]["command"] == "synth report"
    assert "reports/pain.html" not in found
    assert run(["report"]) == 0
    assert {line["state"] for line in lines(capsys).values()} <= {"current", "note"}
    assert run(["status", "--check"]) == 0
    assert "Everything is up to date." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("review.toml", "review.toml has changed"), ("extracted/results.csv", "extracted/results.csv has changed"),
        ("extracted/more.csv", "extracted/more.csv is new"), ("extracted/patients/a.csv", "patients/a.csv is new"),
    ],
)  # fmt: skip
def test_every_input_counts(here: Path, capsys: Caught, file: str, said: str) -> None:
    """A file that a page was made from changes, or a new one comes, and the page still passes for current."""
    assert run(["report"]) == 0
    path = here / file
    path.parent.mkdir(exist_ok=True)
    if "patients" in file:
        path.write_text("# study: Zorn 2031\n# arm: new\npatient,fall\n1,1\n2,0\n", encoding="utf-8")
    elif path.exists():
        path.write_text(path.read_text("utf-8").rstrip("\n") + "\n\n", encoding="utf-8")
    else:
        path.write_text(RESULTS.splitlines()[0] + "\nDahl 2022,old,fall,2,20,,,,\n", encoding="utf-8")
    line = lines(capsys)["reports/fall.html"]
    assert line["state"] == "stale"
    assert any(said in reason for reason in line["reasons"])  # type: ignore[attr-defined]
    assert lines(capsys)["reports/index.html"]["state"] == "stale"
    capsys.readouterr()
    assert run(["status", "--check"]) == 1
    assert "synth report" in capsys.readouterr().err


def test_a_changed_instrument_makes_the_pages_stale(here: Path, capsys: Caught) -> None:
    """What a word of an instrument means changes, and pages that show it as it was pass for current."""
    own = here / "extracted" / "instruments" / "own.toml"
    own.parent.mkdir()
    words = '[judgements]\nyes = "low"\nno = "high"\n[items]\n1 = "Was it random?"\n'
    text = f'name = "Own"\nreference = "Ours"\noverall = "worst"\n{words}'
    own.write_text(text, encoding="utf-8")
    bias = here / "extracted" / "bias.csv"
    bias.write_text("study,instrument,item,judgement\nBrown 2020,own,1,yes\n", encoding="utf-8")
    assert run(["report"]) == 0
    document = json.loads((here / "reports" / "fall.json").read_text("utf-8"))
    assert "extracted/instruments/own.toml" in [each["path"] for each in document["inputs"]]
    assert {line["state"] for line in lines(capsys).values()} <= {"current", "note"}
    own.write_text(text.replace('yes = "low"', 'yes = "moderate"'), encoding="utf-8")
    found = lines(capsys)
    for page in ("fall", "bias", "index"):
        assert "extracted/instruments/own.toml has changed" in str(found[f"reports/{page}.html"]["reasons"]), page
    assert run(["report"]) == 0
    assert {line["state"] for line in lines(capsys).values()} <= {"current", "note"}


def test_a_sheet_that_has_gone(here: Path, capsys: Caught) -> None:
    """A page rests on a sheet that is not there any more, and nobody says so."""
    (here / "extracted" / "more.csv").write_text(
        RESULTS.splitlines()[0] + "\nDahl 2022,old,fall,2,20,,,,\n", encoding="utf-8"
    )
    assert run(["report"]) == 0
    (here / "extracted" / "more.csv").unlink()
    assert lines(capsys)["reports/fall.html"]["reasons"] == ["extracted/more.csv is gone"]


def test_pages_and_documents_that_part(here: Path, capsys: Caught) -> None:
    """A page was deleted, or comes from another run than the JSON beside it, and passes for current."""
    assert run(["report"]) == 0
    page = here / "reports" / "fall.html"
    text = page.read_text("utf-8")
    page.unlink()
    assert "fall.html is not there" in str(lines(capsys)["reports/fall.html"]["reasons"])
    digest = json.loads((here / "reports" / "fall.json").read_text("utf-8"))["inputs"][0]["sha256"]
    page.write_text(text.replace(digest, "0" * 64), encoding="utf-8")
    assert "made from other files than its JSON" in str(lines(capsys)["reports/fall.html"]["reasons"])


def test_another_version_made_it(here: Path, capsys: Caught) -> None:
    """A page of an older synth, whose methods may differ, passes for current."""
    assert run(["report"]) == 0
    path = here / "reports" / "fall.json"
    value = json.loads(path.read_text("utf-8"))
    value["generator"]["version"] = "0.0.1"
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    assert "made by synth 0.0.1" in str(lines(capsys)["reports/fall.html"]["reasons"])


def test_the_command_is_the_page_s_own(capsys: Caught) -> None:
    """The command beside a stale page makes another page: of the other arm, or without its options."""
    assert run(["pool", "--outcome", "fall", "--arm", "old", "--ci", "wald"]) == 0
    Path("extracted/results.csv").write_text(RESULTS + "\n", encoding="utf-8")
    line = lines(capsys)["reports/fall.old.html"]
    assert line["state"] == "stale"
    assert line["command"] == "synth pool --outcome fall --arm old --ci wald"


def test_what_has_nothing_to_pool_any_more(here: Path, capsys: Caught) -> None:
    """A page is left of an outcome whose rows are gone, and the command that is given cannot make it."""
    assert run(["report"]) == 0
    kept = [line for line in RESULTS.splitlines() if ",revision," not in line]
    (here / "extracted" / "results.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    line = lines(capsys)["reports/revision.html"]
    assert line["command"] == "rm reports/revision.html reports/revision.json"
    assert "nothing to pool any more" in str(line["said"])
    assert run(["report"]) == 0
    assert "./revision.html" not in (here / "reports" / "index.html").read_text("utf-8")


def test_sheets_with_errors_are_a_line(here: Path, capsys: Caught) -> None:
    """A defect in a sheet ends the status, which is where people look for what is wrong."""
    (here / "extracted" / "results.csv").write_text(RESULTS.replace("fall,3,40", "fall,43,40"), encoding="utf-8")
    line = lines(capsys)["extracted/"]
    assert (line["state"], line["command"]) == ("problem", "synth check")
    assert "row 2" in str(line["reasons"])
    (here / "extracted" / "results.csv").unlink()
    assert lines(capsys)["extracted/"]["state"] == "missing"


def test_searches_have_a_run_and_an_age(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught  # noqa: F811
) -> None:
    """A search that is a year old, was changed or never run passes for one that was run today."""
    furnish(eutils)
    wire(monkeypatch, eutils)
    monkeypatch.chdir(review_in(tmp_path))
    name = f"queries/{MIS}.toml"
    assert lines(capsys)[name] == {"name": name, "state": "missing", "said": "not run yet",
                                   "command": f"synth search {MIS}", "reasons": []}  # fmt: skip
    assert run(["search", MIS, "--allow-warnings"]) == 0
    assert lines(capsys)[name]["state"] == "current"
    log = next(Path(f"queries/{MIS}/runs").glob("*.json"))
    started = json.loads(log.read_text("utf-8"))["started"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(4_000_000_000))
    assert lines(capsys)[name]["state"] == "stale"
    assert str(started)[:10] in str(lines(capsys)[name]["said"])
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    text = Path(name).read_text("utf-8")
    Path(name).write_text(text.replace("population AND fracture AND", "population AND"), encoding="utf-8")
    assert "changed since" in str(lines(capsys)[name]["reasons"])


def test_in_a_pipe_and_in_ascii(run: Run, review: Path) -> None:
    """A pipe gets colours, or a terminal without Unicode gets signs that it cannot show."""
    done = run("status", cwd=review)
    assert "\x1b" not in done.out
    assert "○ reports/fall.html" in done.out
    plain = run("status", cwd=review, env={"PYTHONIOENCODING": "ascii"})
    assert plain.code == 0
    assert plain.out.isascii()
    assert "--  reports/fall.html" in plain.out
    assert done.out.splitlines()[0] == "Hips & knees <in> brief"
