"""Small copies of the benchmarks in their own layouts, of invented text."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BRIDGE, MILL = "The bridge of Ossel has nine arches.", "The mill stands still."


def put(file: Path, *rows: dict | str) -> Path:
    """Write a line for each row, compressed where the name says so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    content = "".join(f"{line}\n" for line in lines).encode()
    file.write_bytes(gzip.compress(content, mtime=0) if file.suffix == ".gz" else content)
    return file


def passages(*docids: str) -> list[dict]:
    return [{"docid": docid, "text": "repeated here"} for docid in docids]


def write_mldr(folder: Path, corpus: str, rows: str, lang: str) -> Path:
    """Two documents and two questions in `lang`; both names are patterns."""
    put(folder / corpus.format(lang), {"docid": f"{lang}2", "text": MILL}, {"docid": f"{lang}1", "text": BRIDGE})
    put(
        folder / rows.format(lang),
        {"query_id": "q2", "query": "mill?", "positive_passages": passages(f"{lang}2"), "negative_passages": []},
        {"query_id": "q1", "query": "arches?", "positive_passages": passages(f"{lang}1"), "negative_passages": []},
    )
    return folder


HUB_MLDR = ("mldr-v1.0-{}/corpus.jsonl.gz", "mldr-v1.0-{}/test.jsonl.gz")
EXPORTED_MLDR = ("corpus/{}.jsonl", "{}/test.jsonl")


def write_miracl(folder: Path, lang: str) -> Path:
    """Three passages in two files and two questions, one with a passage that was judged not relevant."""
    corpus = folder / f"miracl-corpus-v1.0-{lang}"
    put(corpus / "docs-0.jsonl.gz", {"docid": "7#1", "title": "Ossel", "text": BRIDGE})
    put(
        corpus / "docs-1.jsonl.gz",
        {"docid": "7#0", "title": "Mill", "text": MILL},
        {"docid": "8#0", "title": "", "text": "x"},
    )
    tables = folder / f"miracl-v1.0-{lang}"
    put(tables / "topics" / f"topics.miracl-v1.0-{lang}-dev.tsv", "q1\twhich arches?", "q2\tmill?")
    rows = ("q1\tQ0\t7#1\t1", "q1\tQ0\t8#0\t0", "q2\tQ0\t7#0\t1")
    put(tables / "qrels" / f"qrels.miracl-v1.0-{lang}-dev.tsv", *rows)
    return folder


NQ = (
    {"_id": "doc1", "title": "Ossel", "text": BRIDGE},
    {"_id": "doc0", "title": "Mill", "text": MILL},
)
KOREAN = (
    {"id": 5, "question": "다리?", "answers": ["nine arches"]},
    {"id": 4, "question": "방앗간?", "answers": ["", " "]},
)


def pack_mkqa(**questions: tuple[dict, ...]) -> bytes:
    """Return an archive with a folder in it, as the hub's may have."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/qa/._ko.jsonl", b"\x00\x05")
        for lang, rows in questions.items():
            archive.writestr(f"qa/{lang}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return packed.getvalue()


def write_mkqa(folder: Path) -> Path:
    english = ({"id": 5, "question": "arches?", "answers": ["nine"]},)
    (folder / "MKQA_test-data.zip").write_bytes(pack_mkqa(ko=KOREAN, zh_cn=english, en=english))
    put(folder / "corpus.jsonl.gz", *NQ)
    return folder


def write_narrativeqa(file: Path, *rows: tuple[str, str, str]) -> None:
    file.parent.mkdir(exist_ok=True)
    table = [
        {
            "document": {"id": docid, "kind": "gutenberg", "summary": {"text": "not this"}, "text": text},
            "question": {"text": question, "tokens": question.split()},
            "answers": [{"text": "an answer"}],
        }
        for docid, text, question in rows
    ]
    pq.write_table(pa.Table.from_pylist(table), file, row_group_size=2)
