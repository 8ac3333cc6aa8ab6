"""What counts as complete, and what is removed when."""

import json

from training.running.checkpoints import checkpoint_history, last_checkpoint, mark_complete, tidy_checkpoints


def make(folder, *steps, cut_short=()):
    for step in (*steps, *cut_short):
        (folder / f"checkpoint-{step}").mkdir(parents=True)
        (folder / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps({"log_history": [{"step": step}]}))
    for step in steps:
        mark_complete(folder / f"checkpoint-{step}")


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_the_last_is_the_newest_complete_one(tmp_path):
    assert last_checkpoint(tmp_path / "none") is None
    assert checkpoint_history(None) == []
    make(tmp_path, 9, 10, cut_short=[11])
    last = last_checkpoint(tmp_path)
    assert last is not None and last.name == "checkpoint-10"
    assert checkpoint_history(last) == [{"step": 10}]


def test_one_that_was_cut_short_takes_no_place(tmp_path):
    make(tmp_path, 2, 4, cut_short=[5])
    tidy_checkpoints(tmp_path, 2, [])
    assert names(tmp_path) == {"checkpoint-2", "checkpoint-4"}
    tidy_checkpoints(tmp_path, 1, [])
    assert names(tmp_path) == {"checkpoint-4"}
    tidy_checkpoints(tmp_path / "none", 1, [])


def test_only_the_best_of_the_history_stays(tmp_path):
    make(tmp_path, 4)
    for name in ("best-2", "best-4", ".best-6.123.tmp"):
        (tmp_path / name).mkdir()
    entries = [{"step": 0, "figure": 0.9}, {"step": 2, "figure": 0.6}, {"step": 4, "figure": 0.5}]
    tidy_checkpoints(tmp_path, 2, entries)
    assert names(tmp_path) == {"checkpoint-4", "best-2"}
