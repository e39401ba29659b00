"""Why a value of the document is null: every one has its reason beside it.

A null called ``name`` is explained by ``name_reason`` in the same object; where there is none, by ``reason`` there;
inside ``reporting``, by the object around it. ``docs/json.md`` promises this, and a test walks real documents.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

EMPTY_CELL = "the sheet has no such column, or the cell is empty"
NO_DESCRIPTORS = "no row of a sheet of studies describes this series"
NO_REVIEW = "the figures come from a table outside of any review"
NO_ARM = "the table names no arm"
NOT_GIVEN = "nothing was given"
ONE_ARM = "the figures are of one arm"
NOT_COUNTED = "the data of this measure do not count them, or not in one number"
NO_WEIGHT = "the model gives the studies no weights"
NO_CRUDE = "only counts of one arm can be taken together as one series"
NO_LIMIT = "the method sets no limit on this side"
NO_TEST = "there is no value of no effect to be tested against, or none that this pool tests"
ON_THE_PROPORTION = "the exact interval is made on the proportion itself, which stands in reporting"
COMMON = "a common effect was asked for: no variance between studies"


def because(block: Json, **reasons: str | None) -> Json:
    """Put ``name_reason`` beside each of these names that is null; leave the others alone.

    Parameters
    ----------
    block : dict
        Changed in place.
    **reasons : str or None
        For each name, why it is null. ``None`` says that ``reason`` in the same object tells it.

    Returns
    -------
    dict
        The same object.

    Examples
    --------
    >>> because({"df": None, "se": 0.1}, df="a normal interval", se="never")
    {'df': None, 'se': 0.1, 'df_reason': 'a normal interval'}
    """
    for name, why in reasons.items():
        if name in block and block[name] is None and why:
            block[f"{name}_reason"] = why
    return block


def cells(row: Json) -> Json:
    """Add ``reason`` to an object made from cells, where any of them is empty.

    Examples
    --------
    >>> cells({"where": "abstract"}), "reason" in cells({"where": None})
    ({'where': 'abstract'}, True)
    """
    return {**row, "reason": EMPTY_CELL} if None in row.values() else row


def given(block: Json) -> Json:
    """Add ``reason`` to an object that a person fills in, where a field is empty."""
    return {**block, "reason": NOT_GIVEN} if None in block.values() else block


def row_left_out(row: Json) -> Json:
    """Explain the empty cells of a row whose ``reason`` already says why it was left out."""
    return because(dict(row), **{name: EMPTY_CELL for name in row if name != "reason"})


def settings(block: Json) -> Json:
    """Explain a missing estimator of tau2, and a preset that nobody asked for."""
    common = block.get("effects") == "common"
    why = COMMON if common else "the model has no choice of estimators"
    no_interval = COMMON if common else "the model gives no interval for tau2"
    return because(
        block, tau2_method=why, preset="none was asked for", tau2_ci=no_interval, seed="nothing is drawn at random"
    )


def crude(block: Json | None, reporting: str) -> Json | None:
    """Name the interval of all patients taken together, where they can be."""
    if block is None:
        return None
    return {**block, "method": "clopper-pearson" if reporting == "proportion" else "exact"}


def no_loglik(pool: Json) -> str:
    """Say why there is no logarithm of a likelihood."""
    if pool["k"] == 1:
        return "one study: no likelihood was maximised"
    return f"the method ({pool['settings']['model']}) maximises no likelihood"


def pooled(block: Json) -> Json:
    """Explain missing degrees of freedom and limits of the summary and of each of its intervals."""
    own = block["reason"] if block["estimate"] is None or block["ci_method"] != "exact" else None
    limits = own or (ON_THE_PROPORTION if block["ci_method"] == "exact" else NO_LIMIT)
    because(block, df=_no_df(block["ci_method"]), ci_low=limits, ci_high=limits, test=NO_TEST)
    block["intervals"] = [
        because(
            dict(each),
            df=_no_df(each["method"]),
            ci_low=each["reason"] or NO_LIMIT,
            ci_high=each["reason"] or NO_LIMIT,
        )
        for each in block["intervals"]
    ]
    return block


def tau2(block: Json) -> Json:
    """Explain what is missing beside a variance that was estimated."""
    because(block, sigma2="only the model of two arms with random levels has one")
    if block["value"] is None:
        return because(block, method=COMMON)
    limits = block["reason"] or NO_LIMIT
    return because(
        block, ci_low=limits, ci_high=limits, test="this estimator comes without a likelihood ratio test of tau2"
    )


def heterogeneity(block: Json, variance: Json) -> Json:
    """Explain a missing interval of I2: it comes from the interval of tau2."""
    why = block["reason"] or variance["reason"] or NO_LIMIT
    return because(block, i2=why, h2=why, i2_ci_low=why, i2_ci_high=why)


def prediction(block: Json) -> Json:
    """Explain missing degrees of freedom of a prediction interval that there is."""
    if block["ci_low"] is None:
        return block
    drawn = "it is worked out, not drawn at random"
    return because(block, df=_no_df(str(block["method"])), draws=drawn, seed=drawn)


def omitted(block: Json, *, common: bool) -> Json:
    """Explain a missing variance in one row of leave-one-out."""
    why = COMMON if common else None if block["reason"] else "the model, or a single study, has none"
    return because(block, tau2=why, i2=why)


def _no_df(method: str) -> str:
    return f"the {method} interval uses no degrees of freedom"
