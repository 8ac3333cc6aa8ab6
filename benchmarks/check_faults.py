# ruff: noqa: E501
"""Faults that LLMs make when they are asked for one question, worded by us in 13 languages: what benchmarks/checks.py
injects into human questions. None of the wordings stands in the checks.

`{q}` is a question, `{r}` another question about the same passage, `{s}` a sentence of the passage, `{a}` some words of
it. Each fault has several wordings in each language.
"""

PREAMBLES = {
    "ar": ["حسنًا، إليك سؤالًا يستند إلى المحتوى:\n{q}", "سؤال مقترح: {q}", "بكل تأكيد!\n\n\"{q}\"", "السؤال الذي قمت بصياغته هو:\n\n**{q}**"],
    "de": ["Gerne! Eine passende Frage wäre:\n\n{q}", "Mögliche Frage: {q}", "Klar, hier ist mein Vorschlag:\n\n„{q}“", "{q}\n\nDiese Frage zielt auf den Kern des Abschnitts."],
    "en": ["Okay, one good question would be:\n\n{q}", "Certainly. Here's one: {q}", "Suggested question - **Question:** {q}", "{q}\n\nI hope that helps!", "I came up with the following:\n> {q}"],
    "es": ["¡Por supuesto! Te propongo esta pregunta:\n\n{q}", "Pregunta generada: {q}", "Una posible pregunta sería:\n- {q}", "{q}\n\nEspero que te sea útil."],
    "fr": ["Bien sûr ! Je vous propose la question suivante :\n\n{q}", "Question générée : {q}", "Voici ma proposition :\n\n« {q} »", "{q}\n\nCette question porte sur l'idée centrale."],
    "hi": ["ज़रूर! एक अच्छा प्रश्न यह हो सकता है:\n\n{q}", "संभावित प्रश्न: {q}", "ठीक है, मेरा सुझाव है:\n**{q}**", "नीचे एक सवाल दिया गया है -\n{q}"],
    "it": ["Certo! Una domanda interessante potrebbe essere:\n\n{q}", "Domanda proposta: {q}", "Ecco quanto richiesto:\n\n«{q}»", "{q}\n\nSpero sia d'aiuto!"],
    "ja": ["承知しました。次のような質問が考えられます：\n\n{q}", "質問例：{q}", "はい、こちらです。\n「{q}」", "生成した質問：\n{q}"],
    "ko": ["네, 다음과 같은 질문을 제안합니다:\n\n{q}", "생성된 질문: {q}", "알겠습니다!\n\n\"{q}\"", "요청하신 질문입니다.\n{q}"],
    "pt": ["Com certeza! Uma boa pergunta seria:\n\n{q}", "Pergunta sugerida: {q}", "Aqui vai a minha sugestão:\n\n\"{q}\"", "{q}\n\nEspero ter ajudado!"],
    "ru": ["Хорошо, предлагаю такой вопрос:\n\n{q}", "Сгенерированный вопрос: {q}", "Вот что получилось:\n\n«{q}»", "{q}\n\nНадеюсь, это поможет."],
    "th": ["แน่นอนค่ะ คำถามที่น่าสนใจคือ:\n\n{q}", "คำถามที่สร้างขึ้น: {q}", "ได้เลยครับ!\n{q}", "ตัวอย่างคำถาม:\n\"{q}\""],
    "zh": ["好的，我想到的问题是：\n\n{q}", "生成的问题：{q}", "没问题！\n“{q}”", "针对这段内容，可以提出如下问题：\n{q}"],
}  # fmt: skip
REFUSALS = {
    "ar": ["أعتذر منك، لكن لا أستطيع صياغة سؤال من هذه المعلومات.", "لا يحتوي المحتوى على ما يكفي من المعلومات لطرح سؤال.", "بصفتي نموذجًا لغويًا، لا يمكنني تنفيذ هذا الطلب."],
    "de": ["Leider bin ich nicht in der Lage, dazu eine Frage zu formulieren.", "Der bereitgestellte Inhalt reicht nicht aus, um eine sinnvolle Frage zu bilden.", "Entschuldigung, dabei kann ich nicht helfen."],
    "en": ["Unfortunately, I am not able to help with this request.", "There isn't enough information here to come up with a question.", "As a language model I must decline. Could you share a different text?", "No question can be produced for this content."],
    "es": ["Lamentablemente no me es posible formular una pregunta con esa información.", "El contenido no ofrece datos suficientes para hacer una pregunta.", "Perdona, pero no puedo ayudarte con eso."],
    "fr": ["Malheureusement, il m'est impossible de formuler une question à partir de ces éléments.", "Le contenu est trop court pour en tirer une question.", "Pardon, je ne suis pas en mesure de répondre à cette demande."],
    "hi": ["माफ़ कीजिए, मैं इस सामग्री से कोई प्रश्न नहीं बना सकता।", "इस जानकारी से प्रश्न बनाना संभव नहीं है।", "मुझे अफ़सोस है कि मैं इसमें सहायता नहीं कर सकता।"],
    "it": ["Purtroppo non sono in grado di formulare una domanda su questo contenuto.", "Le informazioni fornite non bastano per creare una domanda.", "Scusa, ma non posso aiutarti con questa richiesta."],
    "ja": ["残念ながら、この内容から質問を作ることはできません。", "情報が不足しているため、質問を生成できませんでした。", "すみませんが、そのご依頼にはお応えできません。"],
    "ko": ["안타깝지만 이 내용으로는 질문을 만들 수 없습니다.", "정보가 부족하여 질문을 작성하기 어렵습니다.", "미안하지만 그 요청은 도와드릴 수 없어요."],
    "pt": ["Infelizmente não consigo elaborar uma pergunta com esse conteúdo.", "As informações são insuficientes para formular uma pergunta.", "Desculpe-me, mas não posso ajudar com isso."],
    "ru": ["К сожалению, составить вопрос по этим данным невозможно.", "Здесь недостаточно информации, чтобы задать вопрос.", "Простите, но я не смогу выполнить этот запрос."],
    "th": ["เสียใจด้วย ไม่สามารถตั้งคำถามจากเนื้อหานี้ได้", "ข้อมูลไม่เพียงพอสำหรับการตั้งคำถาม", "ขอโทษค่ะ ฉันช่วยเรื่องนี้ไม่ได้"],
    "zh": ["很遗憾，我不能就此提出问题。", "所给信息不足，难以形成问题。", "不好意思，我帮不了这个忙。"],
}  # fmt: skip
POINTING = {
    "ar": ["ما الفكرة الرئيسية للفقرة السابقة؟", "بحسب ما ورد في النص، {q}", "ما الذي يريد الكاتب أن يقوله في هذا المقال؟"],
    "de": ["Worum geht es in dem Abschnitt?", "Dem Text zufolge: {q}", "Welche Aussage trifft der Verfasser in diesem Beitrag?", "Was erfährt man aus dem vorliegenden Dokument?"],
    "en": ["What is the main idea of the passage?", "According to the article, {q}", "Which details are mentioned in this section?", "What point does the author make here?", "As described in the excerpt, {q}"],
    "es": ["¿Cuál es la idea principal del pasaje?", "Según el texto, {q}", "¿Qué opina el autor en este artículo?", "¿De qué trata el fragmento anterior?"],
    "fr": ["Quelle est l'idée principale de ce passage ?", "D'après le texte, {q}", "De quoi parle l'auteur dans cet article ?", "Quel est le sujet de l'extrait ci-dessus ?"],
    "hi": ["इस गद्यांश का मुख्य विचार क्या है?", "लेख के अनुसार, {q}", "लेखक इस अनुच्छेद में क्या कहना चाहता है?"],
    "it": ["Qual è l'idea principale del brano?", "Secondo il testo, {q}", "Che cosa sostiene l'autore in questo articolo?", "Di che cosa parla il paragrafo?"],
    "ja": ["この段落の主な内容は何ですか？", "本文によれば、{q}", "筆者は何を主張していますか？", "上の文章では何が述べられていますか？"],
    "ko": ["이 단락의 중심 내용은 무엇입니까?", "본문에 의하면 {q}", "글쓴이는 무엇을 주장하고 있나요?", "윗글에서 설명하는 것은 무엇인가요?"],
    "pt": ["Qual é a ideia principal do trecho?", "De acordo com o texto, {q}", "O que o autor defende neste artigo?", "De que trata a passagem acima?"],
    "ru": ["Какова основная мысль этого отрывка?", "Согласно тексту, {q}", "Что хочет сказать автор в данной статье?", "О чём говорится в приведённом фрагменте?"],
    "th": ["ใจความสำคัญของย่อหน้านี้คืออะไร", "ตามบทความ {q}", "ผู้เขียนต้องการสื่ออะไรในบทความนี้"],
    "zh": ["这段文字的主旨是什么？", "根据文章内容，{q}", "作者在本文中想表达什么？", "上文提到了哪些内容？"],
}  # fmt: skip
PRONOUNS = {
    "ar": ["ماذا فعل بعد ذلك؟", "متى حدث هذا؟", "لماذا قاموا بذلك؟", "ما أهمية هذا الأمر؟"],
    "de": ["Was hat er danach getan?", "Warum ist das wichtig?", "Wann ist dies passiert?", "Wie haben sie darauf reagiert?", "Was war der Grund dafür?"],
    "en": ["What did he do next?", "What is it?", "Why is this important?", "When did they decide to leave?", "How did she react to that?", "What happened after that?", "In which year did it take place?"],
    "es": ["¿Qué hizo después?", "¿Por qué es importante esto?", "¿Cuándo ocurrió aquello?", "¿Qué decidieron ellos al final?", "¿Cómo lo hicieron?"],
    "fr": ["Qu'a-t-il fait ensuite ?", "Pourquoi est-ce important ?", "Quand cela s'est-il produit ?", "Comment ont-ils réagi ?", "Que signifie ceci ?"],
    "hi": ["उसने उसके बाद क्या किया?", "यह क्यों महत्वपूर्ण है?", "ऐसा कब हुआ?", "वे वहाँ क्यों गए?"],
    "it": ["Che cosa ha fatto dopo?", "Perché è importante questo?", "Quando è successo ciò?", "Come hanno reagito loro?", "Dove si trovava lui?"],
    "ja": ["彼はその後何をしましたか？", "それはいつ起こりましたか？", "なぜこれが重要なのですか？", "彼女はどこへ行きましたか？"],
    "ko": ["그는 그 후 무엇을 했나요?", "그것은 언제 일어났습니까?", "이것이 왜 중요한가요?", "그들은 어디로 갔나요?"],
    "pt": ["O que ele fez depois?", "Por que isso é importante?", "Quando isso aconteceu?", "Como eles reagiram?", "O que é isto?"],
    "ru": ["Что он сделал потом?", "Почему это важно?", "Когда это произошло?", "Как они отреагировали?", "Что это такое?"],
    "th": ["เขาทำอะไรต่อไป", "สิ่งนี้สำคัญอย่างไร", "มันเกิดขึ้นเมื่อไหร่", "พวกเขาไปที่ไหน"],
    "zh": ["他后来做了什么？", "这件事是什么时候发生的？", "这为什么重要？", "他们去了哪里？"],
}  # fmt: skip
ECHOES = {
    "ar": ["يرجى إنشاء سؤال واحد محدد وقيّم استنادًا إلى النص التالي."],
    "de": ["Bitte formuliere eine konkrete und wertvolle Frage zum folgenden Text und vermeide Pronomen."],
    "en": ["Please generate one specific and valuable question based on the following text.", "The generated question should revolve around the core content of this text, and avoid using pronouns.", "Could you write one question that the text below answers?"],
    "es": ["Genera una pregunta específica y valiosa basada en el siguiente texto, sin pronombres."],
    "fr": ["Génère une question précise et utile à partir du texte suivant, sans utiliser de pronoms."],
    "hi": ["कृपया निम्नलिखित पाठ के आधार पर एक विशिष्ट और मूल्यवान प्रश्न बनाएं।"],
    "it": ["Genera una domanda specifica e utile basata sul testo seguente, evitando i pronomi."],
    "ja": ["以下のテキストに基づいて、具体的で価値のある質問を一つ生成してください。"],
    "ko": ["다음 글을 바탕으로 구체적이고 가치 있는 질문을 하나 작성해 주세요."],
    "pt": ["Gere uma pergunta específica e valiosa com base no texto a seguir, sem usar pronomes."],
    "ru": ["Пожалуйста, сформулируйте один конкретный и ценный вопрос по следующему тексту."],
    "th": ["โปรดสร้างคำถามที่เฉพาะเจาะจงและมีคุณค่าหนึ่งข้อจากข้อความต่อไปนี้"],
    "zh": ["请根据以下文本生成一个具体且有价值的问题，避免使用代词。"],
}  # fmt: skip
ANSWERS = {
    "ar": ["السؤال: {q}\nالجواب: {a}", "{q} (الإجابة: {a})", "{q}\n{s}"],
    "de": ["Frage: {q}\nAntwort: {a}", "{q} Antwort: {a}", "{q}\n{s}", "{q} {s}"],
    "en": ["Q: {q}\nA: {a}", "{q} Answer: {a}", "{q}\n\n{s}", "{q} {s}", "**Question:** {q}\n**Correct answer:** {a}"],
    "es": ["Pregunta: {q}\nRespuesta: {a}", "{q} (Respuesta: {a})", "{q}\n{s}", "{q} {s}"],
    "fr": ["Question : {q}\nRéponse : {a}", "{q} Réponse : {a}", "{q}\n{s}", "{q} {s}"],
    "hi": ["प्रश्न: {q}\nउत्तर: {a}", "{q} उत्तर: {a}", "{q}\n{s}"],
    "it": ["Domanda: {q}\nRisposta: {a}", "{q} (Risposta: {a})", "{q}\n{s}", "{q} {s}"],
    "ja": ["質問：{q}\n回答：{a}", "{q} 答え：{a}", "{q}\n{s}"],
    "ko": ["질문: {q}\n답변: {a}", "{q} 정답: {a}", "{q}\n{s}"],
    "pt": ["Pergunta: {q}\nResposta: {a}", "{q} (Resposta: {a})", "{q}\n{s}", "{q} {s}"],
    "ru": ["Вопрос: {q}\nОтвет: {a}", "{q} Ответ: {a}", "{q}\n{s}", "{q} {s}"],
    "th": ["คำถาม: {q}\nคำตอบ: {a}", "{q} ตอบ: {a}", "{q}\n{s}"],
    "zh": ["问题：{q}\n答案：{a}", "{q}答案：{a}", "{q}\n{s}"],
}  # fmt: skip
JOINED = {
    "ar": "متى بني {n} ومن الذي أمر ببنائه؟", "de": "Wann wurde {n} gegründet und wer war daran beteiligt?", "en": "When was {n} founded and who took part in it?",
    "es": "¿Cuándo se fundó {n} y quién participó en ello?", "fr": "Quand {n} a-t-il été fondé et qui y a participé ?", "hi": "{n} की स्थापना कब हुई और इसमें किसने भाग लिया?",
    "it": "Quando è stato fondato {n} e chi vi ha partecipato?", "ja": "{n}はいつ設立され、また誰が参加しましたか？", "ko": "{n}은 언제 설립되었고 누가 참여했습니까?",
    "pt": "Quando foi fundado {n} e quem participou?", "ru": "Когда был основан {n} и кто в этом участвовал?", "th": "{n}ก่อตั้งขึ้นเมื่อใดและใครมีส่วนร่วมบ้าง", "zh": "{n}是什么时候成立的，又有谁参与其中？",
}  # fmt: skip
TWO = ["1. {q}\n2. {r}", "{q} {r}", "- {q}\n- {r}", "{q}\n{r}", "Question 1: {q}\n\nQuestion 2: {r}"]
MARKED_UP = [
    "<question>{q}</question>",
    "{q} [1](https://example.org)",
    "What about **{a}**: {q}",
    "{q}<br>",
    "# {q} `code` **bold**",
]
EMPTY = ["", "...", "?", "-", "\n\n", "```\n```", "1."]
