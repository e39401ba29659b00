"""Ten thousand sheets damaged at random: each is read rightly, or refused with a list of what is wrong with it."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from synth.errors import Problem, ProblemsError, WorkspaceError
from synth.extract import known_headings, load, understand
from synth.extract.reading.readers import parse_tables
from synth.extract.store import merge
from synth.workspace import Workspace
from tests.extract.sheets import review

REVIEW = review()
KNOWN = known_headings(REVIEW)
FILES = Path(__file__).parent / "files"
Rows = list[list[str]]
LONG: Rows = [
    ["study", "arm", "outcome", "events", "total", "time", "percent_reported", "note", "exclude"],
    ["Abel 2020", "mis", "infection", "3", "40", "", "7.5%", "", ""],
    ["Abel 2020", "open", "infection", "5", "38", "", "", "p. 4", ""],
    ["Bern 2019", "mis", "mortality_30d", "1", "61", "", "", "", ""],
    ["Bern 2019", "mis", "mortality_1y", "4", "61", "", "", "", ""],
    ["Cole 2021", "open", "falls", "7", "30", "360", "", "", "read twice"],
    ["Cole 2021", "open", "fusion", "29/30", "", "", "", "", ""],
    ["Dahl 2018", "mis", "fusion", "12 (60%)", "20", "", "", "", ""],
]
MEANS: Rows = [
    ["study", "arm", "outcome", "mean", "sd", "median", "q1", "q3", "min", "max", "total"],
    ["Abel 2020", "mis", "pain", "3.5", "1.2", "", "", "", "", "", "40"],
    ["Abel 2020", "open", "pain", "", "", "4", "3", "6", "0", "9", "38"],
    ["Bern 2019", "mis", "pain", "2.1 (0.8)", "", "", "", "", "", "", "61"],
    ["Cole 2021", "mis", "pain", "", "", "4 (IQR 3-6)", "", "", "", "", "30"],
]
WIDE: Rows = [
    ["study", "arm", "n", "infection", "mortality_1y_events", "mortality_1y_total", "pain_mean", "pain_sd"],
    ["Abel 2020", "mis", "40", "3", "4", "39", "3.5", "1.2"],
    ["Bern 2019", "open", "61", "16%", "9", "61", "4.1", "2.0"],
    ["Cole 2021", "mis", "30", "2/30", "", "", "", ""],
]
PATIENTS: Rows = [
    ["study", "arm", "patient", "infection", "mortality_1y"],
    *(["Dahl 2018", "mis", f"{n}", "01"[n % 3 == 0], ("yes", "no", "")[n % 3]] for n in range(12)),
]
STUDIES: Rows = [
    ["study", "arm", "title", "authors", "year", "pmid", "country", "centres", "n", "n_male", "age", "overlaps"],
    ["Abel 2020", "mis", "Screws", "Abel A; Bern B", "2020", "31234567", "CH", "Berne", "40", "18", "71.2", ""],
    ["Abel 2020", "open", "Screws", "Abel A; Bern B", "2020", "31234567", "CH", "Berne", "38", "17", "70.9", ""],
    ["Bern 2019", "mis", "Rods", "Bern B", "2019", "30123456", "CH", "Berne", "61", "30", "68", "Abel 2020"],
]
BIAS: Rows = [
    ["study", "arm", "instrument", "item", "judgement", "support", "where"],
    ["Abel 2020", "", "jbi-case-series", "1", "yes", "Stated", "p. 2"],
    ["Abel 2020", "", "jbi-case-series", "2", "no", "", "p. 3"],
    ["Bern 2019", "mis", "jbi-case-series", "1", "unclear", "", ""],
]
PAIRS: Rows = [
    ["study", "outcome", "mis_events", "mis_total", "open_events", "open_total"],
    ["Abel 2020", "infection", "3", "40", "5", "38"],
    ["Bern 2019", "fusion", "1", "61", "9", "60"],
]
SOUND = (LONG, MEANS, WIDE, PATIENTS, STUDIES, BIAS, PAIRS)
STRANGE = (
    "", " ", "#REF!", "#DIV/0!", "#NAME?", "3-8", "2021-08-03", "03.08.21", "8. Mrz", "16%", "7 (16%)", "7/43",
    "9/4", "120%", "1e400", "-1", "-0", "1E+05", "3.12346E+07", "9" * 400, "1.234,5", "1,234.5", "1'234", "１２", "٣",
    "²", "½", "½%", "n/a", "NR", "nan", "inf", "-inf", "TRUE", "yes", "Total", "Overall", "=1+1",
    '=HYPERLINK("http://x")', "+1", "@x", "-", "--", "\u2013", "a" * 3000, "\x00", "\x07", "\x1b[2J", "\u202e",
    "\ufeff", "\ud7ff", "\u2028", "\r", "\n", '"', "'", ",", ";", "\t", "()", "(", "(16)", "7 (", "%", "/", "7/",
    "/7", "0/0", "0 (0%)", "12 ± 3", "± 3", "3 [1; 9]", "3 (9-1)", "<5", "≥ 7", "1 of 2 of 3", "mis; open", "study",
    "events", "01.01.1900", "31.12.9999", "0000-00-00", "99999-01-01", "1.5", "0x1F", "1_000", "Zürich",
    "Wa\u0308nman", "姓名", "p. 4", "patients", "J. Doe, born 1.2.1950", "756.1234.5678.97", "None", "null",
)  # fmt: skip


ENCODINGS = (*["utf-8"] * 3, "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


def _cell(rows: Rows, pick: random.Random) -> None:
    row = pick.choice(rows)
    if row:
        row[pick.randrange(len(row))] = pick.choice(STRANGE)


def _append(rows: Rows, pick: random.Random) -> None:
    row = pick.choice(rows)
    if row:
        place = pick.randrange(len(row))
        row[place] += pick.choice(STRANGE)


def _swap(rows: Rows, pick: random.Random) -> None:
    one, other = pick.choice(rows), pick.choice(rows)
    if one and other:
        here, there = pick.randrange(len(one)), pick.randrange(len(other))
        one[here], other[there] = other[there], one[here]


def _drop_column(rows: Rows, pick: random.Random) -> None:
    place = pick.randrange(max(map(len, rows)) or 1)
    for row in rows:
        del row[place : place + 1]


def _double_column(rows: Rows, pick: random.Random) -> None:
    place, to = pick.randrange(12), pick.randrange(12)
    for row in rows:
        row[to:to] = row[place : place + 1]


def _drop_row(rows: Rows, pick: random.Random) -> None:
    if len(rows) > 1:
        del rows[pick.randrange(len(rows))]


def _double_row(rows: Rows, pick: random.Random) -> None:
    rows.insert(pick.randrange(len(rows) + 1), list(pick.choice(rows)))


def _other_row(rows: Rows, pick: random.Random) -> None:
    rows.insert(pick.randrange(len(rows) + 1), list(pick.choice(pick.choice(SOUND))))


def _blank_row(rows: Rows, pick: random.Random) -> None:
    rows.insert(pick.randrange(len(rows) + 1), pick.choice([[], [""] * 4, ["Table 2"], ["Source: p. 4"]]))


def _ragged(rows: Rows, pick: random.Random) -> None:
    row = pick.choice(rows)
    del row[pick.randrange(len(row) + 1) :]


def _number(rows: Rows, pick: random.Random) -> None:
    row = pick.choice(rows)
    if row:
        row[pick.randrange(len(row))] = pick.choice(["{:d}", "{:,d}", "{:d}.0", "{:d},5", "{:e}", "{:d}%"]).format(
            pick.choice([0, 1, 7, 43, 44, 1000, 10**6, 10**9, 10**18, 10**40, -3])
        )


def _shuffle(rows: Rows, pick: random.Random) -> None:
    pick.shuffle(rows)


def _turn(rows: Rows, pick: random.Random) -> None:
    width = max(map(len, rows))
    rows[:] = [[row[place] if place < len(row) else "" for row in rows] for place in range(width)] or [[]]


ON_CELLS: tuple[Callable[[Rows, random.Random], None], ...] = (
    *(_cell, _cell, _cell, _append, _number, _number, _swap, _drop_column, _double_column, _drop_row, _double_row),
    *(_other_row, _blank_row, _ragged, _shuffle, _turn),
)


def on_bytes(data: bytes, pick: random.Random) -> bytes:
    """Damage a file where nobody looks at its meaning."""
    changed = bytearray(data)
    way = pick.randrange(6)
    if way == 0:
        del changed[pick.randrange(len(changed) + 1) :]
    elif way == 1:
        start = pick.randrange(len(changed) + 1)
        del changed[start : start + pick.randrange(1, 200)]
    elif way == 2:
        start = pick.randrange(len(changed) + 1)
        changed[start:start] = pick.randbytes(pick.randrange(1, 20))
    elif way == 3:
        start = pick.randrange(len(changed) + 1)
        changed[start:start] = changed[start // 2 : start // 2 + 100]
    else:
        for _ in range(pick.choice([1, 1, 2, 8, 40])):
            if changed:
                place = pick.randrange(len(changed))
                changed[place] = pick.randrange(256) if way == 4 else changed[place] ^ (1 << pick.randrange(8))
    return bytes(changed)


def written(rows: Rows, pick: random.Random) -> bytes:
    """Write the cells with some delimiter in some encoding, quoted as it should be or not."""
    delimiter = pick.choice([",", ",", ",", ";", "\t", "|", ":"])
    careful = pick.random() < 0.8

    def cell(text: str) -> str:
        quoted = any(sign in text for sign in f'{delimiter}"\r\n')
        return '"' + text.replace('"', '""') + '"' if quoted and careful else text

    end = pick.choice(["\n", "\n", "\r\n", "\r"])
    text = end.join(delimiter.join(map(cell, row)) for row in rows) + pick.choice([end, ""])
    if pick.random() < 0.05:
        text = f"sep={delimiter}{end}{text}"
    return text.encode(pick.choice(ENCODINGS), "replace")


def damaged_text(pick: random.Random) -> bytes:
    """Make a sheet of text, damaged in one to six ways."""
    rows = [list(row) for row in pick.choice(SOUND)]
    for _ in range(pick.choice([1, 1, 1, 2, 3, 6])):
        pick.choice(ON_CELLS)(rows, pick)
        rows = rows or [[]]
    data = written(rows, pick)
    return on_bytes(data, pick) if pick.random() < 0.25 else data


def taken_in(data: bytes, name: str, folder: Path) -> tuple[Sequence[Problem], int]:
    """Take a file in as the import does into an empty review; give its problems, and how many rows it gave."""
    try:
        tables = parse_tables(data, name, KNOWN)
        found = understand(tables, REVIEW)
    except ProblemsError as error:
        return error.problems or [Problem(name, "", "")], 0  # without a message: is caught below
    except WorkspaceError as error:
        return [Problem(name, str(error), "")], 0
    if found.errors:
        return found.problems, 0
    labels = {outcome.id: outcome.kind for outcome in REVIEW.outcomes}
    arms = {arm.id for arm in REVIEW.arms}
    for figure in found.all_figures:
        assert figure.study.strip()
        assert figure.arm in arms
        assert figure.outcome in labels
        for number in (figure.events, figure.total):
            assert number is None or (isinstance(number, int) and number >= 0), figure
        if figure.events is not None and figure.total is not None and figure.time is None:
            assert figure.events <= figure.total, figure
        for value in (figure.mean, figure.sd, figure.median, figure.q1, figure.q3, figure.min, figure.max, figure.time):
            assert value is None or abs(value) < float("inf"), figure  # NaN is smaller than nothing
        assert figure.sd is None or figure.sd >= 0
    assert all(study.study.strip() and study.arm in arms for study in found.studies)
    contents = merge({}, found).contents
    stage = Workspace(folder, REVIEW)
    for file, text in contents.items():
        assert "\0" not in text
        (stage.extracted / file).parent.mkdir(parents=True, exist_ok=True)
        (stage.extracted / file).write_text(text, "utf-8", newline="")
    try:
        again = load(stage)
    except ProblemsError as error:  # what shows only where the rows stand together
        return error.problems, 0
    except WorkspaceError:
        assert not found.all_figures
    else:
        assert len(again.figures) == len(found.all_figures)
    finally:
        for file in contents:
            (stage.extracted / file).unlink()
    assert merge(contents, found).changes == (), "the same sheet taken in twice changes something"
    return found.problems, len(found.all_figures) + len(found.studies) + len(found.bias_rows)


@pytest.mark.parametrize("rows", SOUND, ids=lambda rows: f"{rows[0][2]}-{rows[0][3]}")
def test_what_is_damaged_was_sound_before(rows: Rows, tmp_path: Path) -> None:
    """Damage to a sheet that is refused in any case would show nothing."""
    problems, count = taken_in("\n".join(map(",".join, rows)).encode(), "a.csv", tmp_path)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    assert count >= 2


def run(make: Callable[[random.Random], tuple[bytes, str]], seeds: range, folder: Path) -> Counter[str]:
    """Take in the sheets of some seeds, and count what became of them."""
    ended: Counter[str] = Counter()
    for seed in seeds:
        data, name = make(random.Random(seed))
        try:
            problems, rows = taken_in(data, name, folder)
        except Exception as error:
            error.add_note(f"seed {seed}: {data[:2000]!r}")
            raise
        for problem in problems:
            said = str(problem)
            assert problem.message, said
            assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs") for sign in said), f"seed {seed}: {said!r}"
            assert len(said) < 3000, f"seed {seed}: {said[:200]}"
        refused = any(problem.severity == "error" for problem in problems)
        ended["refused" if refused else "read" if rows else "nothing"] += 1
    return ended


@pytest.mark.parametrize("part", range(4))
def test_damaged_text_is_read_or_refused(part: int, tmp_path: Path) -> None:
    """A person whose sheet has one bad cell would see a traceback, or have figures pooled that nobody typed."""
    ended = run(lambda pick: (damaged_text(pick), "a.csv"), range(part * 2375, (part + 1) * 2375), tmp_path)
    assert ended.total() == 2375
    assert ended["refused"] > 500
    assert ended["read"] > 250


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir()))
def test_damaged_workbooks_are_read_or_refused(name: str, tmp_path: Path) -> None:
    """A workbook that was torn while it was copied would end in a traceback of the library that reads it."""
    data = (FILES / name).read_bytes()
    ended = run(lambda pick: (on_bytes(data, pick), name), range(100_000, 100_170), tmp_path)
    assert ended.total() == 170
    assert ended["refused"] > 10
