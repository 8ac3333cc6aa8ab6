"""Which documents are taken: bottom-k by a seeded hash for each language and length bucket.

The k documents with the smallest hashes are the same whatever the order of reading, and the sample of two sets is found
from their samples: each file is sampled on its own, in parallel, and the parts are merged.
"""

import bisect
import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.config import SampleConfig
from curation.language import normalise_code, read_document
from curation.lengths import token_counter
from curation.read import Row, Source, Unreadable, read_rows
from data.files import atomic_path, digest
from data.records import DOCUMENT, REJECT, conform
from data.text import document_text

PRUNE_ROWS = 2000


def seeded_hash(seed: int, key: str) -> int:
    """Return a 64-bit hash of `key`; its order is a random order that the seed decides."""
    return int.from_bytes(hashlib.blake2b(f"{seed}\n{key}".encode(), digest_size=8).digest())


def sample_file(source: Source, config: SampleConfig, seed: int, part: Path) -> None:
    """Read and measure one source, and write its sample to `part`.parquet and what was set aside to
    `part`.rejects.parquet.

    With `per_language`, at most that many documents of each language and bucket are kept in memory and written.
    """
    count_tokens = token_counter(config.tokenizer)
    kept: list[dict[str, Any]] = []
    rejects: list[dict[str, str]] = []
    room = PRUNE_ROWS
    for row in read_rows(source, config.max_source_rows):
        found = _measure(row, source, config, count_tokens)
        if "reason" in found:
            rejects.append(found)
        else:
            kept.append(found)
        if config.per_language and len(kept) >= room:
            kept, passed = _bottom(kept, config, seed)
            rejects.extend(passed)
            room = PRUNE_ROWS + 2 * len(kept)  # so that the work of pruning grows with the rows read, not faster
    if config.per_language:
        kept, passed = _bottom(kept, config, seed)
        rejects.extend(passed)
    _write(part.with_suffix(".rejects.parquet"), rejects, REJECT)
    _write(part.with_suffix(".parquet"), kept, DOCUMENT)


