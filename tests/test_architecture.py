"""The rooms and what each may import, held by walking the imports; see docs/house.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "synth"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 400
LONGEST_TEST = 500

# The review on disk and the words shared by all rooms: what stands outside of any room.
GROUND = {"burst", "errors", "workspace", "review", "review_certainty", "review_parts", "review_screening", "_version"}
ALLOWED = {
    "errors": set(),
    "_version": set(),
    "burst": set(),
    "review_parts": {"errors"},
    "review_screening": {"review_parts"},
    "review_certainty": {"review_parts"},
    "review": {"errors", "review_parts", "review_certainty", "review_screening"},
    "workspace": {"errors", "review"},
    "meta": {"errors"},
    "extract": {"errors", "workspace", "review"},
    "search": {"burst", "errors", "workspace", "review", "_version"},
    "report": {"errors", "meta", "_version"},
    "steps": {"burst", "errors", "workspace", "review", "_version", "meta", "extract", "search", "report"},
    "cli": {"errors", "workspace", "_version", "steps", "report"},
    "__init__": {"errors", "_version", "meta", "search", "steps"},
    "__main__": {"cli"},
}
# Who may import a package from outside; a package that is not named is allowed nowhere.
OUTSIDE = {
    "click": {"cli"},
    "jinja2": {"report"},
    "markupsafe": {"report"},
    "numpy": {"meta", "report", "steps"},
    "scipy": {"meta"},
    "pandas": {"extract", "search", "steps"},
    "Bio": {"search"},
    "search_query": {"search"},
    "keyring": {"search"},
    "openpyxl": {"extract", "steps"},
    "python_calamine": {"extract"},
    "xlsxwriter": {"extract", "report", "steps"},
    "defusedxml": {"extract", "search"},
    "weasyprint": {"steps"},
    "pypdfium2": {"steps"},
    "PIL": {"steps"},
    "statsmodels": {"extract", "steps"},
}
STANDARD_IN_META = {
    "__future__", "abc", "collections", "dataclasses", "difflib", "enum", "functools", "importlib", "itertools", "math",
    "numbers", "operator", "types", "typing",
}  # fmt: skip


def name_of(path: Path) -> str:
    """Give the dotted name of a module."""
    parts = ["synth", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(name: str) -> str:
    """Give the first part below ``synth``: the room, or the module that stands in none."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(path: Path, *, body_only: bool = False) -> list[tuple[str, ast.AST]]:
    """List what a module imports as absolute dotted names, those inside functions too unless told otherwise."""
    tree = ast.parse(path.read_text("utf-8"))
    package = name_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    found: list[tuple[str, ast.AST]] = []

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if body_only and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                if not body_only:
                    walk(child)
                continue
            if isinstance(child, ast.Import):
                found.extend((alias.name, child) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) - child.level + 1] if child.level else []
                module = ".".join([*base, *([child.module] if child.module else [])])
                for alias in child.names:
                    inner = PACKAGE.joinpath(*f"{module}.{alias.name}".split(".")[1:])
                    below = module.split(".")[0] == "synth" and (inner.is_dir() or inner.with_suffix(".py").is_file())
                    found.append((f"{module}.{alias.name}" if below else module, child))
            walk(child)

    walk(tree)
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_room_rules(path: Path) -> None:
    """A room imports another that it must not know, and the data no longer only move to the right."""
    room = room_of(name_of(path))
    wrong = [
        f"line {node.lineno}: {target}"  # type: ignore[attr-defined]
        for target, node in imports_of(path)
        if target.split(".")[0] == "synth"
        and room_of(target) not in ALLOWED[room] | {room}
        and target != "synth"
    ]
    assert not wrong, f"{name_of(path)} may import {sorted(ALLOWED[room])} of synth only"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_outside_packages(path: Path) -> None:
    """A package from outside is used in a room that must do without it (click outside cli, jinja2 outside report)."""
    import sys

    room = room_of(name_of(path))
    wrong = []
    for target, node in imports_of(path):
        top = target.split(".")[0]
        if top == "synth" or top in sys.stdlib_module_names:
            continue
        if room not in OUTSIDE.get(top, set()):
            wrong.append(f"line {node.lineno}: {target}")  # type: ignore[attr-defined]
    assert not wrong


