"""The folder of a run of `m3-train fit`: whose it is, whether it is finished, and what goes when it is.

run.json       while it runs: settings and versions, compared when the command comes again
fit.json       written last; with it the run is finished
checkpoints/, documents.arrow   while it runs
runs/          what TensorBoard shows; stays
"""

import json
import shutil
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.files import write_json
from training.config import FitConfig
from training.running.checkpoints import last_checkpoint

RESULT, RUN, CURVES = "fit.json", "run.json", "curves.png"
CHECKPOINTS, TOKENISED_DOCUMENTS, EVENTS = "checkpoints", "documents.arrow", "runs"


def open_folder(config: FitConfig, about: dict[str, Any]) -> dict[str, Any] | None:
    """Make `config.out` ready to train in; return what fit.json holds when this very training is done already.

    `about` describes the run; its `settings` decide whether what lies in the folder is the same training. Raises
    `InputError` for a folder that holds another training, or something else.
    """
    out, settings = config.out, about["settings"]
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; give a folder")
    if config.overwrite and out.exists():
        _check_spares_input(config)
        shutil.rmtree(out)
    held = {name: _read_record(out / name) for name in (RESULT, RUN) if (out / name).exists()}
    if held and RESULT not in held and last_checkpoint(out / CHECKPOINTS) is None and held[RUN]["settings"] != settings:
        clean_folder(out)  # that training never got as far as a checkpoint: nothing to go on from, nothing to lose
        shutil.rmtree(out / EVENTS, ignore_errors=True)
        held = {}
    if not held:
        if out.exists() and any(out.iterdir()):
            raise InputError(
                f"{out} is not empty and holds no training; give another --out, or --overwrite to replace it"
            )
        write_json(out / RUN, about)
        return None
    was = next(iter(held.values()))["settings"]
    differences = [
        f"{name} was {was.get(name)}, is {settings.get(name)}"
        for name in sorted(was.keys() | settings.keys())
        if was.get(name) != settings.get(name)
    ]
    if differences:
        raise InputError(
            f"{out} holds a training with other settings ({'; '.join(differences)}); give another --out, or --overwrite"
            " to start anew"
        )
    if RESULT in held:
        clean_folder(out)  # a run that was killed between its last file and this
    return held.get(RESULT)


def read_found(out: Path) -> int | None:
    """Return the sub-batch in tokens that `write_found` kept with a run that is under way; None: nothing yet."""
    found: int | None = _read_record(out / RUN).get("found_sub_batch_tokens")
    return found


def write_found(out: Path, tokens: int) -> None:
    """Keep the sub-batch in tokens that was found for a run: going on with another would not end alike to the bit."""
    write_json(out / RUN, _read_record(out / RUN) | {"found_sub_batch_tokens": tokens})


def clean_folder(out: Path) -> None:
    """Remove what a run needs only while it runs."""
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    (out / TOKENISED_DOCUMENTS).unlink(missing_ok=True)
    (out / RUN).unlink(missing_ok=True)


def _check_spares_input(config: FitConfig) -> None:
    for name, path in (("--model", Path(config.model)), ("--dataset", config.dataset)):
        if path.exists() and path.resolve().is_relative_to(config.out.resolve()):
            raise InputError(
                f"--overwrite would delete {name} {path}, which lies in --out {config.out}; give another --out"
            )


def _read_record(file: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        record["settings"].keys()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is not what m3-train fit wrote; give another --out, or --overwrite") from error
    return record
