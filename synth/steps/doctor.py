"""What synth runs on here: versions, packages, folders, who asks PubMed; and what is missing, with what to type."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import ProblemsError, SynthError
from ..review import visible
from ..search.client.identity import EMAIL_VARIABLES, KEY_VARIABLE, find_identity
from ..workspace import Workspace

__all__ = ["Finding", "Health", "examine"]

OLDEST_PYTHON = (3, 11)
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?")
# What works without a package, and what does not.
_OPTIONAL = {"keyring": "the NCBI API key can come from the environment only, not from the machine's keyring"}
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    part : str
        ``python``, ``package numpy``, ``review``, ...
    state : {"ok", "note", "missing"}
        A note needs nothing done; what is missing does.
    said : str
        What is there, or not.
    remedy : str
        What to type; "" where nothing is to be done.
    """

    part: str
    state: str
    said: str
    remedy: str = ""


@dataclass(frozen=True)
class Health:
    """Everything that was looked at.

    Attributes
    ----------
    findings : tuple of Finding
        In the order of looking.
    """

    findings: tuple[Finding, ...]

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What something has to be done about."""
        return tuple(finding for finding in self.findings if finding.state == "missing")

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "schema": "synth.doctor/1",
            "version": __version__,
            "ok": not self.missing,
            "findings": [vars(finding) for finding in self.findings],
        }

    def check(self) -> None:
        """Raise where something is missing.

        Raises
        ------
        SynthError
            Says how many things; each was shown with what to do.
        """
        if self.missing:
            count = len(self.missing)
            raise SynthError(f"{count} thing{'' if count == 1 else 's'} to be mended: see above.")


def examine(start: Path | None = None) -> Health:
    """Look at this machine and at the review, without asking the network anything.

    Parameters
    ----------
    start : Path, optional
        Where to look for a review; the current folder if left out.
    """
    findings = [_python(), *_packages()]
    workspace: Workspace | None = None
    try:
        workspace = Workspace.find(start)
    except ProblemsError as error:
        findings.append(Finding("review", "missing", str(error), "Mend review.toml."))
    except SynthError:
        findings.append(Finding("review", "note", "no review here: commands that need one will say so"))
    else:
        findings += _folders(workspace)
    findings += _identity(workspace)
    findings += _proxies()
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    if encoding.replace("-", "") != "utf8":
        findings.append(Finding("terminal", "note", f"{encoding}: letters beyond it are shown as ?"))
    return Health(tuple(findings))


def _python() -> Finding:
    said = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("python", "missing", said, f"Install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.")
    return Finding("python", "ok", said)


def _packages() -> list[Finding]:
    """Look at what synth's own metadata asks for, and at what it can do without."""
    findings = [Finding("synth", "ok", __version__)]
    try:
        wanted = metadata.requires("synth") or []
    except metadata.PackageNotFoundError:
        return [*findings, Finding("packages", "missing", "synth is not installed here", "Type: pip install .")]
    for line in wanted:
        match = _REQUIREMENT.fullmatch(line.strip())
        if match is None or (match[3] and "extra" in match[3]):
            continue
        findings.append(_package(match[1], match[2].strip()))
    for name, without in _OPTIONAL.items():
        if not any(finding.part == f"package {name}" for finding in findings):
            try:
                findings.append(Finding(f"package {name}", "ok", metadata.version(name)))
            except metadata.PackageNotFoundError:
                findings.append(Finding(f"package {name}", "note", f"not installed: {without}"))
    return findings


def _package(name: str, wanted: str) -> Finding:
    install = f'Type: {visible(sys.executable)} -m pip install "{name}{wanted}"'
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(f"package {name}", "missing", "not installed", install)
    for sign, bound in re.findall(r"(>=|<)\s*([0-9.]+)", wanted):
        if (_numbers(version) >= _numbers(bound)) != (sign == ">="):
            return Finding(f"package {name}", "missing", f"{version}, and synth wants {wanted}", install)
    return Finding(f"package {name}", "ok", version)


def _numbers(version: str) -> tuple[int, ...]:
    """Give the leading numbers of a version.

    Examples
    --------
    >>> _numbers("0.15.0") >= _numbers("0.15"), _numbers("2.0rc1") >= _numbers("2.1")
    (True, False)
    """
    found = []
    for part in version.split("."):
        digits = re.match(r"\d+", part)
        if digits is None:
            break
        found.append(int(digits[0]))
        if digits[0] != part:
            break
    return tuple(found)


def _folders(workspace: Workspace) -> list[Finding]:
    findings = [Finding("review", "ok", f"{workspace.root}: {visible(workspace.review.title, 60)}")]
    for folder, made in ((workspace.queries, True), (workspace.extracted, False), (workspace.reports, True)):
        name = workspace.relative(folder)
        if not folder.is_dir():
            state, said = ("note", "not there yet: it will be made") if made else ("missing", "not there")
            findings.append(Finding(name, state, said, "" if made else f"Make the folder {name}/ for the sheets."))
        elif not os.access(folder, os.W_OK):
            findings.append(Finding(name, "missing", "cannot be written to", f"Type: chmod u+w {visible(str(folder))}"))
        else:
            findings.append(Finding(name, "ok", "there, and can be written to"))
    return findings


def _identity(workspace: Workspace | None) -> list[Finding]:
    """Look for the address and the key; the key itself is never shown."""
    contact = workspace.review.contact if workspace is not None else ""
    try:
        identity = find_identity(contact)
    except ProblemsError as error:
        if not contact and not any(os.environ.get(name) for name in EMAIL_VARIABLES):
            said = "no address yet: synth search asks for one, once"
            return [Finding("e-mail for NCBI", "note", said, f"Set {EMAIL_VARIABLES[0]} where nobody can be asked.")]
        return [Finding("e-mail for NCBI", "missing", "; ".join(map(str, error.problems)))]
    findings = [Finding("e-mail for NCBI", "ok", identity.email)]
    if identity.key:
        findings.append(Finding("NCBI API key", "ok", "there: 10 requests a second where a request can carry it"))
    else:
        said = f"none: 3 requests a second. A key in {KEY_VARIABLE} or the keyring allows 10"
        findings.append(Finding("NCBI API key", "note", said))
    return findings


def _proxies() -> list[Finding]:
    findings = []
    for name in _PROXIES:
        for spelling in (name, name.upper()):
            value = os.environ.get(spelling, "")
            if value:
                shown = re.sub(r"//[^/@]*@", "//[hidden]@", value)
                findings.append(Finding("proxy", "note", f"{spelling}={visible(shown, 120)}"))
    return findings
