"""`m3-train teach`: a teacher scores each question's positives and negatives, for training to imitate.

    report = teach(TeachConfig(dataset=Path("run"), reranker="BAAI/bge-reranker-v2-m3"))

The teacher is a cross-encoder or another M3. It reads long documents in windows, the best of which counts; the passage
that a question was written about always stands whole in one of its positive's. The scores stand in `pos_scores` and
`neg_scores` of the pairs as the teacher gives them: a cross-encoder's raw output, an M3's score before the temperature.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.errors import InputError
from data.files import digest
from training.batching.examples import tokenizer_digest
from training.loss import SCORE_WEIGHTS
from training.mine_config import TeachConfig
from training.mining.pair_scores import M3Scorer, PairScorer, score_pairs
from training.mining.questions import QuestionGroup
from training.mining.reranker import Reranker
from training.mining.target import (
    check_reading,
    corpus_mark,
    open_groups,
    open_target,
    plain_settings,
    window_limits,
    with_columns,
    write_back,
)
from training.mining.window_encoder import WindowEncoder
from training.model import HEADS
from training.model_files import load_model
from training.searching.encoder import model_digest
from training.searching.pair_log import PairLog

MODEL_LENGTH = 8192


def teach(config: TeachConfig) -> dict[str, Any]:
    """Score as `config` asks, write the scores, print what was done, return what stands in the manifest.

    Raises `InputError` for settings, a data set or a model that cannot be used, `RunError` when a score is not a number
    or the device is too small.
    """
    check_reading(config)
    if (config.reranker is None) == (config.model is None):
        raise InputError("give either --reranker or --model: there is exactly one teacher")
    if config.model is None and config.head != "all":
        raise InputError(f"--head {config.head} belongs to --model; a reranker has one score")
    target = open_target(config)
    groups = open_groups(target, config, "pos_scores")
    teacher = _Teacher(config)
    tables, counts = {}, Counter[str]()
    given: list[Any] = []
    for group in groups:
        positives, negatives = _pairs_of(group)
        log = PairLog(target.work / f"teach-{digest(teacher.mark, corpus_mark(group), group.queries)}.scores")
        rows, documents = np.array([*positives, *negatives]).T
        score_pairs(teacher.ask(group), group, rows, documents, log, "teach", with_evidence=True)
        columns = {
            "pos_scores": _by_question(positives, log, len(group.pairs)),
            "neg_scores": _by_question(negatives, log, len(group.pairs)),
        }
        _count(columns, counts)
        given.append([group.query_ids, columns])
        tables[group.lang, group.split] = with_columns(group.pairs, columns)
    report = {"settings": plain_settings(config), "counts": dict(sorted(counts.items())), "digest": digest(given)}
    write_back(target, tables, {"taught": report})
    print(
        f"{counts['positives']:,} positives and {counts['negatives']:,} negatives of {counts['questions']:,} questions"
        f" scored; {counts['questions_without_negatives']:,} questions have no negatives"
    )
    print(f"{counts['negatives_above_positive']:,} negatives score above their question's positive")
    return report


class _Teacher:
    """Either kind of teacher, loaded once, and what identifies its scores."""

    def __init__(self, config: TeachConfig) -> None:
        if config.reranker is not None:
            self.reader: Reranker | WindowEncoder = Reranker(
                config.reranker,
                config.max_length,
                config.max_query_length,
                config.overlap,
                config.sub_batch_tokens,
                config.bf16,
            )
            length = self.reader.max_length
        else:
            assert config.model is not None
            model, tokenizer = load_model(config.model)
            length = config.max_length or min(MODEL_LENGTH, model.max_length)
            if length > model.max_length:
                raise InputError(
                    f"{config.model} has positions for {model.max_length} tokens, fewer than --max-length {length};"
                    f" give --max-length {model.max_length}"
                )
            self.reader = WindowEncoder(model, tokenizer, window_limits(config, length))
        self.weights = [
            weight if config.head in ("all", head) else 0.0 for head, weight in zip(HEADS, SCORE_WEIGHTS, strict=True)
        ]
        if config.head != "all":  # one head's score as it is
            self.weights = [float(bool(weight)) for weight in self.weights]
        self.mark = digest(
            model_digest(self.reader.model),
            tokenizer_digest(self.reader.tokenizer),
            [length, config.max_query_length, config.overlap, config.bf16, config.head],
        )

    def ask(self, group: QuestionGroup) -> PairScorer:
        """Return what scores documents for the questions of `group`."""
        if isinstance(self.reader, Reranker):
            return self.reader.ask(group.queries)
        questions = self.reader.encode_questions(group.queries, vectors=np.float16 if self.weights[2] else None)
        return M3Scorer(self.reader, questions, self.weights)


def _pairs_of(group: QuestionGroup) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return (question, document) of all positives and of all negatives, in the order of the rows' lists."""
    positives = [(row, number) for row, numbers in enumerate(group.positives) for number in numbers]
    negatives = []
    for row, docids in enumerate(group.pairs["negative_ids"].to_pylist()):
        for docid in docids or []:
            if docid not in group.number_of:
                raise InputError(
                    f"question {group.query_ids[row]} names document {docid}, which is not in split {group.split} of"
                    f" corpus-{group.lang}; mine again with --overwrite"
                )
            negatives.append((row, group.number_of[docid]))
    return positives, negatives


def _by_question(pairs: Sequence[tuple[int, int]], log: PairLog, questions: int) -> list[list[float]]:
    scores: list[list[float]] = [[] for _ in range(questions)]
    if pairs:
        rows, documents = np.array(pairs).T
        for row, score in zip(rows.tolist(), log.scores(rows, documents).tolist(), strict=True):
            scores[row].append(score)
    return scores


def _count(columns: dict[str, list[list[float]]], counts: Counter[str]) -> None:
    for right, wrong in zip(columns["pos_scores"], columns["neg_scores"], strict=True):
        counts["questions"] += 1
        counts["questions_without_negatives"] += not wrong
        counts["positives"] += len(right)
        counts["negatives"] += len(wrong)
        counts["negatives_above_positive"] += sum(score > max(right) for score in wrong)
