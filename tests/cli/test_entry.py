"""The entry of the command line: help, hints, exit codes, and where each text goes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth import __version__, errors
from synth.cli import app as entry
from synth.cli.app import COMMANDS, run
from synth.cli.console import Console, Progress

from .conftest import Run


def test_version(run: Run) -> None:
    """``synth --version`` names another version than the package, or prints it elsewhere."""
    done = run("--version")
    assert (done.code, done.out, done.err) == (0, f"synth {__version__}\n", "")


@pytest.mark.parametrize("args", [("-h",), ("--help",), *((name, "-h") for name in COMMANDS)])
def test_help_has_examples(run: Run, args: tuple[str, ...]) -> None:
    """Help goes to stderr, fails, or leaves a person without an example to copy."""
    done = run(*args)
    assert done.code == 0
    assert done.err == ""
    assert "  Examples:\n    synth " in done.out


@pytest.mark.parametrize(("typed", "meant"), [("pol", "pool"), ("outcome", "outcomes"), ("int", "init")])
def test_a_slip_names_the_nearest_command(run: Run, typed: str, meant: str) -> None:
    """A person who mistypes a command is not told which one is near."""
    done = run(typed)
    assert done.code == 2
    assert done.out == ""
    assert f'Did you mean "synth {meant}"?' in done.err


def test_a_file_in_place_of_a_command(run: Run) -> None:
    """``synth figures.csv`` does not say that the word ``pool`` is missing."""
    assert 'type "synth pool figures.csv"' in run("figures.csv").err


def test_a_slip_in_an_option(run: Run) -> None:
    """A mistyped option passes, or is refused without naming the nearest one."""
    done = run("pool", "--outcom", "fusion")
    assert done.code == 2
    assert "--outcome" in done.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SynthError("a"), 1),
        (errors.WorkspaceError("a"), 1),
        (errors.NothingToPool("a"), 1),
        (errors.UnknownName("outcome", "a", []), 1),
        (errors.ProblemsError([errors.Problem("a.csv", "b.", "c.")]), 1),
        (errors.SettingsError("a"), 2),
        (errors.NoAnswer("a"), 3),
        (PermissionError(13, "Permission denied", "a.csv"), 1),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
        (RuntimeError("a"), 70),
        (AssertionError(), 70),
    ],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    """A kind of error ends with another code than documented, shows a traceback, or writes on stdout."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("synth.cli.app.os.dup2", lambda *_: None)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    monkeypatch.setattr("synth.workspace.Workspace.find", fail)
    assert run(["outcomes"]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    if isinstance(error, errors.SynthError):
        assert printed.err == f"synth: {error}\n"
    if code == 70:
        assert entry.REPORT_BUG in printed.err
    if isinstance(error, PermissionError):
        assert printed.err == "synth: a.csv: Permission denied.\n"


def test_debug_shows_the_traceback(run: Run) -> None:
    """``SYNTH_DEBUG=1`` hides where an error came from, or the lack of it does not."""
    assert "Traceback" in run("outcomes", env={"SYNTH_DEBUG": "1"}).err
    assert "Traceback" not in run("outcomes", env={"SYNTH_DEBUG": "0"}).err


def test_outside_of_a_review(run: Run) -> None:
    """Outside of a review a person is not told what to type."""
    for command in ("pool", "outcomes"):
        done = run(command)
        assert (done.code, done.out) == (1, "")
        assert "synth init DIR" in done.err
        assert "Traceback" not in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a POSIX shell")
def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    """``synth ... | head`` ends with a complaint about a broken pipe."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "synth", "--help"], stdout=write, stderr=subprocess.PIPE, cwd=tmp_path, check=False
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == entry.EXIT_PIPE


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a POSIX system")
def test_control_c(tmp_path: Path) -> None:
    """Ctrl-C shows a traceback."""
    code = "import synth.workspace as w, time, os, signal\nfrom synth.cli import main\n"
    code += "def find(*a):\n    os.kill(os.getpid(), signal.SIGINT); time.sleep(5)\n"
    code += "w.Workspace.find = staticmethod(find)\n"
    code += "import sys; sys.argv = ['synth', 'outcomes']; main()"
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 128 + signal.SIGINT
    assert done.stdout == ""
    assert done.stderr.strip() == "synth: Stopped."
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(run: Run, shell: str) -> None:
    """The completion script is empty or is for another program."""
    done = run("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_SYNTH_COMPLETE" in done.out


def test_completion_completes(run: Run) -> None:
    """The shell asks for the options of a command and gets none."""
    env = {"_SYNTH_COMPLETE": "bash_complete", "COMP_WORDS": "synth pool --outc", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", "from synth.cli import main; main()"],
        env={**os.environ, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "--outcome" in done.stdout


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_progress_waits_and_wipes() -> None:
    """A quick command flickers, or a slow one leaves its line of progress on the screen."""
    quick = _Terminal()
    with Progress(quick, after=60) as progress:
        progress("Pooling fusion")
    assert quick.getvalue() == ""
    slow = _Terminal()
    with Progress(slow, after=0.01) as progress:
        progress("Pooling fusion")
        time.sleep(0.2)
        progress("Pooling mortality")
    text = slow.getvalue()
    assert "Pooling fusion" in text
    assert "Pooling mortality" in text
    assert text.endswith("\r\x1b[K")


def test_progress_is_silent_in_a_file() -> None:
    """A log file fills with lines of progress."""
    stream = io.StringIO()
    with Progress(stream, after=0) as progress:
        progress("Pooling fusion")
        time.sleep(0.05)
    assert stream.getvalue() == ""


def test_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours reach a file or a person who asked for none, or letters a stream that cannot show them."""
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Console.of(_Terminal()).color
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Console.of(_Terminal()).color
    assert not Console.of(io.StringIO()).color
    assert not Console.of(io.TextIOWrapper(io.BytesIO(), encoding="latin-1")).unicode
    assert Console.of(io.TextIOWrapper(io.BytesIO(), encoding="UTF-8")).unicode
    monkeypatch.setenv("COLUMNS", "60")
    assert Console.of(io.StringIO()).width == 60


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout(tmp_path: Path) -> None:
    """``synth ... > file`` on a full disk ends as if all were well, or with Python's own complaint."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "synth", "--version"], stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"synth: No space left on device.\n"


def test_a_closed_stdout(tmp_path: Path) -> None:
    """``synth ... >&-`` is taken for a fault of synth."""
    line = f'"{sys.executable}" -m synth --version >&-'
    done = subprocess.run(["sh", "-c", line], capture_output=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
