"""The finished model goes to a stand-in of the hub; what it refuses does not lose the model."""

import dataclasses
import importlib.util
from pathlib import Path

import pytest

from data.errors import InputError, RunError
from training.fit import fit
from training.model_files import load_model
from training.running import hub

_spec = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parent.parent / "curation" / "hub_server.py"
)
assert _spec is not None and _spec.loader is not None
hub_server = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hub_server)


@pytest.fixture
def server(monkeypatch):
    import huggingface_hub

    server = hub_server.Hub()
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: hub_server.WRITER)
    real = huggingface_hub.HfApi
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda token: real(endpoint=server.url, token=token))
    yield server
    server.close()


def test_the_model_is_uploaded_once_and_again_on_demand(server, toy_config, monkeypatch, capsys):
    import huggingface_hub

    config = dataclasses.replace(
        toy_config, push_to_hub=True, hub_model_id="someone/toy", max_steps=1, eval_steps=0, report_to=None
    )
    token = huggingface_hub.get_token
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: hub_server.READER)
    with pytest.raises(RunError, match=r"model is complete in .*out, but someone/toy .* same command uploads it again"):
        fit(config)
    assert load_model(str(config.out))
    monkeypatch.setattr(huggingface_hub, "get_token", token)
    fit(config)  # trained already: it uploads, and no more
    assert "is finished" in capsys.readouterr().out
    assert server.repos["someone/toy"]["private"] is True
    files = server.repos["someone/toy"]["branches"]["main"]
    assert {"config.json", "model.safetensors", "sparse_linear.pt", "colbert_linear.pt", "fit.json"} <= set(files)
    assert files["model.safetensors"] == (config.out / "model.safetensors").read_bytes()
    assert not [name for name in files if name.startswith(("runs", "checkpoints"))]
    assert server.messages == ["Model trained by m3-train fit"]


def test_the_token_is_in_no_message(server, tmp_path, monkeypatch):
    import huggingface_hub

    token = "hf_unknown_0123456789abcdef"
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: token)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(RunError) as caught:
        hub.push_model(tmp_path, "someone/toy")
    assert token not in str(caught.value)
    assert "***" in str(caught.value)


def test_without_a_token_nothing_is_trained(toy_config, monkeypatch):
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(InputError, match="hf auth login"):
        fit(dataclasses.replace(toy_config, push_to_hub=True))
    assert not toy_config.out.exists()
