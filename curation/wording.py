"""Words of each language that the checks look for: words that ask, phrases that point at "the text", and apologies.

All are matched on casefolded text. A language that is not listed is not judged by these lists.
"""

import regex

_ASKING = {
    "en": r"\b(who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|name|list|describe|explain|summari[sz]e|give|tell)\b",
    "de": r"\b(wer|wen|wem|wessen|was|wann|wo|woher|wohin|wodurch|womit|wof[uü]r|wor\w+|welche[rsnm]?|warum|weshalb|wieso|wie|wieviele?|ist|sind|war|waren|hat|kann|gibt|darf|muss|nenne\w*|beschreib\w*|erkläre\w*)\b",
    "fr": r"\b(qui|que|quoi|quand|où|quel(le)?s?|lequel|laquelle|pourquoi|comment|combien|est-ce|nomme[zr]|cite[zr]|décri\w+|expliqu\w+)\b|\bqu['’]",
    "es": r"\b(quién(es)?|quien(es)?|qué|que|cuándo|cuando|dónde|donde|cuál(es)?|cual(es)?|por qué|cómo|como|cuánt[oa]s?|cuant[oa]s?|nombr[ea]|describ[ea]|expli\w+)\b",
    "it": r"\b(chi|che|cosa|quando|dove|dov['’]|quale|quali|qual|perché|come|com['’]|quant[oaie])\b|\bcos['’]",
    "pt": r"\b(quem|que|quê|quando|onde|aonde|qual|quais|por que|porque|como|quant[oa]s?)\b",
    "ru": r"\b(кто|кого|кому|кем|ком|что|чего|чему|чем|чём|когда|где|куда|откуда|как\w*|почему|зачем|сколько|скольк\w+|чей|чья|чьё|чьи|ли|назов\w+|привед\w+|опиш\w+|объясн\w+)\b",
    "ar": r"\b(من|ما|ماذا|متى|أين|اين|أي|اي|أية|لماذا|كيف|كم|هل|ب?ماذا|لمن|بم|مم|فيم|اذكر|أذكر|أعط\w*|اشرح|صف|عدد)\b",
    "hi": r"(कौन|किस|किन|क्या|कब|कहाँ|कहां|कितन|क्यों|कैस|बता|वर्णन)",
}
_POINTING = {
    "en": r"\b(this|the|above|following|given|provided) (text|passage|paragraph|article|document|excerpt|section|chapter|author|context|table|publication)\b|\b(does|did|do|is|was|are|were|has) (it|this|they|he|she|these|those)\b",
    "de": r"\b(diese[rsnm]?|de[rnms]|das|im|laut|obige[rnms]?|vorliegende[rnms]?) (text(es)?|textabschnitt(s|es)?|abschnitt(s|es)?|absatz(es)?|artikels?|dokument(s|es)?|auszug(s|es)?|autors?)\b",
    "fr": r"\b(ce|cet|cette|le|du|dans le|selon le)\s(texte|passage|paragraphe|article|document|extrait)\b",
    "es": r"\b(este|del|el) (texto|pasaje|documento|fragmento)\b|\b(este|dicho) (párrafo|artículo|autor)\b",
    "it": r"\b(questo|il|del|nel|dal) (testo|brano|documento)\b|\bquest(o|['’])\s?(paragrafo|articolo|estratto|autore)\b",
    "pt": r"\b(este|deste|neste|esse|desse|nesse|o|do|no) (texto|trecho|documento|excerto)\b|\b(este|deste|neste|esse) (parágrafo|artigo|autor)\b",
    "ru": r"\b(этот|этом|этого|данный|данном|данного|в|из) (текст\w*|отрыв\w*|абзац\w*|стать\w*|документ\w*|фрагмент\w*)\b|\bавтор (текста|статьи)\b",
    "ar": r"(هذا|هذه|في|من) (النص|الفقرة|المقال|المقالة|الوثيقة|المقطع)",
    "hi": r"(इस|उपर्युक्त|दिए गए|उक्त) (पाठ|अनुच्छेद|लेख|गद्यांश|दस्तावेज़?|अंश)",
    "ja": r"(この|本|上記の|次の)(文章|テキスト|本文|段落|記事|文書|抜粋|文中)|本文(によると|では|中)",
    "ko": r"(이|위|본|다음|해당) ?(글|텍스트|본문|지문|단락|문단|문서|기사|문장)(은|는|이|가|에|을|를|의|에서|에 따르면)|본문",
    "th": r"(ข้อความ|บทความ|ย่อหน้า|เนื้อหา|เอกสาร)(นี้|ดังกล่าว|ข้างต้น|ที่ให้มา)",
    "zh": r"(这|本|该|上述|上面的?|以下|這|該)(篇|段|个|份)?(文本|文章|段落|文字|文档|文段|文件|短文|选段)",
}  # fmt: skip
_REFUSAL = regex.compile(
    r"\bi['’]?m (very )?sorry\b|\bi apologi[sz]e\b|\bas an? ai\b|\bi (can(no|['’])t|am unable to|am not able to) "
    r"|\bes tut mir leid\b|\bals ki\b|\bje suis désolée?\b|\bje ne peux pas\b|\blo siento\b|\bno puedo (generar|crear|ayudar)\b"
    r"|\bmi dispiace\b|\bnon posso (generare|creare)\b|\bdesculpe\b|\bnão posso (gerar|criar)\b|\bизвините\b|\bк сожалению, я\b"
    r"|(آسف|أعتذر|عذرًا|عذراً)|(क्षमा करें|मुझे खेद है)|申し訳(ありません|ございません)|죄송합니다|ขออภัย|(抱歉|对不起)"
)
# Questions that are usually written without a question mark; nothing else in these languages looks like them.
_UNMARKED = {
    "th": r"(อะไร|ใคร|ที่ไหน|ไหน|เมื่อใด|เมื่อไร|เมื่อไหร่|อย่างไร|ยังไง|เท่าใด|เท่าไร|เท่าไหร่|กี่|ใด|ทำไม|หรือไม่|หรือเปล่า)[^ ]{0,12}$",
    "ja": r"(か|は|何|誰|どこ|いつ|いくつ)[。．]?$",
}
_LETTER = regex.compile(r"\p{L}")
QUESTION_MARK = regex.compile(r"[?？؟⸮;՞፧]")  # the Greek question mark is written like a semicolon


