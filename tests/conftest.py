"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Run by LibreOffice's own Python, whose modules the tests' Python does not have.
collect_ignore = ["extract/fill_in_libreoffice.py"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the project; a test that needs it says so where it is not there."""
    folder = Path(os.environ.get("SYNTH_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the reference data, which are not at {folder} (set SYNTH_SHARED)")
    return folder
