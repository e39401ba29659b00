"""Studies made up by hypothesis, and how it is run here."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# the same examples every time: a failure here is the code's, never the day's
BOUNDED = settings(derandomize=True, max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def studies(draw: st.DrawFn, least: int = 2, most: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and variances: variances over up to six decades, heterogeneity from none to ten typical variances."""
    k = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    v = 10.0 ** rng.uniform(-draw(st.floats(0.0, 6.0)), 0.0, k)
    tau = draw(st.sampled_from([0.0, 0.1, 1.0, 3.0]))
    y = rng.normal(0.0, np.sqrt(v + tau * tau * np.median(v)))
    if draw(st.booleans()):
        y = np.round(y, 1)  # ties
    return y, v
