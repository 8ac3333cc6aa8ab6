"""What belongs together among a collection's questions: those about one document, its near-copies and translations."""

from pathlib import Path

from data.dataset import dataset_folder, load_curated
from training.collections.collection import JudgedCollection


def question_families(dataset: Path | None, collection: JudgedCollection) -> list[frozenset[str]]:
    """Return the family of each question: its relevant documents, and in a curated `dataset` their clusters and groups.

    Families of two questions share something when what is learned from one question tells something of the other.
    """
    relevant = [
        [docid for docid, grade in collection.qrels[name].items() if grade > 0] for name in collection.query_ids
    ]
    kin: dict[str, set[str]] = {}
    if dataset and any(dataset_folder(dataset).glob("corpus-*")):
        wanted = {docid for row in relevant for docid in row}
        for row in load_curated(dataset).document_rows(collection.lang, ["docid", "cluster", "group"]):
            if row["docid"] in wanted:
                kin[row["docid"]] = {f"{kind} {row[kind]}" for kind in ("cluster", "group") if row[kind]}
    own = [{f"document {collection.lang} {docid}" for docid in row} for row in relevant]
    return [
        frozenset(names.union(*(kin.get(docid, set()) for docid in row)))
        for names, row in zip(own, relevant, strict=True)
    ]
