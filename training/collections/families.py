"""What belongs together among a collection's questions: those about one document, its near-copies and translations."""

from pathlib import Path

from data.dataset import dataset_folder, load_curated
from data.files import digest
from training.collections.collection import JudgedCollection


def question_families(dataset: Path | None, collection: JudgedCollection) -> list[frozenset[str]]:
    """Return the family of each question: its relevant documents, and in a curated `dataset` their clusters and groups.

    Families of two questions share something when what is learned from one question tells something of the other. A
    document is known by its text, the same in every language that searches it; only relevant ones are read. A question
    that is judged by answers has no such documents: it is known by its id, the same in every language (MKQA).
    """
    if collection.answers:
        return [frozenset({f"question {name}"}) for name in collection.query_ids]
    relevant = [
        [docid for docid, grade in collection.qrels[name].items() if grade > 0] for name in collection.query_ids
    ]
    wanted = {docid for row in relevant for docid in row}
    name_of = {
        docid: f"document {digest(collection.texts[number])}"
        for number, docid in enumerate(collection.docids)
        if docid in wanted
    }
    kin: dict[str, set[str]] = {}
    if dataset and any(dataset_folder(dataset).glob("corpus-*")):
        for row in load_curated(dataset).document_rows(collection.lang, ["docid", "cluster", "group"]):
            if row["docid"] in wanted:
                kin[row["docid"]] = {f"{kind} {row[kind]}" for kind in ("cluster", "group") if row[kind]}
    return [frozenset().union(*({name_of[docid]} | kin.get(docid, set()) for docid in row)) for row in relevant]
