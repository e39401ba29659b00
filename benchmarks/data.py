"""The data sets, made up once and for all from fixed seeds, and written so that R reads the same digits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BATCH = (10_000, 10)


@dataclass(frozen=True, eq=False)
class Figures:
    """Studies of 20 to 300 patients around a proportion of 15 %, with a tau of 0.6 on the logit.

    Attributes
    ----------
    events, total : ndarray, shape (k,)
        Whole numbers, as floats.
    y, v : ndarray, shape (k,)
        Logits and their variances; 0.5 is added to both cells of a study that has an empty one.
    """

    events: Floats
    total: Floats
    y: Floats
    v: Floats


def figures(k: int) -> Figures:
    """Make the data set of `k` studies, the same on every call.

    Examples
    --------
    >>> figures(3).total
    array([ 25.,  38., 175.])
    """
    rng = np.random.default_rng(k)
    total = np.asarray(np.round(np.exp(rng.uniform(np.log(20.0), np.log(300.0), k))), dtype=np.float64)
    proportion = 1.0 / (1.0 + np.exp(-(-1.7 + 0.6 * rng.standard_normal(k))))
    events = rng.binomial(total.astype(np.int64), proportion).astype(np.float64)
    add = np.where((events == 0) | (events == total), 0.5, 0.0)
    a, b = events + add, total - events + add
    return Figures(events, total, np.log(a / b), 1.0 / a + 1.0 / b)


def write(folder: Path, k: int) -> Path:
    """Write ``figures_K.csv`` into `folder`, with y and v at 17 digits."""
    path = folder / f"figures_{k}.csv"
    f = figures(k)
    lines = ["study,events,total,y,v"]
    for i, (x, n, y, v) in enumerate(zip(f.events, f.total, f.y, f.v, strict=True), start=1):
        lines.append(f"Study {i},{x:.0f},{n:.0f},{y:.17g},{v:.17g}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
