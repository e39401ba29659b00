"""Write docs/sheets.md from the contract of columns itself, so that the two cannot drift apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synth.extract.contract.sheets import BIAS, PATIENTS, RESULTS, STUDIES, Column
from synth.extract.instruments import SHIPPED, shipped

TARGET = Path(__file__).resolve().parent / "sheets.md"

OPENING = """\
# Extraction sheets

This page is made from the contract of columns that the reader itself uses (`python docs/generate_sheets.py`).

    synth template                    # an empty workbook for this review: extraction.xlsx
    synth import extraction.xlsx      # read, check, show what changes, keep
    synth check                       # everything that is kept, again
    synth reconcile A.xlsx B.xlsx     # two people's sheets of the same studies, and where they differ

`synth template` writes a workbook with the review's own arms and outcomes as lists. Any sheet of your own does as well:
`synth import` reads .xlsx, .xlsm (macros are never run), .xls, .ods, .csv and .tsv, all sheets of a workbook, in any of the
forms below. While there is a single error in a sheet, nothing of it is kept; every problem is shown at once, with the sheet
and the cell as a spreadsheet names them, what stands there and what to type. `--dry-run` keeps nothing either way.

**An empty cell means that the source does not say it. It is never zero.** Words for that, such as `NR` or `not reported`,
are read as empty in numbers.

## Forms that are read

| form | a row is | how it is told |
|---|---|---|
| long | a study, arm and outcome | a column `outcome` beside `events`, `total`, `mean` or `median` |
| wide | a study or an arm | a column for each outcome: `fusion_events` and `fusion_total`; or `fusion` beside `n`; or `stay_mean`, `stay_sd` |
| pairs | a study with its arms side by side | `events_1`, `n_1`, `events_2`, `n_2` and the like, and exports of RevMan |
| patients | a patient | a column for each outcome with 1, 0 or nothing |
| studies | a study or an arm, described | `study` and columns of the table of studies below |
| bias | one judged item | `instrument`, `item`, `judgement` |

Where a sheet has no column for the study, the arm or the outcome, say it: `--study`, `--arm`, `--outcome`. Arms and outcomes
may be called by their id, their label, or the `aliases` that review.toml gives them.

A title above the headings, a heading in two rows, empty rows, units in headings (`Blood loss (mL)`) and notes below the table
are found, and what was found is said. Read it: it is a guess that you can correct by moving a row.

A unit in a heading has to be that of the outcome in review.toml (`unit`, and `time_unit` for person-time), in whatever form of
sheet: `mean (hours)` for an outcome in minutes, or `person months` for a rate in years, is a problem that says how to convert the
column. Nothing is converted unasked. A table that is pooled by itself needs one unit for its means and deviations.

The size of the whole study (`n_study` and the headings that mean it) may stand beside results as well: the arms are held against
it, and it is kept with the study.

## Cells with more than one figure

| cell | read as |
|---|---|
| `7 (16%)` | 7 events, 16 % as printed; the percentage is held against the total |
| `7/43` | 7 events among 43 |
| `16%` with a total | the number of events that gives 16 %, if exactly one does; otherwise a problem that names the nearest |
| `12.5 (3.1)` under a mean | mean 12.5, standard deviation 3.1 |
| `median 7 (IQR 5-9)` | median 7, quartiles 5 and 9 |

What was read out of such a cell is marked as `derived`, and `note` says from what. Decimal commas and thousands separators are
told column by column; where a column leaves a doubt, `1,234` is a problem and never a guess.

## Patients

One row per patient: 1 or yes, 0 or no, and an empty cell for a patient who was not assessed. Such a patient is out of the
denominator of that outcome and of no other. Months, or dates of the operation and of the last contact, make person-time and
counts at a time point: a patient lost before one year is counted as lost for the deaths within a year, and not as alive.
`synth import` prints each figure that it counted with the rule of its denominator.

`death_months` is the time of the death, for every outcome whose `event` is `death`; `mortality_30d_months` belongs to
`mortality_30d` alone. A patient with an event who has none of an outcome that contains it (`within` in review.toml: dead at 30
days, not dead at one year) is a problem, with the row and both columns.

