"""Words that ask, in each language: whether a text can be a question, and whether it is one beyond doubt.

All are matched on casefolded text. A language that is not listed here writes question marks, or it is no question,
unless its script has none.
"""

from functools import lru_cache

import regex

from data.text import UNSPACED

QUESTION_MARK = regex.compile(r"[?？؟⸮;՞፧]")  # the Greek question mark is written like a semicolon
_LETTER = regex.compile(r"\p{L}")
_START = r"^\W*(?:\w{1,3}\W+)?(?:\w{1,6}\W+)?"  # an asking word may have a preposition or two before it

# Questions without a mark: words that begin one (not so if a clause with a comma follows and a full stop ends it),
# requests, and words that only questions have, wherever they stand.
_OPENING = {
    "en": r"(who|whom|whose|what|when|where|which|why|how)\b|^\W*(is|are|was|were|do|does|did|can|could|will|would|should|has|have|had)\b",
    "de": r"(wer|wen|wem|wessen|was|wann|wo|woher|wohin|wodurch|womit|wofür|wor\w+|welche\w?|warum|weshalb|wieso|wie|wieviele?)\b",
    "fr": r"(qui|que|quoi|quand|où|quel(le)?s?|lequel|laquelle|pourquoi|comment|combien|est-ce)\b|\bqu['’]",
    "es": r"(quién(es)?|quien(es)?|qué|que|cuándo|cuando|dónde|donde|cuál(es)?|cual(es)?|por qué|cómo|como|cuánt[oa]s?|cuant[oa]s?)\b",
    "it": r"(chi|che|cosa|quando|dove|dov['’]|quale|quali|qual|perché|come|com['’]|quant[oaie])\b|\bcos['’]",
    "pt": r"(quem|que|quê|quando|onde|aonde|qual|quais|por que|porque|como|quant[oa]s?)\b",
    "ru": r"(кто|кого|кому|кем|ком|что|чего|чему|чем|чём|когда|где|куда|откуда|как\w*|почему|зачем|скольк\w+|чей|чья|чьё|чьи)\b",
    "ar": r"(من|ما|ماهو|ماهي|ماذا|متى|أين|اين|أي|اي|أية|لماذا|كيف|كم|هل|ب?ماذا|لمن|بم|مم|فيم)\b",
}
_REQUEST = {
    "en": r"(name|list|describe|explain|summari[sz]e|give|tell|state|identify|define|compare|discuss|outline|calculate)\b",
    "de": r"(nenne|beschreib|erklär|erläuter|gib|geben sie|zähl|vergleich)",
    "fr": r"(nomme|cite|décri|expliqu|donne|identifi|énumér|compare)",
    "es": r"(nombr[ea]|describ[ea]|expli[cq]|mencion[ea]|enumer[ea]|indi(ca|que)|identifi(ca|que)|d[ié] )",
    "it": r"(nomina|descriv|spieg|elenca|indica|cita|fornisci)",
    "pt": r"(cite|nomeie|descreva|explique|mencione|liste|indique|dê|identifique)",
    "ru": r"(назов|привед|опиш|объясн|перечисл|укаж|сравн)",
    "ar": r"(اذكر|أذكر|أعط|اعط|اشرح|صف|عدد|عد[دّ]|حدد|قارن|وضح)",
    "zh": r"(请|請|说出|說出|列举|列舉|列出|举出|舉出|描述|解释|解釋|简述|簡述|比较|比較)",
}
_ANYWHERE = {
    "fr": r"\bqu['’]est|\best[- ]ce (que|qui|qu)|[- ]t[-' ](il|elle|on|ils|elles)\b|-(il|elle|ils|elles|on)\b",
    "es": r"\b(quién(es)?|qué|cuándo|dónde|cuál(es)?|cómo|cuánt[oa]s?)\b",
    "ru": r"\bли\b",
    "hi": r"(?<![\p{L}\p{M}])(कौन|किस(?!ी)|किन(?!ा)|क्या|कब|कहाँ|कहां|कितन|क्यों|कैस)(?!.*[।.]\s*$)|(बताइए|बताएं|बताएँ|बताओ|(वर्णन|व्याख्या|उल्लेख) (कर|कीज))",
    "zh": r"(什[么麼]|甚[么麼]|谁|誰|哪|几|幾|多少|多大|多久|多高|多长|多長|多远|多遠|何)(?!.*[。．]$)|[吗嗎呢]\s*[。．]?$|怎|是否|为啥|孰|是不是|有没有|有沒有",
    "ko": r"(까|나|가|는가|은가|(?<!세)요|니|냐|는|은|지)[.。,]?$|(무엇|누구|언제|어디|어느|어떤|어떻게|왜|몇|얼마)(?!.*다[.。]?$)|(쓰|하|말하)시오",
    "ja": r"(か|は|のは|の|(何[年月日人]?|誰|どこ|いつ)(だ|かな|でしょう)?)[。．.]?$|(何|誰|なに|だれ|どこ|いつ|いくつ|いくら|どれ|どの|どちら|どう|なぜ)(?!.*[。．.]$)|なさい[。．]?$|(答え|述べ|挙げ|あげ|教え|説明せ|示せ|書き?)(よ|なさい|て|ろ|てください|よう)?[。．]?$",
    "th": r"อะไร|ใคร|ไหน|เมื่อใด|เมื่อไร|เมื่อไหร่|อย่างไร|ยังไง|เท่าใด|เท่าไร|เท่าไหร่|(?<!เ)กี่|ใด(?![^ ]{0,14}หนึ่ง)|ทำไม|ทําไม|เพราะเหตุ|หรือไม่|หรือเปล่า|ไหม|มั้ย|(คือ|ว่า|เมื่อ|เพียง|ของ|ต่อ|วันที่|จาก|โดย|เป็น|ที่|ช่วง|ชื่อ|เมือง|ด้วย|ใน|ไร)$|ไหร่|หรือ[^ ]{2,25}$|^(จง|ให้|ระบุ|บอก|ยกตัวอย่าง|อธิบาย)",
}  # fmt: skip
# Questions that are usually written without a question mark; nothing else in these scripts looks like them.
_UNMARKED = regex.compile(
    r"(อะไร|ใคร|ที่ไหน|ไหน|เมื่อใด|เมื่อไร|เมื่อไหร่|อย่างไร|ยังไง|เท่าใด|เท่าไร|เท่าไหร่|(?<!เ)กี่|ใด|ทำไม|หรือไม่|หรือเปล่า)[^ ]{0,12}$"
    r"|[\p{Hiragana}\p{Katakana}].*(か|は|何|誰|どこ|いつ|いくつ)[。．]?$|^.{4,}[吗嗎呢][。．]?$"
)
# Where one such question may end and another begin: Thai puts a space between sentences, and elsewhere too.
_GAP = regex.compile(
    r"(?<=\p{Thai}) +(?=\p{Thai})(?!ถึง|ปี|หรือ)|(?<=か)[。．]\s*(?=.)|(?<=[\p{Hiragana}\p{Han}]) +(?=[\p{Han}\p{Hiragana}\p{Katakana}])"
)
_ASKS_UNMARKED = regex.compile(
    r"อะไร|ใคร|ไหน|เมื่อใด|เมื่อไร|เมื่อไหร่|อย่างไร|เท่าใด|เท่าไร|เท่าไหร่|(?<!เ)กี่|ใด(?![^ ]{0,14}หนึ่ง)|ทำไม|\p{Hiragana}か[。．]?\s*$|[什甚][么麼]|谁|誰|哪|多少|何|どこ|いつ|どの|なぜ"
)
MIN_LETTERS_OF_EACH = 8
_CLAUSE_AND_STOP = regex.compile(r"[,،].*[.]\s*$", regex.DOTALL)  # "When it was built, the town had no water."
_UNSPACED = regex.compile(rf"[{UNSPACED}]")


