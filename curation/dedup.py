"""Near-duplicate documents and duplicate questions.

Documents: character n-gram shingles -> 128 MinHash values -> 25 bands of 5 -> candidates -> exact Jaccard -> clusters.
The bands find practically every pair above the threshold and many below it; the exact comparison decides.
"""

from collections import defaultdict
from functools import lru_cache
from itertools import combinations

import numpy as np
import pyarrow as pa
from rensa import RMinHash

from curation.clusters import DisjointSets
from curation.engine import progress
from data.text import jaccard, letters, shingles

PERMUTATIONS = 128
BANDS, ROWS = 25, 5
MINHASH_SEED = 1
SHINGLES_IN_MEMORY = 256  # documents


def cluster_documents(texts: pa.ChunkedArray, threshold: float) -> DisjointSets:
    """Return the clusters of texts whose shingles have a Jaccard similarity of at least `threshold`, directly or
    through others.
    """
    shingles_of = lru_cache(maxsize=SHINGLES_IN_MEMORY)(lambda number: shingles(texts[number].as_py()))
    buckets: dict[bytes, list[int]] = defaultdict(list)
    for number in progress(range(len(texts)), "near-duplicates", "document"):
        found = shingles_of(number)
        if len(found):  # a text without a letter resembles nothing
            for key in _band_keys(found):
                buckets[key].append(number)
    clusters = DisjointSets(len(texts))
    compared: set[tuple[int, int]] = set()
    for bucket in buckets.values():
        for pair in combinations(bucket, 2):
            if pair not in compared and clusters.find(pair[0]) != clusters.find(pair[1]):
                compared.add(pair)
                if jaccard(shingles_of(pair[0]), shingles_of(pair[1])) >= threshold:
                    clusters.unite(*pair)
    return clusters


def _band_keys(found: np.ndarray) -> list[bytes]:
    sketch = RMinHash.digest_matrix_from_flat_token_hashes(found, [0, len(found)], PERMUTATIONS, MINHASH_SEED)
    values = np.array(sketch.to_rows()[0], dtype=np.uint64)
    return [bytes([band]) + values[band * ROWS : (band + 1) * ROWS].tobytes() for band in range(BANDS)]


def mark_duplicate_questions(questions: pa.Table) -> list[str | None]:
    """Return for each question that is still kept "duplicate_question" if an earlier one is the same after normalising,
    else its reason.

    Test questions come before dev and train, so that of two the training question is given up.
    """
    rank = {"test": 0, "dev": 1, "train": 2}
    queries, splits, reasons, ids = (questions[name].to_pylist() for name in ("query", "split", "reason", "query_id"))
    seen: set[str] = set()
    marked = list(reasons)
    for number in sorted(range(len(queries)), key=lambda n: (rank[splits[n]], ids[n])):
        if reasons[number] is None:
            key = letters(queries[number])
            marked[number] = "duplicate_question" if key in seen else None
            seen.add(key)
    return marked
