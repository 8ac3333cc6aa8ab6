"""Checks that nothing which is tested was trained on: no document, near-duplicate, translation or question crosses."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

import pyarrow as pa

from curation.config import SplitConfig
from curation.dedup import cluster_documents
from curation.verify.contents import Contents, Document, Question
from curation.verify.files import Found
from data.records import SPLITS
from data.text import letters

_Row = TypeVar("_Row", Question, Document)


def check_splits(contents: Contents) -> Found:
    """Yield documents of no split, and questions in another split than their documents."""
    for document in contents.documents:
        if document.split not in SPLITS:
            yield document.place, f"split is {document.split!r}, not one of {', '.join(SPLITS)}"
    for question in contents.questions:
        for document in contents.named(question, question.positive_ids):
            if document.split in SPLITS and document.split != question.split:
                yield question.place, f"positive {document.docid!r} is of the {document.split} split"


def check_clusters(contents: Contents) -> Found:
    """Yield recorded clusters with documents of several splits."""
    return _crossing(contents.documents, lambda document: document.cluster, "cluster")


def check_groups(contents: Contents) -> Found:
    """Yield translation groups with documents of several splits."""
    return _crossing(contents.documents, lambda document: document.group, "translation group")


def check_documents(contents: Contents) -> Found:
    """Yield texts that, but for case, form, space and punctuation, stand in several splits."""
    documents = [document for document in contents.documents if not document.empty]
    return _crossing(documents, lambda document: document.letters_digest, "text")


def check_questions(contents: Contents) -> Found:
    """Yield questions that, but for case, form, space and punctuation, stand in several splits."""
    return _crossing(contents.questions, lambda question: letters(question.query or "") or None, "question")


def check_near_documents(contents: Contents) -> Found:
    """Yield near-duplicates in several splits, found as they are found before documents are split.

    Equal texts are `check_documents`' to tell.
    """
    settings = contents.dataset.manifest.get("config", {}).get("split", {})
    texts = [contents.dataset.corpus(lang, ["text"])["text"] for lang in contents.dataset.languages]
    together = pa.chunked_array([chunk for text in texts for chunk in text.chunks], pa.large_string())
    clusters = cluster_documents(together, settings.get("jaccard", SplitConfig.jaccard))
    for numbers in clusters.members().values():
        members = [contents.documents[number] for number in numbers]
        if len({document.letters_digest for document in members}) > 1:
            yield from _crossing(members, lambda _: "", "set of near-duplicates")


def _crossing(rows: Iterable[_Row], key_of: Callable[[_Row], str | None], what: str) -> Found:
    """Yield, for each key that rows of several splits share, one row of every split but the first."""
    seen: dict[str, dict[str, _Row]] = defaultdict(dict)
    for row in rows:
        key = key_of(row)
        if key is not None and row.split in SPLITS:
            seen[key].setdefault(row.split, row)
    for key, of_split in seen.items():
        first, *others = sorted(of_split.values(), key=lambda row: SPLITS.index(str(row.split)))
        for other in others:
            named = f"{what} {key}".strip()
            yield other.place, f"{named:.120} is in {other.split}, and in {first.split}: {first.place}"
