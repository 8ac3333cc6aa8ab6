"""Languages: their codes, and the two questions that are asked about them.

`is_language` says whether a question is in the language that it should be in (`questions`), `read_document` and
`detect_language` say which one a document is in (`documents`). Scripts and their shares are in `scripts`.
"""

from functools import lru_cache

import regex

from curation.language.detectors import FAST_LANGUAGES, SLOW_LANGUAGES
from curation.language.documents import DocumentLanguage, detect_language, read_document
from curation.language.questions import is_language
from curation.language.scripts import MIN_SHARE, count_letters, scripts_of

__all__ = [
    "LANGUAGES",
    "DocumentLanguage",
    "detect_language",
    "fits_script",
    "is_language",
    "normalise_code",
    "read_document",
    "script_share",
]

# Languages that have a code of two letters, but no detector.
_UNDETECTED = (
    "aa ab ak ay bi bm ch cr dz ee ff fj fo ha ho hz ig ii ik iu kg ki kj kl kr ks lg ln lu mh mi na nd ng nr nv ny oj om "
    "pi rn rw se sg sm sn ss st ti tn to ts tw ty ve xh za zu"
)
LANGUAGES = FAST_LANGUAGES | SLOW_LANGUAGES | frozenset(_UNDETECTED.split())
_SAME = {
    "nb": "no", "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "fil": "tl", "tgl": "tl", "cmn": "zh", "nob": "no",
    "nno": "nn", "nor": "no", "hbs": "sh", "zsm": "ms", "msa": "ms", "may": "ms", "pes": "fa", "arb": "ar", "swh": "sw",
    "ekk": "et", "lvs": "lv", "npi": "ne", "azj": "az", "uzn": "uz", "khk": "mn", "ory": "or", "ydd": "yi", "gsw": "als",
}  # fmt: skip
_CODE = regex.compile(r"^([A-Za-z]{2,3})(?:[-_].*)?$")


@lru_cache(maxsize=1024)
def normalise_code(code: str | None) -> str | None:
    """Return the language part of a code (`zh-Hans` -> `zh`, `eng` -> `en`), or None where it is no known code."""
    match = _CODE.match(code.strip()) if code else None
    if not match:
        return None
    base = match.group(1).lower()
    if base not in LANGUAGES or base in _SAME:
        base = _SAME.get(base) or _two_letters(base)
    return base if base in LANGUAGES else None


def _two_letters(code: str) -> str:
    from babel.core import get_global

    return str(get_global("language_aliases").get(code, code))


def script_share(text: str, lang: str) -> float:
    """Return the share of the letters of `text` that are in the scripts of `lang`; 1 where the text has no letters."""
    letters = count_letters(text)
    if not letters.total():
        return 1.0
    if lang == "ja" and letters["Kana"] * 10 < letters.total():  # too few kana: kanji alone are not known as Japanese
        return letters["Kana"] / letters.total()
    return sum(letters[script] for script in scripts_of(lang)) / letters.total()


def fits_script(text: str, lang: str) -> bool:
    """Return whether keywords, which have no grammar, can be in `lang`: enough letters in its scripts, and few in a
    third script. Names in Latin letters stand in texts of all languages.
    """
    letters, scripts = count_letters(text), scripts_of(lang)
    third = sum(count for script, count in letters.items() if script not in (*scripts, "Latn"))
    return letters.total() > 0 and script_share(text, lang) >= MIN_SHARE and third <= 0.2 * letters.total()
