"""Faults that LLMs make when they are asked for one question, worded by us in 13 languages: what benchmarks/checks.py
injects into human questions. None of the wordings stands in the checks.

`{q}` is a question, `{r}` another question about the same passage, `{s}` a sentence of the passage, `{a}` some words of
it. Each fault has several wordings in each language.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

PREAMBLES = {
    "ar": ["حسنًا، إليك سؤالًا يستند إلى المحتوى:\n{q}", "سؤال مقترح: {q}", "بكل تأكيد!\n\n\"{q}\"", "السؤال الذي قمت بصياغته هو:\n\n**{q}**", "إليك سؤالاً بناءً على النص:\n\n{q}", "بالطبع! سؤالي هو: {q}"],
    "de": ["Gerne! Eine passende Frage wäre:\n\n{q}", "Mögliche Frage: {q}", "Klar, hier ist mein Vorschlag:\n\n„{q}“", "{q}\n\nDiese Frage zielt auf den Kern des Abschnitts.", "Alles klar, hier kommt die Frage: {q}", "Meine Frage lautet:\n{q}", "Auf Basis des Textes könnte man fragen: {q}", "Antwort:\n{q}"],
    "en": ["Okay, one good question would be:\n\n{q}", "Certainly. Here's one: {q}", "Suggested question - **Question:** {q}", "{q}\n\nI hope that helps!", "I came up with the following:\n> {q}", "My question is as follows: {q}", "Here's what I came up with:\n\n{q}\n\nLet me know if you'd like another one.", "Understood. {q}", "Great text! Here's a thought-provoking question:\n{q}", "Based on the text, here is a question: {q}", "**Generated Question**\n\n{q}", "Output: {q}", "Response:\n{q}"],
    "es": ["¡Por supuesto! Te propongo esta pregunta:\n\n{q}", "Pregunta generada: {q}", "Una posible pregunta sería:\n- {q}", "{q}\n\nEspero que te sea útil.", "Entendido. Mi pregunta es: {q}", "Aquí tienes una pregunta basada en el texto:\n\n{q}", "Basándome en el texto: {q}"],
    "fr": ["Bien sûr ! Je vous propose la question suivante :\n\n{q}", "Question générée : {q}", "Voici ma proposition :\n\n« {q} »", "{q}\n\nCette question porte sur l'idée centrale.", "D'accord ! Ma question est : {q}", "À partir du texte, voici une question :\n{q}", "Sortie : {q}"],
    "hi": ["ज़रूर! एक अच्छा प्रश्न यह हो सकता है:\n\n{q}", "संभावित प्रश्न: {q}", "ठीक है, मेरा सुझाव है:\n**{q}**", "नीचे एक सवाल दिया गया है -\n{q}", "यहाँ पाठ पर आधारित एक प्रश्न है:\n\n{q}", "बिल्कुल! मेरा प्रश्न है: {q}"],
    "it": ["Certo! Una domanda interessante potrebbe essere:\n\n{q}", "Domanda proposta: {q}", "Ecco quanto richiesto:\n\n«{q}»", "{q}\n\nSpero sia d'aiuto!", "Va bene, la mia domanda è: {q}", "Ecco una domanda basata sul testo:\n\n{q}"],
    "ja": ["承知しました。次のような質問が考えられます：\n\n{q}", "質問例：{q}", "はい、こちらです。\n「{q}」", "生成した質問：\n{q}", "以下はテキストに基づく質問です：\n\n{q}", "もちろんです！質問は次の通りです：{q}"],
    "ko": ["네, 다음과 같은 질문을 제안합니다:\n\n{q}", "생성된 질문: {q}", "알겠습니다!\n\n\"{q}\"", "요청하신 질문입니다.\n{q}", "다음은 텍스트를 바탕으로 한 질문입니다:\n\n{q}", "물론입니다! 질문은 다음과 같습니다: {q}"],
    "pt": ["Com certeza! Uma boa pergunta seria:\n\n{q}", "Pergunta sugerida: {q}", "Aqui vai a minha sugestão:\n\n\"{q}\"", "{q}\n\nEspero ter ajudado!", "Claro! Minha pergunta é: {q}", "Aqui está uma pergunta com base no texto:\n\n{q}"],
    "ru": ["Хорошо, предлагаю такой вопрос:\n\n{q}", "Сгенерированный вопрос: {q}", "Вот что получилось:\n\n«{q}»", "{q}\n\nНадеюсь, это поможет.", "Вот вопрос по тексту:\n\n{q}", "Конечно! Мой вопрос: {q}"],
    "th": ["แน่นอนค่ะ คำถามที่น่าสนใจคือ:\n\n{q}", "คำถามที่สร้างขึ้น: {q}", "ได้เลยครับ!\n{q}", "ตัวอย่างคำถาม:\n\"{q}\"", "นี่คือคำถามจากข้อความ:\n\n{q}", "แน่นอน! คำถามของฉันคือ: {q}"],
    "zh": ["好的，我想到的问题是：\n\n{q}", "生成的问题：{q}", "没问题！\n“{q}”", "针对这段内容，可以提出如下问题：\n{q}", "以下是根据文本生成的问题：\n\n{q}", "当然可以！我的问题是：{q}"],
}  # fmt: skip
REFUSALS = {
    "ar": ["أعتذر منك، لكن لا أستطيع صياغة سؤال من هذه المعلومات.", "لا يحتوي المحتوى على ما يكفي من المعلومات لطرح سؤال.", "بصفتي نموذجًا لغويًا، لا يمكنني تنفيذ هذا الطلب.", "لا أستطيع تلبية هذا الطلب.", "المعلومات غير كافية.", "يرجى تقديم النص."],
    "de": ["Leider bin ich nicht in der Lage, dazu eine Frage zu formulieren.", "Der bereitgestellte Inhalt reicht nicht aus, um eine sinnvolle Frage zu bilden.", "Entschuldigung, dabei kann ich nicht helfen.", "Ich kann diese Anfrage leider nicht bearbeiten.", "Dazu liegen mir keine Informationen vor.", "Bitte geben Sie den Text an.", "Es wurde kein Text angegeben."],
    "en": ["Unfortunately, I am not able to help with this request.", "There isn't enough information here to come up with a question.", "As a language model I must decline. Could you share a different text?", "No question can be produced for this content.", "As an AI, I don't have enough context to answer.", "I'm unable to comply with this request.", "The text is too short to ask a question about.", "Sorry, but I can't assist with that.", "I need more information before I can ask anything.", "Please provide the text so that I can write a question.", "It seems that no text was given.", "I apologize for the confusion, but there is no passage."],
    "es": ["Lamentablemente no me es posible formular una pregunta con esa información.", "El contenido no ofrece datos suficientes para hacer una pregunta.", "Perdona, pero no puedo ayudarte con eso.", "No tengo suficiente información para responder.", "Lo lamento, no puedo cumplir con esta solicitud.", "Por favor, proporcione el texto."],
    "fr": ["Malheureusement, il m'est impossible de formuler une question à partir de ces éléments.", "Le contenu est trop court pour en tirer une question.", "Pardon, je ne suis pas en mesure de répondre à cette demande.", "Je regrette, mais je ne peux pas traiter cette demande.", "Il n'y a pas assez d'informations.", "Veuillez fournir le texte."],
    "hi": ["माफ़ कीजिए, मैं इस सामग्री से कोई प्रश्न नहीं बना सकता।", "इस जानकारी से प्रश्न बनाना संभव नहीं है।", "मुझे अफ़सोस है कि मैं इसमें सहायता नहीं कर सकता।", "मैं इस अनुरोध को पूरा नहीं कर सकता।", "पर्याप्त जानकारी नहीं है।", "कृपया पाठ प्रदान करें।"],
    "it": ["Purtroppo non sono in grado di formulare una domanda su questo contenuto.", "Le informazioni fornite non bastano per creare una domanda.", "Scusa, ma non posso aiutarti con questa richiesta.", "Mi dispiace, non posso soddisfare la richiesta.", "Non ci sono abbastanza informazioni.", "Si prega di fornire il testo."],
    "ja": ["残念ながら、この内容から質問を作ることはできません。", "情報が不足しているため、質問を生成できませんでした。", "すみませんが、そのご依頼にはお応えできません。", "そのご依頼には対応できません。", "情報が十分ではありません。", "テキストを提供してください。"],
    "ko": ["안타깝지만 이 내용으로는 질문을 만들 수 없습니다.", "정보가 부족하여 질문을 작성하기 어렵습니다.", "미안하지만 그 요청은 도와드릴 수 없어요.", "그 요청은 들어드릴 수 없습니다.", "정보가 충분하지 않습니다.", "텍스트를 제공해 주세요."],
    "pt": ["Infelizmente não consigo elaborar uma pergunta com esse conteúdo.", "As informações são insuficientes para formular uma pergunta.", "Desculpe-me, mas não posso ajudar com isso.", "Lamento, mas não consigo atender a esse pedido.", "Não há informações suficientes.", "Por favor, forneça o texto."],
    "ru": ["К сожалению, составить вопрос по этим данным невозможно.", "Здесь недостаточно информации, чтобы задать вопрос.", "Простите, но я не смогу выполнить этот запрос.", "Я не могу ответить на этот запрос.", "Недостаточно данных.", "Пожалуйста, предоставьте текст."],
    "th": ["เสียใจด้วย ไม่สามารถตั้งคำถามจากเนื้อหานี้ได้", "ข้อมูลไม่เพียงพอสำหรับการตั้งคำถาม", "ขอโทษค่ะ ฉันช่วยเรื่องนี้ไม่ได้", "ขออภัย ไม่สามารถดำเนินการตามคำขอได้", "ข้อมูลไม่เพียงพอ", "กรุณาระบุข้อความ"],
    "zh": ["很遗憾，我不能就此提出问题。", "所给信息不足，难以形成问题。", "不好意思，我帮不了这个忙。", "我无法满足这个请求。", "信息不足。", "请提供文本。"],
}  # fmt: skip
POINTING = {
    "ar": ["ما الفكرة الرئيسية للفقرة السابقة؟", "بحسب ما ورد في النص، {q}", "ما الذي يريد الكاتب أن يقوله في هذا المقال؟", "ما المعلومات الواردة في النص؟"],
    "de": ["Worum geht es in dem Abschnitt?", "Dem Text zufolge: {q}", "Welche Aussage trifft der Verfasser in diesem Beitrag?", "Was erfährt man aus dem vorliegenden Dokument?", "Was sind die wichtigsten Punkte des Textes?", "Welche Informationen enthält der Artikel?", "Wie wird dies im Text begründet?", "Was erwähnt der Autor noch?"],
    "en": ["What is the main idea of the passage?", "According to the article, {q}", "Which details are mentioned in this section?", "What point does the author make here?", "As described in the excerpt, {q}", "What can be inferred from the information given?", "How does the author support this claim?", "What is discussed in the text above?", "What does the speaker say about her?", "What does the passage mention?", "What does the above content explain?", "What is the author's opinion?", "What does the excerpt tell us about them?", "What is the title of this article?", "What information is missing?"],
    "es": ["¿Cuál es la idea principal del pasaje?", "Según el texto, {q}", "¿Qué opina el autor en este artículo?", "¿De qué trata el fragmento anterior?", "¿Qué información se presenta en el texto?", "¿De qué habla el documento?", "¿Qué menciona el autor sobre ellos?"],
    "fr": ["Quelle est l'idée principale de ce passage ?", "D'après le texte, {q}", "De quoi parle l'auteur dans cet article ?", "Quel est le sujet de l'extrait ci-dessus ?", "Quelles informations sont présentées dans le texte ?", "De quoi s'agit-il dans le document ?", "Que mentionne l'auteur à leur sujet ?"],
    "hi": ["इस गद्यांश का मुख्य विचार क्या है?", "लेख के अनुसार, {q}", "लेखक इस अनुच्छेद में क्या कहना चाहता है?", "पाठ में क्या जानकारी दी गई है?"],
    "it": ["Qual è l'idea principale del brano?", "Secondo il testo, {q}", "Che cosa sostiene l'autore in questo articolo?", "Di che cosa parla il paragrafo?", "Quali informazioni contiene il testo?"],
    "ja": ["この段落の主な内容は何ですか？", "本文によれば、{q}", "筆者は何を主張していますか？", "上の文章では何が述べられていますか？", "テキストにはどのような情報が含まれていますか？", "本文中で言及されている年はいつですか？"],
    "ko": ["이 단락의 중심 내용은 무엇입니까?", "본문에 의하면 {q}", "글쓴이는 무엇을 주장하고 있나요?", "윗글에서 설명하는 것은 무엇인가요?", "본문에는 어떤 정보가 있나요?"],
    "pt": ["Qual é a ideia principal do trecho?", "De acordo com o texto, {q}", "O que o autor defende neste artigo?", "De que trata a passagem acima?", "Quais informações são apresentadas no texto?"],
    "ru": ["Какова основная мысль этого отрывка?", "Согласно тексту, {q}", "Что хочет сказать автор в данной статье?", "О чём говорится в приведённом фрагменте?", "Какая информация содержится в тексте?"],
    "th": ["ใจความสำคัญของย่อหน้านี้คืออะไร", "ตามบทความ {q}", "ผู้เขียนต้องการสื่ออะไรในบทความนี้", "ข้อความให้ข้อมูลอะไรบ้าง", "ข้อความหลักคืออะไร"],
    "zh": ["这段文字的主旨是什么？", "根据文章内容，{q}", "作者在本文中想表达什么？", "上文提到了哪些内容？", "文本中包含哪些信息？", "文章的中心思想是什么？"],
}  # fmt: skip
PRONOUNS = {
    "ar": ["ماذا فعل بعد ذلك؟", "متى حدث هذا؟", "لماذا قاموا بذلك؟", "ما أهمية هذا الأمر؟", "من هو؟", "ماذا يعني ذلك؟", "كيف كان رد فعله؟", "أين حدث هذا؟", "لماذا فعل ذلك؟", "ما الدور الذي لعبته؟", "ما هي عواقب ذلك؟", "أين ولدت؟", "كم كان عمره؟", "كيف انتهى الأمر؟", "ما الرسالة الرئيسية؟", "إلى ماذا يشير هذا؟"],
    "de": ["Was hat er danach getan?", "Warum ist das wichtig?", "Wann ist dies passiert?", "Wie haben sie darauf reagiert?", "Was war der Grund dafür?", "Was ist damit gemeint?", "Wer war er?", "Welche Rolle spielte sie dabei?", "Wo fand das statt?", "Was war ihre Reaktion?", "Warum haben sie das gemacht?", "Welche Folgen hatte dies?", "Wo wurde sie geboren?", "Wie alt war er bei seinem Tod?", "Welche Bedeutung hat dies heute?", "Wie endete es?", "Was passierte als Nächstes?", "Welche Maßnahmen wurden daraufhin ergriffen?"],
    "en": ["What did he do next?", "What is it?", "Why is this important?", "When did they decide to leave?", "How did she react to that?", "What happened after that?", "In which year did it take place?", "What are the main arguments presented?", "What does it do?", "Who are they?", "What was his reaction?", "Where did this happen?", "What is the purpose of this?", "What was the result of these efforts?", "Why did that happen?", "What role does it play in the process?", "How many of them were there?", "What is the significance of the event described?", "What aspects of the topic are covered?", "What are some key takeaways?", "Which year is mentioned?", "How was it different from the previous one?", "Who else was there with him?", "What did it lead to?", "Can you explain what happened?", "What problem did this solve?", "What was it made of?", "When did construction on it begin?", "Where was she born?", "How old was he when he died?"],
    "es": ["¿Qué hizo después?", "¿Por qué es importante esto?", "¿Cuándo ocurrió aquello?", "¿Qué decidieron ellos al final?", "¿Cómo lo hicieron?", "¿Qué significa eso?", "¿Quién era él?", "¿Cuál fue su reacción?", "¿Dónde sucedió esto?", "¿Por qué lo hizo?", "¿Qué papel desempeñó ella?", "¿Qué consecuencias tuvo esto?", "¿Dónde nació ella?", "¿Cuántos años tenía cuando murió?", "¿Cómo terminó todo?", "¿Qué pasó a continuación?", "¿Cuál es el mensaje principal?", "¿A qué se refiere esto?"],
    "fr": ["Qu'a-t-il fait ensuite ?", "Pourquoi est-ce important ?", "Quand cela s'est-il produit ?", "Comment ont-ils réagi ?", "Que signifie ceci ?", "Qui est-il ?", "Que s'est-il passé ensuite ?", "Quelle fut sa réaction ?", "Où cela a-t-il eu lieu ?", "Pourquoi l'a-t-il fait ?", "Quel rôle a-t-elle joué ?", "Quelles en furent les conséquences ?", "Où est-elle née ?", "Quel âge avait-il à sa mort ?", "Comment cela s'est-il terminé ?", "Quel est le message principal ?", "À quoi cela fait-il référence ?"],
    "hi": ["उसने उसके बाद क्या किया?", "यह क्यों महत्वपूर्ण है?", "ऐसा कब हुआ?", "वे वहाँ क्यों गए?", "वह कौन था?", "इसका क्या मतलब है?", "उसकी प्रतिक्रिया क्या थी?", "यह कहाँ हुआ?", "उन्होंने ऐसा क्यों किया?", "उसने क्या भूमिका निभाई?", "इसके क्या परिणाम हुए?", "वह कहाँ पैदा हुई थी?", "उसकी उम्र कितनी थी?", "अंत में क्या हुआ?", "मुख्य संदेश क्या है?", "यह किसके बारे में है?"],
    "it": ["Che cosa ha fatto dopo?", "Perché è importante questo?", "Quando è successo ciò?", "Come hanno reagito loro?", "Dove si trovava lui?", "Chi era lui?", "Che cosa significa questo?", "Quale fu la sua reazione?", "Dove è avvenuto?", "Perché lo ha fatto?", "Che ruolo ha avuto lei?", "Quali furono le conseguenze di ciò?", "Dove è nata lei?", "Quanti anni aveva quando è morto?", "Come è finita?", "Qual è il messaggio principale?", "A cosa si riferisce questo?"],
    "ja": ["彼はその後何をしましたか？", "それはいつ起こりましたか？", "なぜこれが重要なのですか？", "彼女はどこへ行きましたか？", "彼は誰ですか？", "それはどういう意味ですか？", "彼の反応はどうでしたか？", "これはどこで起こりましたか？", "なぜ彼はそうしたのですか？", "彼女はどのような役割を果たしましたか？", "その結果どうなりましたか？", "彼女はどこで生まれましたか？", "彼は何歳でしたか？", "最後はどうなりましたか？", "主なメッセージは何ですか？", "これは何を指していますか？", "この人物は誰ですか？"],
    "ko": ["그는 그 후 무엇을 했나요?", "그것은 언제 일어났습니까?", "이것이 왜 중요한가요?", "그들은 어디로 갔나요?", "그는 누구인가요?", "그것은 무슨 뜻인가요?", "그의 반응은 어땠나요?", "이것은 어디에서 일어났나요?", "그녀는 왜 그렇게 했나요?", "그는 어떤 역할을 했나요?", "그 결과는 어떻게 되었나요?", "그녀는 어디에서 태어났나요?", "그는 몇 살이었나요?", "마지막에 어떻게 되었나요?", "주요 메시지는 무엇인가요?", "이것은 무엇을 가리키나요?", "이 사람은 누구인가요?"],
    "pt": ["O que ele fez depois?", "Por que isso é importante?", "Quando isso aconteceu?", "Como eles reagiram?", "O que é isto?", "Quem era ele?", "O que isso significa?", "Qual foi a sua reação?", "Onde aconteceu isso?", "Por que ele fez isso?", "Que papel ela desempenhou?", "Quais foram as consequências disso?", "Onde ela nasceu?", "Quantos anos ele tinha quando morreu?", "Como tudo terminou?", "Qual é a mensagem principal?", "A que isso se refere?"],
    "ru": ["Что он сделал потом?", "Почему это важно?", "Когда это произошло?", "Как они отреагировали?", "Что это такое?", "Кто он такой?", "Что это означает?", "Какова была его реакция?", "Где это произошло?", "Почему она так поступила?", "Какую роль он сыграл?", "Каковы были последствия этого?", "Где она родилась?", "Сколько ему было лет?", "Чем всё закончилось?", "Каково главное сообщение?", "К чему это относится?"],
    "th": ["เขาทำอะไรต่อไป", "สิ่งนี้สำคัญอย่างไร", "มันเกิดขึ้นเมื่อไหร่", "พวกเขาไปที่ไหน", "เขาคือใคร", "มันหมายความว่าอะไร", "ปฏิกิริยาของเขาเป็นอย่างไร", "เหตุการณ์นี้เกิดขึ้นที่ไหน", "ทำไมเธอจึงทำเช่นนั้น", "เขามีบทบาทอะไร", "ผลที่ตามมาคืออะไร", "เธอเกิดที่ไหน", "เขาอายุเท่าไร", "สุดท้ายเกิดอะไรขึ้น", "สิ่งนี้หมายถึงอะไร", "บุคคลนี้คือใคร"],
    "zh": ["他后来做了什么？", "这件事是什么时候发生的？", "这为什么重要？", "他们去了哪里？", "他是谁？", "这是什么意思？", "他的反应如何？", "这发生在哪里？", "她为什么这样做？", "它起了什么作用？", "其结果是什么？", "她出生在哪里？", "他当时多大年纪？", "最后怎么样了？", "主要信息是什么？", "这指的是什么？", "这个人是谁？"],
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
