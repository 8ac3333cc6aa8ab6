"""Questions of the frame "what THING is DONE?" and nothing else, by language: "What evidence is offered?", "What is being
compared?", or whose subject is but a pronoun or the ending of its verb. Who does it, where, about what: only the text
knows.

In: a question's text. Out: whether it is such a frame. A frame has one plain noun at most and one verb in the passive
voice, and the noun is one of what texts consist of: "Which foods are fermented?" is a question of its own.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

import regex

_NOUNS = {
    "en": r"(?:claim|evidence|aspect|step|stage|example|reason|argument|fact|conclusion|information|detail|difference|comparison|point|idea|suggestion|recommendation|event|problem|challenge|issue|topic|question|theme|statistic|figure|tone|view|opinion|solution|hypothes[ie]s|criteria|feature|factor|measure)s?",
    "de": r"(?:behauptung|beleg|beweis|aspekt|schritt|phase|beispiel|gr[uü]nd|argument|tatsache|fakt|schlussfolgerung|information|einzelheit|detail|unterschied|vergleich|punkt|idee|vorschl[aä]g|empfehlung|ereignis|problem|thema|theme|frage|haltung|meinung|lösung|these|hypothese|kriteri|merkmal|faktor|massnahme|maßnahme)\p{L}{0,4}",
    "fr": r"(?:affirmation|preuve|aspect|étape|exemple|raison|argument|fait|conclusion|information|détail|différence|comparaison|point|idée|suggestion|recommandation|événement|problème|défi|thème|sujet|question|chiffre|ton|opinion|solution|hypothèse|critère|facteur|mesure)s?",
    "es": r"(?:afirmaci[oó]n|prueba|aspecto|paso|etapa|ejemplo|raz[oó]n|argumento|hecho|conclusi[oó]n|informaci[oó]n|detalle|diferencia|comparaci[oó]n|punto|idea|sugerencia|recomendaci[oó]n|evento|problema|desafío|tema|pregunta|cifra|tono|opini[oó]n|soluci[oó]n|hipótesis|criterio|factor|medida)(?:e?s)?",
    "it": r"(?:affermazion|prov|aspett|passagg|tapp|esemp|ragion|argoment|fatt|conclusion|informazion|dettagl|differenz|confront|punt|ide|suggeriment|raccomandazion|event|problem|sfid|tem|domand|cifr|ton|opinion|soluzion|ipotes|criter|fattor|misur)i?[oaie]",
    "pt": r"(?:afirmaç(?:ão|ões)|prova|aspecto|passo|etapa|exemplo|razão|razões|argumento|fato|facto|conclus(?:ão|ões)|informaç(?:ão|ões)|detalhe|diferença|comparaç(?:ão|ões)|ponto|ideia|sugest(?:ão|ões)|recomendaç(?:ão|ões)|evento|problema|desafio|tema|pergunta|número|tom|opini(?:ão|ões)|soluç(?:ão|ões)|hipótese|critério|fator|medida)s?",
    "ru": r"(?:утвержден|доказательств|аспект|шаг|этап|пример|причин|аргумент|довод|факт|вывод|тем|данн|информац|сведени|детал|подробност|различи|сравнени|пункт|мысл|иде|рекомендац|метод|событи|проблем|вопрос|стать|предложени|абзац)\p{L}{0,3}",
    "ar": r"(?:ال)?(?:ادعاءات|أدلة|أدلّة|جوانب|خطوات|أمثلة|أسباب|حجج|حقائق|استنتاجات|معلومات|تفاصيل|نقاط|أفكار|توصيات|أحداث|مشاكل|مواضيع|مراحل|بيانات|اختلافات|جملة|فقرة)",
    "hi": r"(?:दाव[ेा]|प्रमाण|सबूत|पहलु\S*|पहलू|चरण|कदम|उदाहरण|कारण\S*|तर्क|तथ्य|निष्कर्ष|जानकारी|विवरण|बिंदु\S*|विचार|सुझाव|समस्या\S*|घटना\S*|विषय\S*|अंतर|आंकड़े|वाक्य|अनुच्छेद)",
    "ja": r"(?:主張|証拠|点|側面|手順|段階|例|理由|根拠|事実|結論|情報|詳細|考え|意見|提案|出来事|問題|話題|違い|データ|文|段落|数字)",
    "ko": r"(?:주장|증거|측면|단계|예시?|이유|근거|사실|결론|정보|세부 사항|요점|생각|의견|제안|사건|문제|주제|차이점?|자료|문장|문단|방법)",
    "th": r"(?:ข้ออ้าง|หลักฐาน|ด้าน|แง่มุม|ขั้นตอน|ตัวอย่าง|เหตุผล|ข้อเท็จจริง|ข้อสรุป|ข้อมูล|รายละเอียด|ประเด็น|แนวคิด|ข้อเสนอ|เหตุการณ์|ปัญหา|หัวข้อ|ความแตกต่าง)",
    "zh": r"(?:主张|主張|证据|證據|方面|步骤|步驟|例子|理由|原因|论据|論據|事实|事實|结论|結論|信息|資訊|细节|細節|要点|要點|观点|觀點|建议|建議|事件|问题|問題|主题|主題|数据|數據|句话|句話)",
}
_FRAMES = {
    "en": rf"(?:what|which)(?: {_NOUNS['en']} (?:is|are)| \p{{L}}+ (?:was|were)| (?:is|was|were) being) \p{{L}}+ed|(?:what|which)(?: {_NOUNS['en']})? (?:is|are|was|were) (?:being )?(?:drawn|given|shown|made|told|put forward|said|brought up|set out|pointed out)|what does the \p{{L}}+ (?:sentence|line|part|paragraph|half) (?:\p{{L}}+ ){{0,2}}\p{{L}}+",
    "de": rf"(?:was (?:wird|wurde)|welche[rsnm]? (?:{_NOUNS['de']} (?:wird|werden)|\p{{L}}+ (?:wurde|wurden))) (?:(?:an|auf|vor|dar|ab|be|ver|er|aus|ein|zu)?\p{{L}}+(?:iert|en|t))|(?:was|worüber) \p{{L}}+t (?:uns )?(?:der|die|das) \p{{L}}+ (?:satz|absatz|teil|abschnitt|zeile)(?: uns)?(?: aus)?|(?:(?:in|an|auf|von|mit|zu|aus) )?(?:wer|wen|wem|was|wann|wo|wohin|woher|warum|wie|womit) (?:\p{{L}}+ )?\p{{L}}+ (?-i:er|sie)(?: \p{{L}}+){{0,4}}",
    "fr": rf"quel(?:le)?s? (?:{_NOUNS['fr']} (?:est|sont)|\p{{L}}+ (?:ont été|a été)) (?:\p{{L}}+(?:é|ée|és|ées|uite?s?|rite?s?|erte?s?|nue?s?)|(?:fait|mis|dit)e?s?(?: en avant)?)|qu['’]est-ce qui (?:est|a été) \p{{L}}+(?:é|uit|rit|ert|nu)|que (?:nous )?(?:dit|dévoile|révèle|explique) la \p{{L}}+ (?:phrase|partie)",
    "es": rf"(?:qué|cuáles)(?: {_NOUNS['es']})? (?:se \p{{L}}+[ea]n?|(?:es|son|fue|fueron) \p{{L}}+[ai]d[oa]s?)|qué (?:nos )?(?:dice|revela|explica|cuenta) (?:la|el) \p{{L}}+ (?:frase|oración|párrafo|parte)|(?:(?:a|de|con|por|en) )?(?:quién(?:es)?|qué|cuándo|dónde|adónde|cómo)(?: (?:l[oae]s?|se))? \p{{L}}+(?:aron|ieron|ó|aban?)(?: (?:dentro|fuera|antes|después|luego|allí|ahí|\p{{L}}+mente))?",
    "it": rf"(?:quali?|che cosa|che|cosa)(?: {_NOUNS['it']})? (?:viene|vengono|venne|vennero) \p{{L}}+(?:[aiu]t|tt|st|s|rt|nt)[oaie]|(?:che cosa|cosa) (?:ci )?(?:dice|rivela|spiega|racconta) (?:la|il) \p{{L}}+ (?:frase|paragrafo|parte|riga)|(?:(?:a|di|con|da|per) )?(?:chi|che cosa|cosa|perché|quando|dove|come)(?: (?:l[aoie]|li|si|ci))? (?:\p{{L}}+(?:arono|erono|irono|ettero|ò)|(?:fu|furono) \p{{L}}+(?:[aiu]t|tt|st|s|rt|nt)[oaie])(?: (?:dentro|fuori|prima|dopo|poi|lì|là|\p{{L}}+mente))?",
    "pt": rf"(?:que|quais|o que)(?: {_NOUNS['pt']})? (?:é|são|foi|foram) (?:\p{{L}}+(?:ad|id)[oa]s?|feit[oa]s?|dit[oa]s?)|o que (?:nos )?(?:diz|revela|explica|conta) (?:a|o) \p{{L}}+ (?:frase|parágrafo|parte|linha)|(?:(?:a|de|com|por|em) )?(?:quem|o que|por que|quando|onde|como) \p{{L}}+(?:aram|eram|iram|ou|iu)(?: (?:dentro|fora|antes|depois|lá|ali|\p{{L}}+mente))?",
    "ru": rf"(?:какие|какая|какое|какой|какую) {_NOUNS['ru']} (?:\p{{L}}+(?:ется|ются|ятся|ится)|\p{{L}}+н[оаы])|что (?:сравнивает|описывает|обсуждает|рассматривает|подч[её]ркивает|доказывает|утверждает|предлагает|перечисляет|анализирует)ся|(?:о ч[её]м|что) \p{{L}}+[еи]т \p{{L}}+ (?:предложение|абзац|строка|часть)",
    "ar": rf"(?:ما|ماذا)(?: هي| هو)? {_NOUNS['ar']} (?:ال\p{{L}}+|التي (?:تم|تمت|يتم|تتم)(?: \p{{L}}+){{1,2}})|ما الذي (?:تم|تمت|يتم|تتم) \p{{L}}+|ماذا (?:تخبرنا|تقول|توضح) (?:الجملة|الفقرة) \p{{L}}+",
    "hi": rf"(?:कौन[- ]?(?:से|सी|सा)|क्या|किन|किस) {_NOUNS['hi']}(?: (?:पर|का|की|के|को))?(?: \S+){{1,4}}|किस(?:की|का|के) (?:\S+ )(?:की|का) (?:गई|गया|जा रही|जा रहा) (?:है|हैं)|\S+ (?:वाक्य|अनुच्छेद|पंक्ति)(?: हमें)? क्या \S+ (?:है|हैं)",
    "ja": rf"(?:ど(?:のような|んな|の)|何の){_NOUNS['ja']}が\p{{L}}+(?:いますか|いる|いますでしょうか|いるか|ましたか|れますか)|何が(?:比較|強調|議論|説明|提案|列挙|分析|検討|主張)\p{{L}}*|(?:最初|最後|第\p{{L}}|次)の(?:文|段落|行)は何を\p{{L}}+",
    "ko": rf"(?:어떤|무슨) {_NOUNS['ko']}(?:이|가|을|를|들이)? \S+(?: (?:있나요|있습니까|있는가|되나요))?|무엇[이을] (?:비교|강조|논의|설명|제안|나열|분석|주장)\S*(?: 있\S+)?|(?:첫|마지막|두|세) ?(?:번째 )?(?:문장|문단|줄)[은이] 무엇을 \S+(?: \S+)?",
    "th": rf"มี(?:การ)?(?:\p{{L}}\p{{M}}*){{0,6}}{_NOUNS['th']}(?:ใด|อะไร|ไหน)(?:บ้าง)?(?:ที่(?:[\p{{L}}\p{{M}}]{{2,14}}))?|มีการ(?:เปรียบเทียบ|เน้น|อภิปราย|เสนอ|วิเคราะห์|แนะนำ)(?:อะไร|สิ่งใด|เรื่องใด)(?:บ้าง)?|(?:ประโยค|ย่อหน้า|บรรทัด)(?:แรก|สุดท้าย|ที่[\p{{L}}\p{{M}}]{{2,4}})[\p{{L}}\p{{M}}]{{2,8}}อะไร[\p{{L}}\p{{M}}]{{0,8}}",
    "zh": rf"\p{{Han}}{{2,3}}了?(?:哪些|什么|什麼|哪个){_NOUNS['zh']}|(?:比较|比較|讨论|討論|强调|強調|分析|对比|對比)了(?:什么|什麼)|第\p{{Han}}(?:句话|句話|段|行|部分)\p{{Han}}{{0,4}}(?:什么|什麼)",
}
_PATTERNS = {lang: regex.compile(rf"\W*(?:{frame})\W*", regex.IGNORECASE) for lang, frame in _FRAMES.items()}
_NAME = regex.compile(r"\p{L}.*\p{Lu}|\p{N}|[\"“„«「『《]")


def is_empty_frame(text: str, lang: str) -> bool:
    """Return whether all of `text` is a frame that the text alone can fill; one with a name in it is none."""
    pattern = _PATTERNS.get(lang)
    if pattern is None or (lang != "de" and _NAME.search(text)):
        return False
    return pattern.fullmatch(text.strip()) is not None
