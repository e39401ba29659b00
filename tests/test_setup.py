"""The set-up script: what it says to a person whose machine lacks something. That it works is tried in .ci/run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script for a POSIX shell")

BROKEN = "#!/bin/sh\nexit 1\n"
NO_VENV = '#!/bin/sh\nif [ "$1" = -m ]; then echo "ensurepip is not available"; exit 1; fi\nexec "{python}" "$@"\n'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Copy the script to a folder with a space in its name, with no Python but those on the PATH."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    text = (ROOT / "setup.sh").read_text(encoding="utf-8")
    assert " /usr/bin/python3; do" in text
    (folder / "setup.sh").write_text(text.replace(" /usr/bin/python3; do", "; do"), encoding="utf-8")
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def setup(clone: Path, python: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the script where every Python, and every way to install one, is a stand-in."""
    tools = clone.parent / "bin"
    tools.mkdir()
    for name in ("python", "python3", *(f"python3.{minor}" for minor in range(11, 15))):
        (tools / name).write_text(python.format(python=sys.executable))
    for name in ("apt-get", "virtualenv", "uv"):
        (tools / name).write_text(BROKEN)
    for tool in tools.iterdir():
        tool.chmod(0o755)
    path = f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin"
    env = {key: value for key, value in os.environ.items() if key != "PYTHON"} | {"PATH": path}
    return subprocess.run(
        ["sh", str(clone / "setup.sh"), *args], env=env, cwd="/", capture_output=True, text=True, check=False
    )


def test_no_python(clone: Path) -> None:
    """Without a Python that runs, the script ends with a riddle instead of what to install."""
    done = setup(clone, BROKEN)
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs Python 3.11 or newer, and none was found" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_no_virtual_environment(clone: Path) -> None:
    """On a Debian without python3-venv the script does not say what to type, or leaves half an environment."""
    done = setup(clone, NO_VENV)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ensurepip is not available" in done.stderr
    assert "sudo apt install python3-venv" in done.stderr
    assert not (clone / ".venv").exists()


def test_unknown_task(clone: Path) -> None:
    """A misspelt task sets everything up before it fails."""
    done = setup(clone, BROKEN, "tests")
    assert (done.returncode, done.stdout) == (1, "")
    assert "sh setup.sh test" in done.stderr


def test_help(clone: Path) -> None:
    """The script's help is cut off, or says something of its inside."""
    done = setup(clone, BROKEN, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sh setup.sh test" in done.stdout
    assert "set -eu" not in done.stdout
