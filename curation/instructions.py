"""Which instruction each passage gets: the mix of prompts that the configuration names, with their shares."""

import random
from dataclasses import dataclass
from pathlib import Path

from babel import Locale

import prompts
from curation.config import GenerateConfig
from curation.language import LANGUAGES, normalise_code
from data.errors import InputError

_NAMES = Locale("en").languages


@dataclass(frozen=True)
class Instruction:
    """A prompt of the mix: passages whose hash is below `up_to` (and not below that of the one before) get it."""

    prompt: prompts.Prompt
    up_to: float
    languages: tuple[str, ...] = ()

    @property
    def in_parts(self) -> bool:
        """Whether its answers have to be taken apart."""
        return bool(self.prompt.parts) or self.prompt.asks_several

    def language_for(self, passage_id: str, lang: str, seed: int) -> str:
        """Return the language in which the question about a passage in `lang` is asked for."""
        others = [language for language in self.languages if language != lang]
        return random.Random(f"language {seed} {passage_id}").choice(others) if others else lang

    def render(self, text: str, title: str | None, lang: str, count: int, labelled: bool) -> str:
        """Return the message about a passage, for a question in `lang`."""
        return self.prompt.render(text, title, language_name(lang), count, labelled)


def language_name(code: str) -> str:
    """Return the English name of a language, or words that hold its code where it has none."""
    return _NAMES.get(code, f"the passage's language (code {code})")


def choose_instructions(config: GenerateConfig) -> list[Instruction]:
    """Return the mix of `config`; raises `InputError` for what cannot be loaded or does not fit together."""
    given = [_read_share(word) for word in config.prompts]
    if not given:
        raise InputError("--prompts needs at least one instruction.")
    if len(given) > 1 and any(share is None for _, share in given):
        raise InputError("several --prompts need a share each, such as mldr=0.7 keywords=0.3.")
    total = sum(share or 1.0 for _, share in given)
    languages = tuple(_check_language(code) for code in config.query_language)
    chosen: list[Instruction] = []
    below = 0.0
    for name, share in given:
        prompt = load_prompt(name, "passage")
        if prompt.language == "other" and not languages:
            raise InputError(
                f"the instruction {prompt.name} asks in another language: add --query-language, such as en."
            )
        below += (share or 1.0) / total
        chosen.append(Instruction(prompt, below, languages if prompt.language == "other" else ()))
    if languages and not any(each.languages for each in chosen):
        raise InputError("--query-language is for cross-lingual instructions: add --prompts cross_lingual.")
    if config.questions_per_passage == 1 and any(each.prompt.asks_several for each in chosen):
        raise InputError("an instruction for several questions needs --questions-per-passage, 2 or more.")
    return chosen


def load_prompt(name: str, takes: str) -> prompts.Prompt:
    """Load an instruction that takes a passage, query or document; raises `InputError` with what to do."""
    try:
        prompt = prompts.load(name)
    except ValueError as error:
        raise InputError(f"{error} (m3-curate prompts lists the bundled ones)") from None
    if prompt.takes != takes:
        raise InputError(
            f"the instruction {prompt.name} is about a {prompt.takes}, and a {takes} is to be shown to it."
        )
    return prompt


def _read_share(word: str) -> tuple[str, float | None]:
    name, equals, share = word.rpartition("=")
    if not equals or (Path(word).suffix == ".md" and not _is_number(share)):
        return word, None
    if not _is_number(share) or not 0 < float(share) < 1e6:
        raise InputError(f"--prompts takes NAME or NAME=SHARE with a positive share, not {word!r}.")
    return name, float(share)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_language(code: str) -> str:
    known = normalise_code(code)
    if known is None or known not in LANGUAGES:
        raise InputError(f"unknown language {code}: --query-language takes ISO codes such as en, ko, zh.")
    return known