Rows of patients are kept in `extracted/patients/`, without dates, with running numbers, and without every column that no
outcome needs. They stand in no report, log or message. Names, birth dates, national identity numbers, record numbers,
telephone numbers and addresses are refused, in the column that numbers the patients too; `--drop-identity` reads the rest and leaves them out.

## What is checked

Errors stop the import: types and ranges, more events than patients, more patients than the arm has (unless the column
`exclude` of the row says why it stands there), an outcome that happens
more often than one that contains it (`within` in review.toml: deaths in 30 days, in a year), percentages that no whole number
of patients gives, dates and error values that a spreadsheet made. Warnings stop nothing: means and standard deviations that
whole values cannot give (GRIM: Brown and Heathers 2017), arms that do not add up to their study, one paper under two labels,
labels that differ only in case, accents, spaces or punctuation, the very same figures under two labels, studies that may share
patients, hidden rows.

Whether whole values can give a mean is asked only where `step` of an outcome in review.toml says what one patient's value is a
multiple of (`step = 1` for minutes). In the review that comes with synth no outcome has it, because the abstracts do not say
how finely a patient was measured, and a warning that may be groundless would greet everybody. With `step = 1` for minutes,
millilitres and days it finds six means: three of them are the open arm of Moussallem 2016, whose 334.67 minutes and 16.73 days
fit 15 patients and not the 16 of the arm, and whose 1240.36 mL fit 14; the other three are lengths of stay, which need not be
whole days. None of the six has a standard deviation, so none is pooled.

## Risk of bias

A sheet with `study`, `instrument`, `item` and `judgement` (and `support`, what the judgement rests on) is taken in like any
other; `synth template` has one. `synth bias` writes reports/bias.html with the lights of every study and the shares of every
item.

| instrument | words of its judgements | the study as a whole |
|---|---|---|
{instruments}

One of your own, or your own wording of one of these, is a file `extracted/instruments/NAME.toml`:

```toml
name = "Our checklist"
reference = "Written for this review."
overall = "worst"                 # or "sum", where every word is a whole number

[judgements]                      # each word with its level: low, moderate, unclear, high, critical, none (does not apply)
yes = "low"
partly = "moderate"
no = "high"

[items]
1 = "Patients taken in one after the other"
2 = "Length of follow-up given for each patient"
```

The usual names do as well (`NOS`, `ROBINS-I`, `JBI`; items as `D1`, `Q1`, `S1` or in their own wording; `Y`, `N`, `U`, `NI`, `N/A`
where the instrument has that answer), and are kept as the definitions have them. In a file of your own,
`aliases = ["Another name"]` and `[item_aliases]` (`S1 = "1"`) give more.

A level or a sum needs all items: otherwise the study is not judged completely, a warning names what is missing, and no filter or
group takes it for low. MINORS may be without its items 9 to 12 together, for a study without a control group
(`only_together = ["9", "10"]` in a file of your own). An item called `overall`, what the reviewers judged of the whole, needs no
other items and goes before what they come to. The level of the whole is the variable `risk_of_bias`:

    synth pool --outcome fusion --by risk_of_bias                               # each level apart
    synth pool --outcome fusion --risk-of-bias low --risk-of-bias moderate      # these alone

In Python the second is `PoolOptions(risk_of_bias=("low", "moderate"))`. A study of another level, and one that nobody judged, is
listed as left out with that reason. Unasked, the sensitivity analysis has the answer without series at a high or critical risk of
bias, and without those at more than a low one. An instrument that is added up sets no level (none of its authors gives a
cut-off); group by `bias_minors`, or judge `overall` in an instrument of your own. A column `risk_of_bias` in studies.csv, or in
a table that is pooled by itself, does as well and goes before the judgements.

## What is kept

`extracted/results.csv`, `studies.csv`, `bias.csv` and `patients/*.csv`: plain text, a row keeps its place, so that the
difference between two versions reads as what changed. `origin` says from which file, sheet and cells a figure came;
`imports.jsonl` has a line for each import with the file's name, its SHA-256 and the date. Importing a file twice changes
nothing. Where a row comes again its figures are replaced together; an empty cell takes away no note that is there.

