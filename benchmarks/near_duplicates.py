"""Near-duplicates and contained documents: recall, precision and speed, ours beside datasketch's and datatrove's.

    python -m venv peer-env
    peer-env/bin/pip install -c constraints.txt numpy pyarrow regex tqdm zstandard
    peer-env/bin/pip install datasketch datatrove "xxhash<4" tokenizers spacy pythainlp jieba kiwipiepy==0.20.4 \
        kiwipiepy_model==0.20.0 indic-nlp-library sudachipy sudachidict_core
    PYTHONPATH=. peer-env/bin/python benchmarks/near_duplicates.py LANG.jsonl.gz...

In: JSON lines with text and lang. To every document one variant is planted, in turn: 2, 5, 10, 15 or 20 % of it edited,
scattered (single words, or characters where the script knows no spaces) or in one block, or a part of 20, 35, 50, 65,
80 or 90 % of it. Whether a planted pair is a near-duplicate (Jaccard similarity of the character n-grams at least 0.8)
or contained (at least 0.9 of the smaller one's stand in the larger) is found by comparing it exactly.

Out, as Markdown: recall of those pairs (found if the tool joins the two), by language too; how many of the pairs
that each tool reports are neither; and documents per second of processor time. All tools get the same documents in one
process, one after the other, `--rounds` times; the best round counts.
"""

import argparse
import gzip
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import near_duplicates_peers as peers
import pyarrow as pa

from curation.clusters import DisjointSets
from curation.near_duplicates import find_near_duplicates
from curation.sketches import Likeness, compare, sketch_documents
from data.shingles import shingles

JACCARD, CONTAINMENT = 0.8, 0.9
VARIANTS = [
    *((kind, share) for kind in ("scattered", "block") for share in (2, 5, 10, 15, 20)),
    *(("part", share) for share in (20, 35, 50, 65, 80, 90)),
]
UNSPACED = ("ja", "th", "zh")


@dataclass(frozen=True)
class Planted:
    """A planted pair, by the places of its documents."""

    original: int
    copy: int
    lang: str
    variant: tuple[str, int]


