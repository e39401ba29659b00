from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth.errors import Busy, ProblemsError, UnknownName, WorkspaceError
from synth.search.records.record import Record, as_line
from synth.search.run.finish import log_text
from synth.search.run.journal import Journal, read_journal
from synth.search.run.lock import LOCK_FILE, held
from synth.search.run.store import Store, lines_of


def written(path: Path) -> bytes:
    """Write a journal of three entries and give its bytes."""
    journal = Journal(path)
    journal.add("begin", run="r", text="ä \u2028\r\n")
    journal.add("ids", ids=list(range(50)))
    journal.add("batch", file="00001.xml.gz")
    journal.close()
    return path.read_bytes()


def test_a_journal_cut_at_any_byte(tmp_path: Path) -> None:
    """A kill in the middle of a line makes a journal that cannot be read, or is read with half a line."""
    data = written(tmp_path / "a")
    ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
    for cut in range(len(data) + 1):
        path = tmp_path / "b"
        path.write_bytes(data[:cut])
        journal = Journal(path)
        whole = sum(end <= cut for end in ends)
        assert [entry["kind"] for entry in journal.entries] == ["begin", "ids", "batch"][:whole]
        journal.add("resume", at="now")
        journal.close()
        entries, length = read_journal(path)
        assert [entry["kind"] for entry in entries] == [*["begin", "ids", "batch"][:whole], "resume"]
        assert length == path.stat().st_size


def test_a_journal_with_a_changed_byte(tmp_path: Path) -> None:
    """A byte that the disk has changed becomes another PMID."""
    data = written(tmp_path / "a")
    second = data.index(b"\n") + 30
    changed = data[:second] + bytes([data[second] ^ 1]) + data[second + 1 :]
    (tmp_path / "a").write_bytes(changed)
    assert [entry["kind"] for entry in Journal(tmp_path / "a").entries] == ["begin"]


def test_zeros_at_the_end_of_a_journal(tmp_path: Path) -> None:
    """What a crashed file system leaves at the end of a file stops the next run."""
    data = written(tmp_path / "a")
    (tmp_path / "a").write_bytes(data + bytes(4096))
    assert len(Journal(tmp_path / "a").entries) == 3


def test_a_full_disk_leaves_a_whole_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that did not fit on the disk stays in the journal by half, before the lines of the next run."""
    journal = Journal(tmp_path / "a")
    journal.add("begin")
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if len(data) < 40:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data[:20])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(WorkspaceError, match="No space left"):
        journal.add("batch", file="00001.xml.gz" * 5)
    monkeypatch.undo()
    journal.add("batch", file="2")
    assert [entry.get("file") for entry in read_journal(tmp_path / "a")[0]] == [None, "2"]


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry is cut where the system writes less than it was given."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    written(tmp_path / "a")
    assert len(read_journal(tmp_path / "a")[0]) == 3


def test_the_second_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    """Two runs at once on one search write over each other, or the second does not say who the first is."""
    with held(tmp_path / "demo"), pytest.raises(Busy) as raised, held(tmp_path / "demo"):
        pass
    assert f"process {os.getpid()} on " in str(raised.value)
    assert '"demo"' in str(raised.value)
    assert raised.value.exit_code == 1
    assert not (tmp_path / "demo" / LOCK_FILE).exists()
    with held(tmp_path / "demo"):
        pass


def test_the_lock_of_a_killed_run_is_taken_over(tmp_path: Path) -> None:
    """After kill -9 every further run says that another is at work."""
    code = (
        "import sys, time; from pathlib import Path; from synth.search.run.lock import held\n"
        "with held(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(Busy, match=f"process {child.pid} on"), held(tmp_path):
            pass
        child.kill()
    assert (tmp_path / LOCK_FILE).exists()
    with held(tmp_path):
        pass


def test_a_lock_is_held_by_one_of_many(tmp_path: Path) -> None:
    """Of processes that come and go, two hold the lock at the same time (a name taken away under a waiting one)."""
    code = (
        "import sys, os, time; from pathlib import Path\n"
        "from synth.search.run.lock import held; from synth.errors import Busy\n"
        "folder = Path(sys.argv[1]); end = time.monotonic() + 1.5; n = 0\n"
        "while time.monotonic() < end:\n"
        "    try:\n"
        "        with held(folder):\n"
        "            os.close(os.open(folder / 'inside', os.O_CREAT | os.O_EXCL)); n += 1\n"
        "            os.unlink(folder / 'inside')\n"
        "    except Busy:\n"
        "        pass\n"
        "print(n)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    turns = [int(child.communicate()[0]) for child in children]
    assert all(child.returncode == 0 for child in children)
    assert sum(turns) > 20


@pytest.mark.parametrize("text", ["", "{", '{"pid": "x"}', '{"pid": 1, "host": "\\u001b[31m", "since": "s"}', "\x00"])
def test_whatever_the_lock_file_says(tmp_path: Path, text: str) -> None:
    """What stands in a lock file stops the message about it, or moves the cursor."""
    with held(tmp_path):
        (tmp_path / LOCK_FILE).write_text(text)
        with pytest.raises(Busy) as raised, held(tmp_path):
            pass
    assert str(raised.value).isprintable()


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """A folder that cannot be locked ends in a traceback."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="Cannot lock"), held(tmp_path / "file" / "demo"):
        pass


