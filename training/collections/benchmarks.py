"""Public benchmarks by name, each read from its own files: fetched from the hub, or a local copy of them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from data.errors import InputError
from training.collections.collect import require_questions
from training.collections.collection import JudgedCollection
from training.collections.miracl import read_miracl
from training.collections.mkqa import read_mkqa
from training.collections.mldr import read_mldr
from training.collections.narrativeqa import read_narrativeqa
from training.collections.read import read_judged
from training.evaluate_config import Benchmark

_READERS: dict[Benchmark, Callable[[Path | None, str, Sequence[str], Path | None], list[JudgedCollection]]] = {
    "mldr": read_mldr,
    "miracl": read_miracl,
    "mkqa": read_mkqa,
    "narrativeqa": read_narrativeqa,
}


def read_collections(
    dataset: Path | None, benchmark: Benchmark | None, split: str, languages: Sequence[str], work: Path
) -> list[JudgedCollection]:
    """Return the collections that a command asks for: of the benchmark where one is named, else of the data set."""
    if benchmark:
        return read_benchmark(benchmark, dataset, split, languages, work)
    assert dataset is not None
    return read_judged(dataset, split, languages, work)


def read_benchmark(
    name: Benchmark, path: Path | None, split: str, languages: Sequence[str] = (), work: Path | None = None
) -> list[JudgedCollection]:
    """Return the benchmark's collections, sorted by language; only those of `languages` where any are given.

    `path` holds a copy of its files under their own names; None: they are fetched from the hub. The texts are kept as
    `training.collections.read.read_judged` keeps them. Raises `InputError` when files are missing, broken or not given
    to this user, or when an asked language is absent, `RunError` when the hub cannot be reached or texts find no room.
    """
    if path is not None and not path.is_dir():
        raise InputError(f"there is no folder {path}; leave --dataset away, and {name} is fetched from the hub")
    return require_questions(_READERS[name](path, split, languages, work), str(path or name))
