"""benchmarks/ablation.py: what is compared exists, trainings can start, verdicts follow their rule."""

import importlib
from pathlib import Path

import pytest

from training.running.settings import check_settings

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    """A function that imports a module of benchmarks/."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.mark.parametrize("scale", ["CPU", "GPU"])
def test_tables_show_arms_that_are_trained_and_judged(module, scale):
    arms = module("ablation_arms")
    size = getattr(arms, scale)
    judged = {("untrained", "short"), *((arm.name, name) for arm in arms.list_arms(size) for name in arm.judged)}
    assert {name for _, name in judged} == set(arms.JUDGED)
    tables = module("ablation_tables").make_tables(size)
    assert {(row.arm, row.judged) for table in tables for row in table.rows} == judged
    claimed = {key[:2] for table in tables for claim in table.claims for key in (claim.better, claim.worse)}
    assert claimed <= judged


@pytest.mark.parametrize("scale", ["CPU", "GPU"])
def test_every_arm_can_be_trained_and_starts_from_one_before_it(module, scale):
    arms = module("ablation_arms")
    size, seen = getattr(arms, scale), {"untrained"}
    for arm in arms.list_arms(size):
        check_settings(arms.fit_config(arm, size, 1, Path("out")))
        assert arm.start in seen
        seen.add(arm.name)


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ([2.0, 2.5, 3.0], "agrees"),  # mean 2.5, range 1
        ([-2.0, -2.5, -3.0], "disagrees"),
        ([1.0, 2.0, 3.0], "cannot tell"),  # mean 2, range 2
        ([9.0, 9.0, -0.1], "cannot tell"),  # signs differ
        ([5.0, 5.1], "cannot tell"),  # two seeds may agree by chance
        ([0.0, 0.0, 0.0], "cannot tell"),
    ],
)
def test_a_verdict_needs_one_sign_and_a_mean_above_the_range(module, differences, verdict):
    assert module("ablation_report").judge(differences) == verdict


def test_the_report_shows_mean_range_paper_and_verdict(module, tmp_path):
    tables, findings = module("ablation_tables"), module("ablation_report")
    better, worse = ("full", "short", "dense"), ("other", "short", "dense")
    rows = [
        tables.Row("with", "full", paper={"dense": 69.2}, modes=("dense",)),
        tables.Row("without", "other", modes=("dense",)),
        tables.Row("to come", "later", modes=("dense",)),
    ]
    table = tables.Table("A table", rows, [tables.Claim("it improves dense", better, worse, 0.5)])
    figures = {
        (arm, "short", mode): {1: 50.0, 2: 60.0, 3: 55.0} for arm in ("full", "other") for mode in tables.MODE_TITLES
    }
    figures |= {better: {1: 50.0, 2: 61.0, 3: 60.0}, worse: {1: 40.0, 2: 50.0, 3: 50.0}}
    found = findings.report([table], figures)
    assert "| with | 57.0 (50.0-61.0) [69.2] |" in found.markdown
    assert "| without | 46.7 (40.0-50.0) |" in found.markdown
    assert "to come" not in found.markdown
    assert "- agrees: it improves dense (+10.3, seeds +10.0 to +11.0; paper +0.5)" in found.markdown
    assert found.as_json["claims"][0]["differences"] == {"1": 10.0, "2": 11.0, "3": 10.0}
    assert found.as_json["ndcg@10"]["full short dense"] == {"1": 50.0, "2": 61.0, "3": 60.0}
