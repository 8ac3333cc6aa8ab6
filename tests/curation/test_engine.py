import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curation.engine import map_parts
from data.errors import InputError, RunError

# Calls that are importable in another process and do nothing but wait, fail or end it.
SLEEPERS = "from curation.engine import map_parts; import time; map_parts(time.sleep, [(600,), (600,)], 2, 'waiting')"


def write_number(folder, number):
    (folder / str(number)).write_text(str(os.getpid()))


def refuse(number):
    raise InputError(f"part {number} cannot be used")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_call_is_made_once_and_in_other_processes_only_when_asked(tmp_path, workers):
    map_parts(write_number, [(tmp_path, number) for number in range(5)], workers, "writing")
    makers = {int(file.read_text()) for file in tmp_path.iterdir()}
    assert sorted(file.name for file in tmp_path.iterdir()) == list("01234")
    assert (makers == {os.getpid()}) == (workers == 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_part_is_the_callers(workers):
    with pytest.raises(InputError, match="part 0 cannot be used"):
        map_parts(refuse, [(0,), (0,)], workers, "reading")


def test_a_process_that_dies_is_told():
    with pytest.raises(RunError, match=r"a process died while reading.*--workers"):
        map_parts(os._exit, [(3,), (3,)], 2, "reading")


def runs(pid):
    """Return whether a process runs: one that has ended may wait for somebody to take note (state Z)."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes as Linux lists them")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_the_one_that_started_it(ending):
    parent = subprocess.Popen([sys.executable, "-c", SLEEPERS], stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    until = time.monotonic() + 30
    workers: list[str] = []
    while time.monotonic() < until and len(workers) < 2:
        time.sleep(0.05)
        lines = {pid: Path(f"/proc/{pid}/cmdline") for pid in children.read_text().split()}
        workers = [pid for pid, line in lines.items() if line.exists() and b"spawn_main" in line.read_bytes()]
    assert len(workers) == 2
    time.sleep(1)  # until they are at work
    parent.send_signal(ending)
    parent.wait(timeout=10)  # and not the ten minutes of their sleep
    until = time.monotonic() + 10
    while any(map(runs, workers)):
        assert time.monotonic() < until, "a worker outlived its parent"
        time.sleep(0.05)
