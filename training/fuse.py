"""`m3-train fuse`: which weights merge a model's scores best, and whether they are surely better than the paper's.

    report = fuse(FuseConfig(dataset=Path("run"), model="tuned"))

The dev questions are searched once; weights are then tried on what was found. The report is what stands in the JSON
file: `dense_sparse` and `all` hold the weights, whether their gain is sure, and the figures behind that; then what was
measured. Figures are nDCG@10 (0..1), the mean over the languages.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from data.errors import InputError, printable
from data.files import is_json_with
from training.collections.benchmarks import read_collections
from training.collections.collection import JudgedCollection
from training.collections.families import join_families, question_families
from training.evaluate_config import FuseConfig, check_reading
from training.judging.weights import ModeWeights, describe_weights, judge_weights, render_fusion
from training.searching.candidates import Candidates
from training.searching.corpus import SearchOptions
from training.searching.fusion import Fusion
from training.searching.index_folder import remove_index
from training.searching.model_search import ModelSearch, limits_of
from training.searching.saved_fusion import FUSION_FILE, SavedFusion, fusion_file, write_fusion
from training.searching.weights import FUSED_MODES, FusedMode, Trials, WeightSearch, deal_folds


def fuse(config: FuseConfig) -> dict[str, Any]:
    """Search the weights of both fusions, print what they gain, write them, and return what is written.

    Raises `InputError` for a data set or model that cannot be used, or where all questions belong together.
    """
    file = _check(config)
    options = SearchOptions(vector_bytes=int(config.keep_vectors_gb * 1e9))
    search = ModelSearch(config.model, limits_of(config), options, config.index or file.with_suffix(".index"))
    collections = read_collections(config.dataset, config.benchmark, config.split, config.languages, file.parent)
    langs = [collection.lang for collection in collections for _ in collection.queries]
    dataset = None if config.benchmark else config.dataset
    families = [family for collection in collections for family in question_families(dataset, collection)]
    folds = deal_folds(families, langs, config.folds, config.seed)
    if folds.max() == 0:
        raise InputError(
            f"{_source(config)}: all {len(langs)} questions of split {config.split} are about one document or its"
            " near-copies, so that weights cannot be judged on others; give a data set with more documents"
        )
    groups = join_families(families)
    found = _search(config, search, collections)
    over: Literal["long", "short"] = "short" if config.benchmark == "miracl" else "long"
    modes: dict[FusedMode, ModeWeights] = {}
    for mode in tqdm(FUSED_MODES, desc="weights", unit=" modes", leave=False):
        trials = Trials(mode, found, (search.options.merge_depth, search.options.rerank_depth))
        modes[mode] = judge_weights(WeightSearch(trials, langs, over), folds, groups, config.seed)
    learnt = frozenset(collection.digest for collection in collections)
    report = _write(config, file, modes, (search.encoder.model_digest, learnt), langs, groups)
    source = f"{_source(config)}, split {config.split}"
    print(printable(render_fusion(modes, len(langs), report["documents"], source, config.model)))
    print(f"written: {file}")
    return report


def _check(config: FuseConfig) -> Path:
    """Return the file that takes the weights; raises `InputError` for settings that cannot be used."""
    if config.dataset is None and config.benchmark is None:
        raise InputError("no questions: give --dataset FOLDER, or --benchmark mldr or miracl")
    check_reading(config)
    if config.folds < 2:
        raise InputError(
            f"--folds is {config.folds}; weights are chosen on some parts and judged on another: give 2 or more"
        )
    file = config.out or fusion_file(config.model)
    if file is None:
        raise InputError(f"{config.model} is no folder here; name a file for the weights: --out fusion.json")
    if file.is_dir():
        raise InputError(f"--out {file} is a folder; name a file, such as {file / 'fusion.json'}")
    if file.exists() and file.name != FUSION_FILE and not is_json_with(file, "dense_sparse"):
        raise InputError(f"--out {file} is a file that m3-train fuse did not write; name another")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {file}: its folder cannot be made ({error})") from error
    return file


def _source(config: FuseConfig) -> str:
    return str(config.dataset or config.benchmark)


def _search(
    config: FuseConfig, search: ModelSearch, collections: Sequence[JudgedCollection]
) -> list[tuple[Candidates, list[dict[int, int]]]]:
    """Return each collection's candidates with its judgements: document number -> relevance."""
    found = []
    for collection in tqdm(collections, desc="languages", unit="lang"):
        number_of = {docid: number for number, docid in enumerate(collection.docids)}
        judgements = [
            {number_of[docid]: grade for docid, grade in collection.qrels[name].items()}
            for name in collection.query_ids
        ]
        found.append((search.find(collection).candidates, judgements))
    if config.index is None:
        remove_index(search.index)
    return found


def _write(
    config: FuseConfig,
    file: Path,
    modes: dict[FusedMode, ModeWeights],
    marks: tuple[str, frozenset[str]],
    langs: Sequence[str],
    groups: np.ndarray,
) -> dict[str, Any]:
    two, three = (tuple(weight / 100 for weight in modes[mode].weights) for mode in FUSED_MODES)
    saved = SavedFusion(
        Fusion((two[0], two[1]), (three[0], three[1], three[2])),
        (modes["dense_sparse"].sure, modes["all"].sure),
        marks[0],
        modes["all"].over,
        marks[1],
    )
    about = {mode: describe_weights(chosen) for mode, chosen in modes.items()}
    more = {
        "model": config.model,
        "dataset": _source(config),
        "split": config.split,
        "questions": {lang: langs.count(lang) for lang in dict.fromkeys(langs)},
        "documents": int(groups.max()) + 1,
        "max_length": config.max_length,
        "mcls": config.mcls,
        "seed": config.seed,
    }
    return write_fusion(file, saved, about | more)
