"""The bootstrap by document: how often its 95 % interval holds the truth, and how long it takes beside a plain loop.

    python benchmarks/bootstrap.py [--questions 10000] [--trials 400]

In: nothing; questions are drawn whose two systems differ by nothing on average, while the questions of one document
share part of their difference. Out: on the screen, for several numbers of languages and documents, the share of trials
in which the interval holds 0, by document and with every question taken for itself; then the processor seconds of
10,000 resamples, ours and a plain loop's (timed on 100 of them).
"""

import argparse
import time

import numpy as np

from training.judging.bootstrap import RESAMPLES, compare_columns, resample_means

SHAPES = ((1, 5), (1, 10), (1, 30), (1, 100), (13, 5), (13, 30))  # languages, documents of each
TRIAL_RESAMPLES = 600


def draw_questions(generator: np.random.Generator, languages: int, documents: int) -> tuple[np.ndarray, ...]:
    """Return figures [questions, 2], languages and documents of 1 to 9 questions a document."""
    document = np.arange(languages * documents).repeat(generator.integers(1, 10, languages * documents))
    shared = generator.normal(0, 0.15, languages * documents)[document]
    before = np.clip(0.6 + generator.normal(0, 0.3, len(document)), 0, 1)
    after = before + shared + generator.normal(0, 0.2, len(document))
    return np.stack([before, after], axis=1), document % languages, document


def coverage(languages: int, documents: int, trials: int) -> tuple[float, float]:
    """Return how often the interval holds the true difference, 0: by document, and by question."""
    generator = np.random.default_rng(0)
    held = np.zeros(2)
    for trial in range(trials):
        values, language, document = draw_questions(generator, languages, documents)
        for place, clusters in enumerate((document, np.arange(len(document)))):
            found = resample_means(values, language, clusters, trial, TRIAL_RESAMPLES)
            one = compare_columns(found, 0, 1)["all"]
            assert one.low is not None and one.high is not None
            held[place] += one.low <= 0 <= one.high
    by_document, by_question = held / trials
    return float(by_document), float(by_question)


def plain_loop(values: np.ndarray, language: np.ndarray, document: np.ndarray, resamples: int) -> np.ndarray:
    """Return the mean over the languages in each resample [resamples, systems], the usual way."""
    generator = np.random.default_rng(0)
    rows_of = {name: np.flatnonzero(document == name) for name in np.unique(document)}
    names_of = [np.unique(document[language == lang]) for lang in np.unique(language)]
    means = np.empty((resamples, values.shape[1]))
    for number in range(resamples):
        drawn = [generator.choice(names, len(names) - 1) for names in names_of]
        rows = [np.concatenate([rows_of[name] for name in names]) for names in drawn]
        means[number] = np.mean([values[chosen].mean(axis=0) for chosen in rows], axis=0)
    return means


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=400)
    options = parser.parse_args()
    print(f"{'languages':>10}{'documents':>10}{'by document':>13}{'by question':>13}")
    for languages, documents in SHAPES:
        shares = coverage(languages, documents, options.trials)
        print(f"{languages:>10}{documents:>10}" + "".join(f"{share:>13.1%}" for share in shares))
    print(f"\n{'documents':>10}{'ours, s':>10}{'loop, s':>10}{'ratio':>8}   processor time, 7 systems, 13 languages")
    for per_document in (1, 5):
        generator = np.random.default_rng(0)
        document = np.arange(options.questions) // per_document
        values = generator.random((options.questions, 7))
        started = time.process_time()
        resample_means(values, document % 13, document)
        ours = time.process_time() - started
        started = time.process_time()
        plain_loop(values, document % 13, document, 100)
        loop = (time.process_time() - started) * RESAMPLES / 100
        print(f"{len(np.unique(document)):>10,}{ours:>10.2f}{loop:>10.1f}{loop / ours:>8.0f}")


if __name__ == "__main__":
    main()
