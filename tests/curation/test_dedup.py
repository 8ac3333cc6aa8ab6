import random

import pyarrow as pa
import pytest
from curation.dedup import cluster_documents, mark_duplicate_questions

from curation.clusters import DisjointSets
from data.atlas import LANGUAGES, make_document, make_documents
from data.text import jaccard, shingles


def clusters_of(texts, threshold=0.8):
    return list(cluster_documents(pa.chunked_array([pa.array(texts, pa.large_string())]), threshold).members().values())


def change(text, share, seed=0):
    """Return `text` with this share of it, in runs of 20 characters, replaced by characters from elsewhere in it."""
    chance, characters = random.Random(seed), list(text)
    for _ in range(max(1, int(len(text) * share / 20))):
        at, source = (chance.randrange(len(text) - 20) for _ in range(2))
        characters[at : at + 20] = chance.sample(text[source : source + 20], 20)
    return "".join(characters)


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


def test_the_bands_lose_nothing_that_exact_comparison_finds():
    base = make_document("en", 3, 0, 900).text
    texts = [change(base, share / 100, share) for share in range(1, 15)] + [make_document("en", 4, 0, 900).text]
    hashes = [shingles(text) for text in texts]
    pairs = {(i, j) for i in range(len(texts)) for j in range(i) if jaccard(hashes[i], hashes[j]) >= 0.8}
    sets = DisjointSets(len(texts))
    for pair in pairs:
        sets.unite(*pair)
    assert 2 < max(map(len, sets.members().values())) < len(texts)  # neither all nothing nor all one
    assert clusters_of(texts) == list(sets.members().values())


def test_the_threshold_decides():
    text = make_document("en", 0, 0, 600).text
    texts = [text, change(text, 0.04)]
    similarity = jaccard(*(shingles(text) for text in texts))
    assert 0.75 < similarity < 0.95
    assert len(clusters_of(texts, similarity + 0.01)) == 2
    assert len(clusters_of(texts, similarity)) == 1


def test_documents_that_differ_in_layout_alone_are_one():
    text = make_document("fr", 0, 0, 400).text
    assert clusters_of([text, text.upper().replace("\n\n", " — ")]) == [[0, 1]]


def test_texts_without_letters_resemble_nothing():
    assert clusters_of(["", "!!!", "..."]) == [[0], [1], [2]]


def test_the_same_place_in_two_languages_is_no_near_duplicate():
    assert len(clusters_of([make_document(lang, 1, 0, 500).text for lang in LANGUAGES])) == len(LANGUAGES)


def test_of_two_equal_questions_the_training_question_is_given_up():
    questions = pa.table(
        {
            "query_id": ["a", "b", "c", "d", "e", "f"],
            "query": ["Who built it?", "who  BUILT it", "Who built that?", "Who built it?", "Who left?", "who left"],
            "split": ["train", "test", "train", "dev", "train", "train"],
            "reason": pa.array([None, None, None, None, "refusal", None], pa.string()),
        }
    )
    again = "duplicate_question"
    assert mark_duplicate_questions(questions) == [again, None, None, again, "refusal", None]
