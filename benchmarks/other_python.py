"""Times and numbers of PyMARE or statsmodels: other_python.py TOOL FOLDER SECONDS TASK...

Run by the interpreter that has the tool, which may be of another environment: not a module of the package's own run.
Writes what metafor.R writes.
"""

from __future__ import annotations

import csv
import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from timing import best_of

Task = tuple[Callable[[], object], Callable[[], dict[str, float]]]


def pymare(y: np.ndarray, v: np.ndarray, method: str) -> Task:
    """Fit on an estimator of its own each time; what is compared is asked for once, outside the time."""
    from pymare.estimators import DerSimonianLaird, VarianceBasedLikelihoodEstimator

    column, spread, design = y[:, None], v[:, None], np.ones((y.size, 1))
    # as anybody types it; since 0.0.11 its standard error is that of Knapp and Hartung, before it was Wald's
    likelihood = method == "reml"

    def fit() -> object:
        estimator = VarianceBasedLikelihoodEstimator(method="REML") if likelihood else DerSimonianLaird()
        return estimator.fit(column, spread, design)

    def interval() -> object:
        return fit().summary().get_fe_stats()  # type: ignore[attr-defined]

    def check() -> dict[str, float]:
        summary = fit().summary()  # type: ignore[attr-defined]
        fixed = summary.get_fe_stats()
        return {"estimate": fixed["est"].item(), "se": fixed["se"].item(), "tau2": np.asarray(summary.tau2).item()}

    return interval if method == "dlinterval" else fit, check


def statsmodels(y: np.ndarray, v: np.ndarray, method: str) -> Task:
    """Combine effects by the moments of DerSimonian and Laird, the only method the two share."""
    from statsmodels.stats.meta_analysis import combine_effects

    def fit() -> object:
        return combine_effects(y, v, method_re="dl")

    def check() -> dict[str, float]:
        r = combine_effects(y, v, method_re="dl")
        return {"estimate": float(r.mean_effect_re), "se": float(r.sd_eff_w_re_hksj), "tau2": float(r.tau2)}

    return fit, check


def main() -> None:
    """Run the tasks named on the command line."""
    tool, folder, seconds, *tasks = sys.argv[1:]
    maker = {"pymare": pymare, "statsmodels": statsmodels}[tool]
    lines = [f"version\t{tool}\t{importlib.metadata.version(tool)}"]
    for task in tasks:
        method, k = task.rsplit("_", 1)
        with (Path(folder) / f"figures_{k}.csv").open(encoding="utf-8") as sheet:
            rows = list(csv.DictReader(sheet))
        fit, check = maker(np.array([float(r["y"]) for r in rows]), np.array([float(r["v"]) for r in rows]), method)
        lines += [f"{task}\t{name}\t{value:.17g}" for name, value in check().items()]
        lines.append(f"{task}\tseconds\t{best_of(fit, float(seconds)):.17g}")
    sys.stdout.write("\n".join(lines) + "\n")


main()
