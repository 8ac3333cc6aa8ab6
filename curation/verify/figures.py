"""Checks of what a data set says about itself: the manifest's counts and the card are computed anew."""

import json
from collections import Counter
from typing import Any

import pyarrow as pa

from curation.verify.contents import Contents
from curation.verify.files import Found
from data.card import DOCUMENT_COLUMNS, PAIR_COLUMNS, place_in_card, render_card, truncation_figures
from data.dataset import rows_digests
from data.records import DOCUMENT, PAIR, SPLITS


def check_counts(contents: Contents) -> Found:
    """Yield the counts of the manifest that are not true."""
    said, true = contents.dataset.manifest["counts"], _counts(contents)
    for lang in sorted({*said, *true}):
        if said.get(lang) != true.get(lang):
            found, wanted = (json.dumps(counts.get(lang)) for counts in (said, true))
            yield "manifest.json", f"counts of {lang}: {found}, in truth {wanted}"


def check_written(contents: Contents) -> Found:
    """Yield the tables whose rows are not those that the manifest has a digest of; what was mined or taught is not
    looked at.
    """
    said = contents.dataset.manifest.get("rows") or {}
    true = rows_digests(contents.dataset) if said else {}
    for name in sorted({*said, *true}):
        if said.get(name) != true.get(name):
            yield name, "the rows are not those that were written"


def check_mined(contents: Contents) -> Found:
    """Yield the numbers of mined negatives in the manifest that are not true; the card sums them up."""
    negatives: Counter[str] = Counter()
    for question in contents.questions:
        negatives[f"{question.folder} {question.split}"] += len(question.negative_ids)
    mined = contents.dataset.manifest.get("mined") or {}
    for name, count in mined.get("counts", {}).items():
        if count.get("negatives", 0) != negatives[name]:
            yield "manifest.json", f"negatives of {name}: {count.get('negatives', 0)}, in truth {negatives[name]}"


def check_truncation(contents: Contents) -> Found:
    """Yield the truncation figures of the manifest that are not true."""
    said, true = contents.dataset.manifest.get("truncation") or {}, truncation_figures(*_tables(contents))
    for name in sorted({*said, *true}):
        if said.get(name) != true.get(name):
            yield "manifest.json", f"truncation, {name}: {said.get(name)}, in truth {true.get(name)}"


def check_card(contents: Contents) -> Found:
    """Yield the first line of the card that differs from a card made anew."""
    file = contents.dataset.path / "README.md"
    said = file.read_text(encoding="utf-8", errors="replace")
    tables = _tables(contents)
    true = {**contents.dataset.manifest, "counts": _counts(contents), "truncation": truncation_figures(*tables)}
    rendered = render_card(true, *tables, place_in_card(said))
    if said == rendered:
        return
    lines, expected = said.split("\n"), rendered.split("\n")
    number = next(
        (n for n, pair in enumerate(zip(lines, expected, strict=False)) if pair[0] != pair[1]),
        min(len(lines), len(expected)),
    )
    found, wanted = ((rows[number] if number < len(rows) else "nothing") for rows in (lines, expected))
    yield f"README.md:{number + 1}", f"says {found!r:.160}, in truth {wanted!r:.160}"


def _counts(contents: Contents) -> dict[str, dict[str, int]]:
    corpus = Counter(document.folder for document in contents.documents)
    questions = Counter((question.folder, question.split) for question in contents.questions)
    langs = sorted({*corpus, *(lang for lang, _ in questions)})
    return {lang: {"corpus": corpus[lang], **{split: questions[lang, split] for split in SPLITS}} for lang in langs}


def _tables(contents: Contents) -> tuple[pa.Table, pa.Table]:
    """Return the columns of questions and documents that the figures are computed from."""

    def table(rows: list[Any], record: pa.Schema, columns: tuple[str, ...]) -> pa.Table:
        return pa.table({name: pa.array([getattr(r, name) for r in rows], record.field(name).type) for name in columns})

    return table(contents.questions, PAIR, PAIR_COLUMNS), table(contents.documents, DOCUMENT, DOCUMENT_COLUMNS)
