"""The contract of columns: what a sheet may hold, in one table for each kind of sheet.

The reader, the messages, the empty sheets of a new review and the reference all come from these tables.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

POOLED_UNIT = "patients"


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Parameters
    ----------
    name : str
        The heading that synth writes.
    meaning : str
        What stands in it, in one sentence.
    kind : {"text", "count", "number", "spread", "year", "choice"}
        A count is a whole number from zero, a number has a decimal point or none, a spread is a number from zero.
    required : bool
        Whether the heading must be there. An empty cell is another matter, and always allowed but in the names.
    allowed : tuple of str
        For a choice: the words; an empty cell is allowed besides.
    aliases : tuple of str
        Headings of other people's sheets that mean the same. Case, spaces, underscores, dots and hyphens do not count.
    """

    name: str
    meaning: str
    kind: str = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def _quartile(percent: str, ordinal: str, digit: str, *sides: str) -> tuple[str, ...]:
    return (
        *(f"p{percent}", f"{percent}th percentile", f"percentile {percent}", f"{percent}%"),
        *(f"{ordinal} quartile", f"{digit} quartile", f"quartile {digit[0]}", f"iqr q{digit[0]}"),
        *(f"{side} quartile" for side in sides),
        *(f"iqr {side}" for side in sides),
        f"{sides[0]} iqr",
    )


RESULTS: tuple[Column, ...] = (
    Column(
        "study",
        "Label of the study, the same in every row and in studies.csv",
        required=True,
        aliases=(
            *("series", "author", "authors", "studlab", "slab", "study id", "study label", "study name", "trial"),
            *("study identifier", "first author", "author year", "study ref", "name of study"),
        ),
    ),
    Column(
        "arm",
        "Treated group: one of the arms of review.toml",
        required=True,
        aliases=(
            *("group", "treatment", "treat", "trt", "t", "cohort arm", "arm name", "study arm", "treatment arm"),
            *("treatment group", "intervention", "intervention arm", "intervention group", "intervention name"),
            "group label",
        ),
    ),
    Column(
        "outcome",
        "What was counted: one of the outcomes of review.toml",
        required=True,
        aliases=("endpoint", "outcome id", "outcome name", "outcome measure", "outcome title", "analysis name"),
    ),
    Column(
        "events",
        "Patients with the event; empty where the source does not give it",
        "count",
        required=True,
        aliases=(
            *("event", "events n", "n events", "deaths", "cases", "responders", "count", "xi", "x", "r", "ri"),
            *("number of events", "no of events", "n with event", "n with events", "patients with event", "events n %"),
            *("n (%)", "events (%)", "no (%)", "number (%)", "n/N", "events/total"),
        ),
    ),
    Column(
        "total",
        "Patients assessed for the event; empty where the source does not give it",
        "count",
        required=True,
        aliases=(
            *("n", "ni", "patients", "n patients", "n total", "total n", "totals", "size"),
            *("denominator", "denom", "sample size", "samplesize", "at risk", "number of patients", "no of patients"),
            *("number of participants", "participants", "n analysed", "n analyzed", "number analysed"),
            "number analyzed",
        ),
    ),
    Column("mean", "Mean, for a continuous outcome", "number", aliases=("mi", "average", "mean (SD)", "mean ± SD")),
    Column("sd", "Standard deviation that goes with the mean", "spread", aliases=("sdi", "std", "standard deviation")),
    Column(
        "median",
        "Median, for a continuous outcome; with quartiles or range a mean can be estimated from it",
        "number",
        aliases=("med", "mdn", "p50", "50th percentile", "median (IQR)", "median (range)", "median [IQR]"),
    ),
    Column("q1", "First quartile that goes with the median", "number",
           aliases=_quartile("25", "first", "1st", "lower", "low", "from")),
    Column("q3", "Third quartile that goes with the median", "number",
           aliases=_quartile("75", "third", "3rd", "upper", "high", "to")),
    Column(
        "min",
        "Least value of a patient, for a continuous outcome",
        "number",
        aliases=("minimum", "range min", "range minimum", "range low", "range lower", "lowest"),
    ),
    Column(
        "max",
        "Greatest value of a patient, for a continuous outcome",
        "number",
        aliases=("maximum", "range max", "range maximum", "range high", "range upper", "highest"),
    ),
    Column(
        "time",
        "Person-time at risk that goes with the events, for a rate, in the time_unit of review.toml",
        "spread",
        aliases=(
            *("person time", "person years", "pyears", "py", "exposure", "ti", "patient years", "patient time"),
            *("person months", "patient months", "person weeks", "person days", "patient days", "time at risk"),
        ),
    ),
    Column("unit", "What was counted: only patients are pooled; empty means patients", aliases=("unit of count",)),
    Column("definition", "What this study counted as the event"),
    Column(
        "events_basis",
        "Whether the source prints the number of events or it was worked out (or read by synth out of a cell with "
        "several figures)",
        "choice",
        allowed=("stated", "derived"),
    ),
    Column(
        "total_basis",
        "Whether the total is printed with the figure, is the size of the arm, or was worked out",
        "choice",
        allowed=("stated", "cohort", "derived"),
    ),
    Column(
        "bound",
        "Whether the proportion can only be this high (upper) or this low (lower); empty if it is the figure itself",
        "choice",
        allowed=("upper", "lower"),
    ),
    Column("percent_reported", "The percentage as the source prints it", aliases=("percent", "percentage")),
    Column("where", "Where in the source the figure stands", aliases=("page", "location")),
    Column(
        "confidence",
        "How sure the person who read the source is",
        "choice",
        allowed=("high", "moderate", "low"),
        aliases=("certainty of extraction",),
    ),
    Column("exclude", "Why the row must not be pooled, in a sentence; empty if it may", aliases=("exclusion",)),
    Column(
        "note",
        "Anything a reader of the figure should know",
        aliases=("notes", "comment", "comments", "remark", "remarks", "footnote", "footnotes"),
    ),
    Column("source", "Address or DOI of what was read", aliases=("url", "reference")),
    Column("origin", "File, sheet and cells from which synth import took the figure; empty for a row typed here"),
)

