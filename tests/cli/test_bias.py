"""``synth bias``, and judgements as groups of a pool."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

from .conftest import Run

BIAS = "study,instrument,item,judgement,support\n" + "".join(
    f"{study},jbi-case-series,{item},{word},\n"
    for study, words in (("Ågren 2019", ["yes"] * 10), ("Brown 2020", ["yes"] * 9 + ["no"]),
                         ("Cole 2021", ["yes"] * 10), ("Dahl 2022", ["no"] * 10))
    for item, word in enumerate(words, start=1)
)  # fmt: skip
STUDIES = "study,arm,year\n" + "".join(
    f"{study},new,20{n}\n" for n, study in enumerate(("Ågren 2019", "Brown 2020", "Cole 2021", "Dahl 2022"), start=19)
)


def judged(review: Path) -> Path:
    """The small review with judgements."""
    (review / "extracted" / "bias.csv").write_text(BIAS, "utf-8")
    (review / "extracted" / "studies.csv").write_text(STUDIES, "utf-8")
    return review


def test_table_page_and_json_say_the_same(review: Path, run: Run) -> None:
    """A judgement differs between the terminal, the page and the JSON."""
    done = run("bias", cwd=judged(review))
    assert done.code == 0, done.err
    assert "Brown 2020" in done.out
    assert done.out.split("Brown 2020")[1].split("\n")[0].split()[-1] == "high"
    page = (review / "reports" / "bias.html").read_text("utf-8")
    assert page.count("<circle") == 4 * 11
    assert "<script" not in page
    made = json.loads(run("bias", "--json", cwd=review).out)
    assert [study["overall"] for study in made["instruments"][0]["studies"]] == ["low", "high", "low", "high"]
    for study in made["instruments"][0]["studies"]:
        assert study["study"] in unescape(page)


def test_same_bytes_again(review: Path, run: Run) -> None:
    """The page of the same judgements differs from one run to the next."""
    run("bias", cwd=judged(review))
    before = (review / "reports" / "bias.html").read_bytes()
    run("bias", cwd=review)
    assert (review / "reports" / "bias.html").read_bytes() == before


def test_groups_of_a_pool(review: Path, run: Run) -> None:
    """A pool cannot be split by the judgements."""
    done = run("pool", "--outcome", "fall", "--by", "risk_of_bias", "--json", cwd=judged(review))
    assert done.code == 0, done.err
    groups = json.loads(done.out)["analyses"]["subgroups"]["groups"]
    assert {group["name"]: group["k"] for group in groups} == {"low": 2, "high": 2}


def test_hostile_names_are_text(review: Path, run: Run) -> None:
    """A study's name is run by the browser that shows the lights."""
    judged(review)
    bias = review / "extracted" / "bias.csv"
    bias.write_text(BIAS + '"<script>alert(1)</script>",jbi-case-series,1,no,"<img src=x onerror=y>"\n', "utf-8")
    assert run("bias", cwd=review).code == 0
    page = (review / "reports" / "bias.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img" not in page


def test_nothing_judged_yet(review: Path, run: Run) -> None:
    """A review without judgements gives an empty page."""
    done = run("bias", cwd=review)
    assert done.code == 1
    assert "synth import" in done.err


def test_a_wrong_word_stops_it(review: Path, run: Run) -> None:
    """A judgement that its instrument does not have is left out in silence."""
    judged(review)
    bias = review / "extracted" / "bias.csv"
    wrong = bias.read_text("utf-8").replace("Dahl 2022,jbi-case-series,3,no", "Dahl 2022,jbi-case-series,3,nope")
    bias.write_text(wrong, "utf-8")
    done = run("pool", cwd=review)
    assert done.code == 1
    assert "nope" in done.err


def test_a_pool_keeps_to_levels(review: Path, run: Run) -> None:
    """A study of another level is pooled all the same, or vanishes without a reason."""
    done = run("pool", "--outcome", "fall", "--risk-of-bias", "Low", "--json", cwd=judged(review))
    assert done.code == 0, done.err
    made = json.loads(done.out)
    assert [study["study"] for study in made["studies"]] == ["Ågren 2019", "Cole 2021"]
    reasons = {row["study"]: row["reason"] for row in made["excluded"] if "risk of bias" in row["reason"]}
    assert reasons == dict.fromkeys(
        ("Brown 2020", "Dahl 2022"), "risk of bias high, and only low is pooled (--risk-of-bias)"
    )
    assert "judged low were pooled" in made["notes"][0]
    assert "--risk-of-bias Low" in made["command"]


def test_studies_without_a_judgement_are_left_out_with_that_reason(review: Path, run: Run) -> None:
    """A study that nobody judged is taken for one at low risk."""
    judged(review)
    bias = review / "extracted" / "bias.csv"
    bias.write_text("".join(line for line in BIAS.splitlines(True) if "Cole" not in line), "utf-8")
    made = json.loads(run("pool", "--outcome", "fall", "--risk-of-bias", "low", "--risk-of-bias", "high", "--json",
                          cwd=review).out)  # fmt: skip
    assert [row["reason"] for row in made["excluded"] if row["study"] == "Cole 2021"] == [
        "risk of bias not judged, and only low and high are pooled (--risk-of-bias)"
    ]


def test_levels_that_are_not_there_are_refused(review: Path, run: Run) -> None:
    """A slip in a level leaves every study out, and a review without judgements gives an empty answer."""
    slip = run("pool", "--outcome", "fall", "--risk-of-bias", "lo", cwd=judged(review))
    assert slip.code != 0
    assert "low" in slip.err
    (review / "extracted" / "bias.csv").unlink()
    none = run("pool", "--outcome", "fall", "--risk-of-bias", "low", cwd=review)
    assert none.code != 0
    assert "none has been judged" in none.err


def test_doubtful_studies_are_left_out_in_a_sensitivity_analysis(review: Path, run: Run) -> None:
    """Nobody sees what the answer would be without the studies at high risk of bias."""
    made = json.loads(run("pool", "--outcome", "fall", "--json", cwd=judged(review)).out)
    rows = {row["id"]: row for row in made["sensitivity"]}
    assert rows["no_high_risk_of_bias"]["omitted"] == ["Brown 2020", "Dahl 2022"]
    assert "low_risk_of_bias" not in rows, "which leaves out the same studies"
    kept = json.loads(run("pool", "--outcome", "fall", "--risk-of-bias", "low", "--json", cwd=review).out)
    assert rows["no_high_risk_of_bias"]["reporting"] == kept["pooled"]["reporting"]


def test_a_table_of_its_own_has_levels(tmp_path: Path, run: Run) -> None:
    """A column risk_of_bias of a one-off table cannot be used."""
    rows = "study,events,total,Risk of bias\nA,3,20,low\nB,4,22,High\nC,2,19,low\nD,1,30,some concerns\n"
    (tmp_path / "a.csv").write_text(rows, "utf-8")
    done = run("pool", "a.csv", "--risk-of-bias", "low", "--risk-of-bias", "Some concerns", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert [study["study"] for study in json.loads(done.out)["studies"]] == ["A", "C", "D"]


INSTRUMENT = """
name = "Our own"
reference = "Ourselves."
[judgements]
good = "low"
poor = "high"
[items]
1 = "Patients"
2 = "Outcomes"
"""


def test_an_instrument_of_the_review_is_imported(review: Path, run: Run) -> None:
    """A sheet judged by the review's own instrument cannot be taken in, though one typed into bias.csv can."""
    folder = review / "extracted" / "instruments"
    folder.mkdir()
    (folder / "mine.toml").write_text(INSTRUMENT, "utf-8")
    rows = "Ågren 2019,mine,1,good\nÅgren 2019,mine,2,poor\n"
    (review / "b.csv").write_text(f"study,instrument,item,judgement\n{rows}", "utf-8")
    done = run("import", "b.csv", cwd=review)
    assert done.code == 0, done.err
    assert "Ågren 2019,,mine,2,poor" in (review / "extracted" / "bias.csv").read_text("utf-8")
    assert run("bias", cwd=review).out.split("Ågren 2019")[1].split("\n")[0].split()[-1] == "high"


def test_a_wrong_judgement_is_shown_where_the_person_typed_it(review: Path, run: Run) -> None:
    """The message names a row of bias.csv, which is not there, and not the cell of the sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["Risk of bias of our studies"], ["study", "instrument", "item", "judgement"],
                ["Ågren 2019", "JBI", "Q1", "maybe"], ["Ågren 2019", "JBI", "Q2", "Y"]):
        book.active.append(row)
    book.save(review / "b.xlsx")
    done = run("import", "b.xlsx", cwd=review)
    assert done.code == 1
    assert 'b.xlsx, sheet Sheet, cell D3, column judgement, value "maybe"' in done.err
    assert "extracted/bias.csv" not in done.err


def test_usual_names_are_kept_as_the_definitions_have_them(review: Path, run: Run) -> None:
    """The same judgement is kept twice, because one sheet says NOS and the other newcastle-ottawa."""
    head = "study,instrument,item,judgement\n"
    (review / "b.csv").write_text(head + "".join(f"Ågren 2019,NOS,{n},1\n" for n in range(1, 9)), "utf-8")
    assert run("import", "b.csv", cwd=review).code == 0
    (review / "c.csv").write_text(head + "Ågren 2019,Newcastle-Ottawa,S1,0\n", "utf-8")
    again = run("import", "c.csv", cwd=review)
    assert again.code == 0, again.err
    assert "not judged completely" not in again.err
    kept = (review / "extracted" / "bias.csv").read_text("utf-8").splitlines()[1:]
    first, second = (line.split(",")[2:5] for line in kept[:2])
    assert (first, second) == (["newcastle-ottawa", "1", "0"], ["newcastle-ottawa", "2", "1"])
    assert len(kept) == 8


def test_a_study_judged_in_part_is_not_low(review: Path, run: Run) -> None:
    """One item "yes" and nine that nobody judged pass the filter for low risk, without a word."""
    judged(review)
    (review / "extracted" / "bias.csv").write_text("study,instrument,item,judgement\n" + "".join(
        f"{study},jbi-case-series,{item},yes\n"
        for study, last in (("Ågren 2019", 1), ("Brown 2020", 10), ("Cole 2021", 10)) for item in range(1, last + 1)
    ), "utf-8")  # fmt: skip
    done = run("check", cwd=review)
    assert "not judged completely" in done.out + done.err
    assert "2, 3, 4, 5, 6, 7, 8, 9, 10" in done.out + done.err
    shown = run("bias", cwd=review)
    assert shown.out.split("Ågren 2019")[1].split("\n")[0].endswith("not judged completely")
    assert "not judged completely" in (review / "reports" / "bias.html").read_text("utf-8")
    made = json.loads(run("pool", "--outcome", "fall", "--risk-of-bias", "low", "--json", cwd=review).out)
    assert [study["study"] for study in made["studies"]] == ["Brown 2020", "Cole 2021"]
    reasons = {row["study"]: row["reason"] for row in made["excluded"]}
    assert "not judged" in reasons["Ågren 2019"]
