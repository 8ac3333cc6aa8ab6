"""Record what FlagEmbedding and sentence-transformers make of a checkpoint that `m3-train` saved.

An environment of its own, because the two pin what this project does not:

    python -m venv parity-env
    parity-env/bin/pip install FlagEmbedding==1.4.2 sentence-transformers==6.2.0 transformers==5.23.0
    parity-env/bin/python benchmarks/record_parity.py --model tests/fixtures/parity/model --out tests/fixtures/parity

Writes `recorded.npz` (dense vectors of both programs, token vectors and where each text's end, pair scores) and
`recorded.json` (lexical weights by token id, versions); tests/training/test_parity.py holds ours against them.
FlagEmbedding runs in float32 and with one text or pair a batch: by default it rounds the weights to half precision, and
in a larger batch a padding vector (zero) can win a maximum whose true value is negative. The same weights as
pytorch_model.bin, the layout of BAAI/bge-m3 on the hub, must give the same values; the script stops when they do not.
"""

import argparse
import json
import tempfile
from pathlib import Path
from shutil import copytree

import FlagEmbedding
import numpy as np
import sentence_transformers
import torch
import transformers
from FlagEmbedding import BGEM3FlagModel
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

PAIR_SCORES = ("dense", "sparse", "colbert", "sparse+dense", "colbert+sparse+dense")


def record_flag_embedding(model: Path, rows: list[dict[str, str]], max_length: int) -> dict:
    """Return FlagEmbedding's vectors, lexical weights and pair scores for the queries, then the texts, of `rows`."""
    embedder = BGEM3FlagModel(str(model), use_fp16=False, devices="cpu", query_max_length=max_length)
    texts = [row["query"] for row in rows] + [row["text"] for row in rows]
    found = embedder.encode(
        texts, batch_size=1, max_length=max_length, return_dense=True, return_sparse=True, return_colbert_vecs=True
    )
    pairs = [(row["query"], row["text"]) for row in rows]
    scores = embedder.compute_score(pairs, batch_size=1, max_query_length=max_length, max_passage_length=max_length)
    lengths = [len(vectors) for vectors in found["colbert_vecs"]]
    return {
        "dense": found["dense_vecs"].astype(np.float32),
        "token_vectors": np.concatenate(found["colbert_vecs"]).astype(np.float32),
        "token_ends": np.cumsum(lengths),
        "pair_scores": np.array([scores[name] for name in PAIR_SCORES], dtype=np.float32),
        "lexical": [
            {token: float(weight) for token, weight in weights.items()} for weights in found["lexical_weights"]
        ],
    }


def record_sentence_transformer(model: Path, rows: list[dict[str, str]]) -> np.ndarray:
    """Return sentence-transformers' vectors for the queries, then the texts, as its own files tell it to make them."""
    texts = [row["query"] for row in rows] + [row["text"] for row in rows]
    return SentenceTransformer(str(model), device="cpu").encode(texts, batch_size=1).astype(np.float32)


def as_pytorch_model(model: Path, folder: Path) -> Path:
    """Copy `model` to `folder` with its encoder as pytorch_model.bin in place of model.safetensors."""
    copytree(model, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def main() -> None:
    """Record both programs on both layouts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder that m3-train saved")
    parser.add_argument("--out", type=Path, required=True, help="folder with texts.jsonl, takes recorded.npz and .json")
    arguments = parser.parse_args()
    lines = (arguments.out / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    max_length = json.loads((arguments.model / "sentence_bert_config.json").read_text())["max_seq_length"]

    recorded = record_flag_embedding(arguments.model, rows, max_length)
    recorded["sentence_transformer"] = record_sentence_transformer(arguments.model, rows)
    with tempfile.TemporaryDirectory() as temporary:
        other = as_pytorch_model(arguments.model, Path(temporary) / "bin")
        again = record_flag_embedding(other, rows, max_length)
        again["sentence_transformer"] = record_sentence_transformer(other, rows)
    for name in ("dense", "token_vectors", "pair_scores", "sentence_transformer"):
        np.testing.assert_allclose(again[name], recorded[name], atol=1e-6, err_msg=f"pytorch_model.bin: {name}")

    lexical = recorded.pop("lexical")
    np.savez_compressed(arguments.out / "recorded.npz", **recorded)
    versions = {module.__name__: module.__version__ for module in (sentence_transformers, transformers, torch)}
    versions["FlagEmbedding"] = getattr(FlagEmbedding, "__version__", "1.4.2")
    about = {"versions": versions, "max_length": max_length, "pair_scores": PAIR_SCORES, "lexical": lexical}
    (arguments.out / "recorded.json").write_text(json.dumps(about, indent=1) + "\n")
    print(f"recorded {len(rows)} pairs with {versions}")


if __name__ == "__main__":
    main()
