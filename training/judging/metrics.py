"""nDCG@10, Recall@100 and MRR@10 of rankings, by trec_eval's own code (ir_measures, its pytrec_eval provider)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from training.collections.collection import JudgedCollection

METRIC_DEPTH = 100  # documents of a ranking that the metrics read
_MRR_DEPTH = 10


def measure_rankings(
    rankings: "Sequence[Sequence[int] | np.ndarray]", collection: "JudgedCollection"
) -> dict[str, float]:
    """Return what `measure` says of rankings that give document numbers, best first, for each query of `collection`."""
    named = {
        query_id: [collection.docids[number] for number in ranking[:METRIC_DEPTH]]
        for query_id, ranking in zip(collection.query_ids, rankings, strict=True)
    }
    return measure(named, collection.qrels)


def measure(rankings: Mapping[str, Sequence[str]], qrels: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Return the mean over the questions of `qrels` of `ndcg@10`, `recall@100` and `mrr@10`, each between 0 and 1.

    `rankings` gives each question's document ids, best first; a question without a ranking counts as 0. trec_eval sorts
    by score itself and breaks ties by descending id, so it is given falling whole numbers: our order, exactly. It has
    no cut for the reciprocal rank, so that one sees the ten best alone.
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    provider = ir_measures.providers.registry["pytrec_eval"]

    def mean(measures: list, depth: int) -> list[float]:
        run = {
            name: {docid: float(depth - rank) for rank, docid in enumerate(rankings.get(name, ())[:depth])}
            for name in qrels
        }
        totals = dict.fromkeys(measures, 0.0)
        for found in provider.iter_calc(measures, qrels, run):
            totals[found.measure] += found.value
        return [totals[one] / len(qrels) for one in measures]

    ndcg, recall = mean([nDCG @ 10, R @ 100], METRIC_DEPTH)
    (reciprocal,) = mean([RR], _MRR_DEPTH)
    return {"ndcg@10": ndcg, "recall@100": recall, "mrr@10": reciprocal}
