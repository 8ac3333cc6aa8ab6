"""How often `m3-train fuse` is sure of a gain, where the best weights are known: invented scores, many data sets.

    PYTHONPATH=. python benchmarks/fusion_weights.py [--data-sets 100] [--questions 200]

The heads' scores of a question's documents are normal noise; those of the relevant one are raised by a head's strength,
and by an amount that the questions of a document share. Then the best weights are proportional to the strengths. Out: a
table, a row for each strengths: how often the found weights were called surely better and surely worse than the
paper's, and their mean gain, on other questions and on those that they were chosen on (which flatters).
"""

import argparse
from collections.abc import Sequence

import numpy as np

from training.judging.weights import ModeWeights, judge_weights
from training.searching.candidates import Candidates
from training.searching.weights import Trials, WeightSearch, deal_folds

DOCUMENTS, QUESTIONS_PER_DOCUMENT, FOLDS = 30, 5, 5
STRENGTH, SHARED = 3.0, 0.7
SITUATIONS = {
    "the paper's weights are the best": (0.15, 0.5, 0.35),
    "others are a little better": (0.3, 0.35, 0.35),
    "others are much better": (0.5, 0.2, 0.3),
}


def one_data_set(strengths: Sequence[float], questions: int, seed: int) -> ModeWeights:
    """Return what is found on one invented data set of two languages."""
    generator = np.random.default_rng(seed)
    documents = np.arange(questions) // QUESTIONS_PER_DOCUMENT  # [Q]
    shared = SHARED * generator.normal(size=(documents.max() + 1, 3))
    scores = generator.normal(size=(questions, 3, DOCUMENTS))
    scores[:, :, 0] += STRENGTH * np.array(strengths) + shared[documents]
    scores[:, 1] += 10  # a sparse score of 0 means that nothing is shared
    candidates = Candidates([np.arange(DOCUMENTS, dtype=np.int32)] * questions, list(scores.astype(np.float32)))
    langs = ["en" if document % 2 else "ko" for document in documents]
    folds = deal_folds([frozenset([str(document)]) for document in documents], langs, FOLDS, seed)
    trials = Trials("all", [(candidates, [{0: 1}] * questions)])
    return judge_weights(WeightSearch(trials, langs), folds, documents, seed)


def main() -> None:
    """Read the command line, try every situation, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-sets", type=int, default=100)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    print(f"{options.data_sets} data sets of {options.questions} questions, nDCG@10 in points")
    print(f"{'':<34}{'surely better':>14}{'surely worse':>14}{'gain':>8}{'flattering':>12}")
    for name, strengths in SITUATIONS.items():
        found = [one_data_set(strengths, options.questions, seed) for seed in range(options.data_sets)]
        better = np.mean([each.sure for each in found])
        worse = np.mean([(each.gains["all"].high or 0) < 0 for each in found])
        gain = 100 * np.mean([each.gains["all"].value for each in found])
        flattering = 100 * np.mean([each.figures["found"] - each.figures["long"] for each in found])
        print(f"{name:<34}{better:>14.0%}{worse:>14.0%}{gain:>+8.1f}{flattering:>+12.1f}")


if __name__ == "__main__":
    main()
