"""Logs: last night's is there after a restart, and one that grows is cut while its process goes on writing."""

import os
import subprocess
import sys
from pathlib import Path

from flows.services.logs import KEPT, cut_if_large, keep_earlier
from flows.services.supervisor import Supervisor

WRITER = "import sys\nfor line in sys.stdin:\n    print(line.strip(), flush=True)"


def test_the_log_of_last_night_is_kept_at_a_start(tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_text("the crash of last night")
    supervisor = Supervisor(tmp_path)
    try:
        child = supervisor.start("worker", [sys.executable, "-c", "print('today')"], os.environ, tmp_path)
        child.process.wait(timeout=120)
    finally:
        supervisor.end()
    assert (tmp_path / "worker.log.1").read_text() == "the crash of last night"
    assert (tmp_path / "worker.log").read_text() == "today\n"


def test_so_many_are_kept_and_the_oldest_is_forgotten(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    for night in range(KEPT + 3):
        log.write_text(f"night {night}")
        keep_earlier(log)
    kept = sorted(tmp_path.iterdir(), key=lambda path: int(path.suffix[1:]))
    assert [path.read_text() for path in kept] == [f"night {KEPT + 2 - number}" for number in range(KEPT)]
    keep_earlier(log)
    assert len(list(tmp_path.iterdir())) == KEPT, "an empty or missing one is not kept"


def test_a_log_that_grows_is_cut_while_its_process_writes(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with log.open("ab") as output:
        writer = subprocess.Popen([sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=output, text=True)
    with writer.stdin as lines:  # type: ignore[union-attr]
        assert not cut_if_large(log, 100)
        lines.write("x" * 200 + "\n")
        lines.flush()
        while log.stat().st_size < 201:
            pass
        assert cut_if_large(log, 100)
        lines.write("after\n")
    writer.wait(timeout=120)
    assert log.read_text() == "after\n"
    assert (tmp_path / "worker.log.1").read_text() == "x" * 200 + "\n"


def test_a_log_that_cannot_be_cut_ends_nothing(tmp_path: Path) -> None:
    assert not cut_if_large(tmp_path / "none.log", 0)
