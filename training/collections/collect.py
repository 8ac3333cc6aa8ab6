"""Documents, questions and judgements joined to a collection; what cannot be judged is set aside, never dropped."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from data.errors import InputError
from data.text import clean_text
from training.collections.collection import Evidence, JudgedCollection, SetAside, require_language
from training.collections.corpus import Documents

Judgement = tuple[str, str, str, int]  # place, question id, document id, relevance


def collect(
    lang: str,
    documents: Documents,
    questions: Mapping[str, str],
    judgements: Iterable[Judgement],
    known_questions: Collection[str] | None = None,
    evidence: Mapping[str, Evidence] | None = None,
) -> JudgedCollection:
    """Join one language's documents, questions (id -> text) and judgements; set aside what cannot be judged.

    `known_questions` holds the questions of the other languages too, where their judgements stand together.
    """
    known = questions if known_questions is None else known_questions
    qrels: dict[str, dict[str, int]] = {}
    unknown: dict[str, dict[str, str]] = {}  # reason -> question id -> where
    for place, query_id, docid, relevance in judgements:
        if query_id not in known:
            unknown.setdefault("unknown question", {}).setdefault(query_id, f"{query_id} ({place})")
        elif relevance > 0 and docid not in documents.known:
            unknown.setdefault("unknown document", {}).setdefault(query_id, f"{query_id} -> {docid} ({place})")
        elif docid in documents.known:
            qrels.setdefault(query_id, {})[docid] = max(relevance, 0)
    broken = unknown.get("unknown document", {})
    kept = sorted(name for name, row in qrels.items() if name not in broken and any(row.values()))
    unjudged = sorted(set(questions) - set(kept) - set(broken))
    if unjudged:
        unknown["no relevant document"] = {name: name for name in unjudged}
    return JudgedCollection(
        lang=lang,
        docids=documents.docids,
        texts=documents.texts,
        query_ids=kept,
        queries=[questions[name] for name in kept],
        qrels={name: qrels[name] for name in kept},
        set_aside={
            reason: SetAside(len(rows), clean_text(next(iter(rows.values())))) for reason, rows in unknown.items()
        },
        evidence={name: evidence[name] for name in kept if name in evidence} if evidence else {},
    )


def choose_languages(asked: Sequence[str], there: Collection[str], place: object, split: str) -> list[str]:
    """Return the languages to read, sorted: those `asked` for, or all that are there.

    Raises `InputError` when one that is asked for is not there, and names those that are, or when the name of one
    cannot name a language.
    """
    missing = sorted(set(asked) - set(there))
    if missing:
        known = " ".join(sorted(there)) or "none"
        raise InputError(f"{place} has no questions in {' '.join(missing)} (split {split}); it has: {known}")
    return [require_language(lang, place) for lang in sorted(set(asked) or there)]


def require_questions(collections: Iterable[JudgedCollection], place: str) -> list[JudgedCollection]:
    """Return the collections sorted by language; raises `InputError` when one of them has no question left."""
    found = sorted(collections, key=lambda collection: collection.lang)
    for collection in found:
        if not collection.queries:
            reasons = "; ".join(
                f"{name}: {aside.count}, first {aside.example}" for name, aside in collection.set_aside.items()
            )
            raise InputError(
                f"{place}: no question in {collection.lang!r} can be judged ({reasons or 'there is none'})"
            )
    return found
