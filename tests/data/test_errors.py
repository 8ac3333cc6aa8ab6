"""How a command ends when it is stopped, and what never keeps it from its report."""

import json
import subprocess
import sys

import pytest

from data.errors import Interrupted, run_command
from data.files import write_json

STRUCK_IN_A_CONSTRUCTOR = """
import sys
import tqdm
from data.errors import run_command

class Struck(tqdm.tqdm):
    monitor_interval = 0

    @classmethod
    def _get_free_pos(cls, instance=None):  # called before `pos` is set, which the destructor reads
        raise KeyboardInterrupt

def work():
    with Struck(total=3) as bar:
        bar.update()

sys.exit(run_command(work))
"""


def test_ctrl_c_in_the_middle_of_a_constructor_is_reported_without_a_traceback():
    done = subprocess.run([sys.executable, "-c", STRUCK_IN_A_CONSTRUCTOR], capture_output=True, text=True, timeout=60)
    assert done.returncode == 130
    assert done.stderr == "stopped: run the same command again to go on.\n"


@pytest.mark.parametrize("wrapped", [True, False])
def test_what_an_interrupted_function_held_is_let_go_quietly_and_later_faults_are_heard(monkeypatch, wrapped):
    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", heard.append)

    class Broken:
        def __del__(self) -> None:
            raise AttributeError("never complete")

    def work() -> None:
        held = Broken()  # noqa: F841
        raise KeyboardInterrupt

    def command() -> None:
        try:
            work()
        except KeyboardInterrupt as stop:
            if wrapped:
                raise Interrupted("here is how to go on") from stop
            raise

    assert run_command(command) == 130
    assert heard == []
    Broken()
    assert len(heard) == 1


def test_names_that_no_text_can_hold_do_not_cost_a_report(tmp_path):
    write_json(tmp_path / "report.json", {"dataset": "docs-\udcff"})
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == {"dataset": "docs-?"}
