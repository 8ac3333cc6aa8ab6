"""`m3-train mine --judge`: a cross-encoder reads the chosen documents and drops those that answer the question too."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.files import digest
from training.batching.examples import tokenizer_digest
from training.mine_config import MineConfig
from training.mining.choose import Negative
from training.mining.pair_scores import score_pairs
from training.mining.questions import QuestionGroup
from training.mining.reranker import Reranker
from training.mining.target import corpus_mark
from training.searching.encoder import model_digest
from training.searching.pair_log import PairLog


class Judge:
    """A reranker with a bound: what it finds nearly as probable as the positive is no negative."""

    SPARE = 2  # times the negatives asked for are shown to it, so that what it drops can be replaced

    def __init__(self, config: MineConfig, work: Path) -> None:
        """Load `config.judge`; its scores are kept in `work`."""
        assert config.judge is not None
        self.reranker = Reranker(
            config.judge,
            config.judge_max_length,
            config.max_query_length,
            config.overlap,
            config.sub_batch_tokens,
            config.bf16,
        )
        self.ratio, self.work = config.judge_ratio, work
        self.mark = digest(model_digest(self.reranker.model), tokenizer_digest(self.reranker.tokenizer))

    def keep(
        self, group: QuestionGroup, chosen: Sequence[Sequence[Negative]], counts: Counter[str]
    ) -> list[list[Negative]]:
        """Return the negatives that stay, in their order; those that go are counted as `judge`.

        The bound is the ratio times the probability (the logistic of the output) of the question's best positive.
        """
        reader = self.reranker
        key = digest(self.mark, corpus_mark(group), group.queries, reader.max_length, reader.overlap, reader.bf16)
        log = PairLog(self.work / f"judge-{key}.scores")
        pairs = [
            (row, number)
            for row, negatives in enumerate(chosen)
            if negatives
            for number in (*group.positives[row], *(negative.document for negative in negatives))
        ]
        if not pairs:
            return [[] for _ in chosen]
        rows, documents = np.array(pairs).T
        score_pairs(reader.ask(group.queries), group, rows, documents, log, "judge", with_evidence=True)
        probability = dict(zip(pairs, _logistic(log.scores(rows, documents)).tolist(), strict=True))
        kept = []
        for row, negatives in enumerate(chosen):
            asked = group.positives[row] if negatives else ()
            limit = self.ratio * max((probability[row, number] for number in asked), default=0)
            kept.append([one for one in negatives if probability[row, one.document] <= limit])
            counts["judge"] += len(negatives) - len(kept[-1])
        return kept


def _logistic(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values.astype(np.float64)))
