"""FlagEmbedding's layout of the training pairs: --train_data takes the folder, or files of it.

LANG.jsonl                      query, pos, neg, prompt, type; also pos_scores, neg_scores where a teacher scored them
                                (--knowledge_distillation True)
without_negatives/LANG.jsonl    the same rows of pairs without hard negatives, where others have some: the trainer
                                divides by their number, and the folder's own files stay usable; hn_mine takes these
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from curation.engine import progress
from curation.export.lines import write_lines
from curation.export.source import Account, Source
from curation.export.texts import Texts, open_texts


def write_flagembedding(folder: Path, source: Source, account: Account) -> None:
    """Write the training pairs; a language without any has no file, since the library refuses an empty one."""
    source.account_for_scores(account)
    for lang in progress(source.languages, "export flagembedding", "language"):
        with open_texts(source.dataset, lang, folder) as texts:
            _write(folder, f"{lang}.jsonl", _rows(source, lang, texts, source.mined > 0), account)
            if source.mined:
                rest = _rows(source, lang, texts, False)
                count = _write(folder, f"without_negatives/{lang}.jsonl", rest, account)
                account.leave_out("pairs have no hard negatives: they stand in without_negatives/", count)
    if not source.mined:
        account.leave_out(
            "pairs have no hard negatives: their `neg` is empty, and FlagEmbedding's trainer wants some",
            sum(account.rows.values()),
        )


def _write(folder: Path, name: str, rows: Iterator[dict[str, Any]], account: Account) -> int:
    """Write rows, if there are any, and return how many there were."""
    for first in rows:
        account.rows[name] = write_lines(folder / name, chain([first], rows))
        return account.rows[name]
    return 0


def _rows(source: Source, lang: str, texts: Texts, mined: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows of the training pairs that have hard negatives, or of those that have none."""
    for pair in source.pairs(lang, "train"):
        if bool(pair["negative_ids"]) == mined:
            yield {
                "query": pair["query"],
                "pos": [texts[docid] for docid in pair["positive_ids"]],
                "neg": [texts[docid] for docid in pair["negative_ids"]],
                "prompt": "",  # M3's queries take none; without this key a loader may put the word None before them
                "type": "normal",
                **({name: pair[name] for name in ("pos_scores", "neg_scores")} if mined and source.scored else {}),
            }