def test_meta_is_pure() -> None:
    """The mathematics reaches for files, the clock, the network, or the slow half of scipy."""
    wrong = []
    for path in sorted((PACKAGE / "meta").rglob("*.py")):
        for target, node in imports_of(path):
            top = target.split(".")[0]
            fine = (
                top in {"synth", "numpy"} | STANDARD_IN_META
                or target == "scipy.special"
                or (target == "scipy" and [a.name for a in getattr(node, "names", [])] == ["special"])
            )
            if not fine:
                wrong.append(f"{name_of(path)} line {node.lineno}: {target}")  # type: ignore[attr-defined]
    assert not wrong


def test_no_cycle() -> None:
    """Two modules need each other at import time, so neither can be read or tested alone."""
    names = {name_of(path): path for path in MODULES}
    graph = {
        name: {
            target
            for target, _ in imports_of(path, body_only=True)
            if target in names and target != name and names[target].name != "__init__.py"
        }
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_rooms_have_no_cycle() -> None:
    """The table of allowed imports itself allows a cycle of rooms, so the other tests would hold nothing."""
    left = {room: set(targets) for room, targets in ALLOWED.items()}
    while left:
        free = [room for room, targets in left.items() if not targets & left.keys()]
        assert free, f"a cycle among {sorted(left)}"
        for room in free:
            del left[room]


def test_commands_import_no_room_at_the_top() -> None:
    """A command file imports a room outside its body, so that ``synth --help`` pays for it."""
    wrong = [
        f"{name_of(path)}: {target}"
        for path in sorted((PACKAGE / "cli").rglob("*.py"))
        for target, _ in imports_of(path, body_only=True)
        if target.startswith("synth.") and room_of(target) not in {"cli", "errors", "_version"}
    ]
    assert not wrong


def test_slow_packages_are_imported_in_functions_only() -> None:
    """A module imports pandas or statsmodels as it is read, and every command pays half a second."""
    slow = {"pandas", "statsmodels", "matplotlib", "Bio"}
    wrong = [
        f"{name_of(path)}: {target}"
        for path in MODULES
        for target, _ in imports_of(path, body_only=True)
        if target.split(".")[0] in slow or target.startswith(("scipy.stats", "scipy.optimize"))
    ]
    assert not wrong


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))],
                         ids=lambda path: path.relative_to(ROOT).as_posix())
def test_length_and_annotations(path: Path) -> None:
    """A file has grown past what one person keeps in mind, or lacks the line that keeps annotations unevaluated."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= (LONGEST if PACKAGE in path.parents else LONGEST_TEST), "asks to be two files"
    if path.name != "_version.py" and text.strip():
        assert "from __future__ import annotations" in text or not re.search(r"^(import|from|def|class) ", text, re.M)


def test_only_the_command_line_prints() -> None:
    """A room writes to the terminal or ends the process by itself, behind the back of the caller."""
    wrong = []
    for path in MODULES:
        if room_of(name_of(path)) in {"cli", "__main__"}:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "sys.exit", "exit", "quit"}:
                wrong.append(f"{name_of(path)} line {node.lineno}: {ast.unparse(node.func)}")
    assert not wrong


def test_every_test_says_what_would_be_wrong() -> None:
    """A test has no docstring, so nobody knows what its failure means."""
    wrong = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node):
                wrong.append(f"{path.relative_to(ROOT)} line {node.lineno}: {node.name}")
    assert not wrong


def test_the_walk_sees_a_wrong_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walker overlooks imports, relative or inside functions, and the tests above pass on anything."""
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    (tmp_path / "meta").mkdir()
    (tmp_path / "cli").mkdir()
    path = tmp_path / "meta" / "bad.py"
    path.write_text("from ..cli import app\nfrom .. import cli\ndef f():\n    import scipy.stats\n    from . import x")
    assert {target for target, _ in imports_of(path)} >= {"synth.cli", "scipy.stats", "synth.meta"}
    assert "scipy.stats" not in {target for target, _ in imports_of(path, body_only=True)}
