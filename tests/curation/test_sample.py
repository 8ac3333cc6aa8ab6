import json
import random
from collections import Counter

import pytest

from curation.config import SampleConfig
from curation.read import find_sources
from curation.sample import merge_samples, sample_file, seeded_hash

BUCKETS = (50, 100)


def make_rows(count, lang="en", prefix="d"):
    """Return rows of 30, 80 and 130 tokens in turn (4.2 letters are a token), each with a text of its own."""
    rows = []
    for number in range(count):
        tokens = (30, 80, 130)[number % 3]
        text = random.Random(f"{prefix}{number}").choices("abcdefghij", k=int(4.2 * tokens))
        rows.append({"id": f"{prefix}{number}", "text": "".join(text), "lang": lang})
    return rows


def sample(folder, files, seed=0, **options):
    """Return (rows, rejects) of the sample of `files`, a list of lists of rows."""
    folder.mkdir(parents=True)
    for number, rows in enumerate(files):
        (folder / f"{number}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    config = SampleConfig(source=(str(folder),), min_tokens=1, buckets=BUCKETS, **options)
    parts = []
    for number, source in enumerate(find_sources(config)):
        parts.append(folder / f"part{number}")
        sample_file(source, config, seed, parts[-1])
    documents, rejects = merge_samples(parts, config, seed)
    return documents.to_pylist(), rejects.to_pylist()


def identity(rows):
    return [(row["docid"], row["lang"], row["text"], row["tokens"]) for row in rows]


def deal(rows, files, seed):
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return [rows[number::files] for number in range(files)]


def test_the_sample_does_not_depend_on_order_or_files(tmp_path):
    rows = make_rows(60) + make_rows(40, "ko", "k") + make_rows(5, "fr", "f")
    rows += [{**row, "id": f"copy-{row['id']}"} for row in rows[:30]]  # exact duplicates
    rows += [{**row, "id": "d1"} for row in make_rows(6, prefix="x")]  # another content with an id that is taken
    expected = identity(sample(tmp_path / "one", [rows], per_language=9)[0])
    assert Counter(lang for _, lang, _, _ in expected) == {"en": 9, "ko": 9, "fr": 5}
    for trial, files in enumerate((1, 2, 7)):
        found = identity(sample(tmp_path / str(trial), deal(rows, files, trial), per_language=9)[0])
        assert found == expected, files


def test_pruning_while_reading_changes_nothing(tmp_path, monkeypatch):
    rows = make_rows(300) + [{**row, "id": "again"} for row in make_rows(150)]
    expected = identity(sample(tmp_path / "a", [rows], per_language=7)[0])
    monkeypatch.setattr("curation.sample.PRUNE_ROWS", 10)
    assert identity(sample(tmp_path / "b", [rows], per_language=7)[0]) == expected


def test_the_smallest_hashes_of_each_bucket_are_taken(tmp_path):
    from curation.sample import content_id

    rows = make_rows(60)
    kept, rejects = sample(tmp_path / "s", [rows], per_language=6, seed=5)
    expected = set()
    for bucket in range(3):
        hashed = sorted((seeded_hash(5, content_id(None, row["text"])), row["id"]) for row in rows[bucket::3])
        expected |= {docid for _, docid in hashed[:2]}
    assert {row["docid"] for row in kept} == expected
    assert Counter(row["reason"] for row in rejects) == {"not_sampled": 54}


def test_quotas_go_over_to_the_buckets_that_have_documents(tmp_path):
    rows = make_rows(60)
    short, long = rows[0::3], rows[2::3]
    kept, _ = sample(tmp_path / "s", [[*short[:2], *long]], per_language=10)
    assert Counter(row["tokens"] > 100 for row in kept) == {False: 2, True: 8}


def test_another_seed_draws_another_sample(tmp_path):
    rows = make_rows(90)
    drawn = [
        {row["docid"] for row in sample(tmp_path / str(seed), [rows], seed=seed, per_language=9)[0]} for seed in (1, 2)
    ]
    assert drawn[0] != drawn[1]


def test_duplicates_take_nobodys_place(tmp_path):
    rows = make_rows(12)
    expected = identity(sample(tmp_path / "a", [rows], per_language=6)[0])
    doubled = rows + [{**row, "id": f"z{number}"} for number in range(5) for row in rows]
    kept, rejects = sample(tmp_path / "b", [doubled], per_language=6)
    assert identity(kept) == expected
    assert Counter(row["reason"] for row in rejects)["exact_duplicate"] == 60


def test_an_id_of_several_contents_is_made_unique(tmp_path):
    rows = [{**row, "id": "same"} for row in make_rows(3)] + make_rows(1, prefix="other")
    kept, _ = sample(tmp_path / "s", [rows])
    ids = [row["docid"] for row in kept]
    assert len(set(ids)) == 4
    assert "other0" in ids
    assert sum(docid.startswith("same-") for docid in ids) == 3


def test_the_same_id_and_text_in_two_languages_are_two_documents(tmp_path):
    row = make_rows(1)[0]
    kept, rejects = sample(tmp_path / "s", [[row, {**row, "lang": "de"}]])
    assert len({row["docid"] for row in kept}) == 2
    assert {row["lang"] for row in kept} == {"en", "de"}
    assert rejects == []


def test_documents_without_an_id_are_named_by_their_content(tmp_path):
    rows = [{"text": row["text"], "lang": "en"} for row in make_rows(4)]
    first = identity(sample(tmp_path / "a", [rows])[0])
    assert identity(sample(tmp_path / "b", [rows[::-1]])[0]) == first
    assert len({docid for docid, *_ in first}) == 4


def test_rejects_say_why(tmp_path):
    rows = [
        *make_rows(2),
        {"id": "k", "text": "한국어 문장입니다. " * 20, "lang": "ko"},
        {"id": "u", "text": "123 456 " * 40},
    ]
    folder = tmp_path / "s"
    kept, rejects = sample(folder, [rows], languages=("en",))
    assert {row["docid"] for row in kept} == {"d0", "d1"}
    assert [(row["place"], row["reason"], row["detail"]) for row in rejects] == [
        (f"{folder / '0.jsonl'}:3", "other_language", "ko"),
        (f"{folder / '0.jsonl'}:4", "other_language", "und"),
    ]
    _, rejects = sample(tmp_path / "t", [rows])
    assert [row["reason"] for row in rejects] == ["unknown_language"]


@pytest.mark.parametrize(
    ("given", "origin"), [("ko", "given"), ("kor", "given"), ("Korean", "detected"), (None, "detected")]
)
def test_the_language_is_given_or_detected(tmp_path, given, origin):
    row = {"text": "한국어로 쓴 긴 문장이 여기에 있습니다. " * 5, "lang": given}
    kept, _ = sample(tmp_path / "s", [[row]])
    assert [(row["lang"], row["lang_origin"]) for row in kept] == [("ko", origin)]


def test_documents_carry_their_script_and_the_other_language_of_much_of_their_text(tmp_path):
    korean, english = (
        "박물관은 강가에 있고 월요일에는 문을 닫습니다. ",
        "The museum is by the river, and it is closed on Mondays. ",
    )
    rows = [
        {"id": "mixed", "text": korean * 20 + "\n\n" + english * 15},
        {"id": "korean", "text": korean * 20},
        {"id": "given", "text": english * 20, "lang": "ko"},
        {"id": "traditional", "text": "圖書館在車站對面,星期一不開門。" * 10},
    ]
    kept, _ = sample(tmp_path / "s", [rows], per_language=9)
    assert {row["docid"]: (row["lang"], row["other_lang"], row["script"]) for row in kept} == {
        "mixed": ("ko", "en", "Hang"),
        "korean": ("ko", None, "Hang"),
        "given": ("ko", "en", "Hang"),
        "traditional": ("zh", None, "Hant"),
    }
