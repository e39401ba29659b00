"""What the answer of a document really is, where no model stands behind it."""

from __future__ import annotations

from .names import ci_name, model_name
from .phrases import EXACT
from .reading import Document, get, is_added_up


def main_answer(document: Document) -> str:
    """Name the answer among those of other models.

    Examples
    --------
    >>> main_answer({"k": 5, "settings": {"model": "glmm"}})
    'Main answer (binomial–normal model)'
    >>> main_answer({"k": 1, "settings": {"model": "glmm"}, "pooled": {"ci_method": "clopper-pearson"}})
    'Main answer (the series’ own figure, exact interval)'
    >>> pooled = {"ci_method": "exact", "reporting": {"estimate": 0.0}}
    >>> main_answer({"k": 3, "settings": {"model": "glmm"}, "pooled": pooled})
    'Main answer (the sum of all series, exact interval)'
    """
    if get(document, "k") == 1:
        method = get(document, "pooled", "ci_method")
        how = "exact interval" if method in EXACT else f"interval: {ci_name(method)}" if method else "its own interval"
        return f"Main answer (the series’ own figure, {how})"
    if is_added_up(document):
        return "Main answer (the sum of all series, exact interval)"
    return f"Main answer ({model_name(get(document, 'settings', 'model'))})"
