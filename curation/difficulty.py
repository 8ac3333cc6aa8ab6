"""How hard the questions are, in figures: what BM25 makes of them, how literal they are, and what uniqueness costs.

A set that BM25 solves teaches little: a question's source at rank r scores nDCG@10 1 / log2(1 + r), and 0 beyond 10.
"""

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import pyarrow as pa

from curation.uniqueness import is_easy

PARAPHRASE_OVERLAP = 0.5  # a question with less of its n-grams in the passage is worded unlike it
BINS = 10  # of the histogram of lexical overlap
METRIC_DEPTH = 10


@dataclass(kw_only=True)
class Difficulty:
    """Figures of one language's questions, or of all together. Shares and nDCG are between 0 and 1, None without
    questions; only the source document counts as relevant.
    """

    ranked: int = 0  # questions that passed the checks before uniqueness, in the language of their document
    ranked_ndcg: float | None = None
    kept: int = 0
    kept_ndcg: float | None = None
    kept_easy: float | None = None  # share of the kept
    paraphrases: int = 0  # of the ranked
    paraphrases_lost: int = 0  # to uniqueness
    literal: int = 0
    literal_lost: int = 0
    overlap: list[int] = field(default_factory=lambda: [0] * BINS)  # kept questions by lexical overlap, 0 to 1


def measure_difficulty(questions: pa.Table, kept: Collection[str], easy_overlap: float) -> dict[str, Difficulty]:
    """Return the figures by language, and of "all"; `questions` (`records.QUESTION`) as the filter left them, `kept`:
    ids of those that became pairs.
    """
    kept = set(kept)
    found: dict[str, Difficulty] = defaultdict(Difficulty)
    gains: dict[str, list[tuple[bool, float]]] = defaultdict(list)  # kept or not, nDCG@10
    names = ("lang", "query_id", "bm25_rank", "lexical_overlap", "reason")
    for lang, query_id, rank, overlap, reason in zip(*(questions[name].to_pylist() for name in names), strict=True):
        if rank is None or overlap is None:
            continue
        for name in (lang, "all"):
            part = found[name]
            gains[name].append((query_id in kept, 1 / math.log2(1 + rank) if 0 < rank <= METRIC_DEPTH else 0.0))
            part.ranked += 1
            lost = reason == "not_unique"
            if overlap < PARAPHRASE_OVERLAP:
                part.paraphrases += 1
                part.paraphrases_lost += lost
            else:
                part.literal += 1
                part.literal_lost += lost
            if query_id in kept:
                part.kept += 1
                part.kept_easy = (part.kept_easy or 0) + is_easy(rank, overlap, easy_overlap)
                part.overlap[min(BINS - 1, int(overlap * BINS))] += 1
    for name, part in found.items():
        part.ranked_ndcg = _mean([gain for _, gain in gains[name]])
        part.kept_ndcg = _mean([gain for is_kept, gain in gains[name] if is_kept])
        if part.kept_easy is not None:
            part.kept_easy /= part.kept
    return dict(sorted(found.items(), key=lambda item: (item[0] == "all", item[0])))


def difficulty_lines(difficulty: dict[str, Difficulty]) -> list[str]:
    """Return lines for the screen about all questions together."""
    total = difficulty.get("all")
    if total is None or total.kept_ndcg is None:
        return []
    lines = [
        f"BM25 alone reaches nDCG@10 {total.kept_ndcg:.3f} on the kept questions ({total.ranked_ndcg:.3f} before the "
        f"uniqueness check); {total.kept_easy:.0%} of them are easy"
    ]
    if lost := total.paraphrases_lost + total.literal_lost:
        lines.append(
            f"uniqueness dropped {lost:,} questions: {_share(total.paraphrases_lost, total.paraphrases)} of those "
            f"worded unlike their passage, {_share(total.literal_lost, total.literal)} of the others"
        )
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "none"


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
