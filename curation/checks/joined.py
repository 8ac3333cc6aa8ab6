"""Two questions in one sentence: an asking clause, then "and", then another asking word. By language."""

# ruff: noqa: E501 - tables of words and patterns, one language a line

from functools import lru_cache

import regex

from curation.checks.grams import LETTER

# The word that joins, with a preposition or an adverb behind it, then the asking word.
_AND_ASKS = {
    "en": r"\b(?:and|or|as well as),? (?:also,? |then |in addition,? |additionally,? |furthermore,? )?(?:(?:in|by|for|to|of|with|on|at|from|under|after|through|during|into) )?(?:who|whom|whose|what|when|where|which|why|how)\b",
    "de": r"\b(?:und|oder|sowie),? (?:(?:ausserdem|auch|zudem|ferner|zusätzlich|darüber hinaus|weiterhin),? )?(?:(?:\w{2,4}|zwischen|gegen|unter|nach|während|durch|aufgrund) )?(?:wer|wessen|woher|wohin|woraus|worin|woran|worauf|wen|wem|was|wann|wo|wie|welche\w?|warum|wodurch|weshalb|wieso|womit|wofür)\b",
    "fr": r"\b(?:et|ou|ainsi que),? (?:(?:aussi|également|en outre|de plus|par ailleurs|en plus),? )?(?:(?:\w{1,4}|depuis|pendant|avec|contre|dans) )?(?:qui|quand|quel(?:le)?s?|pourquoi|comment|combien|en quoi|qu['’]est-ce|où)\b",
    "es": r"\b(?:[yeou]|así como),? (?:(?:también|además|asimismo|por otra parte),? )?¿?(?:(?:\w{1,5}|durante|contra) )?¿?(?:quién(?:es)?|qué|cuándo|dónde|cuál(?:es)?|cómo|cuánt[oa]s?)\b",
    "it": r"\b(?:e|ed|o|nonché),? (?:(?:inoltre|anche|poi|in più),? )?(?:(?:\w{1,5}|durante|contro|secondo) )?(?:chi|che cosa|in che|dov['’]|com['’]|cosa|quando|dove|quale|quali|qual|perché|come|quant[oaie])\b",
    "pt": r"\b(?:e|ou|bem como|assim como),? (?:(?:também|além disso|ainda|ademais),? )?(?:(?:\w{1,5}|durante|contra|segundo) )?(?:quem|o que|quando|onde|qual|quais|por que|como|quant[oa]s?)\b|\be (?:também|além disso|ainda),? (?:em|de|a|por|para|com) que\b",
    "ru": r"\b(?:и|или|а),? (?:(?:также|тоже|ещё|еще|кроме того|вдобавок|к тому же),? )?(?:(?:\w{1,3}|после|через|между|около|перед|против) )?(?:кто|кого|кому|кем|ком|что|чего|чему|чем|чём|когда|где|куда|как|каков\w*|как(?:ой|ая|ое|ие|их|им|ую|ом|ого|ому|ими)|почему|зачем|сколько)\b",
    "hi": r"(?:और|तथा|एवं|या) (?:\S+ ){0,3}?(?:कौन|किसने|किस|क्या|कब|कहाँ|कहां|कितन\S*|क्यों|कैस\S)(?![\p{L}\p{M}])",
    "ar": r"\sو(?:من (?:هو|هي|الذي|قام|كان)|ما هو|ما هي|ما|ماذا|متى|أين|لماذا|كيف|كم|هل|أي)\s",
    "ja": r"(?:か[、,。]|[、,](?:また|そして|さらに|かつ)|また[、,]|そして[、,]?).{0,30}(?:何|誰|どこ|いつ|いくつ|どの|どう|なぜ)",
    "ko": r"(?:며|고|그리고|또한)[ ,]+(?:\S+ ){0,4}?(?:무엇|누구|누가|언제|어디|어느|어떤|어떻게|왜|몇)",
    "th": r"(?:และ|หรือ).{0,25}(?:อะไร|ใคร|ที่ไหน|เมื่อใด|อย่างไร|เท่าใด|เท่าไร|(?<!เ)กี่|ทำไม|เพราะเหตุใด)",
    "zh": r"(?:，|,|并且|以及|并|和|又|且|还)[^，,]{0,8}(?:什么时候|什么|什麼|谁|誰|哪|多少|何时|如何|怎|为何|為何)",
}
# Where a verb or a particle ends its clause, it shows where a second one begins: that one may ask at its end.
_ENDS_AND_ASKS = {
    "hi": r"(?:है|हैं|था|थी|थे|थीं|हुआ|हुई|हुए|गया|गयी|गई|गए|दिया|किया|लिया|की|कहाँ|कब|कौन|क्या),? (?:और|तथा|एवं|व)(?: साथ ही| यह भी)?,? .*(?<![\p{L}\p{M}])(?:कौन|किस(?!ी)|किन|क्या|कब|कहाँ|कहां|कितन|क्यों|कैस)",
    "ja": r"(?:か|です|ます|した|った|たか)[、,。 　]*(?:そして|また|さらに|それと|それから|及び|および|加えて|かつ).+(?:何|誰|どこ|いつ|いくつ|どの|どちら|どれ|いくら|どんな|どう|なぜ|は\W*$)|(?<=[いすたなのる])か[、,。 　]+\p{L}.+(?:何|誰|どこ|いつ|いくつ|どの|どちら|どれ|いくら|どんな|どう|なぜ).*か?$",
    "ko": r"(?:나요|까요?|니까|는가|인가|은가|[했었았였]나|는지|[은는])[ ,]+(?:그리고|또한|또|더불어|아울러),? .*(?:무엇|무슨|누구|누가|언제|어디|어느|어떤|어떻게|왜|몇|얼마|[은는]\W*$)|(?:나요|니까|는가|[했었았였]나)[ ,]+(?!라는|라고|하는)\S+ .*(?:무엇|무슨|누구|누가|언제|어디|어느|어떤|어떻게|왜|몇|얼마)",
    "th": r"(?:อะไร|ใคร|ไหน|เมื่อใด|เมื่อไร|เมื่อไหร่|อย่างไร|เท่าใด|เท่าไร|ใด)(?:บ้าง)?\s*(?:และ|แล้ว|อีกทั้ง|รวมถึง|นอกจากนี้).+(?:อะไร|ใคร|ไหน|เมื่อใด|เมื่อไร|เมื่อไหร่|อย่างไร|เท่าใด|เท่าไร|เท่าไหร่|(?<!เ)กี่|ใด|ทำไม|หรือไม่)",
    "zh": r"[，,；;、]\s*(?:以及|另外|还有|還有|同时|同時|此外|并且|並且|而且|而|那么|那麼).*(?:什么|什麼|甚麼|谁|誰|哪|几|幾|多少|(?<![任如])何|怎|[为為是]\W*$)",
    "ar": r"\s(?:و\s?(?:أيض[اً]*|كذلك|بالإضافة إلى ذلك|علاوة على ذلك)|كما),? (?:\S{1,3} )?(?:من|ما|ماذا|متى|أين|لماذا|كيف|كم|هل|أي)\s|\sو (?:ما|ماذا|متى|أين|لماذا|كيف|كم|هل)\s",
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
    "ar": r"(?:من|ما|ماذا|متى|أين|أي|لماذا|كيف|كم|هل|^اذكر|^أذكر|^حدد)",
    "ja": r"(?:何|誰|どこ|いつ|いくつ|どの|どう|なぜ)",
    "ko": r"(?:무엇|누구|누가|언제|어디|어느|어떤|어떻게|왜|몇)",
    "th": r"(?:อะไร|ใคร|ไหน|เมื่อใด|อย่างไร|เท่าใด|เท่าไร|(?<!เ)กี่|ใด|ทำไม)",
    "zh": r"(?:什么|什麼|谁|誰|哪|几|多[少大长長久远遠高]|(?<!任)何|怎)",
}
# "..., and why?": an asking word that is a whole clause.
_AND_WHY = {
    "en": r"\band (?:why|how|for what reason)\W*$", "de": r"\bund (?:warum|weshalb|wieso|wodurch)\W*$", "fr": r"\bet (?:pourquoi|comment)\W*$",
    "es": r"\by (?:por qué|cómo)\W*$", "it": r"\be (?:perché|come|per quale motivo)\W*$", "pt": r"\be (?:por ?qu[eê]|como)\W*$",
    "ru": r"(?<!\p{L})и (?:почему|зачем|как|за что)\W*$", "ar": r"\sو(?:لماذا|كيف)\W*$", "hi": r"और (?:क्यों|कैसे)\W*$",
    "ja": r"[でが]、?なぜ(?:です|でしょう|だった)?\S{0,3}か?\W*$", "ko": r"(?:며|고|그리고),? (?:왜|그 이유)\S*(?: \S{1,6})?\W*$",
    "th": r"และ(?:เพราะเหตุใด|ทำไม|ทําไม|เพราะอะไร|อย่างไร)\W*$", "zh": r"[，,](?:又是?)?(?:为什么|為什麼|为何|為何|原因是什么|如何)\W*$",
}  # fmt: skip
_ENDED = {lang: regex.compile(pattern) for lang, pattern in _ENDS_AND_ASKS.items()}
_PATTERNS = {
    lang: (regex.compile(_ASKS[lang]), regex.compile(_AND_ASKS[lang]), regex.compile(_AND_WHY[lang]))
    for lang in _AND_ASKS
}
# Letters between the first asking word and "and", and behind the second one; where asking words stand at the end of
# their clause, "and" may follow at once.
_LETTERS = {"ja": (4, 2), "ko": (2, 2), "zh": (4, 0), "th": (0, 6), "hi": (2, 3), "ar": (4, 3)}
MIN_LETTERS_BEFORE_WHY = 5
MIN_LETTERS_ANEW = 12
# A first word that asks, with a preposition before it where there may be one.
_ANEW = {
    "en": r"(?:(?:in|by|for|to|of|with|on|at|from) )?(?:who|whom|whose|what|when|where|which|why|how)",
    "de": r"(?:(?:in|an|auf|von|mit|zu|für|aus|bei|seit) )?(?:wer|wen|wem|was|wann|wo|wie|welche\w?|warum|wodurch|womit|wofür)",
    "fr": r"(?:(?:en|à|de|par|pour|avec|dans) )?(?:qui|quand|quel(?:le)?s?|pourquoi|comment|combien|où)",
    "es": r"¿?(?:(?:en|a|de|por|para|con) )?¿?(?:quién(?:es)?|qué|cuándo|dónde|cuál(?:es)?|cómo|cuánt[oa]s?)",
    "it": r"(?:(?:in|a|di|da|per|con) )?(?:chi|che|cosa|quando|dove|quale|quali|qual|perché|come|quant[oaie])",
    "pt": r"(?:(?:em|a|de|por|para|com) )?(?:quem|o que|que|quando|onde|qual|quais|como|quant[oa]s?)",
    "ru": r"(?:(?:в|на|с|из|от|к|по|для) )?(?:кто|кого|что|чем|когда|где|куда|каков\w*|как(?:ой|ая|ое|ие|их|им|ую|ом)?|почему|зачем|сколько)",
}


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
    ended = _ENDED.get(lang)
    if begins and ended is not None and _ends_and_asks(plain, begins.start(), ended):
        return True
    if begins and _begins_anew(text, lang):
        return True
    few, behind = _LETTERS.get(lang, (10, 3))
    return begins is not None and any(
        len(LETTER.findall(plain[begins.end() : found.start()])) >= few
        and len(LETTER.findall(plain[found.end() :])) >= behind
        for found in joined.finditer(plain, begins.end())
    )


def _ends_and_asks(plain: str, begins: int, ended: regex.Pattern) -> bool:
    """Return whether a clause that asks comes to its end, and another that asks follows."""
    found = ended.search(plain, begins)
    return found is not None and len(LETTER.findall(plain[: found.start()])) >= MIN_LETTERS_BEFORE_WHY


@lru_cache
def _anew(lang: str) -> regex.Pattern:
    """Return what matches an asking word with a capital in the midst of a text, where it begins no title."""
    return regex.compile(
        rf"(?<=\p{{Ll}}{{4}} |\p{{N}} | (?:and|or|und|oder|et|ou|y|e|и) )(?=\p{{Lu}}(?:\p{{Ll}}| )|¿)(?:(?i:{_ANEW[lang]}))(?= \p{{Ll}})"
    )


def _begins_anew(text: str, lang: str) -> bool:
    """Return whether a text begins with an asking word and another, with a capital, follows without a mark: "What is
    its height When was it built".
    """
    if lang not in _ANEW or not regex.match(rf"\W*(?i:{_ANEW[lang]})\b", text):
        return False
    found = _anew(lang).search(text, MIN_LETTERS_ANEW)
    return found is not None and len(LETTER.findall(text[found.end() :])) >= MIN_LETTERS_ANEW
