"""datasketch and datatrove on the documents of `benchmarks/near_duplicates.py`: each returns the pairs that it reports.

datatrove splits words by the tokenizer that it assigns to each language , and runs with
its own defaults: 5 words, 14 buckets of 8 hashes. Its stages are called one after the other in this process.
"""

import struct
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from datasketch import MinHash, MinHashLSH, MinHashLSHEnsemble
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupSignature,
)

from data.text import letters

Pairs = set[tuple[int, int]]
PERMUTATIONS = 128
# The languages' names in datatrove.
_NAMES = {
    "ar": "ara_Arab", "de": "deu_Latn", "en": "eng_Latn", "es": "spa_Latn", "fr": "fra_Latn", "hi": "hin_Deva",
    "it": "ita_Latn", "ja": "jpn_Jpan", "ko": "kor_Hang", "pt": "por_Latn", "ru": "rus_Cyrl", "th": "tha_Thai",
    "zh": "zho_Hani",
}  # fmt: skip


def character_grams(text: str) -> set[bytes]:
    """Return the n-grams that ours compares, cut in plain Python: 3 characters from Han and kana on, else 5."""
    plain = letters(text)
    sizes = [3 if "\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff" else 5 for character in plain]
    return {plain[at : at + size].encode() for at, size in enumerate(sizes) if at + size <= len(plain)}


def words(text: str) -> set[bytes]:
    """Return the words between spaces, as in datasketch's examples."""
    return {word.encode() for word in text.split()}


def datasketch_lsh(
    texts: Sequence[str], parts: Callable[[str], set[bytes]], threshold: float, bands: tuple[int, int] | None = None
) -> Pairs:
    """Return the pairs that MinHashLSH proposes; `bands` overrides its own choice for the threshold."""
    lsh = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, params=bands)
    pairs: Pairs = set()
    for number, sketch in enumerate(_sketches(texts, parts)):
        pairs.update((other, number) for other in lsh.query(sketch))
        lsh.insert(number, sketch)
    return pairs


def datasketch_ensemble(texts: Sequence[str], parts: Callable[[str], set[bytes]], containment: float) -> Pairs:
    """Return the pairs of which MinHashLSHEnsemble, datasketch's index for containment, says that one holds the
    other.
    """
    sets = [parts(text) for text in texts]
    sketches = [_sketch(found) for found in sets]
    ensemble = MinHashLSHEnsemble(threshold=containment, num_perm=PERMUTATIONS, num_part=16)
    ensemble.index([(n, sketch, len(found)) for n, (sketch, found) in enumerate(zip(sketches, sets, strict=True))])
    return {
        (min(number, other), max(number, other))
        for number, (sketch, found) in enumerate(zip(sketches, sets, strict=True))
        for other in ensemble.query(sketch, len(found))
        if other != number
    }


def _sketches(texts: Sequence[str], parts: Callable[[str], set[bytes]]) -> Iterable[MinHash]:
    return (_sketch(parts(text)) for text in texts)


def _sketch(parts: set[bytes]) -> MinHash:
    sketch = MinHash(num_perm=PERMUTATIONS)
    sketch.update_batch(list(parts))
    return sketch


def datatrove_minhash(texts: Sequence[str], langs: Sequence[str]) -> Pairs:
    """Return the pairs that stand in one cluster of datatrove's, each with the next of its cluster, by language."""
    pairs: Pairs = set()
    for lang in sorted(set(langs)):
        numbers = [number for number, other in enumerate(langs) if other == lang]
        with tempfile.TemporaryDirectory() as folder:
            clusters = _datatrove_clusters([texts[number] for number in numbers], _NAMES[lang], Path(folder))
        for members in clusters:
            found = [numbers[member] for member in members]
            pairs.update(pairwise(found))
    return pairs


def _datatrove_clusters(texts: Sequence[str], language: str, folder: Path) -> list[list[int]]:
    config = MinhashConfig()
    documents = (Document(text=text, id=str(number)) for number, text in enumerate(texts))
    MinhashDedupSignature(str(folder / "sigs"), config, language=language).run(documents)
    for bucket in range(config.num_buckets):
        step = MinhashDedupBuckets(str(folder / "sigs"), str(folder / "dups"), config=config)
        step.run(None, bucket, config.num_buckets)
    MinhashDedupCluster(str(folder / "dups"), str(folder / "ids"), config, save_cluster_id=True).run()
    members: dict[int, list[int]] = defaultdict(list)
    for file in (folder / "ids").glob("*.clusters"):
        for document, cluster in struct.iter_unpack("<II", file.read_bytes()):
            members[cluster].append(document)
    return [sorted(found) for found in members.values()]
