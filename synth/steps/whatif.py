"""What if some studies were left out: every answer that a page lets its reader ask for, made beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import Any, Final

from ..meta.analyses.subsets import all_masks, omission_masks, subset_pools, why_no_subsets
from ..meta.results import Part
from ..meta.settings import is_glmm
from ..report.whatif.table import encode
from .run import Document

ALL_UP_TO: Final = 12
"""Every subset of so many studies is pooled; of more, all but one and all but two."""
MOST: Final = 5000
"""Answers of one page: each takes about a dozen bytes of it."""
MOST_OF: Final = {"glmm-cm-al": 4500, "glmm-um-fs": 1100, "glmm-cm-el": 600}
"""Mixed models of two arms take longer: about as many fits as they make in three seconds."""
MOST_WITH_TWO_EFFECTS: Final = 32
"""With random levels and random effects each fit is an integral in two dimensions."""

MOST_CELLS: Final = 120_000
"""Studies in all fits of a mixed model of one arm together: about as many as it takes in a second and a half."""

SUBSETS, TWO, ONE = "subsets", "two", "one"


def with_what_if(document: Document, settings: Mapping[str, Any]) -> Document:
    """Put the answers for subsets into a document, as ``what_if``, or ``None`` with ``what_if_reason``.

    Parameters
    ----------
    document : dict
        A whole pooled document; it gets the key, and is given back.
    settings : mapping
        Keywords of :func:`synth.meta.pool` under which it was pooled.

    Returns
    -------
    dict
        The same document.
    """
    found, reason = what_if(document, settings)
    document["what_if"] = found
    if found is None:
        document["what_if_reason"] = reason
    return document


def what_if(document: Document, settings: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    """Make the answers for subsets.

    Parameters
    ----------
    document : dict
        Pooled; ``studies`` and ``leave_one_out`` are read.
    settings : mapping
        As for :func:`with_what_if`.

    Returns
    -------
    dict or None
        ``held`` ("subsets", "two" or "one": what a reader may leave out), ``said`` (the rule in a sentence), ``count``
        and the packed rows of :func:`synth.report.whatif.table.encode`.
    str or None
        Why there is none.

    Raises
    ------
    SettingsError
        Keywords that do not go together.
    """
    k = len(document["studies"])
    if k < 2:
        return None, "one study: nothing is left without it"
    if not document["leave_one_out"]:
        return None, f"no answer without a study was made: {document['leave_one_out_reason']}"
    model, measure = document["settings"]["model"], document["settings"]["measure"]
    held = which(k, model, measure)
    if held == ONE:
        pools = [_whole(document), *(_part(row) for row in document["leave_one_out"])]
    else:
        data = {name: [study["data"][name] for study in document["studies"]] for name in document["studies"][0]["data"]}
        masks = all_masks(k) if held == SUBSETS else omission_masks(k, 2)
        pools = list(subset_pools(data, masks, **settings))
        # The answer of all studies is on the page already: it is that one, to the last digit.
        pools[-1 if held == SUBSETS else 0] = _whole(document)
    return {"held": held, "said": said(held, k, model), "count": len(pools), **encode(document, pools)}, None


def which(k: int, model: str, measure: str) -> str:
    """Say which answers are made: for every subset, with up to two left out, or with one.

    Examples
    --------
    >>> which(12, "glmm", "PLOGIT"), which(13, "glmm", "PLOGIT"), which(12, "glmm", "OR"), which(150, "inverse", "MD")
    ('subsets', 'two', 'one', 'one')
    """
    if why_no_subsets(model) is not None:
        return ONE
    most = MOST_OF.get(model, MOST)
    if is_glmm(model) and model == "glmm" and measure in ("OR", "IRR"):
        most = MOST_WITH_TWO_EFFECTS
    if k <= ALL_UP_TO and 2**k - 1 <= most:
        return SUBSETS
    fits = 1 + k + comb(k, 2)
    return TWO if k > 2 and fits <= most and (model != "glmm" or fits * k <= MOST_CELLS) else ONE


def said(held: str, k: int, model: str) -> str:
    """Say in a sentence what a reader may leave out, and why not more.

    Examples
    --------
    >>> said("subsets", 5, "glmm"), said("two", 20, "glmm")
    ('Every subset of the 5 series was pooled beforehand.', 'Every answer without one or two of the 20 series was pooled beforehand.')
    """  # noqa: E501
    if held == SUBSETS:
        return f"Every subset of the {k} series was pooled beforehand."
    if held == TWO:
        return f"Every answer without one or two of the {k} series was pooled beforehand."
    why = why_no_subsets(model)
    return f"Every answer without one of the {k} series was pooled beforehand{f'; {why}' if why else ''}."


def _whole(document: Document) -> Part:
    pooled = document["pooled"]
    shown = pooled["reporting"]
    return Part(
        document["k"], shown["estimate"], shown["ci_low"], shown["ci_high"], pooled["ci_method"], None, None,
        pooled["reason"],
    )  # fmt: skip


def _part(row: Mapping[str, Any]) -> Part:
    return Part(
        row["k"], row["estimate"], row["ci_low"], row["ci_high"], row["ci_method"], None, None, row.get("reason")
    )