@lru_cache
def _patterns(lang: str) -> tuple[regex.Pattern | None, ...]:
    opening, request, anywhere = (words.get(lang) for words in (_OPENING, _REQUEST, _ANYWHERE))
    return (
        regex.compile(rf"{_START}\b(?:{opening})") if opening else None,
        regex.compile(rf"^\W*(?:{request})") if request else None,
        regex.compile(anywhere) if anywhere else None,
    )


def asks(text: str, lang: str) -> bool:
    """Return whether `text` can be a question: it ends in a question mark, or is worded as one without it. A mark with
    text behind it is no end of a question.
    """
    return ends_in_mark(text) or worded_as_question(text, lang)


def worded_as_question(text: str, lang: str) -> bool:
    """Return whether `text` is a question by its words. In a language that is not listed none is, except in scripts
    that do without question marks, where any text can be one.
    """
    opening, request, anywhere = _patterns(lang)
    if not (opening or request or anywhere):
        return bool(_UNSPACED.search(text))
    plain = QUESTION_MARK.sub("", text).casefold().strip()
    if (request and request.search(plain)) or (anywhere and anywhere.search(plain)):
        return True
    return bool(opening and opening.search(plain)) and not _CLAUSE_AND_STOP.search(plain)


def requests(text: str, lang: str) -> bool:
    """Return whether `text` begins with a request: "Name a town in which ..."."""
    _, request, _ = _patterns(lang)
    return request is not None and bool(request.search(text.casefold().strip()))


def asking_words(text: str, lang: str) -> set[str]:
    """Return the words of `text` that can ask, wherever they stand."""
    patterns = (words[lang] for words in (_OPENING, _ANYWHERE) if lang in words)
    plain = text.casefold()
    return {found[0].strip() for pattern in patterns for found in regex.finditer(rf"\b(?:{pattern})", plain)}


def ends_in_mark(text: str) -> bool:
    """Return whether letters stand before the last question mark, and none behind it."""
    before, mark, after = _around_last_mark(text)
    return bool(mark and _LETTER.search(before) and not _LETTER.search(after))


def _around_last_mark(text: str) -> tuple[str, str, str]:
    """Return what stands before the last question mark, the mark, and what stands behind it."""
    marks = list(QUESTION_MARK.finditer(text))
    return (text[: marks[-1].start()], marks[-1][0], text[marks[-1].end() :]) if marks else (text, "", "")


def asks_twice_unmarked(text: str) -> bool:
    """Return whether two questions without a mark follow each other, in scripts that do without."""
    return any(
        all(
            len(_LETTER.findall(part)) >= MIN_LETTERS_OF_EACH and _ASKS_UNMARKED.search(part)
            for part in (text[: gap.start()], text[gap.end() :])
        )
        for gap in _GAP.finditer(text)
    )


def is_question(text: str) -> bool:
    """Return whether `text` is a question beyond doubt: it has a question mark, or ends like one in a script whose
    languages often do without.
    """
    return bool(QUESTION_MARK.search(text)) or bool(_UNMARKED.search(text.strip()))
