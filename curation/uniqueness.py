"""Which questions BM25 finds the source of: the round trip that shows whether a question belongs to one document, and
how hard it is.

Every question is asked of an index of all documents in its language. Where the source is not among the best, other
documents may answer it as well; where the source comes first and the question is worded like its passage, training on
it teaches little. A query in another language than the document's shares few words with it and is not judged.
"""

from collections import defaultdict
from typing import Any

import pyarrow as pa

from curation.config import FilterConfig
from curation.engine import progress
from data.bm25 import Bm25Index
from data.text import document_text

RANKED = 10  # documents looked at, however strict the check is: as many as nDCG@10 reads

Row = dict[str, Any]  # of records.QUESTION


def rank_sources(rows: list[Row], documents: pa.Table, depth: int) -> None:
    """Fill `bm25_rank` and `also_relevant` of the questions still kept; drop those whose source document is not among
    the `depth` best (0: none is dropped).

    documents: `records.DOCUMENT`. A rank of 0 means below the larger of `depth` and `RANKED`.
    """
    looked_at = max(depth, RANKED)
    waiting: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["reason"] is None and row["query_lang"] in (None, row["lang"]):
            waiting[row["lang"]].append(row)
    langs = documents["lang"].to_pylist()
    for lang, asked in sorted(waiting.items()):
        numbers = [number for number, other in enumerate(langs) if other == lang]
        ids = documents["docid"].take(numbers).to_pylist()
        titles = documents["title"].take(numbers).to_pylist()
        texts = (document_text(titles[at], documents["text"][number].as_py()) for at, number in enumerate(numbers))
        index = Bm25Index(texts)
        for row in progress(asked, f"uniqueness {lang}", "question"):
            ranked = [ids[number] for number, _ in index.search(row["query"], looked_at)]
            row["bm25_rank"] = rank = ranked.index(row["docid"]) + 1 if row["docid"] in ranked else 0
            row["also_relevant"] = (ranked[: rank - 1] if rank else ranked)[:RANKED]
            if depth and not 0 < rank <= depth:
                row["reason"] = "not_unique"


def limit_easy(questions: pa.Table, config: FilterConfig) -> pa.Table:
    """Return the questions (`records.QUESTION`) with the reason too_easy on the most literal of the easy ones, so that
    those are at most `max_easy_share` of what is left of each language and split.

    Easy: BM25 puts the source first, and the lexical overlap is at least `easy_overlap`.
    """
    if config.max_easy_share >= 1:
        return questions
    names = ("query_id", "lang", "split", "bm25_rank", "lexical_overlap", "reason")
    columns = {name: questions[name].to_pylist() for name in names}
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, reason in enumerate(columns["reason"]):
        if reason is None:
            groups[columns["lang"][number], columns["split"][number]].append(number)
    ranks, overlaps, ids = (columns[name] for name in ("bm25_rank", "lexical_overlap", "query_id"))
    for kept in groups.values():
        easy = [number for number in kept if is_easy(ranks[number], overlaps[number], config.easy_overlap)]
        allowed = int(config.max_easy_share * (len(kept) - len(easy)) / (1 - config.max_easy_share) + 1e-9)
        easy.sort(key=lambda number: (-overlaps[number], ids[number]))
        for number in easy[: max(0, len(easy) - allowed)]:
            columns["reason"][number] = "too_easy"
    place = questions.column_names.index("reason")
    return questions.set_column(place, "reason", pa.array(columns["reason"], pa.string()))


def is_easy(rank: int | None, overlap: float | None, easy_overlap: float) -> bool:
    """Return whether BM25 finds the source of a question first, and its wording is the passage's own."""
    return rank == 1 and (overlap or 0.0) >= easy_overlap
