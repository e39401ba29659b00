"""Other people's numbers, on purpose: what well-known programs and handbooks do, in the settings of this package.

A preset is a set of settings, not a program of its own: whatever comes out is computed by the same kernels. Where a
program's own arithmetic differs from what its settings say (convergence thresholds, seven quadrature nodes), that is in
the table of differences in ``docs/methods.md``, and is not imitated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from ...errors import SettingsError
from ..measures.effects import MEASURES
from ..measures.effects import measure as find_measure
from ..settings import MODELS, known

PROPORTION: Final = "proportion"
KINDS: Final = tuple(dict.fromkeys(m.kind for m in MEASURES.values()))


@dataclass(frozen=True)
class Preset:
    """Settings under a name.

    Attributes
    ----------
    label : str
        For a row of a table.
    imitates : str
        Whose numbers these are.
    source : str
        Where their settings are written down.
    proportions : mapping
        Settings of :func:`synth.meta.pool` for single-arm proportions.
    others : mapping or None
        The same for every other kind of data, where the measure stays the person's choice; ``None`` where the program
        knows proportions only.
    """

    label: str
    imitates: str
    source: str
    proportions: Mapping[str, str]
    others: Mapping[str, str] | None


def _settings(**words: str) -> Mapping[str, str]:
    return MappingProxyType(words)


_COCHRANE: Final = {
    "model": "inverse", "effects": "random", "tau2_method": "REML", "ci_method": "hksj", "prediction": "t",
    "i2_method": "tau2",
}  # fmt: skip
_REVMAN5: Final = {
    "model": "inverse", "effects": "random", "tau2_method": "DL", "ci_method": "wald", "prediction": "none",
    "i2_method": "q",
}  # fmt: skip
_METAFOR: Final = {
    "model": "inverse", "effects": "random", "tau2_method": "REML", "ci_method": "wald", "prediction": "normal",
    "i2_method": "tau2",
}  # fmt: skip

PRESETS: Final[Mapping[str, Preset]] = MappingProxyType({
    "synth": Preset(
        "synth",
        "this program's defaults",
        "docs/methods.md",
        _settings(
            measure="PLOGIT", model="glmm", effects="random", ci_method="auto", prediction="t", i2_method="tau2"
        ),
        _settings(ci_method="auto", prediction="t", i2_method="tau2"),
    ),
    "cochrane": Preset(
        "Cochrane (RevMan since 2025)",
        "Cochrane's random-effects methods for intervention reviews: REML, Hartung-Knapp-Sidik-Jonkman without a "
        "floor, Q-profile interval for tau2, prediction interval, I2 from tau2",
        "Cochrane Methods, Random-effects meta-analysis methods for Intervention Reviews (methods.cochrane.org, "
        "updates of May 2024 and January 2025); Cochrane Handbook, version 6.5, chapter 10. RevMan has no proportions "
        "of one arm: its generic inverse variance on the logit is meant",
        _settings(measure="PLOGIT", **_COCHRANE),
        _settings(**_COCHRANE),
    ),
    "revman5": Preset(
        "Review Manager 5",
        "Cochrane's Review Manager 5 with random effects and inverse variance: DerSimonian-Laird, Wald, I2 from Q, no "
        "prediction interval",
        'R package meta, ?settings.meta, "RevMan5": method.tau = "DL" and method.random.ci = "classic", each "only '
        'available method in RevMan 5", prediction = FALSE. Proportions of one arm by generic inverse variance on the '
        "logit",
        _settings(measure="PLOGIT", **_REVMAN5),
        _settings(**_REVMAN5),
    ),
    "meta": Preset(
        "R meta 8",
        "the defaults of R's meta 8: metaprop() by a generalised linear mixed model with a Wald interval; other "
        "functions by inverse variance with REML and a Wald interval; I2 from Q; prediction intervals, where asked "
        "for, with k - 1 degrees of freedom",
        "R package meta 8.4: ?metaprop (method, method.tau), ?settings.meta (method.tau = REML, method.random.ci = "
        'classic, method.I2 = Q, method.predict = "V")',
        _settings(
            measure="PLOGIT", model="glmm", effects="random", tau2_method="ML", ci_method="wald", prediction="t",
            i2_method="q",
        ),
        _settings(
            model="inverse", effects="random", tau2_method="REML", ci_method="wald", prediction="t", i2_method="q"
        ),
    ),
    "metafor": Preset(
        "metafor rma()",
        "the defaults of metafor's rma(): REML, normal quantiles for the mean and for a new study, I2 from tau2, 1/2 "
        "added to the cells of studies with a zero",
        'R package metafor 5.1: ?rma.uni (method = "REML", test = "z"), ?escalc (add = 1/2, to = "only0"), '
        '?predict.rma. rma() has no default measure; for proportions measure = "PLO" is meant',
        _settings(measure="PLOGIT", **_METAFOR),
        _settings(**_METAFOR),
    ),
    "stata-metaprop": Preset(
        "Stata metaprop, ftt random",
        "Stata's metaprop as it is mostly reported, with its options ftt and random: Freeman-Tukey double arcsine, "
        "DerSimonian-Laird, Wald, I2 from Q, back at the harmonic mean of the sizes",
        "Nyaga, Arbyn and Aerts (2014), Archives of Public Health 72:39; help metaprop (SSC, 18 November 2013)",
        _settings(measure="PFT", **_REVMAN5),
        None,
    ),
})  # fmt: skip


def preset_settings(name: str, kind: str = PROPORTION, **own: Any) -> dict[str, Any]:
    """Return the settings that a preset stands for, with a person's own on top.

    Parameters
    ----------
    name : str
        A key of :data:`PRESETS`.
    kind : str
        What is pooled, as in ``measure(...).kind``: "proportion", "two proportions", "two means", ...
    **own
        Settings of :func:`synth.meta.pool` that go before the preset's; ``None`` counts as not given. Where an own
        measure, model or common effect leaves a word of the preset without meaning, that word is dropped, as the
        program itself would: R's ``metaprop(sm = "PAS")`` pools by inverse variance, and its
        ``metabin(method = "GLMM")``, which is ``model="glmm-um-fs"`` here, keeps the Wald interval.

    Returns
    -------
    dict
        Keywords for :func:`synth.meta.pool`.

    Raises
    ------
    SettingsError
        No such preset or kind, or a preset that does not know this kind of data.

    Examples
    --------
    >>> preset_settings("revman5", "two proportions")["tau2_method"]
    'DL'
    >>> preset_settings("meta", "two proportions", model="glmm-um-fs")["ci_method"]
    'wald'
    >>> preset_settings("meta", measure="PAS")
    {'measure': 'PAS', 'effects': 'random', 'ci_method': 'wald', 'prediction': 't', 'i2_method': 'q'}
    """
    preset = PRESETS[known("preset", name, tuple(PRESETS))]
    kind = known("kind of data", kind, KINDS)
    words = preset.proportions if kind == PROPORTION else preset.others
    if words is None:
        raise SettingsError(
            f"{preset.label} pools proportions of one arm only. Use --preset revman5 for its DL and Wald."
        )
    out: dict[str, Any] = dict(words)
    own = {key: value for key, value in own.items() if value is not None}
    if "measure" in own:
        fits = MODELS[out["model"]].measures if "model" in out else ()
        if fits and find_measure(own["measure"]).name not in fits:
            for word in ("model", "tau2_method"):
                out.pop(word, None)
    if own.get("model", out.get("model")) != out.get("model"):
        # What the program does under another model of its own: its estimator of tau2 goes, its interval stays.
        rules = MODELS[known("model", own["model"], tuple(MODELS))]
        out.pop("tau2_method", None)
        for word, words_there in (("effects", rules.effects), ("ci_method", rules.ci)):
            if out.get(word) not in words_there:
                out.pop(word, None)
    if own.get("effects") == "common":
        out.pop("tau2_method", None)
        if str(out.get("ci_method", "")).startswith("hksj"):
            out.pop("ci_method")
    out.update(own)
    return out
