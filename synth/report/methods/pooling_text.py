"""How the pool was made, as the methods section of a manuscript says it: only what the document says was done."""

from __future__ import annotations

import re

from ..words import counts, plain, quantity
from ..words.doubt import own_rows_left_out
from ..words.names import ci_name, look_up, tau2_name
from ..words.phrases import joined
from ..words.reading import Document, get, items, level, outcome_label, text, whole
from . import sources
from .draft import Said
from .model_text import code, is_common


def outcome(document: Document) -> list[Said]:
    """Say what was counted or measured, of whom, and what made a study ineligible for this pool."""
    label, arms = outcome_label(document), counts.arms(document)
    said = []
    definition = plain.clause(get(document, "outcome_info", "definition"))
    when = plain.clause(get(document, "outcome_info", "time_point"))
    about = f"The outcome was “{label}”"
    if definition:
        about += f", defined as: {definition[:1].lower() + definition[1:] if definition[1:2].islower() else definition}"
    if when and when.lower() not in about.lower():
        about += f" (time point: {when})"
    said.append(Said(f"{about}."))
    shown = quantity.of(document)
    if arms:
        said.append(Said(f"The effect measure was the {shown.name}, of {arms[0]} against {arms[1]}."))
    else:
        arm = text(document, "arm", "label")
        said.append(Said(f"The summary measure was the {shown.name}{f' in one arm ({arm})' if arm else ''}."))
    if own_rows_left_out(document):
        said.append(Said("Results that could not be used for this outcome were left out, with the reason."))
    return said


def heterogeneity(document: Document) -> list[Said]:
    """Say how the variance between studies was estimated and tested, and what Q, I² and H² are."""
    said: list[Said] = []
    if (get(document, "k") or 0) < 2:
        return said
    method = get(document, "tau2", "method") or get(document, "settings", "tau2_method")
    if get(document, "tau2", "value") is not None and not is_common(document) and method:
        mixed = text(document, "settings", "model").startswith("glmm")
        said.append(
            Said(
                "The between-study variance (τ²) was estimated together with the pooled value, by maximum likelihood."
                if mixed
                else f"The between-study variance (τ²) was estimated by {_by(tau2_name(method))}.",
                () if mixed else look_up(sources.TAU2, method),
            )
        )
        how = code(document, "tau2", "ci_method")
        if how and (get(document, "tau2", "ci_low") is not None or get(document, "tau2", "ci_high") is not None):
            said.append(_tau2_interval(document, how))
        if "likelihood" in text(document, "tau2", "test", "method"):
            said.append(
                Said(
                    "The hypothesis τ² = 0 was tested by the likelihood ratio; because τ² cannot be negative, the "
                    "p-value comes from an equal mixture of a point mass at 0 and χ² with one degree of freedom.",
                    ("self1987",),
                )
            )
    het = get(document, "heterogeneity")
    if get(het, "q") is not None:
        said.append(_q(document))
    if get(het, "i2") is not None:
        # What the number was made from stands beside it: a common effect has no τ², whatever was asked for.
        source = (text(het, "i2_method") or text(document, "settings", "i2_method")).lower()
        made = "τ² and the typical within-study variance" if "tau2" in source or not source else "Q"
        h2 = " and H²" if get(het, "h2") is not None else ""
        said.append(Said(f"I²{h2} {'were' if h2 else 'was'} worked out from {made}.", ("higgins2002",)))
    return said


def _tau2_interval(document: Document, how: str) -> Said:
    if "credible" in how:
        return Said(f"Its {level(document)} interval is the central credible one.")
    if "q-profile" in how:
        named, key = "the Q-profile method", "viechtbauer2007"
    else:
        named, key = "profile likelihood", "hardy1996"
    return Said(f"Its {level(document)} confidence interval was found by {named}.", (key,))


def _by(name: str) -> str:
    if name == "posterior median":
        return "the median of its posterior distribution"
    methods = {"DerSimonian–Laird", "Paule–Mandel", "Sidik–Jonkman", "Hunter–Schmidt", "Hedges"}
    if name in methods:
        return f"the {name} method"
    if name.startswith("Hunter–Schmidt with"):
        return "the Hunter–Schmidt method with its small-sample correction"
    return "the median-unbiased Paule–Mandel method" if name.startswith("Paule–Mandel at") else name


def _q(document: Document) -> Said:
    how, own = text(document, "heterogeneity", "q_method"), quantity.of(document).name
    if "likelihood" in how.lower():
        return Said(
            f"Heterogeneity was tested by the likelihood ratio (Q) of one common {own} against one for each study."
        )
    if "cochran" in how.lower():
        return Said("Heterogeneity was tested by Cochran’s Q.", ("cochran1954",))
    return Said(f"Heterogeneity was tested by Q ({plain.clause(how)})." if how else "Heterogeneity was tested by Q.")


_LIMITS = {
    "profile": "is the profile-likelihood interval",
    "wald": "is the Wald interval with quantiles of the normal distribution",
    "hksj": "is that of Hartung, Knapp, Sidik and Jonkman, without modification",
    "hksj-adhoc": "is that of Hartung, Knapp, Sidik and Jonkman, with its variance never taken below the "
    "conventional one (ad hoc correction)",
    "credible": "is the central credible interval of the posterior distribution",
}


def intervals(document: Document) -> list[Said]:
    """Say what the interval of the pooled value and those of the studies are."""
    said: list[Said] = []
    used = code(document, "pooled", "ci_method") or code(document, "settings", "ci_method")
    reporting = get(document, "pooled", "reporting")
    has_limits = get(reporting, "ci_low") is not None or get(reporting, "ci_high") is not None
    if (get(document, "k") or 0) > 1 and used and has_limits:
        said.append(_pooled_interval(document, used))
    own = code(document, "settings", "study-ci-method") or code(document, "settings", "study_ci_method")
    if own:
        named, keys = _study_interval(document, own)
        one = (get(document, "k") or 0) == 1
        said.append(
            Said(f"Its {level(document)} confidence interval is {named}." if one else
                 f"Each study is shown with {named} at the {level(document)} level.", keys)
        )  # fmt: skip
    return said


