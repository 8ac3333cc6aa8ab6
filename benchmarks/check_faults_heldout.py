"""A second set of faults in 13 languages, worded before the checks' lists of pronouns and pointing
phrases (not those of chatter) were read: what benchmarks/checks.py --heldout injects into human questions.

Placeholders as in `check_faults`. What came of the items at even places was looked at when the checks were mended, what
came of those at odd places never was. Both halves have one writer, who also mended the checks: the figures on the odd
places are nearer to a user's than those on the even ones, but a user's wordings are further off still.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

PREAMBLES = {
    "ar": ["إليك السؤال المطلوب:\n\n{q}", "يمكن طرح السؤال التالي: {q}", "**السؤال:**\n{q}\n\nأتمنى أن يكون هذا مفيدًا.", "بكل سرور، هذا هو السؤال:\n\n> {q}", "{q}\n\nيركز هذا السؤال على الفكرة الأساسية.", "السؤال باللغة العربية: {q}", "### سؤال\n\n{q}", "{q}\n\nهل ترغب في سؤال آخر؟"],
    "de": ["Selbstverständlich! Hier die gewünschte Frage:\n\n{q}", "Eine spezifische Frage zum Text könnte lauten: {q}", "## Frage\n\n{q}", "{q}\n\n*Hinweis: Die Frage kann mit dem Text beantwortet werden.*", "Folgende Frage lässt sich daraus ableiten:\n\n**{q}**", "Frage auf Deutsch: {q}", "{q}\n\nMöchten Sie noch eine weitere Frage?", "Hier ist eine mögliche Frage, die sich auf den Inhalt bezieht:\n\n\"{q}\""],
    "en": ["Sure thing! Here's a specific question for you:\n\n{q}", "One specific and valuable question that could be asked is: {q}", "## Question\n\n{q}", "{q}\n\nThis question focuses on the main point and avoids pronouns.", "The question I'd ask is: \"{q}\"", "Question (English): {q}", "{q}\n\n---\n\n*Note: this can be answered from the text.*", "Thank you for sharing the text. Here is my question:\n\n**{q}**", "{q}\n\nWould you like me to generate another one?", "A possible question might be the following.\n\n{q}", "<answer>{q}</answer>", "Final question: {q}"],
    "es": ["Con gusto, aquí está la pregunta:\n\n{q}", "Una pregunta específica sobre el texto podría ser: {q}", "## Pregunta\n\n{q}", "{q}\n\nEsta pregunta se centra en la idea principal del texto.", "La pregunta sería la siguiente:\n\n**{q}**", "Pregunta en español: {q}", "{q}\n\n¿Quieres que genere otra?", "¡Claro que sí! Aquí va:\n\n\"{q}\""],
    "fr": ["Avec plaisir ! Voici la question demandée :\n\n{q}", "Une question précise pourrait être : {q}", "## Question\n\n{q}", "{q}\n\n*Remarque : la réponse se trouve dans le texte.*", "On peut poser la question suivante :\n\n**{q}**", "Question en français : {q}", "{q}\n\nSouhaitez-vous une autre question ?", "Certainement, voici une question pertinente :\n\n« {q} »"],
    "hi": ["यह रहा आपका प्रश्न:\n\n{q}", "एक विशिष्ट प्रश्न इस प्रकार है: {q}", "## प्रश्न\n\n{q}", "{q}\n\nयह प्रश्न पाठ के मुख्य विषय पर केंद्रित है।", "इस पाठ से यह सवाल पूछा जा सकता है:\n\n**{q}**", "हिंदी में प्रश्न: {q}", "{q}\n\nक्या आप एक और प्रश्न चाहते हैं?", "जी हाँ, प्रश्न यह है:\n\n\"{q}\""],
    "it": ["Con piacere! Ecco la domanda richiesta:\n\n{q}", "Una domanda specifica sul testo potrebbe essere: {q}", "## Domanda\n\n{q}", "{q}\n\n*Nota: la risposta si trova nel testo.*", "Si può porre la seguente domanda:\n\n**{q}**", "Domanda in italiano: {q}", "{q}\n\nVuoi che ne generi un'altra?", "Certamente, ecco qui:\n\n\"{q}\""],
    "ja": ["かしこまりました。ご要望の質問はこちらです。\n\n{q}", "具体的な質問としては、次のものが挙げられます：\n{q}", "## 質問\n\n{q}", "{q}\n\nこの質問は文章の中心的な内容に焦点を当てています。", "次の質問を提案します。\n\n**{q}**", "日本語の質問：{q}", "{q}\n\n他にも質問が必要ですか？", "承知いたしました。\n\n質問：「{q}」"],
    "ko": ["네, 요청하신 질문은 다음과 같습니다.\n\n{q}", "구체적인 질문은 다음과 같습니다: {q}", "## 질문\n\n{q}", "{q}\n\n이 질문은 글의 핵심 내용에 초점을 맞추고 있습니다.", "다음 질문을 제시할 수 있습니다:\n\n**{q}**", "한국어 질문: {q}", "{q}\n\n다른 질문이 필요하신가요?", "기꺼이 도와드리겠습니다.\n\n\"{q}\""],
    "pt": ["Com prazer! Aqui está a pergunta solicitada:\n\n{q}", "Uma pergunta específica sobre o texto poderia ser: {q}", "## Pergunta\n\n{q}", "{q}\n\n*Observação: a resposta está no texto.*", "Pode-se fazer a seguinte pergunta:\n\n**{q}**", "Pergunta em português: {q}", "{q}\n\nDeseja que eu gere outra?", "Certamente, aqui está:\n\n\"{q}\""],
    "ru": ["С удовольствием! Вот запрошенный вопрос:\n\n{q}", "Конкретный вопрос по тексту может звучать так: {q}", "## Вопрос\n\n{q}", "{q}\n\n*Примечание: ответ содержится в тексте.*", "Можно задать следующий вопрос:\n\n**{q}**", "Вопрос на русском языке: {q}", "{q}\n\nХотите, я составлю ещё один?", "Безусловно, вот он:\n\n«{q}»"],
    "th": ["ยินดีครับ นี่คือคำถามที่คุณต้องการ:\n\n{q}", "คำถามที่เฉพาะเจาะจงอาจเป็นดังนี้: {q}", "## คำถาม\n\n{q}", "{q}\n\nคำถามนี้มุ่งเน้นไปที่เนื้อหาหลักของข้อความ", "สามารถตั้งคำถามได้ดังนี้:\n\n**{q}**", "คำถามภาษาไทย: {q}", "{q}\n\nคุณต้องการคำถามเพิ่มเติมไหม?", "ได้ค่ะ นี่คือคำถาม\n\n\"{q}\""],
    "zh": ["好的，这是您要的问题：\n\n{q}", "一个具体的问题可以是：{q}", "## 问题\n\n{q}", "{q}\n\n这个问题围绕文本的核心内容展开。", "可以提出以下问题：\n\n**{q}**", "中文问题：{q}", "{q}\n\n您还需要其他问题吗？", "当然，问题如下：\n\n“{q}”"],
}  # fmt: skip
REFUSALS = {
    "ar": ["لا توجد معلومات كافية في النص لصياغة سؤال.", "النص المقدم فارغ.", "عذراً، لا يمكنني المساعدة في ذلك.", "النص غير مكتمل، يرجى إرسال النص كاملاً.", "لم يتم تقديم أي نص.", "هذا المحتوى يخالف سياسة الاستخدام.", "أنا مجرد نموذج ذكاء اصطناعي ولا أستطيع القيام بذلك.", "من فضلك أرسل الفقرة التي تريد سؤالاً عنها."],
    "de": ["Es gibt nicht genügend Informationen, um eine Frage zu stellen.", "Der bereitgestellte Text ist leer.", "Es tut mir leid, aber damit kann ich Ihnen nicht weiterhelfen.", "Der Text scheint unvollständig zu sein.", "Könnten Sie mir bitte den vollständigen Text schicken?", "Dieser Inhalt verstößt gegen die Nutzungsrichtlinien.", "Ich bin nur ein KI-Modell und darf das nicht tun.", "Ohne weiteren Kontext lässt sich keine sinnvolle Frage stellen."],
    "en": ["There is not enough information in the passage to form a question.", "The provided text is empty.", "I cannot fulfill your request.", "The text appears to be incomplete. Could you please provide the full text?", "I'm just an AI language model and cannot do that.", "This content violates our usage policies.", "Sorry, I didn't get the text. Can you send it again?", "It looks like your message was cut off.", "I must respectfully decline to answer that.", "The passage you provided does not contain any meaningful content.", "Without more context, it is not possible to write a question.", "I don't feel comfortable generating a question about this."],
    "es": ["No hay suficiente información en el texto para formular una pregunta.", "El texto proporcionado está vacío.", "No puedo ayudarte con esa petición.", "El texto parece estar incompleto.", "¿Podrías enviarme el texto completo, por favor?", "Este contenido infringe las políticas de uso.", "Soy solo un modelo de IA y no puedo hacerlo.", "Sin más contexto no es posible hacer una pregunta."],
    "fr": ["Il n'y a pas suffisamment d'informations dans le texte pour poser une question.", "Le texte fourni est vide.", "Je ne peux pas vous aider avec cela.", "Le texte semble incomplet.", "Pourriez-vous m'envoyer le texte complet ?", "Ce contenu enfreint nos règles d'utilisation.", "Je ne suis qu'un modèle d'IA et je ne peux pas faire cela.", "Sans plus de contexte, il n'est pas possible de poser une question."],
    "hi": ["पाठ में प्रश्न बनाने के लिए पर्याप्त जानकारी नहीं है।", "दिया गया पाठ खाली है।", "मैं इसमें आपकी मदद नहीं कर सकता।", "पाठ अधूरा लगता है।", "क्या आप कृपया पूरा पाठ भेज सकते हैं?", "यह सामग्री उपयोग नीतियों का उल्लंघन करती है।", "मैं केवल एक एआई मॉडल हूँ और ऐसा नहीं कर सकता।", "अधिक संदर्भ के बिना प्रश्न बनाना संभव नहीं है।"],
    "it": ["Non ci sono informazioni sufficienti nel testo per formulare una domanda.", "Il testo fornito è vuoto.", "Non posso aiutarti con questo.", "Il testo sembra incompleto.", "Potresti inviarmi il testo completo?", "Questo contenuto viola le norme di utilizzo.", "Sono solo un modello di IA e non posso farlo.", "Senza ulteriore contesto non è possibile porre una domanda."],
    "ja": ["質問を作成するのに十分な情報がありません。", "提供されたテキストは空です。", "そのお手伝いはできません。", "テキストが不完全なようです。", "全文を送っていただけますか？", "この内容は利用規約に違反しています。", "私はAIモデルなので、それはできません。", "文脈がなければ、質問を作ることは不可能です。"],
    "ko": ["질문을 만들기에 충분한 정보가 없습니다.", "제공된 텍스트가 비어 있습니다.", "그것은 도와드릴 수 없습니다.", "텍스트가 불완전한 것 같습니다.", "전체 텍스트를 보내 주시겠어요?", "이 콘텐츠는 이용 정책에 위배됩니다.", "저는 AI 모델일 뿐이라 그렇게 할 수 없습니다.", "추가 맥락 없이는 질문을 만들 수 없습니다."],
    "pt": ["Não há informações suficientes no texto para formular uma pergunta.", "O texto fornecido está vazio.", "Não posso ajudar com isso.", "O texto parece estar incompleto.", "Você poderia enviar o texto completo?", "Este conteúdo viola as políticas de uso.", "Sou apenas um modelo de IA e não posso fazer isso.", "Sem mais contexto, não é possível fazer uma pergunta."],
    "ru": ["В тексте недостаточно информации для составления вопроса.", "Предоставленный текст пуст.", "Я не могу вам с этим помочь.", "Похоже, текст неполный.", "Не могли бы вы прислать полный текст?", "Этот контент нарушает правила использования.", "Я всего лишь языковая модель и не могу этого сделать.", "Без дополнительного контекста невозможно задать вопрос."],
    "th": ["ไม่มีข้อมูลเพียงพอในข้อความสำหรับการตั้งคำถาม", "ข้อความที่ให้มาว่างเปล่า", "ฉันไม่สามารถช่วยเหลือในเรื่องนี้ได้", "ดูเหมือนว่าข้อความไม่สมบูรณ์", "กรุณาส่งข้อความฉบับเต็มได้ไหมคะ", "เนื้อหานี้ละเมิดนโยบายการใช้งาน", "ฉันเป็นเพียงโมเดล AI จึงทำเช่นนั้นไม่ได้", "หากไม่มีบริบทเพิ่มเติม จะไม่สามารถตั้งคำถามได้"],
    "zh": ["文本中没有足够的信息来提出问题。", "您提供的文本是空的。", "抱歉，我不能协助您处理这个请求。", "文本似乎不完整。", "能否请您发送完整的文本？", "该内容违反了使用政策。", "我只是一个人工智能模型，不能这样做。", "没有更多上下文，无法提出问题。"],
}  # fmt: skip
POINTING = {
    "ar": ["ما الذي يجادل به المؤلف؟", "وفقًا لما سبق، {q}", "ماذا يصف هذا المقطع؟", "ما هو موضوع النص الرئيسي؟", "كيف يصف الكاتب الوضع؟", "ما الاستنتاج الذي يمكن التوصل إليه من النص؟", "عمّ يتحدث المقال؟", "وفقًا للمعلومات المقدمة، {q}"],
    "de": ["Was argumentiert der Autor?", "Laut den obigen Angaben: {q}", "Was wird hier beschrieben?", "Was ist das Hauptthema des Textes?", "Wie beschreibt der Autor die Lage?", "Welche Schlussfolgerung lässt sich aus dem Text ziehen?", "Wovon handelt der Artikel?", "Welches Beispiel wird im Abschnitt genannt?"],
    "en": ["What does the author argue?", "According to the above, {q}", "What is described here?", "What is the main topic of the passage?", "Based on the information provided, {q}", "What conclusion can be drawn from the text?", "How does the writer describe the situation?", "Which example is given in the paragraph?", "What is the article about?", "What does the narrator imply about the ending?", "As stated in the document, {q}", "What does this sentence mean?"],
    "es": ["¿Qué argumenta el autor?", "De acuerdo con lo anterior, {q}", "¿Qué se describe aquí?", "¿Cuál es el tema principal del texto?", "¿Cómo describe el autor la situación?", "¿Qué conclusión se puede extraer del texto?", "Según la información proporcionada, {q}", "¿Qué ejemplo se menciona en el párrafo?"],
    "fr": ["Que soutient l'auteur ?", "D'après ce qui précède, {q}", "Qu'est-ce qui est décrit ici ?", "Quel est le thème principal du texte ?", "Comment l'auteur décrit-il la situation ?", "Quelle conclusion peut-on tirer du texte ?", "Selon les informations fournies, {q}", "Quel exemple est cité dans le paragraphe ?"],
    "hi": ["लेखक का तर्क क्या है?", "उपरोक्त के अनुसार, {q}", "यहाँ किसका वर्णन किया गया है?", "पाठ का मुख्य विषय क्या है?", "लेखक स्थिति का वर्णन कैसे करता है?", "पाठ से क्या निष्कर्ष निकाला जा सकता है?", "दी गई जानकारी के अनुसार, {q}", "अनुच्छेद में कौन सा उदाहरण दिया गया है?"],
    "it": ["Che cosa argomenta l'autore?", "Secondo quanto sopra, {q}", "Che cosa viene descritto qui?", "Qual è il tema principale del testo?", "Come descrive la situazione l'autore?", "Quale conclusione si può trarre dal testo?", "In base alle informazioni fornite, {q}", "Quale esempio viene citato nel paragrafo?"],
    "ja": ["著者は何を論じていますか？", "上記によると、{q}", "ここでは何が説明されていますか？", "文章の主題は何ですか？", "著者は状況をどのように描写していますか？", "この文章からどのような結論が導けますか？", "与えられた情報に基づくと、{q}", "段落で挙げられている例は何ですか？"],
    "ko": ["저자는 무엇을 주장합니까?", "위 내용에 따르면, {q}", "여기서 설명하는 것은 무엇입니까?", "글의 주제는 무엇인가요?", "저자는 상황을 어떻게 묘사합니까?", "이 글에서 어떤 결론을 내릴 수 있습니까?", "제공된 정보에 따르면 {q}", "단락에서 언급된 예는 무엇인가요?"],
    "pt": ["O que o autor argumenta?", "De acordo com o exposto acima, {q}", "O que é descrito aqui?", "Qual é o tema principal do texto?", "Como o autor descreve a situação?", "Que conclusão se pode tirar do texto?", "Com base nas informações fornecidas, {q}", "Que exemplo é citado no parágrafo?"],
    "ru": ["Что утверждает автор?", "Согласно вышеизложенному, {q}", "Что здесь описывается?", "Какова основная тема текста?", "Как автор описывает ситуацию?", "Какой вывод можно сделать из текста?", "На основании предоставленной информации, {q}", "Какой пример приводится в абзаце?"],
    "th": ["ผู้เขียนโต้แย้งว่าอย่างไร", "จากข้อมูลข้างต้น {q}", "สิ่งที่อธิบายไว้ในที่นี้คืออะไร", "หัวข้อหลักของข้อความคืออะไร", "ผู้เขียนบรรยายสถานการณ์อย่างไร", "สามารถสรุปอะไรได้จากข้อความ", "ตามข้อมูลที่ให้มา {q}", "ย่อหน้านี้ยกตัวอย่างอะไร"],
    "zh": ["作者论证了什么？", "根据以上内容，{q}", "这里描述的是什么？", "这段话的主题是什么？", "作者如何描述当时的情况？", "从文中可以得出什么结论？", "根据提供的信息，{q}", "段落中举了什么例子？"],
}  # fmt: skip
PRONOUNS = {
    "ar": ["كيف حققوا ذلك؟", "لماذا كان هذا مهماً؟", "ماذا حدث بعد ذلك؟", "ما أسباب هذه الظاهرة؟", "متى توفي؟", "ما اسم هذا الشخص؟", "كم استغرق الأمر؟", "من كان معها؟", "ماذا اكتشفوا؟", "أين يقع؟"],
    "de": ["Wie haben sie das erreicht?", "Warum war das so bedeutend?", "Was geschah danach?", "Was waren die Ursachen dieses Phänomens?", "Wann starb er?", "Wie heißt diese Person?", "Wie lange dauerte es?", "Wer begleitete sie?", "Was entdeckten sie dort?", "Wo befindet es sich?"],
    "en": ["How did they achieve this?", "Why was this important?", "What happened afterwards?", "What caused this phenomenon?", "When did he die?", "What is this person's name?", "How long did it last?", "Who accompanied her?", "What did they discover there?", "Where is it located?", "What happened in that year?", "What are its main features?", "How did the situation change?", "Why did they oppose it?"],
    "es": ["¿Cómo lograron esto?", "¿Por qué fue tan importante esto?", "¿Qué ocurrió después?", "¿Cuáles fueron las causas de este fenómeno?", "¿Cuándo murió él?", "¿Cómo se llama esta persona?", "¿Cuánto tiempo duró?", "¿Quién la acompañó?", "¿Qué descubrieron allí?", "¿Dónde se encuentra?"],
    "fr": ["Comment y sont-ils parvenus ?", "Pourquoi cela était-il important ?", "Que s'est-il passé après ?", "Quelles étaient les causes de ce phénomène ?", "Quand est-il mort ?", "Comment s'appelle cette personne ?", "Combien de temps cela a-t-il duré ?", "Qui l'accompagnait ?", "Qu'ont-ils découvert là-bas ?", "Où se trouve-t-il ?"],
    "hi": ["उन्होंने यह कैसे हासिल किया?", "यह इतना महत्वपूर्ण क्यों था?", "इसके बाद क्या हुआ?", "इस घटना के कारण क्या थे?", "उनकी मृत्यु कब हुई?", "इस व्यक्ति का नाम क्या है?", "यह कितने समय तक चला?", "उसके साथ कौन था?", "उन्होंने वहाँ क्या खोजा?", "यह कहाँ स्थित है?"],
    "it": ["Come ci sono riusciti?", "Perché questo era così importante?", "Che cosa accadde dopo?", "Quali furono le cause di questo fenomeno?", "Quando morì lui?", "Come si chiama questa persona?", "Quanto tempo durò?", "Chi la accompagnava?", "Che cosa scoprirono lì?", "Dove si trova?"],
    "ja": ["彼らはどのようにこれを達成しましたか？", "なぜこれは重要だったのですか？", "その後、何が起こりましたか？", "この現象の原因は何でしたか？", "彼はいつ亡くなりましたか？", "この人の名前は何ですか？", "それはどのくらい続きましたか？", "誰が彼女に同行しましたか？", "彼らはそこで何を発見しましたか？", "それはどこにありますか？"],
    "ko": ["그들은 이것을 어떻게 달성했나요?", "이것이 왜 중요했나요?", "그 후 무슨 일이 일어났나요?", "이 현상의 원인은 무엇이었나요?", "그는 언제 사망했나요?", "이 사람의 이름은 무엇인가요?", "그것은 얼마나 오래 지속되었나요?", "누가 그녀와 동행했나요?", "그들은 거기서 무엇을 발견했나요?", "그것은 어디에 있나요?"],
    "pt": ["Como eles conseguiram isso?", "Por que isso foi tão importante?", "O que aconteceu depois?", "Quais foram as causas deste fenômeno?", "Quando ele morreu?", "Como se chama essa pessoa?", "Quanto tempo durou?", "Quem a acompanhava?", "O que eles descobriram lá?", "Onde fica localizado?"],
    "ru": ["Как они этого добились?", "Почему это было так важно?", "Что произошло потом?", "Каковы были причины этого явления?", "Когда он умер?", "Как зовут этого человека?", "Сколько времени это длилось?", "Кто её сопровождал?", "Что они там обнаружили?", "Где он находится?"],
    "th": ["พวกเขาทำสิ่งนี้สำเร็จได้อย่างไร", "ทำไมสิ่งนี้จึงสำคัญ", "หลังจากนั้นเกิดอะไรขึ้น", "สาเหตุของปรากฏการณ์นี้คืออะไร", "เขาเสียชีวิตเมื่อใด", "บุคคลนี้ชื่ออะไร", "มันกินเวลานานเท่าใด", "ใครไปกับเธอ", "พวกเขาค้นพบอะไรที่นั่น", "มันตั้งอยู่ที่ไหน"],
    "zh": ["他们是如何做到这一点的？", "为什么这很重要？", "之后发生了什么？", "这种现象的原因是什么？", "他什么时候去世的？", "这个人叫什么名字？", "它持续了多久？", "谁陪着她？", "他们在那里发现了什么？", "它位于哪里？"],
}  # fmt: skip
ECHOES = {
    "ar": ["اكتب سؤالاً حول النص أعلاه.", "اطرح سؤالاً محدداً يجيب عنه النص دون استخدام الضمائر."],
    "de": ["Stelle eine Frage, die der Text beantwortet.", "Erstelle eine spezifische Frage und vermeide Pronomen."],
    "en": ["You are a curious AI assistant, please ask one question about the text.", "Write one question that can be answered by the passage.", "The question should be specific, and no pronouns should be used.", "Ask a question about the text below."],
    "es": ["Haz una pregunta que el texto responda.", "Escribe una pregunta concreta y evita los pronombres."],
    "fr": ["Posez une question à laquelle le texte répond.", "Rédigez une question précise en évitant les pronoms."],
    "hi": ["पाठ के बारे में एक प्रश्न पूछें।", "सर्वनाम का उपयोग किए बिना एक विशिष्ट प्रश्न लिखें।"],
    "it": ["Fai una domanda a cui il testo risponde.", "Scrivi una domanda specifica ed evita i pronomi."],
    "ja": ["テキストについて質問を一つしてください。", "代名詞を使わずに具体的な質問を書いてください。"],
    "ko": ["텍스트에 대해 질문을 하나 하세요.", "대명사를 쓰지 말고 구체적인 질문을 작성하세요."],
    "pt": ["Faça uma pergunta que o texto responda.", "Escreva uma pergunta específica e evite pronomes."],
    "ru": ["Задайте вопрос по приведённому тексту.", "Напишите конкретный вопрос без местоимений."],
    "th": ["จงถามคำถามหนึ่งข้อเกี่ยวกับข้อความนี้", "เขียนคำถามที่เฉพาะเจาะจงโดยไม่ใช้คำสรรพนาม"],
    "zh": ["请就上述文本提一个问题。", "写一个具体的问题，不要使用代词。"],
}  # fmt: skip
ANSWERS = {
    "ar": ["{q}\n\nج: {a}", "س: {q}\nج: {s}", "{q} - {s}"], "de": ["{q}\n\nA: {a}", "F: {q}\nA: {s}", "{q} – {s}"], "en": ["{q}\n\n**A:** {a}", "Q. {q}\nA. {s}", "{q} - {s}", "{q} The answer is {a}."],
    "es": ["{q}\n\nR: {a}", "P: {q}\nR: {s}", "{q} - {s}"], "fr": ["{q}\n\nR : {a}", "Q : {q}\nR : {s}", "{q} - {s}"], "hi": ["{q}\n\nउ: {a}", "प्र: {q}\nउ: {s}", "{q} - {s}"], "it": ["{q}\n\nR: {a}", "D: {q}\nR: {s}", "{q} - {s}"],
    "ja": ["{q}\n\nA：{a}", "Q：{q}\nA：{s}", "{q}（{s}）"], "ko": ["{q}\n\nA: {a}", "Q: {q}\nA: {s}", "{q} - {s}"], "pt": ["{q}\n\nR: {a}", "P: {q}\nR: {s}", "{q} - {s}"], "ru": ["{q}\n\nО: {a}", "В: {q}\nО: {s}", "{q} – {s}"],
    "th": ["{q}\n\nตอบ {a}", "ถาม: {q}\nตอบ: {s}", "{q} - {s}"], "zh": ["{q}\n\n答：{a}", "问：{q}\n答：{s}", "{q}——{s}"],
}  # fmt: skip
AND_ALSO = {
    "ar": "{q} وأيضاً {r}", "de": "{q} Und außerdem: {r}", "en": "{q} And also, {r}", "es": "{q} Y además, {r}", "fr": "{q} Et aussi, {r}", "hi": "{q} और साथ ही {r}", "it": "{q} E inoltre, {r}",
    "ja": "{q}また、{r}", "ko": "{q} 그리고 {r}", "pt": "{q} E também, {r}", "ru": "{q} А также: {r}", "th": "{q} และ {r}", "zh": "{q}另外，{r}",
}  # fmt: skip
TWO = [
    "1) {q}\n\n2) {r}",
    "a) {q} b) {r}",
    "{q} / {r}",
    "**1.** {q}\n**2.** {r}",
    "{q}\n\n{r}",
    "* {q}\n* {r}",
    "Q1: {q} Q2: {r}",
    "{q} {q}",
]
JOINED = {
    "ar": ["من أسس {n} ولماذا؟", "أين تقع {n} وكم عدد سكانها؟"], "de": ["Wer gründete {n} und warum?", "Wo liegt {n}, und wie viele Menschen leben dort?"], "en": ["Who founded {n} and why?", "Where is {n}, and how many people live there?", "What is {n} and how does it work?"],
    "es": ["¿Quién fundó {n} y por qué?", "¿Dónde está {n} y cuántas personas viven allí?"], "fr": ["Qui a fondé {n} et pourquoi ?", "Où se trouve {n} et combien d'habitants y vivent ?"], "hi": ["{n} की स्थापना किसने की और क्यों?", "{n} कहाँ है और वहाँ कितने लोग रहते हैं?"],
    "it": ["Chi fondò {n} e perché?", "Dove si trova {n} e quante persone ci vivono?"], "ja": ["{n}を設立したのは誰で、なぜですか？", "{n}はどこにあり、何人が住んでいますか？"], "ko": ["{n}을 누가 설립했으며 그 이유는 무엇인가요?", "{n}은 어디에 있고 인구는 몇 명인가요?"],
    "pt": ["Quem fundou {n} e por quê?", "Onde fica {n} e quantas pessoas vivem lá?"], "ru": ["Кто основал {n} и почему?", "Где находится {n} и сколько людей там живёт?"], "th": ["ใครก่อตั้ง{n}และเพราะเหตุใด", "{n}อยู่ที่ไหนและมีประชากรกี่คน"], "zh": ["谁创立了{n}，为什么？", "{n}在哪里，有多少人口？"],
}  # fmt: skip
LOOPS = ["{q} {q} {q} {q}", "{q}\n{q}\n{q}", "{a} {a} {a} {a} {a} {a} {a} {a} {a}?", "{q} {q} {h}"]
DEBRIS = [
    '{"question": "{q}"',
    '{"question": "{q}"}\n```',
    '["{q}"]',
    "\\boxed{{q}}",
    "<|assistant|>{q}",
    "{q}<|im_end|>",
    "[INST] {q} [/INST]",
    "{q}</s>",
    'question = "{q}"',
    "<p>{q}</p>",
    "{q} &nbsp;",
    "| {q} | {a} |",
]
# The fault is the language: these are answers to a passage in the language that they stand under.
STRANGE = {
    "ar": ["این شهر در چه سالی توسط اردشیر بنیان‌گذاری شد؟", "یہ شہر کس بادشاہ نے سترہویں صدی میں تعمیر کروایا تھا؟", "man howa mu2assis el dawla el 3abbaseya fi baghdad?", "Ma hiya asbab suqut al-dawla al-umawiyya fi al-mashriq?"],
    "de": ["In welk jaar werd de brug over de rivier gebouwd?", "Hvilket år blev broen over floden bygget af kongen?", "Wat is de oorzaak van de hoge temperaturen in de zomer?", "Vilket år byggdes bron över floden av kungen?"],
    "en": ["In welk jaar werd de brug over de rivier gebouwd?", "Quelle rivière traverse la ville de Lyon au nord ?", "Welcher König ließ im Jahr 1520 die Brücke errichten?", "¿Qué rey mandó construir el puente en 1520?"],
    "es": ["Em que ano foi construída a ponte sobre o rio Douro?", "Quin any es va construir el pont sobre el riu Ter?", "Chi ha costruito il ponte sul fiume nel quindicesimo secolo?", "En que ano se construíu a ponte sobre o río Miño?"],
    "fr": ["En quin any es va construir el pont sobre el riu?", "In che anno fu costruito il ponte sul fiume Arno?", "¿En qué año se construyó el puente sobre el río?", "În ce an a fost construit podul peste râu?"],
    "hi": ["Hyderabad mein Charminar kisne banwaya tha?", "चारमिनार कोणत्या वर्षी बांधण्यात आला आणि कोणी बांधला होता?", "यो पुल कुन सालमा निर्माण गरिएको थियो?", "Ganga nadi ki lambai kitni hai aur woh kahan se nikalti hai?"],
    "it": ["¿En qué año se construyó el puente sobre el río Tíber?", "Em que ano foi construída a ponte sobre o rio Tibre?", "În ce an a fost construit podul peste râul Tibru?", "En quelle année le pont sur le Tibre a-t-il été construit ?"],
    "ja": ["Kinkakuji wa itsu dare ni yotte taterareta no desu ka?", "金阁寺是由哪位将军在什么时候建造的？", "Fujisan no takasa wa nan meetoru desu ka?", "금각사는 언제 누구에 의해 지어졌습니까?"],
    "ko": ["Gyeongbokgung-eun eonje nuga jieotseumnikka?", "景福宮はいつ誰によって建てられましたか？", "Hanguk jeonjaeng-eun myeot nyeon-e sijakdoeeotseumnikka?", "景福宫是在哪一年由谁建造的？"],
    "pt": ["¿En qué año se construyó el puente sobre el río Duero?", "En que ano se construíu a ponte sobre o río Miño?", "¿Quién mandó construir el puente de piedra?", "In che anno fu costruito il ponte sul fiume?"],
    "ru": ["У якому році було збудовано міст через річку Дніпро?", "Kto postroil most cherez reku v 1520 godu?", "В коя година е построен мостът над реката?", "Kakoy gorod byl stolitsey Rossii v vosemnadtsatom veke?"],
    "th": ["ພະທາດຫຼວງຖືກສ້າງຂຶ້ນໃນປີໃດ?", "Wat Phra Kaeo sang khuen mai nai pi dai?", "Mueang luang khong prathet thai khue mueang arai?", "តើប្រាសាទអង្គរវត្តត្រូវបានសាងសង់នៅឆ្នាំណា?"],
    "zh": ["Changcheng shi shenme shihou jianzao de?", "万里の長城はいつ建てられましたか？", "Tang chao de di yi wei huangdi shi shui?", "만리장성은 언제 지어졌습니까?"],
}  # fmt: skip
# Half in English: `{t}` is the second half of the question, `{h}` the first.
MIXED = [
    "What is the main reason that {t}",
    "{h} in the eighteenth century according to historians?",
    "How did the local government respond when {t}",
    "Which of the following people was involved in {t}",
]
STATEMENTS = {
    "ar": ["سؤال عن تاريخ المدينة القديمة.", "تأسست المدينة في القرن الثالث قبل الميلاد."], "de": ["Eine Frage nach der Gründung der Stadt.", "Die Stadt wurde im dritten Jahrhundert gegründet."], "en": ["The year in which the city was founded.", "The city was founded in the third century.", "How the city was founded in the third century.", "A question on the founding of the city."],
    "es": ["La fecha de fundación de la ciudad.", "La ciudad fue fundada en el siglo tercero."], "fr": ["La date de fondation de la ville.", "La ville fut fondée au troisième siècle."], "hi": ["शहर की स्थापना की तिथि।", "शहर की स्थापना तीसरी शताब्दी में हुई थी।"], "it": ["La data di fondazione della città.", "La città fu fondata nel terzo secolo."],
    "ja": ["都市の設立年。", "その都市は三世紀に設立されました。"], "ko": ["도시의 설립 연도.", "그 도시는 3세기에 설립되었다."], "pt": ["A data de fundação da cidade.", "A cidade foi fundada no terceiro século."], "ru": ["Дата основания города.", "Город был основан в третьем веке."], "th": ["ปีที่ก่อตั้งเมือง", "เมืองนี้ก่อตั้งขึ้นในศตวรรษที่สาม"], "zh": ["城市的建立年份。", "这座城市建于三世纪。"],
}  # fmt: skip
