"""Every example of the help and the pages that searches, run against the local server; and ``synth doctor``."""

from __future__ import annotations

import json
import re
import shlex
from importlib import metadata
from pathlib import Path

import pytest

from synth.cli.app import run
from synth.search.strategy.model import parse_strategy, read_strategy
from synth.steps import doctor
from synth.steps.doctor_online import round_trip
from tests.conftest import ROOT
from tests.search.conftest import Eutils, eutils, start  # noqa: F401 - fixtures
from tests.search.searching import MIS, client, furnish, review_in, wire

Caught = pytest.CaptureFixture[str]


def examples() -> list[str]:
    """List every command line that the pages and the help give for searching, in their order."""
    found = []
    for page in ("README.md", "docs/commands.md"):
        text = (ROOT / page).read_text("utf-8")
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
            found += [line.split("  #")[0].strip() for line in block.splitlines()]
    wanted = ("synth search", "synth chase", "synth doctor")
    return list(dict.fromkeys(line for line in found if line.startswith(wanted)))


def test_every_example_runs(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught  # noqa: F811
) -> None:
    """A command line that a page gives as an example does not work as it stands."""
    furnish(eutils)
    wire(monkeypatch, eutils)
    monkeypatch.chdir(review_in(tmp_path))
    lines = examples()
    assert len(lines) >= 12
    # What reports wants a run before it.
    for line in sorted(lines, key=lambda line: "--report" in line):
        assert run(shlex.split(line)[1:]) == 0, f"{line}\n{capsys.readouterr().err}"
    assert (Path.cwd() / "search.md").is_file()


def test_every_strategy_of_the_page_reads() -> None:
    """A strategy that docs/search.md shows is not one."""
    text = (ROOT / "docs" / "search.md").read_text("utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) == 3
    for block in blocks:
        head = "" if "schema" in block else "schema = 1\ntitle = 'x'\n"
        search = "" if "search" in block or "[lines]" in block else "search = 'fracture'\n"
        parse_strategy(f"{head}{search}{block}".encode())


def test_a_new_review_has_an_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    """A person who starts a review has no strategy to write over, or one that lint complains of."""
    monkeypatch.chdir(tmp_path)
    assert run(["init", "new"]) == 0
    assert "queries/example.toml" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path / "new")
    assert run(["search", "example", "--lint"]) == 0
    assert capsys.readouterr().out == "queries/example.toml: no errors, 0 warnings.\n"
    strategy = read_strategy(tmp_path / "new" / "queries" / "example.toml")
    assert strategy.limits == strategy.filters == strategy.known == ()
    text = (tmp_path / "new" / "queries" / "example.toml").read_text("utf-8")
    whole = re.sub(r"^# (?=[a-z\[\"0-9])(?!an?|this|how)", "", text.split("[limits]")[1], flags=re.M)
    lively = parse_strategy((text.split("[limits]")[0] + "[limits]" + whole).encode())
    assert len(lively.limits) == 3
    assert len(lively.known) == 2


def test_doctor_finds_nothing_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    """A sound machine is called ill, or the key is shown."""
    monkeypatch.chdir(review_in(tmp_path))
    monkeypatch.setenv("SYNTH_EMAIL", "ada@example.org")
    monkeypatch.setenv("NCBI_API_KEY", "0123456789abcdef0123")
    monkeypatch.setenv("https_proxy", "http://me:secret@proxy.example.org:3128")
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "Nothing is missing" in out
    assert "ada@example.org" in out
    assert "proxy.example.org" in out
    for hidden in ("0123456789abcdef0123", "secret"):
        assert hidden not in out
    assert run(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_doctor_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    """A missing or old package, a broken review or a bad address is not found, or without what to type."""
    review = review_in(tmp_path)
    monkeypatch.chdir(review)
    monkeypatch.setenv("SYNTH_EMAIL", "nobody")
    real = metadata.version

    def version(name: str) -> str:
        if name == "jinja2":
            raise metadata.PackageNotFoundError(name)
        return "0.1" if name == "click" else real(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    assert run(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert re.search(r'missing +package jinja2 +not installed Type: .* -m pip install "jinja2', out)
    assert re.search(r"missing +package click +0.1, and synth wants", out)
    assert re.search(r"missing +e-mail for NCBI .*no e-mail address", out)
    assert "3 things to be mended" in err
    (review / "review.toml").write_text("schema = 1", "utf-8")
    assert run(["doctor", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert any(finding["part"] == "review" and finding["state"] == "missing" for finding in findings)


def test_the_round_trip_keeps_every_promise(eutils: Eutils) -> None:  # noqa: F811
    """The first use of the live service is prepared on promises that the local server does not keep."""
    trip = round_trip(client(eutils))
    assert [(visit.endpoint, visit.state) for visit in trip.visits] == [
        ("einfo", "kept"), ("esearch", "kept"), ("esearch", "kept"), ("esearch", "kept"), ("epost", "kept"),
        ("efetch", "kept"), ("esummary", "kept"), ("elink", "kept"), ("elink", "kept"), ("espell", "kept"),
    ]  # fmt: skip
    assert len(list(eutils.log)) == 10


@pytest.mark.parametrize(
    ("endpoint", "fault", "state"),
    [
        ("einfo", {"status": 503}, "no answer"),
        ("esearch", {"status": 500}, "no answer"),
        ("efetch", {"body": "efetch_empty_set"}, "broken"),
        ("elink", {"status": 502}, "no answer"),
    ],
)
def test_a_broken_promise_is_said(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught,  # noqa: F811
    endpoint: str, fault: dict[str, object], state: str,
) -> None:  # fmt: skip
    """An endpoint that answers otherwise than promised passes, or the rest is asked where nothing can be reached."""
    wire(monkeypatch, eutils)
    monkeypatch.chdir(tmp_path)
    eutils.faults.add(when={"endpoint": endpoint}, **fault)
    assert run(["doctor", "--online", "--json"]) == 5
    trip = json.loads(capsys.readouterr().out)
    assert trip["ok"] is False
    assert {visit["state"] for visit in trip["visits"] if visit["endpoint"] == endpoint} == {state}
    if endpoint == "einfo":
        assert [visit["state"] for visit in trip["visits"][1:]] == ["not asked"] * 9
    assert run(["doctor", "--online"]) == 5
    assert "not as the tests promise" in capsys.readouterr().err


def test_the_shipped_readme_tells_the_truth(tmp_path: Path) -> None:
    """The repository says that its searches were not run, and holds records of them; or the other way round."""
    ran = list((ROOT / "queries").glob("*/runs/*.json"))
    said = "Neither has been run against PubMed yet" in (ROOT / "queries" / "README.md").read_text("utf-8")
    assert said == (not ran)
    assert (ROOT / "queries" / f"{MIS}.toml").is_file()
