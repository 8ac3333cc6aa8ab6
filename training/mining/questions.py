"""The questions of one language and split beside the documents that may be searched for them: those of that split.

    for group in read_groups(dataset, languages=(), splits=("train",)): ...

Documents are known by their number in the order of the corpus file; their texts stay on disk until they are streamed.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from data.dataset import CuratedDataset, open_parquet
from data.errors import InputError
from data.text import document_text

DOCUMENTS_AT_A_TIME = 32


@dataclass(frozen=True)
class Text:
    """A document as models read it: title, newline, text."""

    number: int
    text: str
    title_characters: int  # that stand before the document's own text


@dataclass(frozen=True)
class QuestionGroup:
    """Questions of one language and split, in the order of their table, and the documents of that split."""

    dataset: CuratedDataset
    lang: str
    split: str
    pairs: pa.Table  # records.PAIR
    docids: list[str]
    kin: list[frozenset[str]]  # cluster and translation group of each document
    positives: list[list[int]]  # document numbers for each question
    number_of: dict[str, int] = field(repr=False)

    @property
    def name(self) -> str:
        """Language and split, as messages say it."""
        return f"{self.lang} {self.split}"

    @property
    def queries(self) -> list[str]:
        """The text of each question."""
        queries: list[str] = self.pairs["query"].to_pylist()
        return queries

    @property
    def query_ids(self) -> list[str]:
        """The id of each question."""
        ids: list[str] = self.pairs["query_id"].to_pylist()
        return ids

    @property
    def evidence(self) -> list[tuple[int, int] | None]:
        """The offsets of each question's passage in the text of its first positive, None where they are not known."""
        spans = zip(self.pairs["evidence_start"].to_pylist(), self.pairs["evidence_end"].to_pylist(), strict=True)
        return [None if start is None or end is None else (start, end) for start, end in spans]

    def texts(self, wanted: Collection[int] | None = None) -> Iterator[Text]:
        """Yield the documents, or only those `wanted`, in the order of their numbers, a few in memory at a time."""
        number = 0
        file = self.dataset.path / f"corpus-{self.lang}" / "corpus.parquet"
        with open_parquet(file) as corpus:
            for batch in corpus.iter_batches(batch_size=DOCUMENTS_AT_A_TIME, columns=["title", "text", "split"]):
                for row in batch.to_pylist():
                    if row["split"] != self.split:
                        continue
                    if wanted is None or number in wanted:
                        text = document_text(row["title"], row["text"])
                        yield Text(number, text, len(text) - len(row["text"]))
                    number += 1


def read_groups(dataset: CuratedDataset, languages: Sequence[str], splits: Sequence[str]) -> list[QuestionGroup]:
    """Return the groups that have questions, languages sorted, splits as given.

    Raises `InputError` for a language that the data set lacks, for no question at all, and for a question without a
    positive or whose positive is not a document of its split.
    """
    missing = sorted(set(languages) - set(dataset.languages))
    if missing:
        raise InputError(f"{dataset.path} has no {' '.join(missing)}; it has: {' '.join(dataset.languages)}")
    chosen = [lang for lang in dataset.languages if not languages or lang in languages]
    groups = [_read_group(dataset, lang, split) for lang in chosen for split in dict.fromkeys(splits)]
    found = [group for group in groups if group is not None]
    if not found:
        raise InputError(
            f"{dataset.path} has no questions in {' '.join(chosen)}, split {' '.join(splits)}; give other --splits or"
            " --languages, or curate more documents"
        )
    return found


def _read_group(dataset: CuratedDataset, lang: str, split: str) -> QuestionGroup | None:
    pairs = dataset.pairs(lang, split)
    if not len(pairs):
        return None
    corpus = dataset.corpus(lang, ["docid", "cluster", "group", "split"])
    rows = [row for row in corpus.to_pylist() if row["split"] == split]
    docids = [row["docid"] for row in rows]
    number_of = {docid: number for number, docid in enumerate(docids)}
    positives = []
    for query_id, ids in zip(pairs["query_id"].to_pylist(), pairs["positive_ids"].to_pylist(), strict=True):
        if not ids:
            raise InputError(f"question {query_id} ({lang}) has no positive document; correct or remove its row")
        for docid in ids:
            if docid not in number_of:
                raise InputError(
                    f"question {query_id} names document {docid}, which is not in split {split} of corpus-{lang};"
                    " run m3-curate run again"
                )
        positives.append([number_of[docid] for docid in ids])
    kin = [frozenset(f"{name}:{row[name]}" for name in ("cluster", "group") if row[name]) for row in rows]
    return QuestionGroup(dataset, lang, split, pairs, docids, kin, positives, number_of)
