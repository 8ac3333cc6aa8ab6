"""Rankings and judgements as TREC tools read them (trec_eval, ir_measures, ranx, trectools).

    write_run(rankings, collection, "dense", Path("out/runs/ko.dense.trec"))    # qid Q0 docid rank score tag
    write_qrels(collection, Path("out/qrels/ko.trec"))                          # qid 0 docid grade

The tools put a run in order themselves, by score, equal scores by id, and trec_eval keeps a score in 32 bits. So the
scores written fall strictly, also as 32-bit numbers: a score that would not is written as the next smaller number.
Fields are parted by white space: white space in an id, and the percent sign, are written as in a URL (`%20`), an empty
id as `%`; `urllib.parse.unquote` gives the id back.
"""

import re
from pathlib import Path
from urllib.parse import quote

import numpy as np

from data.files import write_text
from data.text import clean_text
from training.collections.collection import JudgedCollection
from training.judging.metrics import METRIC_DEPTH
from training.searching.fusion import Rankings

_AWKWARD = re.compile(r"[\s%]")


def write_run(rankings: Rankings, collection: JudgedCollection, mode: str, file: Path) -> None:
    """Write the best 100 documents of each question."""
    ids = [encode_id(docid) for docid in collection.docids]
    lines = [
        f"{encode_id(query_id)} Q0 {ids[number]} {rank} {score!s} {mode}\n"
        for query_id, numbers, scores in zip(collection.query_ids, rankings.documents, rankings.scores, strict=True)
        for rank, (number, score) in enumerate(
            zip(numbers[:METRIC_DEPTH], falling_scores(scores[:METRIC_DEPTH]), strict=True), start=1
        )
    ]
    write_text(file, "".join(lines))


def write_qrels(collection: JudgedCollection, file: Path) -> None:
    """Write every judgement of the collection's questions."""
    lines = [
        f"{encode_id(query_id)} 0 {encode_id(docid)} {grade}\n"
        for query_id in collection.query_ids
        for docid, grade in collection.qrels[query_id].items()
    ]
    write_text(file, "".join(lines))


def file_name(lang: str, *parts: str) -> str:
    """Return the name of a language's file; what its name cannot hold is written as in a URL."""
    return ".".join([quote(lang, safe=""), *parts, "trec"])


def encode_id(name: str) -> str:
    """Return an id as one field of a line."""
    return _AWKWARD.sub(lambda match: quote(match[0]), clean_text(name)) or "%"


def falling_scores(scores: np.ndarray) -> np.ndarray:
    """Return `scores` [n], which fall, as 32-bit numbers that fall strictly."""
    strict = np.asarray(scores).astype(np.float32)
    for place in range(1, len(strict)):
        strict[place] = min(strict[place], np.nextafter(strict[place - 1], np.float32(-np.inf)))
    return strict
