"""Two questions in one sentence: an asking clause, then "and", then another asking word. By language."""

# ruff: noqa: E501 - tables of words and patterns, one language a line

import regex

from curation.checks.grams import LETTER

# The word that joins, with a preposition or an adverb behind it, then the asking word.
_AND_ASKS = {
    "en": r"\b(?:and|or) (?:also |then )?(?:(?:in|by|for|to|of|with|on|at|from) )?(?:who|whom|whose|what|when|where|which|why|how)\b",
    "de": r"\b(?:und|oder|sowie) (?:\w{2,4} )?(?:wer|wen|wem|was|wann|wo|wie|welche\w?|warum|wodurch|weshalb|wieso|womit|wofür)\b",
    "fr": r"\b(?:et|ou) (?:\w{1,4} )?(?:qui|quand|quel(?:le)?s?|pourquoi|comment|combien|en quoi|qu['’]est-ce|où)\b",
    "es": r"\b[yeo] (?:\w{1,4} )?¿?(?:quién(?:es)?|qué|cuándo|dónde|cuál(?:es)?|cómo|cuánt[oa]s?)\b",
    "it": r"\b(?:e|ed|o) (?:\w{1,4} )?(?:chi|cosa|quando|dove|quale|quali|qual|perché|come|quant[oaie])\b",
    "pt": r"\b(?:e|ou) (?:\w{1,4} )?(?:quem|o que|quando|onde|qual|quais|por que|como|quant[oa]s?)\b",
    "ru": r"\b(?:и|или|а) (?:\w{1,3} )?(?:кто|кого|что|чем|когда|где|куда|как|каков\w*|как(?:ой|ая|ое|ие|их|им|ую)|почему|зачем|сколько)\b",
    "hi": r"(?:और|तथा|एवं|या) (?:\S+ ){0,3}?(?:कौन|किसने|किस|क्या|कब|कहाँ|कहां|कितन\S*|क्यों|कैस\S)(?![\p{L}\p{M}])",
    "ar": r"\sو(?:من (?:هو|هي|الذي|قام|كان)|ما هو|ما هي|ما|ماذا|متى|أين|لماذا|كيف|كم|هل|أي)\s",
    "ja": r"(?:か[、,。]|[、,](?:また|そして|さらに|かつ)|また[、,]|そして[、,]?).{0,30}(?:何|誰|どこ|いつ|いくつ|どの|どう|なぜ)",
    "ko": r"(?:며|고|그리고|또한)[ ,]+(?:\S+ ){0,4}?(?:무엇|누구|누가|언제|어디|어느|어떤|어떻게|왜|몇)",
    "th": r"(?:และ|หรือ).{0,25}(?:อะไร|ใคร|ที่ไหน|เมื่อใด|อย่างไร|เท่าใด|เท่าไร|(?<!เ)กี่|ทำไม|เพราะเหตุใด)",
    "zh": r"(?:，|,|并且|以及|并|和|又|且|还)[^，,]{0,8}(?:什么时候|什么|什麼|谁|誰|哪|多少|何时|如何|怎|为何|為何)",
}
_ASKS = {
    "en": r"\b(?:who|whom|whose|what|when|where|which|why|how|did|does|is|was|were|are)\b",
    "de": r"\b(?:wer|wen|was|wann|wo|wie|welche\w?|warum|wodurch|womit|wofür)\b",
    "fr": r"\b(?:qui|que|quand|où|quel\w*|pourquoi|comment|combien)\b|\bqu['’]",
    "es": r"(?:quién\w*|qué|cuándo|dónde|cuál\w*|cómo|cuánt\w+)",
    "it": r"\b(?:chi|che|cosa|quando|dove|qual\w*|perché|come|quant\w)\b",
    "pt": r"\b(?:quem|que|quando|onde|qual|quais|como|quant\w+)\b",
    "ru": r"\b(?:кто|кого|что|чем|когда|где|куда|как\w*|почему|зачем|сколько)\b",
    "hi": r"(?<![\p{L}\p{M}])(?:कौन|किस|किन|क्या|कब|कहाँ|कहां|कितन|क्यों|कैस)",
    "ar": r"(?:من|ما|ماذا|متى|أين|أي|لماذا|كيف|كم|هل)",
    "ja": r"(?:何|誰|どこ|いつ|いくつ|どの|どう|なぜ)",
    "ko": r"(?:무엇|누구|누가|언제|어디|어느|어떤|어떻게|왜|몇)",
    "th": r"(?:อะไร|ใคร|ไหน|เมื่อใด|อย่างไร|เท่าใด|เท่าไร|(?<!เ)กี่|ใด|ทำไม)",
    "zh": r"(?:什么|什麼|谁|誰|哪|几|多少|(?<!任)何|怎)",
}
# "..., and why?": an asking word that is a whole clause.
_AND_WHY = {
    "en": r"\band (?:why|how|for what reason)\W*$", "de": r"\bund (?:warum|weshalb|wieso|wodurch)\W*$", "fr": r"\bet (?:pourquoi|comment)\W*$",
    "es": r"\by (?:por qué|cómo)\W*$", "it": r"\be (?:perché|come|per quale motivo)\W*$", "pt": r"\be (?:por ?qu[eê]|como)\W*$",
    "ru": r"(?<!\p{L})и (?:почему|зачем|как|за что)\W*$", "ar": r"\sو(?:لماذا|كيف)\W*$", "hi": r"और (?:क्यों|कैसे)\W*$",
    "ja": r"[でが]、?なぜ(?:です|でしょう|だった)?\S{0,3}か?\W*$", "ko": r"(?:며|고|그리고),? (?:왜|그 이유)\S*(?: \S{1,6})?\W*$",
    "th": r"และ(?:เพราะเหตุใด|ทำไม|ทําไม|เพราะอะไร|อย่างไร)\W*$", "zh": r"[，,](?:又是?)?(?:为什么|為什麼|为何|為何|原因是什么|如何)\W*$",
}  # fmt: skip
_PATTERNS = {
    lang: (regex.compile(_ASKS[lang]), regex.compile(_AND_ASKS[lang]), regex.compile(_AND_WHY[lang]))
    for lang in _AND_ASKS
}
# Letters between the first asking word and "and", and behind the second one; where asking words stand at the end of
# their clause, "and" may follow at once.
_LETTERS = {"ja": (4, 2), "ko": (2, 2), "zh": (4, 0), "th": (0, 6), "hi": (2, 3), "ar": (4, 3)}
MIN_LETTERS_BEFORE_WHY = 5


def joins_questions(text: str, lang: str) -> bool:
    """Return whether two asking clauses stand in one sentence.

    "When and where was it built?" is one question: something must stand between the first asking word and the "and".
    """
    if lang not in _PATTERNS:
        return False
    first, joined, and_why = _PATTERNS[lang]
    plain = text.casefold()
    begins = first.search(plain)
    tail = and_why.search(plain, begins.end()) if begins is not None else None
    if begins and tail and len(LETTER.findall(plain[begins.end() : tail.start()])) >= MIN_LETTERS_BEFORE_WHY:
        return True
    few, behind = _LETTERS.get(lang, (10, 3))
    return begins is not None and any(
        len(LETTER.findall(plain[begins.end() : found.start()])) >= few
        and len(LETTER.findall(plain[found.end() :])) >= behind
        for found in joined.finditer(plain, begins.end())
    )
