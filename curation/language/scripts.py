"""Which scripts languages are written in, and how much of a text stands in each.

Scripts are named by ISO 15924 (Latn, Cyrl, Hani). Kana and Han are counted apart: only together they are Japanese.
A text in one language often holds names and words in the script of another; `weigh_scripts` tells whose grammar holds
the sentence together.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

import regex

from curation.language.function_words import CHINESE_MARKS, FUNCTION_WORDS, UNSPACED_WORDS

_PROPERTIES = {
    "Latn": "Latin", "Cyrl": "Cyrillic", "Grek": "Greek", "Armn": "Armenian", "Geor": "Georgian", "Hebr": "Hebrew",
    "Arab": "Arabic", "Deva": "Devanagari", "Beng": "Bengali", "Guru": "Gurmukhi", "Gujr": "Gujarati", "Orya": "Oriya",
    "Taml": "Tamil", "Telu": "Telugu", "Knda": "Kannada", "Mlym": "Malayalam", "Sinh": "Sinhala", "Thai": "Thai",
    "Laoo": "Lao", "Tibt": "Tibetan", "Mymr": "Myanmar", "Khmr": "Khmer", "Ethi": "Ethiopic", "Hang": "Hangul",
    "Hani": "Han", "Thaa": "Thaana", "Mong": "Mongolian", "Cans": "Canadian_Aboriginal", "Yiii": "Yi", "Syrc": "Syriac",
}  # fmt: skip
# Languages that are not written in Latin letters, or not only; the usual script comes first.
_SCRIPTS_OF = {
    **{
        lang: (script,)
        for script, langs in {
            "Arab": "ar arz fa ur ps ckb pnb azb lrc mzn",
            "Cyrl": "ru uk bg be mk ky ba cv av ce krc kv lez mhr mrj myv os rue sah tyv xal ab cu",
            "Deva": "hi mr ne sa dty mai new bh gom", "Beng": "bn as bpy", "Gujr": "gu", "Taml": "ta", "Telu": "te",
            "Knda": "kn", "Mlym": "ml", "Orya": "or", "Sinh": "si", "Thai": "th", "Laoo": "lo", "Mymr": "my",
            "Khmr": "km", "Tibt": "bo dz", "Geor": "ka xmf", "Armn": "hy", "Hebr": "he yi", "Grek": "el",
            "Ethi": "am ti", "Thaa": "dv", "Yiii": "ii", "Hani": "zh yue wuu",
        }.items()
        for lang in langs.split()
    },
    "ja": ("Kana", "Hani"), "ko": ("Hang", "Hani"), "sr": ("Cyrl", "Latn"), "bs": ("Latn", "Cyrl"),
    "sh": ("Latn", "Cyrl"),
    "mn": ("Cyrl", "Mong"), "bxr": ("Cyrl", "Mong"), "kk": ("Cyrl", "Arab", "Latn"), "tt": ("Cyrl", "Latn"),
    "tg": ("Cyrl", "Arab", "Latn"), "uz": ("Latn", "Cyrl"), "az": ("Latn", "Cyrl", "Arab"), "tk": ("Latn", "Cyrl"),
    "ku": ("Latn", "Arab"), "ug": ("Arab", "Cyrl", "Latn"), "sd": ("Arab", "Deva"), "ks": ("Arab", "Deva"),
    "pa": ("Guru", "Arab"), "iu": ("Cans", "Latn"), "cr": ("Cans", "Latn"), "oj": ("Cans", "Latn"),
    "ms": ("Latn", "Arab"), "gn": ("Latn",), "pi": ("Deva", "Sinh", "Thai", "Latn"),
}  # fmt: skip
_RUNS = regex.compile(
    "|".join(
        [r"(?P<Kana>[\p{Hiragana}\p{Katakana}ー]+)", r"(?P<Hani>\p{Han}+)", r"(?P<Latn>\p{Latin}[\p{Latin}\p{Mn}]*)"]
        + [
            rf"(?P<{name}>\p{{{prop}}}[\p{{{prop}}}\p{{M}}\u200c\u200d]*)"
            for name, prop in _PROPERTIES.items()
            if name not in ("Hani", "Latn")
        ]
    )
)
_LETTER = regex.compile(r"\p{L}")
_KOREAN_ENDING = regex.compile("(?:는|은|을|를|의|에서|까|요|인가|는가|었나|였나|했나|한가)$")
_HIRAGANA = regex.compile(r"\p{Hiragana}")
_QUOTED = regex.compile(
    r"“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|«[^»]*»|‹[^›]*›|「[^」]*」|『[^』]*』|《[^》]*》|〈[^〉]*〉|(?<!\w)['‘][^'’]*['’](?!\w)"
)
UNSPACED = frozenset({"Hani", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
_UNSPACED_WEIGHTS = {"Hani": (0.5, 0.25), "Kana": (0.7, 0.1), "Thai": (1.0, 0.05)}  # of a word, of another letter
CASED = frozenset({"Latn", "Cyrl", "Grek", "Armn"})
_GRAMMAR: dict[str, set[str]] = defaultdict(set)
for _lang, _words in FUNCTION_WORDS.items():
    for _word in _words:
        if _found := _RUNS.match(_word):
            _GRAMMAR[str(_found.lastgroup)].add(_word)
# Characters of which only one of the two ways to write Chinese has this form; the commonest pairs.
_PAIRS = (
    "这這个個们們来來时時为為说說国國对對过過还還后後会會样樣开開学學发發经經动動进進种種问問实實现現点點当當从從"
    "两兩长長间間头頭产產业業东東车車给給话話见見门門关關义義气氣没沒让讓电電书書机機无無应應认認谁誰觉覺单單战戰"
    "军軍历歷马馬师師区區条條务務类類处處办辦议議论論设設许許证證识識记記译譯该該语語请請读讀变變调調谈談运運远遠连連"
    "选選边邊达達难難场場报報万萬与與专專严嚴丽麗乐樂习習买買乱亂争爭亲親亿億仅僅价價众眾优優传傳伤傷体體"
    "党黨内內写寫农農决決况況净淨击擊创創别別则則刚剛刘劉剧劇劳勞势勢医醫华華协協卖賣卫衛厂廠压壓厅廳县縣参參双雙"
    "号號吗嗎员員响響团團园園围圍图圖圆圓坏壞块塊声聲够夠夺奪妇婦宁寧宝寶审審宽寬将將导導层層属屬岁歲岛島"
    "带帶帮幫币幣广廣庆慶库庫废廢异異张張弹彈强強归歸录錄总總态態怀懷恶惡惊驚愿願戏戲户戶执執扩擴抢搶护護"
    "担擔择擇损損换換据據摄攝敌敵数數断斷旧舊显顯杀殺权權极極构構枪槍标標树樹桥橋检檢楼樓欢歡欧歐残殘毕畢"
    "汉漢汤湯济濟测測湾灣满滿滚滾灭滅灵靈炼煉热熱爱愛牺犧状狀独獨环環画畫疗療监監盘盤确確礼禮离離积積称稱"
    "穷窮笔筆签簽简簡粮糧级級纪紀约約纯純纳納组組细細终終绍紹结結绝絕统統继繼续續维維绿綠网網罗羅职職联聯脑腦"
    "艺藝节節苏蘇药藥获獲营營虽雖补補装裝规規视視览覽观觀触觸计計订訂讨討训訓贝貝负負财財责責质質费費资資赛賽赶趕"
    "转轉轮輪软軟轻輕载載较較输輸辑輯适適递遞释釋里裡针針钟鐘钱錢铁鐵银銀错錯键鍵镇鎮闭閉闻聞阳陽队隊阶階际際陆陸"
    "险險随隨隐隱页頁项項顺順须須领領频頻题題颜顏额額风風飞飛饭飯馆館验驗鱼魚鸟鳥黄黃龙龍"
)
_SIMPLIFIED, _TRADITIONAL = frozenset(_PAIRS[0::2]), frozenset(_PAIRS[1::2])
MIN_SHARE = 0.3  # of the letters, in the scripts of a language, for a text in it
MIN_SHARE_FRAMED = 0.1  # where the grammar is beyond doubt the language's own
CLEAR_WEIGHT, CLEAR_RATIO = 1.2, 2.0


@dataclass(frozen=True)
class Run:
    """Letters of one script without anything between them; `glued` to a run of another script before or behind."""

    script: str
    text: str
    glued: bool


def scripts_of(lang: str) -> tuple[str, ...]:
    """Return the scripts that a language is written in, the usual one first; Latin where nothing else is known."""
    return _SCRIPTS_OF.get(lang, ("Latn",))


def split_scripts(text: str) -> list[Run]:
    """Return the runs of letters of `text` in their order."""
    found = list(_RUNS.finditer(text))
    starts, ends = {match.start() for match in found}, {match.end() for match in found}
    return [Run(str(m.lastgroup), m.group(), m.start() in ends or m.end() in starts) for m in found]


def count_letters(text: str) -> Counter[str]:
    """Return how many letters of `text` stand in each script; letters of unknown scripts count as "Zyyy"."""
    counts: Counter[str] = Counter()
    for match in _RUNS.finditer(text):
        counts[str(match.lastgroup)] += len(_LETTER.findall(match.group()))
    if rest := len(_LETTER.findall(text)) - counts.total():
        counts["Zyyy"] = rest
    return counts


def outside_quotes(text: str) -> str:
    """Return `text` without what stands in quotation marks, or all of it where nothing else holds letters."""
    plain = _QUOTED.sub(" ", text)
    return plain if _LETTER.search(plain) else text


def is_japanese(text: str) -> bool:
    """Return whether Han characters in `text` are Japanese: kana hold it together, and not Chinese words a few kana
    (the shop 鲜の果 is Chinese).
    """
    kana = sum(len(run.text) for run in split_scripts(text) if run.script == "Kana")
    chinese = len(CHINESE_MARKS.findall(text))
    grammar = len(_HIRAGANA.findall(text.replace("の", "")))
    return kana > 0 and (grammar > chinese or (chinese == 0 and kana * 10 >= len(_LETTER.findall(text))))


def weigh_scripts(text: str) -> dict[str, float]:
    """Return how much of the grammar of a sentence stands in each script: words that carry grammar count 1, other words
    0.25 to 0.6, names and what stands in quotation marks almost nothing.

    "How are Александровская and Константиновна related?" has more Cyrillic letters than Latin ones, and is English.
    """
    weights: dict[str, float] = defaultdict(float)
    runs = split_scripts(outside_quotes(text))
    in_title = _find_titles(runs)
    for number, run in enumerate(runs):
        weights[run.script] += 0.1 if in_title[number] else _weigh(run, number == 0)
    return weights


def _weigh(run: Run, first: bool) -> float:
    """Return the weight of a run; `first`: the sentence begins with it."""
    words = UNSPACED_WORDS.get(run.script)
    if words is not None:
        hits = words.findall(run.text)
        per_hit, per_letter = _UNSPACED_WEIGHTS[run.script]
        return per_hit * len(hits) + per_letter * (len(_LETTER.findall(run.text)) - sum(map(len, hits)))
    if run.script in UNSPACED:
        return 0.2 * len(run.text)
    if run.script == "Hang":  # a particle behind a name in other letters, or an ending that names do not have
        return 1.0 if run.glued or _KOREAN_ENDING.search(run.text) else 0.6
    if run.script in CASED and run.glued:
        return 0.1
    if run.text.lower() in _GRAMMAR[run.script] and (first or run.text.islower() or run.script not in CASED):
        return 1.0
    if run.script in CASED:
        return 0.25 if run.text.islower() else 0.1
    return 0.25 if _GRAMMAR[run.script] else 0.6


def _find_titles(runs: list[Run]) -> list[bool]:
    """Return for each run whether it belongs to a title in a text of several scripts: "Lord of the Rings" begins and
    ends with capitals, and has only words that carry grammar in small letters.
    """
    marks = [False] * len(runs)
    start = 0
    while start < len(runs):
        end = start
        while end < len(runs) and runs[end].script == runs[start].script:
            end += 1
        part = runs[start:end]
        if part[0].script in CASED and part[0].text[0].isupper() and part[-1].text[0].isupper() and len(part) > 1:
            small = [run.text for run in part if run.text.islower()]
            if all(word in _GRAMMAR[part[0].script] for word in small):
                marks[start:end] = [True] * len(part)
        start = end
    return marks


def holds_script(text: str, scripts: tuple[str, ...]) -> bool:
    """Return whether a sentence is written in one of `scripts`, whatever names and words of others it quotes."""
    letters = count_letters(text)
    total = letters.total()
    own_letters = sum(letters[script] for script in scripts)
    if not own_letters:
        return False
    if own_letters == total:
        return True
    weights = weigh_scripts(text)
    own = sum(weights.get(script, 0.0) for script in scripts)
    other = max((weight for script, weight in weights.items() if script not in scripts), default=0.0)
    if own_letters >= MIN_SHARE * total:
        return own > other
    return own_letters >= MIN_SHARE_FRAMED * total and own >= max(CLEAR_WEIGHT, CLEAR_RATIO * other)


def name_script(text: str, lang: str) -> str:
    """Return the ISO 15924 code of the script that a text in `lang` is written in: of several that the language has,
    the one with the most letters; Hans or Hant for Chinese, Jpan and Hang for Japanese and Korean.
    """
    scripts = scripts_of(lang)
    if lang == "ja":
        return "Jpan"
    if lang == "ko":
        return "Hang"
    if scripts == ("Hani",):
        simplified = sum(character in _SIMPLIFIED for character in text)
        traditional = sum(character in _TRADITIONAL for character in text)
        return "Hans" if simplified > traditional else "Hant" if traditional > simplified else "Hani"
    if len(scripts) == 1:
        return scripts[0]
    letters = count_letters(text)
    return max(scripts, key=lambda script: letters[script])
