"""How work runs on this machine: parts in a process pool, and stages that are either complete or not there.

A stage's folder holds its table, what it set aside, and a manifest that is written last: input, configuration and
counts. A stage whose manifest matches is not done again; a part of a stage that is done is not done again either.
"""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from data.errors import InputError, RunError
from data.files import atomic_path, digest, write_json
from data.records import REJECT, conform


@dataclass(frozen=True)
class StageOutput:
    """What a stage made: its table, what it set aside, and its manifest."""

    table: pa.Table
    rejects: pa.Table
    manifest: dict[str, Any]

    @property
    def digest(self) -> str:
        """Identifies what the stage made; the next stage records it as its input."""
        return str(self.manifest["digest"])


@dataclass(frozen=True)
class Stage:
    """A step of the pipeline: what it makes, from what, with which configuration."""

    name: str
    schema: pa.Schema
    config: dict[str, Any]
    seed: int
    input_digest: str


def run_stage(
    folder: Path, stage: Stage, work: Callable[[], tuple[pa.Table, pa.Table]], overwrite: bool
) -> StageOutput:
    """Return the finished output of `stage` in `folder`, or do its `work`, which returns (table, rejects), and write
    it.

    Raises `InputError` when the folder holds the stage with another configuration or input, unless `overwrite`.
    """
    check_stage(folder, stage, overwrite)
    finished = read_stage(folder)
    if finished and _matches(finished.manifest, stage):
        return finished
    started = time.monotonic()
    (folder / "manifest.json").unlink(missing_ok=True)
    table, rejects = work()
    table, rejects = conform(table, stage.schema), conform(rejects, REJECT)
    for name, content in (("table", table), ("rejects", rejects)):
        with atomic_path(folder / f"{name}.parquet") as temporary:
            pq.write_table(content, temporary, compression="zstd", row_group_size=1000)
    manifest = {
        "stage": stage.name,
        "input": stage.input_digest,
        "config": stage.config,
        "seed": stage.seed,
        "digest": digest(stage.name, stage.config, stage.seed, stage.input_digest, table_digest(table)),
        "rows": len(table),
        "rows_by_language": dict(sorted(Counter(table["lang"].to_pylist()).items())),
        "set_aside": len(rejects),
        "reasons": dict(Counter(rejects["reason"].to_pylist()).most_common()),
        "seconds": round(time.monotonic() - started, 2),
    }
    write_json(folder / "manifest.json", manifest)
    return StageOutput(table, rejects, manifest)


def check_stage(folder: Path, stage: Stage, overwrite: bool) -> None:
    """Raise `InputError` if `folder` holds this stage made with another configuration, input or seed, unless
    `overwrite`.
    """
    file = folder / "manifest.json"
    if overwrite or not file.exists():
        return
    manifest = json.loads(file.read_text(encoding="utf-8"))
    if _matches(manifest, stage):
        return
    before, now = {**manifest["config"], "seed": manifest["seed"]}, {**stage.config, "seed": stage.seed}
    changed = [
        f"{key} was {before.get(key)}, now {now.get(key)}"
        for key in sorted(before | now)
        if before.get(key) != now.get(key)
    ]
    raise InputError(
        f"{folder} was made with another {'configuration: ' + '; '.join(changed) if changed else 'input'}. "
        "Choose another --out, or --overwrite to do this stage and those after it again "
        "(answers that were paid for are kept)"
    )


def read_stage(folder: Path) -> StageOutput | None:
    """Return what a finished stage made, or None if it is not finished."""
    file = folder / "manifest.json"
    if not file.exists():
        return None
    manifest = json.loads(file.read_text(encoding="utf-8"))
    return StageOutput(pq.read_table(folder / "table.parquet"), pq.read_table(folder / "rejects.parquet"), manifest)


def _matches(manifest: dict[str, Any], stage: Stage) -> bool:
    return (manifest["config"], manifest["seed"], manifest["input"]) == (stage.config, stage.seed, stage.input_digest)


def table_digest(table: pa.Table) -> str:
    """Return a digest of the rows, whatever the chunks they stand in."""
    return digest([digest(row) for row in table.to_pylist()])


def map_parts(work: Callable[..., None], calls: Sequence[tuple[Any, ...]], workers: int, label: str) -> None:
    """Call `work(*call)` for each call, in `workers` processes, behind a progress bar; the first error stops the
    others.

    Each call writes a file of its own, so what is finished stays finished when the run is stopped. Raises `RunError`
    when a process dies.
    """
    bar = tqdm(total=len(calls), desc=label, unit="file", disable=not calls)
    with bar:
        if workers <= 1 or len(calls) <= 1:
            for call in calls:
                work(*call)
                bar.update()
            return
        # Spawned, not forked: tokenizers and Arrow hold threads. Ctrl-C is the parent's to handle.
        context = get_context("spawn")
        others = set(active_children())
        with ProcessPoolExecutor(min(workers, len(calls)), context, _start_worker) as pool:
            futures = [pool.submit(work, *call) for call in calls]
            try:
                for future in as_completed(futures):
                    future.result()
                    bar.update()
            except BaseException as error:
                pool.shutdown(wait=False, cancel_futures=True)
                for child in set(active_children()) - others:  # what they are at is done again: do not wait for it
                    child.terminate()
                if isinstance(error, BrokenProcessPool):
                    raise RunError(
                        f"a process died while {label}, perhaps for want of memory; run the same command again to go "
                        "on, with fewer --workers"
                    ) from error
                raise


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is killed: the pool's own queue would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def follow() -> None:
        parent = parent_process()
        assert parent
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def progress(rows: Iterable[Any], label: str, unit: str, total: int | None = None) -> Iterable[Any]:
    """Return `rows` behind a progress bar with a rate and the time left."""
    return tqdm(rows, desc=label, unit=unit, total=total, mininterval=0.5)
