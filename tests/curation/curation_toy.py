"""Small runs for the tests of the pipeline, the commands and the report: a few atlas documents, no LLM."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from curation.config import RunConfig, SampleConfig
from curation.engine import table_digest
from data.atlas import make_documents

LANGUAGES = ("en", "ja", "ar")


def write_documents(folder: Path, languages: tuple[str, ...] = LANGUAGES, count: int = 8) -> Path:
    """Write one jsonl file of `count` short atlas documents for each language and return the folder."""
    folder.mkdir(parents=True)
    for lang in languages:
        documents = make_documents(lang, range(count), 0, (300, 600))
        rows = [{"id": d.docid, "title": d.title, "text": d.text, "lang": lang, "group": d.group} for d in documents]
        write_rows(folder / f"{lang}.jsonl", rows)
    return folder


def write_rows(file: Path, rows: list[dict]) -> None:
    """Write rows as JSON lines."""
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def small_run(source: Path, out: Path, **parts) -> RunConfig:
    """Return the configuration of a run in this process."""
    return RunConfig(out=out, sample=SampleConfig(source=(str(source),), workers=1), **parts)


def made(out: Path) -> dict[str, str]:
    """Return file -> digest of every table of the data set in `out`, and of its card."""
    folder = out / "dataset"
    digests = {str(file.relative_to(folder)): table_digest(pq.read_table(file)) for file in folder.rglob("*.parquet")}
    return {**digests, "README.md": (folder / "README.md").read_text(encoding="utf-8")}
