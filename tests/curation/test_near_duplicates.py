import pytest
from dedup_toy import ALPHABETS, change, chunked, letters_of

from curation import near_duplicates, sketches
from curation.clusters import DisjointSets
from curation.near_duplicates import find_near_duplicates
from curation.sketches import sketch_documents
from data.atlas import LANGUAGES, make_document, make_documents
from data.shingles import jaccard, shingles


def find(texts, threshold=0.8, containment=0.9):
    column = chunked(texts)
    return find_near_duplicates(column, sketch_documents(column), range(len(texts)), threshold, containment)


def dropped(texts, **options):
    return {number: (why.reason, why.of) for number, why in find(texts, **options).dropped.items()}


def clusters_of(texts, threshold=0.8):
    return list(find(texts, threshold).clusters.members().values())


@pytest.fixture
def comparisons(monkeypatch):
    """Count exact comparisons in a list."""
    made, compare = [], sketches.compare

    def counting(left, right):
        made.append(1)
        return compare(left, right)

    monkeypatch.setattr(sketches, "compare", counting)
    return made


def test_disjoint_sets():
    sets = DisjointSets(6)
    sets.unite(4, 2)
    sets.unite(2, 5)
    sets.unite_equal(["a", None, None, "a", None, None])
    assert sets.members() == {0: [0, 3], 1: [1], 2: [2, 4, 5]}
    assert sets.find(5) == 2


@pytest.mark.parametrize("lang", ["ar", "de", "en", "hi", "ja", "ko", "ru", "th", "zh"])
def test_near_duplicates_are_found_and_templated_documents_are_not_merged(lang):
    texts = [document.text for document in make_documents(lang, range(8), 0, (500, 1500))]
    copies = [change(text, 0.03, seed) for seed, text in enumerate(texts[:4])]
    for text, copy in zip(texts, copies, strict=False):
        assert 0.8 < jaccard(shingles(text), shingles(copy)) < 1.0
    assert clusters_of(texts + copies) == [[0, 8], [1, 9], [2, 10], [3, 11], [4], [5], [6], [7]]


def test_nothing_is_lost_that_exact_comparison_finds():
    base = make_document("en", 3, 0, 900).text
    texts = [change(base, share / 100, share) for share in range(1, 15)] + [make_document("en", 4, 0, 900).text]
    hashes = [shingles(text) for text in texts]
    pairs = {(i, j) for i in range(len(texts)) for j in range(i) if jaccard(hashes[i], hashes[j]) >= 0.8}
    sets = DisjointSets(len(texts))
    for pair in pairs:
        sets.unite(*pair)
    assert 2 < max(map(len, sets.members().values())) < len(texts)  # neither all nothing nor all one
    found = find(texts)
    assert list(found.clusters.members().values()) == list(sets.members().values())
    kept = set(range(len(texts))) - set(found.dropped)
    assert len(kept) > 1 and all(i not in kept or j not in kept for i, j in pairs)
    for number, why in found.dropped.items():
        assert why.of in kept and why.share == jaccard(hashes[number], hashes[why.of]) >= 0.8


def test_the_threshold_decides():
    text = make_document("en", 0, 0, 600).text
    texts = [text, change(text, 0.04)]
    similarity = jaccard(*(shingles(text) for text in texts))
    assert 0.75 < similarity < 0.95
    assert not dropped(texts, threshold=similarity + 0.001, containment=1)
    assert len(dropped(texts, threshold=similarity, containment=1)) == 1


def test_documents_that_differ_in_layout_alone_are_one():
    text = make_document("fr", 0, 0, 400).text
    assert clusters_of([text, text.upper().replace("\n\n", " — ")]) == [[0, 1]]


def test_texts_without_letters_resemble_nothing():
    assert clusters_of(["", "!!!", "..."]) == [[0], [1], [2]]


def test_short_texts_are_compared_too():
    assert dropped(["abc", "ABC.", "abd"]) == {1: ("near_duplicate", 0)}


