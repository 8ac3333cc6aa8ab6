"""The bundled sample corpus: an invented atlas in 13 languages, any number of documents, any length.

Every town has facts (64 kinds in eight themes) whose values depend on the seed and the town's number alone, so the
same town can be told in several languages: a translation group. A language is a file of sentence patterns in
`languages/`; each pattern brings the question that its sentence answers, in two wordings, the second with other words
than the sentence. So every document comes with gold questions whose evidence is known to the character.

    python -m data.atlas --out atlas --documents 40 --gold-documents 10
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from data.atlas.names import spell_name

LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "th", "zh")
TOWNS_PER_DOCUMENT = 32  # town numbers are reserved in blocks, so that documents never share a town
MAX_TOKENS = 40_000
_TOWN_TOKENS = 1200  # a town's chapter in a long document is about this long
_SENTENCE_TOKENS = 18  # and a sentence, with its share of the headings, this long
_PLACE_NAMES = 4000  # names of rivers, people and regions are drawn from the first so many
# Least, greatest, step. Steps of 100 and 5 keep the form of the noun behind the number the same in every language.
_NUMBERS = {"year": (1100, 1990, 1), "hundreds": (200, 9900, 100), "fives": (15, 95, 5)}
# Against odd values, such as trains before their time or frost in May: least and greatest, of months by their number
# from 0.
_PLAUSIBLE = {
    ("railway", "year"): (1830, 1990),
    ("cable_car", "year"): (1900, 1990),
    ("cooperative", "year"): (1850, 1990),
    ("inventor", "year"): (1650, 1900),
    ("reserve", "year"): (1900, 1990),
    ("doctor", "year"): (1700, 1950),
    ("school", "year"): (1500, 1950),
    ("clock", "year"): (1500, 1990),
    ("altitude", "hundreds"): (200, 3500),
    ("mountain", "hundreds"): (900, 5900),
    ("pass", "hundreds"): (1200, 4500),
    ("old_tree", "hundreds"): (200, 1500),
    ("mayor", "fives"): (15, 40),
    ("bridge", "fives"): (15, 30),
    ("frost", "month"): (8, 11),
    ("pass", "month"): (8, 11),
    ("flowers", "month"): (3, 8),
}
_SLOT = re.compile(r"\{([a-z_.]+)\}")


@dataclass(frozen=True)
class GoldQuestion:
    """A question that sentence `text[start:end]` of its document answers."""

    query: str
    wording: str  # "same": shares words with the sentence, or "other"
    fact: str
    start: int
    end: int


@dataclass(frozen=True)
class AtlasDocument:
    """One document of the atlas in one language."""

    docid: str
    title: str
    text: str
    lang: str
    group: str
    questions: tuple[GoldQuestion, ...]


@lru_cache
def load_language(lang: str) -> dict[str, Any]:
    """Return the sentence patterns of one of `LANGUAGES`."""
    file = resources.files(__name__).joinpath("languages", f"{lang}.json")
    patterns: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return patterns


def make_documents(
    lang: str, numbers: range | list[int], seed: int = 0, tokens: tuple[int, int] = (300, 2000)
) -> Iterator[AtlasDocument]:
    """Yield the documents with these numbers; lengths spread log-uniformly over `tokens` (at most `MAX_TOKENS`)."""
    for number in numbers:
        chance = random.Random(f"length {seed} {number}")
        low, high = tokens
        yield make_document(lang, number, seed, min(MAX_TOKENS, int(low * (high / low) ** chance.random())))


def make_document(lang: str, number: int, seed: int, tokens: int) -> AtlasDocument:
    """Return document `number` in `lang`, about `tokens` long: one town, or for longer ones a volume with a chapter a
    town.
    """
    patterns = load_language(lang)
    towns = min(TOWNS_PER_DOCUMENT, max(1, round(tokens / _TOWN_TOKENS)))
    first = number * TOWNS_PER_DOCUMENT
    region = spell_name(random.Random(f"region {seed} {number // 3}").randrange(_PLACE_NAMES), lang)
    writer = _Writer(patterns["sentence_joiner"])
    for town in range(first, first + towns):
        place = _town_name(town, seed, lang)
        if towns > 1:
            writer.heading(f"# {place}")
        writer.paragraph([(patterns["intro"].format(place=place, region=region), None)])
        _write_town(writer, patterns, town, seed, tokens // towns)
    title = (
        patterns["town_title"].format(place=place, region=region)
        if towns == 1
        else patterns["volume_title"].format(region=region)
    )
    return AtlasDocument(
        f"atlas-{lang}-{number}", title, writer.text(), lang, f"atlas-{number}", tuple(writer.questions)
    )


class _Writer:
    """Collects headings and paragraphs, and knows where each sentence came to stand."""

    def __init__(self, joiner: str) -> None:
        self._joiner, self._blocks, self._length = joiner, list[str](), 0
        self.questions: list[GoldQuestion] = []

    def heading(self, text: str) -> None:
        self._add(text)

    def paragraph(self, sentences: list[tuple[str, tuple[str, str, str] | None]]) -> None:
        """Add sentences, each with (fact, question, paraphrase) or None."""
        start = self._length + 2 * bool(self._blocks)
        for sentence, asked in sentences:
            if asked:
                fact, question, paraphrase = asked
                for query, wording in ((question, "same"), (paraphrase, "other")):
                    self.questions.append(GoldQuestion(query, wording, fact, start, start + len(sentence)))
            start += len(sentence) + len(self._joiner)
        self._add(self._joiner.join(sentence for sentence, _ in sentences))

    def _add(self, block: str) -> None:
        self._length += len(block) + 2 * bool(self._blocks)
        self._blocks.append(block)

    def text(self) -> str:
        return "\n\n".join(self._blocks)


def _write_town(writer: _Writer, patterns: dict[str, Any], town: int, seed: int, tokens: int) -> None:
    """Write one town's themes and facts, in an order of its own, until about `tokens` are used."""
    lang, chance = patterns["language"], random.Random(f"order {seed} {town}")
    themes = list(patterns["themes"])
    kinds = sum(len(patterns["themes"][theme]["facts"]) for theme in themes)
    wanted = max(4, min(kinds, tokens // _SENTENCE_TOKENS))
    chosen = set(
        chance.sample([(theme, fact) for theme in themes for fact in patterns["themes"][theme]["facts"]], wanted)
    )
    chance.shuffle(themes)
    for theme in themes:
        facts = [fact for fact in patterns["themes"][theme]["facts"] if (theme, fact) in chosen]
        heading = chance.randrange(len(patterns["themes"][theme]["headings"]))
        chance.shuffle(facts)
        if facts:
            writer.heading(f"## {patterns['themes'][theme]['headings'][heading]}")
        for begin in range(0, len(facts), 4):
            rendered = [_render(patterns, theme, fact, town, seed, lang) for fact in facts[begin : begin + 4]]
            naming = [place for place, (_, names_place, _) in enumerate(rendered) if names_place]
            rendered.insert(0, rendered.pop(naming[0] if naming else 0))  # a paragraph opens with the town's name
            writer.paragraph([(sentence, asked) for sentence, _, asked in rendered])


def _render(
    patterns: dict[str, Any], theme: str, fact: str, town: int, seed: int, lang: str
) -> tuple[str, bool, tuple[str, str, str]]:
    """Return the sentence of a fact, whether it names the town, and (fact, question, paraphrase)."""
    templates = patterns["themes"][theme]["facts"][fact]
    values = _Values(patterns, town, seed, fact, lang)
    sentence, question, paraphrase = (_SLOT.sub(values, template) for template in templates)
    return sentence, "{place}" in templates[0], (fact, question, paraphrase)


class _Values:
    """Fills a slot with the value that depends on seed, town, fact and slot alone, in whatever form the template asks
    for.
    """

    def __init__(self, patterns: dict[str, Any], town: int, seed: int, fact: str, lang: str) -> None:
        self.patterns, self.town, self.seed, self.fact, self.lang = patterns, town, seed, fact, lang

    def __call__(self, match: re.Match[str]) -> str:
        slot, name = match.group(1), match.group(1).partition(".")[0]
        chance = random.Random(f"{self.seed} {self.town} {self.fact} {name}")
        if name == "place":
            return _town_name(self.town, self.seed, self.lang)
        if name == "other":  # the first town of a document not far away
            block = max(0, self.town // TOWNS_PER_DOCUMENT + chance.choice((-3, -2, -1, 1, 2, 3)))
            other = block * TOWNS_PER_DOCUMENT
            return _town_name(other if other != self.town else other + TOWNS_PER_DOCUMENT, self.seed, self.lang)
        if name == "person":
            names = (spell_name(chance.randrange(_PLACE_NAMES), self.lang) for _ in range(2))
            joined: str = self.patterns["name_joiner"].join(names)
            return joined
        if name in ("alias", "river", "mountain", "lake"):
            return spell_name(chance.randrange(_PLACE_NAMES), self.lang)
        if name in _NUMBERS:
            low, high, step = _NUMBERS[name]
            low, high = _PLAUSIBLE.get((self.fact, name), (low, high))
            return str(step * chance.randint(low // step, high // step))
        options = self.patterns["vocabulary"][slot]
        low, high = _PLAUSIBLE.get((self.fact, name), (0, len(options) - 1))
        value: str = options[chance.randint(low, high)]
        return value


def _town_name(town: int, seed: int, lang: str) -> str:
    """Return the town's name; towns are numbered behind the names that rivers and people use."""
    block, chapter = divmod(town, TOWNS_PER_DOCUMENT)
    return spell_name(_PLACE_NAMES + block if chapter == 0 else 2_000_000 + town, lang)