def vary(text: str, variant: tuple[str, int], lang: str, foreign: str, chance: random.Random) -> str:
    """Return a variant of `text`; what replaces parts of it is taken from `foreign`."""
    kind, percent = variant
    joint = "" if lang in UNSPACED else " "
    parts, others = (list(text), list(foreign)) if lang in UNSPACED else (text.split(), foreign.split())
    count = max(1, len(parts) * percent // 100)
    if kind == "part":
        start = chance.randrange(len(parts) - count + 1)
        return joint.join(parts[start : start + count])
    if kind == "block":
        start = chance.randrange(len(parts) - count + 1)
        parts[start : start + count] = (others * (1 + count // len(others)))[:count]
    else:
        for place in chance.sample(range(len(parts)), count):
            parts[place] = chance.choice(others)
    return joint.join(parts)


def plant(files: list[Path], per_language: int) -> tuple[list[str], list[str], list[Planted]]:
    """Return texts, their languages, and the pairs planted among them, in an order by chance."""
    by_lang: dict[str, list[str]] = defaultdict(list)
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                by_lang[row["lang"]].append(row["text"])
    rows: list[tuple[str, str, int, tuple[str, int] | None]] = []
    for lang, found in sorted(by_lang.items()):
        chosen = found[:per_language]
        for number, text in enumerate(chosen):
            variant, chance = VARIANTS[number % len(VARIANTS)], random.Random(f"{lang} {number}")
            rows.append((text, lang, number, None))
            rows.append((vary(text, variant, lang, chosen[number - 1], chance), lang, number, variant))
    random.Random(0).shuffle(rows)
    place = {(lang, number): at for at, (_, lang, number, variant) in enumerate(rows) if variant is None}
    planted = [Planted(place[lang, n], at, lang, variant) for at, (_, lang, n, variant) in enumerate(rows) if variant]
    return [row[0] for row in rows], [row[1] for row in rows], planted


def ours(texts: list[str]) -> tuple[peers.Pairs, DisjointSets]:
    """Return each dropped document with the kept one for which it is dropped, and the clusters."""
    column = pa.chunked_array([pa.array(texts, pa.large_string())])
    sketches = sketch_documents(column)
    found = find_near_duplicates(column, sketches, range(len(texts)), JACCARD, CONTAINMENT)
    return {(min(number, why.of), max(number, why.of)) for number, why in found.dropped.items()}, found.clusters


def make_tools(texts: list[str], langs: list[str]) -> dict[str, Callable[[], Any]]:
    """Return the tools by the names they have in the table; each returns pairs, ours also clusters."""
    return {
        "ours": lambda: ours(texts),
        "datasketch, the same n-grams": lambda: peers.datasketch_lsh(texts, peers.character_grams, JACCARD),
        "the same, 25 bands of 5": lambda: peers.datasketch_lsh(texts, peers.character_grams, JACCARD, (25, 5)),
        "datasketch, words between spaces": lambda: peers.datasketch_lsh(texts, peers.words, JACCARD),
        "datasketch, LSH Ensemble": lambda: peers.datasketch_ensemble(texts, peers.character_grams, CONTAINMENT),
        "datatrove": lambda: peers.datatrove_minhash(texts, langs),
    }


def is_alike(likeness: Likeness) -> bool:
    """Return whether two documents are near-duplicates, or one stands in the other."""
    return likeness.jaccard >= JACCARD or max(likeness.contained, likeness.containing) >= CONTAINMENT


def join(pairs: peers.Pairs, size: int) -> DisjointSets:
    """Return what belongs together by a tool's pairs; of three that are alike it need not report all three pairs."""
    sets = DisjointSets(size)
    for pair in pairs:
        sets.unite(*pair)
    return sets


def print_row(*cells: str) -> None:
    """Print a row of a Markdown table."""
    print(f"| {' | '.join(cells)} |")


def main() -> None:
    """Plant, run every tool, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--per-language", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], help="names of tools, as they stand in the table")
    options = parser.parse_args()
    texts, langs, planted = plant(options.files, options.per_language)
    sets = lru_cache(maxsize=None)(lambda number: shingles(texts[number]))
    exact = lru_cache(maxsize=None)(lambda left, right: compare(sets(left), sets(right)))
    tools = {n: tool for n, tool in make_tools(texts, langs).items() if not options.only or n in options.only}
    shingles("")  # makes its table
    seconds: dict[str, tuple[float, float]] = {}
    pairs: dict[str, peers.Pairs] = {}
    joined: dict[str, DisjointSets] = {}
    for _ in range(options.rounds):
        for name, tool in tools.items():
            wall, processor = time.perf_counter(), time.process_time()
            found = tool()
            spent = (time.process_time() - processor, time.perf_counter() - wall)
            pairs[name], joined[name] = found if name == "ours" else (found, join(found, len(texts)))
            seconds[name] = min(spent, seconds.get(name, spent))
    near = [p for p in planted if exact(p.copy, p.original).jaccard >= JACCARD]
    parts = [p for p in planted if p not in near and is_alike(exact(p.copy, p.original))]
    counts = f"{len(near):,} near-duplicates, {len(parts):,} contained"
    print(f"{len(texts):,} documents, {len(planted):,} planted variants: {counts}\n")

    def recall(name: str, wanted: list[Planted]) -> str:
        found = sum(joined[name].find(p.original) == joined[name].find(p.copy) for p in wanted)
        return f"{found / len(wanted):.3f}" if wanted else "-"

    first = seconds[next(iter(tools))][0]
    columns = ("tool", "near-duplicates found", "contained found", "pairs reported", "of them neither")
    print_row(*columns, "documents/s of CPU", "CPU, ours = 1", "wall s")
    print_row(*["---"] * 8)
    for name in tools:
        wrong = sum(not is_alike(exact(*pair)) for pair in pairs[name])
        found = (recall(name, near), recall(name, parts), f"{len(pairs[name]):,}", f"{wrong:,}")
        processor, wall = seconds[name]
        print_row(name, *found, f"{len(texts) / processor:,.0f}", f"{processor / first:.1f}", f"{wall:.1f}")
    for title, group in (("language", lambda p: p.lang), ("variant", lambda p: "{} {} %".format(*p.variant))):
        print()
        print_row(title, "near-duplicates, contained", *(f"{name}: near, contained" for name in tools))
        print_row(*["---"] * (2 + len(tools)))
        for value in dict.fromkeys(map(group, sorted(planted, key=lambda p: (p.lang, VARIANTS.index(p.variant))))):
            of_near, of_parts = ([p for p in some if group(p) == value] for some in (near, parts))
            cells = [f"{recall(name, of_near)}, {recall(name, of_parts)}" for name in tools]
            print_row(value, f"{len(of_near)}, {len(of_parts)}", *cells)


if __name__ == "__main__":
    main()
