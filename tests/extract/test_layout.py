"""Layout of any sheet: nothing is lost without a word, and size costs no more than it must."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import ProblemsError

from .books import Cell, csv, letters, said, sheet, tables, xlsx

WORDS = ("study", "arm", "events", "total", "Deaths (n)", "year", "note", "Table 1", "Note: x", "mL", "(years)", "A")
CELL = st.one_of(st.none(), st.none(), st.sampled_from(WORDS), st.integers(0, 50), st.just("  "))
ROW = st.one_of(st.lists(CELL, max_size=7), st.just([]), st.just(["study", "events", "total"]))


def seen(rows: list[list[Cell]]) -> str:
    """Return everything that is known of a sheet after it has been read."""
    try:
        found = tables(xlsx(sheet(rows)))
    except ProblemsError as error:
        return str(error)
    words = []
    for table in found:
        words += [*table.header, *table.found, *table.units, *table.groups, *said(table)]
        words += [cell for _, cells in table.rows for cell in cells] + [text for _, text in table.remarks]
    return "\n".join(words)


@given(st.lists(ROW, max_size=14), st.integers(0, 2**16))
@settings(max_examples=150, deadline=None)
def test_no_cell_is_lost_without_a_word(rows: list[list[Cell]], start: int) -> None:
    """A study in a corner of a sheet would neither be read nor be mentioned."""
    marked: list[list[Cell]] = []
    names = {}
    for number, row in enumerate(rows, start=1):
        marked.append([])
        for place, value in enumerate(row):
            # Each number is one of its kind, so that it can be looked for.
            kept = float(f"{start}.{number:02}{place}1") if isinstance(value, int) else value
            marked[-1].append(kept)
            if isinstance(kept, float):
                names[f"{kept}"] = f"{letters(place + 1)}{number}"
    told = seen(marked)
    for value, name in names.items():
        assert value in told or name in told, f"{name} ({value}) is nowhere"


@given(st.lists(st.lists(st.sampled_from((*WORDS, "", "1", "2,5", "9")), min_size=1, max_size=6), max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_csv_is_read_or_refused(rows: list[list[str]]) -> None:
    """Some order of rows would show a traceback, or give a row that is longer than its header."""
    try:
        found = tables("\n".join(";".join(row) for row in rows).encode(), "a.csv")
    except ProblemsError:
        return
    for table in found:
        assert all(len(cells) == len(table.header) for _, cells in table.rows)
        assert len(table.found or table.header) == len(table.header)
        assert {len(kept) for kept in (table.units, table.groups) if kept} <= {len(table.header)}


MEASURE = """
import re, sys
from pathlib import Path
from synth.extract.load import knows
from synth.extract.reading.readers import read_tables
(table,) = read_tables(Path(sys.argv[1]), "big.xlsx", knows)
# ru_maxrss would count the process that started this one
status = Path("/proc/self/status")
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) / 1024 if status.exists() else 0
print(len(table.rows), table.rows[-1][1][0], peak)
"""


def test_a_hundred_thousand_rows_cost_a_few_hundred_megabytes(tmp_path: Path) -> None:
    """The register of a country would make the tool feel broken, or end it."""
    names = ["study", "arm", "outcome", "events", "total", "unit", "events_basis", "total_basis", "percent_reported"]
    more = ["patients", "stated", "cohort", "16%", "p. 3", "as printed", "10.1000/x"]
    rows: list[list[Cell]] = [[*names, "where", "note", "source"]]
    rows += [[f"Study {n}", "mis", "fusion", n % 40, 43, *more] for n in range(100_000)]
    (tmp_path / "big.xlsx").write_bytes(xlsx(sheet(rows)))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "big.xlsx")], capture_output=True, text=True, check=True
    )
    count, last, _, peak = done.stdout.split()
    assert (count, last) == ("100000", "Study")
    # 270 MB; much more says that something is kept twice. The time is in benchmarks/.
    assert float(peak) < 450


def test_gaps_in_every_second_row_cost_no_more() -> None:
    """Each gap would be searched for further headings, over and over."""
    text = "study,arm,outcome,events,total\n" + "".join(f"S{n},mis,fusion,a,b\n\n" for n in range(60_000))
    start = time.process_time()
    assert len(csv(text).rows) == 60_000
    assert time.process_time() - start < 8
