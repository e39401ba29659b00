"""Paragraphs for a manuscript: sentences with the papers they cite, numbered in the order of their first mention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Said(NamedTuple):
    """A sentence, with its full stop, and the keys of the references it cites."""

    text: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A paragraph before its citations have numbers.

    Parameters
    ----------
    id, title : str
        Key and heading.
    said : tuple of Said
        Its sentences.
    """

    id: str
    title: str
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence without its citation, and the numbers of the references that it cites.

    Parameters
    ----------
    text : str
        Plain text with its full stop.
    numbers : tuple of int
        Where the references stand in the list, from 1.
    """

    text: str
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph ready for a manuscript.

    Parameters
    ----------
    id, title : str
        Key and heading.
    text : str
        Plain text with citation numbers in brackets.
    papers : tuple of str
        Keys of the references that it cites, in the order of their first mention.
    sentences : tuple of Sentence
        The same text sentence by sentence, for a page that links the numbers.
    """

    id: str
    title: str
    text: str
    papers: tuple[str, ...]
    sentences: tuple[Sentence, ...] = ()


def ranges(numbers: Iterable[int]) -> str:
    """Write citation numbers as journals do: three or more in a row become a range.

    Examples
    --------
    >>> ranges([3, 1, 2, 7, 8]), ranges([5])
    ('1–3,7,8', '5')
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def cited(text: str, numbers: Sequence[int]) -> str:
    """Put citation numbers before the full stop of a sentence.

    Examples
    --------
    >>> cited("Studies were pooled.", [1, 2]), cited("Nothing was pooled.", [])
    ('Studies were pooled [1,2].', 'Nothing was pooled.')
    """
    if not numbers:
        return text
    return f"{text[:-1]} [{ranges(numbers)}]{text[-1]}"


def order(drafts: Iterable[Draft]) -> dict[str, int]:
    """Number the keys of several paragraphs in the order of their first mention.

    Examples
    --------
    >>> order([Draft("a", "A", (Said("One.", ("x", "y")), Said("Two.", ("y", "z"))))])
    {'x': 1, 'y': 2, 'z': 3}
    """
    numbers: dict[str, int] = {}
    for draft in drafts:
        for said in draft.said:
            for key in said.keys:
                numbers.setdefault(key, len(numbers) + 1)
    return numbers


def finish(draft: Draft, numbers: Mapping[str, int]) -> Paragraph:
    """Give the citations of a paragraph their numbers.

    Raises
    ------
    KeyError
        For a key without a number.

    Examples
    --------
    >>> finish(Draft("a", "A", (Said("One.", ("x",)), Said("Two."))), {"x": 4}).text
    'One [4]. Two.'
    """
    sentences = tuple(Sentence(said.text, tuple(sorted({numbers[key] for key in said.keys}))) for said in draft.said)
    papers = tuple(dict.fromkeys(key for said in draft.said for key in said.keys))
    text = " ".join(cited(one.text, one.numbers) for one in sentences)
    return Paragraph(draft.id, draft.title, text, papers, sentences)
