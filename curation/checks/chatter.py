"""What models say around a question: labels, "Sure! Here is ...", "I hope this helps", apologies, the task itself.

Matched on casefolded text, all languages at once, since a preamble is often in another language than the question. What
is known here is the nouns of the trade (question, answer, text), words of assent and of closing; not whole phrases.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

import regex

from curation.checks.wording import QUESTION_MARK, is_question

_QUESTION = (
    "quest(?:ion|ões|ão)|query|quer(?:y|ies)|frage|pregunta|cuestión|domanda|quesito|pergunta|вопрос|سؤال|سوال|प्रश्न|सवाल|質問|設問|問い|"
    "질문|물음|คำถาม|คําถาม|问题|問題|提问|提問|vraag|pytani[ea]|soru|câu hỏi|pertanyaan|питання|otázk|kérdés|întrebare|fråga|spørgsmål|"
    "spørsmål|kysymy|ερώτηση|שאלה|প্রশ্ন|கேள்வி|ప్రశ్న"
)
_OTHER_LABELS = "search terms?|keywords?|claim|stichwörter|suchanfrage|mots[- ]clés|palabras clave|parole chiave|palavras[- ]chave|关键词|關鍵詞|キーワード|키워드|output|response|ausgabe|sortie|salida|saída|输出|出力|출력|q"
_ANSWER = (
    "answers?|antwort|lösung|réponses?|reponse|respuestas?|rispost[ae]|respostas?|ответ|الإجابة|الاجابة|إجابة|الجواب|जवाब|उत्तर|答え|解答|回答|答案|"
    "答|답변|정답|답|คำตอบ|คําตอบ|ตอบ|antwoord|odpowiedź|cevap|yanıt|trả lời|jawaban|відповідь|odpověď|svar|vastaus|απάντηση|תשובה|উত্তর"
)
TEXT = (
    "(?<![a-z])text|passage|paragraph|excerpt|abschnitt|absatz|textauszug|passage|extrait|texto|pasaje|fragmento|testo|brano|trecho|excerto|passagem|текст|"
    "отрыв|фрагмент|النص|نص|فقرة|पाठ|अनुच्छेद|गद्यांश|文章|テキスト|本文|지문|본문|텍스트|글|ข้อความ|บทความ|เนื้อหา|文本|文段|段落"
)
_MAKE = (
    r"\b(?:generat|creat|writ|formulat|ask|pose|provid|com(?:e|ing) up)|\b(?:erzeug|generier|erstell|formulier|schreib|stell)|\b(?:génér|rédig|formul|cré[eé]|"
    r"pose)|\b(?:gener|crea|escrib|formul|plante|haz)|\b(?:scriv|genera|crea|pon[ie])|\b(?:ger[ae]|cri[ae]|escrev|elabor)|\b(?:с?генерир|созда|состав|"
    r"напи[шс]|сформулир|задай|придум)|أنشئ|اكتب|إنشاء|ول[ّد]|اطرح|صياغة|صغ|बना|लिख|तैयार|उत्पन्न|生成|作成|書い|考え|만들|생성|작성|สร้าง|เขียน|ตั้ง|提出|写|寫|编|拟"
)
_ASSENT = (
    r"sure|certainly|of course|absolutely|okay|ok|yes|here(?:['’]s| is| are| you)|gladly|understood|great|got it|happy to|thanks?|below is"
    r"|natürlich|klar|gerne?|selbstverständlich|sicher|hier (?:ist|sind|kommt|die)|verstanden|alles klar|ja"
    r"|bien sûr|certainement|voici|voilà|d['’]accord|avec plaisir|très bien|(?:bien )?entendu|oui|parfait"
    r"|claro|por supuesto|desde luego|aquí|con (?:mucho )?gusto|entendido|a continuación|de acuerdo|perfecto|vale|sí"
    r"|certo|certamente|ecco|naturalmente|volentieri|d['’]accordo|va bene|di seguito|sì"
    r"|com (?:certeza|prazer)|aqui|segue|a seguir|perfeito|sim"
    r"|конечно|вот|разумеется|хорошо|с удовольствием|понял|ладно|безусловно|да"
    r"|بالتأكيد|بالطبع|طبعا|حسنا|إليك|اليك|فيما يلي|بكل سرور|تفضل|أكيد|نعم"
    r"|ज़रूर|ज़रूर|जरूर|बिल्कुल|बिलकुल|निश्चित|यहाँ|यहां|ठीक है|अवश्य|हाँ|बेशक|लीजिए|प्रस्तुत|नीचे"
    r"|もちろん(?:です)?|はい|承知(?:しました|いたしました)?|かしこまりました|わかりました|分かりました|了解(?:です|しました|いたしました)?|喜んで|それでは|では|こちら"
    r"|물론(?:입니다|이죠|이에요)?|네|예|다음은|다음과|여기|알겠습니다|좋습니다|그럼"
    r"|แน่นอน(?:ครับ|ค่ะ)?|ได้(?:เลย)?(?:ครับ|ค่ะ)?|นี่คือ|ต่อไปนี้|ยินดี(?:ครับ|ค่ะ)?|โอเค|ตกลง"
    r"|当然(?:可以)?|當然(?:可以)?|好的?|没问题|沒問題|以下|这是|這是|下面|可以|明白了?|请看"
)
_CLOSING = (
    r"(?:i )?hope\b|let me know|feel free|note that|this (?:one|asks|focuses)|if you|(?:ich )?hoffe|falls sie|wenn (?:sie|du)|lassen sie|lass mich"
    r"|n['’]hésite|j['’]espère|si vous|espero|si (?:quiere|necesita|desea)|no dudes|avísa|spero\b|fammi|se (?:vuoi|hai|desider)|avis[ea]|me diga|se (?:precisar|quiser)"
    r"|надеюсь|если вам|дайте знать|أتمنى|آمل|إذا كنت|أخبرني|उम्मीद|आशा है|यदि आप|अगर आप|お役に立|ご(?:不明|希望|要望|質問)|お知らせ|(?:이 .{0,6})?도움이|필요하시|원하시|หวังว่า|หากคุณ|ถ้าคุณ"
    r"|希望(?:这|這|对|對|能)|如果您|如果你|如需|如有"
)
_THIS = "this|the|the above|diese|obige|cette|est[ae]|ess[ae]|quest[ao]|этот|данный|هذا|यह|इस|この|上記の|이|위|这个?|這個?|该|此"
_SORRY = (
    r"(?:i['’]?m|i am) (?:very |so |really )?sorry|sorry,|i (?:do )?apologi[sz]e|my apologies|as an? ai\b|as a (?:large )?language model"
    r"|es tut mir (?:sehr )?leid|tut mir leid|entschuldig(?:ung|en sie)|als ki\b|(?:je suis )?(?:vraiment |sincèrement )?désolée?|je m['’]excuse|veuillez m['’]excuser"
    r"|lo siento|lamento|disculp[ae]|me temo|mi (?:di)?spiace|sono spiacente|mi scuso|desculp[ea]|sinto muito|peço desculpas?"
    r"|извините|простите|прошу прощения|сожалею|آسف|أعتذر|عذر[اًً]+|المعذرة|نأسف|क्षमा करें|मुझे खेद|माफ़ क|माफ़ क|माफ क|खेद है"
    r"|申し訳(?:ありません|ございません)|すみません|恐れ入り|恐縮|죄송|미안|ขออภัย|ขอโทษ|(?:非常|很|十分)?抱歉|对不起|對不起"
)
_REGRET = (
    "unfortunately|regrettably|leider|malheureusement|lamentablemente|desafortunadamente|purtroppo|infelizmente|к сожалению|للأسف|दुर्भाग्य|"
    "残念ながら|유감|안타깝|น่าเสียดาย|เสียใจ|遗憾|可惜"
)
_CANNOT = (
    r"\bi (?:can(?:no|['’])t|can not|could ?n['’]?o?t|am (?:unable|not able)|['’]m (?:unable|not able)|won['’]t|do(?: not|n['’]t) have)"
    r"|kann ich (?:leider )?(?:keine|nicht)|ich kann (?:leider )?(?:keine|nicht)|je ne (?:peux|suis|puis) pas|\bno (?:puedo|me es posible)|\bnon (?:posso|sono in grado|riesco)"
    r"|\bnão (?:posso|consigo|é possível)|\bя не (?:могу|смогу)|لا (?:يمكنني|أستطيع)|(?<!\p{L})(?:मैं|मुझे)\s.{0,60}(?:नहीं|असमर्थ)|(?:生成|作成|お答え|質問|ご依頼).{0,8}(?:できません|できかねます|出来ません)"
    r"|질문.{0,12}(?:수 없|어렵|못)|답변.{0,6}(?:수 없|어렵)|드릴 수 없|(?:ฉัน|ผม|ดิฉัน|เรา).{0,8}ไม่สามารถ|ไม่สามารถ(?:สร้าง|ตั้ง)ค[ำํ]า?ถาม|我(?:无法|無法|不能|没法)|(?:无法|無法|不能)(?:根据|生成|提出|回答|创建|創建).{0,8}(?:问题|問題|请求)"
)
# A request for the text itself: send or give, whole or again; "you" is in the form of the verb in most languages.
_SEND = (
    r"\b(?:send|provide|share|paste|supply)\b|schick|senden|bereitstell|zusend|envoy|fournir|enviar|proporcionar|facilitar|compartir|inviar|fornir|mandar|fornecer|compartilhar"
    r"|присла|отправ|предостав|ترسل|إرسال|أرسل|تزويد|भेज|प्रदान कर|साझा|送っ|提供して|ご提供|共有|보내|제공해|ส่ง|发送|發送|提供|贴"
)
_FROM_YOU = (
    r"^\W*(?:could|can|would|will|please)\b|^\W*(?:könnte|kannst|bitte|würden)|^\W*(?:pourriez|pouvez|veuillez|peux|merci de)|^\W*(?:podría|puede|por favor)|^\W*(?:potr|può|puoi|per favore)"
    r"|^\W*(?:você )?(?:poderia|pode)|^\W*(?:не )?мог|^\W*(?:هل يمكنك|من فضلك|يرجى|الرجاء)|^\W*क्या आप|^\W*कृपया|(?:いただけ|くださ|もらえ)|주시|주세요|^\W*(?:กรุณา|ช่วย|รบกวน|คุณ)|^\W*(?:能否|可否|请|請|麻烦|您能)"
)
_OFFER = (
    r"(?:would you like|do you (?:want|need)|shall i|should i)\b.*\b(?:another|more|generate|other|else)|(?:möchte|woll|soll ich|brauch|benötig|wünsch)\w*.*(?:weitere|noch eine|andere)"
    r"|(?:quier|dese|necesit|te gustaría|le gustaría)\w*.*(?:otr[ao]|más)\b|(?:souhait|voul|désir|veux)\w*.*autre|क्या आप.*(?:और|अन्य|दूसरा).*(?:चाह|ज़रूरत)|(?:vuo|desider|ti serve)\w*.*altr"
    r"|(?:他|ほか|別)[のに].*(?:必要|ますか|しょうか)|(?:다른|추가|더) .*(?:필요|원하|드릴)|(?:você )?(?:desej|quer|gostaria|precis)\w*.*(?:outra|mais)\b|(?:хотите|нужн|желаете|составить)\w*.*(?:ещё|еще|друг)"
    r"|(?:คุณ)?ต้องการ.*(?:เพิ่ม|อีก|อื่น)|(?:您|你)?(?:还|還|是否).{0,3}(?:需要|要).*(?:其他|另|别的|更多)|هل (?:ترغب|تريد|تود|تحتاج).*(?:آخر|أخرى|مزيد)"
)
_SENDS, _YOU_DO, _OFFERS = regex.compile(_SEND), regex.compile(_FROM_YOU), regex.compile(rf"^\W*(?:{_OFFER})")
# Questions of history and politics that are called so: "The Eastern Question".
_NAMED_QUESTION = regex.compile(
    r"\b(?:the|die|la|il|le|a|as) (?:\w+ )?(?:orient\w*|eastern|german|deutsche|irish|irische|jewish|jüdische|soci\w+|sozial\w*|national\w*|nacional|nazionale|agrar\w*|polish|polnische|roman\w?|southern|schleswig\S*) (?:question|frage)\b"
    r"|\b(?:question|cuestión|questione|questão) (?:(?:d['’]|de |do |da |del |della |dell['’])\p{L}+|orient\w+|social\w?|agr[aá]ria|romana|meridionale|jud[íi]a|juive|nacional|nazionale|nationale)\b"
    r"|(?<!\p{L})(?:восточн|еврейск|польск|крестьянск|аграрн|национальн|женск)\w+ вопрос|المسألة الشرقية|पूर्वी प्रश्न|(?:東方|东方|農民|三農|三农|民族|社会|土地|人口|環境|环境)(?:問題|问题)|동방 문제"
)
_QUESTION_NOUN = regex.compile(_QUESTION)
# In Chinese and Japanese a question is called like a problem, which may be what the question is about.
_PROBLEM = regex.compile(r"问题|問題")
_OTHER_THAN_PROBLEM = regex.compile(
    rf"^\W*(?:问题|問題)\W*$|{_MAKE}|{TEXT}|以下|如下|下面|我的|一个|一個|这是|這是|是\W*$|質問"
)
_TEXT_NOUN = regex.compile(TEXT)
_TASK_VERB = regex.compile(_MAKE)
_ASSENTS = regex.compile(rf"^[\W_]*(?:{_ASSENT})(?:(?<=以下|下面|这是|這是|こちら|请看)|(?![\p{{L}}\p{{M}}]))")
# "This question asks for ..."; the pronoun stands behind the noun in Thai.
_CLOSINGS = regex.compile(
    rf"^[\W_]*(?:\w+,? )?(?:{_CLOSING})|^[\W_]*(?:{_THIS}) ?(?:{_QUESTION})|^[\W_]*(?:คำถาม|คําถาม)(?:นี้|ข้างต้น)"
)
_APOLOGY = regex.compile(rf"(?<!\p{{L}})(?:{_SORRY})|{_CANNOT}")
_OPENS_WITH_REGRET = regex.compile(rf"^[\W_]*(?:\w+,? )?(?:{_SORRY}|{_REGRET}|{_CANNOT})")
# A label: a noun of the trade, with a word or two before it and a number behind it, then a colon.
LABEL = regex.compile(
    rf"^[\s*_#>\[(]*+(?:[\p{{L}}\p{{M}}'’-]{{1,20}}\s){{0,2}}(?:(?:{_QUESTION})[\p{{L}}\p{{M}}]{{0,4}}|{_OTHER_LABELS})\s*+(?:n[°º.]\s?)?#?\d{{0,2}}[\s*_\])]*+[:：][\s*_]*+",
    regex.IGNORECASE,
)
ANSWER_LABEL = regex.compile(
    rf"(?:^|[^\p{{L}}\p{{M}}])(?:{_ANSWER})\s*+\d*+[\s*_)\]]*+[:：]|^[\s*_]*+[aа][.)]?\s*+[:：]",
    regex.IGNORECASE | regex.MULTILINE,
)
MAX_REQUEST = 70  # characters
_SHORT_WORDS, _SHORT_LETTERS = 5, 24
_LETTER = regex.compile(r"[\p{L}\p{M}]")


def names_question(text: str) -> bool:
    """Return whether a text speaks of a question."""
    plain = text.casefold()
    return bool(_QUESTION_NOUN.search(_NAMED_QUESTION.sub(" ", plain)))


def is_named_question(head: str) -> bool:
    """Return whether a text is the name of a question of history: "The Eastern Question"."""
    return bool(_NAMED_QUESTION.search(head.casefold()))


def offers(text: str) -> bool:
    """Return whether a text asks the user for a wish: "Would you like another one?"."""
    return bool(_OFFERS.search(text.casefold()))


def introduces(text: str) -> bool:
    """Return whether a text without a question can be what stands before one: assent, or an announcement."""
    plain = text.casefold()
    if QUESTION_MARK.search(plain):
        return False
    if _PROBLEM.search(plain) and not _OTHER_THAN_PROBLEM.search(plain):
        return False
    few = len(plain.split()) <= _SHORT_WORDS and len(_LETTER.findall(plain)) <= _SHORT_LETTERS
    return names_question(plain) or bool(few and _ASSENTS.search(plain))


def closes(text: str) -> bool:
    """Return whether a text without a question can be what is said after one."""
    plain = text.casefold()
    return not QUESTION_MARK.search(plain) and not ANSWER_LABEL.search(plain) and bool(_CLOSINGS.search(plain))


def states_task(text: str) -> bool:
    """Return whether a text tells someone to make a question of a text: the instruction, in whatever language."""
    plain = text.casefold()
    return bool(_TASK_VERB.search(plain) and _QUESTION_NOUN.search(plain)) and (
        bool(_TEXT_NOUN.search(plain)) or not is_question(plain)
    )


def apologises(text: str) -> bool:
    """Return whether an answer is an apology or a refusal instead of a question.

    A text that asks something is none, unless it opens with regret and speaks of the task: "Sorry" is also a song.
    """
    plain = text.casefold()
    if not QUESTION_MARK.search(text) and _APOLOGY.search(plain):
        return True
    if _YOU_DO.search(plain) and _SENDS.search(plain) and _TEXT_NOUN.search(plain) and len(plain) <= MAX_REQUEST:
        return True
    of_task = _QUESTION_NOUN.search(plain) or _TEXT_NOUN.search(plain)
    return bool(of_task and _OPENS_WITH_REGRET.search(plain))
