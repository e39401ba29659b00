"""The shipped review: its key figures, and every row held against the evidence it was made from."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from synth.extract import Extracted, Figure, load, select
from synth.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent

OUTCOMES = {
    "reoperation_any": "reoperation",
    "mortality_overall": "mortality_followup",
    "wound_problem_classC": "wound_problem_class_c",
    "blood_loss_mL": "blood_loss_ml",
}
STUDIES = {"Wanman 2023": "Wänman 2023"}
UNCLEAR = {"Ugawa 2025", "Hishiya 2021", "Li Y 2024", "Early surgery 2023 (Spine J)"}
ANY_TREATMENT = {"NIS_all_treatments", "fusion_surgery_NIS", "surgical vs nonsurgical"}
# Two groups of a study that could not become one figure: the sheet has a row without numbers and with the reason.
LEFT_BLANK = {
    ("JSpineRes 2020", "mis", "implant_loosening"),
    ("Hishiya 2021", "unclear", "blood_loss_ml"),
    ("Hishiya 2021", "unclear", "implant_loosening"),
}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    """Find the repository's own review."""
    return Workspace.find(ROOT)


@pytest.fixture(scope="module")
def extracted(workspace: Workspace) -> Extracted:
    """Read its sheets once."""
    return load(workspace)


def figures(extracted: Extracted) -> dict[tuple[str, str, str], Figure]:
    """Index the figures by what they are about."""
    return {(f.study, f.arm, f.outcome): f for f in extracted.figures}


def our_arm(study: str, arm: str) -> str:
    """Name the arm as the review does."""
    if study in UNCLEAR or "not split" in arm:
        return "unclear"
    if arm in ANY_TREATMENT:
        return "any_treatment"
    if arm.startswith("open_cervical"):
        return "open_cervical"
    return "mis" if arm.startswith("MIS") else "open"


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV without any code of the project's."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def grouped(shared: Path) -> dict[tuple[str, str, str], list[dict[str, str]]]:
    """Group the rows of the evidence by what they are called here."""
    groups: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in read(shared / "evidence" / "evidence.csv"):
        study = row["study_id"]
        key = (STUDIES.get(study, study), our_arm(study, row["arm"]), OUTCOMES.get(row["outcome"], row["outcome"]))
        groups.setdefault(key, []).append(row)
    return groups


def test_the_shipped_sheets_load_without_a_warning(extracted: Extracted) -> None:
    """A warning on the shipped review would greet every new user."""
    assert extracted.warnings == ()
    assert len(extracted.figures) == 89
    assert len(extracted.studies) == 39


def test_wanman_stands_as_its_abstract_gives_it(extracted: Extracted) -> None:
    """A slip in the series the review is built around would be on the first page."""
    found = {f.outcome: f for f in extracted.figures if f.study == "Wänman 2023"}
    counts = {outcome: (f.events, f.total) for outcome, f in found.items()}
    assert counts == {
        "mortality_30d": (1, 43),
        "mortality_1y": (7, 43),
        "reoperation": (3, 43),
        "wound_infection": (3, 43),
        "fusion": (29, 30),
    }
    assert found["fusion"].percent_reported == "97%"
    assert found["wound_infection"].bound == "lower"


def test_fusion_has_its_five_series_and_says_which_are_bounds(extracted: Extracted) -> None:
    """A series too many or too few, or a bound not marked, would change the pooled fusion."""
    chosen = select(extracted, "fusion", "mis")
    assert [(f.study, f.events, f.total) for f in chosen.included] == [
        ("Wänman 2023", 29, 30),
        ("Ye JY 2022", 26, 26),
        ("Bredin 2017", 28, 28),
        ("Buxbaum 2021", 23, 23),
        ("Ye ZY 2024", 12, 12),
    ]
    assert chosen.excluded == ()
    bounds = {f.study: (f.bound, f.total_basis, f.events_basis) for f in chosen.included if f.bound}
    assert bounds == {"Bredin 2017": ("upper", "derived", "derived"), "Buxbaum 2021": ("upper", "derived", "derived")}


def test_one_year_mortality_has_one_series_and_a_comparator(extracted: Extracted) -> None:
    """Another series in any arm would belie what the page says of one-year mortality."""
    assert [(f.study, f.events, f.total) for f in select(extracted, "mortality_1y", "mis").included] == [
        ("Wänman 2023", 7, 43)
    ]
    assert [(f.study, f.events, f.total) for f in select(extracted, "mortality_1y", "open_cervical").included] == [
        ("Suvegh 2024", 13, 38)
    ]
    assert select(extracted, "mortality_1y", "open").included == ()


