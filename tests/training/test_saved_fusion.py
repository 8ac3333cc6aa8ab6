"""The file of weights beside a model: what is read back, what is refused, and which weights an evaluation takes."""

import json

import pytest
from training_toy import toy_model, toy_tokenizer

from data.errors import InputError
from training.model_files import load_model, save_model
from training.searching.fusion import PAPER_LONG, PAPER_SHORT, Fusion
from training.searching.saved_fusion import (
    FUSION_FILE,
    SavedFusion,
    choose_fusion,
    describe_fusion,
    fusion_file,
    fusion_record,
    read_fusion,
    write_fusion,
)

FOUND = Fusion((0.4, 0.6), (0.1, 0.3, 0.6))


def saved(sure=(True, True)) -> SavedFusion:
    return SavedFusion(FOUND, sure, "0123")


def test_what_is_written_is_read_back(tmp_path):
    assert read_fusion(tmp_path / FUSION_FILE) is None
    held = write_fusion(tmp_path / FUSION_FILE, saved((True, False)), {"all": {"gain": 0.5}, "model": "m"})
    assert read_fusion(tmp_path / FUSION_FILE) == saved((True, False))
    assert json.loads((tmp_path / FUSION_FILE).read_text()) == held
    assert held["all"] == {"weights": [0.1, 0.3, 0.6], "sure": False, "gain": 0.5}
    assert held["model"] == "m"


@pytest.mark.parametrize(
    ("sure", "weights", "origin"),
    [
        ((True, True), FOUND, "{file}"),
        ((True, False), Fusion((0.4, 0.6), (0.15, 0.5, 0.35)), "dense+sparse: {file}; all: the paper's"),
        ((False, True), Fusion((0.2, 0.8), (0.1, 0.3, 0.6)), "all: {file}; dense+sparse: the paper's"),
        ((False, False), PAPER_LONG, "{file} found none that are surely better"),
    ],
)
def test_weights_beside_the_model_are_taken_where_they_are_surely_better(tmp_path, sure, weights, origin):
    write_fusion(tmp_path / FUSION_FILE, saved(sure), {})
    fusion, said = choose_fusion(None, "saved", str(tmp_path), "0123")
    assert fusion == weights
    assert origin.format(file=tmp_path / FUSION_FILE) in said


def test_other_ways_to_name_the_weights(tmp_path):
    file = tmp_path / "mine.json"
    write_fusion(file, saved((False, False)), {})
    assert choose_fusion(None, str(file), None, "") == (FOUND, str(file))  # a file that is named is followed
    assert choose_fusion((1.0, 2.0, 3.0), "short", None, "")[0] == Fusion((1.0, 2.0), (1.0, 2.0, 3.0))
    assert choose_fusion(None, "long", str(tmp_path), "")[0] == PAPER_LONG
    assert choose_fusion(None, "short", str(tmp_path), "")[0] == PAPER_SHORT
    for model in (None, "owner/name", str(tmp_path)):
        assert choose_fusion(None, "saved", model, "") == (PAPER_LONG, "the paper's for long documents")
    with pytest.raises(InputError, match="--fusion lnog: no such file; give saved, long, short"):
        choose_fusion(None, "lnog", None, "")


def test_weights_of_a_model_that_was_trained_on_since_are_not_taken(tmp_path):
    write_fusion(tmp_path / FUSION_FILE, saved(), {})
    fusion, origin = choose_fusion(None, "saved", str(tmp_path), "other")
    assert fusion == PAPER_LONG
    assert "was made for other weights of the model" in origin


def test_weights_are_taken_only_over_those_that_they_were_held_against(tmp_path):
    found = SavedFusion(FOUND, (True, True), "0123", "short")
    write_fusion(tmp_path / FUSION_FILE, found, {})
    assert read_fusion(tmp_path / FUSION_FILE) == found
    assert choose_fusion(None, "saved", str(tmp_path), "0123", "short")[0] == FOUND
    fusion, origin = choose_fusion(None, "saved", str(tmp_path), "0123", "long")
    assert fusion == PAPER_LONG
    assert "was held against the paper's for short documents" in origin


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "holds no JSON object"),
        ({"all": None}, "all is None, not a JSON object"),
        ({"all": {"weights": [0.5, 0.5], "sure": True}}, r"all.weights is \[0.5, 0.5\], not 3 numbers"),
        ({"dense_sparse": {"weights": [-1, 0.5], "sure": True}}, r"dense_sparse.weights is \[-1, 0.5\]"),
        ({"dense_sparse": {"weights": [0, 0], "sure": True}}, r"dense_sparse.weights is \[0, 0\]"),
        ({"dense_sparse": {"weights": [True, 1], "sure": True}}, r"dense_sparse.weights is \[True, 1\]"),
        ({"dense_sparse": {"weights": [1, float("nan")], "sure": True}}, r"dense_sparse.weights is \[1, nan\]"),
        ({"dense_sparse": {"weights": [0.5, 0.5], "sure": "yes"}}, "dense_sparse.sure is 'yes'"),
        ({"model_digest": 5}, "model_digest is 5"),
    ],
)
def test_damage_names_the_file_and_the_field(tmp_path, change, message):
    file = tmp_path / FUSION_FILE
    held = write_fusion(file, saved(), {})
    file.write_text(change if isinstance(change, str) else json.dumps(held | change))
    with pytest.raises(InputError, match=f"{file} is not what m3-train fuse wrote: .*{message}.*or remove it"):
        read_fusion(file)


def test_a_model_that_is_made_of_another_gets_none_of_its_weights(tmp_path):
    tokenizer = toy_tokenizer(tmp_path)
    save_model(toy_model(tokenizer), tokenizer, tmp_path / "base")
    write_fusion(tmp_path / "base" / FUSION_FILE, saved(), {})
    save_model(*load_model(str(tmp_path / "base")), tmp_path / "tuned")
    assert not fusion_file(str(tmp_path / "tuned")).exists()
    assert fusion_file("owner/name") is None


def test_the_line_that_says_which_weights_are_used():
    line = describe_fusion(fusion_record(FOUND, "--weights"))
    assert line == "weights of dense+sparse 0.4 0.6, of all 0.1 0.3 0.6 (--weights)"
