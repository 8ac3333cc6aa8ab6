"""Groups of scores and their summary, by hand."""

import torch

from training.running.score_sample import ScoredBatch, score_groups, summarise


def test_groups_leave_out_what_is_excluded():
    scores = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0]]])
    excluded = torch.tensor([[False, True, False, False, False], [False] * 5])
    groups = score_groups(ScoredBatch(("dense",), scores, torch.tensor([0, 2]), excluded))
    assert groups["dense"]["positives"].tolist() == [1.0, 8.0]
    assert groups["dense"]["others"].tolist() == [3.0, 4.0, 5.0, 6.0, 7.0, 9.0, 10.0]


def test_summary_by_hand():
    groups = {"sparse": {"positives": torch.tensor([5.0, 1.0, 2.0, 4.0, 3.0]), "others": torch.tensor([])}}
    assert summarise(groups) == {"sparse": {"positives": {"mean": 3.0, "q25": 2.0, "q50": 3.0, "q75": 4.0}}}