def test_log_text_keeps_every_value() -> None:
    """The log that a person can read is not the log that was written."""
    log = {
        "ids": list(range(95)), "none": [], "few": [1, 2], "mixed": [1, "a", True], "flags": [True, False],
        "deep": {"list": [[1, 2], [3]], "objects": [{"missing": [7], "x": None}]},
        "text": 'list-0" \x00 "list-', "ä": "\udc80",
    }  # fmt: skip
    text = log_text(log)
    assert json.loads(text) == log
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9,\n10, " in text
    assert '"few": [1, 2]' in text
    text.encode("utf-8", "backslashreplace")


def test_runs_are_in_order_of_time(tmp_path: Path) -> None:
    """Of two runs in one second, or of eleven, the last is not the last."""
    store = Store(tmp_path)
    names = ["2026-01-01T000000Z", *(f"2026-01-01T000000Z-{n}" for n in range(2, 12)), "2026-01-01T000001Z"]
    (tmp_path / "runs").mkdir()
    for name in sorted(names):
        store.run_file(name).write_text(json.dumps({"run": name, "installed": not name.endswith("01Z")}))
    assert list(store.runs()) == names
    assert (store.last() or {})["run"] == names[-2]
    with pytest.raises(UnknownName, match="Did you mean"):
        store.log("2026-01-01T000002Z")


def test_an_empty_store(tmp_path: Path) -> None:
    """A search that was never run cannot be looked at."""
    store = Store(tmp_path / "none")
    assert (store.runs(), store.last(), store.pmids()) == ((), None, ())
    assert [*store.records(), *store.gone()] == []
    assert store.interrupted() is None


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('{"pmid": 1}\n{"pmid": 1}\n', 2),
        ('{"pmid": 2}\n{"pmid": 1}\n', 2),
        ('{"pmid": 1}\n\n{"pmid": 2}\n', 2),
        ('{"pmid": 1}\n{"pmid": 2}', 2),
        ('{"pmid": "1"}\n', 1),
        ('{"pmid": true}\n', 1),
        ("[1]\n", 1),
        ("[" * 5000 + "\n", 1),
    ],
)
def test_a_damaged_store_says_where(tmp_path: Path, text: str, row: int) -> None:
    """A file of records that an editor or a merge has damaged is read as if nothing were wrong."""
    (tmp_path / "records.jsonl").write_text(text)
    with pytest.raises(ProblemsError) as raised:
        list(lines_of(tmp_path / "records.jsonl"))
    assert raised.value.problems[0].row == row
    assert raised.value.problems[0].file.endswith("/records.jsonl")


def test_damaged_files_beside(tmp_path: Path) -> None:
    """A damaged log, list of PMIDs or character ends in a traceback."""
    store = Store(tmp_path)
    (tmp_path / "runs").mkdir()
    store.run_file("x").write_text("{")
    store.run_file("y").write_text("[]")
    store.pmids_file.write_text("1\nx\n")
    store.records_file.write_bytes(b'{"pmid": 1, "title": "\xff"}\n')
    store.gone_file.write_text('{"pmid": 1, "record": {"pmid": 1, "colour": "red"}}\n')
    looks = [lambda: store.log("x"), lambda: store.log("y"), lambda: list(store.gone()), lambda: list(store.records())]
    for look in (*looks, store.pmids):
        with pytest.raises(ProblemsError):
            look()


def test_a_record_of_a_newer_synth_says_where(tmp_path: Path) -> None:
    """A field that this version does not know ends in a traceback."""
    (tmp_path / "records.jsonl").write_text('{"pmid": 1}\n{"pmid": 2, "colour": "red"}\n')
    with pytest.raises(ProblemsError, match="colour") as raised:
        list(Store(tmp_path).records())
    assert raised.value.problems[0].row == 2


def test_strange_characters_in_a_title_are_one_line(tmp_path: Path) -> None:
    """A title with a line separator in it becomes two records."""
    records = [Record(n, title=f"a{char}b") for n, char in enumerate("\u2028\x85\x0b\x0c\x1c\r\n\ud800", 1)]
    path = tmp_path / "records.jsonl"
    path.write_bytes("".join(map(as_line, records)).encode())
    assert list(Store(tmp_path).records()) == records


def test_reading_a_store_is_quick(tmp_path: Path) -> None:
    """Reading a hundred thousand lines takes as long as fetching them."""
    line = as_line(Record(1, title="x" * 2000))
    (tmp_path / "a").write_text("".join(line.replace('"pmid": 1,', f'"pmid": {n},') for n in range(1, 5001)))
    begin = time.process_time()
    assert sum(1 for _ in lines_of(tmp_path / "a")) == 5000
    assert time.process_time() - begin < 2  # 0.03 s on the machine of its writing
