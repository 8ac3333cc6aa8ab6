"""More that points at "the text": "What does the author argue?", "What is described here?", "based on the information
provided", by language, matched on casefolded text.

The author is somebody's, or has a name, in a question that stands on its own; where neither follows and the question
names nothing else either, it is the author of the text that the model was shown.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

import regex

_AUTHOR = {
    "en": r"\bthe (?:author|writer|narrator|speaker)(?:['’]s)?\b(?! (?:of|and|who|named)\b)",
    "de": r"\b(?:der|des|dem|den|die) (?:autors?|verfassers?|autorin|verfasserin|erzählers?)\b(?! (?:des|der|von|und|eines?|einer)\b)",
    "fr": r"\b(?:l['’]auteur|l['’]autrice|le narrateur|la narratrice)\b(?! (?:de|du|des|et)\b| d['’])",
    "es": r"\b(?:el|la|del|al) (?:autora?|narradora?|escritora?)\b(?! (?:de|del|y)\b)",
    "it": r"\bl['’] ?(?:autore|autrice)\b(?! (?:d[aei]\w*|e)\b| dell['’])|\b(?:il|la) narrat(?:ore|rice)\b(?! d)",
    "pt": r"\b(?:[dn]?[oa]|pel[oa]) (?:autora?|narradora?)\b(?! (?:d[eoa]s?|e)\b)",
    "ru": r"(?<!\p{L})(?<!как(?:ой|ого|ому|им) )автор(?:а|у|ом|е)?\b(?! \p{L}+(?:ы|и|а|ия|ов|ев)\b$)(?! (?:роман|книг|рассказ|картин|песн|проект|слов|музык|идеи))",
    "ar": r"(?<!\p{L})(?:ال|لل)(?:كاتب|مؤلف|راوي)(?!\p{L})(?! (?:ال|من|هو))",
    "hi": r"(?<!(?:किस|कौन|के|का|की|सा) )(?:लेखक|कथावाचक)(?![\p{L}\p{M}])(?! (?:कौन|का नाम|और))",
    "ja": r"^(?:この|その)?(?:著者|筆者|作者)(?:は(?!誰|だれ|何人)|が|の(?!名))",
    "ko": r"(?:^|\s)(?:저자|필자|글쓴이)(?:는|은|가|이|의)\s(?!(?:누구|이름))",
    "th": r"^ผู้(?:เขียน|แต่ง|เล่า)(?!คือ|เป็นใคร)",
    "zh": r"^(?:作者|笔者|筆者)(?!是谁|是誰|叫|为|為|的名)",
}
# "What is described here?", "according to the information provided", "according to the above".
_HERE_OR_GIVEN = {
    "en": r"\b(?:from|based on|according to|given|in|per) (?:the |what (?:is|was) )?(?:above|information|details|facts|data|context)(?: (?:that )?(?:is |was |are |were )?(?:provided|given|presented|above|stated|available))?\b[,?]|\bwhat (?:is|was|are) (?:being )?(?:described|discussed|explained|mentioned|said|presented) here\b",
    "de": r"\b(?:laut|nach|gemäß|anhand|aufgrund) (?:de[nr] |des )?(?:obig|vorliegend|bereitgestellt|gegeben|angegeben|genannt)\w+ (?:angabe|information|inhalt|daten|kontext)|\bwird hier (?:beschrieb|behandel|erklär|erläuter|dargestell|geschildert|diskutiert)",
    "fr": r"\b(?:selon|d['’]après|sur la base de|à partir de) (?:les |des |l['’])?(?:informations?|données|éléments|contexte)\b (?:fourni|donné|présenté|disponible|indiqué)|\bce qui précède|\b(?:décrit|présenté|expliqué|évoqué|abordé)e?s? ici\b",
    "es": r"\b(?:según|de acuerdo (?:con|a)|con base en|en base a|a partir de) (?:la |los |el |lo )?(?:información|datos|contexto|anterior|contenido) ?(?:proporcionad|dad|presentad|suministrad|anterior|facilitad|,|¿)|\bse (?:describe|explica|menciona|presenta|habla|trata)n? aquí\b",
    "it": r"\b(?:secondo|in base a|sulla base d|stando a)\w* (?:le |gli |i )?(?:informazioni|dati|contesto|contenuto)\b (?:fornit|dat|presentat|disponibil)|\bquanto (?:sopra|detto|descritto|riportato)\b|\b(?:descritt|spiegat|presentat|discuss)\w (?:qui|sopra)\b|\bqui (?:descritt|spiegat)",
    "pt": r"\b(?:com base|segundo|de acordo com|conforme|a partir d)\w* ?(?:n?as |n?os |n?o |)(?:informaç(?:ões|ão)|dados|contexto|conteúdo|exposto) ?(?:fornecid|dad|apresentad|disponíve|acima)|\b(?:descrito|explicado|apresentado|discutido|mencionado)s? aqui\b",
    "ru": r"\b(?:на основ(?:ании|е)|согласно|исходя из|судя по|по) (?:привед[её]нн|предоставленн|представленн|данн|указанн|имеющ|выше)\w+(?: (?:информаци|данны|сведени|контекст)\w*|,)|\bздесь (?:описыва|описан|говорит|обсужда|рассказыва|объясня|излага)",
    "ar": r"(?:وفق|بناء|استناد|حسب|بحسب)\S* (?:\S+ )?(?:ال|لل)(?:معلومات|بيانات|محتوى|سياق) (?:ال)?(?:مقدم|معطا|متوفر|وارد|متاح|مذكور)|(?:وفق|بناء|حسب|بحسب)\S* (?:\S+ )?(?:ل?ما )(?:سبق|ذكر|ورد)|(?:يصف|يوصف|يوضح|وصفه) (?:\S+ )?(?:هنا|هذا المقطع)|(?:عم[ّا]?|ماذا|عن ماذا) (?:يتحدث|يتناول|يدور|يصف|يناقش) (?:ال|هذا ال)(?:مقال|نص|مقطع|كاتب)",
    "hi": r"(?:दी गई|प्रदान की गई|उपलब्ध|उपरोक्त|प्रदत्त|प्रस्तुत) (?:जानकारी|सूचना|सामग्री|संदर्भ)|(?:उपरोक्त|उपर्युक्त) के (?:अनुसार|आधार)|यहाँ (?:\S+ ){0,3}(?:वर्णन|चर्चा|बताया|समझाया)",
    "ja": r"(?:与えられた|提供された|示された|上記の|以下の|提示された)(?:情報|内容|データ|文脈)|^上記(?:によ|に基|から|の通り)|^ここでは?(?:何|どの|どん|誰).{0,6}(?:説明|記述|述べ|描写|描か|語ら)",
    "ko": r"(?:제공된|주어진|제시된|위의|위|앞의) (?:정보|내용|자료|맥락)(?:에|을|를|에서)|여기(?:서|에서) (?:\S+ )?(?:설명|묘사|다루|언급|논의)",
    "th": r"(?:ข้อมูล|เนื้อหา|รายละเอียด)(?:ที่)?(?:ให้มา|ให้ไว้|กำหนด|กําหนด|ข้างต้น|มีอยู่)|ที่(?:อธิบาย|กล่าวถึง|บรรยาย)(?:ไว้)?(?:ใน)?ที่?นี่|(?:อธิบาย|กล่าวถึง|บรรยาย)(?:ไว้)?ในที่นี้",
    "zh": r"(?:根据|依据|基于|根據|依據|基於|按照)(?:所|已)?(?:提供|给出|给定|已知|給出|以上|上述|上面)的?(?:信息|内容|资料|資訊|資料|數據|数据)|(?:这里|這裡|此处|此處)(?:所)?(?:描述|介绍|介紹|说|說|讲|講|讨论|討論)的?",
}
_AUTHORS = {lang: regex.compile(pattern) for lang, pattern in _AUTHOR.items()}
_GIVEN = {lang: regex.compile(pattern) for lang, pattern in _HERE_OR_GIVEN.items()}
_NAMED = regex.compile(
    r"[\p{L}\p{N}].*\p{Lu}|\p{N}|[\"“„«「『《]"
)  # a capital behind the first letter, a number, a quotation
_CASELESS_LETTERS, _CASELESS_WORDS = 24, 6
_LETTER = regex.compile(r"\p{L}")


def points_barely(text: str, lang: str) -> bool:
    """Return whether `text` speaks of what is given or described here, or of "the author" without naming anything."""
    plain = text.casefold()
    given, author = _GIVEN.get(lang), _AUTHORS.get(lang)
    if given is not None and given.search(plain):
        return True
    return author is not None and bool(author.search(plain)) and not _names_something(text, lang)


def _names_something(text: str, lang: str) -> bool:
    """Return whether a text holds what may be a name; in German every noun is capitalised, many scripts have no case."""
    if lang == "de":
        return len(text.split()) > _CASELESS_WORDS or bool(regex.search(r"[\p{N}\"“„«]", text))
    if lang in ("ar", "hi", "ko"):
        return len(text.split()) > _CASELESS_WORDS or bool(_NAMED.search(text))
    if lang in ("ja", "th", "zh"):
        return len(_LETTER.findall(text)) > _CASELESS_LETTERS or bool(_NAMED.search(text))
    return bool(_NAMED.search(text))