def merge_samples(parts: Sequence[Path], config: SampleConfig, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return (documents, rejects) of all parts: exact duplicates set aside, quotas spread over the buckets, ids made
    unique.
    """
    documents = pa.concat_tables([pq.read_table(part.with_suffix(".parquet"), schema=DOCUMENT) for part in parts])
    rejects = [row for part in parts for row in pq.read_table(part.with_suffix(".rejects.parquet")).to_pylist()]
    columns = {name: documents[name].to_pylist() for name in DOCUMENT.names if name != "text"}
    columns["content"] = [
        content_id(title, text.as_py()) for title, text in zip(columns["title"], documents["text"], strict=True)
    ]
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    for number, row in enumerate(rows):
        row["number"] = number
    rows, duplicates = _unique(rows)
    rejects.extend(duplicates)
    if config.per_language:
        rows, passed = _fill_quotas(rows, config, seed)
        rejects.extend(passed)
    rows = sorted(_with_unique_ids(rows), key=lambda row: (row["lang"], row["docid"]))
    chosen = documents.take(pa.array([row["number"] for row in rows], pa.int64()))
    ids = pa.array([row["docid"] for row in rows], pa.string())
    return chosen.set_column(0, DOCUMENT.field("docid"), ids), pa.Table.from_pylist(rejects, schema=REJECT)


def _measure(row: Row | Unreadable, source: Source, config: SampleConfig, count_tokens: Any) -> dict[str, Any]:
    """Return a document's columns, or place, reason and detail of why it is set aside."""
    if isinstance(row, Unreadable):
        return {"place": row.place, "reason": row.reason, "detail": row.detail}
    given = normalise_code(row.language)
    if config.languages and given and given not in config.languages:
        return {"place": row.place, "reason": "other_language", "detail": given}
    found = read_document(row.text, given)
    lang = found.lang
    if config.languages and lang not in config.languages:
        return {"place": row.place, "reason": "other_language", "detail": lang}
    if lang == "und":
        return {"place": row.place, "reason": "unknown_language", "detail": "no language was recognised"}
    tokens = count_tokens(document_text(row.title, row.text))
    if tokens < config.min_tokens:
        return {
            "place": row.place,
            "reason": "too_short",
            "detail": f"{tokens} tokens, --min-tokens {config.min_tokens}",
        }
    return {
        "docid": row.id or content_id(row.title, row.text),
        "title": row.title,
        "text": row.text,
        "lang": lang,
        "lang_origin": "given" if given else "detected",
        "other_lang": found.other_lang,
        "script": found.script,
        "source": source.name,
        "licence": row.licence,
        "group": row.group,
        "tokens": tokens,
    }


def content_id(title: str | None, text: str) -> str:
    """Return the id of a document that its source gave none: a digest of its content."""
    return digest(title or "", text)


def _bucket(tokens: int, config: SampleConfig) -> int:
    return bisect.bisect_left(config.buckets, tokens)


def _bottom(
    rows: list[dict[str, Any]], config: SampleConfig, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the distinct rows with the smallest hashes of each stratum, and the others as rejects."""
    for row in rows:
        row["content"] = content_id(row["title"], row["text"])
    rows, rejects = _unique(rows)
    kept: list[dict[str, Any]] = []
    for buckets in _strata(rows, config, seed).values():
        for stratum in buckets.values():
            kept += stratum[: config.per_language]
            rejects += [_not_drawn(row["docid"]) for row in stratum[config.per_language :]]
    for row in kept:
        del row["content"]  # not a column of the record
    return kept, rejects


def _not_drawn(docid: str) -> dict[str, str]:
    return {"place": docid, "reason": "not_sampled", "detail": "beyond --per-language"}


def _unique(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the first row, by its id, of each content in a language, and the others as rejects.

    Which one stays depends on the rows alone, not on the order or the files in which they come.
    """
    first: dict[tuple[str, str], dict[str, Any]] = {}
    rejects = []
    for row in sorted(rows, key=lambda row: (row["docid"], row["group"] or "", row["licence"] or "", row["source"])):
        best = first.setdefault((row["lang"], row["content"]), row)
        if best is not row:
            rejects.append({"place": row["docid"], "reason": "exact_duplicate", "detail": f"of {best['docid']}"})
    return list(first.values()), rejects


def _with_unique_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows; an id that several of them carry gets a suffix from the content and language."""
    carried = Counter(row["docid"] for row in rows)
    return [
        {**row, "docid": f"{row['docid']}-{digest(row['lang'], row['content'])[:8]}"}
        if carried[row["docid"]] > 1
        else row
        for row in rows
    ]


def _fill_quotas(
    rows: list[dict[str, Any]], config: SampleConfig, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Take `per_language` documents of each language, the buckets in turn, smallest hash first in each."""
    kept: list[dict[str, Any]] = []
    rejects: list[dict[str, str]] = []
    for buckets in _strata(rows, config, seed).values():
        turns = [(rank, bucket) for bucket, stratum in buckets.items() for rank in range(len(stratum))]
        drawn = [buckets[bucket][rank] for rank, bucket in sorted(turns)]
        kept += drawn[: config.per_language]
        rejects += [_not_drawn(row["docid"]) for row in drawn[config.per_language :]]
    return kept, rejects


def _strata(rows: list[dict[str, Any]], config: SampleConfig, seed: int) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """Return language -> length bucket -> rows, those with the smallest hashes first."""
    strata: dict[str, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows, key=lambda row: (seeded_hash(seed, row["content"]), row["content"])):
        strata[row["lang"]][_bucket(row["tokens"], config)].append(row)
    return strata


def _write(file: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    with atomic_path(file) as temporary:
        table = pa.Table.from_pylist(rows) if rows else schema.empty_table()
        pq.write_table(conform(table, schema), temporary, compression="zstd")