def _pooled_interval(document: Document, used: str) -> Said:
    shown = quantity.of(document)
    kind = "credible" if used == "credible" else "confidence"
    start = f"The {level(document)} {kind} interval of the pooled {shown.name}"
    if used == "t":
        df = whole(get(document, "pooled", "df"))
        on = f" with {df} degree{'' if df == 1 else 's'} of freedom" if df is not None else ""
        return Said(f"{start} uses the t distribution{on}.", sources.INTERVALS["t"])
    if used in {"exact", "clopper-pearson"}:
        if shown.name == "rate":
            return Said(f"{start} is the exact Poisson interval of the sum.", ("garwood1936",))
        if shown.kind == "ratio":
            return Said(f"{start} is exact, given the events of both arms, under one {shown.name} for all studies.")
        return Said(f"{start} is the exact binomial (Clopper–Pearson) interval of the sum.", ("clopper1934",))
    keys = () if used == "wald" else sources.INTERVALS.get(used, ())
    return Said(f"{start} {_LIMITS.get(used) or f'is by {ci_name(used)}'}.", keys)


def _study_interval(document: Document, used: str) -> tuple[str, tuple[str, ...]]:
    if used == "exact":
        return "the exact Poisson interval", ("garwood1936",)
    if used == "wald" and quantity.of(document) != quantity.PROPORTION:
        return "the interval that its standard error gives under normality", ()
    named = {"clopper-pearson": "the exact binomial (Clopper–Pearson) interval"}.get(used)
    return named or f"the {ci_name(used)} interval", sources.STUDY_INTERVALS.get(used, ())


def prediction(document: Document) -> list[Said]:
    """Say how the prediction interval was made, where there is one."""
    if get(document, "prediction", "reporting", "ci_low") is None or (get(document, "k") or 0) < 2:
        return []
    method = code(document, "prediction", "method")
    start = f"A {level(document)} prediction interval, for the true value in a new study, was made"
    start = start.replace("A 8", "An 8")
    df = whole(get(document, "prediction", "df"))
    on = f" with {df} degree{'' if df == 1 else 's'} of freedom" if df is not None else ""
    if method == "bootstrap":
        draws = get(document, "prediction", "draws")
        drawn = f" of {draws:,} draws".replace(",", "\u202f") if draws else ""
        return [Said(f"{start} by a parametric bootstrap{drawn} that takes in the uncertainty of τ².",
                     sources.PREDICTIONS["bootstrap"])]  # fmt: skip
    if method == "normal":
        return [Said(f"{start} with quantiles of the normal distribution.", ("higgins2009",))]
    if method in {"t", "hts"}:
        return [Said(f"{start} with quantiles of the t distribution{on}.", sources.PREDICTIONS[method])]
    if "posterior" in method:
        return [Said(f"{start} from the posterior predictive distribution.", sources.MODELS["bayes"])]
    return [Said(f"{start} from the fitted model.")]


def comparators(document: Document) -> list[Said]:
    """Say what was done with the arms that are not pooled, where there is anything to show of them."""
    blocks = [block for block in items(document, "comparators") if items(block, "studies")]
    if not blocks:
        return []
    names = [text(block, "arm", "label") or text(block, "arm", "id") or "another arm" for block in blocks]
    several = [name for block, name in zip(blocks, names, strict=True) if (get(block, "k") or 0) > 1]
    quoted = joined([f"“{name}”" for name in names])
    arms = f"the other {'arm' if len(names) == 1 else 'arms'} ({quoted})"
    if not several:
        said = f"Results of {arms} are given as context"
    elif len(several) == len(names):
        said = f"Results of {arms} were pooled separately, with the same settings, as context"
    else:
        said = f"Results of {arms} are given as context, pooled separately where there are two studies or more"
    return [Said(f"{said}; no difference between arms was estimated.")]


def seed_of(how: str) -> int | None:
    """Find the seed in the words that say how a permutation test was made.

    Examples
    --------
    >>> seed_of("5,000 arrangements of the studies drawn with seed 7, by Q"), seed_of("20 arrangements, all there are")
    (7, None)
    """
    found = re.search(r"drawn with seed (\d+)", how)
    return int(found.group(1)) if found else None


def software(document: Document) -> list[Said]:
    """Say what computed it."""
    named = " ".join(filter(None, (text(document, "generator", key) for key in ("name", "version"))))
    said = [Said(f"All computations were made with {named or 'synth'}.")]
    seeds = joined([f"{what} (seed {seed})" for what, seed in drawn(document)])
    if seeds:
        said.append(Said(f"Random numbers were drawn for {seeds}."))
    return said


def drawn(document: Document) -> list[tuple[str, int]]:
    """Return what was drawn at random, each with its seed.

    Examples
    --------
    >>> drawn({"prediction": {"seed": 1}}), drawn({})
    ([('the bootstrap prediction interval', 1)], [])
    """
    found = get(document, "analyses")
    seeds = [
        ("the bootstrap prediction interval", get(document, "prediction", "seed")),
        ("the sample of subsets", get(found, "gosh", "seed")),
        ("the permutation test of subgroups", seed_of(text(found, "subgroups", "permutation"))),
        ("the permutation test of moderators", seed_of(text(found, "regression", "permutation"))),
    ]
    return [(what, seed) for what, seed in seeds if seed is not None]
