"""Who asks PubMed: the address in review.toml, asked for once, and the client that is made with it."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable

from ..errors import ProblemsError, SynthError, WorkspaceError
from ..review import parse_review, visible
from ..search.client.entrez import Entrez, Event
from ..search.client.identity import EMAIL_VARIABLES, Identity, find_identity
from ..workspace import Workspace, atomic_write

__all__ = ["identify", "keep_contact", "make_entrez"]

Ask = Callable[[str], str]
"""Puts a question to the person at the keyboard and returns the answer."""

_QUESTION = "NCBI asks for an e-mail address with every request, to reach you before it blocks you. Yours"
_TRIES = 3
_CONTACT = re.compile(r"""^(contact[ \t]*=[ \t]*)("[^"\\\r\n]*"|'[^'\r\n]*')""", re.MULTILINE)
_FIRST_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_TITLE = re.compile(r"""^title[ \t]*=[ \t]*("[^"\r\n]*"|'[^'\r\n]*')[^\r\n]*(\r?\n)""", re.MULTILINE)


def identify(workspace: Workspace | None, ask: Ask | None = None) -> Identity:
    """Return who asks: of the review, or of the environment, or as the person says now, once for all.

    Parameters
    ----------
    workspace : Workspace or None
        The review, or None outside of any.
    ask : callable, optional
        How to ask the person; left out where nobody is there. In a review the answer goes into review.toml.

    Raises
    ------
    ProblemsError
        The address or the key cannot be one.
    WorkspaceError
        There is no address, and nobody to ask.
    """
    contact = workspace.review.contact if workspace is not None else ""
    if contact.strip() or any(os.environ.get(name, "").strip() for name in EMAIL_VARIABLES):
        return find_identity(contact)
    if ask is None:
        where = 'write contact = "you@example.org" in review.toml, or ' if workspace is not None else ""
        raise WorkspaceError(
            f"NCBI asks for an e-mail address with every request, and none is known: {where}"
            f"set {EMAIL_VARIABLES[0]}=you@example.org in the environment."
        )
    question = _QUESTION
    for left in range(_TRIES - 1, -1, -1):
        answer = ask(question).strip()
        try:
            identity = find_identity(answer)
        except ProblemsError:
            if not left:
                raise
            question = f"{visible(answer)} is no e-mail address. Yours"
            continue
        if workspace is not None:
            keep_contact(workspace, identity.email)
        return identity
    raise AssertionError("the loop ends by returning or raising")


def keep_contact(workspace: Workspace, email: str) -> None:
    """Write the address into review.toml; every other byte of it stays.

    Raises
    ------
    WorkspaceError
        The file cannot be written, or says contact in a way that this cannot change.
    """
    path = workspace.review_file
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"Cannot read {path.name} to write the contact: {error}.") from error
    table = _FIRST_TABLE.search(text)
    top, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
    changed, done = _CONTACT.subn(lambda match: f'{match[1]}"{email}"', top, count=1)
    if not done:
        changed, done = _TITLE.subn(lambda match: f'{match[0]}contact = "{email}"{match[2]}', top, count=1)
    try:
        wanted = dataclasses.replace(workspace.review, contact=email)
        whole = bool(done) and parse_review((changed + rest).encode()) == wanted
    except SynthError:
        whole = False
    if not whole:
        raise WorkspaceError(f'Write this line into {path.name} yourself, below the title: contact = "{email}"')
    atomic_write(path, changed + rest)


def make_entrez(identity: Identity, on_event: Callable[[Event], None] | None = None) -> Entrez:
    """Make the client; the one place in the steps that does."""
    return Entrez(identity, on_event=on_event)
