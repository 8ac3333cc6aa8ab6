"""What belongs together among a collection's questions: those about one document, its near-copies and translations."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from data.dataset import dataset_folder, load_curated
from data.files import digest
from training.collections.collection import JudgedCollection


def question_families(dataset: Path | None, collection: JudgedCollection) -> list[frozenset[str]]:
    """Return the family of each question: its document, and in a curated `dataset` that one's cluster and group.

    Families of two questions share something when what is learned from one question tells something of the other. A
    document is known by its text, the same in every language that searches it; no others are read. A question that is
    judged by answers has no such document: it is known by its id, the same in every language (MKQA).
    """
    if collection.answers:
        return [frozenset({f"question {name}"}) for name in collection.query_ids]
    about = [main_document(collection.qrels[name]) for name in collection.query_ids]
    wanted = set(about)
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
    return [frozenset({name_of[docid]} | kin.get(docid, set())) for docid in about]


def main_document(grades: Mapping[str, int]) -> str:
    """Return the relevant document that a question is taken to be about: of the highest grade, then of the first id.

    Were all relevant documents taken, a collection with many of them for each question would be one single family.
    """
    return min(grades, key=lambda docid: (-grades[docid], docid))


def join_families(families: Sequence[frozenset[str]]) -> np.ndarray:
    """Return a number [Q] for each question, from 0; it is the same where families share anything, also over others."""
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for family in families:
        first, *others = sorted(family)
        for other in others:
            leader[lead(other)] = lead(first)
    leaders = [lead(min(family)) for family in families]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(leaders))}
    return np.array([numbers[name] for name in leaders])


def joined_families(dataset: Path | None, collections: Sequence[JudgedCollection]) -> dict[str, list[str]]:
    """Return language -> the family [Q] of each question, by name: the same for questions of whatever language whose
    families share anything, also over others.
    """
    families = {each.lang: question_families(dataset, each) for each in collections}
    flat = [family for row in families.values() for family in row]
    numbers = join_families(flat).tolist()
    names: dict[int, str] = {}
    for number, family in zip(numbers, flat, strict=True):
        names[number] = min(names.get(number, min(family)), *family)
    found = iter(numbers)
    return {lang: [names[next(found)] for _ in row] for lang, row in families.items()}
