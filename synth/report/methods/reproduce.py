"""How to make a document again: the command, the versions, the seeds and the digests of what was read."""

from __future__ import annotations

from dataclasses import dataclass

from ..words.reading import Document, items, text
from . import pooling_text


@dataclass(frozen=True)
class Seed:
    """Where something that is drawn at random starts."""

    what: str
    seed: int


@dataclass(frozen=True)
class Input:
    """A file that was read, with its digest."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Reproduce:
    """What a reader needs to make the same document again.

    Parameters
    ----------
    command : str
        One line for a shell; empty where the document does not say.
    program, version, schema : str
        What made it, and the version of the document's form.
    seeds : tuple of Seed
        Of everything that was drawn at random; empty where nothing was.
    inputs : tuple of Input
        Files read.
    said : tuple of str
        The same as sentences.
    """

    command: str
    program: str
    version: str
    schema: str
    seeds: tuple[Seed, ...]
    inputs: tuple[Input, ...]
    said: tuple[str, ...]


def block(document: Document) -> Reproduce:
    """Return how to reproduce a document.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Examples
    --------
    >>> made = block({"command": "synth pool figures.csv", "generator": {"name": "synth", "version": "0.1.0"}})
    >>> made.command, made.version, made.said[-1]
    ('synth pool figures.csv', '0.1.0', 'Nothing is drawn at random.')
    """
    program = text(document, "generator", "name") or "synth"
    version = text(document, "generator", "version")
    inputs = tuple(Input(text(one, "path"), text(one, "sha256")) for one in items(document, "inputs"))
    seeds = tuple(Seed(what, seed) for what, seed in pooling_text.drawn(document))
    said = []
    command, made = text(document, "command"), f"{program} {version}".strip()
    if command and inputs:
        files = "file" if len(inputs) == 1 else "files"
        said.append(f"With {made} and the {files} below, this command gives the same bytes.")
    elif command:
        said.append(f"With {made} this command makes the document again.")
    said += [f"What is drawn at random starts at a seed: {one.what}, {one.seed}." for one in seeds]
    if not seeds:
        said.append("Nothing is drawn at random.")
    return Reproduce(command, program, version, text(document, "schema"), seeds, inputs, tuple(said))
