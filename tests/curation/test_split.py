import random
from collections import Counter, defaultdict

import pyarrow as pa
import pytest

from curation.config import SplitConfig
from curation.split import round_share, split_documents
from data.atlas import make_documents
from data.records import DOCUMENT, REJECT, conform
from data.shingles import jaccard, shingles


def documents_of(rows):
    return conform(pa.Table.from_pylist(rows, schema=pa.schema([f for f in DOCUMENT if f.name in rows[0]])), DOCUMENT)


def row(docid, lang="en", group=None, text=None, tokens=100):
    text = text or "".join(random.Random(docid).choices("abcdefghijklmnop", k=200))
    return {"docid": docid, "lang": lang, "group": group, "text": text, "tokens": tokens}


def split(rows, seed=0, **options):
    table, rejects = split_documents(documents_of(rows), SplitConfig(**options), seed)
    assert rejects.schema == REJECT
    return table.to_pylist(), rejects.to_pylist()


def by_split(rows):
    counts = defaultdict(Counter)
    for document in rows:
        counts[document["lang"]][document["split"]] += 1
    return counts


def test_shares_are_kept_for_every_language():
    rows = [row(f"{lang}{number}", lang) for lang in ("en", "ko", "th") for number in range(50)]
    for counts in by_split(split(rows, dev_share=0.1, test_share=0.2)[0]).values():
        assert counts == {"train": 35, "dev": 5, "test": 10}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_a_small_language_has_every_split_from_three_documents_on(count):
    for seed in range(5):
        counts = by_split(split([row(f"d{n}") for n in range(count)], seed)[0])["en"]
        expected = {"train": count} if count < 3 else {"train": count - 2, "dev": 1, "test": 1}
        assert counts == expected


@pytest.mark.parametrize("seed", range(8))
def test_a_small_language_told_beside_large_ones_keeps_all_splits(seed):
    rows = [row(f"de{n}", "de", f"g{n}") for n in range(100)] + [row(f"en{n}", "en", f"g{n}") for n in range(50)]
    rows += [row(f"ko{n}", "ko", f"g{n}") for n in range(3)] + [row(f"th{n}", "th", f"g{n + 40}") for n in range(5)]
    counts = by_split(split(rows, seed)[0])
    assert counts["ko"] == {"train": 1, "dev": 1, "test": 1}
    assert all(counts["th"][name] >= 1 for name in ("train", "dev", "test"))
    for lang, total in (("de", 100), ("en", 50)):
        for name in ("dev", "test"):
            assert abs(counts[lang][name] - total / 10) <= 1, (lang, counts)


def test_no_group_stands_on_two_sides():
    rows = [
        {"docid": d.docid, "lang": lang, "group": d.group, "text": d.text, "tokens": 400}
        for lang in ("en", "ja", "ru")
        for d in make_documents(lang, range(12), 0, (300, 400))
    ]
    kept, rejects = split(rows)
    sides = defaultdict(set)
    for document in kept:
        sides[document["group"]].add(document["split"])
    assert not rejects and len(sides) == 12
    assert all(len(side) == 1 for side in sides.values())
    assert all(set(counts) == {"train", "dev", "test"} for counts in by_split(kept).values())


@pytest.mark.parametrize("seed", range(8))
def test_no_near_duplicate_or_its_translation_stands_on_two_sides(seed):
    """A chain: b is a near-duplicate of a, b and c are translations, d is a near-duplicate of c."""
    rows = [row(f"x{n}") for n in range(40)] + [row(f"y{n}", "ko", text="가나다" * 30 + str(n) * 60) for n in range(4)]
    base, other = (random.Random(name).choices("abcdefghijklmnopqrst", k=400) for name in "pq")
    near = ["".join(base[:-4]), "".join(other[:-4])]
    rows += [row("a", text="".join(base), group="g1"), row("b", text=near[0], group="g2")]
    rows += [
        row("c", "fr", text="".join(other), group="g2"),
        row("d", "fr", text=near[1], group="g3"),
        row("e", "it", group="g3"),
    ]
    rows += [row(f"f{n}", lang) for lang in ("fr", "it") for n in range(6)]
    kept, rejects = split(rows, seed, dev_share=0.3, test_share=0.3)
    assert {(reject["place"], reject["detail"]) for reject in rejects if reject["place"] in "abcd"} == {
        ("b", "of a"),
        ("d", "of c"),
    }
    chain = {document["split"] for document in kept if document["docid"] in ("a", "c", "e")}
    assert len(chain) == 1
    hashes = [(shingles(document["text"]), document["split"]) for document in kept]
    for number, (left, side) in enumerate(hashes):
        assert all(side == other or jaccard(left, right) < 0.8 for right, other in hashes[:number])


def test_the_longest_of_a_cluster_stays_and_names_it():
    text = "".join(random.Random(0).choices("abcdefghij", k=500))
    rows = [row("a", text=text[:-3], tokens=110), row("b", text=text, tokens=120), row("c", text=text[:-2], tokens=120)]
    kept, rejects = split(rows)
    assert [(document["docid"], document["cluster"]) for document in kept] == [("b", "b")]
    assert sorted((reject["place"], reject["reason"], reject["detail"]) for reject in rejects) == [
        ("a", "near_duplicate", "of b"),
        ("c", "near_duplicate", "of b"),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_a_document_that_stands_in_another_is_dropped_and_ties_its_translations(seed):
    host = "".join(random.Random("host").choices("abcdefghijklmnop", k=3000))
    rows = [row(f"x{n}") for n in range(12)] + [row(f"f{n}", "fr") for n in range(12)]
    rows += [row("host", text=host, tokens=900), row("part", text=host[500:900], group="g"), row("t", "fr", group="g")]
    kept, rejects = split(rows, seed, dev_share=0.3, test_share=0.3)
    assert rejects == [{"place": "part", "reason": "contained", "detail": "in host"}]
    sides = {document["docid"]: document["split"] for document in kept}
    assert "part" not in sides and sides["host"] == sides["t"]


@pytest.mark.parametrize("seed", range(6))
def test_documents_alike_through_a_dropped_one_are_one_cluster_on_one_side(seed):
    chance = random.Random("chain")
    base, one, other = ("".join(chance.choices("abcdefghijklmnop", k=k)) for k in (1000, 85, 85))
    second = base[:910] + one
    rows = [row("a", text=base, tokens=300), row("b", text=second), row("c", text=other + second[90:])]
    kept, rejects = split([*rows, *(row(f"x{n}") for n in range(12))], seed, dev_share=0.3, test_share=0.3)
    assert [(reject["place"], reject["detail"]) for reject in rejects] == [("b", "of a")]
    chain = [document for document in kept if document["docid"] in "ac"]
    assert [document["cluster"] for document in chain] == ["a", "a"]
    assert len({document["split"] for document in chain}) == 1


def test_the_seed_decides_and_nothing_else():
    rows = [row(f"d{n}") for n in range(60)]
    sides = {seed: {d["docid"]: d["split"] for d in split(rows, seed)[0]} for seed in (1, 2)}
    assert {d["docid"]: d["split"] for d in split(rows[::-1], 1)[0]} == sides[1] != sides[2]


def test_shares_of_nothing():
    assert by_split(split([row(f"d{n}") for n in range(20)], dev_share=0, test_share=0)[0])["en"] == {"train": 20}
    assert [round_share(0.1, count) for count in (0, 2, 3, 14, 16, 100)] == [0, 0, 1, 1, 2, 10]
