"""The versions that an answer was made with: Python, synth, and every package that synth needs."""

from __future__ import annotations

import platform
import re
from importlib import metadata

from .._version import __version__

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def environment() -> dict[str, str]:
    """Return the version of each package that synth needs, and of those that they need, as they are installed here.

    Returns
    -------
    dict of str to str
        By name, sorted; ``python`` too. Packages of extras are left out, and those that are not installed.

    Examples
    --------
    >>> found = environment()
    >>> found["synth"] == __version__, "numpy" in found, "pytest" in found
    (True, True, False)
    """
    found = {"python": platform.python_version(), "synth": __version__}
    waiting, seen = ["synth"], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        try:
            asked = metadata.requires(name) or []
            found.setdefault(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            continue  # of another system, or synth itself run from a folder without being installed
        for line in asked:
            match = _NAME.match(line)
            needed = re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
            if needed and "extra ==" not in line and needed not in seen:
                waiting.append(needed)
    return dict(sorted(found.items()))
