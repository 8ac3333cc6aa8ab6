"""`m3-train fuse` from data set to file, and the evaluation that takes the file."""

import json
from dataclasses import replace

import numpy as np
import pytest
from benchmark_toy import put, write_miracl, write_mkqa, write_mldr
from training_toy import toy_model, toy_tokenizer, write_toy_dataset

from data.errors import InputError
from data.files import digest
from training.collections.benchmarks import read_benchmark
from training.collections.families import join_families, question_families
from training.collections.read import read_judged
from training.evaluate import evaluate
from training.evaluate_config import EvaluateConfig, FuseConfig
from training.fuse import fuse
from training.judging.weights import ModeWeights, judge_weights, render_fusion
from training.model_files import save_model
from training.searching.candidates import candidates_of
from training.searching.saved_fusion import FUSION_FILE, read_fusion
from training.searching.weights import Trials, WeightSearch


@pytest.fixture
def model(tmp_path):
    tokenizer = toy_tokenizer(tmp_path)
    save_model(toy_model(tokenizer), tokenizer, tmp_path / "model")
    return tmp_path / "model"


def config(tmp_path, **changes) -> FuseConfig:
    settings = {"dataset": tmp_path / "set", "model": str(tmp_path / "model"), "max_length": 48, "max_query_length": 16}
    return FuseConfig(**settings | changes)


def test_weights_are_written_beside_the_model_and_an_evaluation_says_what_it_takes(tmp_path, model, capsys):
    write_toy_dataset(tmp_path / "set", questions=16, dev=3)
    before = {path.name for path in model.iterdir()}
    report = fuse(config(tmp_path))
    assert {path.name for path in model.iterdir()} == before | {FUSION_FILE}
    assert json.loads((model / FUSION_FILE).read_text()) == report
    assert report["questions"] == {"en": 3, "ko": 3}
    assert report["documents"] == 6
    assert report["over"] == "long"
    assert report["dense_sparse"]["ndcg@10"]["found"] >= report["dense_sparse"]["ndcg@10"]["long"]
    assert set(report["all"]["gain"]) == {"all", "en", "ko"}
    screen = capsys.readouterr().out
    assert "Only 6 questions" in screen
    assert "all: the paper's, short" in screen

    about = {"dataset": tmp_path / "set", "model": str(model), "split": "dev", "max_length": 48, "max_query_length": 16}
    figures = {}
    for fusion in ("long", str(model / FUSION_FILE)):
        figures[fusion] = evaluate(EvaluateConfig(**about, out=tmp_path / "out.json", fusion=fusion))
        assert f"({figures[fusion]['fusion']['from']})" in capsys.readouterr().out
    for mode in ("dense_sparse", "all"):
        for fusion, name in (("long", "long"), (str(model / FUSION_FILE), "found")):
            measured = figures[fusion]["metrics"][mode]["all"]["ndcg@10"]
            assert measured == pytest.approx(report[mode]["ndcg@10"][name], abs=1e-9)
        assert figures[str(model / FUSION_FILE)]["fusion"][mode] == report[mode]["weights"]


def judged(kinds: list[str], questions_per_document: int = 1, over: str = "long") -> ModeWeights:
    """What weights are worth for questions that are each asked of two documents, document 1 relevant."""
    right = {"dense": [[0, 1], [1, 0], [0, 0]], "sparse": [[1, 0], [0, 1], [0, 0]]}
    scores = np.array([right[kind] for kind in kinds], dtype=np.float32).transpose(1, 0, 2)
    trials = Trials("dense_sparse", [(candidates_of(scores), [{1: 1}] * len(kinds))])
    groups = np.arange(len(kinds)) // questions_per_document
    return judge_weights(WeightSearch(trials, ["en"] * len(kinds), over), groups % 5, groups, seed=3)


def test_a_gain_is_sure_only_where_other_questions_share_it():
    """The paper's weights favour sparse: where dense is right for all but a few questions, all parts show the gain."""
    right = ["dense"] * 27 + ["sparse"] * 3
    assert judged(right).sure
    assert not judged(["dense"] * 16 + ["sparse"] * 14).sure
    assert not judged(["sparse"] * 30).sure  # the paper's are the best there are
    few = judged(right, questions_per_document=2)
    assert few.gains["all"].low > 0
    assert not few.sure
    text = render_fusion({"dense_sparse": few}, 30, 15, "set", "model")
    assert "better, but too few documents, in all or in a language, to be sure" in text
    assert "surely better than the paper's" in render_fusion({"dense_sparse": judged(right)}, 30, 30, "set", "model")


def test_the_baseline_is_what_the_paper_has_for_what_is_measured():
    """Its weights for short documents favour dense: where sparse is right, only those are beaten."""
    right = ["sparse"] * 27 + ["dense"] * 3
    long, short = (judged(right, over=over) for over in ("long", "short"))
    assert (long.sure, short.sure) == (False, True)
    assert short.gains["all"].value > 0.2 > abs(long.gains["all"].value)
    for chosen, over in ((long, "long"), (short, "short")):
        text = render_fusion({"dense_sparse": chosen}, 30, 30, "set", "model")
        assert f"gain over the paper's ({over}) on questions" in text
        assert f"they were chosen on: {100 * (chosen.figures['found'] - chosen.figures[over]):+.1f}" in text


