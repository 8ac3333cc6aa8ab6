"""A run's folder: one process at a time, the recorded configuration, and the stages' folders in it."""

import contextlib
import dataclasses
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.benchmark_texts import find_benchmark_files
from curation.config import RunConfig
from curation.engine import Stage, StageOutput, check_stage, run_stage
from curation.generate import check_generator
from curation.judge import check_judge
from curation.language import LANGUAGES
from curation.recorded import check_config, read_recorded
from data.errors import InputError
from data.files import write_json


@contextlib.contextmanager
def open_run(config: RunConfig) -> Iterator[None]:
    """Hold the run's folder: make it, record the configuration in it, and keep other processes out.

    Raises `InputError` if the folder holds something else, or another process works in it.
    """
    check_config(config)
    check_generator(config.generate)
    check_judge(config.judge, config.generate)
    find_benchmark_files(config.split.decontaminate)  # now, not after hours of reading
    unknown = sorted(set(config.sample.languages) - LANGUAGES)
    if unknown:
        raise InputError(f"unknown language {', '.join(unknown)}: --languages takes ISO codes such as en, ko, zh")
    if config.out.is_file():
        raise InputError(f"{config.out} is a file; --out takes a folder")
    if not read_recorded(config.out) and config.out.is_dir() and not all(map(_is_ours, config.out.iterdir())):
        raise InputError(f"{config.out} is not empty and holds no run of m3-curate; choose another --out")
    config.out.mkdir(parents=True, exist_ok=True)
    with (config.out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"another process is working in {config.out}; wait for it, or choose another --out"
            ) from None
        for leftover in (*config.out.glob(".*.tmp"), *config.out.glob("stages/*/**/.*.tmp")):  # of a killed process
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        if config.overwrite or not (config.out / "config.json").exists():
            write_json(config.out / "config.json", as_json(config))
        yield


def _is_ours(file: Path) -> bool:
    """Return whether a killed process may have left `file` in a folder before it recorded its configuration there."""
    return file.name == ".lock" or (file.name.startswith(".config.json.") and file.name.endswith(".tmp"))


def do_stage(config: RunConfig, stage: Stage, work: Callable[[], tuple[pa.Table, pa.Table]]) -> StageOutput:
    """Run `stage` in its folder, and record its part of the configuration, which later commands then start from."""
    folder, file = stage_folder(config, stage.name), config.out / "config.json"
    overwrite = config.overwrite or (config.generate.retry_failed and stage.name in ("filter", "dedup", "judge"))
    check_stage(folder, stage, overwrite)
    recorded, asked = json.loads(file.read_text(encoding="utf-8")), as_json(config)
    now = {**recorded, **{key: asked[key] for key in ("seed", stage.name) if key in asked}}
    if now != recorded:
        write_json(file, now)
    return run_stage(folder, stage, work, overwrite)


def as_json(config: RunConfig) -> dict[str, Any]:
    """Return the configuration as it is kept in DIR/config.json."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config), default=str))
    # What concerns one command only is not what later ones start from.
    del plain["out"], plain["overwrite"], plain["generate"]["batch"], plain["generate"]["retry_failed"]
    return plain


def stage_folder(config: RunConfig, name: str) -> Path:
    """Return the folder of a stage."""
    return config.out / "stages" / name


def ledger_path(config: RunConfig) -> Path:
    """Return the file that keeps the paid answers."""
    return config.generate.ledger or config.out / "ledger.sqlite"
