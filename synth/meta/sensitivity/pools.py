"""What a tau2 method asks of pools."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from synth.meta.numeric.distributions import Floats
from synth.meta.sensitivity.rows import Sums


class Pools(Protocol):
    """Pools, whether their estimates have a common mean or a regression."""

    @property
    def k(self) -> Floats:
        """Number of studies that count, shape (rows,)."""

    @property
    def df(self) -> Floats:
        """Studies that count beyond the coefficients, shape (rows,)."""

    @property
    def v_min(self) -> Floats:
        """Smallest variance that counts."""

    @property
    def v_max(self) -> Floats:
        """Largest variance that counts."""

    @property
    def size(self) -> int:
        """How many numbers one trial value touches."""

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """Return some of the rows."""

    def mean_square(self) -> Floats:
        """Return the unweighted mean square of the residuals."""

    def sums(self, tau2: Floats, *, third: bool = False) -> Sums:
        """Return the weighted sums at `tau2`."""

    def log_likelihoods(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return the full and the restricted log-likelihood at `tau2`."""
