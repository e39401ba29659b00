"""What can be asked of a pool, what goes together, and what is nearest where it does not.

The words are those of the command line and of the glossary; every refusal says why and names a choice that works.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import SettingsError
from .inverse.tau2 import METHODS as TAU2_METHODS
from .measures.base import Measure
from .measures.effects import measure as find_measure
from .measures.study_intervals import METHODS as STUDY_INTERVALS
from .measures.zero_cells import POLICIES
from .results import Settings

EFFECTS: Final = ("random", "common")
PREDICTIONS: Final = ("t", "hts", "normal", "bootstrap", "none")
TAU2_CIS: Final = ("q-profile", "profile")
I2_METHODS: Final = ("tau2", "q")
_NEEDED: Final = ("measure", "ci_method", "prediction", "i2_method")


@dataclass(frozen=True)
class Model:
    """A way of pooling, and the choices that go with it.

    Attributes
    ----------
    label : str
        For a sentence.
    measures : tuple of str
        Measures that it works on; empty for all.
    effects, tau2, ci : tuple of str
        Possible words; the first is the default (``ci``: what ``auto`` may stand for is the model's own affair).
    """

    label: str
    measures: tuple[str, ...]
    effects: tuple[str, ...]
    tau2: tuple[str, ...]
    ci: tuple[str, ...]


_LIKELIHOOD: Final = ("auto", "t", "profile", "wald")
MODELS: Final[dict[str, Model]] = {
    "glmm": Model("binomial-normal model", ("PLOGIT", "OR", "IRLN", "IRR"), EFFECTS, ("ML",), _LIKELIHOOD),
    "glmm-um-fs": Model("mixed model with fixed study levels", ("OR", "IRR"), EFFECTS, ("ML",), _LIKELIHOOD),
    "glmm-cm-el": Model("exact conditional mixed model", ("OR", "IRR"), EFFECTS, ("ML",), _LIKELIHOOD),
    "glmm-cm-al": Model("approximate conditional mixed model", ("OR",), EFFECTS, ("ML",), _LIKELIHOOD),
    "inverse": Model(
        "inverse-variance model",
        (),
        EFFECTS,
        tuple(TAU2_METHODS),
        ("auto", "hksj-adhoc", "hksj", "t", "wald", "profile"),
    ),
    "mh": Model("Mantel-Haenszel method", ("OR", "RR", "RD", "IRR", "IRD"), ("common",), (), ("auto", "wald")),
    "peto": Model("Peto's method", ("PETO",), ("common",), (), ("auto", "wald")),
    "beta-binomial": Model("beta-binomial model", ("PLOGIT",), ("random",), (), _LIKELIHOOD),
    "bayes": Model("Bayesian binomial-normal model", ("PLOGIT",), ("random",), (), ("auto", "credible")),
}


def known(kind: str, value: str, words: Sequence[str]) -> str:
    """Return `value` as it is spelt in `words`, whatever its case.

    Raises
    ------
    SettingsError
        It is not among them; the nearest is named.

    Examples
    --------
    >>> known("model", "GLMM", ["glmm", "inverse"])
    'glmm'
    """
    folded = {word.lower(): word for word in words}
    if value.lower() in folded:
        return folded[value.lower()]
    near = difflib.get_close_matches(value.lower(), folded, n=1)
    hint = f' Did you mean "{folded[near[0]]}"?' if near else ""
    raise SettingsError(f'There is no {kind} "{value}".{hint} There are: {", ".join(words)}.')


def is_glmm(model: str) -> bool:
    """Whether a model is one of the mixed models of counts, fitted by maximum likelihood."""
    return model.startswith("glmm")


def model_label(model: str, measure: str) -> str:
    """What a model is called in a sentence: it depends on what is pooled.

    Examples
    --------
    >>> model_label("glmm", "OR"), model_label("glmm", "IRR")
    ('binomial-normal model', 'Poisson-normal model')
    """
    return "Poisson-normal model" if model == "glmm" and measure in ("IRLN", "IRR") else MODELS[model].label


def default_model(name: str) -> str:
    """The model that a measure is pooled by unless another is asked for."""
    return {"PLOGIT": "glmm", "PETO": "peto"}.get(name, "inverse")


def make_settings(
    measure: str,
    *,
    model: str | None = None,
    effects: str | None = None,
    tau2_method: str | None = None,
    ci_method: str = "auto",
    prediction: str = "t",
    level: float = 0.95,
    study_ci: str | None = None,
    zero_cells: str | None = None,
    i2_method: str = "tau2",
    tau2_ci: str | None = None,
    seed: int = 1,
) -> Settings:
    """Check what is asked for and fill in the rest.

    Parameters
    ----------
    measure, model, effects, tau2_method, ci_method, prediction, level, study_ci, zero_cells, i2_method, tau2_ci, seed
        As for :func:`synth.meta.pool`.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        A word that is not known, or words that do not go together; with the reason and the nearest that does.
    UnknownName
        A measure that is not known.

    Examples
    --------
    >>> make_settings("PAS").model, make_settings("PLOGIT").tau2_method
    ('inverse', 'ML')
    """
    for name, word in (("measure", measure), ("model", model), ("effects", effects), ("tau2_method", tau2_method),
                       ("ci_method", ci_method), ("prediction", prediction), ("study_ci", study_ci),
                       ("zero_cells", zero_cells), ("i2_method", i2_method), ("tau2_ci", tau2_ci)):  # fmt: skip
        if not isinstance(word, str | None) or (word is None and name in _NEEDED):
            raise SettingsError(f"{name} is a word, such as those listed in the documentation, and {word!r} is none.")
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise SettingsError(
            f"A confidence level is a number between 0 and 1, and {level!r} is none. Did you mean 0.95?"
        )
    if not 0.0 < level < 1.0:
        raise SettingsError(f"A confidence level lies between 0 and 1, and {level} does not. Did you mean 0.95?")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise SettingsError(f"A seed is a whole number from 0 on, and {seed!r} is none. Did you mean 1?")
    scale = find_measure(measure)
    model = known("model", default_model(scale.name) if model is None else model, tuple(MODELS))
    if model == "peto" and scale.name == "OR":
        scale = find_measure("PETO")
    _fits_measure(model, scale)
    rules = MODELS[model]
    effects = known("effects", rules.effects[0] if effects is None else effects, EFFECTS)
    if effects not in rules.effects:
        other = "inverse" if effects == "random" else "inverse or glmm"
        raise SettingsError(
            f"The {rules.label} (--model {model}) has {rules.effects[0]} effects only. "
            f"Leave --effects out, or use --model {other}."
        )
    likelihood = model == "inverse" and effects == "random" and tau2_method is None and ci_method.lower() == "profile"
    tau2_method = "ML" if likelihood else _tau2(model, rules, effects, tau2_method)
    ci_method = _ci(model, rules, effects, ci_method)
    _profiles(model, ci_method, tau2_method)
    prediction = _prediction(model, effects, prediction)
    return Settings(
        measure=scale.name,
        model=model,
        effects=effects,
        tau2_method=tau2_method,
        ci_method=ci_method,
        ci_requested=ci_method,
        prediction_method=prediction,
        study_ci_method=_study_ci(scale, study_ci),
        level=level,
        i2_method=known("definition of I2", i2_method, I2_METHODS),
        zero_cells=_zero_cells(model, scale, zero_cells),
        scale=scale.scale,
        reporting=scale.reporting,
        tau2_ci=_tau2_ci(model, effects, tau2_method, tau2_ci),
        seed=seed if prediction == "bootstrap" else None,
    )


def _fits_measure(model: str, scale: Measure) -> None:
    rules = MODELS[model]
    if not rules.measures or scale.name in rules.measures:
        return
    fitting = [name for name in rules.measures if find_measure(name).kind == scale.kind]
    instead = f"Use --measure {' or '.join(fitting)}, or " if fitting else "Use "
    raise SettingsError(
        f"The {rules.label} (--model {model}) does not work with {scale.name} ({scale.label}). "
        f"{instead}--model {default_model(scale.name)} --measure {scale.name}."
    )


def _tau2(model: str, rules: Model, effects: str, asked: str | None) -> str | None:
    method = None if asked is None else known("tau2 method", asked, tuple(TAU2_METHODS))
    if method is not None and effects == "common":
        instead = "--effects random" if "random" in rules.effects else "--model inverse"
        raise SettingsError(
            f"A common effect has no tau2, so {method} has nothing to estimate. Leave --tau2 out, or use {instead}."
        )
    if method is not None and method not in rules.tau2:
        own = f" is fitted by maximum likelihood, not with {method}. Use --tau2 ML" if rules.tau2 else (
            " has no choice of tau2 methods. Leave --tau2 out"
        )  # fmt: skip
        raise SettingsError(f"The {rules.label} (--model {model}){own}, or --model inverse --tau2 {method}.")
    if effects == "common" or not rules.tau2:
        return None
    return method or ("REML" if model == "inverse" else rules.tau2[0])


def _ci(model: str, rules: Model, effects: str, asked: str) -> str:
    every = sorted({word for each in MODELS.values() for word in each.ci})
    method = known("interval (--ci)", asked, every)
    if method not in rules.ci:
        other = next(name for name, each in MODELS.items() if method in each.ci)
        nearest = rules.ci[1]
        raise SettingsError(
            f"The {method} interval does not go with --model {model}. Use --ci {nearest} (possible: "
            f"{', '.join(rules.ci)}), or --model {other}."
        )
    if effects == "common" and method in ("profile", "hksj", "hksj-adhoc"):
        raise SettingsError(f"The {method} interval belongs to random effects. Use --ci wald, or --effects random.")
    return method


def _profiles(model: str, ci_method: str, tau2_method: str | None) -> None:
    if model == "inverse" and ci_method == "profile" and tau2_method != "ML":
        raise SettingsError(
            f"The profile interval of the pooled estimate is that of maximum likelihood, and {tau2_method} is not. "
            "Use --tau2 ML with it (or leave --tau2 out), or --ci hksj-adhoc."
        )


def _prediction(model: str, effects: str, asked: str) -> str:
    method = known("prediction interval", asked, PREDICTIONS)
    if method == "bootstrap" and (model != "inverse" or effects == "common"):
        what = f"--model {model}" if model != "inverse" else "--effects common"
        raise SettingsError(
            f"The bootstrap prediction interval is made from estimates with their variances, not by {what}. Use "
            "--prediction t, or --prediction bootstrap --model inverse --effects random."
        )
    return method


def _tau2_ci(model: str, effects: str, tau2_method: str | None, asked: str | None) -> str | None:
    own = None
    if effects == "random":
        own = "profile" if is_glmm(model) else {"inverse": "q-profile"}.get(model)
    if asked is None:
        return own
    method = known("interval for tau2 (--tau2-ci)", asked, TAU2_CIS)
    if own is None:
        why = "A common effect has no tau2" if effects == "common" else f"--model {model} gives no interval for tau2"
        raise SettingsError(f"{why}. Leave --tau2-ci out, or use --model inverse --effects random.")
    if is_glmm(model) and method != "profile":
        raise SettingsError(
            f"The {MODELS[model].label} (--model {model}) has the profile-likelihood interval for tau2. Use --tau2-ci "
            f"profile, or --model inverse --tau2-ci {method}."
        )
    if method == "profile" and tau2_method not in ("ML", "REML"):
        raise SettingsError(
            f"A profile likelihood needs tau2 by REML or ML, not by {tau2_method}. Use --tau2 REML --tau2-ci profile, "
            "or --tau2-ci q-profile."
        )
    return method


def _study_ci(scale: Measure, asked: str | None) -> str:
    if scale.kind == "proportion":
        return known("study interval", "clopper-pearson" if asked is None else asked, tuple(STUDY_INTERVALS))
    own = "exact" if scale.kind == "rate" else "wald"
    if asked is not None and asked.lower() != own:
        raise SettingsError(f"Studies of this kind ({scale.label}) get the {own} interval. Leave --study-ci out.")
    return own


def _zero_cells(model: str, scale: Measure, asked: str | None) -> str:
    if asked is None:
        return scale.policy if scale.corrected and model == "inverse" else "none"
    policy = known("zero-cell policy", asked, POLICIES)
    if model not in ("inverse", "mh") or not scale.corrected:
        raise SettingsError(
            f"Nothing is added to zero cells by --model {model} with {scale.name}. Leave --zero-cells out."
        )
    return policy
