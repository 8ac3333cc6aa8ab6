"""Where `m3-train mine` and `m3-train teach` write: the data set itself or a copy, and a folder of work beside it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.dataset import CuratedDataset, load_curated, replace_pairs
from data.errors import InputError
from data.records import PAIR
from training.batching.examples import table_marks
from training.mine_config import MineConfig, TeachConfig
from training.mining.questions import QuestionGroup, read_groups
from training.mining.window_encoder import WindowLimits


@dataclass(frozen=True)
class Target:
    """An open data set, the folder that takes the result (None: itself), and the folder of work that may be resumed."""

    dataset: CuratedDataset
    out: Path | None
    work: Path


def open_target(config: MineConfig | TeachConfig) -> Target:
    """Open the data set of `config`; raises `InputError` when --out is in use or is the data set itself."""
    dataset = load_curated(config.dataset)
    out = None if config.out is None else config.out / "dataset"
    if out is not None:
        for one, other in ((out, dataset.path), (dataset.path, out)):
            if one.resolve().is_relative_to(other.resolve()):
                raise InputError(f"--out {config.out} would write into --dataset {config.dataset}; give another folder")
        if out.exists() and not config.overwrite:
            raise InputError(f"{out} exists; give another --out, or --overwrite to replace it")
    path = out or dataset.path
    path = path.resolve()
    return Target(dataset, out, config.cache or path.with_name(f"{path.name}-mining"))


def open_groups(target: Target, config: MineConfig | TeachConfig, column: str) -> list[QuestionGroup]:
    """Return the questions that `config` asks for.

    Raises `InputError` when there are none, and when `column` is filled already and --overwrite is not given.
    """
    groups = read_groups(target.dataset, config.languages, config.splits)
    for group in groups:
        filled = sum(bool(cell) for cell in group.pairs[column].to_pylist())
        if filled and not config.overwrite:
            raise InputError(
                f"{filled} of {len(group.pairs)} questions in {target.dataset.path}, {group.name}, have {column}"
                " already; give --overwrite to replace them"
            )
    return groups


def check_reading(config: MineConfig | TeachConfig) -> None:
    """Raise `InputError` for lengths and shares that cannot be read with."""
    for name in ("max_length", "max_query_length", "sub_batch_tokens"):
        value = getattr(config, name)
        if value is not None and value < 4:
            raise InputError(f"--{name.replace('_', '-')} is {value}; give at least 4 tokens")
    if not 0 <= config.overlap <= 0.9:  # written so that nan is refused too
        raise InputError(f"--overlap is {config.overlap}; it is a share of a window, from 0 to 0.9")


def window_limits(config: MineConfig | TeachConfig, max_length: int) -> WindowLimits:
    """Return how an M3 reads under `config`, in windows of `max_length` tokens."""
    return WindowLimits(
        max_length=max_length,
        max_query_length=min(config.max_query_length, max_length),
        overlap=config.overlap,
        sub_batch_tokens=config.sub_batch_tokens,
        bf16=config.bf16,
    )


def corpus_mark(group: QuestionGroup) -> list[Any]:
    """Return what identifies the documents of a group, whatever becomes of its questions."""
    return [group.lang, group.split, *table_marks(group.dataset.corpus_file(group.lang))]


def with_columns(pairs: pa.Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Return `pairs` (`records.PAIR`) with other values in some columns."""
    for name, values in columns.items():
        place = PAIR.get_field_index(name)
        pairs = pairs.set_column(place, PAIR.field(name), pa.array(values, PAIR.field(name).type))
    return pairs


def write_back(target: Target, tables: dict[tuple[str, str], pa.Table], note: dict[str, Any]) -> None:
    """Write the changed pairs and the manifest's new entries."""
    replace_pairs(target.dataset, tables, note, target.out)


def plain_settings(config: MineConfig | TeachConfig) -> dict[str, Any]:
    """Return the settings as JSON holds them, without the places on this machine; an endless number becomes a word."""
    places = ("dataset", "out", "cache", "overwrite")
    return {name: _plain(value) for name, value in dataclasses.asdict(config).items() if name not in places}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return str(value) if isinstance(value, Path) else value
