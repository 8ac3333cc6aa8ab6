import json

import pytest
from curation_toy import small_run, write_documents
from damages import DAMAGES, shifted_evidence
from dataset_toy import make_document, make_pair, make_rows, write_rows

from curation import pipeline
from curation.__main__ import main
from curation.config import PassageConfig
from curation.verify import verify_dataset
from data.card import move_card
from data.errors import InputError


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
    assert len(report.results) == 25


@pytest.mark.parametrize(("plant", "checks"), DAMAGES)
def test_each_damage_is_reported_by_its_check_alone(folder, plant, checks):
    plant(folder)
    report = verify_dataset(folder)
    assert reported(report) - checks <= {"written"}  # which sees any change, and knows nothing of what is wrong
    assert checks <= reported(report)
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
    assert "1 violation" in told.err
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
