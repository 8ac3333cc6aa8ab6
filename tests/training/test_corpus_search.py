"""A corpus searched through shards against one pair at a time with plain loops, whatever is kept on disk."""

import copy
import dataclasses
import errno
from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import RunError
from training.model_files import encode_batch, load_model
from training.packing import insert_cls, pack
from training.searching import corpus, shards
from training.searching.corpus import SearchOptions, search_corpus
from training.searching.encoder import ScoreLimits, TextEncoder
from training.searching.fusion import PAPER_LONG, rank_modes
from training.searching.index_folder import remove_index
from training.searching.pair_log import PairLog
from training.searching.ranked import Best, union_of
from training.windows import windows

MODEL = Path(__file__).parent.parent / "fixtures" / "parity" / "model"
WORDS = "harbour bell rope mill ferry lantern goat bridge tea well apple boat 혼자 茶屋 письмо".split()
LIMITS = ScoreLimits(max_length=24, max_query_length=12, sub_batch_tokens=100)
DEPTHS = {"merge_depth": 40, "rerank_depth": 15}


@pytest.fixture(scope="module")
def loaded():
    return load_model(str(MODEL))


def make_texts(count: int, seed: int, longest: int = 30) -> list[str]:
    generator = np.random.default_rng(seed)
    return [" ".join(generator.choice(WORDS, generator.integers(1, longest))) for _ in range(count)]


def encoder_of(loaded, **changes) -> TextEncoder:
    return TextEncoder(*loaded, dataclasses.replace(LIMITS, **changes))


def represent(
    loaded, text: str, limit: int, mcls: int | None = None
) -> tuple[np.ndarray, dict[int, float], np.ndarray]:
    """Dense vector, the largest weight of each token, token vectors of one text."""
    model, tokenizer = loaded
    (ids,) = encode_batch(tokenizer, [text], 10_000)
    ids = insert_cls(ids, mcls, limit) if mcls else [*ids[: limit - 1], ids[-1]] if len(ids) > limit else ids
    return read_ids(model, ids, mcls)


def read_ids(model, ids, mcls=None):
    with torch.no_grad():
        one = model(pack([ids], mcls))
    weights: dict[int, float] = {}
    for token, weight in zip(one.input_ids.tolist(), one.lexical.tolist(), strict=True):
        weights[token] = max(weight, weights.get(token, 0.0))
    return one.dense[0].numpy(), weights, one.multi_vector[one.mask].numpy()


def plain_pair(query, document) -> tuple[float, float, float]:
    (dense, weights, vectors), (other_dense, other_weights, other_vectors) = query, document
    sparse = sum(weight * other_weights.get(token, 0.0) for token, weight in weights.items())
    late = sum(max(float(q @ p) for p in other_vectors) for q in vectors) / len(vectors)
    return float(dense @ other_dense), sparse, late


def plain_scores(loaded, queries, documents, combine="max", mcls=None) -> np.ndarray:
    """[3, Q, D]: the best (or the mean) over all pairs of a question's texts and a document's."""
    asked = [[represent(loaded, text, LIMITS.max_query_length) for text in texts] for texts in queries]
    read = [[represent(loaded, text, LIMITS.max_length, mcls) for text in texts] for texts in documents]
    reduce = np.max if combine == "max" else np.mean
    return np.array(
        [[reduce([plain_pair(q, d) for q in query for d in document], axis=0) for document in read] for query in asked]
    ).transpose(2, 0, 1)


def plain_rankings(scores: np.ndarray) -> dict[str, list[list[int]]]:
    """The paper's five modes by sorting (-score, number) pairs."""
    found: dict[str, list[list[int]]] = {}
    for dense, sparse, late in scores.transpose(1, 0, 2):
        everything = range(len(dense))
        by_dense = sorted(everything, key=lambda i: (-dense[i], i))[: DEPTHS["merge_depth"]]
        by_sparse = sorted((i for i in everything if sparse[i] > 0), key=lambda i: (-sparse[i], i))
        both = {*by_dense, *by_sparse[: DEPTHS["merge_depth"]]}
        nearest = by_dense[: DEPTHS["rerank_depth"]]
        rows = {
            "dense": by_dense,
            "sparse": by_sparse[: DEPTHS["merge_depth"]],
            "multi_vector": sorted(nearest, key=lambda i: (-late[i], i)),
            "dense_sparse": sorted(both, key=lambda i: (-(0.2 * dense[i] + 0.8 * sparse[i]), i)),
            "all": sorted(nearest, key=lambda i: (-(0.15 * dense[i] + 0.5 * sparse[i] + 0.35 * late[i]), i)),
        }
        for mode, row in rows.items():
            found.setdefault(mode, []).append(row)
    return found


