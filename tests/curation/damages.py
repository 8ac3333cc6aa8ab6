"""Ways of damaging the toy data set, each with the checks of m3-curate verify that must report it, and no others."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_toy import edit, make_document, make_rows, write_rows

from curation.sample import content_id
from data.text import document_text, estimate_tokens

DAMAGES = []


def damage(*checks):
    """Register a way of damaging a data set, and the checks that must report it, and no others."""

    def register(function):
        DAMAGES.append(pytest.param(function, set(checks), id=function.__name__))
        return function

    return register


def rewritten(folder, change):
    """Write the data set anew after `change(pairs, documents)`, with a manifest and a card that agree with it."""
    pairs, documents = make_rows()
    change(pairs, documents)
    write_rows(folder, pairs, documents)


def by_id(rows, name):
    return next(row for row in rows if row["query_id"] == f"q-{name}")


# Files.


@damage("manifest")
def no_manifest(folder):
    (folder / "manifest.json").unlink()


@damage("manifest")
def another_manifest(folder):
    (folder / "manifest.json").write_text('{"format": "other/1", "counts": {}}')


@damage("missing")
def no_split_file(folder):
    (folder / "en" / "dev.parquet").unlink()


@damage("missing")
def no_card(folder):
    (folder / "README.md").unlink()


@damage("damage")
def a_flipped_bit_within_a_page(folder):
    file = folder / "corpus-ko" / "corpus.parquet"
    column = pq.ParquetFile(file).metadata.row_group(0).column(2)
    assert column.path_in_schema == "text"
    raw = bytearray(file.read_bytes())
    raw[(column.dictionary_page_offset + column.data_page_offset) // 2] ^= 4  # the texts stand in between
    file.write_bytes(raw)


@damage("damage")
def half_a_file(folder):
    file = folder / "en" / "train.parquet"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@damage("columns")
def a_column_too_many(folder):
    table = pq.read_table(folder / "en" / "test.parquet")
    pq.write_table(table.append_column("mood", pa.array(["good"] * len(table))), folder / "en" / "test.parquet")


@damage("columns")
def a_column_of_another_type(folder):
    table = pq.read_table(folder / "en" / "test.parquet")
    place = table.schema.get_field_index("evidence_start")
    changed = table.set_column(place, "evidence_start", table["evidence_start"].cast(pa.float64()))
    pq.write_table(changed, folder / "en" / "test.parquet")


@damage("foreign")
def a_file_of_somebody(folder):
    shutil.copy(folder / "corpus-ko" / "corpus.parquet", folder / "corpus-ko" / "more.parquet")


# Rows.


@damage("written")
def another_question(folder):
    edit(folder / "en" / "train.parquet", lambda rows: rows[0].update(query="Who painted the ceiling of the chapel?"))


@damage("written")
def another_rank(folder):
    edit(folder / "en" / "train.parquet", lambda rows: rows[0].update(bm25_rank=99))


@damage("written")
def another_source(folder):
    edit(folder / "corpus-en" / "corpus.parquet", lambda rows: rows[0].update(source="elsewhere.jsonl"))


@damage("ids")
def an_id_twice(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en1").update(query_id="q-en0"))


@damage("ids")
def a_document_id_in_two_languages(folder):
    def change(pairs, documents):
        pairs[:] = [pair for pair in pairs if pair["lang"] == "en"]
        documents[-1]["docid"] = documents[5]["docid"]  # ko 2 and en 5, both of test
        documents[-1].update(title=documents[5]["title"], text=documents[5]["text"], tokens=documents[5]["tokens"])

    rewritten(folder, change)


@damage("references")
def a_positive_that_is_nowhere(folder):
    edit(folder / "en" / "train.parquet", lambda rows: by_id(rows, "en1").update(positive_ids=["nowhere"]))


@damage("references")
def a_negative_that_is_nowhere(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0")["negative_ids"].__setitem__(0, "nowhere"))


@damage("references")
def a_twin_that_is_nowhere(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0").update(near_duplicate_of="q-gone"))


@damage("references")
def another_answer_that_is_nowhere(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0").update(also_relevant=["ko/0"]))


@damage("languages")
def a_question_of_another_language(folder):
    edit(folder / "en" / "train.parquet", lambda rows: rows[0].update(lang="ko"))


@damage("queries")
def an_empty_question(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0").update(query=" \n"))


@damage("parallel")
def a_score_too_few(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0").update(neg_scores=[0.5]))


@damage("parallel")
def a_miner_too_many(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0")["negative_miners"].append("dense"))


@damage("negatives")
def a_negative_that_is_the_positive(folder):
    def change(pairs, documents):
        pair = by_id(pairs, "en0")
        pair["negative_ids"][1] = pair["positive_ids"][0]

    rewritten(folder, change)


@damage("negatives")
def a_negative_of_another_split(folder):
    rewritten(
        folder, lambda pairs, documents: by_id(pairs, "en0")["negative_ids"].__setitem__(0, documents[5]["docid"])
    )


@damage("negatives")
def a_negative_of_the_same_cluster(folder):
    rewritten(folder, lambda pairs, documents: [documents[n].update(cluster="same") for n in (0, 1, 2, 3)])


@damage("evidence")
def shifted_evidence(folder):
    def change(pairs, documents):
        pair = by_id(pairs, "en0")
        pair.update(evidence_start=pair["evidence_start"] + 1, evidence_end=pair["evidence_end"] + 1)

    rewritten(folder, change)


@damage("evidence")
def evidence_past_the_end(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0").update(evidence_end=10**6))


@damage("evidence")
def empty_evidence(folder):
    rewritten(
        folder, lambda pairs, documents: by_id(pairs, "en0").update(evidence_end=by_id(pairs, "en0")["evidence_start"])
    )


@damage("evidence")
def evidence_that_was_never_recorded(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0").update(evidence_digest=None))


@damage("evidence")
def a_wrong_place_in_tokens(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en0").update(evidence_token_start=1))


@damage("texts")
def a_word_changed_after_the_evidence(folder):
    def change(rows):
        text = rows[0]["text"]
        rows[0]["text"] = text[:-6] + ("x" if text[-6] != "x" else "y") + text[-5:]  # as long, so only the id can tell

    edit(folder / "corpus-en" / "corpus.parquet", change)


@damage("texts")
def a_text_cut_off_after_the_evidence(folder):
    edit(folder / "corpus-ko" / "corpus.parquet", lambda rows: rows[0].update(text=rows[0]["text"][:-20]))


@damage("texts")
def a_letter_changed_where_ids_were_given(folder):
    def change(rows):
        text = rows[0]["text"]
        rows[0]["text"] = text[:-6] + ("가" if text[-6] != "가" else "나") + text[-5:]

    edit(folder / "corpus-ko" / "corpus.parquet", change)


# Leaks.


@damage("splits")
def two_questions_that_changed_files(folder):
    files = folder / "en" / "dev.parquet", folder / "en" / "test.parquet"
    (dev,), (test,) = (pq.read_table(file).to_pylist() for file in files)
    edit(files[0], lambda rows: rows.__setitem__(0, test))
    edit(files[1], lambda rows: rows.__setitem__(0, dev))


@damage("splits")
def a_document_of_no_split(folder):
    def change(pairs, documents):
        documents.append(make_document("en", 99, "train"))

    rewritten(folder, change)
    edit(folder / "corpus-en" / "corpus.parquet", lambda rows: rows[-1].update(split="validation"))


@damage("clusters")
def a_cluster_across_splits(folder):
    rewritten(folder, lambda pairs, documents: [documents[n].update(cluster="same") for n in (0, 5)])


@damage("groups")
def translations_across_splits(folder):
    rewritten(folder, lambda pairs, documents: [documents[n].update(group="same") for n in (0, 8)])


def copied(document, split, change):
    """Return a copy of a document whose text `change` makes another, under an id of its own."""
    text = change(document["text"])
    length = estimate_tokens(document_text(document["title"], text))
    copy = {**document, "text": text, "split": split, "tokens": length, "cluster": "own", "group": None}
    return {**copy, "docid": content_id(copy["title"], text)}


@damage("documents")
def a_copy_in_other_letters_in_another_split(folder):
    rewritten(folder, lambda pairs, documents: documents.append(copied(documents[0], "test", str.upper)))


@damage("near_documents")
def a_near_copy_in_another_split(folder):
    def change(pairs, documents):
        documents.append(copied(documents[0], "test", lambda text: text.replace(text.split()[40], "zzzz")))

    rewritten(folder, change)


@damage("questions")
def a_question_twice_in_a_split(folder):
    rewritten(folder, lambda pairs, documents: by_id(pairs, "en1").update(query=by_id(pairs, "en0")["query"] + "!"))


@damage("near_documents")
def a_part_of_a_document_in_another_split(folder):
    def change(pairs, documents):
        documents.append(copied(documents[0], "dev", lambda text: text[: len(text) // 2]))

    rewritten(folder, change)


@damage("near_questions")
def a_question_worded_almost_alike_in_another_split(folder):
    long = "which of the seven wooden bridges over the river was burnt down in the night of the great market"

    def change(pairs, documents):
        by_id(pairs, "en0")["query"], by_id(pairs, "en5")["query"] = f"{long}?", f"{long}s?"

    rewritten(folder, change)


@damage("questions")
def a_question_in_two_splits(folder):
    rewritten(
        folder, lambda pairs, documents: by_id(pairs, "ko2").update(query=by_id(pairs, "en0")["query"].upper() + " ?")
    )


# Figures.


@damage("counts")
def a_count_that_is_not_true(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["counts"]["en"]["train"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))


@damage("mined")
def a_negative_that_is_gone(folder):
    def change(rows):
        pair = by_id(rows, "en0")
        for name in ("negative_ids", "negative_miners", "negative_ranks", "negative_scores", "neg_scores"):
            pair[name].pop()

    edit(folder / "en" / "train.parquet", change)


@damage("truncation")
def a_length_that_is_not_true(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["truncation"]["tokens"] -= 1
    (folder / "manifest.json").write_text(json.dumps(manifest))


@damage("card")
def a_figure_of_the_card(folder):
    card = (folder / "README.md").read_text()
    assert "9 questions in 2 languages" in card
    (folder / "README.md").write_text(card.replace("9 questions in 2", "90 questions in 2"))


@damage("counts", "mined", "card")
def a_question_that_was_taken_out(folder):
    edit(folder / "en" / "train.parquet", lambda rows: rows.pop())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["truncation"]["questions"] -= 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
