"""The weights that `m3-train fuse` found, beside the model whose scores they merge: MODEL/fusion.json.

    write_fusion(file, saved, about)
    saved = read_fusion(file)                                   # SavedFusion; None where there is no such file
    fusion, origin = choose_fusion(weights, "saved", model, model_digest)

A mode's weights say whether their gain over the paper's is sure. Where it is not, the paper's are used.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from data.errors import InputError
from data.files import write_json
from training.searching.fusion import PAPER_LONG, PAPER_SHORT, Fusion, fusion_of

FUSION_FILE = "fusion.json"
PAPER = {"long": PAPER_LONG, "short": PAPER_SHORT}


@dataclass(frozen=True)
class SavedFusion:
    """Weights that were found on dev questions, and in which modes they are surely better than the paper's."""

    found: Fusion
    sure: tuple[bool, bool]  # dense+sparse, all three
    model_digest: str  # of the model whose scores they merge
    paper: Literal["long", "short"] = "long"  # which of the paper's weights they were held against

    def over(self, paper: Fusion) -> Fusion:
        """Return the found weights where their gain is sure, those of `paper` elsewhere."""
        two, three = self.sure
        return Fusion(self.found.dense_sparse if two else paper.dense_sparse, self.found.all if three else paper.all)


def fusion_file(model: str) -> Path | None:
    """Return where the weights of a model stand; None for a model that is no local folder."""
    return Path(model) / FUSION_FILE if Path(model).is_dir() else None


def write_fusion(file: Path, saved: SavedFusion, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write `saved` to `file` and return what is written.

    `about` says more of `dense_sparse` and `all`, and under other names of the search.
    """
    modes = {"dense_sparse": saved.found.dense_sparse, "all": saved.found.all}
    rows: dict[str, Any] = {
        mode: {"weights": list(weights), "sure": sure, **about.get(mode, {})}
        for (mode, weights), sure in zip(modes.items(), saved.sure, strict=True)
    }
    more = {name: value for name, value in about.items() if name not in rows}
    held = rows | {"model_digest": saved.model_digest, "over": saved.paper} | more
    write_json(file, held)
    return held


def read_fusion(file: Path) -> SavedFusion | None:
    """Return what `write_fusion` wrote; None where there is no such file.

    Raises `InputError` that names file and field where something else stands there.
    """
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _broken(file, f"it cannot be read as JSON ({error})") from error
    if not isinstance(held, dict):
        raise _broken(file, "it holds no JSON object")
    two, three = (_mode(file, held, mode, heads) for mode, heads in (("dense_sparse", 2), ("all", 3)))
    mark = held.get("model_digest")
    if not isinstance(mark, str):
        raise _broken(file, f"model_digest is {mark!r:.60}, not a text")
    over = held.get("over")
    if over not in ("long", "short"):
        raise _broken(file, f"over is {over!r:.60}, neither long nor short")
    return SavedFusion(
        Fusion((two[0][0], two[0][1]), (three[0][0], three[0][1], three[0][2])), (two[1], three[1]), mark, over
    )


def _mode(file: Path, held: dict[str, Any], mode: str, heads: int) -> tuple[list[float], bool]:
    row = held.get(mode)
    if not isinstance(row, dict):
        raise _broken(file, f"{mode} is {row!r:.60}, not a JSON object")
    weights, sure = row.get("weights"), row.get("sure")
    if (
        not isinstance(weights, list)
        or len(weights) != heads
        or not all(type(each) in (int, float) for each in weights)
        or not are_weights(weights)
    ):
        raise _broken(file, f"{mode}.weights is {weights!r:.60}, not {heads} numbers of 0 or more, one above 0")
    if not isinstance(sure, bool):
        raise _broken(file, f"{mode}.sure is {sure!r:.60}, neither true nor false")
    return [float(each) for each in weights], sure


def _broken(file: Path, what: str) -> InputError:
    return InputError(f"{file} is not what m3-train fuse wrote: {what}; write it anew with m3-train fuse, or remove it")


def are_weights(weights: "list[float] | tuple[float, ...]") -> bool:
    """Return whether scores can be merged with these."""
    return all(0 <= weight < math.inf for weight in weights) and any(weights)


def choose_fusion(
    weights: tuple[float, float, float] | None,
    name: str,
    model: str | None,
    model_digest: str,
    paper: Literal["long", "short"] = "long",
) -> tuple[Fusion, str]:
    """Return the fusion that was asked for, and in words where it comes from.

    `weights` go before everything; `name` is "long" or "short" (the paper's), "saved" (beside the model, as far as they
    are surely better than the paper's, else those of `paper`) or a file of `m3-train fuse`, which is followed. Raises
    `InputError` for a file that is absent or broken.
    """
    if weights:
        return fusion_of(weights), "--weights"
    if name in PAPER:
        return PAPER[name], f"the paper's for {name} documents"
    if name != "saved":
        saved = read_fusion(Path(name))
        if saved is None:
            raise InputError(f"--fusion {name}: no such file; give saved, long, short, or a file of m3-train fuse")
        return saved.found, name
    file = fusion_file(model) if model else None
    saved = read_fusion(file) if file else None
    default = f"the paper's for {paper} documents"
    if saved is None:
        return PAPER[paper], default
    if saved.model_digest != model_digest:
        return PAPER[paper], f"{default}; {file} was made for other weights of the model"
    if saved.paper != paper:
        return PAPER[paper], f"{default}; {file} was held against the paper's for {saved.paper} documents"
    if not any(saved.sure):
        return PAPER[paper], f"{default}; {file} found none that are surely better"
    if all(saved.sure):
        return saved.over(PAPER[paper]), str(file)
    mode, other = ("dense+sparse", "all") if saved.sure[0] else ("all", "dense+sparse")
    return saved.over(PAPER[paper]), f"{mode}: {file}; {other}: {default}"


def fusion_record(fusion: Fusion, origin: str) -> dict[str, Any]:
    """Return what a report says of the weights that were used."""
    return {"dense_sparse": list(fusion.dense_sparse), "all": list(fusion.all), "from": origin}


def describe_fusion(record: Mapping[str, Any]) -> str:
    """Return a line that says which weights were used and where they come from."""
    two, three = (" ".join(f"{weight:g}" for weight in record[mode]) for mode in ("dense_sparse", "all"))
    return f"weights of dense+sparse {two}, of all {three} ({record['from']})"
