"""Who asks: the tool, the address and the key that NCBI wants, and keeping the key out of everything that is shown."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import Problem, ProblemsError

__all__ = ["HIDDEN", "Identity", "find_identity", "redact"]

HIDDEN = "[hidden]"
EMAIL_VARIABLES = ("SYNTH_EMAIL", "NCBI_EMAIL")
KEY_VARIABLE = "NCBI_API_KEY"
KEYRING_SERVICE = "synth"
KEYRING_NAME = "ncbi-api-key"

_EMAIL = re.compile(r"[^@\s<>\"',;:\\\x00-\x1f\x7f]+@[^@\s<>\"',;:\\\x00-\x1f\x7f]+\.[A-Za-z0-9-]{2,}")
_KEY = re.compile(r"[A-Za-z0-9]{8,128}")
# What NCBI echoes of the caller (the key, or the address the request came from), and what a URL or a form carries.
_ECHOES = (
    re.compile(r"""(["']?api[-_]?key["']?\s*[:=]\s*["']?)(?!\[hidden)[^"'&,;\s<>}]+""", re.I),
    re.compile(r"()(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\w)"),
    re.compile(r"()(?<![\w:])(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}(?![\w:])", re.I),
    re.compile(r"()(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}(?![\w:])", re.I),
)


@dataclass(frozen=True)
class Identity:
    """Who asks.

    Parameters
    ----------
    email : str
        Where NCBI can reach a person before it blocks an address.
    tool : str
        The program's name, without blanks.
    key : str
        An NCBI API key, or "". It does not show in the representation of this object.

    Examples
    --------
    >>> who = Identity("ada@example.org", key="0123456789abcdef")
    >>> who
    Identity(email='ada@example.org', tool='synth')
    >>> who.hide("api_key=0123456789abcdef&db=pubmed")
    'api_key=[hidden]&db=pubmed'
    >>> who.per_second
    10
    """

    email: str
    tool: str = "synth"
    key: str = field(default="", repr=False)

    @property
    def per_second(self) -> int:
        """Requests per second that NCBI allows: 3, or 10 with a key."""
        return 10 if self.key else 3

    def hide(self, text: str) -> str:
        """Return the text without the key and without what NCBI echoes of the caller."""
        return redact(text, self.key)


def redact(text: str, *secrets: str) -> str:
    """Return the text with every secret, and every key or address that NCBI echoes, replaced by ``[hidden]``.

    Examples
    --------
    >>> redact('{"error":"API rate limit exceeded","api-key":"203.0.113.7","count":"4","limit":"3"}')
    '{"error":"API rate limit exceeded","api-key":"[hidden]","count":"4","limit":"3"}'
    """
    for secret in secrets:
        if secret:
            text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE)
    for echo in _ECHOES:
        text = echo.sub(lambda found: found[1] + HIDDEN, text)
    return text


def find_identity(contact: str = "", environ: Mapping[str, str] | None = None) -> Identity:
    """Return who asks, from the review and the environment.

    The address is ``contact`` of ``review.toml`` or, where that is empty, SYNTH_EMAIL or NCBI_EMAIL. The key is
    NCBI_API_KEY or what the keyring of this machine holds for service "synth", name "ncbi-api-key"; it is never read
    from a file of the review.

    Parameters
    ----------
    contact : str
        As ``review.toml`` has it.
    environ : mapping, optional
        Instead of the process's environment.

    Raises
    ------
    ProblemsError
        There is no address, or it or the key cannot be one. The key is not shown.

    Examples
    --------
    >>> find_identity("ada@example.org", {"NCBI_API_KEY": "0123456789abcdef"}).per_second
    10
    """
    environ = os.environ if environ is None else environ
    problems: list[Problem] = []
    email, source = contact.strip(), "review.toml"
    for variable in EMAIL_VARIABLES:
        if not email and environ.get(variable, "").strip():
            email, source = environ[variable].strip(), variable
    if not email:
        problems.append(
            Problem(
                "review.toml",
                "contact is empty, and NCBI asks for an e-mail address with every request.",
                'Write: contact = "you@example.org" (or set SYNTH_EMAIL).',
            )
        )
    elif not _EMAIL.fullmatch(email) or not email.isascii() or len(email) > 254:
        problems.append(
            Problem(source, f"{email[:80]!r} is no e-mail address.", "Give one address, such as you@example.org.")
        )
    key = environ.get(KEY_VARIABLE, "").strip()
    where = KEY_VARIABLE
    if not key:
        key, where = _from_keyring().strip(), f"keyring {KEYRING_SERVICE}/{KEYRING_NAME}"
    if key and not _KEY.fullmatch(key):
        problems.append(
            Problem(where, "this is no NCBI API key: letters and digits only.", "Copy it again from your NCBI account.")
        )
    if problems:
        raise ProblemsError(problems)
    return Identity(email, key=key)


def _from_keyring() -> str:
    """Return the stored key; "" where this machine has no keyring, or it is locked or holds none."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(KEYRING_SERVICE, KEYRING_NAME) or ""
    except (KeyringError, RuntimeError, OSError):
        # A headless machine has no keyring; without a key the search is slower and not wrong.
        return ""
