"""Multi-vector scores of chosen pairs: the dense best of each question, or all documents.

    late = LateInteraction(questions, starts, ("max", "max"), device)
    late.score(rows, [vectors])                     # [len(rows)]: questions `rows` with the document of these texts

Token vectors come from the shards that keep them; of other documents they are computed again.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from data.files import atomic_path
from training.scores import max_similarity
from training.searching.encoder import Questions, TextEncoder
from training.searching.pair_log import PairLog
from training.searching.shards import SHARD_TOKENS, Combine, Units, combine_groups, load_shard, text_vectors

Document = tuple[int, list[Tensor]]  # its number, the token vectors [L, d] of each of its texts
UnitsOf = Callable[[Sequence[int]], Iterator[Units]]  # documents by their numbers


class LateInteraction:
    """The token vectors of all questions, ready to be scored against one document after the other."""

    def __init__(
        self, questions: Questions, starts: np.ndarray, combine: tuple[Combine, Combine], device: torch.device
    ) -> None:
        """Take N texts of Q questions; those of a question stand together, from its place in `starts` [Q] on.

        `combine` says which score counts of a question's texts, and of a document's.
        """
        vectors = [own[1:] for own in questions.multi_vector]  # without CLS
        self.tokens = torch.from_numpy(np.concatenate(vectors)).float().to(device)  # [T, d]
        self.of_question, self.of_document = combine
        self._sizes = np.array([len(own) for own in vectors])  # [N]
        self._first = np.cumsum(self._sizes) - self._sizes  # [N] first token of each text
        self._bounds = np.append(starts, len(vectors))  # [Q + 1]

    def score(self, rows: Sequence[int], texts: Sequence[Tensor]) -> np.ndarray:
        """Return the scores [len(rows)] of the questions `rows` with a document of one or several texts."""
        variants = np.concatenate([np.arange(self._bounds[row], self._bounds[row + 1]) for row in rows])  # [V]
        sizes = self._sizes[variants]
        ends = np.cumsum(sizes)
        tokens = self.tokens  # [N, d]
        if not np.array_equal(variants, np.arange(len(self._sizes))):
            places = np.repeat(self._first[variants] - (ends - sizes), sizes) + np.arange(ends[-1])  # [N]
            tokens = tokens[torch.from_numpy(places).to(tokens.device)]
        owner = torch.from_numpy(np.repeat(np.arange(len(variants)), sizes)).to(tokens.device)  # [N]
        by_text = []
        for vectors in texts:
            summed = tokens.new_zeros(len(variants))  # [V]
            if len(vectors) and len(tokens):
                summed = summed.index_add(0, owner, max_similarity(tokens, vectors))
            by_text.append(summed.cpu().numpy() / sizes.clip(min=1))
        scores = np.stack(by_text)  # [texts, V]
        scores = scores.max(axis=0) if self.of_document == "max" else scores.mean(axis=0)  # [V]
        own = np.diff(self._bounds)[list(rows)]  # [rows] texts of each question
        return combine_groups(scores[None], np.cumsum(own) - own, self.of_question, axis=1)[0]


def score_nearest(
    late: LateInteraction, pairs: Sequence[np.ndarray], documents: "DocumentVectors", log: PairLog, title: str
) -> list[np.ndarray]:
    """Return the multi-vector scores of each question with its documents `pairs` [Q] of [n]; `log` keeps them."""
    rows = np.repeat(np.arange(len(pairs)), [len(numbers) for numbers in pairs])
    numbers = np.concatenate(pairs) if len(pairs) else np.empty(0, dtype=np.int32)
    missing = log.missing(rows, numbers)  # [m, 2] by document
    asked: dict[int, list[int]] = {}
    for row, number in missing.tolist():
        asked.setdefault(number, []).append(row)
    done = len(rows) - len(missing)
    with tqdm(total=len(rows), initial=done, desc=f"{title} multi-vec".strip(), unit=" pairs", leave=False) as bar:
        for number, texts in documents.of(sorted(asked)):
            log.add(asked[number], number, late.score(asked[number], texts))
            bar.update(len(asked[number]))
    log.reload()
    return [log.scores(np.full(len(own), row), own) for row, own in enumerate(pairs)]


def score_all(
    late: LateInteraction, files: Sequence[Path], documents: "DocumentVectors", key: str, questions: int, title: str
) -> list[Path]:
    """Write the multi-vector scores [questions, documents] of every shard to a file of its own; return the files."""
    written = []
    for file in tqdm(files, desc=f"{title} multi-vec".strip(), unit=" shards", leave=False):
        target = file.with_suffix(f".{key}.npy")
        written.append(target)
        if target.exists():
            continue
        shard = load_shard(file)
        numbers = range(shard.first, shard.first + len(shard.counts))
        columns = np.zeros((questions, len(numbers)), dtype=np.float32)
        for number, texts in documents.of(numbers):
            columns[:, number - shard.first] = late.score(range(questions), texts)
        with atomic_path(target) as temporary, temporary.open("wb") as stream:
            np.save(stream, columns)
    return written


class DocumentVectors:
    """Token vectors of documents by number: read from the shards that keep them, computed again for the others."""

    def __init__(self, encoder: TextEncoder, files: Sequence[Path], units_of: UnitsOf) -> None:
        """Read from the shards `files`; `units_of` gives the texts of documents that have to be encoded again."""
        self.encoder, self.files, self.units_of = encoder, files, units_of
        self._firsts = np.array([int(file.stem) for file in files])

    def of(self, numbers: Sequence[int]) -> Iterator[Document]:
        """Yield the documents `numbers` (rising) with their vectors on the encoder's device, in any order."""
        again: list[int] = []
        ends = np.searchsorted(numbers, [*self._firsts[1:], np.iinfo(np.int64).max])  # [shards] in `numbers`
        for place, (start, end) in enumerate(itertools.pairwise([0, *ends.tolist()])):
            if start == end:
                continue
            shard = load_shard(self.files[place])
            if shard.vectors is None:
                again += numbers[start:end]
                continue
            for number in numbers[start:end]:
                first = shard.starts[number - shard.first]
                texts = range(first, first + shard.counts[number - shard.first])
                yield number, [self._read(shard.vectors, shard.vector_ends, text) for text in texts]
        yield from self._encode(again)

    def _read(self, vectors: np.ndarray, ends: np.ndarray, text: int) -> Tensor:
        own = vectors[ends[text - 1] if text else 0 : ends[text]]
        return torch.from_numpy(np.array(own)).to(self.encoder.device).float()

    def _encode(self, numbers: Sequence[int]) -> Iterator[Document]:
        """Encode documents, about as many at a time as a shard holds, so that texts of like length go together."""
        part: list[tuple[int, Units]] = []
        tokens = 0
        for number, units in zip(numbers, self.units_of(numbers), strict=True):
            part.append((number, units))
            tokens += sum(map(len, units.ids))
            if tokens >= SHARD_TOKENS:
                yield from self._encode_part(part)
                part, tokens = [], 0
        if part:
            yield from self._encode_part(part)

    def _encode_part(self, part: Sequence[tuple[int, Units]]) -> Iterator[Document]:
        ids = [text for _, units in part for text in units.ids]
        owners = np.repeat(np.arange(len(part)), [len(units.ids) for _, units in part])
        found: dict[int, list[Tensor]] = {}
        for rows, representations in self.encoder.encode(ids, mcls=self.encoder.limits.mcls):
            for row, vectors in zip(rows, text_vectors(representations), strict=True):
                number, units = part[owners[row]]
                texts = found.setdefault(number, [])
                texts.append(vectors)
                if len(texts) == len(units.ids):
                    yield number, found.pop(number)
