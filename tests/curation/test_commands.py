import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from curation_toy import write_documents, write_rows

from curation.__main__ import main
from data.dataset import load_curated
from data.errors import Interrupted, RunError, printable, run_command


@pytest.fixture
def call(capsys):
    """Return a function that runs m3-curate in this process and gives (status, stdout, stderr)."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # tyro's own, for a command line that it cannot read
            status = end.code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return status, printed.out, printed.err

    return run


@pytest.fixture
def documents(tmp_path):
    return write_documents(tmp_path / "documents", ("en", "ko"), 5)


def test_the_whole_way_and_every_stage_command(call, documents, tmp_path):
    out = tmp_path / "run"
    status, printed, errors = call("run", "--source", documents, "--out", out, "--workers", 1)
    assert status == 0, errors
    assert f"report: {out / 'report.html'}" in printed
    assert "no LLM is asked" in errors
    for command in ("sample", "split", "estimate", "generate", "filter", "dedup", "inspect"):
        status, printed, errors = call(command, "--out", out)
        assert status == 0, (command, errors)
    assert call("run", "--out", out)[0] == 0
    status, printed, _ = call("export", "--out", out, "--format", "mldr")
    assert (status, printed) == (0, f"written: {out / 'export' / 'mldr'}\n")


def test_the_stages_one_by_one_make_what_run_makes(call, documents, tmp_path):
    assert (
        call("run", "--source", documents, "--out", tmp_path / "a", "--workers", 1, "--passages-per-document", 2)[0]
        == 0
    )
    out = tmp_path / "b"
    assert call("sample", "--source", documents, "--out", out, "--workers", 1)[0] == 0
    assert call("split", "--out", out)[0] == 0
    status, printed, _ = call("estimate", "--out", out, "--passages-per-document", 2)
    assert status == 0 and printed.startswith("20 passages")
    for command in ("generate", "filter", "dedup"):
        status, _, errors = call(command, "--out", out)
        assert status == 0, errors
    for lang in ("en", "ko"):
        for split in ("train", "dev", "test"):
            assert load_curated(tmp_path / "a").pairs(lang, split) == load_curated(out).pairs(lang, split)


def test_usage(call):
    assert call("--help")[0] == 0
    status, printed, _ = call()
    assert status == 2 and "usage: m3-curate" in printed
    status, _, errors = call("curate")
    assert status == 2 and "no command 'curate'" in errors
    assert call("run", "--help")[0] == 0
    assert call("run", "--out", "x", "--no-such-option")[0] == 2
    assert call("run", "--source", "x")[0] == 2  # without --out


@pytest.mark.parametrize("command", ["split", "estimate", "generate", "filter", "dedup"])
def test_a_stage_command_needs_a_run_but_its_help_does_not(call, tmp_path, command):
    status, _, errors = call(command, "--out", tmp_path / "nothing")
    assert status == 2 and "holds no run yet" in errors
    status, printed, _ = call(command, "--help")
    assert status == 0 and "--out" in printed


def test_bad_sources_end_with_2(call, tmp_path):
    (tmp_path / "empty").mkdir()
    pq.write_table(pa.table({"number": [1]}), tmp_path / "table.parquet")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 40)
    for source, message in (
        (tmp_path / "missing", "there is no file or folder"),
        (tmp_path / "empty", "holds no document"),
        (tmp_path / "table.parquet", "no text column; its columns are number"),
        (tmp_path / "binary.txt", "1 not_utf8"),
    ):
        status, printed, errors = call("run", "--source", source, "--out", tmp_path / "run" / source.name)
        assert (status, printed) == (2, ""), errors
        assert errors.splitlines()[-1].startswith("error: ") and message in errors and str(source) in errors


def test_bad_rows_lose_no_good_one(call, tmp_path):
    source = write_documents(tmp_path / "documents", ("en",), 20)
    lines = (source / "en.jsonl").read_text().splitlines(keepends=True)
    lines[16] = lines[16][:200] + "\n"
    (source / "en.jsonl").write_text("".join(lines))
    (source / "noise.txt").write_bytes(b"\xff\x00\xfe" * 1000)
    (source / "endless.txt").write_text(
        "The mill of the endless line stands by the river. " * 40_000
    )  # 2 MB in one line
    status, _, errors = call("run", "--source", source, "--out", tmp_path / "run", "--workers", 1)
    assert status == 0, errors
    assert "sample: 20 in 1 language; set aside: 1 broken_json, 1 not_utf8" in errors
    rejects = pq.read_table(tmp_path / "run" / "stages" / "sample" / "rejects.parquet").to_pylist()
    assert f"{source / 'en.jsonl'}:17" in {reject["place"] for reject in rejects}
    assert "endless" in {row["title"] for row in load_curated(tmp_path / "run").corpus("en").to_pylist()}


def test_bad_options_end_with_2(call, documents, tmp_path):
    for options, message in (
        (("--languages", "en", "xx"), "unknown language xx"),
        (("--languages", "English"), "unknown language English"),
        (("--tokenizer", tmp_path), "tokenizer.json"),
        (("--text-column", "story"), "no column 'story'"),
        (("--generator", "openai"), "--model"),
        (("--per-language", "0"), "--per-language"),
        (("--generator", "magic"), "magic"),
    ):
        status, printed, errors = call(
            "run", "--source", documents, "--out", tmp_path / "run", "--workers", 1, *options
        )
        assert status == 2, (options, errors)
        assert message in errors + printed


def test_a_folder_of_another_configuration_or_of_somebody_else(call, documents, tmp_path):
    out = tmp_path / "run"
    assert call("run", "--source", documents, "--out", out, "--workers", 1)[0] == 0
    status, _, errors = call("run", "--source", documents, "--out", out, "--workers", 1, "--min-tokens", "50")
    assert status == 2 and "min_tokens was 100, now 50" in errors and "--overwrite" in errors
    assert call("run", "--source", documents, "--out", out, "--min-tokens", "50", "--workers", 1, "--overwrite")[0] == 0
    assert call("run", "--out", out)[0] == 0  # the folder records what was overwritten
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text(json.dumps({"sample": 1}))
    status, _, errors = call("run", "--source", documents, "--out", tmp_path / "mine")
    assert status == 2 and "not the configuration of a run" in errors
    status, _, errors = call("run", "--source", documents, "--out", documents / "en.jsonl")
    assert status == 2 and "is a file" in errors


def test_an_empty_data_set_folder_is_told_to_export_and_inspect(call, tmp_path):
    for command in (("export", "--format", "mldr"), ("inspect",)):
        status, _, errors = call(command[0], "--out", tmp_path / "nothing", *command[1:])
        assert status == 2 and "m3-curate run" in errors


def test_a_hub_id_that_cannot_be_read_ends_with_2(tmp_path):
    command = [
        sys.executable,
        "-m",
        "curation",
        "run",
        "--source",
        "nobody-here/no-such-data",
        "--out",
        str(tmp_path / "run"),
    ]
    environment = {"PATH": "", "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "nobody-here/no-such-data" in done.stderr


def test_no_escape_sequence_reaches_the_terminal(call, tmp_path):
    folder = tmp_path / "a\x1b[31mb\u202e"
    folder.mkdir()
    write_rows(folder / "x\x1b[2J.jsonl", [{"\x1b[5mstory": "t", "\x07": 1}])
    status, printed, errors = call("run", "--source", folder, "--out", tmp_path / "run")
    assert status == 2 and "no text column" in errors
    write_rows(
        folder / "x\x1b[2J.jsonl", [{"text": "\x1b[31mred " * 3, "\x1b[5mtitle": "t", "id": "\x1b[1m", "lang": "en"}]
    )
    status2, printed2, errors2 = call("run", "--source", folder, "--out", tmp_path / "run\x1b[7m")
    assert status2 == 2 and "too_short" in errors2
    everything = printed + errors + printed2 + errors2
    assert not [c for c in everything if c in "\x1b\x07\u202e"]
    assert printable("plain\ttext\nत\u200d \u202eab\x1b[0m\x9b") == "plain\ttext\nत\u200d \ufffdab\ufffd[0m\ufffd"


@pytest.mark.parametrize(
    ("error", "status", "start"),
    [
        (RunError("the endpoint is down"), 1, "failed: the endpoint is down"),
        (Interrupted("3 of 5 are kept"), 130, "stopped: 3 of 5"),
        (KeyboardInterrupt(), 130, "stopped: "),
        (OSError(28, "No space left on device"), 1, "failed: [Errno 28]"),
        (None, 0, ""),
    ],
)
def test_exit_statuses(capsys, error, status, start):
    def command():
        if error:
            raise error

    assert run_command(command) == status
    assert capsys.readouterr().err.startswith(start)
