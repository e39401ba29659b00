"""The local E-utilities server for tests, and the guard that lets no test ask another host."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.eutils import Corpus, ManualClock, Server, install

ROOT = Path(__file__).resolve().parent.parent.parent


class Eutils(Server):
    """A server that is wired to this process: what asks E-utilities through urllib asks it."""

    clock: ManualClock
    others: list[str]

    def run(self, *words: str, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run ``synth WORDS`` in a process of its own, in `folder`, against this server."""
        process = self.popen(*words, folder=folder, **options)
        with process:
            out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def popen(self, *words: str, folder: Path, speed: float = 1000, largest_file: int = 0) -> subprocess.Popen[str]:
        """Start ``synth WORDS`` in a process of its own and come back at once."""
        options = ["--speed", str(speed)] + (["--largest-file", str(largest_file)] if largest_file else [])
        command = [sys.executable, "-m", "tests.eutils.run", str(self.port), *options, "--", *words]
        return subprocess.Popen(
            command,
            cwd=folder,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(),
        )

    @staticmethod
    def environment() -> dict[str, str]:
        """Give the environment of such a process: nothing of the machine's but where programs and homes are."""
        import os

        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "SYNTH_EMAIL": "tests@example.org",
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
        }


def _only_this_machine(monkeypatch: pytest.MonkeyPatch, others: list[str]) -> None:
    """Let no socket of this process reach another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            others.append(str(address))
            raise OSError(f"the tests are offline; {address} was asked for")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Eutils]]:
    """Start a server with settings of one's own: ``start(corpus=..., faults=[...])``, wired and guarded as `eutils`."""
    started: list[Eutils] = []
    others: list[str] = []
    restores: list[Callable[[], None]] = []
    _only_this_machine(monkeypatch, others)

    def begin(corpus: Corpus | None = None, **settings: Any) -> Eutils:
        clock = settings.pop("clock", None) or ManualClock()
        server = Eutils(corpus, clock=clock, **settings)
        server.start()
        server.others, restore = install(server.port)
        restores.append(restore)
        started.append(server)
        _biopython_waits_on(monkeypatch, clock)
        return server

    yield begin
    for restore in restores:
        restore()
    for server in started:
        server.close()
    asked = others + [address for server in started for address in server.others]
    assert not asked, f"another host was asked for: {asked}"
    wrong = [what for server in started for what in server.violations]
    assert not wrong, "not as a polite caller asks (server.violations.clear() where a test means it):\n" + "\n".join(
        wrong
    )


@pytest.fixture
def eutils(start: Callable[..., Eutils]) -> Eutils:
    """The local E-utilities server with the made-up records; any other host, and any impolite request, fails the test.

    ``eutils.clock`` is its clock, to be given to the code under test; ``eutils.faults.add(when={...}, status=503)``
    adds faults, ``eutils.corpus`` records, and ``eutils.log`` has every request.
    """
    return start()


def _biopython_waits_on(monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    """Let Biopython's own pauses pass on the same clock, not in real time."""
    from Bio import Entrez

    monkeypatch.setattr(Entrez, "time", SimpleNamespace(sleep=clock.sleep, time=clock.now))
    monkeypatch.setattr(Entrez._open, "previous", 0.0, raising=False)
