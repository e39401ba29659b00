"""A template that is filled in and saved by LibreOffice goes through import and pool."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from synth.cli.app import app

FILL = Path(__file__).with_name("fill_in_libreoffice.py")
REVIEW = """
schema = 1
title = "Spine"
primary_arm = "mis"
comparator_arms = ["open"]
question.text = "How many?"
[arms.mis]
label = "Minimally invasive"
[arms.open]
label = "Open surgery"
[outcomes.infection]
label = "Wound infection"
[outcomes.fusion]
label = "Fusion"
"""
COLUMNS = ("study", "arm", "outcome", "events", "total", "where", "note", "percent_reported")
ROWS = (
    ("Zürn & Ågren 2020", "mis", "infection", "3", "40", "p. 4, Table 2", "", "7.5%"),
    ("Zürn & Ågren 2020", "open", "infection", "5", "38", "p. 4, Table 2", "", ""),
    ("Bern 2019", "mis", "infection", "1", "61", "3-8", "read twice; \"sic\"", ""),
    ("Cole 2021", "mis", "infection", "12", "119", "", "", ""),
    ("Cole 2021", "mis", "fusion", "100", "110", "", "", ""),
)  # fmt: skip
STUDIES = (
    ("Zürn & Ågren 2020", "mis", "2020", "0031234567", "40"),
    ("Zürn & Ågren 2020", "open", "2020", "0031234567", "38"),
    ("Bern 2019", "mis", "2019", "30123456", "61"),
    ("Cole 2021", "mis", "2021", "32123456", "119"),
)


def _has_uno(python: str) -> bool:
    return subprocess.run([python, "-c", "import uno"], capture_output=True, check=False, timeout=60).returncode == 0


def typed() -> list[tuple[str, int, str, str]]:
    """What a person types, cell by cell."""
    results = [("results", row, name, text) for row, cells in enumerate(ROWS, start=1)
               for name, text in zip(COLUMNS, cells, strict=True) if text]  # fmt: skip
    named = ("study", "arm", "year", "pmid", "n")
    return results + [("studies", row, name, text) for row, cells in enumerate(STUDIES, start=1)
                      for name, text in zip(named, cells, strict=True)]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the template as LibreOffice saved it after somebody had typed into it, as .xlsx and as .ods."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    python = next((each for each in ("/usr/bin/python3", shutil.which("python3")) if each and _has_uno(each)), None)
    if office is None or python is None:
        pytest.skip("needs LibreOffice Calc and its Python (Debian: apt install libreoffice-calc-nogui python3-uno)")
    folder = tmp_path_factory.mktemp("office")
    (folder / "review.toml").write_text(REVIEW, "utf-8")
    (folder / "extracted").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made = CliRunner().invoke(app, ["template", "--output", "template.xlsx"])
    assert made.exit_code == 0, made.output
    (folder / "cells.json").write_text(json.dumps(typed()), "utf-8")
    pipe = f"synth{folder.name}{id(folder)}".replace("-", "")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;"]
    paths = [str(folder / name) for name in ("template.xlsx", "cells.json", "filled.xlsx", "filled.ods")]
    with (folder / "office.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:
        try:
            done = subprocess.run([python, str(FILL), pipe, *paths], capture_output=True, text=True, check=False,
                                  timeout=150)  # fmt: skip
            running.wait(60)
        finally:
            running.kill()
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", ["filled.xlsx", "filled.ods"])
def test_a_sheet_filled_in_libreoffice_is_imported_and_pooled(
    filled: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people really save would be misread, though the files that we write ourselves are read well."""
    (tmp_path / "review.toml").write_text(REVIEW, "utf-8")
    (tmp_path / "extracted").mkdir()
    monkeypatch.chdir(tmp_path)
    taken = CliRunner().invoke(app, ["import", str(filled / name), "--json"])
    assert taken.exit_code == 0, taken.output
    made = json.loads(taken.stdout)
    assert (made["figures"], made["studies"], made["judgements"]) == (len(ROWS), len(STUDIES), 0)
    cells = {
        (change["what"], *change["key"]): {each["name"]: each["now"] for each in change["columns"]}
        for change in made["changes"]
    }
    for row in ROWS:
        found = cells["added", *row[:3]]
        assert {name: found.get(name, "") for name in COLUMNS[3:]} == dict(zip(COLUMNS[3:], row[3:], strict=True))
        assert f"{name}, sheet results, cells D" in found["origin"]
    for study, arm, year, pmid, n in STUDIES:
        found = cells["added", study, arm]
        assert (found["year"], found["pmid"], found["n"]) == (year, pmid, n)
    pooled = CliRunner().invoke(app, ["pool", "--outcome", "infection", "--arm", "mis", "--json"])
    assert pooled.exit_code == 0, pooled.output
    answer = json.loads(pooled.stdout)
    assert '"events": 16' in json.dumps(answer)
    assert '"total": 220' in json.dumps(answer)


def test_what_stands_there_already_is_the_same_from_both_files(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same sheet saved in another format would change the review."""
    (tmp_path / "review.toml").write_text(REVIEW, "utf-8")
    (tmp_path / "extracted").mkdir()
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["import", str(filled / "filled.xlsx")]).exit_code == 0
    again = CliRunner().invoke(app, ["import", str(filled / "filled.ods"), "--json"])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["changes"] == []
