"""fit from start to end on a toy data set: results, resuming to the same bits, truncation, wrong input."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from killed_fit import MOMENTS, make_up_figures
from training_toy import fit_that_dies

from data.errors import InputError, RunError
from training.fit import fit
from training.mine_config import TeachConfig
from training.model_files import load_model
from training.teach import teach


@pytest.fixture
def config(toy_config):
    return toy_config


KEPT = ["best-4", "checkpoint-2", "checkpoint-4"]


def weights(folder):
    return load_model(str(folder))[0].state_dict()


def test_fit_trains_and_reports(config, capsys):
    before = weights(config.model)
    result = fit(config)
    assert result["steps"] == 6
    assert json.loads((config.out / "fit.json").read_text()) == result
    assert {"loss", "dense", "sparse", "multi_vec", "distillation"} <= result["history"][-1].keys()
    assert {"learning_rate", "grad_norm", "tokens", "padding_share"} <= result["history"][-1].keys()
    assert [entry["step"] for entry in result["history"]] == [1, 2, 3, 4, 5, 6]
    assert result["speed"]["tokens"] == sum(entry["tokens"] for entry in result["history"])
    assert result["speed"]["peak_memory_bytes"] > 0
    assert {"m3-longdoc", "torch", "transformers"} == result["versions"].keys()
    assert result["device"]
    assert result["scores"]["start"]["dense"]["positives"].keys() == {"mean", "q25", "q50", "q75"}
    assert [entry["step"] for entry in result["dev"]["ndcg@10"]] == [0, 2, 4, 6]
    assert result["dev"]["best"]["step"] in (2, 4, 6)
    assert (config.out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not list(config.out.glob("checkpoint*"))
    assert not torch.equal(weights(config.out)["colbert_linear.weight"], before["colbert_linear.weight"])
    assert torch.equal(weights(config.out)["encoder.pooler.dense.weight"], before["encoder.pooler.dense.weight"])
    assert fit(config) == result
    assert "finished" in capsys.readouterr().out


def test_a_killed_run_resumes_to_the_same_bits(config, monkeypatch, tmp_path, capsys):
    whole = fit(config)
    killed = dataclasses.replace(config, out=tmp_path / "killed")
    fit_that_dies(killed, 4, monkeypatch)
    # A newer checkpoint that was being written when the process died has no mark and is not used.
    (killed.out / "checkpoints" / "checkpoint-3").mkdir()
    resumed = fit(killed)
    assert "checkpoint-2" in capsys.readouterr().out
    undisturbed = weights(config.out)
    assert all(torch.equal(value, undisturbed[key]) for key, value in weights(killed.out).items())
    assert resumed["history"] == whole["history"]
    assert resumed["dev"] == whole["dev"]


def test_kill_9_leaves_nothing_that_changes_the_end(config, tmp_path, monkeypatch):
    """The best weights are those of step 4: in the killed runs they come after, at and before the kill."""
    killed = [dataclasses.replace(config, out=tmp_path / moment) for moment in MOMENTS]
    script = [sys.executable, Path(__file__).parent / "killed_fit.py", *map(repr, killed)]
    subprocess.run(script, check=True, env=os.environ | {"PYTHONPATH": ":".join(sys.path)})
    left = [sorted(path.name for path in (one.out / "checkpoints").iterdir()) for one in killed]
    assert left == [["best-2", "checkpoint-2"], ["best-2", "best-4", "checkpoint-2"], [*KEPT, "checkpoint-6"]]
    make_up_figures(monkeypatch.setattr)
    whole = fit(config)
    assert whole["dev"]["best"] == {"step": 4, "figure": 0.7}
    assert whole["dev"]["before_training"] == 0.1
    undisturbed = weights(config.out)
    for one in killed:
        resumed = fit(one)
        assert (resumed["history"], resumed["dev"]) == (whole["history"], whole["dev"])
        assert resumed["scores"] == whole["scores"]
        assert all(torch.equal(value, undisturbed[key]) for key, value in weights(one.out).items()), one.out
    last = fit(dataclasses.replace(config, out=tmp_path / "last", eval_steps=0))
    assert last["dev"] is None
    assert last["history"] == whole["history"]  # evaluations disturb no random state
    assert not torch.equal(weights(tmp_path / "last")["colbert_linear.weight"], undisturbed["colbert_linear.weight"])


def test_another_configuration_is_named(config):
    fit(config)
    with pytest.raises(InputError, match=r"learning_rate was 0\.001, is 0\.5"):
        fit(dataclasses.replace(config, learning_rate=0.5))
    assert fit(dataclasses.replace(config, learning_rate=1e-4, max_steps=1, overwrite=True))["steps"] == 1


def test_wrong_input_is_told(config, tmp_path):
    with pytest.raises(InputError, match="64 tokens"):
        fit(dataclasses.replace(config, max_length=65))
    with pytest.raises(InputError, match="no data set"):
        fit(dataclasses.replace(config, dataset=tmp_path / "nowhere"))


def test_a_missing_document_names_the_question(config, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = config.dataset / "corpus-ko" / "corpus.parquet"
    table = pq.read_table(file)
    pq.write_table(table.filter(pa.compute.not_equal(table["docid"], "ko-3")), file)
    with pytest.raises(InputError, match="q-ko-2 names document ko-3"):
        fit(config)


def test_a_ruined_training_keeps_the_last_good_checkpoint(config):
    with pytest.raises(RunError):
        fit(dataclasses.replace(config, learning_rate=1e30, warmup_ratio=0.0, save_steps=1))


def test_a_start_that_failed_does_not_bind_the_folder(config):
    with pytest.raises(InputError, match="holds no config"):
        fit(dataclasses.replace(config, model=str(config.out.parent)))
    assert fit(config)["steps"] > 0
    (config.out / "fit.json").write_text("{")
    with pytest.raises(InputError, match="not what m3-train fit wrote"):
        fit(config)


@pytest.mark.parametrize("setting", ["learning_rate", "temperature"])
def test_a_setting_that_is_no_number_is_refused(config, setting):
    with pytest.raises(InputError, match=f"--{setting.replace('_', '-')} is nan"):
        fit(dataclasses.replace(config, **{setting: float("nan")}))


@pytest.mark.parametrize("window", ["evidence", "all"])
def test_long_documents_are_trained_on_where_the_evidence_stands_or_whole(config, window):
    result = fit(dataclasses.replace(config, window=window, max_length=24, max_steps=2, eval_steps=0))
    read = result["truncation"]
    assert read["window"] == window
    assert read["windows"] > 0 < read["documents_longer"]
    assert read["questions_with_evidence_outside"] == 0
    assert [entry["step"] for entry in result["history"]] == [1, 2]
    head = fit(dataclasses.replace(config, max_length=24, max_steps=2, eval_steps=0, out=config.out / "head"))
    assert head["truncation"]["questions_with_evidence_outside"] > 0
    assert head["history"][0]["loss"] != result["history"][0]["loss"]


def test_a_teacher_joins_the_loss(config):
    options = {"max_steps": 2, "eval_steps": 0, "teacher_weight": 2.0}
    with pytest.raises(InputError, match="m3-train teach"):
        fit(dataclasses.replace(config, **options))
    teach(TeachConfig(dataset=config.dataset, model=config.model))
    taught = fit(dataclasses.replace(config, **options))["history"][0]
    plain = fit(dataclasses.replace(config, **options | {"teacher_weight": 0.0, "out": config.out / "plain"}))
    assert taught["teacher"] > 0
    assert taught["loss"] == pytest.approx(plain["history"][0]["loss"] + 2 * taught["teacher"], abs=1e-3)
