"""Rankings and judgements as TREC tools read them (trec_eval, ir_measures, ranx, trectools).

    write_runs(collection, rankings, Path("out/runs"))      # LANG.MODE.trec: qid Q0 docid rank score tag
    write_qrels(collection, judgements, Path("out/qrels"))    # LANG.trec: qid 0 docid grade

The tools put a run in order themselves, by score, equal scores by id, and trec_eval keeps a score in 32 bits. So the
scores written fall strictly, also as 32-bit numbers: a score that would not is written as the next smaller number.
Fields are parted by white space: white space in an id, and the percent sign, are written as in a URL (`%20`), an empty
id as `%`; `urllib.parse.unquote` gives the id back.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import numpy as np

from data.files import write_text
from data.text import clean_text
from training.collections.collection import JudgedCollection
from training.judging.metrics import METRIC_DEPTH, Qrels
from training.searching.fusion import Rankings

_AWKWARD = re.compile(r"[\s%]")


def write_runs(collection: JudgedCollection, rankings: Mapping[str, Rankings], folder: Path) -> None:
    """Write the best 100 documents of each question, a file a mode."""
    ids = [encode_id(docid) for docid in collection.docids]
    for mode, ranked in rankings.items():
        lines = [
            f"{encode_id(query_id)} Q0 {ids[number]} {rank} {score!s} {mode}\n"
            for query_id, numbers, scores in zip(collection.query_ids, ranked.documents, ranked.scores, strict=True)
            for rank, (number, score) in enumerate(
                zip(numbers[:METRIC_DEPTH], falling_scores(scores[:METRIC_DEPTH]), strict=True), start=1
            )
        ]
        write_text(folder / file_name(collection.lang, mode), "".join(lines))


def write_qrels(collection: JudgedCollection, judgements: Mapping[str, Qrels], folder: Path) -> None:
    """Write the judgements of the collection's questions: LANG.trec, or LANG.MODE.trec where each mode has its own."""
    shared = all(qrels is collection.qrels for qrels in judgements.values())
    for mode, qrels in judgements.items():
        lines = [
            f"{encode_id(query_id)} 0 {encode_id(docid)} {grade}\n"
            for query_id, grades in qrels.items()
            for docid, grade in grades.items()
        ]
        write_text(folder / file_name(collection.lang, *([] if shared else [mode])), "".join(lines))
        if shared:
            return


def file_name(lang: str, *parts: str) -> str:
    """Return the name of a language's file; what its name cannot hold is written as in a URL."""
    return ".".join([quote(lang, safe=""), *parts, "trec"])


def encode_id(name: str) -> str:
    """Return an id as one field of a line."""
    return _AWKWARD.sub(lambda match: quote(match[0]), clean_text(name)) or "%"


def falling_scores(scores: np.ndarray) -> np.ndarray:
    """Return `scores` [n], which fall, as 32-bit numbers that fall strictly: who breaks ties by id keeps our order."""
    strict = np.asarray(scores).astype(np.float32)
    if (np.diff(strict) < 0).all():
        return strict
    for place in range(1, len(strict)):
        strict[place] = min(strict[place], np.nextafter(strict[place - 1], np.float32(-np.inf)))
    return strict
