"""Checks that nothing which is tested was trained on: no document, near-duplicate, translation or question crosses."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import TypeVar

import pyarrow as pa

from curation.config import DedupConfig, SplitConfig
from curation.duplicate_questions import similar_pairs
from curation.near_duplicates import find_near_duplicates
from curation.sketches import sketch_documents
from curation.verify.contents import Contents, Document, Question
from curation.verify.files import Found
from data.records import SPLITS
from data.text import letters

_Row = TypeVar("_Row", Question, Document)
_Section = TypeVar("_Section", SplitConfig, DedupConfig)


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
    """Yield questions that, but for case, form, space and punctuation, were asked before, in whichever split."""
    first: dict[str, Question] = {}
    for question in sorted(contents.questions, key=lambda question: SPLITS.index(question.split)):
        asked = letters(question.query or "")
        before = first.setdefault(asked, question)
        if asked and before is not question:
            yield question.place, f"{question.query!r:.120} is asked in {before.split} already: {before.place}"


def check_near_documents(contents: Contents) -> Found:
    """Yield near-duplicates in several splits, and documents that stand in one of another split, both found as they are
    found before documents are split.

    Equal texts are `check_documents`' to tell.
    """
    config, dataset, documents = _recorded(contents, SplitConfig), contents.dataset, contents.documents
    texts = pa.chunked_array(
        [chunk for lang in contents.languages for chunk in dataset.corpus(lang, ["text"])["text"].chunks],
        pa.large_string(),
    )
    order = sorted(range(len(documents)), key=lambda n: (-(documents[n].tokens or 0), documents[n].docid or ""))
    found = find_near_duplicates(texts, sketch_documents(texts), order, config.jaccard, config.containment)
    for number, why in sorted(found.dropped.items()):
        document, other = documents[number], documents[why.of]
        if document.split != other.split and document.letters_digest != other.letters_digest:
            likeness = f"{why.reason.replace('_', ' ')} ({why.share:.2f})"
            yield document.place, f"{likeness}, in {document.split}, of {other.place} in {other.split}"


def check_near_questions(contents: Contents) -> Found:
    """Yield questions that are worded almost like one in another split; equal ones are `check_questions`' to tell."""
    questions = [question for question in contents.questions if question.query]
    similarity = _recorded(contents, DedupConfig).question_similarity
    for one, other in similar_pairs([str(question.query) for question in questions], similarity):
        first, second = questions[one], questions[other]
        if first.split != second.split and letters(str(first.query)) != letters(str(second.query)):
            yield second.place, f"{second.query!r:.120} is almost {first.query!r:.120} of {first.place}"


def _recorded(contents: Contents, section: type[_Section]) -> _Section:
    """Return the settings that the manifest records of a stage, or the defaults where it records none."""
    recorded = (contents.dataset.manifest.get("config") or {}).get(section.__name__.removesuffix("Config").lower(), {})
    known = {name.name for name in fields(section)}
    return section(**{name: value for name, value in recorded.items() if name in known})


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