def test_the_same_place_in_two_languages_is_no_near_duplicate():
    assert len(clusters_of([make_document(lang, 1, 0, 500).text for lang in LANGUAGES])) == len(LANGUAGES)


@pytest.mark.parametrize("script", ALPHABETS)
def test_a_small_document_is_found_in_a_large_one(script):
    hosts = [letters_of(script, 20_000, seed) for seed in range(3)]
    parts = [host[7000 : 7000 + size] for host, size in zip(hosts, (400, 2000, 12_000), strict=True)]
    others = [letters_of(script, 400, "other"), hosts[0][300:500] + letters_of(script, 200, "half")]
    found = find(hosts + parts + others)
    assert {n: (why.reason, why.of, why.share) for n, why in found.dropped.items()} == {
        3: ("contained", 0, 1.0),
        4: ("contained", 1, 1.0),
        5: ("contained", 2, 1.0),
    }
    assert found.clusters.members() == {0: [0, 3], 1: [1, 4], 2: [2, 5], 6: [6], 7: [7]}


def test_a_part_in_another_script_than_its_host_is_found():
    """Han n-grams are shorter, whatever is the larger part of the document around them."""
    part = letters_of("han", 300, 1)
    texts = [letters_of("latin", 9000, 1) + part + letters_of("latin", 9000, 2), part]
    assert dropped(texts) == {1: ("contained", 0)}


def test_the_share_that_is_contained_decides():
    host = letters_of("latin", 5000, 1)
    part = host[1000:1900] + letters_of("latin", 104, 2)  # 896 of 1000 n-grams stand in the host
    assert dropped([host, part], containment=0.89) == {1: ("contained", 0)}
    assert not dropped([host, part], containment=0.9)


def test_a_document_in_two_others_ties_them_not():
    part = letters_of("latin", 400, 1)
    found = find([part + letters_of("latin", 5000, 2), part + letters_of("latin", 5000, 3), part])
    assert list(found.dropped) == [2]
    assert sorted(map(len, found.clusters.members().values())) == [1, 2]


def test_a_near_duplicate_of_a_dropped_document_is_kept_and_tied():
    base = letters_of("latin", 1000, 1)
    second = base[:910] + letters_of("latin", 85, 2)
    third = letters_of("latin", 85, 3) + second[90:]
    similarities = [jaccard(shingles(a), shingles(b)) for a, b in ((base, second), (second, third), (base, third))]
    assert similarities[0] > 0.8 and similarities[1] > 0.8 and similarities[2] < 0.75
    found = find([base, second, third])
    assert {number: why.of for number, why in found.dropped.items()} == {1: 0}
    assert found.clusters.members() == {0: [0, 1, 2]}


@pytest.mark.parametrize("script", ["latin", "han"])
def test_boilerplate_chains_nothing(script, comparisons):
    """85 % of every document is the same: no two are near-duplicates, and not all pairs are compared to see that."""
    common = letters_of(script, 1700, "licence")
    texts = [letters_of(script, 300, seed) + common for seed in range(150)]
    assert not find(texts).dropped
    assert len(clusters_of(texts)) == 150
    assert len(comparisons) <= 2 * 150 * near_duplicates.MISSES < 150 * 149


def test_copies_are_compared_with_the_one_that_is_kept(comparisons):
    text = letters_of("latin", 1500, 1)
    texts = [text] * 400 + [f"{text} {letters_of('latin', 12, seed)}" for seed in range(400)]
    found = find(texts)
    assert len(found.dropped) == 799 and len(found.clusters.members()) == 1
    assert len(comparisons) == 799
    assert len({why.of for why in found.dropped.values()}) == 1


def test_the_preferred_of_equal_documents_is_kept():
    column = chunked([letters_of("latin", 500, 1)] * 3)
    found = find_near_duplicates(column, sketch_documents(column), [1, 2, 0], 0.8, 0.9)
    assert {number: why.of for number, why in found.dropped.items()} == {0: 1, 2: 1}
