"""Checks of single rows: ids, references, languages, lists that go together, negatives, evidence, texts."""

import re
from collections import Counter

from curation.verify.contents import Contents, Document, Question
from curation.verify.files import Found
from data.dataset import texts_digest

_DIGEST = re.compile(r"[0-9a-f]{16}(?=-[0-9a-f]{8}$|$)")  # made of the content; one that is shared has a suffix


def check_ids(contents: Contents) -> Found:
    """Yield questions and documents whose id is missing or stands before in the data set."""
    for rows in (
        [(question.query_id, question.place) for question in contents.questions],
        [(document.docid, document.place) for document in contents.documents],
    ):
        first: dict[str, str] = {}
        for name, place in rows:
            if not name:
                yield place, "has no id"
            elif name in first:
                yield place, f"the id stands before: {first[name]}"
            else:
                first[name] = place


def check_references(contents: Contents) -> Found:
    """Yield ids that name nothing, and questions without a positive."""
    query_ids = {question.query_id for question in contents.questions}
    for question in contents.questions:
        if not question.positive_ids:
            yield question.place, "names no positive document"
        for column in ("positive_ids", "negative_ids", "also_relevant"):
            for docid in getattr(question, column):
                if (question.folder, docid) not in contents.by_id:
                    yield question.place, f"{column}: no document {docid!r} in corpus-{question.folder}"
        if question.near_duplicate_of is not None and question.near_duplicate_of not in query_ids:
            yield question.place, f"near_duplicate_of: no question {question.near_duplicate_of!r}"


def check_languages(contents: Contents) -> Found:
    """Yield rows of another language than their folder's."""
    rows: list[Question | Document] = [*contents.questions, *contents.documents]
    for row in rows:
        if row.lang != row.folder:
            yield row.place, f"lang is {row.lang!r}, in the folder of {row.folder!r}"


def check_queries(contents: Contents) -> Found:
    """Yield questions that say nothing."""
    for question in contents.questions:
        if not (question.query or "").strip():
            yield question.place, "the query is empty"


def check_parallel(contents: Contents) -> Found:
    """Yield questions whose lists do not go together: each is as long as its ids, or, for scores, empty."""
    for question in contents.questions:
        for column in ("negative_miners", "negative_ranks", "negative_scores", "neg_scores"):
            yield from _in_step(question, "negative_ids", column)
        yield from _in_step(question, "positive_ids", "pos_scores")
        if question.neg_scores and not question.pos_scores:
            yield question.place, "has neg_scores and no pos_scores"


def _in_step(question: Question, ids: str, column: str) -> Found:
    values, wanted = getattr(question, column), len(getattr(question, ids))
    if values and len(values) != wanted:
        yield question.place, f"{column} has {len(values)} entries, {ids} {wanted}"
    if any(value is None or value != value for value in values):  # a number that is not one differs from itself
        yield question.place, f"{column} has an entry without a value"


def check_negatives(contents: Contents) -> Found:
    """Yield negatives that may answer the question, or would leak another split."""
    for question in contents.questions:
        positives = contents.named(question, question.positive_ids)
        kin = {("cluster", document.cluster) for document in positives if document.cluster is not None}
        kin |= {("group", document.group) for document in positives if document.group is not None}
        for docid, count in Counter(question.negative_ids).items():
            if count > 1:
                yield question.place, f"negative {docid!r} is named {count} times"
            if docid in question.positive_ids:
                yield question.place, f"negative {docid!r} is its positive"
        for negative in contents.named(question, question.negative_ids):
            if negative.docid in question.positive_ids:
                continue
            for relation, name in (("cluster", negative.cluster), ("group", negative.group)):
                if (relation, name) in kin:
                    yield question.place, f"negative {negative.docid!r} is of the positive's {relation} {name!r}"
            if negative.split != question.split:
                yield question.place, f"negative {negative.docid!r} is of the {negative.split} split"


def check_evidence(contents: Contents) -> Found:
    """Yield questions whose evidence offsets do not point at the passage that was recorded."""
    for number, passage in contents.passages.items():
        question = contents.questions[number]
        where = f"[{question.evidence_start}:{question.evidence_end}] of {question.positive_ids[0]!r}"
        if not passage.inside:
            yield question.place, f"evidence {where} is not within the text"
        elif passage.blank:
            yield question.place, f"evidence {where} is empty"
        elif question.evidence_digest is None:
            yield question.place, f"no evidence_digest was recorded: nothing says what stood at {where}"
        elif passage.digest != question.evidence_digest:
            yield question.place, f"evidence {where} is not the passage that was recorded"
        elif passage.tokens is not None and passage.tokens != question.evidence_tokens:
            yield question.place, f"evidence {where} has {passage.tokens} tokens, not {question.evidence_tokens}"
        elif passage.token_start is not None and passage.token_start != question.evidence_token_start:
            yield (
                question.place,
                f"{passage.token_start} tokens stand before {where}, not {question.evidence_token_start}",
            )


def check_texts(contents: Contents) -> Found:
    """Yield documents whose text is empty, or not the one that id and length were taken from, and corpora whose texts
    are not those that the manifest has a digest of.

    Ids of 16 hexadecimal digits count as digests of the content where at least half of them are.
    """
    digests = [(document, _DIGEST.match(document.docid or "")) for document in contents.documents]
    agreeing = [found[0] == document.content_id for document, found in digests if found]
    are_digests = sum(agreeing) * 2 >= len(agreeing)
    for document, found in digests:
        if document.empty:
            yield document.place, "the text is empty"
        elif found and are_digests and found[0] != document.content_id:
            yield document.place, f"title and text have the digest {document.content_id}, not the one in the id"
        elif document.counted_tokens is not None and document.counted_tokens != document.tokens:
            yield document.place, f"title and text have {document.counted_tokens} tokens, not {document.tokens}"
    for lang, recorded in (contents.dataset.manifest.get("texts") or {}).items():
        of_lang = [
            (document.docid or "", document.content_id) for document in contents.documents if document.folder == lang
        ]
        if texts_digest(of_lang) != recorded:
            yield f"corpus-{lang}/corpus.parquet", "ids, titles and texts are not those that were written"
