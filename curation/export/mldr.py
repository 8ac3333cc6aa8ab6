"""MLDR's layout: rows with the texts inside.

LANG/train.jsonl, dev.jsonl, test.jsonl   query_id, query, positive_passages, negative_passages ({docid, text} each)
corpus/LANG.jsonl                         docid, text: the documents of all splits
"""

from pathlib import Path
from typing import Any

from curation.engine import progress
from curation.export.lines import write_lines
from curation.export.source import Account, Source
from curation.export.texts import Texts, open_texts
from data.records import SPLITS
from data.text import document_text


def write_mldr(folder: Path, source: Source, account: Account) -> None:
    """Write all pairs and all documents."""
    for lang in progress(source.languages, "export mldr", "language"):
        with open_texts(source.dataset, lang, folder) as texts:
            for split in SPLITS:
                rows = (_row(pair, texts) for pair in source.pairs(lang, split))
                account.rows[f"{lang}/{split}.jsonl"] = write_lines(folder / lang / f"{split}.jsonl", rows)
        documents = source.dataset.document_rows(lang, ("docid", "title", "text"))
        lines = ({"docid": row["docid"], "text": document_text(row["title"], row["text"])} for row in documents)
        account.rows[f"corpus/{lang}.jsonl"] = write_lines(folder / "corpus" / f"{lang}.jsonl", lines)


def _row(pair: dict[str, Any], texts: Texts) -> dict[str, Any]:
    return {
        "query_id": pair["query_id"],
        "query": pair["query"],
        "positive_passages": [{"docid": docid, "text": texts[docid]} for docid in pair["positive_ids"]],
        "negative_passages": [{"docid": docid, "text": texts[docid]} for docid in pair["negative_ids"]],
    }
