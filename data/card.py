"""The data set's card: README.md with the header that datasets and the hub read, and figures from the tables."""

import re
from collections import Counter
from typing import Any

import pyarrow as pa

from data.records import SPLITS

MODEL_TOKENS = 8192  # the longest input of M3
UNPLACED = "PATH"  # what the card loads the data set from, until the data set has a place of its own
PAIR_COLUMNS = ("generator", "model", "prompt", "evidence_token_start", "evidence_tokens")  # what the figures need
DOCUMENT_COLUMNS = ("licence", "tokens")
_PLACE = re.compile(r'load_dataset\("([^"\n]+)"')


def render_card(manifest: dict[str, Any], pairs: pa.Table, documents: pa.Table, place: str = UNPLACED) -> str:
    """Return the text of README.md for the data set that holds `pairs` and `documents`, in any order.

    `place` is what load_dataset finds it by: a folder, or the id of a repository of the hub.
    """
    counts: dict[str, dict[str, int]] = manifest["counts"]
    return "\n".join([*_header(counts), *_body(manifest, counts, pairs, documents, place), ""])


def place_in_card(card: str) -> str:
    """Return what a card says that the data set is loaded from."""
    found = _PLACE.search(card)
    return found[1] if found else UNPLACED


def move_card(card: str, place: str) -> str:
    """Return a card that loads the data set from `place`."""
    return _PLACE.sub(lambda _: f'load_dataset("{place}"', card)


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
    manifest: dict[str, Any], counts: dict[str, dict[str, int]], pairs: pa.Table, documents: pa.Table, place: str
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
        for (generator, model, prompt), number in _most_common(generators)
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
        f'pairs = load_dataset("{place}", "{next(iter(counts), "en")}", split="train")',
        f'corpus = load_dataset("{place}", "corpus-{next(iter(counts), "en")}", split="corpus")',
        "```",
        "",
        "`positive_ids` and `negative_ids` name documents of the corpus (`docid`); "
        "`evidence_start` and `evidence_end` are character offsets in the `text` of the positive, "
        "and `evidence_digest` tells whether they still point at the passage. "
        "`m3-curate verify` proves that, and more, on the folder.",
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
        + ", ".join(f"{licence} ({number})" for licence, number in _most_common(licences))
        + ".",
    ]


def _most_common(counted: Counter[Any]) -> list[tuple[Any, int]]:
    """Return what was counted, most common first, and equal counts in an order that the rows' order does not change."""
    return sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))


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
