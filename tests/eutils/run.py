"""Run synth with E-utilities at a local port: ``python -m tests.eutils.run PORT [OPTIONS] -- search NAME``.

The command is the real one in a process of its own, which a test may kill. All that differs is urllib's opener, and
with ``--speed N`` how fast time goes for whoever sleeps, and with ``--largest-file BYTES`` how much a file may hold
before the system refuses to write on, as it does on a full disk.
"""

from __future__ import annotations

import sys
import time

from .opener import install


def _faster(speed: float) -> None:
    """Make the process's clock and its pauses faster; timeouts of sockets stay as they are."""
    sleep, monotonic, wall = time.sleep, time.monotonic, time.time
    start, start_wall = monotonic(), wall()
    time.sleep = lambda seconds: sleep(float(seconds) / speed)
    time.monotonic = lambda: start + (monotonic() - start) * speed
    time.time = lambda: start_wall + (wall() - start_wall) * speed


def main(argv: list[str]) -> None:
    """Install the opener and hand over to the command line."""
    if "--" not in argv or not argv[0].isdigit():
        raise SystemExit(__doc__)
    own, words = argv[: argv.index("--")], argv[argv.index("--") + 1 :]
    if "--speed" in own:
        _faster(float(own[own.index("--speed") + 1]))
    if "--largest-file" in own:
        import resource

        most = int(own[own.index("--largest-file") + 1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    others, _ = install(int(own[0]))
    from synth.cli import main as synth

    sys.argv = ["synth", *(words[1:] if words[:1] == ["synth"] else words)]
    try:
        synth()
    finally:
        for address in others:
            sys.stderr.write(f"another host was asked for: {address.split('?')[0]}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
