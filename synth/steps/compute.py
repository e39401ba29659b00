"""Join the rooms: rows selected from the sheets, pooled by the mathematics, told as one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from .. import meta
from ..errors import NothingToPool
from ..extract import Extracted, Figure, Selection, select
from ..report import document as documents
from ..workspace import Outcome, Workspace, digest
from .run import Document


@dataclass(frozen=True)
class PoolOptions:
    """How to pool; every field means what it means in :func:`synth.meta.pool_proportions`.

    Examples
    --------
    >>> PoolOptions(ci_method="profile").flags()
    {'--ci': 'profile'}
    """

    measure: str = "PLOGIT"
    model: str = "glmm"
    effects: str = "random"
    tau2_method: str | None = None
    ci_method: str = "auto"
    level: float = 0.95
    study_ci: str = "clopper-pearson"

    def flags(self) -> dict[str, str]:
        """Give the options of ``synth pool`` that are not at their defaults."""
        names = {"tau2_method": "--tau2", "ci_method": "--ci", "study_ci": "--study-ci"}
        return {
            names.get(field.name, f"--{field.name}"): str(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }


@dataclass(frozen=True)
class _Set:
    """A way to leave rows out on purpose, to see whether the answer hangs on them."""

    id: str
    label: str
    why: str
    keeps: Mapping[str, bool]


def pool_figures(figures: Sequence[Figure], options: PoolOptions) -> meta.PoolResult:
    """Pool rows that were selected."""
    return meta.pool_proportions(
        [figure.events for figure in figures],
        [figure.total for figure in figures],
        [figure.study for figure in figures],
        measure=options.measure,
        model=options.model,
        effects=options.effects,
        tau2_method=options.tau2_method,
        ci_method=options.ci_method,
        level=options.level,
        study_ci=options.study_ci,
    )
