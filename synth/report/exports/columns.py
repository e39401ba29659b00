"""What every column of the tables holds, in words: the data dictionary that goes out with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .model import Table

NAME: Final = "columns"
_ENDINGS: Final = (
    ("_fraction", "from 0 to 1"),
    ("_analysis", "on the scale of the analysis"),
    ("_1", "of the first arm"),
    ("_2", "of the second arm"),
    ("_with", "median over the subsets with the study"),
    ("_without", "median over the subsets without the study"),
)
_SPECIAL: Final[dict[str, str]] = {
    "regression.estimate": "coefficient",
    "regression.name": "coefficient: a moderator, or one level of it",
    "regression_tests.name": "what is tested: the moderators, or the differences that they leave",
    "regression_points.y": "estimate of the study",
    "subgroup_tests.name": "which test",
    "bias_tests.name": "which test",
    "presets.name": "preset, as --preset takes it",
    "preset_differences.name": "preset, as --preset takes it",
    "preset_differences.estimate": "pooled estimate after this change and those before it",
    "baujat.influence": "how far the pooled estimate moves without the study, squared and standardised",
    "gosh.pooled": "how many subsets were pooled",
    "gosh.k": "number of studies that subsets are made of",
    "gosh_cells.estimate": "pooled estimate, mean of the subsets in the cell",
    "gosh_spread.of": "what spreads: the estimate, I2 or tau2",
    "studies.estimate": "the study's own estimate, in the unit of the column unit",
    "comparator_studies.estimate": "the study's own estimate, in the unit of the column unit",
    "studies.definition": "how the source defines the outcome",
    "comparator_studies.definition": "how the source defines the outcome",
    "prediction.method": "how the prediction interval was made",
    "prediction.reason": "why there is no prediction interval, or what limits it",
    "settings.value": "what was set",
    "cumulative.value": "value of the variable in whose order studies are added",
    "trim_and_fill.estimate": "pooled estimate with the studies that were filled in",
    "answer.arm_1_label": "first arm, as the page calls it",
    "answer.arm_2_label": "second arm, as the page calls it",
    "certainty.level": "what the judgements of all domains come to",
    "certainty.numbers": "what the suggestion looked at",
    "certainty.why": "the rule behind the suggestion and what it found",
    "sensitivity.why": "why this set is looked at",
    "risk_of_bias.level": "level of risk that the judgement stands for",
    "heterogeneity.reason": "why a value is not defined",
    "analyses.reason": "why it was not made, or what limits it",
    "excluded.reason": "why the row was left out",
    "notes.note": "what every reader must see",
    "second_opinions.note": "what the reader of this model must know",
}
_ABOUT: Final[dict[str, str]] = {
    "added": "study added at this step", "age": "age of the patients, as the source gives it",
    "analysis": "name of the analysis in the JSON", "analysis_reason": "why the study has no estimate on that scale",
    "apart": "study that moves the median estimate most", "approach": "how was operated or treated",
    "arm": "arm, as the sheets name it", "arm_label": "arm, as the page calls it", "authors": "authors",
    "axis": "what the funnel has on its upright axis",
    "bound": "upper or lower: the figure is only the most, or the least, that it can be",
    "by_tau2": "whether each group has a tau2 of its own", "center": "where the funnel is centred",
    "centres": "where the patients were treated", "ci_high": "upper limit of the interval",
    "ci_low": "lower limit of the interval", "ci_method": "how the interval was made",
    "confidence": "how sure the reviewers are of the figure",
    "contribution": "share of the study in the spread between studies", "cooks_distance": "Cook's distance",
    "count": "subsets in the cell", "count_apart": "subsets in the cell that hold the study named in gosh as apart",
    "country": "country", "covariance_ratio": "ratio of the variances of the estimate without the study and with it",
    "crude_ci_high": "upper limit of crude_estimate", "crude_ci_low": "lower limit of crude_estimate",
    "crude_estimate": "all patients taken together as one series", "crude_method": "how that interval was made",
    "default": "whether this is the answer of the page", "definition": "definition of the outcome",
    "design": "design of the study", "df": "degrees of freedom", "df2": "degrees of freedom of the denominator",
    "dffits": "DFFITS", "direction": "which way is good for the patient", "doi": "DOI", "domain": "domain of GRADE",
    "draws": "how many were drawn for a bootstrap", "effects": "common or random",
    "enrolment": "when patients were treated", "estimate": "pooled estimate, in the unit of the column unit",
    "estimator": "how many studies are missing, by which rule", "events": "patients with the event",
    "events_basis": "stated in the source, or derived", "exhaustive": "whether every subset was pooled",
    "explanation": "why the answer differs from the first row's", "file": "sheet that the row is in",
    "filled": "studies that were filled in", "first": "setting of the first row",
    "flagged": "whether the study is an influential one by the rule", "followup": "follow-up, as the source gives it",
    "group": "group of studies", "h2": "H2", "hat": "hat value", "here": "setting of this row", "high": "greatest",
    "i2": "I2, share of the variation that lies between studies", "i2_ci_high": "upper limit of I2",
    "i2_ci_low": "lower limit of I2", "i2_method": "from which definition I2 was made", "id": "identifier of the set",
    "imitates": "program and version that the preset imitates", "instrument": "instrument of appraisal",
    "item": "item of the instrument", "journal": "journal", "judged": "the reviewers' own judgement",
    "judged_reason": "why they judged so", "judgement": "what was judged, in the words of the instrument",
    "k": "number of studies", "label": "what the page calls it", "left_out_of": "the answer, an arm or an analysis",
    "level": "confidence level of the intervals", "levels": "levels of the factor, or of the body operated on",
    "loglik": "logarithm of the likelihood", "low": "least", "made": "whether the analysis was made", "mean": "mean",
    "measure": "effect measure", "median": "median", "method": "method of the interval", "model": "model",
    "moderator": "variable of the regression", "n": "patients", "n_male": "men, as the source gives it",
    "n_study": "patients of the whole study", "name": "name", "note": "remark of the reviewers", "number": "number",
    "of": "what it is of", "of_arm": "arm that stands beside the answer", "omitted": "study left out",
    "order": "in which order studies are added", "origin": "where the description comes from", "outcome": "outcome",
    "overall": "overall judgement of the study", "overlaps": "studies that may share patients", "p_value": "p-value",
    "page": "page (outcome, and arm where it is not the primary one) that the row is of",
    "path": "file that was read", "percent_reported": "percentage as the source prints it",
    "permutation": "how the permutation test was made", "permutation_p": "p-value by permutation",
    "pmcid": "PubMed Central identifier", "pmid": "PubMed identifier", "pooled": "pooled",
    "population": "patients of the study", "population_average": "mean proportion over the distribution of studies",
    "population_average_reason": "why there is none", "possible": "subsets of two studies or more that there are",
    "prediction_high": "upper limit of the prediction interval",
    "prediction_low": "lower limit of the prediction interval",
    "prediction_method": "how the prediction interval was made", "q": "Q", "q1": "first quartile",
    "q3": "third quartile", "q_deleted": "Q without the study", "q_method": "which Q", "r": "correlation",
    "r2": "share of the variance between studies explained", "reason": "why a value is missing or limited",
    "reference": "level that the others are compared with", "reliable": "false with fewer than ten studies",
    "row": "row of that sheet, the heading being 1", "rstudent": "externally studentised residual",
    "rule": "when a study is flagged", "scale": "scale of the analysis", "score": "score of the study",
    "sd": "standard deviation", "se": "standard error", "seed": "seed of what was drawn at random",
    "sentence": "what the change does", "setting": "name of the setting in the JSON",
    "sha256": "SHA-256 of the file that was read", "shown": "estimate and interval, rounded as on the page",
    "shrunken_ci_high": "upper limit of shrunken_estimate", "shrunken_ci_low": "lower limit of shrunken_estimate",
    "shrunken_estimate": "the study's own value as the model sees it", "side": "side on which studies are missing",
    "sigma2": "variance of the level between studies", "size": "patients of the study", "source": "where it was read",
    "statistic": "test statistic", "study": "study", "suggested": "what the numbers suggest",
    "support": "what the judgement rests on", "tau": "standard deviation between studies",
    "tau2": "variance between studies, on the scale of the analysis", "tau2_ci_high": "upper limit of tau2",
    "tau2_ci_low": "lower limit of tau2", "tau2_ci_method": "how that interval was made",
    "tau2_deleted": "tau2 without the study", "tau2_method": "estimator of tau2",
    "tau2_reason": "why there is no tau2", "tau2_test_method": "test of tau2",
    "tau2_test_p_value": "p-value of that test", "tau2_test_statistic": "statistic of that test",
    "test": "which test", "test_method": "which test of no effect",
    "test_statistic": "statistic of the test of no effect", "text": "what the item asks",
    "time": "person-time at risk", "time_point": "when the outcome is looked at", "title": "title",
    "total": "patients assessed for it", "total_basis": "stated in the source, the cohort, or derived",
    "unanswered": "subsets without an answer", "unit": "what the numbers beside it are",
    "used": "whether it is the one that counts", "value": "value",
    "variable": "variable by which the studies are looked at", "weight": "share in the pool",
    "what": "what is tested", "where": "place in the source: page, table, abstract", "why": "why",
    "x": "horizontal axis", "y": "vertical axis", "year": "year of publication",
}  # fmt: skip


def about(table: str, column: str) -> str:
    """Say what a column holds.

    Parameters
    ----------
    table, column : str

    Returns
    -------
    str
        Empty for a column that comes from a sheet of the reviewers' own.

    Examples
    --------
    >>> about("studies", "events_1"), about("heterogeneity", "i2_ci_low_fraction")
    ('patients with the event, of the first arm', 'lower limit of I2, from 0 to 1')
    """
    said = _SPECIAL.get(f"{table}.{column}") or _ABOUT.get(column)
    if said:
        return said
    for ending, words in _ENDINGS:
        if column.endswith(ending):
            inner = about(table, column.removesuffix(ending))
            return f"{inner}, {words}" if inner else ""
    return ""


def dictionary(tables: Sequence[Table]) -> Table:
    """Return the table of all columns of all tables.

    Examples
    --------
    >>> dictionary([Table("studies", "Studies", ("study",), ())]).rows
    (('studies', 'Studies', 'study', 'study'),)
    """
    rows = [
        (table.name, table.title, name, about(table.name, name) or None) for table in tables for name in table.columns
    ]
    return Table(NAME, "What every column holds", ("table", "title", "column", "about"), tuple(rows))
