"""Train, dev and test, before any question is asked: near-duplicates and translations of a document stay on its side.

A unit is a set of documents tied together by near-duplication or by a translation group. Units are dealt in a seeded
order to whichever split still lacks documents of their languages, test first, so that small languages get a test split
too.
"""

from collections import Counter

import pyarrow as pa

from curation.clusters import DisjointSets
from curation.config import SplitConfig
from curation.dedup import cluster_documents
from curation.sample import seeded_hash
from data.records import DOCUMENT, REJECT


def split_documents(documents: pa.Table, config: SplitConfig, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return the documents with `cluster` and `split` filled, one of each cluster, and the other near-duplicates as
    rejects.

    Of a cluster the longest document stays.
    """
    clusters = cluster_documents(documents["text"], config.jaccard)
    ids, tokens, groups = (documents[name].to_pylist() for name in ("docid", "tokens", "group"))
    kept, rejects = [], []
    cluster_of: dict[int, str] = {}
    units = DisjointSets(len(ids))
    units.unite_equal(groups)
    for members in clusters.members().values():
        best = min(members, key=lambda number: (-tokens[number], ids[number]))
        kept.append(best)
        for number in members:
            cluster_of[number] = ids[best]
            units.unite(best, number)  # the translations of a near-duplicate stay on its side as well
            if number != best:
                rejects.append({"place": ids[number], "reason": "near_duplicate", "detail": f"of {ids[best]}"})
    kept.sort()
    chosen = documents.take(pa.array(kept, pa.int64()))
    splits = _deal(chosen, [units.find(number) for number in kept], config, seed)
    chosen = chosen.set_column(
        chosen.schema.get_field_index("cluster"),
        DOCUMENT.field("cluster"),
        pa.array([cluster_of[n] for n in kept], pa.string()),
    )
    chosen = chosen.set_column(
        chosen.schema.get_field_index("split"), DOCUMENT.field("split"), pa.array(splits, pa.string())
    )
    return chosen, pa.Table.from_pylist(rejects, schema=REJECT)


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
