"""Train, dev and test, before any question is asked: near-duplicates and translations of a document stay on its side.

A unit is a set of documents tied together by near-duplication, containment or a translation group. Units are dealt in a
seeded order to whichever split still lacks documents of their languages, test first, so that small languages get a test
split too.
"""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from curation.benchmark_texts import read_benchmark
from curation.clusters import DisjointSets
from curation.config import SplitConfig
from curation.decontaminate import find_in_benchmark
from curation.near_duplicates import find_near_duplicates
from curation.sample import seeded_hash
from curation.sketches import sketch_documents
from data.errors import InputError
from data.records import DOCUMENT, REJECT

_PREPOSITION = {"near_duplicate": "of", "contained": "in"}


def split_documents(documents: pa.Table, config: SplitConfig, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return the documents with `cluster` and `split` filled, without near-duplicates, and as rejects those that
    resemble a larger document, stand in one, or stand in a benchmark.

    A cluster is named by the longest document that is kept of it. Raises `InputError` when the benchmarks leave none.
    """
    texts = documents["text"]
    ids, tokens, groups = (documents[name].to_pylist() for name in ("docid", "tokens", "group"))
    sketches = sketch_documents(texts)
    order = sorted(range(len(ids)), key=lambda number: (-tokens[number], ids[number]))
    found = find_near_duplicates(texts, sketches, order, config.jaccard, config.containment)
    rejects = [
        {"place": ids[number], "reason": why.reason, "detail": f"{_PREPOSITION[why.reason]} {ids[why.of]}"}
        for number, why in sorted(found.dropped.items())
    ]
    kept = [number for number in range(len(ids)) if number not in found.dropped]
    if config.decontaminate:
        rows = read_benchmark(config.decontaminate, "document")
        places = find_in_benchmark(texts, sketches, kept, rows, config.jaccard, config.containment)
        rejects += [{"place": ids[n], "reason": "in_benchmark", "detail": places[n]} for n in sorted(places)]
        kept = [number for number in kept if number not in places]
        if places and not kept:
            raise InputError(
                f"all documents stand in the benchmarks (--decontaminate), the first in {next(iter(places.values()))}: "
                "give other documents, or leave that benchmark out"
            )
    clusters = [found.clusters.find(number) for number in range(len(ids))]
    units = DisjointSets(len(ids))
    units.unite_equal(groups)
    units.unite_equal(clusters)
    chosen = documents.take(pa.array(kept, pa.int64()))
    splits = _deal(chosen, [units.find(number) for number in kept], config, seed)
    rank = {number: place for place, number in enumerate(order)}
    names = {clusters[number]: ids[number] for number in sorted(kept, key=lambda number: -rank[number])}
    chosen = _filled(chosen, "cluster", [names[clusters[number]] for number in kept])
    return _filled(chosen, "split", splits), pa.Table.from_pylist(rejects, schema=REJECT)


def _filled(documents: pa.Table, name: str, values: Sequence[str]) -> pa.Table:
    field = DOCUMENT.field(name)
    return documents.set_column(documents.schema.get_field_index(name), field, pa.array(values, field.type))


def _deal(documents: pa.Table, units: list[int], config: SplitConfig, seed: int) -> list[str]:
    """Return the split of each document; `units` names the unit of each."""
    langs, ids = documents["lang"].to_pylist(), documents["docid"].to_pylist()
    members: dict[int, list[int]] = {}
    for number, unit in enumerate(units):
        members.setdefault(unit, []).append(number)
    order = sorted(members.values(), key=lambda numbers: seeded_hash(seed, min(ids[number] for number in numbers)))
    present = [Counter(langs[number] for number in numbers) for numbers in order]
    totals = Counter(langs)
    lacking = {
        split: Counter({lang: round_share(share, count) for lang, count in totals.items()})
        for split, share in (("test", config.test_share), ("dev", config.dev_share))
    }
    served: set[tuple[str, str]] = set()  # splits and the languages that have a document there
    dealt: dict[int, str] = {}

    def deal(unit: int, split: str) -> None:
        dealt[unit] = split
        lacking[split].subtract(present[unit])
        served.update((split, lang) for lang in present[unit])

    # First one unit for every language and split: small languages before the large ones use their translations up.
    for lang in sorted(totals, key=lambda lang: (totals[lang], lang)):
        for split, wanted in lacking.items():
            if wanted[lang] > 0 and (split, lang) not in served:
                having = [unit for unit in range(len(order)) if lang in present[unit] and unit not in dealt]
                if having:
                    deal(min(having, key=lambda unit: (present[unit][lang], len(order[unit]))), split)
    for unit, counts in enumerate(present):
        for split, wanted in lacking.items():
            # A unit that holds more than a language still lacks would leave too little to train on.
            fits = all(count <= wanted[lang] + 1 for lang, count in counts.items())
            if unit not in dealt and fits and any(wanted[lang] > 0 for lang in counts):
                deal(unit, split)
    split_of = {number: split for unit, split in dealt.items() for number in order[unit]}
    return [split_of.get(number, "train") for number in range(len(ids))]


def round_share(share: float, count: int) -> int:
    """Return how many of `count` documents a share is: at least one where there are three or more and the share is not
    0.
    """
    return max(round(share * count), 1 if share > 0 and count >= 3 else 0)
