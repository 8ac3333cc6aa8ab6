"""Scores of chosen pairs of question and document, each kept on disk as soon as it is known.

    log = PairLog(folder / "KEY.scores")
    score_pairs(scorer, group, questions, documents, log, "judge")      # only what the log lacks
    log.scores(questions, documents)                                    # [n] float32

A scorer reads one document and scores it for several questions: `M3Scorer` here, `Reranker` in reranker.py.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from tqdm import tqdm

from data.errors import RunError
from training.mining.questions import QuestionGroup, Text
from training.mining.window_encoder import Span, WindowEncoder
from training.scores import HEADS, score_columns
from training.searching.encoder import Questions
from training.searching.pair_log import PairLog, pair_keys

QUESTIONS_AT_A_TIME = 64  # against one document: their token vectors, times its own, is what MaxSim has to hold


class PairScorer(Protocol):
    """Scores one document for several questions of a group; the best of its windows counts."""

    def score(self, rows: Sequence[int], text: Text, spans: Sequence[Span]) -> np.ndarray:
        """Return the scores [len(rows)] of `text`, where `spans` of characters stand whole in one window each."""
        ...


def score_pairs(
    scorer: PairScorer,
    group: QuestionGroup,
    questions: np.ndarray,
    documents: np.ndarray,
    log: PairLog,
    title: str,
    with_evidence: bool = False,
) -> None:
    """Score the pairs that `log` lacks, each document read once; `with_evidence` gives recorded passages a window.

    Raises `RunError`, with question and document, when a score is not a number.
    """
    pairs = log.missing(questions, documents)
    total = len(np.unique(pair_keys(questions, documents)))
    rows_of: dict[int, list[int]] = {}
    for row, number in pairs.tolist():
        rows_of.setdefault(number, []).append(row)
    evidence, query_ids = group.evidence, group.query_ids
    with tqdm(total=total, initial=total - len(pairs), desc=f"{group.name} {title}", unit=" pairs") as bar:
        for text in group.texts(rows_of.keys()) if rows_of else ():
            rows = rows_of[text.number]
            own = [evidence[row] for row in rows if group.positives[row][0] == text.number] if with_evidence else []
            scores = scorer.score(rows, text, [span for span in own if span is not None])
            if not np.isfinite(scores).all():
                broken = query_ids[rows[int(np.flatnonzero(~np.isfinite(scores))[0])]]
                raise RunError(
                    f"the score of question {broken} with document {group.docids[text.number]} is not a number:"
                    " the model's weights are broken"
                )
            log.add(rows, text.number, scores)
            bar.update(len(rows))
    log.reload()


class M3Scorer:
    """An M3's scores: the sum of its heads' scores in a window, with weights; the best window counts."""

    def __init__(self, encoder: WindowEncoder, questions: Questions, weights: Sequence[float]) -> None:
        """Score for `questions`; `weights` are those of dense, sparse and multi-vector, 0 for a head that is left out.

        Those that take part must have token vectors where multi-vector does.
        """
        self.encoder, self.questions = encoder, questions
        self.heads = [head for head, weight in zip(HEADS, weights, strict=True) if weight]
        self.weights = torch.tensor([weight for weight in weights if weight], device=encoder.device)  # [heads]

    def score(self, rows: Sequence[int], text: Text, spans: Sequence[Span]) -> np.ndarray:
        """Return the scores [len(rows)] of a document."""
        best = torch.full((len(rows),), -torch.inf, device=self.encoder.device)  # [n]
        for _, found in self.encoder.encode(self.encoder.document_windows(text, spans)):
            for start in range(0, len(rows), QUESTIONS_AT_A_TIME):
                block = slice(start, start + QUESTIONS_AT_A_TIME)
                with torch.inference_mode():
                    queries = self.questions.batch(rows[block], self.encoder.device)
                    columns = score_columns(queries, found, self.heads)  # [heads, B, W]
                    summed = torch.einsum("h,hbw->bw", self.weights, columns)  # [B, W]
                    best[block] = torch.maximum(best[block], summed.max(dim=1).values)
        return best.cpu().numpy()
