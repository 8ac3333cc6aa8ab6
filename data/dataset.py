"""A curated data set on disk: question -> whole document, every text stored once.

DIR/dataset/ko/train.parquet           records.PAIR; also dev, test; a split without a pair has no file
DIR/dataset/corpus-ko/corpus.parquet   records.DOCUMENT: the documents of all three splits
DIR/dataset/README.md                  the card; its header makes datasets.load_dataset(DIR/dataset, "ko") work
DIR/dataset/manifest.json              written last: what made it, row counts, digests of the texts; without it the data
                                       set is not complete
"""

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.card import render_card, truncation_figures
from data.errors import InputError
from data.files import atomic_folder, atomic_path, digest, write_json, write_text
from data.records import DOCUMENT, PAIR, SPLITS, conform

FORMAT = "m3-longdoc/1"
ROW_GROUP_ROWS = 1000  # documents are large: small row groups keep a reader's memory small
FILLED_LATER = (
    *("negative_ids", "negative_miners", "negative_ranks", "negative_scores"),
    *("pos_scores", "neg_scores"),
)
PAIRS_AT_ONCE, DOCUMENTS_AT_ONCE = 1000, 32


@dataclass(frozen=True)
class CuratedDataset:
    """A complete data set that lies at `path`; tables are read when they are asked for."""

    path: Path
    manifest: dict[str, Any]

    @property
    def languages(self) -> list[str]:
        """The languages that have documents, sorted."""
        return sorted(folder.name.removeprefix("corpus-") for folder in self.path.glob("corpus-*"))

    def pairs(self, lang: str, split: str) -> pa.Table:
        """Return the pairs (`records.PAIR`) of one language and split; a split without a pair has no file."""
        file = self.pairs_file(lang, split)
        return conform(_read_table(file), PAIR) if file.exists() else PAIR.empty_table()

    def corpus(self, lang: str, columns: list[str] | None = None) -> pa.Table:
        """Return the documents (`records.DOCUMENT`) of one language, or only the named columns of them."""
        return _read_table(self.corpus_file(lang), columns)

    def pair_rows(self, lang: str, split: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the named columns of the pairs of one language and split, a batch in memory at a time."""
        file = self.pairs_file(lang, split)
        return _read_rows(file, PAIR, columns, PAIRS_AT_ONCE) if file.exists() else iter(())

    def document_rows(self, lang: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the named columns of the documents of one language, a batch in memory at a time."""
        return _read_rows(self.corpus_file(lang), DOCUMENT, columns, DOCUMENTS_AT_ONCE)

    def pairs_file(self, lang: str, split: str) -> Path:
        """Return where the pairs of one language and split stand, if there are any."""
        return self.path / lang / f"{split}.parquet"

    def corpus_file(self, lang: str) -> Path:
        """Return where the documents of one language stand."""
        return self.path / f"corpus-{lang}" / "corpus.parquet"


def dataset_folder(path: Path) -> Path:
    """Return the folder of the data set that `path` names: DIR, or DIR/dataset."""
    return path / "dataset" if (path / "dataset").is_dir() else path


def load_curated(path: str | Path) -> CuratedDataset:
    """Open the data set at `path` (DIR or DIR/dataset).

    Raises `InputError` when there is none, or when it is not complete.
    """
    folder = dataset_folder(Path(path))
    if not folder.is_dir():
        raise InputError(
            f"there is no data set at {path}; make one with: m3-curate run --source DOCUMENTS --out {path}"
        )
    manifest = folder / "manifest.json"
    if not manifest.exists():
        raise InputError(f"{folder} holds no manifest.json, so it is not a complete data set; run m3-curate run again")
    try:
        made_by = json.loads(manifest.read_text(encoding="utf-8"))
    except ValueError:
        made_by = None
    if not isinstance(made_by, dict) or made_by.get("format") != FORMAT:
        raise InputError(f"{manifest} is not the manifest of a data set that m3-curate run wrote ({FORMAT})")
    return CuratedDataset(folder, made_by)


def write_curated(path: Path, pairs: pa.Table, documents: pa.Table, made_by: dict[str, Any]) -> CuratedDataset:
    """Write `pairs` and `documents` as a data set at `path`, replacing what is there only when all is written.

    `made_by` says what made it (configuration, stage digests, rejects by reason); it goes into the manifest and the
    card.
    """
    with atomic_folder(path) as folder:
        counts: dict[str, dict[str, int]] = {}
        texts: dict[str, str] = {}
        for lang in sorted(set(documents["lang"].to_pylist())):
            corpus = documents.filter(pa.compute.equal(documents["lang"], lang))
            of_lang = pairs.filter(pa.compute.equal(pairs["lang"], lang))
            counts[lang] = {"corpus": len(corpus)}
            texts[lang] = texts_digest(
                (row["docid"], digest(row["title"] or "", row["text"]))
                for batch in corpus.select(["docid", "title", "text"]).to_batches(max_chunksize=DOCUMENTS_AT_ONCE)
                for row in batch.to_pylist()
            )
            _write_table(folder / f"corpus-{lang}" / "corpus.parquet", conform(corpus, DOCUMENT))
            split_of = dict(zip(corpus["docid"].to_pylist(), corpus["split"].to_pylist(), strict=True))
            splits = [split_of[ids[0]] for ids in of_lang["positive_ids"].to_pylist()]
            for split in SPLITS:
                rows = of_lang.filter(pa.array([name == split for name in splits], pa.bool_()))
                counts[lang][split] = len(rows)
                if len(rows):  # datasets refuses to load a split without rows
                    _write_table(folder / lang / f"{split}.parquet", conform(rows, PAIR))
        manifest = {
            "format": FORMAT,
            "counts": counts,
            "truncation": truncation_figures(pairs, documents),
            "texts": texts,
            "rows": {},
            **made_by,
        }
        manifest["rows"] = rows_digests(CuratedDataset(folder, manifest))
        write_text(folder / "README.md", render_card(manifest, pairs, documents))
        write_json(folder / "manifest.json", manifest)
    return CuratedDataset(path, manifest)


def texts_digest(documents: Iterable[tuple[str, str]]) -> str:
    """Return what identifies the texts of a corpus, from the id of each document and the digest of title and text."""
    return digest(sorted(documents))


def rows_digests(dataset: CuratedDataset) -> dict[str, str]:
    """Return for each table (ko/train, corpus-ko) what identifies its rows, but for texts and for what mining and
    teaching fill in later; the order of the rows does not matter.
    """
    digests: dict[str, str] = {}
    for lang in dataset.manifest["counts"]:
        for split in SPLITS:
            if dataset.pairs_file(lang, split).exists():
                rows = dataset.pair_rows(lang, split, [name for name in PAIR.names if name not in FILLED_LATER])
                digests[f"{lang}/{split}"] = digest(sorted(digest(row) for row in rows))
        rows = dataset.document_rows(lang, [name for name in DOCUMENT.names if name != "text"])
        digests[f"corpus-{lang}"] = digest(sorted(digest(row) for row in rows))
    return digests


def open_parquet(file: Path) -> pq.ParquetFile:
    """Open a file of a data set for reading in batches; raises `InputError` when it is missing or damaged.

    Damage inside it shows when the damaged page is read: in `reading`.
    """
    with reading(file):
        # Without pre_buffer: what is read ahead stays in memory until the file is closed, in the end all of it.
        return pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False)