STUDIES: tuple[Column, ...] = (
    replace(RESULTS[0], aliases=tuple(word for word in RESULTS[0].aliases if word != "authors")),
    replace(RESULTS[1], aliases=tuple(word for word in RESULTS[1].aliases if word != "intervention")),
    Column("title", "Title of the paper"),
    Column(
        "authors",
        "Authors, with a semicolon between them; two studies that share some may share patients",
        aliases=("author list", "authors list", "all authors", "full author list"),
    ),
    Column("journal", "Journal, volume and pages"),
    Column("year", "Year of publication, four digits", "year", aliases=("publication year",)),
    Column("pmid", "PubMed number", aliases=("pubmed id",)),
    Column("pmcid", "PubMed Central number"),
    Column("doi", "Digital object identifier"),
    Column("country", "Where the patients were treated"),
    Column("centres", "How many hospitals, or which", aliases=("centers", "centre", "center", "sites")),
    Column("design", "How the study was made", aliases=("study design",)),
    Column("enrolment", "From when to when patients were taken in", aliases=("enrollment", "recruitment")),
    Column("population", "Which patients"),
    Column("levels", "Which part of the spine", aliases=("level", "region")),
    Column("approach", "What was done", aliases=("technique", "intervention")),
    Column("n", "Patients in this arm", "count", aliases=("size", "n patients", "patients", "sample size", "n arm")),
    Column(
        "n_study",
        "Patients in the whole study, all arms together; the arms are held against it",
        "count",
        aliases=("study n", "study size", "n whole study", "total patients in study", "n all arms"),
    ),
    Column("n_male", "Men among them, as the source gives it", aliases=("male", "men")),
    Column("age", "Age, as the source gives it"),
    Column("followup", "Length of follow-up, as the source gives it", aliases=("follow up months",)),
    Column(
        "overlaps",
        "Label of the study whose patients include these: this arm is left out wherever that one is pooled",
        aliases=("overlap", "overlaps with"),
    ),
    Column("note", "Anything a reader of the study should know", aliases=("notes", "comment", "comments", "remark")),
    Column("source", "Address or DOI of what was read", aliases=("url", "reference")),
    RESULTS[-1],
)

BIAS: tuple[Column, ...] = (
    RESULTS[0],
    Column("arm", "Arm, where the arms of a study are judged apart; empty for the study", aliases=RESULTS[1].aliases),
    Column(
        "instrument",
        "Which instrument: jbi-case-series, robins-i, newcastle-ottawa, minors, or one of your own",
        required=True,
        aliases=("tool", "checklist", "scale", "rob tool"),
    ),
    Column("item", "Number of the item or domain in the instrument", required=True, aliases=("domain", "question")),
    Column(
        "judgement",
        "The judgement, in the instrument's own words",
        required=True,
        aliases=("judgment", "rating", "answer", "risk of bias", "score"),
    ),
    Column(
        "support",
        "What the judgement rests on, in a sentence or a quotation",
        aliases=("justification", "rationale", "reason", "support for judgement", "support for judgment"),
    ),
    Column("where", "Where in the source that stands", aliases=("page", "location")),
    RESULTS[-1],
)

