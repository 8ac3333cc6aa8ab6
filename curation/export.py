"""The curated data set in other tools' layouts.

mldr            LANG/train.jsonl, dev.jsonl, test.jsonl: query_id, query, positive_passages, negative_passages with the
                texts inside; corpus/LANG.jsonl
flagembedding   LANG.jsonl of the training pairs: query, pos, neg; each row carries whole documents
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from curation.config import ExportConfig
from curation.engine import progress
from data.dataset import CuratedDataset, load_curated
from data.errors import InputError
from data.files import atomic_folder, write_json
from data.records import SPLITS
from data.text import document_text

_MARK = "export.json"  # tells a folder that an export may replace from one that is somebody's


def export_dataset(config: ExportConfig, say: Callable[[str], None] = lambda line: None) -> Path:
    """Write the data set of `config.out` in the asked layout and return the folder; replace an earlier export there.

    Raises `InputError` if the folder holds anything else.
    """
    dataset = load_curated(config.out)
    target = config.to or config.out / "export" / config.format
    if target.exists() and not (target.is_dir() and (not any(target.iterdir()) or (target / _MARK).exists())):
        raise InputError(f"{target} holds something else than an export of m3-curate; choose another --to")
    with atomic_folder(target) as folder:
        for lang in progress(dataset.languages, f"export {config.format}", "language"):
            corpus = dataset.corpus(lang, ["docid", "title", "text"]).to_pylist()
            texts = {row["docid"]: document_text(row["title"], row["text"]) for row in corpus}
            writer = _write_mldr if config.format == "mldr" else _write_flagembedding
            writer(folder, dataset, lang, texts)
        write_json(folder / _MARK, {"format": config.format, "dataset": dataset.manifest.get("input")})
    if config.format == "flagembedding":
        without = sum(
            not ids for lang in dataset.languages for ids in dataset.pairs(lang, "train")["negative_ids"].to_pylist()
        )
        if without:
            say(f"{without} pairs have no hard negatives: their `neg` is empty, and FlagEmbedding's trainer wants some")
    return target


def _write_mldr(folder: Path, dataset: CuratedDataset, lang: str, texts: dict[str, str]) -> None:
    for split in SPLITS:
        _write_lines(
            folder / lang / f"{split}.jsonl",
            (_mldr_row(pair, texts) for pair in dataset.pairs(lang, split).to_pylist()),
        )
    _write_lines(folder / "corpus" / f"{lang}.jsonl", ({"docid": docid, "text": text} for docid, text in texts.items()))


def _mldr_row(pair: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    return {
        "query_id": pair["query_id"],
        "query": pair["query"],
        "positive_passages": [{"docid": docid, "text": texts[docid]} for docid in pair["positive_ids"]],
        "negative_passages": [{"docid": docid, "text": texts[docid]} for docid in pair["negative_ids"]],
    }


def _write_flagembedding(folder: Path, dataset: CuratedDataset, lang: str, texts: dict[str, str]) -> None:
    rows = (
        {
            "query": pair["query"],
            "pos": [texts[docid] for docid in pair["positive_ids"]],
            "neg": [texts[docid] for docid in pair["negative_ids"]],
        }
        for pair in dataset.pairs(lang, "train").to_pylist()
    )
    _write_lines(folder / f"{lang}.jsonl", rows)


def _write_lines(file: Path, rows: Iterator[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
