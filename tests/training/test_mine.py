"""Mining from start to end on toy data sets, its parts by hand, and what goes wrong."""

import dataclasses
import json
import math
from collections import Counter

import numpy as np
import pytest
import torch
from mining_toy import rows_of, save_toy_model, save_toy_reranker, write_documents, write_word_dataset
from training_toy import WORDS

from data.dataset import load_curated
from data.errors import InputError, RunError
from training.batching.examples import load_training_data
from training.mine import mine
from training.mine_config import MineConfig
from training.mining import rankings
from training.mining.candidates import search
from training.mining.choose import Negative, choose_negatives, take_turns
from training.mining.margins import Bound
from training.mining.questions import read_groups
from training.mining.rankings import Found
from training.mining.target import window_limits
from training.mining.window_encoder import WindowEncoder, load_encoder
from training.model_files import encode_batch, load_model
from training.packing import pack
from training.scores import score_columns
from training.searching import shards
from training.windows import windows

FREE = {"copy_share": 1.1, "evidence_share": 1.1}  # toy documents are near-copies of each other
UNBOUND = {"bm25": math.inf}
ALL_UNBOUND = dict.fromkeys(("bm25", "dense", "sparse", "multi_vec"), math.inf)


@pytest.fixture
def dataset(tmp_path):
    write_word_dataset(tmp_path / "run" / "dataset")
    return tmp_path / "run"


def config(dataset, **changes) -> MineConfig:
    return MineConfig(**{"dataset": dataset, "negatives": 3, "max_length": 64, **FREE, **changes})


def test_bm25_finds_what_shares_words_and_every_negative_says_where_it_came_from(dataset, capsys):
    report = mine(config(dataset, max_ratio={"bm25": 1.0}))
    rows = rows_of(dataset)
    for number in range(4, 12):  # word n stands in documents n-4 to n, word n+1 in n-3 to n+1
        row = rows[f"q{number}"]
        near = {f"d{other}" for other in range(number - 4, min(number + 2, 12)) if other != number}
        assert len(row["negative_ids"]) == 3
        assert set(row["negative_ids"]) <= near
        assert row["negative_miners"] == ["bm25"] * 3
        assert row["negative_ranks"] == [2, 3, 4]  # the positive, which alone has all three words, is first
        assert row["negative_scores"] == sorted(row["negative_scores"], reverse=True)
        assert row["pos_scores"] == row["neg_scores"] == []
    assert report["counts"]["en train"]["negatives"] == sum(len(row["negative_ids"]) for row in rows.values())
    manifest = load_curated(dataset).manifest
    assert manifest["made_by"] == "toy"
    assert manifest["mined"]["digest"] == report["digest"]
    assert manifest["mined"]["bounds"]["bm25"]["max_ratio"] == 1.0
    assert "mined" in (dataset / "dataset" / "README.md").read_text()
    work = dataset / "dataset-mining"
    assert json.loads((work / "mine.json").read_text()) == report
    assert (work / "mine.png").read_bytes().startswith(b"\x89PNG")
    screen = capsys.readouterr().out
    assert "bound: at most 1.0000 (given)" in screen
    assert "negatives for 12 questions: bm25" in screen


