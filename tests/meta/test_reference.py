"""Every number of every reference file that the inverse-variance kernel can compute, with none left out in silence."""

from __future__ import annotations

import collections
import math
import os
from pathlib import Path

import numpy as np
import pytest

from synth.meta.inverse.fit import pool_inverse
from tests.meta.comparison import compare

FOLDER = Path(os.environ.get("SYNTH_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "reference"
# conversions.json and known_deviations.json hold no studies; three measures have no study with an estimate (no "fits")
FILES = sorted(p.stem for p in FOLDER.glob("*.json") if p.stem not in ("conversions", "known_deviations")) or ["absent"]

ONE_STUDY = "one study: I2, H2, prediction and the residuals' scale are not defined; the reference prints 0, 1 or z"
NOT_FITTED = "the reference stopped without converging and holds null; there is an answer"
TWO_MODES = "the likelihood has two maxima; the reference has the lower one, at 0 (known_deviations.json)"
NO_DF = "k - 2 = 0 degrees of freedom: not defined; the reference takes 1"

# pattern of file:leaf, how many leaves deviate, why
DEVIATIONS: dict[str, tuple[int, str]] = {
    "edge_k1*:*.I2": (141, ONE_STUDY),
    "edge_k1*:*.H2": (141, ONE_STUDY),
    "edge_k1*:*.pi_*": (3024, ONE_STUDY),
    "edge_k1*:*.hk_s2w": (126, ONE_STUDY),
    "edge2_k1:*.I2": (45, ONE_STUDY),
    "edge2_k1:*.H2": (45, ONE_STUDY),
    "edge2_k1:*.pi_*": (832, ONE_STUDY),
    "edge2_k1:*.hk_s2w": (40, ONE_STUDY),
    "edge_gen_k1:*.I2": (11, ONE_STUDY),
    "edge_gen_k1:*.H2": (11, ONE_STUDY),
    "edge_gen_k1:*.pi_*": (160, ONE_STUDY),
    "edge_gen_k1:*.hk_s2w": (10, ONE_STUDY),
    "edge2_all_events:measures.??*.I2": (27, ONE_STUDY),
    "edge2_all_events:measures.??*.H2": (27, ONE_STUDY),
    "edge2_all_events:measures.??*.pi_*": (576, ONE_STUDY),
    "edge2_all_events:measures.??*.hk_s2w": (24, ONE_STUDY),
    "edge_k2_similar:*.leave1out.*.I2*": (16, ONE_STUDY),
    "edge_k2_similar:*.pi_riley_*": (336, NO_DF),
    "bin_fleiss1993:measures.PETO.fits.ML.*": (69, TWO_MODES),
    "bin_nielweise2007:measures.OR.sensitivity.cumul.REML_z.*": (5, NOT_FITTED),
    "prop_nielweise2007:measures.PLO.sensitivity.cumul.REML_z.*": (25, NOT_FITTED),
    "prop_nissen2007_mi:measures.PLO.sensitivity.leave1out.REML_*.*[[]7]": (16, NOT_FITTED),
    "prop_ursino2021:measures.PLO.sensitivity.cumul.REML_z.*": (15, NOT_FITTED),
}
PATTERNS = tuple(DEVIATIONS)
# counted when this test was written; fewer means that something is no longer compared
NUMBERS = 455_344


@pytest.mark.parametrize("name", FILES)
def test_file_agrees(name: str, shared: Path) -> None:
    """A number of this file is computed wrongly, or a result in it is compared with nothing."""
    result = compare(shared / "reference" / f"{name}.json", PATTERNS)
    assert not result.wrong, f"{len(result.wrong)} numbers disagree:\n" + "\n".join(result.wrong[:20])
    assert not result.missed, f"{len(result.missed)} leaves compared with nothing:\n" + "\n".join(result.missed[:20])
    assert result.done


def test_all_were_compared(shared: Path) -> None:
    """Fewer numbers are compared than there are, or a listed deviation is no longer one."""
    results = [compare(shared / "reference" / f"{name}.json", PATTERNS) for name in FILES]
    compared = sum(len(r.done) for r in results)
    deviating = collections.Counter(pattern for r in results for pattern, _ in r.deviations)
    worst: dict[str, tuple[float, str]] = {}
    for r in results:
        for leaf, share in r.worst.items():
            worst[leaf] = max(worst.get(leaf, (-1.0, "")), share)
    print(f"{compared} numbers compared in {len(results)} files, {sum(deviating.values())} listed deviations")  # noqa: T201
    for leaf, (share, where) in sorted(worst.items(), key=lambda item: -item[1][0])[:12]:
        print(f"  {leaf}: {share:.2g} of its tolerance at {where}")  # noqa: T201
    assert dict(deviating) == {pattern: count for pattern, (count, _) in DEVIATIONS.items()}
    assert compared >= NUMBERS


def test_an_answer_where_the_reference_has_none(shared: Path) -> None:
    """Where the reference did not converge our number would not be finite either."""
    results = [compare(shared / "reference" / f"{name}.json", PATTERNS) for name in FILES]
    seen = 0
    for r in results:
        for pattern, text in r.deviations:
            if DEVIATIONS[pattern][1] == NOT_FITTED:
                seen += 1
                assert math.isfinite(float(text.split(": ", 1)[1].split(" here")[0]))
    assert seen == 61


def test_the_higher_of_two_maxima() -> None:
    """The full likelihood of Fleiss's trials on the Peto scale, or of any data, would be left at a lower maximum."""
    # logLik 2.380434843 at 0.0076853 and 2.374156526 at 0; estimates as in the reference's bin_fleiss1993, measure PETO
    observed = [49, 44, 102, 32, 85, 246, 1570]
    treated = [615, 758, 832, 317, 810, 2267, 8587]
    dead = [67, 64, 126, 38, 52, 219, 1720]
    control = [624, 771, 850, 309, 406, 2257, 8600]
    a, n1, c, n2 = (np.array(x, dtype=float) for x in (observed, treated, dead, control))
    total, events = n1 + n2, a + c
    v = 1 / (n1 * n2 * events * (total - events) / (total**2 * (total - 1)))
    fit = pool_inverse((a - n1 * events / total) * v, v, tau2_method="ML")
    assert abs(float(fit.tau2) - 0.007685326233228472) < 1e-12
    assert abs(float(fit.log_likelihood_ml) - 2.380434843) < 1e-8
