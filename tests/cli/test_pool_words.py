"""The words of ``synth pool``: each keyword is an option too, and each choice says what it stands for."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest

from synth import meta
from synth.cli import pool_words
from synth.cli.app import app
from synth.steps.options import PoolOptions

from ..conftest import ROOT
from .conftest import Run

TABLE = "study,events,total,year,region\n" + "".join(
    f"S{i},{1 + i % 4},{20 + 3 * i},{2000 + i},{'north' if i % 2 else 'south'}\n" for i in range(6)
)


def options() -> dict[str, click.Option]:
    """The options of ``synth pool`` by the keyword that they fill."""
    command = app.get_command(click.Context(app), "pool")
    assert command is not None
    return {str(param.name): param for param in command.params if isinstance(param, click.Option)}


def generator() -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write six series with two further columns."""
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def at(document: Any, place: str) -> Any:
    """What stands at a place with dots in it."""
    for name in place.split("."):
        document = document[name]
    return document


def test_every_keyword_is_an_option() -> None:
    """A keyword of the Python interface has to be looked up before it can be typed on the command line."""
    there = options()
    for field in fields(PoolOptions):
        assert f"--{field.name.replace('_', '-')}" in there[field.name].opts, field.name
    for name in inspect.signature(meta.pool).parameters:
        if name not in ("data", "studies"):
            assert f"--{name.replace('_', '-')}" in [flag for each in there.values() for flag in each.opts], name


def test_the_table_of_words_is_true(run: Run, table: Path) -> None:
    """The table in docs/commands.md names a call without that keyword, or a place in the JSON that is not there."""
    where: dict[str, tuple[str, str]] = generator().WHERE
    assert {field.name for field in fields(PoolOptions)} == set(where)
    done = run("pool", "t.csv", "--by", "region", "--moderator", "year", "--cumulative", "year", "--bias-force",
               "--gosh", "--influence", "--second-opinions", "--compare-presets", "--multiverse", "--json")  # fmt: skip
    assert done.code == 0, done.err
    document = json.loads(done.out)
    for name, (call, place) in where.items():
        at(document, place)
        match = re.fullmatch(r"(\w+)\((?:(\w+)=)?\)", call)
        if not call:
            continue
        assert match is not None, call
        function = getattr(meta, match[1])
        if match[2]:
            assert match[2] in inspect.signature(function).parameters, (name, call)


@pytest.mark.parametrize(
    ("short", "long", "value"),
    [("--tau2", "--tau2-method", "DL"), ("--ci", "--ci-method", "wald"), ("--i2", "--i2-method", "q"),
     ("--moderator", "--moderators", "year")],
)  # fmt: skip
def test_both_names_of_an_option_do_the_same(run: Run, table: Path, short: str, long: str, value: str) -> None:
    """The long name of an option is not understood, or means something else than the short one."""
    first, last = (run("pool", "t.csv", "--model", "inverse", flag, value, "--json") for flag in (short, long))
    assert (first.code, last.code) == (0, 0)
    assert first.out == last.out


@pytest.mark.parametrize(("typed", "near"), [("profil", "profile"), ("WALDO", "wald"), ("nonsense", None)])
def test_a_misspelt_word_is_told_what_each_choice_means(run: Run, table: Path, typed: str, near: str | None) -> None:
    """Somebody who guesses a word gets a list of codes that say nothing, or a traceback."""
    done = run("pool", "t.csv", "--ci", typed)
    assert (done.code, done.out) == (2, "")
    assert f'there is no "{typed}"' in done.err
    assert ("Did you mean" in done.err) == (near is not None)
    assert near is None or f'Did you mean "{near}"?' in done.err
    for word, meaning in pool_words.CI_METHODS.items():
        assert re.search(rf"^  {re.escape(word)} +{re.escape(meaning[:40])}", done.err, re.M)


def test_every_choice_has_a_meaning() -> None:
    """A word of some choice is offered without saying what it stands for."""
    shown = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for option in options().values():
        if isinstance(option.type, click.Choice):
            assert isinstance(option.type, pool_words.Choice)
            for word, meaning in option.type.meanings.items():
                assert 3 < len(meaning) <= 80, (option.opts, word)
                assert f"| `{word}` | {meaning} |" in shown


@pytest.mark.parametrize("flags", [("--permutations", "1"), ("--gosh-subsets", "3"), ("--seed", "-1"), ("--seed", "x")])
def test_a_number_that_is_none(run: Run, table: Path, flags: tuple[str, str]) -> None:
    """A number of draws that makes no test is taken, or stops the program with a traceback."""
    done = run("pool", "t.csv", "--by", "region", *flags)
    assert (done.code, done.out) == (2, "")
    assert flags[0] in done.err
    assert "Traceback" not in done.err
