"""The document: one pooled outcome with everything around it, as plain data.

It is the contract between the mathematics and every way of showing it: the page, the terminal and ``--json`` all start
from here. Proportions, weights, I2 and levels are fractions at full precision; undefined is ``None`` with a reason, put
beside it by :mod:`.undefined`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...meta.results import PoolResult, Study
from . import undefined, undefined_analyses

SCHEMA = "synth.pool/1"

Json = dict[str, Any]


def build(
    *,
    outcome: str,
    outcome_info: Mapping[str, Any],
    arm: Mapping[str, Any] | None,
    result: PoolResult,
    provenance: Sequence[Mapping[str, Any]],
    descriptors: Sequence[Mapping[str, Any] | None],
    arms: Sequence[Mapping[str, Any]] | None = None,
    provenance_2: Sequence[Mapping[str, Any]] | None = None,
    preset: str | None = None,
    analyses: Mapping[str, Any] | None = None,
    risk_of_bias: Mapping[str, Any] | None = None,
    risk_of_bias_reason: str | None = None,
    excluded: Iterable[Mapping[str, Any]] = (),
    sensitivity: Iterable[Mapping[str, Any]] = (),
    comparators: Iterable[Mapping[str, Any]] = (),
    review: Mapping[str, Any] | None = None,
    notes: Iterable[str] = (),
    inputs: Iterable[Mapping[str, str]] = (),
    command: str = "",
    version: str = "",
) -> Json:
    """Put one outcome together.

    Parameters
    ----------
    outcome : str
        Identifier of the outcome.
    outcome_info : mapping
        ``label``, ``definition``, ``time_point``, ``direction`` and ``predicate``.
    arm : mapping or None
        ``id`` and ``label`` of the arm that was pooled.
    result : PoolResult
        The pool, from :func:`synth.meta.pool_proportions`.
    provenance, descriptors : sequence of mapping
        One for each study of ``result``, in its order: where the figure comes from, and what the study is.
    arms : sequence of mapping, optional
        ``id`` and ``label`` of the two arms of a comparison, the one whose effect is looked for first.
    provenance_2 : sequence of mapping, optional
        Where the second arm's figure comes from, in a comparison of rows.
    preset : str, optional
        The preset that was asked for.
    analyses : mapping, optional
        From :func:`.undefined_analyses.analyses`; none was asked for if left out.
    risk_of_bias : mapping, optional
        ``instruments`` with the judgements on these studies, as the document of all judgements has them.
    risk_of_bias_reason : str, optional
        Why there is none.
    excluded : iterable of mapping
        Rows left out: ``study``, ``arm``, ``events``, ``total``, ``reason``, ``file``, ``row``.
    sensitivity : iterable of mapping
        From :func:`sensitivity_row`.
    comparators : iterable of mapping
        From :func:`comparator`.
    review : mapping or None
        ``title`` and ``question``.
    notes : iterable of str
        Sentences that every reader must see.
    inputs : iterable of mapping
        ``path`` and ``sha256`` of every file read.
    command, version : str
        What makes the document again.

    Returns
    -------
    dict
        Ready for ``json.dumps(..., allow_nan=False)``.

    Examples
    --------
    >>> from synth.meta import pool_proportions
    >>> result = pool_proportions([7], [43], ["First 2020"])
    >>> info = {"label": "Death", "definition": None, "time_point": None, "direction": "neutral", "predicate": "died"}
    >>> doc = build(outcome="death", outcome_info=info, arm=None, result=result, provenance=[{}], descriptors=[None])
    >>> doc["schema"], doc["k"], round(doc["pooled"]["reporting"]["estimate"], 4)
    ('synth.pool/1', 1, 0.1628)
    """
    pool = result.to_dict()
    about = None if review is None else dict(review)
    if about and isinstance(about.get("question"), Mapping):
        about["question"] = undefined.given(dict(about["question"]))
    body: Json = {
        "schema": SCHEMA,
        "generator": {"name": "synth", "version": version},
        "command": command,
        "review": about,
        "outcome": outcome,
        "outcome_info": undefined.given(dict(outcome_info)),
        "arm": None if arm is None else dict(arm),
        "arms": None if arms is None else [dict(each) for each in arms],
        "settings": undefined.settings({"preset": preset, **pool["settings"]}),
        "k": pool["k"],
        "events": pool["events"],
        "total": pool["total"],
        "crude": undefined.crude(pool["crude"], pool["settings"]["reporting"]),
        "studies": _studies(result, arm, provenance, descriptors, provenance_2),
        "excluded": [undefined.row_left_out(dict(row)) for row in excluded],
        "pooled": _pooled(pool),
        "population_average": pool["population_average"],
        "tau2": undefined.tau2(pool["tau2"]),
        "heterogeneity": undefined.heterogeneity(pool["heterogeneity"], pool["tau2"]),
        "prediction": undefined.prediction(pool["prediction"]),
        "leave_one_out": [undefined.omitted(row, common=_common(result)) for row in pool["leave_one_out"]],
        "leave_one_out_reason": pool["leave_one_out_reason"],
        "sensitivity": [dict(row) for row in sensitivity],
        "comparators": [dict(block) for block in comparators],
        "analyses": dict(analyses or undefined_analyses.analyses(dict.fromkeys(undefined_analyses.NAMES), {}, "")),
        "risk_of_bias": None if risk_of_bias is None else dict(risk_of_bias),
        "loglik": pool["loglik"],
        "notes": [*notes, *pool["notes"]],
        "inputs": [dict(entry) for entry in inputs],
    }
    return undefined.because(
        body,
        review=undefined.NO_REVIEW,
        arm=undefined.NO_ARM,
        arms=undefined.ONE_ARM,
        crude=undefined.NO_CRUDE,
        events=undefined.NOT_COUNTED,
        total=undefined.NOT_COUNTED,
        loglik=undefined.no_loglik(pool),
        risk_of_bias=risk_of_bias_reason or undefined.NOT_GIVEN,
    )


def comparator(
    *,
    arm: Mapping[str, Any],
    result: PoolResult | None,
    provenance: Sequence[Mapping[str, Any]] = (),
    descriptors: Sequence[Mapping[str, Any] | None] = (),
    excluded: Iterable[Mapping[str, Any]] = (),
    reason: str | None = None,
) -> Json:
    """Describe one comparator arm, which stands beside the pool and is never mixed into it.

    Parameters
    ----------
    arm : mapping
        ``id`` and ``label``.
    result : PoolResult or None
        Its own pool; ``None`` with a ``reason`` where it has none.
    provenance, descriptors, excluded
        As for :func:`build`.
    reason : str or None
        Why there is no pool.

    Returns
    -------
    dict

    Examples
    --------
    >>> comparator(arm={"id": "open", "label": "Open surgery"}, result=None, reason="no series")["k"]
    0
    """
    block: Json = {
        "arm": dict(arm),
        "k": 0,
        "events": 0,
        "total": 0,
        "studies": [],
        "excluded": [undefined.row_left_out(dict(row)) for row in excluded],
        "pooled": None,
        "tau2": None,
        "prediction": None,
        "reason": reason,
    }
    if result is not None:
        pool = result.to_dict()
        block |= {
            "k": pool["k"],
            "events": pool["events"],
            "total": pool["total"],
            "pooled": _pooled(pool),
            "tau2": undefined.tau2(pool["tau2"]),
            "prediction": undefined.prediction(pool["prediction"]),
            "studies": _studies(result, arm, provenance, descriptors),
        }
    undefined.because(block, events=undefined.NOT_COUNTED, total=undefined.NOT_COUNTED)
    return block


def sensitivity_row(
    *,
    id: str,
    label: str,
    why: str,
    omitted: Sequence[str],
    result: PoolResult | None,
    reason: str | None = None,
) -> Json:
    """Describe the pool again without some of its series.

    Parameters
    ----------
    id, label, why : str
        Key, heading and the sentence that says what was left out.
    omitted : sequence of str
        Labels of the series left out.
    result : PoolResult or None
        ``None`` with a ``reason`` where nothing is left.
    reason : str or None

    Returns
    -------
    dict

    Examples
    --------
    >>> row = sensitivity_row(id="a", label="Without A", why="", omitted=["A"], result=None, reason="nothing is left")
    >>> row["k"], row["reason"]
    (0, 'nothing is left')
    """
    row: Json = {
        "id": id,
        "label": label,
        "why": why,
        "omitted": list(omitted),
        "k": 0,
        "events": 0,
        "total": 0,
        "reporting": {"estimate": None, "ci_low": None, "ci_high": None},
        "ci_method": None,
        "tau2": None,
        "reason": reason,
    }
    if result is not None:
        pool = result.to_dict()
        row |= {
            "k": pool["k"],
            "events": pool["events"],
            "total": pool["total"],
            "reporting": pool["pooled"]["reporting"],
            "ci_method": pool["pooled"]["ci_method"],
            "tau2": pool["tau2"]["value"],
            "reason": reason or pool["pooled"]["reason"],
        }
        undefined.because(row, tau2=pool["tau2"]["reason"], events=undefined.NOT_COUNTED, total=undefined.NOT_COUNTED)
    return row


def _common(result: PoolResult) -> bool:
    return result.settings.effects == "common"


def _pooled(pool: Json) -> Json:
    return undefined.pooled(dict(pool["pooled"]))


def _studies(
    result: PoolResult,
    arm: Mapping[str, Any] | None,
    provenance: Sequence[Mapping[str, Any]],
    descriptors: Sequence[Mapping[str, Any] | None],
    provenance_2: Sequence[Mapping[str, Any]] | None = None,
) -> list[Json]:
    no_shrinkage = _no_shrinkage(result)
    rows = [
        undefined.because(
            {
                "study": study.study,
                "arm": None if arm is None else arm["id"],
                "events": study.events,
                "total": study.total,
                "data": dict(study.data),
                "estimate": study.estimate,
                "ci_low": study.ci_low,
                "ci_high": study.ci_high,
                "weight": study.weight,
                "shrunken": _shrunken(study),
                "analysis": {
                    "estimate": study.analysis_estimate,
                    "se": study.analysis_se,
                    "reason": study.analysis_reason,
                },
                "provenance": undefined.cells(dict(source)),
                "descriptors": None if what is None else undefined.cells(dict(what)),
            },
            arm=undefined.NO_ARM,
            events=undefined.NOT_COUNTED,
            total=undefined.NOT_COUNTED,
            weight=undefined.NO_WEIGHT,
            shrunken=no_shrinkage,
            descriptors=undefined.NO_DESCRIPTORS,
        )
        for study, source, what in zip(result.studies, provenance, descriptors, strict=True)
    ]
    for row, source in zip(rows, provenance_2 or (), strict=False):
        row["provenance_2"] = undefined.cells(dict(source))
    return rows


def _shrunken(study: Study) -> Json | None:
    if study.shrunken is None:
        return None
    return {
        "estimate": study.shrunken.estimate,
        "ci_low": study.shrunken.ci_low,
        "ci_high": study.shrunken.ci_high,
    }


def _no_shrinkage(result: PoolResult) -> str:
    """Say why no study has an estimate drawn towards the others, where none has."""
    if _common(result):
        what = "proportion" if result.settings.reporting == "proportion" else "true value"
        return f"a common effect was asked for: all studies share one {what}"
    if result.k == 1:
        return "one study: there is nothing to draw it towards"
    if not result.settings.model.startswith("glmm"):
        return "given by the binomial-normal model, and other mixed models of counts, only"
    return result.tau2.reason or "differences between studies cannot be estimated here"
