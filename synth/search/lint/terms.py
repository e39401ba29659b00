"""Rules on single terms: tags, truncation, nearness, dates, and what PubMed maps or drops by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..strategy.dates import check_range
from ..strategy.field_tags import FieldTag, find_tag, near_tags
from ..strategy.syntax import Finding, Operand
from .form import Parsed

__all__ = ["term_findings"]

SHORTEST: Final = 4
"""Letters that a truncated term must have (PubMed User Guide)."""
_SAID: Final = 5
# Words that PubMed takes without a tag for what they are: hasabstract, pmcbook, pubstatusnihms, ...
_SPECIAL: Final = re.compile(
    r"(?i)has[a-z]+|pmcbook(?:chapter|title)?|pubstatus[a-z]+|indexingmethod_[a-z]+|owner?[a-z]+|pmc\d+|nihms\d+|medline"
)
_RELATIVE: Final = re.compile(r"(?i)last\s+\d+\s+(?:day|month|year)s?")
_TO_BLANK: Final = re.compile(r"[!%+;<>=^{}~\\]")
_PMIDS: Final = re.compile(r"[1-9]\d{0,8}(?:\s*:\s*[1-9]\d{0,8})?(?:[\s,]+[1-9]\d{0,8})*")


def term_findings(parsed: Parsed) -> Iterator[Finding]:
    """Give what is wrong with the terms of a line, from left to right, and what goes for all of them together."""
    operands = [operand for operand in parsed.whole.operands() if not parsed.is_name(operand)]
    for operand in operands:
        yield from _tag(operand)
        yield from _stars(operand)
        yield from _values(operand)
    yield from _untagged([operand for operand in operands if operand.text not in parsed.ids])
    yield from _phrases(operands)
    yield from _characters(operands)
    yield from _twice(parsed)
    for operand in operands:
        if operand.reference is not None:
            continue
        if operand.tokens[0].text.startswith("#"):
            said = f"{operand.text} refers to nothing."
            yield _found(operand, "unknown-reference", said, "Write # and the number or name of a line: #1")


def _found(operand: Operand, code: str, message: str, remedy: str, severity: str = "error") -> Finding:
    return Finding(code, severity, operand.start, operand.end, message, remedy)


def _field(operand: Operand) -> tuple[FieldTag | None, str]:
    """Return the field of a term and what follows the colon in its tag."""
    name, _, rest = operand.field.partition(":")
    return find_tag(name), rest.strip()


def _tag(operand: Operand) -> Iterator[Finding]:
    if operand.tag is None or not operand.tag.text.endswith("]"):
        return
    shown = operand.tag.text
    if not operand.field:
        yield _found(operand, "unknown-tag", "the tag is empty.", "Write [tiab], or remove the brackets.")
        return
    if operand.reference is not None:
        said = f"{shown} stands behind a reference, where PubMed does not allow it."
        yield _found(operand, "tag-after-bracket", said,
                     f"Put {shown} behind each term of the line that is referred to.")  # fmt: skip
        return
    field, rest = _field(operand)
    whole = find_tag(operand.field)
    if field is None and whole is None:
        near = near_tags(operand.field) or near_tags(operand.field.partition(":")[0])
        hint = f"Did you mean [{near[0]}]?" if near else "The tags are listed in PubMed's User Guide."
        yield _found(operand, "unknown-tag", f"PubMed has no tag {shown}: it would search all fields.", hint)
        return
    field = field or whole
    assert field is not None
    usual = field.tags[0]
    if not field.documented:
        instead = "[aid]" if usual == "doi" else "a documented tag"
        yield _found(operand, "quiet-tag", f"PubMed's User Guide does not list {shown}.", f"Use {instead}.", "warning")
    if rest.startswith("~"):
        yield from _nearness(operand, field, rest)
    elif rest == "noexp":
        if not field.noexp:
            yield _found(operand, "unknown-tag", f"{shown}: this field has nothing to explode.", f"Write [{usual}].")
    elif rest and whole is None:
        yield _found(operand, "unknown-tag", f"{shown}: :{rest} means nothing to PubMed.", f"Write [{usual}].")


def _nearness(operand: Operand, field: FieldTag, rest: str) -> Iterator[Finding]:
    example = 'Write: "spine fracture"[tiab:~3]'
    if not field.nearness:
        said = f"nearness works in [ti], [tiab] and [ad] only, not in [{field.tags[0]}]."
        yield _found(operand, "nearness", said, example)
    if not re.fullmatch(r"~\s*\d{1,4}", rest):
        yield _found(operand, "nearness", f"{rest[1:] or 'nothing'} is no number of words.", example)
    if not operand.quoted or len(operand.text.strip('"').split()) < 2:
        yield _found(operand, "nearness", "nearness takes two or more words in quotation marks.", example)
    if "*" in operand.text:
        yield _found(operand, "nearness", "with an asterisk inside, PubMed ignores the nearness.",
                     "Write each form of the word, joined by OR, without asterisk.")  # fmt: skip


def _stars(operand: Operand) -> Iterator[Finding]:
    if "*" not in operand.text or "~" in operand.field:
        return
    words = operand.text.strip('"').split()
    if not words:
        return
    field, _ = _field(operand)
    last = words[-1]
    for word in words:
        if "*" not in word:
            continue
        if word is not last:
            said = f"{word} is not the last word of its phrase: only that can be truncated."
            yield _found(operand, "truncation", said, "Write the forms of the word, joined by OR.")
        elif "*" in word[:-1]:
            said = f"{word}: PubMed documents the asterisk at the end of a word only."
            severity = "error" if word.startswith("*") else "warning"
            yield _found(operand, "truncation", said, "Write both spellings, joined by OR.", severity)
        elif sum(letter.isalnum() for part in words for letter in part) < SHORTEST:
            said = f"{word} is truncated after fewer than {SHORTEST} letters: PubMed ignores the asterisk."
            yield _found(operand, "truncation", said, f"Keep {SHORTEST} letters or more, or write the words in full.")
        elif sum(letter.isalnum() for letter in word) < SHORTEST:
            said = f"{word}: fewer than {SHORTEST} letters stand before the asterisk."
            yield _found(operand, "truncation", said, "Check the count, or write the words in full.", "warning")
    if field is not None and field.kind == "heading" and words[-1].endswith("*"):
        yield _found(operand, "truncated-heading", "a truncated heading is not exploded.",
                     "Write the headings in full.", "warning")  # fmt: skip


def _values(operand: Operand) -> Iterator[Finding]:
    field, _ = _field(operand)
    if field is None:
        return
    value = re.sub(r'"|\[[^\]]*\]', "", operand.text).strip()
    if field.kind == "date":
        example = f"Write 2020/01/31[{field.tags[0]}] or 2020:2025[{field.tags[0]}]."
        if _RELATIVE.fullmatch(value):
            remedy = f"Write the dates, so that the search can be repeated: 2020:2025[{field.tags[0]}]"
            yield _found(operand, "relative-date", f"{value} is another date every day.", remedy, "warning")
            return
        wrong = check_range(re.sub(r"\s*:\s*", ":", value))
        if wrong:
            yield _found(operand, "date", f"{wrong}.", example)
        elif re.fullmatch(r"\d{4}", value) and field.code == "PDAT":
            said = f"{value}[dp] leaves out what was printed in another year than it was online."
            yield _found(operand, "single-year", said, f"Write {value}:{value}[dp] for the whole year.", "warning")
    elif field.kind == "number" and not _PMIDS.fullmatch(value):
        yield _found(operand, "pmid", f"{value} is no PMID.", "Write digits only: 37268432[pmid]")


def _untagged(operands: list[Operand]) -> Iterator[Finding]:
    found = []
    for operand in operands:
        field, rest = _field(operand)
        plain = not operand.quoted and "*" not in operand.text
        if operand.reference is not None or rest or _SPECIAL.fullmatch(operand.text):
            continue
        if operand.tag is None or (field is not None and field.code == "ALL" and plain):
            found.append(operand)
    if found:
        many = len(found) > 1
        mapped = any(not operand.quoted and "*" not in operand.text for operand in found)
        yield _found(
            found[0], "untagged",
            f"{_list(found)} {'stand' if many else 'stands'} without a field: "
            + ("PubMed maps such words to headings and synonyms, which change with the years."
               if mapped else "PubMed looks in all fields, addresses of authors among them."),
            "Give each term a tag, such as [tiab] or [mh].", "warning",
        )  # fmt: skip


def _phrases(operands: list[Operand]) -> Iterator[Finding]:
    """Point to phrases that depend on PubMed's phrase index: one that is not in it is taken apart, or finds nothing."""
    found = [
        operand
        for operand in operands
        if operand.quoted and operand.text.rstrip('"').endswith("*") and len(operand.text.split()) > 1
    ]
    if found:
        yield _found(
            found[0], "truncated-phrase",
            f"{_list(found)}: a truncated phrase finds only phrases of PubMed's index.",
            "Compare the count with the single words joined by AND.", "note",
        )  # fmt: skip