@contextlib.contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn what the Parquet reader raises into an `InputError` that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file} is missing or damaged; remove the data set and run m3-curate run again") from error


def _read_table(file: Path, columns: list[str] | None = None) -> pa.Table:
    with open_parquet(file) as opened, reading(file):
        return opened.read(columns)


def _read_rows(file: Path, schema: pa.Schema, columns: Sequence[str], at_once: int) -> Iterator[dict[str, Any]]:
    record = pa.schema([schema.field(name) for name in columns])
    with open_parquet(file) as opened:
        batches = opened.iter_batches(at_once, columns=[n for n in columns if n in opened.schema_arrow.names])
        while True:
            with reading(file):
                batch = next(batches, None)
            if batch is None:
                return
            yield from conform(pa.Table.from_batches([batch]), record).to_pylist()


def _write_table(file: Path, table: pa.Table) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, compression="zstd", row_group_size=ROW_GROUP_ROWS, write_page_checksum=True)


def replace_pairs(
    dataset: CuratedDataset, tables: dict[tuple[str, str], pa.Table], note: dict[str, Any], out: Path | None = None
) -> CuratedDataset:
    """Give `dataset` other pairs, by language and split, and add `note` to its manifest and to its card.

    In place, every table is written beside its old one before the first is renamed, and the manifest comes last: a
    reader never sees half a table. With `out` the result is a data set there, complete or absent; files that stay as
    they are become hard links where the file system has them, and what was at `out` is replaced.
    """
    if out is not None:
        with atomic_folder(out) as folder:
            for file in sorted(dataset.path.rglob("*")):
                if file.is_file():
                    _link(file, folder / file.relative_to(dataset.path))
            replace_pairs(CuratedDataset(folder, dataset.manifest), tables, note)
        return load_curated(out)
    manifest = {**dataset.manifest, **note}
    with contextlib.ExitStack() as renames:
        for (lang, split), table in tables.items():
            file = renames.enter_context(atomic_path(dataset.path / lang / f"{split}.parquet"))
            _write_table(file, conform(table, PAIR))
    changed = CuratedDataset(dataset.path, manifest)
    pairs = [changed.pairs(lang, split) for lang in changed.languages for split in SPLITS]
    columns = [name for name in DOCUMENT.names if name != "text"]
    corpora = [changed.corpus(lang, columns) for lang in changed.languages]
    write_text(dataset.path / "README.md", render_card(manifest, pa.concat_tables(pairs), pa.concat_tables(corpora)))
    write_json(dataset.path / "manifest.json", manifest)
    return changed


def _link(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(file)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(file, target)
