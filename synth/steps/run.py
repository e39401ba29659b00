"""What a pooling run gives back: the answers, what was left, what failed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SynthError

Document = dict[str, Any]
"""One pooled outcome as ``docs/json.md`` describes it; made by ``synth.report.outcome.document``."""

SCHEMA = "synth.pools/1"

# Beyond ASCII: C1 controls, marks that turn the direction or break the line, halves of letters. JSON may escape any.
_HIDDEN = re.compile("[\x7f-\x9f\xad\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


@dataclass(frozen=True)
class Pooled:
    """One outcome that was pooled and written.

    Parameters
    ----------
    outcome : str
        Its name.
    document : dict
        The whole answer.
    html_path, json_path : Path
        The files.
    shown_path : str
        The page as a person would type it from here.
    """

    outcome: str
    document: Document
    html_path: Path
    json_path: Path
    shown_path: str


@dataclass(frozen=True)
class Left:
    """An outcome that nobody named and that has nothing to pool.

    Parameters
    ----------
    outcome : str
        Its name.
    reason : str
        Why, in a sentence or more.
    """

    outcome: str
    reason: str


class _Failures(SynthError):
    """Several outcomes that failed, each with its own text."""

    def __init__(self, failed: tuple[tuple[str, SynthError], ...]) -> None:
        texts: dict[str, list[str]] = {}
        for outcome, error in failed:
            texts.setdefault(str(error), []).append(outcome)
        self.exit_code = max(error.exit_code for _, error in failed)
        super().__init__(
            "\n".join(
                text if text.startswith(f"{outcomes[0]}:") else f"{', '.join(outcomes)}: {text}"
                for text, outcomes in texts.items()
            )
        )


@dataclass(frozen=True)
class PoolRun:
    """The outcome of a run.

    Parameters
    ----------
    pooled : tuple of Pooled
        In the order of the review.
    not_pooled : tuple of Left
        Outcomes with nothing to pool, where every outcome was asked for.
    failed : tuple of (str, SynthError)
        Outcomes that should have been pooled and were not.
    warnings : tuple of str
        What the sheets' readers noticed.
    named : bool
        Whether the outcomes were asked for by name.
    """

    pooled: tuple[Pooled, ...]
    not_pooled: tuple[Left, ...]
    failed: tuple[tuple[str, SynthError], ...]
    warnings: tuple[str, ...]
    named: bool

    def check(self) -> None:
        """Raise what failed: the error itself if it is one, otherwise one that says them all.

        Raises
        ------
        SynthError
            Something failed.
        """
        if len(self.failed) == 1 and not self.pooled:
            raise self.failed[0][1]
        if self.failed:
            raise _Failures(self.failed)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as one JSON object of schema ``synth.pools/1``."""
        left = [{"outcome": each.outcome, "reason": each.reason} for each in self.not_pooled]
        left += [{"outcome": outcome, "reason": str(error)} for outcome, error in self.failed]
        return {"schema": SCHEMA, "outcomes": [each.document for each in self.pooled], "not_pooled": left}


def to_json(document: Document, *, ascii_only: bool = False) -> str:
    r"""Write a document as JSON text: full precision, never a NaN, and nothing that a terminal would obey.

    Parameters
    ----------
    document : dict
        As it is.
    ascii_only : bool
        Escape every letter beyond ASCII, for a stream that takes no others.

    Returns
    -------
    str
        Ends with a line break.

    Raises
    ------
    ValueError
        A number is not finite, which no document may hold.

    Examples
    --------
    >>> to_json({"estimate": 0.1 + 0.2})
    '{\n "estimate": 0.30000000000000004\n}\n'
    """
    text = json.dumps(document, allow_nan=False, ensure_ascii=ascii_only, indent=1)
    if not text.isascii():
        text = _HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], text)
    return text + "\n"
