"""Invented names for towns, rivers and people, written in the script of each language.

A name is a row of open syllables, so that it needs no inflection, elision or choice of particle in any language:
it begins with a consonant and ends in i or u. Names are numbered: the same number is the same name in every script.
"""

import math
from functools import lru_cache

_SYLLABLES = "ka ki ku la li lu ma mi mu na ni nu sa si ta ti tu da di du ba bi bu".split()
_FINAL = [number for number, syllable in enumerate(_SYLLABLES) if syllable[-1] in "iu"]

_SCRIPTS: dict[str, list[str]] = {
    "ru": "ка ки ку ла ли лу ма ми му на ни ну са си та ти ту да ди ду ба би бу".split(),
    "ar": "كا كي كو لا لي لو ما مي مو نا ني نو سا سي تا تي تو دا دي دو با بي بو".split(),
    "hi": "का कि कु ला लि लु मा मि मु ना नि नु सा सि ता ति तु दा दि दु बा बि बु".split(),
    "th": "กา กี กู ลา ลี ลู มา มี มู นา นี นู ซา ซี ตา ตี ตู ดา ดี ดู บา บี บู".split(),
    "ko": "카 키 쿠 라 리 루 마 미 무 나 니 누 사 시 타 티 투 다 디 두 바 비 부".split(),
    "ja": "カ キ ク ラ リ ル マ ミ ム ナ ニ ヌ サ シ タ ティ トゥ ダ ディ ドゥ バ ビ ブ".split(),
    "zh": "卡 基 库 拉 利 卢 马 米 穆 纳 尼 努 萨 西 塔 蒂 图 达 迪 杜 巴 比 布".split(),
}


@lru_cache
def _step(size: int) -> int:
    """Return a step through `size` numbers that meets each of them once; neighbours come to look unlike each other."""
    step = int(size * 0.618)
    while math.gcd(step, size) != 1:
        step += 1
    return step


def spell_name(number: int, lang: str) -> str:
    """Return name `number` (0 or more) in the script of `lang`: three syllables, more when those are used up."""
    length, left = 3, number
    while left >= (size := len(_SYLLABLES) ** (length - 1) * len(_FINAL)):
        left -= size
        length += 1
    left = (left + 1) * _step(size) % size
    left, final = divmod(left, len(_FINAL))
    syllables = [_FINAL[final]]
    for _ in range(length - 1):
        left, syllable = divmod(left, len(_SYLLABLES))
        syllables.insert(0, syllable)
    if lang in _SCRIPTS:
        return "".join(_SCRIPTS[lang][syllable] for syllable in syllables).capitalize()
    return "".join(_SYLLABLES[syllable] for syllable in syllables).capitalize()