def test_the_cervical_spine_is_a_comparator_of_its_own(workspace: Workspace, extracted: Extracted) -> None:
    """Cervical operations would stand as open surgery beside thoracolumbar percutaneous ones, as if alike."""
    assert [(arm.id, arm.label) for arm in workspace.review.comparator_arms] == [
        ("open", "Open surgery"),
        ("open_cervical", "Open surgery, cervical spine"),
    ]
    levels = {(s.study, s.arm): s.levels for s in extracted.studies}
    cervical = {study for study, arm in levels if arm == "open_cervical"}
    assert cervical == {"Suvegh 2024", "Ozpinar 2022", "Luksanapruksa 2019"}
    for (study, arm), text in levels.items():
        assert (arm == "open_cervical") == (text in ("cervical", "subaxial cervical")), study
    mixed = [f for f in extracted.figures if f.study == "Sapkas 2009"]
    assert {f.arm for f in mixed} == {"open"}
    for figure in mixed:
        assert "7 cervical" in figure.note
        assert "not call the approach open" in figure.note
        assert "7 cervical" in levels["Sapkas 2009", "open"]


def test_what_is_said_of_an_approach_is_said_alike_everywhere(extracted: Extracted) -> None:
    """Two accounts of how the patients of Sapkas 2009 were operated on would stand on one page."""
    (described,) = (s for s in extracted.studies if s.study == "Sapkas 2009")
    sentence = (
        "The source does not call the approach open; the operations were posterior fusions with or without an "
        "anterior one."
    )
    assert sentence in described.note
    for figure in extracted.figures:
        if figure.study == "Sapkas 2009":
            assert sentence in figure.note


def test_a_figure_of_a_narrower_event_is_a_lower_bound(extracted: Extracted) -> None:
    """Nerve injury from a screw would be taken for every loss of neurological function."""
    bounds = {f.study: f.bound for f in select(extracted, "neuro_deterioration", "mis").included}
    assert bounds == {"Buxbaum 2021": "", "Yeoh 2014": "", "PMID35191260 2022": "lower"}
    assert "may be higher" in figures(extracted)["PMID35191260 2022", "mis", "neuro_deterioration"].note


def test_a_figure_read_at_second_hand_says_so(extracted: Extracted) -> None:
    """Somebody's summary would pass for the abstract."""
    second_hand = {(f.study, f.outcome) for f in extracted.figures if "plexusmd" in f.source}
    assert second_hand == {("Buxbaum 2021", "fusion"), ("Buxbaum 2021", "neuro_deterioration")}
    for figure in extracted.figures:
        if (figure.study, figure.outcome) in second_hand:
            assert figure.where == "third-party summary of the abstract"
        if "gutheroes" in figure.source:
            assert figure.where == "news summary of the abstract"


def test_every_reason_of_an_exclusion_is_given(extracted: Extracted) -> None:
    """Whoever mends one of two defects would think that the row may be pooled."""
    for figure in extracted.figures:
        if figure.arm == "unclear" and figure.exclude:
            assert "percutaneous or open" in figure.exclude
    reason = figures(extracted)["Ugawa 2025", "unclear", "fusion"].exclude
    assert "only one of the two groups" in reason


def test_what_a_row_left_out_says_goes_with_it(extracted: Extracted) -> None:
    """The page would list the loosened screws of JSpineRes 2020 as left out, without 6/12, 22% and 50%."""
    (row,) = (e for e in select(extracted, "implant_loosening", "mis").excluded if e.study == "JSpineRes 2020")
    assert row.percent_reported == "22% (penetrating endplate screws); 50% (traditional trajectory)"
    assert row.note.startswith("6/12 traditional trajectory.")


def test_overlapping_and_contradictory_series_are_left_out_with_the_reason(extracted: Extracted) -> None:
    """Patients would be counted twice, or pooled with an arm size nobody knows."""
    chosen = select(extracted, "mortality_followup", "mis")
    assert [f.study for f in chosen.included] == ["Bredin 2017", "Yeoh 2014"]
    reasons = {e.study: e.reason for e in chosen.excluded}
    assert reasons["Fabre-Aubrespy 2016"] == "its patients are part of Bredin 2017, which is pooled here"
    assert "contradict" in reasons["Brooks 2018"]
    assert "contradict" in select(extracted, "mortality_30d", "open_cervical").excluded[0].reason


def test_screws_are_never_pooled_as_patients(extracted: Extracted) -> None:
    """A screw counted as a patient would make the series look five times as large."""
    for arm in ("mis", "open", "unclear"):
        chosen = select(extracted, "screw_malposition", arm)
        assert chosen.included == ()
        assert {e.reason for e in chosen.excluded} == {"counted in screws, not in patients"}


def test_a_working_name_is_said_to_be_one(extracted: Extracted) -> None:
    """A label that no source prints would pass for a citation."""
    notes = {s.study: s.note for s in extracted.studies}
    for study in ("Buxbaum 2021", "Bredin 2017"):
        assert "not printed" in notes[study]


def test_every_row_is_described_and_sourced(extracted: Extracted) -> None:
    """A figure without a source or a study nobody described could not be checked by a reader."""
    described = {(s.study, s.arm) for s in extracted.studies}
    for figure in extracted.figures:
        assert (figure.study, figure.arm) in described
        assert figure.source.startswith("http")
        assert figure.where
        assert figure.definition
        assert figure.confidence
        assert bool(figure.events is not None) == bool(figure.events_basis)
        assert bool(figure.total is not None) == bool(figure.total_basis)