## Two people who extracted independently

    synth reconcile anna.xlsx ben.xlsx                          # how far they agree, and where they do not
    synth reconcile anna.xlsx ben.xlsx --output settle.xlsx     # the same, and a workbook to settle it in
    synth reconcile anna.xlsx ben.xlsx --settled settle.xlsx    # keep what was agreed

Both sheets may have any of the forms above. Rows are the same where study, arm and outcome are. For every column stand:

| what | of which rows |
|---|---|
| agreement, per cent | those that both have and for which at least one gives a value; a value against an empty cell is no agreement |
| Cohen's kappa, unweighted, for words from a list, judgements of bias, `unit`, and whether a row is excluded | those for which both give a value; an empty `bound` or `unit` is a value |
| ICC(A,1) for counts and numbers: two-way random effects, absolute agreement, a single person (McGraw and Wong 1996; ICC(2,1) of Shrout and Fleiss 1979) | those for which both give a number |

Means, medians and what goes with them are taken outcome by outcome, judgements instrument by instrument, and counts over all
outcomes together. Where nothing varies, or both give a value in fewer than two rows, there is no coefficient, and the reason
stands in its place. A column of words that only one of the two filled in at all, and a sheet of studies or of bias that only one
of them has, are taken over, and that is said. `where`, `note`,
`source`, `definition` and `support` are everybody's own words: the agreed row has those of both.

The workbook has a row for each cell that differs and for each row that only one of them has, with both values and where each
stands. In `settled` choose `A`, `B`, `other` (and type the value into `other value`) or `empty`; or type the value itself. For a
`whole row` the one who has it keeps it, and the other leaves it out. `note` goes into the note of the row. While a row is not
settled, or a sheet has changed since, nothing is kept.

The agreed rows go the way of `synth import`; `origin` names both sheets and the cells in which they were settled. What A and B
extracted is kept beside them in `extracted/readers/NAME/a` and `b`, which is never pooled, and `imports.jsonl` names all three
files with their SHA-256. Figures that were counted from patients are compared as figures. Patients that both have row for row
are kept as patients; otherwise the settled figures are. Rows of patients are kept in the folders of A and B too, and shown
nowhere.
"""

SHEETS: tuple[tuple[str, str, Sequence[Column]], ...] = (
    ("results", "One row for each study, arm and outcome.", RESULTS),
    ("studies", "One row for each study and arm.", STUDIES),
    ("patients", "One row for each patient; beside these a column for each outcome, and `OUTCOME_months` for its time.",
     PATIENTS),
    ("bias", "One row for each study and item of an instrument.", BIAS),
)  # fmt: skip
KINDS = {
    "text": "text",
    "count": "whole number from 0",
    "number": "number",
    "spread": "number from 0",
    "year": "year",
    "choice": "one of",
}


def _instrument(id: str) -> str:
    """Give the row of an instrument."""
    one = shipped(id)
    words = ", ".join(f"{word} ({level.replace('none', 'left out')})" for word, level in one.judgements.items())
    if one.overall == "sum":
        whole, words = f"the sum, at most {one.most}; no level", ", ".join(one.judgements)
    else:
        whole = "the worst of its items" + (", unless `overall` is judged" if "overall" in one.items else "")
    return f"| `{id}`: {one.name} | {words} | {whole} |"


def render() -> str:
    """Give the whole page."""
    opening = OPENING.replace("{instruments}", "\n".join(map(_instrument, SHIPPED)))
    parts = [opening, "## Columns\n", "Case, blanks, underscores, dots and hyphens of a heading do not count.\n"]
    for name, row, columns in SHEETS:
        parts += [f"### {name}\n", f"{row}\n", "| column | what stands there | kind | headings that mean the same |"]
        parts.append("|---|---|---|---|")
        for column in columns:
            kind = KINDS[column.kind]
            if column.allowed:
                kind += " " + ", ".join(f"`{word}`" for word in column.allowed)
            need = " **(needed)**" if column.required else ""
            also = ", ".join(alias.replace("|", "\\|") for alias in column.aliases)
            parts.append(f"| `{column.name}`{need} | {column.meaning} | {kind} | {also} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
