"""The data set's card: README.md with the header that datasets and the hub read, and figures from the tables."""

from collections import Counter
from typing import Any

import pyarrow as pa

from data.records import SPLITS

MODEL_TOKENS = 8192  # the longest input of M3


def render_card(manifest: dict[str, Any], pairs: pa.Table, documents: pa.Table) -> str:
    """Return the text of README.md for the data set that holds `pairs` and `documents`."""
    counts: dict[str, dict[str, int]] = manifest["counts"]
    return "\n".join([*_header(counts), *_body(manifest, counts, pairs, documents), ""])


def truncation_figures(pairs: pa.Table, documents: pa.Table) -> dict[str, int]:
    """Return what a model that reads `MODEL_TOKENS` misses: documents longer than that, their tokens beyond it,
    evidence cut or beyond it.
    """
    tokens = documents["tokens"].to_pylist()
    starts, lengths = pairs["evidence_token_start"].to_pylist(), pairs["evidence_tokens"].to_pylist()
    return {
        "model_tokens": MODEL_TOKENS,
        "documents": len(tokens),
        "documents_longer": sum(count > MODEL_TOKENS for count in tokens),
        "tokens": sum(tokens),
        "tokens_beyond": sum(max(0, count - MODEL_TOKENS) for count in tokens),
        "questions": len(starts),
        "questions_with_evidence_cut": sum(s < MODEL_TOKENS < s + n for s, n in zip(starts, lengths, strict=True)),
        "questions_with_evidence_beyond": sum(start >= MODEL_TOKENS for start in starts),
    }


def _header(counts: dict[str, dict[str, int]]) -> list[str]:
    lines = [
        "---",
        "language:",
        *(f'- "{lang}"' for lang in counts),
        "task_categories:",
        "- text-retrieval",
        "configs:",
    ]
    for lang, count in counts.items():
        if splits := [split for split in SPLITS if count[split]]:
            lines += [f'- config_name: "{lang}"', "  data_files:"]  # quoted: a bare `no` is false in YAML
            lines += [line for split in splits for line in (f"  - split: {split}", f"    path: {lang}/{split}.parquet")]
        lines += [
            f"- config_name: corpus-{lang}",
            "  data_files:",
            "  - split: corpus",
            f"    path: corpus-{lang}/*.parquet",
        ]
    return [*lines, "---", ""]


def _body(
    manifest: dict[str, Any], counts: dict[str, dict[str, int]], pairs: pa.Table, documents: pa.Table
) -> list[str]:
    total = Counter[str]()
    for count in counts.values():
        total.update(count)
    generators = Counter(
        zip(pairs["generator"].to_pylist(), pairs["model"].to_pylist(), pairs["prompt"].to_pylist(), strict=True)
    )
    cut = manifest["truncation"]
    licences = Counter(licence or "not stated" for licence in documents["licence"].to_pylist())
    made = [
        f"- {number} questions: generator {generator}, model {model}" + (f", prompt {prompt}" if prompt else "")
        for (generator, model, prompt), number in generators.most_common()
    ]
    return [
        "# Questions about long documents",
        "",
        f"{len(pairs)} questions in {len(counts)} languages, each with the whole document that answers it, "
        f"out of {len(documents)} documents. "
        "Every question carries the place of the passage that it was written about.",
        "",
        "| language | train | dev | test | documents |",
        "|---|---:|---:|---:|---:|",
        *(f"| {lang} | {c['train']} | {c['dev']} | {c['test']} | {c['corpus']} |" for lang, c in counts.items()),
        f"| all | {total['train']} | {total['dev']} | {total['test']} | {total['corpus']} |",
        "",
        "## Load",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        f'pairs = load_dataset("PATH", "{next(iter(counts), "en")}", split="train")',
        f'corpus = load_dataset("PATH", "corpus-{next(iter(counts), "en")}", split="corpus")',
        "```",
        "",
        "`positive_ids` and `negative_ids` name documents of the corpus (`docid`); "
        "`evidence_start` and `evidence_end` are character offsets in the `text` of the positive.",
        "",
        "## How it was made",
        "",
        *made,
        *_mined(manifest),
        *(f"- stage {name}: {_told(reasons)}" for name, reasons in manifest.get("set_aside", {}).items() if reasons),
        "",
        "Documents were split before any question was asked; "
        "near-duplicates and translations of a document stay in one split.",
        "",
        "## What to know",
        "",
        f"- {cut['documents_longer']} of {cut['documents']} documents are longer than {MODEL_TOKENS} tokens; "
        f"a model that reads no further sees {_share(cut['tokens'] - cut['tokens_beyond'], cut['tokens'])} of the "
        f"tokens. The evidence of {cut['questions_with_evidence_beyond']} questions lies "
        f"beyond that point, that of {cut['questions_with_evidence_cut']} is cut by it.",
        f"- Lengths were counted by: {manifest.get('tokenizer', 'unknown')}.",
        "- Licences of the documents, as their sources state them: "
        + ", ".join(f"{licence} ({number})" for licence, number in licences.most_common())
        + ".",
    ]


def _mined(manifest: dict[str, Any]) -> list[str]:
    """Return the lines on hard negatives and teacher scores, none where there are none."""
    mined, taught = manifest.get("mined"), manifest.get("taught")
    lines = []
    if mined:
        number = sum(count.get("negatives", 0) for count in mined["counts"].values())
        lines.append(f"- {number} hard negatives, mined by: {', '.join(mined['miners'])}")
    if taught:
        number = taught["counts"]["positives"] + taught["counts"]["negatives"]
        lines.append(f"- {number} scores of a teacher: {taught['settings']['reranker'] or taught['settings']['model']}")
    return lines


def _told(reasons: dict[str, int]) -> str:
    return "set aside " + ", ".join(f"{number} {reason}" for reason, number in reasons.items())


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "all"
