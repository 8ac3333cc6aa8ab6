import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from curation.config import SampleConfig
from curation.read import Row, Unreadable, find_sources, read_rows
from data.errors import InputError

ROWS = [{"id": number, "title": f"Title {number}", "text": f"Text {number}.", "lang": "en"} for number in range(30)]
COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}


def lines_of(rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "surrogatepass")


def sources_of(*names, said=None, **config):
    return find_sources(
        SampleConfig(source=tuple(map(str, names)), **config),
        (lambda line: said.append(line)) if said is not None else print,
    )


def read(*names, **config):
    found = [row for source in sources_of(*names, **config) for row in read_rows(source)]
    return [row for row in found if isinstance(row, Row)], [row for row in found if isinstance(row, Unreadable)]


@pytest.mark.parametrize("ending", ["", *COMPRESS])
def test_jsonl_plain_and_compressed(tmp_path, ending):
    file = tmp_path / f"rows.jsonl{ending}"
    file.write_bytes(COMPRESS.get(ending, bytes)(lines_of(ROWS)))
    rows, lost = read(file)
    assert not lost
    assert [row.text for row in rows] == [row["text"] for row in ROWS]
    assert rows[4] == Row(f"{file}:5", "Text 4.", title="Title 4", id="4", language="en")


@pytest.mark.parametrize("ending", ["", *COMPRESS])
def test_text_plain_and_compressed(tmp_path, ending):
    file = tmp_path / f"story.md{ending}"
    file.write_bytes(COMPRESS.get(ending, bytes)("\ufeff# Der Turm\n\nEin Text.".encode()))
    rows, lost = read(file)
    assert (rows, lost) == ([Row(str(file), "# Der Turm\n\nEin Text.", title="Der Turm")], [])


def test_all_frames_of_a_zst_file_are_read(tmp_path):
    frames = [zstandard.compress(lines_of(ROWS[:10])), zstandard.compress(b""), zstandard.compress(lines_of(ROWS[10:]))]
    (tmp_path / "rows.jsonl.zst").write_bytes(b"".join(frames))
    rows, lost = read(tmp_path)
    assert ([row.id for row in rows], lost) == ([str(number) for number in range(30)], [])


def test_a_text_without_a_heading_is_called_like_its_file(tmp_path):
    (tmp_path / "Ein Turm.txt").write_text("Ein Text.")
    assert read(tmp_path)[0][0].title == "Ein Turm"


def test_parquet(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet", row_group_size=7)
    rows, lost = read(tmp_path / "rows.parquet")
    assert not lost
    assert [(row.place.rpartition(":")[2], row.id) for row in rows] == [(str(n + 1), str(n)) for n in range(30)]


def test_a_broken_line_17_loses_only_itself(tmp_path):
    lines = lines_of(ROWS).splitlines(keepends=True)
    lines[16] = b'{"id": 16, "text": "Text 16\n'
    (tmp_path / "rows.jsonl").write_bytes(b"".join(lines))
    rows, lost = read(tmp_path)
    assert [row.id for row in rows] == [str(number) for number in range(30) if number != 16]
    assert [(row.place, row.reason) for row in lost] == [(f"{tmp_path / 'rows.jsonl'}:17", "broken_json")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "caf\xe9"}', "not_utf8"),
        (b"\x00\x01\x02\xff", "not_utf8"),
        (b"\x00\x01\x02", "broken_json"),
        (b"[" * 100_000, "broken_json"),
        (b'{"text": ' + b"9" * 5000 + b"}", "broken_json"),
        (b'["text"]', "not_an_object"),
        (b'"text"', "not_an_object"),
        (b'{"text": null}', "no_text"),
        (b'{"text": "  \\n"}', "no_text"),
        (b'{"text": 5}', "no_text"),
        (b'{"text": ["a"]}', "no_text"),
        (b'{"title": "only a title"}', "no_text"),
    ],
)
def test_a_bad_line_is_set_aside_with_its_reason(tmp_path, line, reason):
    (tmp_path / "rows.jsonl").write_bytes(lines_of(ROWS[:2]) + line + b"\n" + lines_of(ROWS[2:4]))
    rows, lost = read(tmp_path)
    assert [row.id for row in rows] == ["0", "1", "2", "3"]
    assert [(row.place, row.reason) for row in lost] == [(f"{tmp_path / 'rows.jsonl'}:3", reason)]
    assert lost[0].detail


def test_blank_lines_bom_and_a_missing_line_end_do_no_harm(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(
        b"\xef\xbb\xbf" + lines_of(ROWS[:2]) + b"\n \r\n" + lines_of(ROWS[2:3]).strip()
    )
    rows, lost = read(tmp_path)
    assert ([row.place.rpartition(":")[2] for row in rows], lost) == (["1", "2", "5"], [])


def test_lone_surrogates_become_the_replacement_character(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"text": "a\\ud800b \\ud83d\\ude00", "title": "\\udfff"}\n')
    rows, _ = read(tmp_path)
    assert rows[0].text.encode()  # UTF-8 can hold it
    assert (rows[0].text, rows[0].title) == ("a\ufffdb 😀", "\ufffd")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\x89PNG\r\n\xff\xfe", "not_utf8"), (b"text\x00with nul", "binary"), (b"", "no_text"), (b" \n", "no_text")],
)
def test_a_file_that_is_no_text_is_set_aside(tmp_path, content, reason):
    (tmp_path / "bad.txt").write_bytes(content)
    (tmp_path / "good.txt").write_text("Good.")
    rows, lost = read(tmp_path)
    assert [row.text for row in rows] == ["Good."]
    assert [(row.place, row.reason) for row in lost] == [(str(tmp_path / "bad.txt"), reason)]