def asks(text: str, lang: str) -> bool:
    """Return whether `text` can be a question: it ends in a question mark, has a word that asks, or its language does
    without both. A mark with most of the text behind it is no end of a question.
    """
    pattern = _ASKING.get(lang)
    before, after = _around_last_mark(text)
    if before and not after:
        return True
    return before >= after if pattern is None else bool(regex.search(pattern, text.casefold()))


def _around_last_mark(text: str) -> tuple[int, int]:
    """Return how many letters stand before and after the last question mark; none at all without one."""
    parts = QUESTION_MARK.split(text)
    if len(parts) < 2:
        return 0, 0
    after = len(_LETTER.findall(parts[-1]))
    return len(_LETTER.findall(text)) - after, after


def is_question(text: str, lang: str) -> bool:
    """Return whether `text` is a question beyond doubt: it has a question mark, or ends like one in a language that
    often does without.
    """
    pattern = _UNMARKED.get(lang)
    return bool(QUESTION_MARK.search(text)) or (pattern is not None and bool(regex.search(pattern, text)))


def points_at_text(text: str, lang: str) -> bool:
    """Return whether `text` speaks of "the text", or asks about something that it only calls by a pronoun."""
    pattern = _POINTING.get(lang)
    return pattern is not None and bool(regex.search(pattern, text.casefold()))


def apologises(text: str) -> bool:
    """Return whether an answer is an apology or a refusal instead of a question."""
    return bool(_REFUSAL.search(text.casefold())) and not QUESTION_MARK.search(text)