PATIENTS: tuple[Column, ...] = (
    RESULTS[0],
    RESULTS[1],
    Column(
        "patient",
        "Running number of the patient in the series; nothing by which anybody could be known",
        aliases=(
            *("patient id", "patient no", "patient number", "patient nr", "pt", "pt id", "pt no", "pt nr", "pat"),
            *("pat id", "pat no", "pat nr", "patients", "patient #"),
            *("case", "case id", "case no", "case number", "subject", "subject id", "subject no", "id", "no", "nr"),
            *("#", "record id", "participant", "participant id", "potilas", "paciente", "paziente", "fall"),
        ),
    ),
    Column(
        "age",
        "Age in years",
        aliases=(
            *("age years", "age at surgery", "age at operation", "alter", "ikä", "edad", "âge", "età", "leeftijd"),
            *("ålder", "alder", "idade", "wiek", "возраст", "年龄", "年齢"),
        ),
    ),
    Column(
        "sex",
        "male or female, in any of the languages of the words",
        aliases=(
            *("gender", "male", "m/f", "f/m", "sexe", "sexo", "sesso", "geschlecht", "geslacht", "sukupuoli", "kön"),
            *("køn", "kjønn", "płeć", "пол", "性别", "性別"),
        ),
    ),
    Column(
        "followup",
        "Time from the start to death or to the last contact, with its unit in the heading: followup_months",
        aliases=(
            *("follow up", "fu", "f/u", "follow up time", "time of follow up", "follow up duration", "observation"),
            *("length of follow up", "duration of follow up", "observation time", "survival", "survival time", "os"),
            *("overall survival", "time to last follow up", "time to last contact", "seuranta", "seurantaaika"),
            *("nachbeobachtung", "nachbeobachtungszeit", "suivi", "seguimiento", "uppföljning", "opfølgning"),
            *("oppfølging", "acompanhamento", "czas obserwacji"),
        ),
    ),
    Column(
        "start",
        "Date of the operation, or of whatever the time is counted from; only the days from it are kept",
        aliases=(
            *("surgery", "operation", "op", "index surgery", "index operation", "index", "procedure", "treatment"),
            *("start", "baseline", "inclusion", "enrolment", "enrollment", "randomisation", "randomization", "injury"),
            *("admission", "intervention", "leikkaus", "operaatio", "cirugía", "intervención", "opération"),
            *("chirurgie", "intervento", "operatie", "cirurgia", "operacja", "leikkauspäivä"),
        ),
    ),
    Column(
        "last",
        "Date of the last contact; only the days to it are kept",
        aliases=(
            *("last contact", "last follow up", "last fu", "last visit", "last seen", "last seen alive"),
            *("last known alive", "end of follow up", "censoring", "censor", "latest follow up", "final follow up"),
            *("viimeinen kontakti", "letzter kontakt", "dernières nouvelles", "último contacto", "ultimo contatto"),
        ),
    ),
    Column(
        "lost",
        "Whether the patient was lost to follow-up before an outcome could be known",
        aliases=("lost to follow up", "ltfu", "dropout", "drop out", "withdrawn"),
    ),
)
"""Beside these, one column for each outcome (1, 0 or empty), and where known its time: OUTCOME_months or _date."""

OTHERS: tuple[Column, ...] = (
    Column("timepoint", "When the outcome was counted", aliases=("time point", "follow up time point", "at", "when")),
    Column("se", "Standard error of the mean", "spread", aliases=("sem", "std err", "standard error", "std error")),
    Column("reviewer", "Who extracted the row", aliases=("reviewer name", "extractor", "extracted by")),
)
"""Columns that other people's sheets have and the canonical form has not: what they say goes into it in another way."""

RESULT_COLUMNS: tuple[str, ...] = tuple(column.name for column in RESULTS)
STUDY_COLUMNS: tuple[str, ...] = tuple(column.name for column in STUDIES)
BIAS_COLUMNS: tuple[str, ...] = tuple(column.name for column in BIAS)


def fold(heading: str) -> str:
    """Return a heading without what does not count: case, width, spaces, underscores, dots, hyphens.

    Examples
    --------
    >>> fold(" N_Patients "), fold("Study-ID")
    ('npatients', 'studyid')
    """
    plain = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(c for c in plain if not c.isspace() and c not in "_.-\u2010\u2011\ufeff")


def names_of(columns: Sequence[Column]) -> dict[str, str]:
    """Return every folded heading that means one of the columns, with the column's name; names before aliases.

    Examples
    --------
    >>> names_of(RESULTS)["deaths"], names_of(STUDIES)["enrollment"]
    ('events', 'enrolment')
    """
    known: dict[str, str] = {fold(column.name): column.name for column in columns}
    for column in columns:
        for alias in column.aliases:
            known.setdefault(fold(alias), column.name)
    return known
