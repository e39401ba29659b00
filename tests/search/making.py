"""Records of any content, for property tests."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from synth.search.records.record import Record

# What breaks formats: their own syntax, formulas, ends of lines, directions, TeX. (XML has no halves of characters, and
# JSON takes two of them for a whole one.)
NASTY = [
    "", " ", "\n", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\ufeff", "\u202e", "\x00", "\x7f",
    "𝒳", "ß", "=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "\nER  - ", "\nTY  - JOUR", "\nPMID- 1",
    "\n\nPMID- 2\n", "}", "{", "}}", "\\", "\\input{/etc/passwd}", "%", "$", "&", "#", "_", "^", "~", '"', "'", ",",
    ";", "@article{x,", " and ", "AND", "</script>", "<b>", "&lt;", "]]>", "--", "- ", "NaN", "null", "0012", "1e5",
    "3-8",
]  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Give any text, often a nasty one."""
    any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    return st.lists(st.sampled_from(NASTY) | any_text, max_size=4).map("".join)


def written(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Give any value of a frozen part, its fields being of their types and nothing else."""
    hints = get_type_hints(kind)
    given = {each.name: _of(hints[each.name]) for each in fields(kind)}
    if kind is Record:
        given["kind"] = st.sampled_from(["article", "book"])
    needed = {name: value for name, value in given.items() if name == "pmid" and kind is Record}
    other = {each.name: given[each.name] for each in fields(kind) if each.default is not MISSING}
    return st.fixed_dictionaries(needed, optional=other).map(lambda values: kind(**values))


def _of(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is tuple:
        return st.lists(_of(get_args(hint)[0]), max_size=2).map(tuple)
    if type(None) in get_args(hint):
        return st.none() | _of(next(each for each in get_args(hint) if each is not type(None)))
    if hint is str:
        return texts()
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(0, 10**9)
    return written(hint)


def records() -> st.SearchStrategy[Record]:
    """Give any record."""
    return written(Record)
