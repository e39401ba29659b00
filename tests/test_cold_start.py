"""What a command imports, looked at in a fresh process: the start of the command line is part of its quality."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from synth.cli.app import COMMANDS

SPY = """
import sys
from synth.cli.app import run
code = run(sys.argv[1:])
top = {name.split(".")[0] for name in sys.modules} | {n for n in sys.modules if n.startswith(("synth.", "scipy."))}
print("MODULES " + " ".join(sorted(top)), file=sys.stderr)
sys.exit(code)
"""
HELP_OWN = {"synth", "synth._version", "synth.errors", "synth.cli", "synth.cli.app"}
HELP_COMMANDS = {f"synth.cli.{name}" for name in (*COMMANDS.values(), "pool_words", "console")}
HELP_OUTSIDE = {"click"}
POOL_OUTSIDE = {"click", "jinja2", "markupsafe", "numpy", "scipy"}


def modules_after(*args: str, cwd: Path) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """Run one command in a new process and name what it had imported at its end."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", SPY, *args],
        capture_output=True, text=True, encoding="utf-8", cwd=cwd, check=False,
    )  # fmt: skip
    line = next(line for line in done.stderr.splitlines() if line.startswith("MODULES "))
    return set(line.split()[1:]), done


def foreign(modules: set[str]) -> set[str]:
    """Drop the standard library, synth's own modules, and what an editable install leaves behind."""
    return {
        name
        for name in modules
        if "." not in name
        and name not in sys.stdlib_module_names
        and name not in {"synth", "__main__", "__mp_main__", "cython_runtime"}
        and not name.startswith(("__editable__", "_distutils_hack", "sitecustomize", "usercustomize", "_virtualenv"))
        and not name.startswith("_")
    }


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["--version"], ["pool", "--help"], ["nonsense"]])
def test_help_imports_nothing_heavy(args: list[str], tmp_path: Path) -> None:
    """Asking for help waits for numpy, pandas or anything else that help does not need."""
    modules, _ = modules_after(*args, cwd=tmp_path)
    own = {name for name in modules if name.startswith("synth.")}
    assert foreign(modules) <= HELP_OUTSIDE
    assert own <= HELP_OWN | HELP_COMMANDS


def test_pool_imports_what_it_needs(tmp_path: Path) -> None:
    """Pooling imports scipy.stats, scipy.optimize, statsmodels, matplotlib or pandas, and costs seconds."""
    (tmp_path / "figures.csv").write_text("study,events,total\nA 2020,3,40\nB 2021,5,61\nC 2022,1,25\n")
    modules, done = modules_after("pool", "figures.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "figures.html").is_file()
    assert foreign(modules) <= POOL_OUTSIDE
    assert not {"scipy.stats", "scipy.optimize", "scipy.interpolate", "scipy.integrate"} & modules


def test_import_synth_is_free() -> None:
    """``import synth`` in a notebook loads numpy although nothing has been asked of it yet."""
    code = "import synth, sys; assert synth.__version__; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert foreign({name for name in done.stdout.split() if "." not in name}) == set()
