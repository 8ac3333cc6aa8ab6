import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from curation_toy import small_run, write_documents
from dataset_toy import edit, make_document, make_pair, make_rows, write_rows

from curation import pipeline
from curation.__main__ import main
from curation.config import PassageConfig
from curation.sample import content_id
from curation.verify import verify_dataset
from data.card import move_card
from data.errors import InputError
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
    files = folder / "en" / "train.parquet", folder / "en" / "test.parquet"
    train, test = (pq.read_table(file).to_pylist() for file in files)
    moved = {**train[0], **{name: [] for name in train[0] if name.startswith("neg")}}
    edit(files[0], lambda rows: rows.__setitem__(0, test[0]))
    edit(files[1], lambda rows: rows.__setitem__(0, moved))


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


@damage("counts", "card")
def a_question_that_was_taken_out(folder):
    edit(folder / "en" / "train.parquet", lambda rows: rows.pop())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["truncation"]["questions"] -= 1
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def folder(tmp_path):
    pairs, documents = make_rows()
    return write_rows(tmp_path / "dataset", pairs, documents).path


def reported(report):
    return {violation.check for violation in report.violations}


def test_a_clean_set_passes_every_check(folder):
    report = verify_dataset(folder)
    assert report.violations == []
    assert all(result.state == "ok" for result in report.results)
    assert len(report.results) == 23


@pytest.mark.parametrize(("plant", "checks"), DAMAGES)
def test_each_damage_is_reported_by_its_check_alone(folder, plant, checks):
    plant(folder)
    report = verify_dataset(folder)
    assert reported(report) == checks
    assert all(violation.place and violation.detail for violation in report.violations)


def test_every_check_has_a_damage_that_only_it_reports(folder):
    alone = {next(iter(param.values[1])) for param in DAMAGES if len(param.values[1]) == 1}
    assert {result.check.name for result in verify_dataset(folder).results} == alone


def test_what_a_run_makes_passes_and_its_other_tokenizers_are_believed(tmp_path):
    source = write_documents(tmp_path / "documents", ("en", "ja"), 6)
    config = small_run(source, tmp_path / "run", passages=PassageConfig(passages_per_document=2))
    dataset = pipeline.run(config)
    assert verify_dataset(tmp_path / "run").violations == []
    manifest = {**dataset.manifest, "tokenizer": "owner/other"}
    (dataset.path / "manifest.json").write_text(json.dumps(manifest))
    assert reported(verify_dataset(tmp_path / "run")) == {"card"}  # which names the tokenizer


def test_a_copy_from_the_hub_passes(folder):
    card = folder / "README.md"
    card.write_text(move_card(card.read_text(), "somebody/documents"))
    assert 'load_dataset("somebody/documents", "en"' in card.read_text()
    (folder / ".gitattributes").write_text("*.parquet filter=lfs")
    (folder / ".cache" / "huggingface").mkdir(parents=True)
    (folder / ".cache" / "huggingface" / "CACHEDIR.TAG").write_text("")
    assert verify_dataset(folder).violations == []


def test_the_command_says_what_is_wrong_and_where(folder, capsys, tmp_path):
    assert main(["verify", str(folder)]) == 0
    assert main(["verify", "--dataset", str(folder.parent), "--skip-near-documents"]) == 0
    assert "near_documents  not checked" in capsys.readouterr().out
    shifted_evidence(folder)
    assert main(["verify", str(folder), "--json", str(tmp_path / "report.json")]) == 1
    told = capsys.readouterr()
    assert "evidence        1 violation" in told.out
    assert "    en/train.parquet q-en0: evidence [" in told.out
    assert "1 violations" in told.err
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["violations"] == 1
    (found,) = [check for check in report["checks"] if check["violations"]]
    assert found["check"] == "evidence"
    assert found["violations"][0]["place"] == "en/train.parquet q-en0"
    assert main(["verify", str(tmp_path / "nothing")]) == 2


def test_a_foreign_language_does_not_stop_the_other_checks(folder):
    shifted_evidence(folder)
    (folder / "corpus-xx").mkdir()
    (folder / "corpus-xx" / "notes.txt").write_text("not a table")
    report = verify_dataset(folder)
    assert reported(report) == {"foreign", "evidence"}


@pytest.mark.parametrize("text", ["[]", "{", '{"format": "m3-longdoc/1", "counts": {"en": 3}}', "\udcff"])
def test_whatever_the_manifest_holds_is_told_not_raised(folder, text):
    (folder / "manifest.json").write_text(text, errors="surrogateescape")
    assert reported(verify_dataset(folder)) == {"manifest"}


def test_without_a_folder_there_is_nothing_to_verify(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        verify_dataset(tmp_path / "nothing")


def test_all_violations_are_counted_and_some_are_shown(tmp_path):
    pairs, documents = make_rows()
    documents.append(make_document("en", 50, "train"))
    pairs += [{**make_pair(documents[-1], [], f"more{n}"), "query": ""} for n in range(5)]
    report = verify_dataset(write_rows(tmp_path, pairs, documents).path)
    assert [violation.check for violation in report.violations] == ["queries"] * 5
    assert sum(line.startswith("    ") for line in report.lines(3)) == 3
