"""Write the sample corpus: `python -m data.atlas --out DIR`.

DIR/documents/LANG.jsonl     documents to curate: id, title, text, lang, group
DIR/gold/LANG/               other documents with gold questions: corpus.jsonl, queries.jsonl, qrels.tsv, which
                             m3-train evaluate reads
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro
from tqdm import tqdm

from data.atlas import LANGUAGES, AtlasDocument, make_documents
from data.errors import InputError, run_command
from data.files import write_text


@dataclass(frozen=True, kw_only=True)
class AtlasConfig:
    """Write an invented atlas in 13 languages, with gold questions on documents of its own."""

    out: Path
    """Folder to write to."""
    documents: int = 40
    """Documents of each language; every second one is told in all languages."""
    gold_documents: int = 10
    """Further documents of each language that only the gold questions are about."""
    questions: int = 4
    """Gold questions for each of those documents."""
    languages: tuple[str, ...] = LANGUAGES
    """Languages to write."""
    tokens: tuple[int, int] = (300, 2000)
    """Shortest and longest document, in tokens; lengths spread log-uniformly between."""
    long_documents: int = 0
    """Of each language's documents, so many are 12000 tokens long."""
    seed: int = 0
    """Another seed makes another world."""


LONG_TOKENS = 12_000


def write_atlas(config: AtlasConfig) -> None:
    """Write the corpus that `config` asks for."""
    unknown = sorted(set(config.languages) - set(LANGUAGES))
    if unknown:
        raise InputError(f"the atlas has no language {', '.join(unknown)}; it has {' '.join(LANGUAGES)}")
    for lang in tqdm(config.languages, desc="atlas", unit="language"):
        numbers = _numbers(lang, config.documents + config.gold_documents)
        split = config.documents - config.long_documents
        documents = [
            *make_documents(lang, numbers[:split], config.seed, config.tokens),
            *make_documents(lang, numbers[split : config.documents], config.seed, (LONG_TOKENS, LONG_TOKENS)),
        ]
        rows = [{"id": d.docid, "title": d.title, "text": d.text, "lang": lang, "group": d.group} for d in documents]
        _write_rows(config.out / "documents" / f"{lang}.jsonl", rows)
        gold = list(make_documents(lang, numbers[config.documents :], config.seed, config.tokens))
        _write_gold(config.out / "gold" / lang, gold, config.questions)


def _numbers(lang: str, count: int) -> list[int]:
    """Return the numbers of a language's documents: every second one stands in all languages, the others in this one
    alone.
    """
    own = (LANGUAGES.index(lang) + 1) * count
    return [number if number % 2 == 0 else own + number for number in range(count)]


def _write_gold(folder: Path, documents: list[AtlasDocument], questions: int) -> None:
    """Write the judged collection; the questions of a document are spread over it, half of them in other words than the
    text.
    """
    queries, judgements = [], []
    for document in documents:
        step = max(1, len(document.questions) // questions) | 1  # odd, so that both wordings come in turn
        for number, question in enumerate(document.questions[::step][:questions]):
            qid = f"{document.docid}-q{number}"
            evidence = {
                "wording": question.wording,
                "fact": question.fact,
                "start": question.start,
                "end": question.end,
            }
            queries.append({"qid": qid, "text": question.query, "lang": document.lang, **evidence})
            judgements.append(f"{qid}\t{document.docid}\t1\n")
    _write_rows(
        folder / "corpus.jsonl",
        [{"docid": d.docid, "title": d.title, "text": d.text, "lang": d.lang} for d in documents],
    )
    _write_rows(folder / "queries.jsonl", queries)
    write_text(folder / "qrels.tsv", "".join(judgements))


def _write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


if __name__ == "__main__":
    sys.exit(run_command(lambda: write_atlas(tyro.cli(AtlasConfig, prog="python -m data.atlas"))))
