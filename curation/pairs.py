"""From the questions that are left to the pairs of a data set."""

import pyarrow as pa

from data.files import digest
from data.records import PAIR


def make_pairs(questions: pa.Table, passages: pa.Table) -> pa.Table:
    """Return the questions about `passages` without a reason against them as `records.PAIR`, in the order of ids."""
    kept = questions.filter(pa.compute.is_null(questions["reason"])).sort_by("query_id")
    renamed = {
        "start": "evidence_start",
        "end": "evidence_end",
        "token_start": "evidence_token_start",
        "tokens": "evidence_tokens",
    }
    columns = {
        renamed.get(name, name): kept[name] for name in kept.column_names if renamed.get(name, name) in PAIR.names
    }
    columns["positive_ids"] = pa.array([[docid] for docid in kept["docid"].to_pylist()], pa.list_(pa.string()))
    digests = {row["passage_id"]: digest(row["text"]) for row in passages.select(["passage_id", "text"]).to_pylist()}
    columns["evidence_digest"] = pa.array([digests[name] for name in kept["passage_id"].to_pylist()], pa.string())
    ids = set(kept["query_id"].to_pylist())  # what resembled a question that was dropped since resembles nothing
    near = [name if name in ids else None for name in kept["near_duplicate_of"].to_pylist()]
    columns["near_duplicate_of"] = pa.array(near, pa.string())
    for name in ("negative_ids", "negative_miners", "negative_ranks", "negative_scores", "pos_scores", "neg_scores"):
        columns[name] = pa.array([[] for _ in range(len(kept))], PAIR.field(name).type)  # m3-train mine and teach
    return pa.table(columns).select(PAIR.names).cast(PAIR)
