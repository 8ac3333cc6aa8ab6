import math

from data.bm25 import Bm25Index


def test_scores_are_those_of_the_formula():
    index = Bm25Index(["a b", "a c c c", "d d d d d d"])
    hits = index.search("c", 10)
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    tf = 3 * 2.2 / (3 + 1.2 * (1 - 0.75 + 0.75 * 4 / 4))  # mean length 4
    assert [number for number, _ in hits] == [1]
    assert abs(hits[0][1] - idf * tf) < 1e-4


def test_rare_words_count_more_and_longer_documents_less():
    index = Bm25Index(["mill river", "mill harbour", "mill mill lake", "river " + "word " * 50])
    assert index.search("harbour mill", 10)[0][0] == 1
    assert [number for number, _ in index.search("river", 10)] == [0, 3]


def test_equal_scores_keep_the_order_of_the_documents():
    assert [number for number, _ in Bm25Index(["x y"] * 5).search("y", 3)] == [0, 1, 2]


def test_limit_and_nothing_found():
    index = Bm25Index(["one two", "two three", ""])
    assert len(index.search("two", 1)) == 1
    assert len(index.search("two", 99)) == 2
    assert index.search("four", 5) == []
    assert index.search("?!", 5) == []
    assert Bm25Index([]).search("one", 5) == []


def test_every_script_is_found():
    texts = {
        "ja": "塔は古い町にある",
        "th": "หอคอยอยู่ในเมืองเก่า",
        "ko": "탑은 오래된 마을에 있다",
        "hi": "मीनार पुराने शहर में है",
    }
    index = Bm25Index(list(texts.values()))
    for number, query in enumerate(("古い町はどこ", "เมืองเก่า", "오래된 탑", "पुराने शहर")):
        assert index.search(query, 4)[0][0] == number


def test_one_endless_word_does_no_harm():
    index = Bm25Index(["word " + "x" * 200_000 + " tail", "other"])
    assert [number for number, _ in index.search("tail", 5)] == [0]


def test_query_syntax_is_only_text():
    index = Bm25Index(["alpha beta", "gamma"])
    assert [number for number, _ in index.search('+alpha -beta "gamma" tokens:alpha AND (', 5)] == [0, 1]
