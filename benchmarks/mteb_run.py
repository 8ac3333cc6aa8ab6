"""mteb's tasks with one of our models, in the modes that are asked for; mteb's figures beside `m3-train evaluate`'s.

    pip install -c constraints.txt mteb
    python benchmarks/mteb_run.py --model tuned --mode all --tasks MultiLongDocRetrieval --languages kor --out results
    python benchmarks/mteb_run.py --model tuned --local FOLDER --out results

--tasks are mteb's, which it fetches from the Hugging Face hub. --local is a test collection on disk, as `m3-train
evaluate --dataset` takes it: it becomes an mteb task with a subset for each language, and each figure is printed beside
that of `m3-train evaluate`; where they differ by more than 1e-6 the exit status is 1. mteb rounds what it writes to
five digits, so that the task hands out its nDCG@10 unrounded as well. The mode sentence_transformers is mteb's own way
with such a model, dense: what `mteb run -m owner/name` does with one on the hub (it takes no folders). Results go to
OUT in mteb's layout, encoded documents to OUT/index, so that a further mode does not encode them again.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, get_args

import datasets

try:
    import mteb
    from mteb.abstasks import AbsTaskRetrieval
    from mteb.abstasks.task_metadata import TaskMetadata
    from mteb.cache import ResultCache
    from sentence_transformers import SentenceTransformer
except ModuleNotFoundError as error:
    sys.exit(f"{error}; pip install -c constraints.txt 'mteb>=2.26'")

from data.errors import RunError, run_command
from data.files import digest
from training.collections.collection import JudgedCollection
from training.collections.read import read_judged
from training.evaluate import evaluate
from training.evaluate_config import EvaluateConfig
from training.mteb_search import M3Search, Mode

UNROUNDED = "ndcg_at_10_unrounded"
PLAIN = "sentence_transformers"


def main() -> None:
    """Run the tasks, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="folder or hub id")
    parser.add_argument("--mode", nargs="+", choices=(*get_args(Mode), PLAIN), default=get_args(Mode))
    parser.add_argument("--tasks", nargs="+", default=[])
    parser.add_argument("--languages", nargs="+", default=None, help="mteb's codes, such as kor")
    parser.add_argument("--local", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-length", type=int, default=EvaluateConfig.max_length)
    parser.add_argument("--max-query-length", type=int, default=EvaluateConfig.max_query_length)
    parser.add_argument("--window", choices=["head", "all"], default=EvaluateConfig.window)
    parser.add_argument("--mcls", type=int, default=EvaluateConfig.mcls)
    options = parser.parse_args()
    if not options.tasks and options.local is None:
        parser.error("give --tasks or --local")
    if PLAIN in options.mode and (options.mcls is not None or options.window == "all"):
        parser.error(f"--mode {PLAIN} reads the beginning, without CLS between; leave --mcls and --window out")
    reading = {name: getattr(options, name) for name in ("max_length", "max_query_length", "mcls", "window")}
    tasks = list(mteb.get_tasks(tasks=options.tasks, languages=options.languages)) if options.tasks else []
    ours: dict[str, dict[str, dict[str, float]]] = {}
    if options.local is not None:
        tasks.append(local_task(read_judged(options.local), str(options.local)))
        ours = our_figures(options.model, options.local, reading)
    found = []
    for mode in options.mode:
        if mode == PLAIN:
            searcher: Any = SentenceTransformer(options.model)
            searcher.max_seq_length = options.max_length
        else:
            searcher = M3Search(options.model, mode, index=options.out / "index", **reading)
        # A comparison is one of two measurements, not of a measurement and a cache.
        overwrite = "always" if ours else "only-missing"
        result = mteb.evaluate(searcher, tasks, cache=ResultCache(options.out), overwrite_strategy=overwrite)
        found += [
            figures(mode, row, ours.get("dense" if mode == PLAIN else mode, {}))
            for task in result.task_results
            for row in subsets(task)
        ]
    apart = [print_figures(row) for row in found]
    if any(apart):
        raise RunError("mteb's figures are not those of m3-train evaluate")


def subsets(task: Any) -> list[dict[str, Any]]:
    """Return the scores of each subset of an mteb task's result, with the task's name."""
    return [{"task": task.task_name, **row} for rows in task.scores.values() for row in rows]


def figures(mode: str, row: dict[str, Any], ours: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return what is printed of a subset: mteb's nDCG@10, and that of `m3-train evaluate` where the task is local."""
    theirs = row.get(UNROUNDED, row["ndcg_at_10"])
    own = ours[row["hf_subset"]]["ndcg@10"] if UNROUNDED in row else None
    return {"task": row["task"], "subset": row["hf_subset"], "mode": mode, "mteb": theirs, "ours": own}


def print_figures(row: dict[str, Any]) -> bool:
    """Print a row; return whether the two figures differ."""
    start = f"{row['task']:24} {row['subset']:8} {row['mode']:21} mteb {row['mteb']:.7f}"
    if row["ours"] is None:
        print(start)
        return False
    apart = abs(row["mteb"] - row["ours"])
    print(f"{start}  m3-train evaluate {row['ours']:.7f}  apart {apart:.1e}")
    return apart > 1e-6


def our_figures(model: str, folder: Path, reading: dict[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Return what `m3-train evaluate` measures: mode -> language -> metric -> value."""
    with tempfile.TemporaryDirectory() as temporary:
        config = EvaluateConfig(model=model, dataset=folder, out=Path(temporary) / "metrics.json", **reading)
        return evaluate(config)["metrics"]


def local_task(collections: list[JudgedCollection], path: str) -> AbsTaskRetrieval:
    """Return an mteb retrieval task with a subset for each of the collections."""

    class LocalRetrieval(AbsTaskRetrieval):
        metadata = TaskMetadata(
            name="LocalRetrieval",
            description="A test collection on disk.",
            dataset={"path": path, "revision": digest([each.digest for each in collections])},
            type="Retrieval",
            eval_splits=["test"],
            eval_langs={each.lang: ["und-Zyyy"] for each in collections},
            main_score="ndcg_at_10",
        )

        def load_data(self, num_proc: int | None = None, **_: Any) -> None:
            self.dataset = {each.lang: {"test": split_of(each)} for each in collections}
            self.data_loaded = True

        def task_specific_scores(self, scores: Any, *_: Any, **__: Any) -> dict[str, float]:
            values = [row["ndcg_cut_10"] for row in scores.values()]
            return {UNROUNDED: sum(values) / len(values)}

    return LocalRetrieval()


def split_of(collection: JudgedCollection) -> dict[str, Any]:
    """Return a collection as mteb holds one."""
    return {
        "corpus": datasets.Dataset.from_dict({"id": collection.docids, "text": list(collection.texts)}),
        "queries": datasets.Dataset.from_dict({"id": collection.query_ids, "text": collection.queries}),
        "relevant_docs": collection.qrels,
        "top_ranked": None,
    }


if __name__ == "__main__":
    sys.exit(run_command(main))
