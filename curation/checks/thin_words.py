"""Words that are too thin to say what a question is about: beginnings of words, by language.

Three classes: what a text does (mention, describe, cite, conclude), the parts of a text and of what it tells (topic,
example, detail, paragraph), and what anybody may do or be (decide, leave, win, famous, a place, a father). A question
whose words are all of them, or name nothing at all, can be understood beside its text only: "What examples are cited?"
In: the normal form of a word, or of a text where words have no spaces. Out: whether it is thin, or the text without.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

from functools import lru_cache

import regex

from data.text import normalise

_THIN = {
    "en": "boy girl child children couple old tall big inside outside above follow follows read one according accord mainly mostly characteri solve end ends told tell tells being mention describ descript discuss explain cited citing cites presented provid offered listed convey express learn learned conclu drawn deduc infer state stated cover highlight emphasi illustrat outlin suggest reveal depict topic theme subject detail details fact facts key point points line lines sentence excerpt snippet piece section overall summar decid decision decisions respond react moved move leave left came come went go return returned arriv win won winner lost lose surviv solv resolv people person man woman father mother brother sister son daughter wife husband friend famous signific original originally founded established responsible made make makes purpose goal play played first second third",
    "de": "junge jungen mädchen kind kinder paar alt groß drinnen worum worüber wovon woran man sich obigen hier laut gemäß zufolge genannt erwähn beschr beschrieb dargestellt geschildert erläuter erklär angeführt angegeben aufgeführt behandel vermittel gezogen ziehen hervor entnehmen schließen ableiten lässt lassen liefer präsentier vorgestellt betont hervorgehoben bericht berichtet steht stehen obig vorliegend them thema grund gründe detail angabe angaben daten punkt punkte zeile zeilen satz satzes absatz absatzes absätz abschnitt auszug aussage kernaussage hauptaussage hauptgedanke gedank botschaft schlussfolgerung schluss beispiel zentral wesentlich beschloss beschlossen entschied entschieden entscheidung reagier zog zogen ging gingen kam kamen kehrte kehrten zurück verließ verließen gewann gewannen gewonnen verlor überleb gelöst lösung leute mensch menschen mann frau vater mutter bruder schwester sohn tochter ehemann freund freunde berühmt bekannt wichtig bedeutsam ursprünglich gegründet verantwortlich zuständig zweck ziel änderte änderten spielt spielte erst zweit dritt nächst jemals dorthin weg",
    "fr": "garçon garçons fillette enfant couple selon propos concernant après d'après voici rendre donné donnés donnée données fourni cité cités citée citées mentionn évoqu décri décrit expliqu présent abord trait tiré tirer dédui conclu transmi précis soulign indiqu énumér appren apprend apprendre thèm raison motif détail point points clé clés ligne lignes phrase paragraph élément message conclusion rédacteur rédactrice narrateur premier première deuxième troisième second dernier décid décision réag réact déménag parti partis partie parties part retourn reven arrivé arrivée gagn perdu vainqueur surviv survécu résolu gens homme femme père mère frère sœur fils fille mari épouse ami amis célèbre significati initial fondé fondée responsable but objectif rendu rendue chang endroit lieu jamais",
    "es": "niño niña chico chica pareja dentro fuera tenía según adónde acerca sobre respecto volvieron volvió dan dado dada dados dadas proporcion ofrec mencion describ descri explic present abord trat trata tratado extra extrae extraer deduc conclu transmit señal precis destac indic enumer cuent cuenta aprend habla hablan tema razon razón motivo motivos detalle punto puntos clave claves línea líneas frase párraf dato datos mensaje conclusión redactor primer primero primera segundo segunda tercer decid decisi respond reaccion mudó mudaron mudar fue fueron volv regres lleg ganó ganaron ganador perdi sobreviv resolv gente persona hombre mujer padre madre hermano hermana hijo hija esposo esposa amigo famos signific original fund fundó responsable propósito objetivo hizo hace cambi lugar alguna vez",
    "it": "ragazzo ragazza bambino bambina coppia dentro fuori anni viene vengono venne vennero veniva venivano ne ci dal dai dalle dalla ebbe ebbero tornati tornato tornò secondo riguardo forni dato dati data date citat menzion descri spieg present abord tratt tratta trarre trae dedu dedurr conclu trasmess riport sottoline indic elenc racconta raccont apprend legge leggere parl parla tem tema temi motivo motivi dettagli punto punti chiave riga righe frase paragraf elementi messaggio conclusione scrive scrivente primo prima secondo seconda terzo decis decise decisero rispos reag trasfer andar andarono and andò torn arriv vinse vinsero vincitore vinto perse sopravvi risolt risolv gente persone persona uomo donna padre madre fratello sorella figlio figlia marito moglie amico amici famos significativ origin fondat fondò responsabil scopo obiettivo rese reso cambi luogo posto mai sopra",
    "pt": "menino menina garoto garota criança casal dentro nesta nestas neste nestes nessa nessas desta deste teve tiveram final chegou segundo acerca respeito dado dada dados dadas forneci citad mencion descri descr explic apresent abord tratad tirar tira extra deduz conclu transmit precis destac indic enumer conta aprend fala tema motivo motivos detalhe ponto pontos chave linha linhas frase parágraf mensagem conclusão conclusões redator primeiro primeira segundo segunda terceiro decid decis respond reag mudou mudaram foi foram embora voltar voltou voltaram retorn cheg venceu venceram vencedor ganh perd sobreviv resolv gente pessoa homem mulher pai mãe irmão irmã filho filha marido esposa amigo famos significativ original fundad responsáve propósito objetivo tornou fez lugar local alguma vez",
    "ru": "мальчик девочк ребен ребён внутри снаружи согласно судя выше данных месте каком какой каким привод приведен приведён представлен рассматрива рассмотрен обсужда описыва описан объясн называ назван упомин упомян сообща изложен излага переда сделать следует раскрыва пример причин тема темы тему вопрос вывод выводы данн мысл информац подробност детал момент пункт ключев строк строчк предложени абзац отрывк отрывок читател решил решен реши отреагир отвеча ответил переех уехал ушли ушел ушёл верну вернул пришел пришёл пришла пришли победи проигра выжи решена решили людей люди людям человек мужчин женщин отец отца мать матери брат сестр сын дочь муж жена друг знаменит известн важн значим первоначальн изначальн основан основали ответствен назначен цель цели измени сделало сделала первый первым второй втором последстви имело имел имела имели долго продолжал туда итоге когда-нибудь нибудь",
    "ar": "صبي فتاة طفل داخل خارج وجد أن قد تم حسب وفق وفقا وفقًا مذكور ذكر مقدم معروض وارد ورد مناقش تناول شرح يشرح وصف يصف توصل توصّل إيصال ايصال استنتاج نستنتج نستخلص استخلاص استنتاج ممكن يمكن تتم يتم يدور تدور تتحدث يتحدث حديث عرض بيانات معلومات معلومة موضوع مثال أمثلة سبب أسباب تفاصيل نقاط نقطة رئيسي سطر سطور فقرة جملة رسالة مستند وثيقة مقالة ثاني ثانية أول قرر رد انتقل غادر عاد عادوا رجع جاء فاز خسر نجا حل مشكلة ناس شخص رجل امرأة والد والده والدة أخ أب أم ابن زوج صديق شهير مشهور أصلي غرض هدف تأسس مسؤول مهم جعل تغير مكان نهاية وقت استغرق بعدها حول أيهما",
    "hi": "लड़के लड़का लड़की बच्चे बच्चा अंदर बाहर सा सी अनुसार जा जी चर्चा उल्लेख वर्णन वर्णित समझाया समझाई बताए बताई बताया प्रस्तुत निकाला निकलता निकाल निकलते निष्कर्ष उदाहरण कारण कारणों विवरण बिंदु बिंदुओं मुख्य संदेश आंकड़ आँकड़ पंक्ति वाक्य पैराग्राफ दस्तावेज दस्तावेज़ अंश विषय घटना दूसरे पहला दूसरा निर्णय फैसला प्रतिक्रिया गई गए आया आई आए लौट जीता जीती जीते हारा बचे बच समाधान लोग लोगों व्यक्ति पिता माता भाई बहन पुत्र बेटा बेटी पति पत्नी मित्र प्रसिद्ध मूल उद्देश्य लक्ष्य स्थापना जिम्मेदार बदला बदल जा जगह",
    "ko": "소년 소녀 아이 안에서 밖에서 살이었 있는 수 일을 일은 일이 따르면 제시 제공 언급 설명 묘사 기술되 기술하 다루 논의 소개 전달 내릴 내려 도출 알 나와 나오 주제 예시 예 예가 이유 정보 결론 핵심 사항 요점 메시지 세부 내용 자료 문서 문장 구절 장소 장소에 첫 두 번째 결정 반응 이사 떠났 돌아 왔 먼저였 먼저 이겼 졌 살아남 해결 사람 사람들 사람들은 아버지 어머니 형 동생 아들 딸 남편 아내 친구 유명 중요 원래 목적 목적은 설립 책임 바뀌 만들 만들었 곳의 장소의 결과는 인한 이로 결국 몇 년도 년도에 것이 하고자",
}
# Where words have no spaces, these pieces are taken out of the text.
_THIN_PIECES = {
    "ja": r"少年|少女|子供|により|によれば|によると|わり|挙げ|導か|描か|言及|要点|詳細|場所|メッセージ|込め|文書|記載|書か|書い|示さ|提供|紹介|取り上げ|第[一二三]|最後|勝ち|勝っ|負け|先|変わ|設立|有名|人々|父|母|去っ|戻|決め|解決|移り|残っ|重要|本来|責任",
    "th": r"เด็กชาย|เด็กหญิง|เด็ก|ข้างใน|ข้างนอก|พบ|อย่างไร|เท่าไร|ระบุไว้|ต่อ|ไว้|แนวคิด|ยกตัวอย่าง|สรุป|นำเสนอ|นําเสนอ|นำเสนอ|พูดถึง|กล่าวถึง|อธิบาย|บรรยาย|เสนอ|รายละเอียด|สถานที่|ย่อหน้า|ประโยค|ที่สอง|ที่หนึ่ง|เอกสาร|ใช้เวลา|เปลี่ยนแปลง|เปลี่ยน|แก้ไข|ผู้ชนะ|ชนะ|ผู้แพ้|ก่อตั้ง|วัตถุประสงค์|จุดประสงค์|ดั้งเดิม|สิ่งนั้น|สิ่งนี้|ตอบสนอง|เหล่านั้น|เหล่านี้|จากไป|ได้รับ|ถึง|มัน|ตัดสินใจ|กลับ|รอดชีวิต|พ่อ|แม่|มีชื่อเสียง",
    "zh": r"男孩|女孩|孩子|让|讓|使|讨论|討論|得出|数据|數據|所给|所給|给出|給出|举例|舉例|笔者|筆者|看法|按照|根据|第[一二三]|主题|话题|細節|细节|要点|传达|描写|描寫|信息|出名|有名|成立|建立|赢|贏|输|决定|決定|离开|離開|搬到|可以",
}  # fmt: skip
# "What is a message?" asks what a word means.
_DEFINES = {
    "en": r"\ban?\b|^\W*what (?:is|are) \w+\W*$", "de": r"\beine?\b|^\W*was (?:ist|sind) \w+\W*$", "fr": r"\bune?\b|['’]une?\b",
    "es": r"\buna?\b|^\W*qué (?:es|son) \w+\W*$", "it": r"\buna?\b|\bun['’o]", "pt": r"\buma?\b|^\W*o que (?:é|são) \w+\W*$", "ru": r"\bчто такое\b",
    "ar": r"^ما (?:هو|هي) \S+\W*$", "hi": r"^\S+ (?:\S+ )?क्या (?:है|हैं|होता|होती)|किसे कहते", "ko": r"^\S+(?:란|이란)\s|^\S+[은는] 무엇(?:인가|입니까|인가요)\W*$",
    "ja": r"とは", "zh": r"^什么是|^什麼是|^何谓|是什么意思", "th": r"^\S{2,12}หมายถึง",
}  # fmt: skip
# Letters that may follow the beginning of a word, and what may stand before it.
_ENDING = {"ko": 7, "ar": 4, "hi": 3}
_BEFORE = {"ar": "(?:[وفبلك]?(?:ال)?|لل|ي|ت|ن)"}
SHORT, ENDING_OF_SHORT, LONGEST_ENDING = 4, 1, 6
_NAME = regex.compile(r"\p{L}.*\p{Lu}|\p{N}|[\"“„«「『《]")
_NAME_WHERE_NOUNS_HAVE_CAPITALS = regex.compile(r"\p{N}|[\"“„«]")
# People, children and their like in general are a subject; "those people" are none.
_PEOPLE = regex.compile(
    r"(?<!\b(?:these|those|diesen?|jenen?|ces|es[ao]s|est[ao]s|quelle|queste|quei|ess[ae]s|эти|этих|те|वे|ये|उन|इन|그|이) )(?<!هؤلاء )(?<!その)(?<!那些|这些|這些)"
    r"(?:\b(?:people|children|friends|leuten?|menschen|kindern?|freunden?|gens|enfants|amis|gente|personas|niños|amigos|persone|bambini|amici|pessoas|crianças|люди|людей|людям|людьми|дети|детей|детям|друзья)\b|लोग|बच्च|사람|아이들|الناس|أطفال|人々|子供|孩子|ผู้คน|เด็ก(?!ชาย|หญิง))"
)


@lru_cache
def _words(lang: str) -> regex.Pattern | None:
    if lang not in _THIN:
        return None
    endings = (
        f"{regex.escape(word)}[\\p{{L}}\\p{{M}}]{{0,{_ENDING.get(lang, ENDING_OF_SHORT if len(word) <= SHORT else LONGEST_ENDING)}}}"
        for word in normalise(_THIN[lang]).split()
    )
    return regex.compile(rf"{_BEFORE.get(lang, '')}(?:{'|'.join(endings)})")


@lru_cache
def _defines(lang: str) -> regex.Pattern:
    return regex.compile(_DEFINES[lang])


@lru_cache
def thin_pieces(lang: str) -> str:
    """Return the thin pieces of a language without spaces as one pattern, empty where it is not listed."""
    return _THIN_PIECES.get(lang, "")


def is_thin(word: str, lang: str) -> bool:
    """Return whether a word, in normal form, is too thin to be what a question is about."""
    words = _words(lang)
    return words is not None and words.fullmatch(word) is not None


def may_be_thin(text: str, lang: str) -> bool:
    """Return whether `text` holds no name, number or quotation and does not ask what a word means."""
    name = _NAME_WHERE_NOUNS_HAVE_CAPITALS if lang == "de" else _NAME
    plain = text.casefold()
    return lang in _DEFINES and not (name.search(text) or _defines(lang).search(plain) or _PEOPLE.search(plain))
