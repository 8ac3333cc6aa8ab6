"""The documents and queries of benchmarks that training data must not resemble (--decontaminate).

In come JSON lines (.jsonl .ndjson .json, also compressed) as benchmarks and training sets write them, folders of such
files, and folders in BEIR's layout, also many in one folder. What a text is, its field says:

    queries     query, question, anchor; text where the row has a qid or query_id and no id of a document, or where the
                file's name begins with queries, questions or topics
    documents   text (with its title), document, passage, content, contents, context, body; and all of the lists
                positive_passages, negative_passages, positives, negatives, positive, negative, pos, neg, passages,
                contexts, documents, hard_negatives

A field may hold a text, an object with title and text, or a list of these. Of a folder that holds corpus.jsonl or
queries.jsonl only these two are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from curation.read import Source, Unreadable, read_raw
from data.errors import InputError
from data.text import clean_text, document_text

_JSON_ENDINGS = (".jsonl", ".ndjson", ".json")
_ARCHIVE_ENDINGS = (".gz", ".bz2", ".xz", ".zst")
_BEIR = ("corpus.jsonl", "queries.jsonl")
_QUERY_FILES = ("queries", "questions", "topics")
_QUERY_IDS = ("qid", "query_id")
_DOCUMENT_IDS = ("docid", "doc_id", "document_id", "pid", "passage_id", "corpus_id")
_QUERIES = ("query", "question", "anchor")
_DOCUMENTS = (
    *("text", "document", "passage", "content", "contents", "context", "body"),
    *("positive_passages", "negative_passages", "positives", "negatives", "positive", "negative", "pos", "neg"),
    *("passages", "contexts", "documents", "hard_negatives"),
)

Kind = Literal["query", "document"]


@dataclass(frozen=True)
class BenchmarkText:
    """A query or document of a benchmark; `place` is file:line and its id, if it has one."""

    place: str
    text: str


def find_benchmark_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that `paths` name, in a fixed order.

    Raises `InputError` for a path that does not exist, is of another kind, or is a folder with nothing to read.
    """
    files: list[Path] = []
    for path in map(Path.expanduser, paths):
        if path.is_dir():
            found = _in_folder(path)
            if not found:
                raise InputError(
                    f"{path} (--decontaminate) holds no benchmark: neither corpus.jsonl and queries.jsonl nor other "
                    "JSON lines, nor folders with them; give their folder"
                )
            files += found
        elif not path.is_file():
            raise InputError(f"there is no file or folder {path} (--decontaminate); give a path that exists")
        elif not _is_json(path):
            kinds = " ".join(_JSON_ENDINGS)
            raise InputError(f"{path} (--decontaminate) is not JSON lines ({kinds}, also compressed); convert it first")
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def mark_benchmarks(paths: Sequence[Path]) -> list[str]:
    """Return name and content digest of each file: with another content the stages that read it are other stages."""
    return sorted(f"{file.name} {_source(file).fingerprint()}" for file in find_benchmark_files(paths))


def read_benchmark(paths: Sequence[Path], kind: Kind) -> Iterator[BenchmarkText]:
    """Yield the queries or the documents of all benchmarks.

    Raises `InputError` with file:line for a row that cannot be read or has none of the known fields.
    """
    for file in find_benchmark_files(paths):
        rows = 0
        for place, row in read_raw(_source(file)):
            rows += 1
            if isinstance(row, Unreadable):
                raise InputError(f"{row.place} (--decontaminate): {row.detail}; mend or remove this line")
            fields = _fields(row, file)
            if not fields["query"] and not fields["document"]:
                raise InputError(
                    f"{place} (--decontaminate): no field holds a query ({', '.join(_QUERIES)}) or a document "
                    f"({', '.join(_DOCUMENTS[:7])}); the line has {', '.join(row)[:200] or 'none'}: rename one of them"
                )
            for name in fields[kind]:
                for id_, text in _texts(row[name], row if name == "text" else None):
                    known = id_ or _id_of(row)
                    yield BenchmarkText(f"{place} {known}" if known else place, clean_text(text))
        if not rows:
            raise InputError(f"{file} (--decontaminate) is empty; give the benchmark's file, or leave it out")


def _in_folder(folder: Path) -> list[Path]:
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    files = [path for path in inside if path.is_file() and _is_json(path)]
    beir = [path for path in files if path.name.removesuffix(path.suffix) in _BEIR or path.name in _BEIR]
    return beir or [*files, *(file for path in inside if path.is_dir() for file in _in_folder(path))]


def _is_json(path: Path) -> bool:
    plain = path.stem if path.suffix.lower() in _ARCHIVE_ENDINGS else path.name
    return plain.lower().endswith(_JSON_ENDINGS)


def _source(file: Path) -> Source:
    return Source(str(file), "jsonl", file, {})


def _fields(row: dict[str, Any], file: Path) -> dict[Kind, list[str]]:
    """Return which fields of a row hold queries, and which documents."""
    queries = [name for name in _QUERIES if name in row]
    documents = [name for name in _DOCUMENTS if name in row]
    asks = file.name.lower().startswith(_QUERY_FILES) or (
        any(name in row for name in _QUERY_IDS) and not any(name in row for name in _DOCUMENT_IDS)
    )
    if "text" in documents and asks and not queries:
        documents.remove("text")
        queries.append("text")
    return {"query": queries, "document": documents}


def _texts(value: Any, row: dict[str, Any] | None) -> Iterator[tuple[str | None, str]]:
    """Yield (id or None, text) of what a field holds; `row` is where the title of a plain text stands, if anywhere."""
    if isinstance(value, str):
        title = row.get("title") if row else None
        yield None, document_text(title if isinstance(title, str) else None, value)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, None)
    elif isinstance(value, dict):
        name = next((name for name in _DOCUMENTS if isinstance(value.get(name), str)), None)
        if name:
            for _, text in _texts(value[name], value):
                yield _id_of(value), text


def _id_of(row: dict[str, Any]) -> str | None:
    names = ("_id", "id", *_DOCUMENT_IDS, *_QUERY_IDS)
    return next((str(row[name]) for name in names if isinstance(row.get(name), (str, int))), None)
