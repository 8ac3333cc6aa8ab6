"""Queries without an LLM: the keywords of a passage's most informative sentence (an inverse cloze task, as in
unsupervised pre-training).

A unit is a word, or two neighbouring characters in scripts without spaces. A unit is informative if few passages of its
language have it.
"""

import math
import random
from collections import Counter, defaultdict

import pyarrow as pa
import regex

from data.text import UNSPACED, normalise

_RUN = regex.compile(rf"[{UNSPACED}]+|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]+", regex.V1)
_UNSPACED_START = regex.compile(rf"[{UNSPACED}]")
_LETTER = regex.compile(r"\p{L}")
_SENTENCE = regex.compile(r"[^.!?؟।。！？\n]+[.!?؟।。！？]*")
KEYWORDS = 6
KEYWORDS_UNSPACED = 10  # pairs of characters, which overlap and merge
MIN_UNITS = 4
OTHER_SHARE = 0.5  # of the sentence's other units come along

Unit = tuple[int, int, str]  # start, end, normal form


def extract_queries(passages: pa.Table) -> list[tuple[str, str]]:
    """Return (query, sentence it was made of) for each passage; two empty strings for one without a usable sentence."""
    texts, langs, docids = (passages[name].to_pylist() for name in ("text", "lang", "docid"))
    vocabularies: dict[tuple[str, str], set[str]] = defaultdict(set)
    for text, lang, docid in zip(texts, langs, docids, strict=True):
        vocabularies[lang, docid].update(form for _, _, form in find_units(text))
    frequencies: dict[str, Counter[str]] = defaultdict(Counter)
    for (lang, _), vocabulary in vocabularies.items():
        frequencies[lang].update(vocabulary)
    sizes = Counter(lang for lang, _ in vocabularies)
    return [_best_query(text, frequencies[lang], sizes[lang]) for text, lang in zip(texts, langs, strict=True)]


def find_units(text: str) -> list[Unit]:
    """Return the words of `text`, and in scripts without spaces its pairs of neighbouring characters, with their
    places.
    """
    units: list[Unit] = []
    for run in _RUN.finditer(text):
        if _UNSPACED_START.match(run.group()):
            places = [match.span() for match in regex.finditer(r"\X", run.group())]
            pairs = zip(places, places[1:] or places, strict=False)
            units += [_unit(text, run.start() + first[0], run.start() + second[1]) for first, second in pairs]
        elif _LETTER.search(run.group()):
            units.append(_unit(text, *run.span()))
    return units


def _unit(text: str, start: int, end: int) -> Unit:
    return start, end, normalise(text[start:end])


def _best_query(text: str, frequency: Counter[str], documents: int) -> tuple[str, str]:
    best: tuple[float, str, str] = (0.0, "", "")
    for match in _SENTENCE.finditer(text):
        sentence = match.group().strip()
        units = find_units(sentence)
        if len({form for _, _, form in units}) < MIN_UNITS or sentence.startswith("#"):
            continue
        weights = {form: math.log(1 + documents / frequency[form]) for _, _, form in units}
        unspaced = sum(bool(_UNSPACED_START.match(form)) for _, _, form in units) * 2 > len(units)
        top = sorted(weights, key=lambda form: (-weights[form], form))[: KEYWORDS_UNSPACED if unspaced else KEYWORDS]
        score = sum(weights[form] for form in top)
        if score > best[0]:
            chance = random.Random(sentence)
            kept = {*top, *(form for form in weights if chance.random() < OTHER_SHARE)}
            best = (score, _join(sentence, [unit for unit in units if unit[2] in kept]), sentence)
    return best[1], best[2]


def _join(sentence: str, units: list[Unit]) -> str:
    """Return the chosen units in their order, overlapping ones as one piece, each form once."""
    pieces: list[list[int]] = []
    seen: set[str] = set()
    for start, end, form in units:
        if form in seen:
            continue
        seen.add(form)
        if pieces and start < pieces[-1][1]:
            pieces[-1][1] = end
        else:
            pieces.append([start, end])
    return " ".join(sentence[start:end] for start, end in pieces)