def test_outcomes_stand_in_the_order_of_the_pages(workspace: Workspace) -> None:
    """The first page a reader sees would not be the first of the question."""
    ids = [outcome.id for outcome in workspace.review.outcomes]
    assert ids[:9] == [
        "mortality_30d",
        "mortality_1y",
        "mortality_inhospital",
        "mortality_followup",
        "reoperation",
        "reoperation_implant_failure",
        "wound_infection",
        "fusion",
        "nonunion",
    ]
    assert workspace.review.contact == ""
    for outcome in workspace.review.outcomes:
        assert outcome.definition
        assert outcome.time_point
        assert outcome.direction != "neutral"


def test_every_row_of_the_evidence_is_here_and_nothing_else(extracted: Extracted, shared: Path) -> None:
    """A row would have been lost on the way, or have come from nowhere."""
    assert set(figures(extracted)) == set(grouped(shared))


def test_every_single_figure_is_the_evidence_figure(extracted: Extracted, shared: Path) -> None:
    """A count, mean or percentage would not be what was read."""
    found = figures(extracted)
    checked = 0
    for key, rows in grouped(shared).items():
        if len(rows) > 1:
            continue
        row, figure = rows[0], found[key]
        assert figure.events == (int(row["events"]) if row["events"] else None), key
        stated = row["total"] or row["n"]
        assert figure.total == (int(stated) if stated else None), key
        assert figure.mean == (float(row["mean"]) if row["mean"] else None), key
        assert figure.sd == (float(row["sd"]) if row["sd"] else None), key
        assert figure.percent_reported == row["percent_reported"], key
        assert figure.confidence == row["confidence"], key
        assert figure.unit == row["unit"], key
        assert figure.source == row["source"], key
        if row["derived"] == "no" and figure.events is not None and figure.total is not None:
            assert (figure.events_basis, figure.total_basis) == ("stated", "stated"), key
        checked += 1
    assert checked == 76


def test_every_combined_figure_is_the_sum_of_its_groups(extracted: Extracted, shared: Path) -> None:
    """Two groups of one study would not add up to the row that stands for both."""
    found = figures(extracted)
    ranks = ["low", "moderate", "high"]
    combined = {key: rows for key, rows in grouped(shared).items() if len(rows) > 1}
    assert len(combined) == 13
    for key, rows in combined.items():
        figure = found[key]
        for row in rows:
            assert row["percent_reported"] in figure.percent_reported, key
            assert row["source"] in figure.source, key
        assert figure.confidence == min((row["confidence"] for row in rows), key=ranks.index), key
        if key in LEFT_BLANK:
            assert (figure.events, figure.mean, figure.sd) == (None, None, None)
            assert figure.exclude
            continue
        assert figure.total_basis == "derived"
        if rows[0]["events"]:
            assert figure.events == sum(int(row["events"]) for row in rows), key
            assert figure.total == sum(int(row["total"]) for row in rows), key
            for row in rows:
                assert f"{row['events']}/{row['total']} " in figure.note, key
        else:
            # Cochrane Handbook 6.5.2.10, written as the sum of squares about the common mean.
            n = [int(row["n"]) for row in rows]
            m = [float(row["mean"]) for row in rows]
            s = [float(row["sd"]) for row in rows]
            mean = sum(a * b for a, b in zip(n, m, strict=True)) / sum(n)
            squares = sum((a - 1) * c**2 + a * (b - mean) ** 2 for a, b, c in zip(n, m, s, strict=True))
            assert figure.total == sum(n)
            # The sheet has two decimals.
            assert figure.mean == pytest.approx(mean, abs=0.005)
            assert figure.sd == pytest.approx(math.sqrt(squares / (sum(n) - 1)), abs=0.005)


def test_every_study_arm_of_the_evidence_is_described(extracted: Extracted, shared: Path) -> None:
    """A series that was found would be missing from the description, or a size would not be what was read."""
    ours = {(s.study, s.arm): s for s in extracted.studies}
    theirs: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in read(shared / "evidence" / "studies.csv"):
        study = row["study_id"]
        theirs.setdefault((STUDIES.get(study, study), our_arm(study, row["arm"])), []).append(row)
    assert set(ours) == set(theirs)
    for key, rows in theirs.items():
        for name in ("pmid", "pmcid", "doi", "enrolment", "population", "levels", "source"):
            assert getattr(ours[key], name) == rows[0][name], (key, name)
        unknown = rows[0]["journal"].startswith("not shown")
        assert ours[key].journal == ("" if unknown else rows[0]["journal"]), key
        if all(row["n"].isdigit() for row in rows):
            assert ours[key].n == sum(int(row["n"]) for row in rows), key
        assert str(ours[key].year) == rows[0]["year"][:4], key
