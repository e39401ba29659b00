"""The contract of columns: what a sheet may hold, in one table for each kind of sheet.

The reader, the messages, the empty sheets of a new review and the reference all come from these tables.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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
    kind : {"text", "count", "number", "year", "choice"}
        A count is a whole number from zero, a number has a decimal point or none.
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


RESULTS: tuple[Column, ...] = (
    Column(
        "study",
        "Label of the study, the same in every row and in studies.csv",
        required=True,
        aliases=("series", "author", "authors", "studlab", "slab", "study id", "study label", "study name", "trial"),
    ),
    Column(
        "arm",
        "Treated group: one of the arms of review.toml",
        required=True,
        aliases=("group", "treatment", "treat", "trt", "t", "cohort arm"),
    ),
    Column(
        "outcome",
        "What was counted: one of the outcomes of review.toml",
        required=True,
        aliases=("endpoint", "outcome id", "outcome name"),
    ),
    Column(
        "events",
        "Patients with the event; empty where the source does not give it",
        "count",
        required=True,
        aliases=("event", "events n", "n events", "deaths", "cases", "responders", "count", "xi", "x", "r", "ri"),
    ),
    Column(
        "total",
        "Patients assessed for the event; empty where the source does not give it",
        "count",
        required=True,
        aliases=(
            *("n", "ni", "patients", "n patients", "n total", "total n", "totals", "size"),
            *("denominator", "denom", "sample size", "samplesize", "at risk"),
        ),
    ),
    Column("mean", "Mean, for a continuous outcome", "number", aliases=("mi", "average")),
    Column("sd", "Standard deviation that goes with the mean", "number", aliases=("sdi", "std", "standard deviation")),
    Column(
        "time",
        "Person-time at risk that goes with the events, for a rate",
        "number",
        aliases=("person time", "person years", "pyears", "py", "exposure", "ti"),
    ),
    Column("unit", "What was counted: only patients are pooled; empty means patients", aliases=("unit of count",)),
    Column("definition", "What this study counted as the event"),
    Column(
        "events_basis",
        "Whether the source prints the number of events or it was worked out",
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
    Column("note", "Anything a reader of the figure should know", aliases=("notes", "comment", "comments", "remark")),
    Column("source", "Address or DOI of what was read", aliases=("url", "reference")),
)

STUDIES: tuple[Column, ...] = (
    RESULTS[0],
    RESULTS[1],
    Column("title", "Title of the paper"),
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
    Column("n", "Patients in this arm", "count", aliases=("size", "n patients", "patients", "sample size")),
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
)

RESULT_COLUMNS: tuple[str, ...] = tuple(column.name for column in RESULTS)
STUDY_COLUMNS: tuple[str, ...] = tuple(column.name for column in STUDIES)


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