def test_what_is_right_or_may_be_is_never_taken_and_is_counted(tmp_path):
    text = "own lantern " + " ".join(f"pivot{n} quarry{n}" for n in range(40))
    shared = {"lang": "en", "split": "train"}
    documents = [
        {"docid": "positive", "text": text, "cluster": "c", "group": "g"},
        {"docid": "cluster", "text": "own lantern a", "cluster": "c"},
        {"docid": "translation", "text": "own lantern b", "group": "g"},
        {"docid": "noted", "text": "own lantern c"},
        {"docid": "holder", "text": "zebra umbrella " * 5 + "own lantern pivot0 quarry0 pivot1 quarry1 pivot2"},
        {"docid": "copy", "text": "own lantern " + text.replace("pivot3", "river").split("quarry20")[0]},
        {"docid": "elsewhere", "text": "own lantern d", "split": "test"},
        {"docid": "foreign", "text": "own lantern e", "lang": "de"},
        {"docid": "fine", "text": "own kettle with some other tea"},
        *({"docid": f"far{n}", "text": f"nothing at all number{n} stands in here"} for n in range(20)),
    ]
    pair = {
        "query_id": "q",
        "query": "own lantern",
        "positive_ids": ["positive"],
        "also_relevant": ["noted"],
        "evidence_start": 0,
        "evidence_end": text.index(" quarry3"),
    }
    write_documents(tmp_path / "d", [{**shared, **row} for row in documents], [pair])
    report = mine(MineConfig(dataset=tmp_path / "d", max_ratio=UNBOUND))
    row = rows_of(tmp_path / "d")["q"]
    assert row["negative_ids"] == ["fine"]
    counts = report["counts"]["en train"]
    reasons = ("positive", "same_cluster", "same_group", "also_relevant", "free")
    assert {reason: counts[reason] for reason in reasons} == dict.fromkeys(reasons, 1)
    assert counts["holds_evidence"] + counts.get("near_copy", 0) == 2
    assert counts["questions_with_fewer_negatives"] == 1
    allowed = mine(MineConfig(dataset=tmp_path / "d", max_ratio=UNBOUND, allow_also_relevant=True, overwrite=True))
    assert "also_relevant" not in allowed["counts"]["en train"]
    assert set(rows_of(tmp_path / "d")["q"]["negative_ids"]) == {"fine", "noted"}


def test_an_excluded_part_of_a_near_copy_without_the_evidence_is_a_near_copy(tmp_path):
    words = [f"pivot{n} quarry{n}" for n in range(60)]
    documents = [
        {"docid": "positive", "text": "own lantern " + " ".join(words)},
        {"docid": "part", "text": "own lantern " + " ".join(words[30:50])},
        {"docid": "fine", "text": "own lantern stands beside a kettle and some tea of other people"},
        *({"docid": f"far{n}", "text": f"nothing at all number{n} stands in here"} for n in range(20)),
    ]
    pair = {"query_id": "q", "query": "own lantern", "positive_ids": ["positive"]}
    write_documents(tmp_path / "d", documents, [pair])
    report = mine(MineConfig(dataset=tmp_path / "d", max_ratio=UNBOUND))
    assert rows_of(tmp_path / "d")["q"]["negative_ids"] == ["fine"]
    assert report["counts"]["en train"]["near_copy"] == 1


def plain_scores(model, tokenizer, queries, texts, max_length, overlap):
    """[3, questions, documents]: every window of every document encoded alone, the best one counts."""
    columns = []
    asked = model(pack(encode_batch(tokenizer, queries, max_length)))
    for text in texts:
        (ids,) = encode_batch(tokenizer, [text], 10_000)
        parts = [[ids[0], *ids[1:-1][a:b], ids[-1]] for a, b in windows(len(ids) - 2, max_length - 2, overlap)]
        scores = [score_columns(asked, model(pack([part]))) for part in parts]
        columns.append(torch.stack(scores).amax(dim=0))
    return torch.cat(columns, dim=2).detach().numpy()


