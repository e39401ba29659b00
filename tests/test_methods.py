"""The page of methods against the program: every word has its section, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synth.meta.choices.presets import PRESETS
from synth.meta.inverse.tau2 import METHODS as TAU2_METHODS
from synth.meta.measures.effects import MEASURES
from synth.meta.measures.study_intervals import METHODS as STUDY_INTERVALS
from synth.meta.measures.zero_cells import POLICIES
from synth.meta.settings import I2_METHODS, MODELS, PREDICTIONS, TAU2_CIS

from .conftest import ROOT

DOCS = ROOT / "docs"
INDEX = DOCS / "methods.md"
PAGES = [INDEX, *sorted((DOCS / "methods").glob("*.md"))]
ANALYSES = (
    "leave_one_out", "subgroups", "regression", "cumulative", "influence", "gosh", "bias", "second_opinions", "presets",
    "multiverse",
)  # fmt: skip
WORDS = {
    "model": tuple(MODELS),
    "measure": tuple(MEASURES),
    "tau2 method": tuple(TAU2_METHODS),
    "interval": tuple(sorted({word for model in MODELS.values() for word in model.ci})),
    "prediction interval": PREDICTIONS,
    "definition of I2": I2_METHODS,
    "interval for tau2": TAU2_CIS,
    "study interval": tuple(STUDY_INTERVALS),
    "zero-cell policy": POLICIES,
    "preset": tuple(PRESETS),
    "analysis": ANALYSES,
}


def slug(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    plain = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def sections(page: Path) -> dict[str, str]:
    """The text under each heading, up to the next of the same level or higher, by anchor."""
    lines = page.read_text(encoding="utf-8").splitlines()
    heads = [(i, len(m[1]), slug(m[2])) for i, line in enumerate(lines) if (m := re.match(r"(#+) (.*)", line))]
    out = {}
    for at, (start, depth, name) in enumerate(heads):
        end = next((i for i, level, _ in heads[at + 1 :] if level <= depth), len(lines))
        out[name] = "\n".join(lines[start:end])
    return out


def entries() -> dict[str, list[tuple[Path, str]]]:
    """Where the index says that each word is explained."""
    out: dict[str, list[tuple[Path, str]]] = {}
    for line in INDEX.read_text(encoding="utf-8").splitlines():
        cells = line.split("|")
        if len(cells) < 4:
            continue
        places = [(DOCS / path, anchor) for path, anchor in re.findall(r"\]\(([^)#]+)#([^)]+)\)", cells[2])]
        for word in re.findall(r"`([^`]+)`", cells[1]):
            out.setdefault(word, []).extend(places)
    return out


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_has_a_section(kind: str) -> None:
    """A word of the command line is not explained, or the index sends to a section that does not speak of it."""
    places = entries()
    for word in WORDS[kind]:
        assert word in places, f"no entry for the {kind} {word}"
        said = [sections(page).get(anchor, "") for page, anchor in places[word]]
        spoken = [text for text in said if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]
        assert spoken, f"none of the sections named for the {kind} {word} speaks of it"


def test_the_index_names_nothing_that_is_not_there() -> None:
    """The index explains a word that no longer exists."""
    every = {word for words in WORDS.values() for word in words} | {"exact", "--level"}
    assert not entries().keys() - every


@pytest.mark.parametrize("page", [*sorted(DOCS.glob("*.md")), *sorted((DOCS / "methods").glob("*.md"))], ids=str)
def test_links_lead_to_a_page_and_a_heading(page: Path) -> None:
    """A link in the documentation leads to a file or a heading that is not there."""
    wrong = []
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in sections(there)):
            wrong.append(target)
    assert not wrong


def test_every_page_is_reached_and_has_its_r_calls() -> None:
    """A page of methods hangs in the air, or a method stands there without the call that gives the same number."""
    text = INDEX.read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert f"(methods/{page.name})" in text
        if page.stem not in ("differences", "edge-cases", "presets"):
            assert re.search(r"\bR:", page.read_text(encoding="utf-8")), page.name
    assert not (DOCS / "methods.d").exists()
    assert not (DOCS / "differences.d").exists()


def test_tables_are_whole() -> None:
    """A row of a table has fewer or more cells than its head: the rest of it is shown in the wrong column."""
    for page in PAGES:
        width = 0
        for line in page.read_text(encoding="utf-8").splitlines():
            if not line.startswith("|"):
                width = 0
                continue
            cells = len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", line)))
            width = width or cells
            assert cells == width, f"{page.name}: {line}"


def test_presets_are_as_documented() -> None:
    """The table of presets says other settings than the presets hold."""
    rows = {}
    for line in sections(DOCS / "methods" / "presets.md")["presets"].splitlines():
        cells = [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
        if len(cells) == 8 and cells[0] in PRESETS:
            rows[cells[0]] = cells[1:7]
    keys = ("measure", "model", "tau2_method", "ci_method", "prediction", "i2_method")
    for name, preset in PRESETS.items():
        assert rows[name] == [preset.proportions.get(key, "ML" if key == "tau2_method" else "") for key in keys]
