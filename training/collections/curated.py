"""A curated data set as collections: the questions of one split, asked of the documents of all splits.

Where a question's passage stands in its document, and how many of its words it shares, are in the pair; both go along
as `Evidence`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.dataset import load_curated
from data.text import document_text
from training.collections.collect import Judgement, choose_languages, collect
from training.collections.collection import Evidence, JudgedCollection
from training.collections.corpus import Corpus
from training.collections.lines import clean_id

_PAIR_COLUMNS = ("query_id", "query", "positive_ids", "evidence_start", "evidence_end", "lexical_overlap")


def read_curated(path: Path, split: str, languages: Sequence[str], work: Path | None) -> list[JudgedCollection]:
    """Return the collection of each language that has questions in `split`, or of the `languages` that are asked for.

    Raises `InputError` when there is no complete data set at `path`, or when it lacks an asked language.
    """
    dataset = load_curated(path)
    pairs = {lang: list(dataset.pair_rows(lang, split, _PAIR_COLUMNS)) for lang in dataset.languages}
    there = [lang for lang, rows in pairs.items() if rows]
    found: list[JudgedCollection] = []
    for lang in choose_languages(languages, there, path, split):
        corpus = Corpus(work, lang)
        characters: dict[str, int] = {}  # document id -> length of its text, without the title: evidence counts there
        place = str(dataset.corpus_file(lang))
        for row in dataset.document_rows(lang, ("docid", "title", "text")):
            docid = clean_id(row["docid"], place)
            corpus.add(place, docid, document_text(row["title"], row["text"]))
            characters[docid] = len(row["text"])
        place = str(dataset.pairs_file(lang, split))
        questions = {clean_id(row["query_id"], place): row["query"] for row in pairs[lang]}
        judgements: list[Judgement] = [
            (place, row["query_id"], docid, 1) for row in pairs[lang] for docid in row["positive_ids"] or ()
        ]
        evidence = {row["query_id"]: known for row in pairs[lang] if (known := _evidence(row, characters))}
        found.append(collect(lang, corpus.select(), questions, judgements, evidence=evidence))
    return found


def _evidence(pair: Mapping[str, Any], characters: Mapping[str, int]) -> Evidence | None:
    """Return where a pair's passage stands in its positive document; None when that is not recorded, or cannot be."""
    start, end, positives = pair["evidence_start"], pair["evidence_end"], pair["positive_ids"]
    if start is None or end is None or not positives or not 0 <= start < end <= characters.get(positives[0], 0):
        return None
    return Evidence((start + end) / 2 / characters[positives[0]], pair["lexical_overlap"])
