"""What the miners find for one group of questions, and which of it must not be a negative: `mine`'s long part.

Encoded documents, shingles and multi-vector scores stay in the folder of work; what is there is not made again.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.files import digest
from data.text import TOKENS_VERSION
from training.batching.examples import tokenizer_digest
from training.mine_config import MineConfig, Miner
from training.mining.choose import Exclusions, exclude_candidates
from training.mining.false_negatives import ShingleStore
from training.mining.pair_scores import M3Scorer, score_pairs
from training.mining.questions import QuestionGroup
from training.mining.rankings import Found, encode_documents, search_bm25, search_shards
from training.mining.target import corpus_mark
from training.mining.window_encoder import WindowEncoder
from training.searching.encoder import Questions
from training.searching.pair_log import PairLog


@dataclasses.dataclass(frozen=True)
class Mined:
    """What was found for one group of questions, before anything is chosen."""

    group: QuestionGroup
    found: Mapping[Miner, Found]
    exclusions: Exclusions


def search(
    config: MineConfig,
    work: Path,
    group: QuestionGroup,
    miners: Sequence[Miner],
    encoder: WindowEncoder | None,
    mark: str,
) -> Mined:
    """Rank the documents of a group by every miner, and find what must not be a negative."""
    shingles = work / f"shingles-{digest(corpus_mark(group))}"
    if not shingles.exists():
        texts = tqdm(group.texts(), desc=f"{group.name} shingles", unit=" documents", total=len(group.docids))
        ShingleStore.build((text.text for text in texts), shingles)
    found: dict[Miner, Found] = {}
    if "bm25" in miners:
        found["bm25"] = search_bm25(group, config.depth, work / f"bm25-{digest(TOKENS_VERSION, corpus_mark(group))}")
    if encoder is not None:
        found |= _search_model(config, work, group, miners, encoder, mark)
    exclusions = exclude_candidates(
        group,
        found,
        ShingleStore.open(shingles),
        evidence_share=config.evidence_share,
        copy_share=config.copy_share,
        allow_also_relevant=config.allow_also_relevant,
    )
    return Mined(group, {miner: found[miner] for miner in miners}, exclusions)


def _search_model(
    config: MineConfig,
    work: Path,
    group: QuestionGroup,
    miners: Sequence[Miner],
    encoder: WindowEncoder,
    mark: str,
) -> dict[Miner, Found]:
    """Return the rankings of the miners that need the model; those of others are not kept."""
    limits = dataclasses.asdict(encoder.limits)
    limits.pop("sub_batch_tokens")  # how much at once, not what comes out
    windows = {name: value for name, value in limits.items() if name != "max_query_length"}
    key = digest(mark, tokenizer_digest(encoder.tokenizer), corpus_mark(group), windows)
    files = encode_documents(encoder, group, work / f"encoded-{key}")
    questions = encoder.encode_questions(group.queries, vectors=np.float16 if "multi_vec" in miners else None)
    found = search_shards(files, questions, group, config.depth, encoder.device)
    if "multi_vec" in miners:
        log = PairLog(work / f"multi_vec-{digest(key, limits, group.queries)}.scores")
        found["multi_vec"] = _rerank(encoder, questions, group, found, log, config.depth)
    return {miner: found[miner] for miner in miners if miner != "bm25"}


def _rerank(
    encoder: WindowEncoder,
    questions: Questions,
    group: QuestionGroup,
    found: Mapping[Miner, Found],
    log: PairLog,
    depth: int,
) -> Found:
    """Rank by the multi-vector score what dense and sparse found."""
    lists = [
        np.union1d(np.concatenate([one.documents[row] for one in found.values()]), positives)
        for row, positives in enumerate(group.positives)
    ]
    lists = [numbers[numbers >= 0] for numbers in lists]
    rows = np.repeat(np.arange(len(lists)), [len(numbers) for numbers in lists])
    documents = np.concatenate(lists)
    score_pairs(M3Scorer(encoder, questions, (0.0, 0.0, 1.0)), group, rows, documents, log, "multi_vec")
    documents_found = np.full((len(lists), depth), -1, dtype=np.int32)
    scores_found = np.full((len(lists), depth), -np.inf, dtype=np.float32)
    positive = np.zeros(len(lists), dtype=np.float32)
    for row, numbers in enumerate(lists):
        scores = log.scores(np.full(len(numbers), row), numbers)
        best = np.argsort(-scores, kind="stable")[:depth]
        documents_found[row, : len(best)], scores_found[row, : len(best)] = numbers[best], scores[best]
        positive[row] = scores[np.isin(numbers, group.positives[row])].max()
    return Found(documents_found, scores_found, positive)
