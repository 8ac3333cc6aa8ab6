"""Which documents are taken: bottom-k by a seeded hash for each language and length bucket.

The k documents with the smallest hashes are the same whatever the order of reading, and the sample of two sets is found from
their samples: each file is sampled on its own, in parallel, and the parts are merged.
"""

import bisect
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.config import SampleConfig
from curation.language import detect_language, normalise_code
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
    """Read and measure one source, and write its sample to `part`.parquet and what was set aside to `part`.rejects.parquet.

    With `per_language`, at most that many documents of each language and bucket are kept in memory and written.
    """
    count_tokens = token_counter(config.tokenizer)
    kept: list[dict[str, Any]] = []
    rejects: list[dict[str, str]] = []
    for row in read_rows(source, config.max_source_rows):
        found = _measure(row, source, config, count_tokens)
        if "reason" in found:
            rejects.append(found)
        else:
            kept.append(found)
        if config.per_language and len(kept) >= PRUNE_ROWS + 2 * config.per_language:
            kept, passed = _bottom(kept, config, seed)
            rejects.extend(passed)
    if config.per_language:
        kept, passed = _bottom(kept, config, seed)
        rejects.extend(passed)
    _write(part.with_suffix(".rejects.parquet"), rejects, REJECT)
    _write(part.with_suffix(".parquet"), kept, DOCUMENT)


def merge_samples(parts: Sequence[Path], config: SampleConfig, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return (documents, rejects) of all parts: exact duplicates set aside, ids made unique, quotas spread over the buckets."""
    documents = pa.concat_tables([pq.read_table(part.with_suffix(".parquet"), schema=DOCUMENT) for part in parts])
    rejects = [row for part in parts for row in pq.read_table(part.with_suffix(".rejects.parquet")).to_pylist()]
    documents, duplicates = _unique(documents)
    rejects.extend(duplicates)
    if config.per_language:
        documents, passed = _fill_quotas(documents, config, seed)
        rejects.extend(passed)
    order = sorted(range(len(documents)), key=lambda row: (documents["lang"][row].as_py(), documents["docid"][row].as_py()))
    return documents.take(order), pa.Table.from_pylist(rejects, schema=REJECT)


def _measure(row: Row | Unreadable, source: Source, config: SampleConfig, count_tokens: Any) -> dict[str, Any]:
    """Return a document's columns, or place, reason and detail of why it is set aside."""
    if isinstance(row, Unreadable):
        return {"place": row.place, "reason": row.reason, "detail": row.detail}
    given = normalise_code(row.language)
    if config.languages and given and given not in config.languages:
        return {"place": row.place, "reason": "other_language", "detail": given}
    lang = given or detect_language(row.text)
    if config.languages and lang not in config.languages:
        return {"place": row.place, "reason": "other_language", "detail": lang}
    if lang == "und":
        return {"place": row.place, "reason": "unknown_language", "detail": "no language was recognised"}
    tokens = count_tokens(document_text(row.title, row.text))
    if tokens < config.min_tokens:
        return {"place": row.place, "reason": "too_short", "detail": f"{tokens} tokens, --min-tokens {config.min_tokens}"}
    return {
        "docid": row.id or content_id(row.title, row.text),
        "title": row.title,
        "text": row.text,
        "lang": lang,
        "lang_origin": "given" if given else "detected",
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


def _bottom(rows: list[dict[str, Any]], config: SampleConfig, seed: int) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the rows with the smallest hashes of each stratum, and the others as rejects."""
    strata = defaultdict(list)
    for row in rows:
        strata[row["lang"], _bucket(row["tokens"], config)].append((seeded_hash(seed, content_id(row["title"], row["text"])), row))
    kept, passed = [], []
    for stratum in strata.values():
        stratum.sort(key=lambda item: item[0])
        kept += [row for _, row in stratum[: config.per_language]]
        passed += [_not_drawn(row["docid"]) for _, row in stratum[config.per_language :]]
    return kept, passed


def _not_drawn(docid: str) -> dict[str, str]:
    return {"place": docid, "reason": "not_sampled", "detail": "beyond --per-language"}


def _unique(documents: pa.Table) -> tuple[pa.Table, list[dict[str, str]]]:
    """Drop documents whose title and text another one has, and give each id that several documents carry a suffix from the content."""
    first: dict[str, int] = {}
    content_of: list[str] = []
    holders = defaultdict(set)
    for number, (docid, title, text) in enumerate(_columns(documents, "docid", "title", "text")):
        content = content_id(title, text)
        content_of.append(content)
        holders[docid].add(content)
        best = first.setdefault(content, number)
        if documents["docid"][best].as_py() > docid:  # the smallest id stands for all, whatever the order of reading
            first[content] = number
    kept = sorted(first.values())
    ids = documents["docid"].to_pylist()
    rejects = [
        {"place": ids[number], "reason": "exact_duplicate", "detail": f"of {ids[first[content_of[number]]]}"}
        for number in range(len(ids))
        if first[content_of[number]] != number
    ]
    unique = [f"{ids[n]}-{content_of[n][:8]}" if len(holders[ids[n]]) > 1 else ids[n] for n in kept]
    return documents.take(pa.array(kept, pa.int64())).set_column(0, DOCUMENT.field("docid"), pa.array(unique, pa.string())), rejects


def _fill_quotas(documents: pa.Table, config: SampleConfig, seed: int) -> tuple[pa.Table, list[dict[str, str]]]:
    """Take `per_language` documents of each language, the buckets in turn, smallest hash first in each."""
    assert config.per_language
    strata: dict[str, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for number, (lang, tokens, title, text) in enumerate(_columns(documents, "lang", "tokens", "title", "text")):
        strata[lang][_bucket(tokens, config)].append((seeded_hash(seed, content_id(title, text)), number))
    kept: list[int] = []
    for buckets in strata.values():
        drawn = sorted((rank, bucket, number) for bucket, rows in buckets.items() for rank, (_, number) in enumerate(sorted(rows)))
        kept += [number for _, _, number in drawn[: config.per_language]]
    chosen = set(kept)
    passed = [_not_drawn(docid) for number, (docid,) in enumerate(_columns(documents, "docid")) if number not in chosen]
    return documents.take(pa.array(sorted(kept), pa.int64())), passed


def _columns(table: pa.Table, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _write(file: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    with atomic_path(file) as temporary:
        table = pa.Table.from_pylist(rows) if rows else schema.empty_table()
        pq.write_table(conform(table, schema), temporary, compression="zstd")
