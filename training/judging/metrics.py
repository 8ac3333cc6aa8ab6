"""nDCG@10, Recall@100 and MRR@10 of rankings, by trec_eval's own code (ir_measures, its pytrec_eval provider).

    measure_questions(rankings, qrels)["ndcg@10"]       # [questions], in the order of `qrels`
    measure(rankings, qrels)["ndcg@10"]                 # their mean

A question without a ranking counts as 0.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from training.collections.answers import judged_by_answers
from training.collections.collection import JudgedCollection
from training.searching.fusion import Rankings

METRIC_DEPTH = 100  # documents of a ranking that the metrics read
_MRR_DEPTH = 10

Qrels = Mapping[str, Mapping[str, int]]  # question id -> document id -> grade
Numbers = Sequence[Sequence[int] | np.ndarray]  # for each question the numbers of the documents found, best first


def measure_rankings(rankings: Numbers, collection: JudgedCollection) -> dict[str, float]:
    """Return what `measure` says of rankings that give document numbers, best first, for each query of `collection`."""
    return measure(name_documents(rankings, collection), collection.qrels)


def judgements_by_mode(collection: JudgedCollection, rankings: Mapping[str, Rankings]) -> dict[str, Qrels]:
    """Return the judgements by which each mode is measured: the collection's own, or, where documents are judged by
    the answers that they hold, those of the documents that the mode found.
    """
    if not collection.answers:
        return dict.fromkeys(rankings, collection.qrels)
    return {mode: judged_by_answers(collection, {mode: ranked.documents}) for mode, ranked in rankings.items()}


def name_documents(rankings: Numbers, collection: JudgedCollection) -> dict[str, list[str]]:
    """Return the ids of the documents that the metrics read, best first, by question id."""
    return {
        query_id: [collection.docids[number] for number in ranking[:METRIC_DEPTH]]
        for query_id, ranking in zip(collection.query_ids, rankings, strict=True)
    }


def measure(rankings: Mapping[str, Sequence[str]], qrels: Qrels) -> dict[str, float]:
    """Return the mean over the questions of `qrels` of what `measure_questions` says of each."""
    return {name: float(values.mean()) for name, values in measure_questions(rankings, qrels).items()}


def measure_questions(rankings: Mapping[str, Sequence[str]], qrels: Qrels) -> dict[str, np.ndarray]:
    """Return `ndcg@10`, `recall@100` and `mrr@10` of each question of `qrels`, in its order: 0 to 1, each [questions].

    `rankings` gives each question's document ids, best first; a question without a ranking counts as 0. trec_eval sorts
    by score itself and breaks ties by descending id, so it is given falling whole numbers: our order, exactly. It has
    no cut for the reciprocal rank, so that one sees the ten best alone.
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    provider = ir_measures.providers.registry["pytrec_eval"]
    places = {name: place for place, name in enumerate(qrels)}

    def calculate(measures: list, depth: int) -> list[np.ndarray]:
        run = {
            name: {docid: float(depth - rank) for rank, docid in enumerate(rankings.get(name, ())[:depth])}
            for name in qrels
        }
        values = {one: np.zeros(len(places)) for one in measures}
        for found in provider.iter_calc(measures, qrels, run):
            values[found.measure][places[found.query_id]] = found.value
        return [values[one] for one in measures]

    ndcg, recall = calculate([nDCG @ 10, R @ 100], METRIC_DEPTH)
    (reciprocal,) = calculate([RR], _MRR_DEPTH)
    return {"ndcg@10": ndcg, "recall@100": recall, "mrr@10": reciprocal}
