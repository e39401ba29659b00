"""Rules on the form of a query: operators, brackets read from left to right, and the language of other databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..strategy.field_tags import find_tag
from ..strategy.model import combines
from ..strategy.syntax import Finding, Level, Operand

__all__ = ["Parsed", "form_findings"]

_CURLY: Final = re.compile("[“”„‟«»″]")
_APOSTROPHE: Final = re.compile("[‘’]")
_DASH: Final = re.compile("[\u2010-\u2015\u2212]")
_OPERATOR_WORD: Final = re.compile(r"(?i)and|or|not")
_IN_QUOTES: Final = re.compile(r"\s(AND|OR|NOT)\s")

# What people bring along from other interfaces, and how PubMed says it. Looked for outside of quotation marks.
_FOREIGN: Final = tuple(
    (re.compile(pattern), message, remedy)
    for pattern, message, remedy in (
        (r"(?i)\.(?:ti|ab|kw|kf|tw|mp|pt|sh|fs|hw|af|jn)(?:[.,/ ]?(?:ti|ab|kw|kf|tw|hw))*\.?(?=[\s)]|$)",
         "this is how Ovid names a field", "Write the tag in brackets behind each term: fracture[tiab]"),
        (r"(?i)(?<![\w-])adj\d*(?![\w-])", "ADJ is an operator of Ovid",
         'Write both words in quotation marks with the distance: "spine fracture"[tiab:~3]'),
        (r"(?i)(?<![\w-])(?:near|n|w|within|pre|onear)/\d+", "this nearness operator is not PubMed's",
         'Write both words in quotation marks with the distance: "spine fracture"[tiab:~3]'),
        (r"(?i)(?<![\w-])exp\s+(?=[\w\"'])", "exp is how Ovid explodes a heading",
         'Write "Spinal Fractures"[mh]: PubMed explodes unless [mh:noexp] says otherwise.'),
        (r"(?<=[A-Za-z\"])/(?=[\s)]|$)", "a slash at the end is how Ovid marks a heading",
         'Write "Spinal Fractures"[mh]'),
        (r"(?i)(?<![\w-])(?:or|and)/\s*#?\d+\s*-\s*#?\d+", "this way to join lines is Ovid's",
         "Write #1 OR #2 OR #3"),
        (r"(?i)(?<![\w-])limit\s+#?\d+\s+to\b", "this limit is Ovid's", "Write the limit under [limits]."),
        (r"(?<![\w-])(?:TI|TS|AB|AU|SO|KW|MH|TW|TX|SU|DE|PY|AK)\s*=\s*", "other databases write the field first",
         "Write the tag in brackets behind each term: fracture[tiab]"),
        (r"(?<![\w-])TITLE(?:-ABS)?(?:-KEY)?(?=\s*\()", "this is Scopus's name of a field",
         "Write the tag in brackets behind each term: fracture[tiab]"),
        (r"(?i)(?<=[\w\"*]):(?:ti|ab|kw|de)(?:,(?:ti|ab|kw|de))*(?![\w])", "Embase and CENTRAL name a field so",
         "Write the tag in brackets behind each term: fracture[tiab]"),
        (r"(?i)(?<=['\"\w])/(?:exp|de|mj)(?![\w/])", "this is Embase's way to a heading",
         'Write "Spinal Fractures"[mh]'),
        (r"(?<=\w)\$\d*", "$ is no wildcard in PubMed, which reads a blank",
         "Write an asterisk at the end of the word: fractur*"),
        (r"(?<=\w)\?(?=\w)", "? is no wildcard in PubMed, which reads a blank", "Write both spellings, joined by OR."),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Parsed:
    """A line that was read, as the rules need it.

    Attributes
    ----------
    text : str
        As it stands in the file.
    whole : Level
        Its terms and operators.
    ids : frozenset of str
        The lines that there are.
    kind : str
        Of :class:`~synth.search.strategy.model.StrategyLine`.
    """

    text: str
    whole: Level
    ids: frozenset[str]
    kind: str

    @property
    def bare(self) -> bool:
        """Whether bare words are names of lines."""
        return self.kind == "search" or combines(self.whole, self.ids)

    def is_name(self, operand: Operand) -> bool:
        """Say whether an operand stands for a line."""
        plain = operand.tag is None and not operand.quoted and operand.text in self.ids
        return operand.reference is not None or (self.bare and plain)


def form_findings(parsed: Parsed) -> Iterator[Finding]:
    """Give what is wrong with the form of a line."""
    yield from _signs(parsed)
    yield from _foreign(parsed)
    for level in parsed.whole.levels():
        yield from _joins(level, parsed)
    for operand in parsed.whole.operands():
        yield from _lower_case(operand)
        if not parsed.is_name(operand) and operand.tag is None and not operand.quoted and operand.text in parsed.ids:
            yield Finding(
                "name-or-word", "error", operand.start, operand.end,
                f'"{operand.text}" is the name of a concept, and could be a word to search for.',
                f'Write #{operand.text} for the concept, or "{operand.text}"[tiab] for the word.',
            )  # fmt: skip
        if operand.quoted and (inside := _IN_QUOTES.search(operand.tokens[0].text)):
            yield Finding(
                "operator-in-quotes", "warning", operand.start, operand.end,
                f"{inside[1]} stands inside quotation marks, where it is a word like any other.",
                "End the phrase before the operator, if it is one.",
            )  # fmt: skip


def _signs(parsed: Parsed) -> Iterator[Finding]:
    curly = list(_CURLY.finditer(parsed.text))
    if curly:
        yield Finding(
            "curly-quotes", "error", curly[0].start(), curly[0].end(),
            f"there {'is a curly quotation mark' if len(curly) == 1 else f'are {len(curly)} curly quotation marks'}; "
            'PubMed documents only straight ones (") as making a phrase.',
            'Replace each by ", and turn off "smart quotes" in the editor.',
        )  # fmt: skip
    for pattern, code, message, remedy in (
        (_APOSTROPHE, "curly-apostrophe", "there is a curly apostrophe", "Type a straight one (')."),
        (_DASH, "odd-dash", "there is a dash that is no hyphen", "Type a plain hyphen (-)."),
    ):
        first = pattern.search(parsed.text)
        if first is not None:
            said = f"{message}, as word processors make it."
            yield Finding(code, "warning", first.start(), first.end(), said, remedy)


def _foreign(parsed: Parsed) -> Iterator[Finding]:
    outside = re.sub(r'"[^"]*"|\[[^\]]*\]', lambda match: '"' + "_" * (len(match[0]) - 2) + '"', parsed.text)
    for pattern, message, remedy in _FOREIGN:
        for match in pattern.finditer(outside):
            start, end = match.span()
            said = f"{parsed.text[start:end].strip()}: {message}."
            yield Finding("foreign-syntax", "error", start, end, said, remedy)


def _joins(level: Level, parsed: Parsed) -> Iterator[Finding]:
    operators = level.operators()
    for position, (join, operator) in enumerate(zip(level.joins, operators, strict=True)):
        left, right = level.items[position], level.items[position + 1]
        if join is None:
            both = "OR" in operators
            yield Finding(
                "missing-operator" if both else "implied-and", "error" if both else "warning", right.start, right.end,
                "no operator stands before this; PubMed reads AND"
                + (", and so all the terms before it, joined by OR, become a condition." if both else "."),
                "Write OR or AND.",
            )  # fmt: skip
        if operator == "NOT" and join is not None and not _animals(left, right, parsed):
            yield Finding(
                "not", "warning", join.start, right.end,
                "NOT also takes away records that are about both, wanted ones among them.",
                "Keep it only where the count of what it removes was looked at; say why in a note.",
            )  # fmt: skip
    yield from _mixed(level, operators)


def _mixed(level: Level, operators: tuple[str, ...]) -> Iterator[Finding]:
    """Find AND and OR side by side: legal, read from left to right, and mostly meant otherwise."""
    if None in level.joins and "OR" in operators:
        return  # said already, as a missing operator
    for position in range(1, len(operators)):
        before, after = operators[position - 1], operators[position]
        if {before, after} == {"AND", "OR"} or (before, after) == ("NOT", "OR"):
            join = level.joins[position]
            assert join is not None
            yield Finding(
                "mixed-operators", "warning", join.start, join.end,
                f"{before} and {after} stand side by side without brackets; PubMed reads from left to right: "
                f"everything before this {after} first.",
                "Put brackets around what belongs together.",
            )  # fmt: skip
            return


def _animals(left: Operand | Level, right: Operand | Level, parsed: Parsed) -> bool:
    """Say whether NOT belongs to ``NOT (animals[mh] NOT humans[mh])``, which loses no study of people."""

    def words(item: Operand | Level) -> set[str]:
        operands = [item] if isinstance(item, Operand) else item.operands()
        return {operand.text.strip('"').lower() for operand in operands}

    both = words(right) if isinstance(right, Level) else words(left) | words(right)
    return parsed.kind == "filter" or both <= {"animals", "animal", "humans", "human"}


def _lower_case(operand: Operand) -> Iterator[Finding]:
    """Find ``and``, ``or``, ``not`` where they may be meant as operators: entries of headings and names hold them."""
    if operand.quoted or operand.reference is not None:
        return
    field = find_tag(operand.field) if operand.tag else None
    if field is not None and field.kind in ("heading", "name"):
        return
    for word in operand.tokens:
        if _OPERATOR_WORD.fullmatch(word.text) and word.kind == "word":
            yield Finding(
                "lower-case-operator", "error", word.start, word.end,
                f"{word.text} is an operator only in capitals; PubMed takes it for a word.",
                f"Write {word.text.upper()}, or put the phrase into quotation marks.",
            )  # fmt: skip
