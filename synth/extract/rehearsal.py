"""Which rows of a review have to be read once more before it is kept: those that no check has seen as they will stand.

The rows of a sheet were checked together with what the review had. What that cannot show is a row that came to stand
beside its twin, and one that was put together of an old and a new row. Everything else is left as an empty line, so
that the rows keep their numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence

from .contract.sheets import OTHERS, RESULTS, STUDIES, fold, names_of
from .forms.rows import identity
from .store import PATIENTS_FOLDER, Change, kind_of

SMALL = 2000
"""Up to so many rows in all, the whole review is read again."""
_KEY = ("study", "arm", "outcome")
_RESULTS = names_of((*RESULTS, *OTHERS))
_STUDIES = names_of(STUDIES)


def unseen(texts: Mapping[str, str], changes: Sequence[Change]) -> dict[str, str]:
    r"""Return the files of a review without those rows of results that were checked as they stand.

    Parameters
    ----------
    texts : mapping of str to str
        The review's sheets as they would be, by their names inside ``extracted``.
    changes : sequence of Change
        What differs from the review as it is.

    Returns
    -------
    dict of str to str
        The same files. Of results there are, in their lines: all rows of a study of which a row has changed, of which
        two rows are about the same, which has patients row by row, or which another study lies within; and the first
        study of each file. Studies, judgements and patients are all there.

    Examples
    --------
    >>> rows = "".join(f"S{n},mis,fusion,1,9\n" for n in range(3000))
    >>> text = "study,arm,outcome,events,total\n" + rows + "s7,mis,fusion,2,9\n"
    >>> [line for line in unseen({"results.csv": text}, ())["results.csv"].splitlines() if line]
    ['study,arm,outcome,events,total', 'S0,mis,fusion,1,9', 'S7,mis,fusion,1,9', 's7,mis,fusion,2,9']
    """
    tables = {file: list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) for file, text in texts.items()}
    if sum(map(len, tables.values())) <= SMALL:
        return dict(texts)
    wanted = {identity(change.key[0]) for change in changes if change.what == "changed"}
    results = {}
    for file, table in tables.items():
        if table and not file.startswith(f"{PATIENTS_FOLDER}/") and kind_of(table[0]) == "results":
            results[file] = table
        elif table:
            known = {**_STUDIES, **_RESULTS}
            columns = ["study"] if file.startswith(f"{PATIENTS_FOLDER}/") else ["overlaps"]
            for place in _places(table[0], columns, known):
                wanted |= {identity(row[place]) for row in table[1:] if place < len(row) and row[place]}
    seen: set[tuple[str, ...]] = set()
    named: dict[str, list[tuple[int, str]]] = {}
    for file, table in results.items():
        places = _places(table[0], _KEY, _RESULTS)
        named[file] = []
        for number, row in enumerate(table[1:], start=1):
            if len(row) <= max(places):  # a row that was never checked: the reader has to say what is wrong with it
                named[file].append((number, ""))
                wanted.add("")
                continue
            key = tuple([identity(row[place]) for place in places])
            if key in seen:
                wanted.add(key[0])
            seen.add(key)
            named[file].append((number, key[0]))
        wanted |= {study for _, study in named[file][:1]}
    return {
        file: _only(results[file], [number for number, study in named[file] if study in wanted])
        if file in results
        else text
        for file, text in texts.items()
    }


def _places(header: Sequence[str], wanted: Collection[str], known: Mapping[str, str]) -> list[int]:
    named = [known.get(fold(heading), "") for heading in header]
    return [named.index(name) for name in wanted if name in named]


def _only(table: Sequence[Sequence[str]], rows: Sequence[int]) -> str:
    """Write these rows, each in its line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table[0])
    last = 0
    for number in rows:
        out.write("\n" * (number - last - 1))
        writer.writerow(table[number])
        last = number
    return out.getvalue()
