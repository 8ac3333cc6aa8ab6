"""The small world of benchmarks/ablation.py: training sets and judged collections made of the bundled atlas.

`make_world(out, scale)` writes, each complete or absent:

    out/short           short training documents; keyword queries that curation makes of their passages, without an LLM
    out/mixed           the same with long documents added
    out/titles          the short documents without their titles; each is asked for by its title: pairs to pretrain on
    out/gold/LANG       other short documents and natural questions about them, half in other words than the text
    out/gold-long/LANG  the same of long documents
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from ablation_arms import Scale

from curation import pipeline
from curation.config import PassageConfig, RunConfig, SampleConfig, SplitConfig
from data.atlas import LANGUAGES, AtlasDocument, make_documents
from data.dataset import CuratedDataset, write_curated
from data.files import digest, write_text

PASSAGES_PER_DOCUMENT = 4
QUESTIONS = {"gold": 2, "gold-long": 4}  # asked about a judged document
SEED = 0  # of the world: all seeds of the training share it


def make_world(out: Path, scale: Scale) -> None:
    """Write what is not there yet."""
    if (out / "world.json").exists():
        return
    for lang in scale.languages:
        _write_language(out, scale, lang)
    config = RunConfig(
        out=out / "curated",
        sample=SampleConfig(source=(str(out / "documents"),)),
        split=SplitConfig(dev_share=0, test_share=0),
        passages=PassageConfig(passages_per_document=PASSAGES_PER_DOCUMENT),
        seed=SEED,
    )
    dataset = pipeline.run(config, lambda line: print(line, file=sys.stderr))
    counts = _write_training_sets(out, dataset)
    write_text(out / "world.json", json.dumps({"training_questions": counts}))


def _write_language(out: Path, scale: Scale, lang: str) -> None:
    """Write a language's documents to train on, and its judged collections; no two documents share a town."""
    counts = (scale.documents, scale.long_documents, scale.gold_documents, scale.gold_long_documents)
    first = LANGUAGES.index(lang) * sum(counts)  # no translations: what is judged was told in no language before
    kinds = []
    for count, tokens in zip(counts, 2 * (scale.short_tokens, scale.long_tokens), strict=True):
        kinds.append(list(make_documents(lang, range(first, first + count), SEED, tokens)))
        first += count
    short, long, gold, gold_long = kinds
    for name, documents in (("short", short), ("long", long)):
        _write_rows(out / "documents" / f"{lang}-{name}.jsonl", [_row(document, "id") for document in documents])
    for name, documents in (("gold", gold), ("gold-long", gold_long)):
        _write_judged(out / name / lang, documents, QUESTIONS[name])


def _write_judged(folder: Path, documents: list[AtlasDocument], questions: int) -> None:
    queries, judgements = [], ["query-id\tcorpus-id\tscore\n"]
    for document in documents:
        step = max(1, len(document.questions) // questions) | 1  # odd, so that both wordings come in turn
        for number, question in enumerate(document.questions[::step][:questions]):
            queries.append({"qid": f"{document.docid}-q{number}", "text": question.query})
            judgements.append(f"{document.docid}-q{number}\t{document.docid}\t1\n")
    _write_rows(folder / "corpus.jsonl", [_row(document, "docid") for document in documents])
    _write_rows(folder / "queries.jsonl", queries)
    write_text(folder / "qrels.tsv", "".join(judgements))


def _row(document: AtlasDocument, name_of_id: str) -> dict[str, str]:
    return {name_of_id: document.docid, "title": document.title, "text": document.text, "lang": document.lang}


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _write_training_sets(out: Path, dataset: CuratedDataset) -> dict[str, int]:
    """Write short, mixed and titles; return how many questions each has."""
    documents = pa.concat_tables([dataset.corpus(lang) for lang in dataset.languages])
    pairs = pa.concat_tables([dataset.pairs(lang, "train") for lang in dataset.languages])
    short = documents.filter(pc.ends_with(documents["source"], "-short.jsonl"))
    names = pa.array(short["docid"].to_pylist())
    of_short = pairs.filter(pc.is_in(pc.list_element(pairs["positive_ids"], 0), names))
    sets = {"short": (of_short, short), "mixed": (pairs, documents), "titles": _ask_by_title(of_short, short)}
    for name, (asked, texts) in sets.items():
        write_curated(out / name, asked, texts, {"input": name})
    return {name: len(asked) for name, (asked, _) in sets.items()}


def _ask_by_title(pairs: pa.Table, documents: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return a pair for each document, its title the query, and the documents without their titles."""
    first = {row["positive_ids"][0]: row for row in reversed(pairs.to_pylist())}
    rows = []
    for document in documents.to_pylist():
        if document["docid"] in first:
            own = {
                "query_id": f"{document['docid']}-title",
                "query": document["title"],
                "evidence_start": 0,
                "evidence_end": len(document["text"]),
                "evidence_token_start": 0,
                "evidence_tokens": document["tokens"],
                "evidence_digest": digest(document["text"]),
            }
            rows.append(first[document["docid"]] | own)
    bare = documents.set_column(documents.column_names.index("title"), "title", pa.array([""] * len(documents)))
    return pa.Table.from_pylist(rows, schema=pairs.schema), bare
