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
# ensurepip is missing, and pip is there: as on a Debian with python3-pip and without python3-venv. The stand-in
# fills the environment from the pip that the real Python brings, so that no network is asked.
NO_ENSUREPIP = """#!/bin/sh
case "$*" in
"-m venv --without-pip "*) ;;
"-m pip --python "*) exec "$4" -m ensurepip ;;
"-m "*) echo "ensurepip is not available"; exit 1 ;;
esac
exec "{python}" "$@"
"""
NO_VENV = '#!/bin/sh\nif [ "$1" = -m ]; then echo "ensurepip is not available"; exit 1; fi\nexec "{python}" "$@"\n'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Copy the script to a folder with a space in its name, with no Python but those on the PATH."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    text = (ROOT / "setup.sh").read_text(encoding="utf-8")
    for own in (" /usr/bin/python3; do", "/usr/share/python-wheels/"):
        assert own in text
        text = text.replace(own, "; do" if own.endswith("do") else "/nowhere/")
    (folder / "setup.sh").write_text(text, encoding="utf-8")
    (folder / "synth").mkdir()
    shutil.copy(ROOT / "synth" / "_version.py", folder / "synth")
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
    env = {key: value for key, value in os.environ.items() if key != "PYTHON" and not key.startswith("PIP_")}
    env |= {"PATH": path, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
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


def test_pip_without_ensurepip(clone: Path) -> None:
    """A user who is not root on a Debian without python3-venv is sent to the administrator though pip is there."""
    done = setup(clone, NO_ENSUREPIP)
    assert "python3-venv" not in done.stderr
    pip = subprocess.run([clone / ".venv" / "bin" / "python", "-m", "pip", "--version"], check=False)
    assert pip.returncode == 0
    assert "Installing synth" in done.stderr, "it goes on with the environment that it made"
    assert "could not be installed" in done.stderr, "and says so where there is no network, as here"
    assert done.returncode == 1


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