def test_where_all_weights_do_as_well_those_of_the_baseline_stay():
    right = np.tile(np.array([[[0, 1]]], dtype=np.float32), (3, 4, 1))
    trials = Trials("dense_sparse", [(candidates_of(right), [{1: 1}] * 4)])
    assert WeightSearch(trials, ["en"] * 4, "long").choose() == (20, 80)
    assert WeightSearch(trials, ["en"] * 4, "short").choose() == (77, 23)  # 1 to 0.3


def test_weights_of_miracl_are_held_against_the_papers_for_short_documents(tmp_path, model, capsys):
    folder = write_miracl(tmp_path / "miracl", "ko")
    report = fuse(config(tmp_path, dataset=folder, benchmark="miracl", languages=("ko",)))
    assert report["over"] == "short"
    assert read_fusion(model / FUSION_FILE).paper == "short"
    assert "gain over the paper's (short) on questions" in capsys.readouterr().out


def test_near_copies_and_translations_belong_together(tmp_path):
    write_toy_dataset(tmp_path / "set", questions=6)
    families, texts = {}, {}
    for collection in read_judged(tmp_path / "set", "train"):
        texts |= {docid: f"document {digest(collection.texts[n])}" for n, docid in enumerate(collection.docids)}
        families |= dict(zip(collection.query_ids, question_families(tmp_path / "set", collection), strict=True))
    assert families["q-en-0"] == {texts["en-0"], "cluster c-en-0", "group g0"}
    assert families["q-en-0"] & families["q-ko-0"] == {"group g0"}
    assert families["q-en-2"] == {texts["en-2"], "cluster c-en-2"}
    assert question_families(None, collection)[0] == {texts["ko-0"]}


def test_a_document_that_several_languages_search_is_one(tmp_path):
    """In a BEIR folder whose corpus names no language, and where it stands twice under other ids."""
    put(tmp_path / "corpus.jsonl", *({"_id": name, "text": text} for name, text in ("ax", "by", "cx", "dz")))
    put(tmp_path / "queries.jsonl", *({"_id": f"q{n}", "text": "?", "lang": "de" if n else "ko"} for n in range(4)))
    put(tmp_path / "qrels.tsv", "q0\ta\t1", "q0\td\t0", "q1\ta\t1", "q2\tb\t1", "q3\tc\t1")
    german, korean = read_judged(tmp_path)
    read: list[int] = []
    texts = korean.texts

    class Counted(list):
        def __getitem__(self, number):
            read.append(number)
            return texts[number]

    (first,) = question_families(None, replace(korean, texts=Counted()))
    assert read == [0]  # nothing but what is relevant
    same, other, copy = question_families(None, german)
    assert first == same == copy
    assert join_families([first, same, other, copy]).tolist() == [0, 0, 1, 0]


def test_a_question_judged_by_answers_is_one_in_all_languages(tmp_path):
    korean, chinese = read_benchmark("mkqa", write_mkqa(tmp_path), "test")
    assert question_families(None, korean) == question_families(None, chinese) == [{"question 5"}]


def test_what_cannot_be_searched_is_refused(tmp_path, model):
    write_toy_dataset(tmp_path / "set", questions=16, dev=3)
    for changes, message in (
        ({"folds": 1}, "--folds is 1"),
        ({"dataset": None}, "no questions: give --dataset FOLDER, or --benchmark mldr"),
        ({"max_length": 2}, "--max-length is 2"),
        ({"model": "owner/name"}, "owner/name is no folder here; name a file for the weights: --out"),
        ({"out": tmp_path}, "is a folder; name a file"),
        ({"out": model / "config.json" / "x.json"}, "its folder cannot be made"),
        ({"languages": ("xx",)}, "no questions in xx"),
    ):
        with pytest.raises(InputError, match=message):
            fuse(config(tmp_path, **changes))
    write_toy_dataset(tmp_path / "one", dev=1)
    with pytest.raises(InputError, match=r"all 1 questions of split dev are about one document"):
        fuse(config(tmp_path, dataset=tmp_path / "one", languages=("en",)))
    assert read_fusion(model / FUSION_FILE) is None


def test_a_benchmark_is_asked_its_dev_questions(tmp_path, model):
    folder = write_mldr(tmp_path / "mldr", "mldr-v1.0-{}/corpus.jsonl.gz", "mldr-v1.0-{}/dev.jsonl.gz", "en")
    report = fuse(config(tmp_path, dataset=folder, benchmark="mldr", languages=("en",)))
    assert report["questions"] == {"en": 2}
    assert report["documents"] == 2
    assert report["split"] == "dev"


def test_another_file_takes_the_weights(tmp_path, model):
    write_toy_dataset(tmp_path / "set", questions=16, dev=3)
    fuse(config(tmp_path, out=tmp_path / "new" / "mine.json", index=tmp_path / "kept"))
    assert read_fusion(tmp_path / "new" / "mine.json") is not None
    assert not (model / FUSION_FILE).exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine.json"]
    assert any((tmp_path / "kept").iterdir())