def _characters(operands: list[Operand]) -> Iterator[Finding]:
    found = [operand for operand in operands if _TO_BLANK.search(operand.text)]
    if found:
        signs = sorted({sign for operand in found for sign in _TO_BLANK.findall(operand.text)})
        yield _found(
            found[0], "odd-character", f"{_list(found)}: PubMed reads {' '.join(signs)} as a blank.",
            "Leave it out, and see in the translation what is searched.", "warning",
        )  # fmt: skip


def _twice(parsed: Parsed) -> Iterator[Finding]:
    """Find a term that stands twice among alternatives."""
    found: list[Operand] = []
    for level in parsed.whole.levels():
        if set(level.operators()) - {"OR"}:
            continue
        seen: set[tuple[str, str]] = set()
        for item in level.items:
            if not isinstance(item, Operand) or parsed.is_name(item):
                continue
            field, rest = _field(item)
            key = (item.text.strip('"').casefold(), f"{field.code or field.name if field else item.field}:{rest}")
            if key in seen:
                found.append(item)
            seen.add(key)
    if found:
        said = f"{_list(found)} {'stand' if len(found) > 1 else 'stands'} here twice."
        yield _found(found[0], "duplicate-term", said, "Remove the second one.", "warning")


def _list(operands: list[Operand]) -> str:
    shown = ", ".join(f"{operand.text}{operand.tag.text if operand.tag else ''}" for operand in operands[:_SAID])
    return shown if len(operands) <= _SAID else f"{shown} and {len(operands) - _SAID} more"
