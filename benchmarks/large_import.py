"""Take in 100,000 rows: ``python -m benchmarks.large_import``; prints time and peak of memory of ``synth import``."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROWS = 100_000
SECONDS, MEGABYTES = 5.0, 500.0


def rows() -> Iterator[list[str | int]]:
    """Give a long sheet of the review that ``synth init`` makes."""
    yield ["study", "arm", "outcome", "events", "total", "where", "note"]
    for n in range(ROWS):
        names = ("treated", "control")[n % 2], ("mortality_30d", "complication")[n // 2 % 2]
        yield [f"Study {n // 4} 2020", *names, n % 17, n % 17 + n % 13 + 20, f"p. {n % 20}", ""]


def write(folder: Path) -> list[Path]:
    """Write the sheet as .csv and as .xlsx."""
    import xlsxwriter

    paths = [folder / "long.csv", folder / "long.xlsx"]
    with paths[0].open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows())
    with xlsxwriter.Workbook(paths[1], {"constant_memory": True}) as book:
        page = book.add_worksheet("results")
        for number, row in enumerate(rows()):
            page.write_row(number, 0, row)
    return paths


def main() -> int:
    """Measure each file in a process of its own, into a new review; 1 where it took too long or too much."""
    ended = 0
    with tempfile.TemporaryDirectory() as name:
        for path in write(Path(name)):
            review = Path(name) / f"review-{path.suffix[1:]}"
            synth = [sys.executable, "-m", "synth"]
            subprocess.run([*synth, "init", review], check=True, stdout=subprocess.DEVNULL)
            start = time.perf_counter()
            running = subprocess.Popen([*synth, "import", path], cwd=review, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(running.pid, 0)
            seconds, peak = time.perf_counter() - start, used.ru_maxrss / 1024
            met = status == 0 and seconds < SECONDS and peak < MEGABYTES
            ended |= not met
            used_s, verdict = used.ru_utime + used.ru_stime, "met" if met else "NOT MET"
            sys.stdout.write(f"{path.name}: {seconds:.1f} s ({used_s:.1f} s of processor), {peak:.0f} MB: {verdict}\n")
    return ended


if __name__ == "__main__":
    sys.exit(main())
