"""Curves of any length, with and without evaluations."""

from training.running.curves import POINTS, draw_curves, stretches


def history(steps):
    return [
        {"step": step, "loss": 1 / step, "dense": 1.0, "learning_rate": 1e-5, "grad_norm": 1.0, "dense_others": 0.5}
        for step in range(1, steps + 1)
    ]


def test_short_lines_are_drawn_point_by_point_and_long_ones_as_means():
    assert stretches([{"step": 1, "loss": 3.0}, {"step": 2, "loss": 5.0}], "loss") == ([1.0, 2.0], [3.0, 5.0])
    steps, values = stretches([{"step": step, "loss": float(step % 2)} for step in range(1, 4 * POINTS + 1)], "loss")
    assert len(steps) == POINTS
    assert (steps[0], values[0]) == (2.5, 0.5)
    assert stretches([{"step": 1}], "loss") == ([], [])


def test_pictures(tmp_path):
    row = {"all": {"en": 0.5, "mean": 0.5}, "dense": {"en": 0.4, "mean": 0.4}}
    dev = {"ndcg@10": [{"step": 0, **row}, {"step": 3, **row}], "best": {"step": 3, "figure": 0.5}}
    for name, steps, evaluations in (("short", 1, None), ("long", 1000, dev)):
        draw_curves(history(steps), evaluations, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