def search(loaded, queries, texts, folder, limits=None, more=None, **options):
    encoder = encoder_of(loaded, **(limits or {}))
    return search_corpus(encoder, queries, texts, folder, SearchOptions(**{**DEPTHS, **options}), more)


@pytest.mark.parametrize("vector_bytes", [0, 1 << 30])
def test_every_mode_equals_plain_loops_on_200_documents(loaded, tmp_path, monkeypatch, vector_bytes):
    monkeypatch.setattr(shards, "SHARD_TOKENS", 600)
    monkeypatch.setattr(corpus, "QUESTION_BLOCK", 4)
    texts, queries = make_texts(200, 1), [[text] for text in make_texts(9, 2, longest=6)]
    found = search(loaded, queries, texts, tmp_path, vector_bytes=vector_bytes)
    scores = plain_scores(loaded, queries, [[text] for text in texts])
    expected = plain_rankings(scores)
    for mode, rankings in rank_modes(found.candidates, PAPER_LONG, **DEPTHS).items():
        for row, numbers in enumerate(rankings.documents):
            wanted = expected[mode][row]
            assert len(numbers) == len(wanted)
            # Scores that are equal to rounding may stand in either order: what is compared is the score at each rank.
            weights = {"dense": (1, 0, 0), "sparse": (0, 1, 0), "multi_vector": (0, 0, 1)}
            mixed = {"dense_sparse": (0.2, 0.8, 0), "all": (0.15, 0.5, 0.35)}
            plain = np.array((weights | mixed)[mode]) @ scores[:, row]
            tolerance = 3e-3 if vector_bytes and mode in ("multi_vector", "all") else 2e-6  # kept in half precision
            np.testing.assert_allclose(plain[numbers], plain[wanted], atol=tolerance)
            np.testing.assert_allclose(rankings.scores[row], plain[numbers], atol=tolerance)