def test_rankings_equal_plain_scores_of_the_best_window(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_DOCUMENTS", 5)
    monkeypatch.setattr(rankings, "QUESTION_BLOCK", 4)
    name = save_toy_model(tmp_path / "model")
    settings = config(dataset, model=name, max_length=6, overlap=0.25, sub_batch_tokens=40, depth=12)
    (group,) = read_groups(load_curated(dataset), (), ("train",))
    encoder = load_encoder(name, window_limits(settings, 6))
    found = search(settings, tmp_path / "work", group, ("bm25", "dense", "sparse", "multi_vec"), encoder, "m").found
    model, tokenizer = load_model(name)
    texts = [text.text for text in group.texts()]
    assert max(len(ids) for ids in encode_batch(tokenizer, texts, 1000)) > 12  # several windows
    with torch.inference_mode():
        plain = plain_scores(model, tokenizer, group.queries, texts, 6, 0.25)
    for miner, expected in zip(("dense", "sparse", "multi_vec"), plain, strict=True):
        one = found[miner]
        for row in range(12):
            there = one.documents[row] >= 0
            numbers = one.documents[row][there]
            assert sorted(numbers) == list(range(12))
            np.testing.assert_allclose(one.scores[row][there], expected[row][numbers], atol=2e-3)
            assert (np.diff(one.scores[row][there]) <= 0).all()
            assert one.positive[row] == pytest.approx(expected[row, row], abs=2e-3)


def test_a_word_beyond_the_first_window_is_found(tmp_path):
    filler = " ".join(WORDS[:40])
    documents = [{"docid": f"d{n}", "text": f"{filler} {WORDS[40 + n]}"} for n in range(6)]
    pairs = [{"query_id": "q", "query": f"{WORDS[40]} {WORDS[41]}", "positive_ids": ["d0"]}]
    write_documents(tmp_path / "d", documents, pairs)
    name = save_toy_model(tmp_path / "model")
    mine(
        config(
            tmp_path / "d", model=name, miners=("sparse",), max_length=16, negatives=1, max_ratio={"sparse": math.inf}
        )
    )
    assert rows_of(tmp_path / "d")["q"]["negative_ids"] == ["d1"]


def test_all_miners_take_part_and_the_trainer_gets_what_they_gave(dataset, tmp_path):
    name = save_toy_model(tmp_path / "model")
    report = mine(config(dataset, model=name, max_ratio=ALL_UNBOUND, negatives=4))
    assert report["miners"] == ["bm25", "dense", "sparse", "multi_vec"]
    rows = rows_of(dataset)
    for query_id, row in rows.items():
        assert row["negative_miners"][0] == "bm25"
        assert len(set(row["negative_ids"])) == 4
        assert row["positive_ids"][0] not in row["negative_ids"]
        assert len(set(row["negative_miners"])) > 1, query_id
    _, tokenizer = load_model(name)
    data = load_training_data(
        load_curated(dataset),
        tokenizer,
        max_length=64,
        max_query_length=32,
        window="head",
        taught=False,
        cache=tmp_path / "documents.arrow",
    )
    docids = data.documents.table["docid"].to_pylist()
    for example in data.examples:
        assert {docids[place] for place in example.negatives} == set(rows[example.query_id]["negative_ids"])


def test_a_stopped_run_goes_on_and_ends_alike(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_DOCUMENTS", 5)
    name = save_toy_model(tmp_path / "model")
    settings = config(dataset, model=name, max_ratio=ALL_UNBOUND)
    whole = mine(dataclasses.replace(settings, out=tmp_path / "whole"))
    plain = WindowEncoder.document_windows

    def stop_at_document_7(self, text, spans=()):
        if text.number == 7:
            raise KeyboardInterrupt
        return plain(self, text, spans)

    with monkeypatch.context() as patch:
        patch.setattr(WindowEncoder, "document_windows", stop_at_document_7)
        with pytest.raises(KeyboardInterrupt):
            mine(settings)
    read: list[int] = []
    assert all(not row["negative_ids"] for row in rows_of(dataset).values())
    monkeypatch.setattr(
        WindowEncoder,
        "document_windows",
        lambda self, text, spans=(): read.append(text.number) or plain(self, text, spans),
    )
    again = mine(settings)
    assert again["digest"] == whole["digest"]
    assert Counter(read)[0] == 1  # once, to rank it by multi-vector: its dense and sparse vectors were there
    assert Counter(read)[7] == 2


def test_out_is_a_copy_and_the_source_stays_as_it_was(dataset, tmp_path):
    before = {file: file.read_bytes() for file in dataset.rglob("*") if file.is_file()}
    mine(config(dataset, out=tmp_path / "copy"))
    assert {file: file.read_bytes() for file in dataset.rglob("*") if file.is_file()} == before
    assert rows_of(tmp_path / "copy")["q5"]["negative_ids"]
    corpus = "dataset/corpus-en/corpus.parquet"
    assert (tmp_path / "copy" / corpus).samefile(dataset / corpus)
    with pytest.raises(InputError, match="exists; give another --out, or --overwrite"):
        mine(config(dataset, out=tmp_path / "copy"))
    mine(config(dataset, out=tmp_path / "copy", overwrite=True))
    with pytest.raises(InputError, match="would write into --dataset"):
        mine(config(dataset, out=dataset, overwrite=True))


def test_negatives_that_are_there_are_replaced_only_when_asked(dataset):
    mine(config(dataset))
    with pytest.raises(InputError, match=r"12 of 12 questions .* have negative_ids already; give --overwrite"):
        mine(config(dataset))
    mine(config(dataset, overwrite=True, negatives=1))
    assert all(len(row["negative_ids"]) == 1 for row in rows_of(dataset).values())


def test_the_rank_window(dataset):
    mine(config(dataset, skip_top=2, depth=3, max_ratio=UNBOUND))
    assert {tuple(row["negative_ranks"]) for row in rows_of(dataset).values()} <= {(3,), ()}


def test_turns_by_hand():
    def given(miner, *documents):
        return [Negative(number, miner, rank, 0.0) for rank, number in enumerate(documents, start=1)]

    offers = {"bm25": given("bm25", 1, 2, 3), "dense": given("dense", 1, 4), "sparse": []}
    taken = take_turns(offers, 4)
    assert [(one.document, one.miner, one.rank) for one in taken] == [
        (1, "bm25", 1),
        (4, "dense", 2),
        (2, "bm25", 2),
        (3, "bm25", 3),
    ]
    assert take_turns(offers, 2) == taken[:2]
    assert take_turns({"bm25": []}, 2) == []


def found_by(documents, scores, positive):
    return Found(np.array([documents]), np.array([scores], dtype=np.float32), np.array([positive], dtype=np.float32))


def test_what_one_miner_puts_above_its_bound_no_other_may_give():
    found = {
        "bm25": found_by([1, 2, -1], [9.0, 4.0, -np.inf], 10.0),
        "dense": found_by([2, 1, 3], [0.8, 0.7, 0.6], 0.85),
    }
    bounds = {"bm25": Bound(0.8, -math.inf, "given", np.empty(0)), "dense": Bound(1.0, -math.inf, "given", np.empty(0))}
    counts: Counter[str] = Counter()
    chosen = choose_negatives(found, 0, {}, bounds, count=5, skip_top=0, counts=counts)
    assert [(one.document, one.miner, one.rank) for one in chosen] == [(2, "bm25", 2), (3, "dense", 3)]
    assert counts == {"above_bound": 1, "free": 2}


def test_a_miner_that_gives_the_positive_nothing_gives_no_negatives():
    found = {"sparse": found_by([1, 2], [3.0, 2.0], 0.0), "bm25": found_by([5, -1], [1.0, -np.inf], np.nan)}
    bounds = {miner: Bound(1.0, -math.inf, "given", np.empty(0)) for miner in found}
    counts: Counter[str] = Counter()
    assert choose_negatives(found, 0, {}, bounds, count=5, skip_top=0, counts=counts) == []
    assert counts["positive_not_found_by_sparse"] == counts["positive_not_found_by_bm25"] == 1


def test_a_positive_below_the_depth_still_has_its_score(dataset):
    (group,) = read_groups(load_curated(dataset), (), ("train",))
    deep, shallow = rankings.search_bm25(group, 12), rankings.search_bm25(group, 1)
    turned = dataclasses.replace(group, positives=[[(n + 1) % 12] for n in range(12)])
    lower = rankings.search_bm25(turned, 1)
    assert shallow.positive.tolist() == deep.positive.tolist() == deep.scores[:, 0].tolist()
    for row in range(11):
        place = deep.documents[row].tolist().index(row + 1)
        assert lower.positive[row] == deep.scores[row, place]
    assert np.isnan(lower.positive[11])  # document 0 has no word of question 11


def test_the_judge_has_the_last_word(dataset, tmp_path):
    judge = save_toy_reranker(tmp_path / "judge")
    free = mine(config(dataset, max_ratio=UNBOUND))
    kept = mine(config(dataset, max_ratio=UNBOUND, judge=judge, judge_ratio=1e9, overwrite=True))
    assert kept["digest"] == free["digest"]
    assert kept["counts"]["en train"]["judge"] == 0
    some = mine(config(dataset, max_ratio=UNBOUND, judge=judge, judge_ratio=1.0, overwrite=True))
    assert some["counts"]["en train"]["judge"] > 0
    assert some["digest"] != free["digest"]
    with pytest.raises(InputError, match=r"every candidate of 12 questions was excluded \(.*judge"):
        mine(config(dataset, max_ratio=UNBOUND, judge=judge, judge_ratio=1e-30, overwrite=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"miners": ("bm25", "dense")}, "--miners dense search with a model; give --model"),
        ({"negatives": 0}, "--negatives is 0"),
        ({"depth": 0}, "--depth is 0"),
        ({"skip_top": 100}, "leaves nothing of --depth 100"),
        ({"overlap": 1.0}, "--overlap is 1.0"),
        ({"overlap": math.nan}, "--overlap is nan"),
        ({"max_length": 2}, "--max-length is 2"),
        ({"max_ratio": {"dense": 0.9}}, "--max-ratio names dense, which is not among the miners"),
        ({"margin": {"bm25": math.nan}}, "--margin of bm25 is not a number"),
        ({"evidence_share": 0.0}, "--evidence-share is 0.0"),
        ({"languages": ("xx",)}, "has no xx; it has: en"),
        ({"splits": ("dev",)}, "has no questions in en, split dev"),
        ({"max_ratio": {"bm25": -1.0}}, "must be above 0"),
        ({"splits": ()}, "--splits names none"),
        ({"max_ratio": {"bm25": 1e-9}}, "every candidate of 12 questions was excluded"),
        ({"model": "MODEL", "max_length": 8192}, "has positions for 64 tokens, fewer than 8192; give --max-length 64"),
    ],
)
def test_wrong_settings_are_input_errors(dataset, tmp_path, changes, message):
    if "model" in changes:
        changes = {**changes, "model": save_toy_model(tmp_path / "model")}
    with pytest.raises(InputError, match=message):
        mine(config(dataset, **changes))
    assert all(not row["negative_ids"] for row in rows_of(dataset).values())


def test_broken_data_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no data set"):
        mine(config(tmp_path / "absent"))
    write_documents(
        tmp_path / "d",
        [{"docid": "a", "text": "x"}, {"docid": "b", "text": "y", "split": "test"}],
        [{"query_id": "q", "query": "x", "positive_ids": ["a", "b"]}],
    )
    with pytest.raises(InputError, match="question q names document b, which is not in split train of corpus-en"):
        mine(config(tmp_path / "d"))


def test_a_broken_model_is_a_run_error(dataset, tmp_path):
    name = save_toy_model(tmp_path / "model")
    head = torch.load(tmp_path / "model" / "sparse_linear.pt")
    head["bias"][:] = torch.nan
    torch.save(head, tmp_path / "model" / "sparse_linear.pt")
    with pytest.raises(RunError, match="not numbers"):
        mine(config(dataset, model=name, miners=("dense",)))