@pytest.mark.parametrize("ending", list(COMPRESS))
def test_a_truncated_archive_gives_what_comes_before_the_break(tmp_path, ending):
    rows = [{"text": os.urandom(2000).hex()} for _ in range(200)]  # does not compress, so the break is in the middle
    whole = COMPRESS[ending](lines_of(rows))
    (tmp_path / f"rows.jsonl{ending}").write_bytes(whole[: len(whole) // 2])
    found, lost = read(tmp_path)
    assert [row.text for row in found] == [row["text"] for row in rows[: len(found)]]
    assert [(row.place.rpartition(":")[2], row.reason) for row in lost][-1:] == [(str(len(found) + 1), "broken_file")]
    assert len(lost) == 1
    if ending != ".bz2":  # whose blocks hold more than this
        assert 50 < len(found) < 110


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.txt.gz", "a.txt.zst", "a.jsonl.xz", "a.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_set_aside(tmp_path, name):
    (tmp_path / name).write_bytes(b"this is neither an archive nor a table")
    (tmp_path / "good.txt").write_text("Good.")
    rows, lost = read(tmp_path)
    assert ([row.text for row in rows], [row.reason for row in lost]) == (["Good."], ["broken_file"])


def test_a_truncated_parquet_is_set_aside(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    whole = (tmp_path / "rows.parquet").read_bytes()
    (tmp_path / "rows.parquet").write_bytes(whole[:-20])
    assert [row.reason for row in read(tmp_path)[1]] == ["broken_file"]


def test_a_folder_is_read_in_order_and_foreign_files_are_told(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in (
        "b.txt",
        "a.md",
        "deep/er/c.txt",
        "photo.jpg",
        "notes.docx",
        ".hidden.txt",
        "archive.zip",
        "d.parquet.gz",
    ):
        (tmp_path / name).write_text(name)
    said = []
    sources = sources_of(tmp_path, said=said)
    assert [Path(source.name).name for source in sources] == ["a.md", "b.txt", "c.txt"]
    assert any("4 files of other kinds" in line and ".jpg" in line for line in said)


def test_the_same_file_named_twice_is_read_once(tmp_path):
    (tmp_path / "a.txt").write_text("A.")
    assert len(sources_of(tmp_path, tmp_path / "a.txt")) == 1


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (
            [{"content": "t", "name": "n", "_id": "1", "locale": "ko"}],
            {"text": "content", "title": "name", "id": "_id", "language": "locale"},
        ),
        ([{"body": "t", "text": "u"}], {"text": "text"}),
        (
            [{"meta": 1}, {"meta": 1, "text": "late", "translation_group": "g"}],
            {"text": "text", "group": "translation_group"},
        ),
    ],
)
def test_columns_are_guessed_and_told(tmp_path, rows, columns):
    (tmp_path / "rows.jsonl").write_bytes(lines_of(rows))
    said = []
    assert sources_of(tmp_path, said=said)[0].columns == columns
    assert all(repr(column) in said[-1] for column in columns.values())


def test_asked_columns_win_and_must_exist(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(lines_of([{"text": "t", "story": "s", "key": 7}]))
    rows, _ = read(tmp_path, text_column="story", id_column="key")
    assert (rows[0].text, rows[0].id) == ("s", "7")
    with pytest.raises(InputError, match=r"'storry' \(--text-column\); its columns are text, story, key"):
        read(tmp_path, text_column="storry")


def test_a_table_without_a_text_column_is_refused(tmp_path):
    pq.write_table(pa.table({"number": [1], "label": ["x"]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"t.parquet has no text column; its columns are number, label.*--text-column"):
        sources_of(tmp_path)


def test_a_missing_path_an_empty_folder_and_an_unread_kind_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no file or folder"):
        sources_of(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"there is no file or folder corpus\.jsonl"):
        sources_of("corpus.jsonl")
    with pytest.raises(InputError, match="there is no file or folder not-an-id"):
        sources_of("not-an-id")
    with pytest.raises(InputError, match=r"holds no document: 0 files.*\.jsonl"):
        sources_of(tmp_path)
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    with pytest.raises(InputError, match=r"kind that is not read; known are \.txt"):
        sources_of(tmp_path / "report.pdf")


def test_a_limit_bounds_what_is_read(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(lines_of(ROWS))
    assert [row.id for row in read_rows(sources_of(tmp_path)[0], limit=3)] == ["0", "1", "2"]


def test_the_fingerprint_is_of_the_content(tmp_path):
    for name, text in (("a.txt", "same"), ("b.txt", "same"), ("c.txt", "other")):
        (tmp_path / name).write_text(text)
    prints = [source.fingerprint() for source in sources_of(tmp_path)]
    assert prints[0] == prints[1] != prints[2]


def test_a_file_name_that_is_no_text_is_told_not_a_crash(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).write_text("Text.")
    sources = sources_of(tmp_path)
    assert sources[0].name.encode()  # UTF-8 can hold it
    assert next(iter(read_rows(sources[0]))).text == "Text."


def test_a_hub_that_cannot_be_reached_is_an_input_error():
    code = """
from curation.config import SampleConfig
from curation.read import find_sources
from data.errors import InputError
try:
    find_sources(SampleConfig(source=("nobody-here/no-such-data",)))
except InputError as error:
    print("refused:", error)
"""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.startswith("refused: there is no local path nobody-here/no-such-data"), done.stderr
    assert "HF_TOKEN" in done.stdout
