"""The documentation against the program: what can be generated is compared, what can be run is run."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import tomllib
from pathlib import Path

import openpyxl
import pytest

from synth.cli.app import COMMANDS, app, run

from .cli.conftest import FIGURES
from .conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced(text: str) -> list[str]:
    """List the command lines in the blocks of shell."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("name", ["generate", "generate_schema", "generate_sheets"])
def test_what_is_generated_is_current(name: str) -> None:
    """docs/commands.md or docs/sheets.md tells of other options or columns than there are: run docs/generate*.py."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.TARGET.read_text(encoding="utf-8") == generate.render()


def test_every_option_has_help() -> None:
    """An option exists that nobody explains."""
    import click

    context = click.Context(app)
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        assert command.help
        assert command.short_help
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts}"


def test_links_lead_somewhere() -> None:
    """A link in the documentation leads to a file that is not there."""
    wrong = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http") and not (page.parent / target).exists():
                wrong.append(f"{page.name}: {target}")
    assert not wrong


def fill_in(path: Path) -> None:
    """Write the sheet that an example of ``synth import`` takes in."""
    if path.stem == "patients":
        rows = [["patient", "fusion"], [1, 1], [2, 0]]
    elif path.stem == "wide":
        rows = [["study", "fusion_events", "fusion_total"], ["Zorn 2031", 3, 4]]
    else:
        rows = [["study", "arm", "outcome", "events", "total"], [f"{path.stem} 2031", "mis", "fusion", 3, 4]]
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")


def settle(words: list[str]) -> None:
    """Write the workbook that an example of ``synth reconcile`` takes in: A is right in every row."""
    name = words[words.index("--settled") + 1]
    assert run([*words[1:4], "--output", name]) == 0
    book = openpyxl.load_workbook(name)
    for row in range(2, book["disagreements"].max_row + 1):
        book["disagreements"].cell(row, 10).value = "A"
    book.save(name)


def test_every_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command line that the README or the help gives as an example does not work as it stands."""
    commands = {line for line in [*fenced(README), *fenced((ROOT / "docs" / "commands.md").read_text("utf-8"))]
                if line.startswith("synth ") and "[" not in line}  # fmt: skip
    assert len(commands) >= 12
    for number, line in enumerate(sorted(commands)):
        words = shlex.split(line)
        if words[1] in ("search", "chase", "doctor"):
            continue  # tests/cli/test_search_examples.py runs these against a local server
        words = words[: words.index(">>")] if ">>" in words else words[: words.index(">")] if ">" in words else words
        place = tmp_path / str(number)
        place.mkdir()
        in_review = ("pool", "outcomes", "template", "import", "reconcile", "check", "bias", "report", "status")
        in_review += ("export", "figure")
        if words[1] in in_review and "figures.csv" not in words:
            (place / "extracted").mkdir()
            for name in ("review.toml", "extracted/results.csv", "extracted/studies.csv"):
                (place / name).write_bytes((ROOT / name).read_bytes())
        if words[1] == "bias" or "risk_of_bias" in words or "--risk-of-bias" in words:
            answers = (("Wänman 2023", "yes"), ("Ye JY 2022", "no"))
            judged = "".join(f"{study},jbi-case-series,{n},{word}\n" for study, word in answers for n in range(1, 11))
            text = f"study,instrument,item,judgement\n{judged}"
            (place / "extracted" / "bias.csv").write_text(text, encoding="utf-8")
        for sheet in (Path(word) for word in words[2:] if words[1] in ("import", "reconcile") and "." in word):
            if words[words.index(str(sheet)) - 1] not in ("--output", "--settled"):
                fill_in(place / sheet)
        header = "series,deaths,patients\n" if "deaths" in words else "study,events,total\n"
        (place / "figures.csv").write_text(header + FIGURES.split("\n", 1)[1], encoding="utf-8")
        monkeypatch.chdir(place)
        if words[1] == "export":
            assert run(["pool", "--outcome", "fusion", "--quick"]) == 0
        if words[1] == "figure":
            first = ["report", "--index-only"] if "prisma" in words else ["pool", "--outcome", "fusion", "--quick"]
            first += words[words.index("--by") :][:2] if "--by" in words else []
            assert run(["pool", "figures.csv"] if "figures.json" in words else first) == 0
        if "--settled" in words:
            settle(words)
        assert run(words[1:]) == 0, f"{line}\n{capsys.readouterr().err}"


def test_the_two_lines_of_the_readme() -> None:
    """The README gives another set-up than the two lines that are tried before every change."""
    assert [line for line in fenced(README) if line.startswith("sh ")] == ["sh setup.sh", "sh setup.sh test"]


def test_json_names_are_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document holds a name that docs/json.md does not explain, or the other way round."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["pool", "figures.csv"]) == 0
    document = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    top, rest = text.split("## `synth.pool/1`")[1].split("### `studies[]`")
    studies, others = rest.split("### `analyses`")
    explained = {
        name.removesuffix("[]")
        for cell in re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", top, re.M)
        for name in re.findall(r"`([^`]+)`", cell)
    }
    undefined = ("review", "arm", "arms", "crude", "events", "total", "loglik", "risk_of_bias", "what_if")
    beside_a_null = {f"{name}_reason" for name in undefined}
    assert explained - beside_a_null == document.keys() - beside_a_null
    assert beside_a_null >= explained & beside_a_null >= document.keys() & beside_a_null
    for name in document["studies"][0]:
        assert f"`{name}`" in studies
    for name in document["analyses"]:
        assert f"`{name.removesuffix('_reason')}`" in others
    for part in ("pooled", "tau2", "heterogeneity", "prediction", "settings"):
        for name in document[part]:
            assert f"`{name}`" in text, f"{part}.{name}"


def test_packaging_says_the_same() -> None:
    """The metadata moved away from setup.cfg, or pyproject.toml grew beyond naming the build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project.keys() == {"build-system"}
    assert "synth = synth.cli:main" in (ROOT / "setup.cfg").read_text(encoding="utf-8")
