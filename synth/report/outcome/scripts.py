"""The one script of a page: enhancements that everything can be read without."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from ..markup import plain_file


def script(*, copies: bool, what_if: str) -> str:
    r"""Return the text between the tags: nothing for a page with nothing to copy and nothing to ask.

    Parameters
    ----------
    copies : bool
        Whether tables can be copied.
    what_if : str
        The script of :func:`synth.report.whatif.block`, or nothing.

    Examples
    --------
    >>> script(copies=False, what_if=""), script(copies=True, what_if="1;").endswith("})();\n1;")
    ('', True)
    """
    return (plain_file("copy.js") if copies else "") + what_if


def allowed(code: str) -> str:
    """Return what a content policy adds for a script: its digest, and nothing else.

    Examples
    --------
    >>> allowed("")
    ''
    >>> allowed("1;")
    "; script-src 'sha256-CImjRDTlhukYQ2AnxOi0wzgPhGQ3Mb3rVwJK24dFz1M='"
    """
    if not code:
        return ""
    return f"; script-src 'sha256-{b64encode(hashlib.sha256(code.encode()).digest()).decode('ascii')}'"
