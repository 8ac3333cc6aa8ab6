"""Phrases that point at "the text", by language, matched on casefolded text.

Two kinds of nouns: a passage, a text or a paragraph is hardly ever anything but the text that the model was shown; an
article, a document or an author is so only where it is "this" one, or one that something is "according to".
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

import regex

from curation.checks.bare_pointing import points_barely

_EN_AS = "according to|based on|in|from|per|stated in|described in|mentioned in"
_POINTING = {
    "en": (
        r"\b(?:the|this|that|these|above|following|given|provided|preceding) (?:(?:above|following|given|provided|presented|preceding|short|source|attached|quoted|supplied) )?(?:text|passage|paragraph|excerpt|snippet|extract)s?\b(?! (?:of|from|message|editor|box))"
        r"|\b(?:this|the (?:above|following|given|provided|present)) (?:article|document|section|chapter|story|study|report|page|table|figure|context|content|information|material|author|speaker|narrator|source|essay|paper|publication)\b"
        rf"|\b(?:{_EN_AS}) the (?:article|document|section|author|writer|speaker|narrator|excerpt)\b(?! (?:of|on|by|from|to))"
        r"|\b(?:according to|based on) the (?:information|context|description|content|material|report|story|source)\b(?! (?:of|on|by|from))"
        r"|\b(?:does|did|do|has|would|by) the (?:author|writer|narrator|article|document)\b(?! of)"
        r"|\b(?:mentioned|described|discussed|stated|listed|given|provided|referred to|outlined) (?:above|below|here|earlier|previously)\b|\baforementioned\b|\babove-mentioned\b"
    ),
    "de": (
        r"\b(?:de[rmsn]|das|im|zum|vom|laut|diese[rnsm]?|jene[rnsm]?|obige[nrms]?|vorliegende[nrms]?|folgende[nrms]?|gegebene[nrms]?) (?:(?:obigen?|vorliegenden?|gegebenen?|folgenden?|genannten?|bereitgestellten?|angegebenen?) )?(?:text(?:e?s)?|text(?:abschnitt|auszug|stelle|passage)\w*|absatz(?:es)?|auszug(?:e?s)?)\b(?! (?:des|der|von|aus|\d))"
        r"|\b(?:diese[rnsm]?|im|in dem|laut(?: diese[rm]| de[rm])?|obige[nrms]?|folgende[nrms]?|vorliegende[nrms]?) (?:artikels?|dokument(?:e?s)?|abschnitt(?:e?s)?|passage|beitrags?)\b(?! (?:\d|des|der|von))"
        r"|\b(?:diese[rnsm]?|vorliegende[nrms]?) (?:autors?|studie|berichte?s?|kapitels?|seite|autorin|quelle)\b|\b(?:laut|nach ansicht|nach meinung) (?:de[srm] )?(?:autors?|verfassers?|autorin)\b"
        r"|\b(?:oben|unten|hier) (?:genannt|erwähnt|beschrieben|aufgeführt)|\bim obigen\b"
    ),
    "fr": (
        r"\b(?:ce|cet|du|le|au|ledit) (?:(?:présent|même|court) )?(?:texte|passage|paragraphe|extrait)\b(?! (?:de|du|des|à)\b| d['’])|\bl['’]extrait\b(?! (?:de|du|des)\b)"
        r"|\b(?:ce|cet|cette|ces) (?:article|document|section|étude|page|auteur|autrice|récit|rapport|chapitre)\b"
        r"|\b(?:selon|d['’]après) (?:l['’]|le |la )(?:article|document|auteur|autrice|section|récit|extrait)\b(?! \d| du?\b| d['’])|\bdans (?:l['’]article|le document)\b(?! \d| du?\b| d['’])"
        r"|\b(?:ci-dessus|ci-dessous|susmentionné)|\b(?:mentionn|cit|décrit|évoqu)\w* (?:plus haut|ici)\b"
    ),
    "es": (
        r"\b(?:este|ese|del|el|al|dicho) (?:(?:presente|siguiente|mismo|breve) )?(?:texto|pasaje|fragmento|párrafo|extracto)\b(?! (?:de|del|en|por)\b)"
        r"|\b(?:este|esta|ese|esa|dicho|dicha|el presente|la presente) (?:artículo|documento|sección|estudio|página|autor|autora|relato|informe|capítulo)\b"
        r"|\b(?:según|de acuerdo con|de acuerdo a|en) (?:el|la) (?:artículo|documento|autor|autora|sección)\b(?! \d| del?\b)"
        r"|\b(?:mencionad|descrit|citad|indicad)\w+ (?:arriba|anteriormente|aquí|antes)\b"
    ),
    "it": (
        r"\b(?:quest[oa]|quel|il|del|nel|dal|al|sul|suddetto) (?:(?:presente|seguente|suddetto|breve) )?(?:testo|brano|estratto)\b(?! (?:di|del|della|dei|da|per)\b| dell['’])|\b(?:questo|nel) (?:paragrafo|passaggio|passo)\b(?! (?:\d|d[aei]))"
        r"|\bquest(?:[oa] |['’] ?)(?:articolo|documento|sezione|studio|pagina|autore|autrice|capitolo|rapporto|estratto)\b"
        r"|\b(?:secondo|nell['’]) ?(?:l['’] ?|il |la )?(?:articolo|autore|autrice|estratto|documento)\b(?! \d| d[aei])"
        r"|\bsopra ?c?citat|\b(?:menzionat|descritt|citat|indicat)\w+ (?:sopra|qui)\b"
    ),
    "pt": (
        r"\b(?:est[ea]|ess[ea]|dest[ea]|dess[ea]|nest[ea]|ness[ea]|o|do|no|ao) (?:(?:presente|seguinte|mesmo) )?(?:texto|trecho|excerto|parágrafo|fragmento)\b(?! (?:de|do|da|dos|das)\b)|\b(?:[dn]?est[ae]|[dn]?ess[ae]|na) passagem\b(?! d)|\b[dn]?a passagem (?:acima|anterior|seguinte)"
        r"|\b(?:[dn]?est[ea]|[dn]?ess[ea]|o presente) (?:artigo|documento|seção|secção|estudo|página|autora?|capítulo|relatório)\b"
        r"|\b(?:segundo|de acordo com|conforme) [oa] (?:artigo|documento|autora?)\b(?! \d| d[eoa])|\bno (?:artigo|documento)\b(?! \d| d[eoa])"
        r"|\b(?:mencionad|descrit|citad|indicad)\w+ (?:acima|aqui|anteriormente)\b"
    ),
    "ru": (
        r"\b(?:эт(?:от|ом|ого|ому|им)|данн\w+|привед[её]нн\w+|предложенн\w+|предоставленн\w+|следующ\w+|выше\w*|в|из|согласно|по) (?:текст(?:е|а|у|ом)?|отрыв\w+|абзац\w*|фрагмент(?:е|а|у)?|пассаж\w*)\b(?! (?:песн|закон|договор|гимн|конституц))"
        r"|\b(?:эт(?:от|ом|ого|ой|а|у)|данн\w+|согласно) (?:стать[яеию]\w*|документ\w*|раздел\w*|глав[аеуы]|исследовани\w+|источник\w*)\b|\bв (?:статье|документе)\b(?! \d)"
        r"|\bавтор\w* (?:текст|стать|отрыв)\w*|\bпо (?:мнению|словам|утверждению) автора\b(?! \p{L})|\bвышеупомянут|\b(?:указанн|упомянут|описанн)\w+ (?:выше|здесь)\b"
    ),
    "ar": (
        r"(?<!\p{L})[وفبلك]?(?:ال|لل)(?:نص|فقرة|مقطع|مقتطف)(?!\p{L})(?! (?:ال(?!سابق|تالي|مقدم|مذكور|معطى|مرفق|آتي)|من))"
        r"|(?:هذا|هذه) ال(?:نص|فقرة|مقطع|مقال|مقالة|وثيقة|مستند|قسم|دراسة|كاتب|مؤلف)(?!\p{L})"
        r"|(?:في|حسب|بحسب|وفق|وفقا|وفقًا) ?(?:ال|لل)(?:مقال|مقالة|وثيقة|كاتب|مؤلف)(?!\p{L})|أعلاه|المذكورة? (?:هنا|سابق)"
    ),
    "hi": (
        r"(?:इस|उस|उपर्युक्त|उपरोक्त|दिए गए|दिये गए|निम्नलिखित|उक्त|प्रस्तुत) (?:पाठ|अनुच्छेद|लेख|गद्यांश|दस्तावे\p{M}?ज\p{M}?|अंश|पैराग्राफ\p{M}?|पैसेज|टेक्स्ट|खंड|परिच्छेद)"
        r"|(?:पाठ|गद्यांश|अनुच्छेद|लेख|पैसेज|टेक्स्ट|पैराग्राफ\p{M}?) (?:के अनुसार|में|के आधार|का लेखक)|लेखक के अनुसार|ऊपर (?:दिए|वर्णित|उल्लिखित|बताए)"
    ),
    "ja": (
        r"(?:この|その|本|上記の?|次の|以下の|与えられた|提供された|当該|前述の)(?:文章|テキスト|本文|段落|記事|文書|抜粋|文中|文(?!化|明|学|字)|資料|論文|パッセージ|作者|著者|筆者)"
        r"|(?:本文|文章|テキスト|記事|文中|段落|筆者|文書|抜粋)(?:によると|によれば|では|中|において|に(?:おける|よる|基づ)|で(?:述べ|言及|説明|紹介|示))"
    ),
    "ko": (
        r"(?<![가-힣])(?:이|위|본|다음|해당|주어진|제시된|제공된|아래|상기) ?(?:글|텍스트|본문|지문|단락|문단|문서|기사|문장|구절|발췌문|저자|필자|논문)(?:은|는|이|가|을|를|의|에|에서|로|과|와|도)?(?:[\s,?]|$|에 따르면)"
        r"|본문|윗글|(?<![가-힣])(?:글|텍스트|지문|단락|문단|문서|기사|저자|필자|글쓴이)에 (?:따르면|의하면)|(?<![가-힣])(?:글|텍스트|지문|단락|문단)에서|(?:위에서|앞서) (?:언급|설명)"
    ),
    "th": (
        r"(?:ข้อความ|บทความ|ย่อหน้า|เนื้อหา|เอกสาร|ข้อมูล|เรื่อง|ผู้เขียน|บทอ่าน)(?:ที่ให้|ที่ก[ำํ]?า?หนด)?(?:นี้|ดังกล่าว|ข้างต้น|ข้างล่าง|ที่ให้มา|ต่อไปนี้|ด้านบน|ข้างบน)"
        r"|(?:ตาม|จาก|ใน)(?:ข้อความ|บทความ|เนื้อหา|ย่อหน้า|บทอ่าน)|ผู้เขียน(?:กล่าว|บอก|ระบุ|คิด|เชื่อ)|ที่กล่าว(?:มา)?ข้างต้น"
    ),
    "zh": (
        r"(?:这|這|本|该|該|此|上述|前述|(?:上面|以上|以下|下面|所?给定?|所?提供)的?)(?:篇|段|个|個|份|则|則|部分)?(?:文本|文章|段落|文字|文档|文檔|文段|文件|短文|选段|選段|材料|内容|內容|资料|資料|原文|课文|摘录|作者|文(?![化明学學艺藝献獻件]))"
        r"|(?:根据|依据|按照|根據|依據|从|從|在)(?:文本|文章|文中|文段|段落|短文|原文|材料|上文|内容|作者)|(?<!\p{Han})文中|(?:文本|段落)(?:中|里|裡)|文章(?:中|里|裡|提到|指出|认为)|作者(?:认为|認為|指出|提到)|上文"
    ),
}  # fmt: skip
_PATTERNS = {lang: regex.compile(pattern) for lang, pattern in _POINTING.items()}


def points_at_text(text: str, lang: str) -> bool:
    """Return whether `text` speaks of "the text"."""
    pattern = _PATTERNS.get(lang)
    return pattern is not None and (bool(pattern.search(text.casefold())) or points_barely(text, lang))
