"""Templates into markup: everything is escaped, and a misspelt name is an error."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def environment() -> Environment:
    """Return an environment for the parts of a page that are templates of their own.

    Examples
    --------
    >>> environment().from_string("{{ name }}").render(name="<b>")
    '&lt;b&gt;'
    """
    return Environment(
        loader=PackageLoader("synth.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def plain_file(name: str) -> str:
    """Return a file beside the templates as it stands there.

    Examples
    --------
    >>> "use strict" in plain_file("whatif.js")
    True
    """
    loader = environment().loader
    if loader is None:  # an environment without files has none
        raise FileNotFoundError(name)
    text, _, _ = loader.get_source(environment(), name)
    return text