def test_all_documents_by_multi_vector(loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_TOKENS", 300)
    texts, queries = make_texts(60, 3), [[text] for text in make_texts(4, 4, longest=6)]
    found = search(loaded, queries, texts, tmp_path, multi_vector="all")
    rankings = rank_modes(found.candidates, PAPER_LONG, DEPTHS["merge_depth"], None)["multi_vector"]
    late = plain_scores(loaded, queries, [[text] for text in texts])[2]
    for row, numbers in enumerate(rankings.documents):
        best = np.sort(late[row])[::-1][: DEPTHS["merge_depth"]]
        np.testing.assert_allclose(rankings.scores[row][: len(best)], best, atol=2e-6)
        np.testing.assert_allclose(late[row][numbers[: len(best)]], best, atol=2e-6)


@pytest.mark.parametrize("combine", ["max", "mean"])
@pytest.mark.parametrize("vector_bytes", [0, 1 << 30])
def test_several_texts_of_questions_and_documents_are_combined(loaded, tmp_path, monkeypatch, combine, vector_bytes):
    monkeypatch.setattr(shards, "SHARD_TOKENS", 150)
    monkeypatch.setattr(corpus, "QUESTION_BLOCK", 3)
    texts, queries = make_texts(12, 5), [["the bell"], ["a ferry", "boat", "harbour well"], ["tea", "茶屋"]]
    more = {3: ["the bell and the rope"], 7: ["a goat", "a bridge"]}
    found = search(loaded, queries, texts, tmp_path, more=more, combine=combine, vector_bytes=vector_bytes)
    documents = [[text, *more.get(number, ())] for number, text in enumerate(texts)]
    expected = plain_scores(loaded, queries, documents, combine)
    for row in range(3):
        assert found.candidates.documents[row].tolist() == list(range(12))
        np.testing.assert_allclose(
            found.candidates.scores[row][:2], expected[:2, row], atol=2e-6, err_msg="dense and sparse"
        )
        np.testing.assert_allclose(found.candidates.scores[row][2], expected[2, row], atol=1e-3)


def test_mcls_and_lengths(loaded, tmp_path):
    texts, queries = make_texts(10, 6), [["the bell"]]
    found = search(loaded, queries, texts, tmp_path, limits={"mcls": 8}, vector_bytes=1 << 30)
    expected = plain_scores(loaded, queries, [[text] for text in texts], mcls=8)
    np.testing.assert_allclose(found.candidates.scores[0], expected[:, 0], atol=1e-3)
    _, tokenizer = loaded
    assert found.lengths.documents.tolist() == [len(ids) for ids in encode_batch(tokenizer, texts, 10_000)]
    assert found.lengths.queries.tolist() == [len(encode_batch(tokenizer, ["the bell"], 100)[0])]


@pytest.mark.parametrize("vector_bytes", [0, 1 << 30])
@pytest.mark.parametrize("multi_vector", ["rerank", "all"])
def test_of_the_windows_of_a_document_the_best_counts(loaded, tmp_path, monkeypatch, vector_bytes, multi_vector):
    monkeypatch.setattr(shards, "SHARD_TOKENS", 150)
    texts = [*make_texts(8, 15, longest=60), "the bell " * 60]
    queries = [["the bell", "a ferry"], ["goat"]]
    found = search(
        loaded,
        queries,
        texts,
        tmp_path,
        limits={"window": "all"},
        combine="mean",
        vector_bytes=vector_bytes,
        multi_vector=multi_vector,
    )
    model, tokenizer = loaded
    room = LIMITS.max_length - 2
    for row, variants in enumerate(queries):
        asked = [represent(loaded, text, LIMITS.max_query_length) for text in variants]
        for number, text in enumerate(texts):
            (ids,) = encode_batch(tokenizer, [text], 10_000)
            parts = [[ids[0], *ids[1:-1][a:b], ids[-1]] for a, b in windows(len(ids) - 2, room, corpus.WINDOW_OVERLAP)]
            pairs = np.array([[plain_pair(one, read_ids(model, part)) for part in parts] for one in asked])
            expected = pairs.max(axis=1).mean(axis=0)  # the best window, the mean of the question's wordings
            np.testing.assert_allclose(found.candidates.scores[row][:, number], expected, atol=1e-3)
    assert found.lengths.documents.max() > 3 * LIMITS.max_length


class Stopped(BaseException):
    """A kill."""


def test_a_killed_search_goes_on_with_what_it_had_encoded(loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_TOKENS", 200)
    texts, queries = make_texts(40, 7), [["the bell"], ["ferry"]]
    undisturbed = search(loaded, queries, texts, tmp_path / "a")
    encoded: list[int] = []
    plain = TextEncoder.encode

    def counting(limit: int):
        def encode(self, ids, *rest, **named):
            for rows, found in plain(self, ids, *rest, **named):
                encoded.append(len(rows))
                if sum(encoded) > limit:
                    raise Stopped
                yield rows, found

        return encode

    with monkeypatch.context() as patch:
        patch.setattr(TextEncoder, "encode", counting(25))
        with pytest.raises(Stopped):
            search(loaded, queries, texts, tmp_path / "b")
    (folder,) = (tmp_path / "b").iterdir()
    kept = sum(len(np.load(file)["counts"]) for file in folder.glob("*.npz"))
    assert 0 < kept <= 25
    encoded.clear()
    with monkeypatch.context() as patch:
        patch.setattr(TextEncoder, "encode", counting(10_000))
        resumed = search(loaded, queries, texts, tmp_path / "b")
        again = len({number for row in resumed.candidates.scores for number in np.flatnonzero(~np.isnan(row[2]))})
        assert sum(encoded) == (len(texts) - kept) + len(queries) + again
        encoded.clear()
        search(loaded, queries, texts, tmp_path / "b")
        assert sum(encoded) == len(queries)  # nothing but the questions is encoded a third time
    for row in range(2):
        np.testing.assert_array_equal(undisturbed.candidates.documents[row], resumed.candidates.documents[row])
        np.testing.assert_allclose(undisturbed.candidates.scores[row], resumed.candidates.scores[row], atol=2e-6)


def test_a_torn_shard_is_made_again(loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_DOCUMENTS", 4)
    texts = make_texts(12, 9)
    whole = search(loaded, [["bell"]], texts, tmp_path)
    torn = next(tmp_path.rglob("00000004.npz"))
    torn.write_bytes(torn.read_bytes()[:100])
    again = search(loaded, [["bell"]], texts, tmp_path)
    np.testing.assert_array_equal(whole.candidates.scores[0], again.candidates.scores[0])


def test_token_vectors_of_all_corpora_share_the_bound(loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_DOCUMENTS", 4)
    model, _ = loaded
    bound = 200 * model.colbert_linear.out_features * 2
    for seed in (10, 11):
        search(loaded, [["bell"]], make_texts(40, seed), tmp_path, vector_bytes=bound)
    sizes = [file.stat().st_size for file in tmp_path.rglob("*.vectors.npy")]
    headers = 128 * len(sizes)
    assert 0 < sum(sizes) - headers <= bound
    assert len(list(tmp_path.rglob("*.npz"))) == 20 > len(sizes)


def test_a_full_disk_is_said_and_the_complete_shards_stay(loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_DOCUMENTS", 4)
    room = iter([True, False])

    def allocate(*_):
        if not next(room):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shards.os, "posix_fallocate", allocate)
        with pytest.raises(RunError, match=r"the disk is full.*the complete shards stay"):
            search(loaded, [["bell"]], make_texts(12, 12), tmp_path, vector_bytes=1 << 30)
    assert [file.name for file in tmp_path.rglob("*.np*")].count("00000000.npz") == 1
    assert not list(tmp_path.rglob("00000004*"))


@pytest.mark.parametrize(
    "changed", ["text", "max_length", "mcls", "bf16", "window", "weights", "settings", "unweighted", "more", "nothing"]
)
def test_what_decides_a_shard_is_in_its_name(loaded, changed):
    model, tokenizer = copy.deepcopy(loaded[0]), loaded[1]
    texts = make_texts(5, 8)
    key = corpus._Corpus(TextEncoder(*loaded, LIMITS), texts, {}).key()
    if changed == "weights":
        with torch.no_grad():
            model.sparse_linear.bias += 1e-3
    elif changed == "settings":
        model.encoder.config.layer_norm_eps = 1e-3
    elif changed == "unweighted":
        model.unweighted_ids = model.unweighted_ids[:-1]
    limits = {"max_length": 10} if changed == "max_length" else {"mcls": 8} if changed == "mcls" else {}
    limits = {"bf16": True} if changed == "bf16" else {"window": "all"} if changed == "window" else limits
    encoder = TextEncoder(model, tokenizer, dataclasses.replace(LIMITS, **limits))
    other = ["the bell", *texts[1:]] if changed == "text" else texts
    more = {0: ["bell"]} if changed == "more" else {}
    assert (corpus._Corpus(encoder, other, more).key() == key) == (changed == "nothing")


@pytest.mark.parametrize("changed", ["query", "max_query_length", "combine", "nothing"])
def test_scores_of_pairs_are_kept_for_the_same_questions_alone(loaded, tmp_path, changed):
    texts = make_texts(6, 13)
    search(loaded, [["bell", "the ferry and the harbour"]], texts, tmp_path)
    search(
        loaded,
        [["bell" if changed != "query" else "goat", "the ferry and the harbour"]],
        texts,
        tmp_path,
        limits={"max_query_length": 4} if changed == "max_query_length" else {},
        combine="mean" if changed == "combine" else "max",
    )
    assert len(list(tmp_path.rglob("*.scores"))) == (1 if changed == "nothing" else 2)


def test_a_log_of_pairs_that_two_write_to_stays_readable(tmp_path):
    first, second = PairLog(tmp_path / "log"), PairLog(tmp_path / "log")
    first.add([0, 1], 7, np.array([0.5, 0.25]))
    with (tmp_path / "log").open("ab") as file:
        file.write(b"torn!")  # the other was killed in the middle of a record
    second.add([2], 8, np.array([0.75]))
    first.reload()
    assert first.scores(np.array([0, 1, 2]), np.array([7, 7, 8])).tolist() == [0.5, 0.25, 0.75]


def test_only_what_a_search_prepared_is_removed(loaded, tmp_path):
    index = tmp_path / "index"
    search(loaded, [["bell"]], make_texts(3, 14), index)
    (index / "bm25-0123456789abcdef").mkdir()
    remove_index(index)
    assert not index.exists()
    search(loaded, [["bell"]], make_texts(3, 14), index)
    (index / "notes").mkdir()
    remove_index(index)
    assert [path.name for path in index.iterdir()] == ["notes"]
    remove_index(tmp_path / "absent")


def test_equal_keys_keep_the_order_of_the_numbers_and_minus_infinity_is_not_found():
    best = Best(2, 3, heads=1)
    for first in (0, 4):
        key = np.array([[1.0, 2.0, 1.0, -np.inf], [-np.inf, -np.inf, -np.inf, 0.5]], dtype=np.float32)
        best.offer(range(2), np.arange(first, first + 4), key, 10 * key[None])
    assert [numbers.tolist() for numbers in best.documents] == [[1, 5, 0], [3, 7]]
    assert [keys.tolist() for keys in best.keys] == [[2.0, 2.0, 1.0], [0.5, 0.5]]
    assert best.scores[0].tolist() == [[20.0, 20.0, 10.0]]


def test_candidates_are_the_union_with_the_scores_of_all_heads():
    lists = [Best(1, 2, heads=2), Best(1, 2, heads=2)]
    scores = np.array([[[0.9, 0.1, 0.5]], [[0.0, 3.0, 2.0]]], dtype=np.float32)  # [heads, 1, documents]
    for best, key in zip(lists, scores, strict=True):
        best.offer(range(1), np.arange(3), key, scores)
    found = union_of(lists)
    assert found.documents[0].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.scores[0], scores[:, 0])
    assert union_of(lists[:1]).documents[0].tolist() == [0, 2]


def test_questions_are_scored_in_blocks_that_keep_their_texts_together(monkeypatch):
    monkeypatch.setattr(corpus, "QUESTION_BLOCK", 3)
    blocks = corpus._blocks(np.array([0, 1, 6, 8]), texts=9)  # questions of 1, 5, 2 and 1 texts
    assert [(list(rows), own.start, own.stop) for rows, own in blocks] == [([0], 0, 1), ([1], 1, 6), ([2, 3], 6, 9)]
