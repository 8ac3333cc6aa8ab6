"""Words that name nothing, by language: asking words, auxiliaries, prepositions, the commonest verbs and nouns, and the
nouns of texts ("the main idea of the passage"). What is left of a question without them is what it is about.

In: a query. Out: its content words. A language that is not listed has no words that name nothing.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

from functools import lru_cache

import regex

from data.text import normalise

PRONOUNS = {
    "en": "he she it they him them this that these those such",
    "de": "er sie es ihm ihn ihr ihnen dies diese dieser dieses diesen diesem jene jener jenes derselbe dieselbe",
    "fr": "il elle ils elles lui leur ce cet cette ces celui celle ceux celles cela ça ceci celui-ci y en",
    "es": "él ella ello ellos ellas este esta estos estas esto ese esa esos esas eso aquel aquella aquello dicho dicha",
    "it": "egli lui lei esso essa essi esse loro questo questa questi queste quello quella quelli quelle ciò",
    "pt": "disso disto nisso nisto daquilo ele ela eles elas dele dela deles delas lhe lhes este esta estes estas isto esse essa esses essas isso aquele aquela aquilo",
    "ru": "он она оно они ему ей им ним ней ними нём нем него неё нее них этот эта это эти этого этой этому этим этом этих них",
    "ar": "هذا هذه ذلك تلك هؤلاء أولئك به بها بهم فيه فيها فيهم منه منها عنه عنها عليه عليها إليه إليها",
    "hi": "वह वे उसने उन्होंने उसे उन्हें उसमें उनमें यह ये इसने इन्होंने इसे इन्हें इसमें इनमें उस उन इस इन उससे इससे",
    "ko": "그는 그가 그를 그에게 그녀 그녀는 그녀가 그녀의 그녀를 그들 그들은 그들이 그들의 그것 그것은 그것이 그것의 그것을 이 이는 이것 이것은 이것이 이것의 이것을 이들 이들은 이들이 이들의 저것 여기 여기서 거기",
}  # fmt: skip
# They may stand for what comes later, so they lack something only where next to nothing comes.
POSSESSIVES = {
    "en": "his her its their", "de": "sein seine seinen seinem seiner ihr ihre ihren ihrem ihrer", "fr": "son sa ses leur leurs",
    "es": "su sus", "it": "suo sua suoi sue loro", "pt": "seu sua seus suas dele dela deles delas", "ru": "его её ее их",
    "hi": "उसका उसकी उसके उनका उनकी उनके इसका इसकी इसके इनका इनकी इनके", "ko": "그의 그녀의 그들의 그것의 이것의 이들의", "ar": "",
}  # fmt: skip
_NAMELESS = {
    "en": """last lasted long located situated discover discovered achieve achieved accompanied accompany cause caused phenomenon oppose opposed change changed afterwards situation
        mains major
        message aspects covered takeaway takeaways lead led end ended born age died die death begin began start started opinion missing title word words term refer refers else period
        reaction response argument arguments claim claims event events consequence consequences effect effects impact outcome outcomes results conclusion example examples difference differences advantage advantages benefit benefits causes challenge challenges problem problems solution statement statements following true inferred presented given support supports process occurred occur context supposed needed wanted work works involved useful efforts effort both
        he his him her hers its their theirs who whom whose what when where which why how is are was were be been being am do does did done
        doing can could will would shall should may might must has have had having a an the of in on at to for from by with about into over
        under between among as than then so if and or but not no any some all both each more most much many few other another same own very
        also just only even there here again next after afterwards before later first last finally still ever now way thing things reason
        reasons time times year date day place kind type name result happen happened happens happening say says said mean means meant
        mention mentioned describe described explain explained discuss discussed call called know known become became go went gone come came
        get got give given take took make made use used think thought feel believe important main significance importance purpose role cause
        caused like you your we our us i my me person people someone something anything everything long old far s t re ve text passage
        paragraph article document section excerpt author writer idea ideas topic theme content subject point points key summary central
        details detail information react reacted decide decided leave sort going different similar whole story question answer statement""",
    "de": """dauerte dauert lange lang starb befindet befand liegt lag entdeckten entdeckte entdeckt erreicht erreichten erreichte begleitete ursachen ursache phänomen phänomens änderte verändert lage situation
        hauptbotschaft wichtige
        alt geboren gestorben starb tod alter nächstes nächste endete ende begann beginn anfang botschaft maßnahmen ergriffen daraufhin bezieht meinung ansicht wort begriff dies aufgeführt wohl nachher
        reaktion argumente argument ereignis ereignisse folgen folge wirkung wirkungen auswirkung auswirkungen schlussfolgerung beispiel beispiele unterschied vorteile vorteil nachteile problem probleme lösung punkte punkt wichtigsten gemeint damit statt fand stattgefunden bedeutung gründe geschehen enthält spielte begründet wahr aussagen prozess
        sein seine seinen seinem seiner ihre ihren ihrem ihrer wer wen wem wessen was wann wo woher wohin wie warum weshalb wieso wodurch
        womit wofür worüber wovon worin woran welche welcher welches welchen welchem ist sind war waren gewesen wird werden wurde wurden
        worden hat haben hatte hatten kann können konnte konnten soll sollte muss musste darf will wollte der die das den dem des ein eine
        einen einem einer eines von vom in im an am auf zu zum zur für mit bei nach vor über unter aus durch um als und oder aber nicht kein
        keine auch noch nur schon sehr mehr alle viel viele wieviel so dann danach davor dabei dazu damit darüber davon daran hier dort da
        zuerst zuletzt später nun jetzt tun tat getan macht machte gemacht machen geschah geschieht passiert passierte geschehen sagt sagte
        gesagt bedeutet bedeutete heißt hieß genannt erwähnt beschrieben kam kommt ging geht gibt gab wichtig grund zeit jahr ort art name
        folge ergebnis zweck rolle ursache ding dinge mensch menschen person text textes abschnitt absatz artikel dokument auszug verfasser
        autor hauptidee hauptaussage thema inhalt aussage kernaussage wichtigste wichtigsten dafür darauf dagegen deshalb erfährt handelt
        beschreibt schreibt zusammenfassung information informationen reagiert reagierte reagierten passieren entstanden frage antwort sie
        ihr ihm anderes anderen andere""",
    "fr": """duré dura dure situé située découvert découverte parvenus parvenu réussi accompagnait accompagné causes phénomène changé situation situe là-bas bas
        principal principaux principales
        né née mort morte mourut âge ans terminé terminée termina fini commencé commença fin tout message réfère référence fait avis mot terme suite vécu
        réaction argument arguments événement événements conséquences effet effets impact conclusion exemple exemples différence avantages problème problèmes solution lieu eu présentées présenté signification joué rôle raisons utile processus
        son sa ses leurs le la les y en qui que quoi quand où quel quelle quels quelles lequel laquelle pourquoi comment combien est sont
        était étaient fut furent être été a ont avait avaient eut avoir peut peuvent pouvait doit doivent fait faire faisait firent fit un
        une des de du d l au aux à dans par pour avec sans sur sous entre vers chez et ou mais ne pas plus moins très aussi encore se s t on
        nous vous qu c ce cela est-ce après ensuite puis avant alors ici là dit dire passé passe passa arrivé arrive arriva signifie
        mentionné décrit devenu appelle appelé nommé raison temps année date jour lieu chose personne nom rôle but cause résultat
        conséquence important importante quelle-est texte passage paragraphe article document extrait auteur idée principale sujet thème
        contenu central centrale parle traite informations information réagi réagit produit produite passer déroulé résumé raisons autre
        autres question réponse il elle ils elles lui eux""",
    "es": """duró dura duraron ubicado ubicada situado descubrieron descubrió logró lograron acompañó causas fenómeno cambió situación
        principales
        nació nacieron murió años edad terminó termina acabó empezó comenzó fin todo mensaje refiere opinión palabra término continuación llegó fue salió vivió vivía
        reacción argumento argumentos evento eventos acontecimiento consecuencia consecuencias efecto efectos impacto conclusión ejemplo ejemplos diferencia ventajas problema problemas solución presenta presentan significado desempeñó papel lugar tuvo tuvieron resultados proceso
        final finalmente le les pasó su sus lo quién quiénes quien qué que cuándo cuando dónde donde cuál cuáles cómo como cuánto cuánta cuántos cuántas por porqué es
        son era eran fue fueron ser sido está están estaba ha han había hay haber puede pueden podía debe hace hacer hizo hicieron hacía un
        una unos unas el la los las de del al a en con sin sobre para y o e u pero no más menos muy también se después luego antes entonces
        aquí allí ahora dice dijo decir significa pasó pasa ocurrió ocurre sucedió sucede mencionado llama llamaba llamó nombre razón motivo
        tiempo año fecha día lugar cosa persona papel causa resultado importante tiene tenía tuvo texto pasaje párrafo artículo documento
        fragmento autor idea principal tema contenido central trata habla información reaccionó reaccionaron ocurrir suceder resumen razones
        otro otra otros otras pregunta respuesta eso""",
    "it": """durò dura durato situato scoprirono scoprì riusciti riuscito riuscirono accompagnava accompagnò cause fenomeno cambiò cambiata situazione morirono
        principali
        nato nata nacque morto morta morì anni età finito finita finì terminò cominciò iniziò fine tutto messaggio riferisce opinione parola termine seguito visse
        reazione argomenti evento eventi conseguenza conseguenze effetto effetti impatto conclusione esempio esempi differenza vantaggi problema problemi soluzione contiene significato avvenuto avvenne avuto risultati processo
        suo sua suoi sue gli chi che cosa cos quando dove dov quale quali qual perché come com quanto quanta quanti quante è sono era erano
        fu furono essere stato stata stati state ha hanno aveva avevano può possono poteva deve fa fare fece fecero fatto un uno una il lo
        la i le l di del della dei delle dell a al alla ai alle in nel nella con senza su sul per tra fra e o ma non più meno molto anche si
        ci dopo poi prima allora qui lì ora dice disse dire significa successe succede successo accade accadde accaduto menzionato chiama
        chiamava nome motivo ragione tempo anno data giorno luogo persona ruolo causa risultato importante d all testo brano paragrafo
        articolo documento autore idea principale tema argomento contenuto centrale parla tratta informazioni reagito reagì trova trovava
        trovano riassunto ragioni altro altra altri altre domanda risposta""",
    "pt": """durou dura fica localizado localizada situado descobriram descobriu conseguiram conseguiu acompanhava acompanhou causas fenômeno fenómeno mudou situação lá
        principais
        nasceu nasceram morreu anos idade terminou acabou começou fim tudo mensagem refere opinião palavra termo seguida viveu
        reação argumento argumentos evento eventos consequência consequências efeito efeitos impacto conclusão exemplo exemplos diferença vantagens problema problemas solução apresentadas significado desempenhou resultados processo
        seu sua seus suas quem que quê o a os as quando onde aonde qual quais por porque como quanto quanta quantos quantas é são era eram
        foi foram ser sido está estão estava tem têm tinha há pode podem podia deve faz fazer fez fizeram feito um uma uns umas de do da dos
        das em no na nos nas ao à com sem sobre para e ou mas não mais menos muito também se depois então antes aqui ali agora diz disse
        dizer significa aconteceu acontece ocorreu mencionado chama chamava nome razão motivo tempo ano data dia lugar coisa pessoa papel
        causa resultado importante texto trecho parágrafo artigo documento autor ideia principal tema assunto conteúdo central trata fala
        informações reagiu reagiram acontecer resumo razões outro outra outros outras pergunta resposta defende""",
    "ru": """длилось длилась длился долго находится находился находилась расположен расположена обнаружили обнаружил добились добился сопровождал причины причиной явления явление зовут изменилась ситуация
        каково какова каковы каков главное главные главного главной основные
        родился родилась родились умер умерла лет возраст закончилось закончилась кончилось началось начал конец всё все сообщение послание относится мнение слово термин жил жила
        тот та те то того той тому тем том реакция реакции аргументы событие события последствие последствия последствий эффект влияние вывод пример примеры разница преимущества проблема проблемы решение значение содержится сыграл сыграла играет результаты результатом поступил поступила каковы процесс
        его её ее их свой свою кто кого кому кем ком что чего чему чем чём когда где куда откуда как какой какая какое какие какого каких
        каким какую какова каков почему зачем сколько чей чья чьё чьи ли был была было были будет есть быть является стал стала стало стали
        сделал сделала сделали делал делает произошло случилось сказал сказала сказано говорится значит означает упоминается в во на с со к
        ко по о об от до из за для при у под над между через после перед затем потом дальше далее тогда здесь там и или а но не ни же бы то
        также еще ещё уже только более очень год году время имя место причина роль цель результат человек люди мог могла могли нужно можно
        текст тексте текста отрывок отрывке отрывка абзац абзаце статья статье статьи документ автор автора основная главная мысль идея тема
        содержание говорит речь идёт идет информация отреагировал отреагировали важно важна важен такое таким такие дело вопрос ответ""",
    "ar": """استغرق استمر استمرت توفيت مات يقع تقع اكتشفوا اكتشف حققوا حقق الظاهرة أسباب الشخص معه معها مهما مهمًا مهماً طويلا تغير الوضع
        ولد ولدت مات ماتت توفي عمر عمره عمرها انتهى انتهت بدأ بدأت نهاية رسالة الرسالة يشير رأي كلمة عاش
        رد فعله فعلها حجة حدث أحداث عواقب عاقبة تأثير آثار أثر خلاصة مثال أمثلة فرق مزايا مشكلة حل معنى الدور لعبه لعبته لعب لعبت الواردة نتائج النتيجة النتائج المشكلة الحل
        هو هي هم هن هما له لها لهم ماهو ماهي من ما ماذا متى أين اين أي اي أية لماذا كيف كم هل لمن بماذا مما عم كان كانت كانوا يكون تكون فعل
        فعلت فعلوا يفعل حدث حدثت يحدث حصل جرى قال قالت يقول قيل يعني تعني ذكر يذكر في على إلى الى عن مع بعد قبل ثم عند عندما حتى و أو لا لم
        لن قد كل بعض أيضا أيضًا هنا هناك الذي التي الذين سبب اسم عام سنة وقت مكان دور نتيجة تم أصبح أصبحت ب ل ذلك النص الفقرة المقال الكاتب
        المؤلف الفكرة الرئيسية الموضوع المحتوى المعلومات أهمية الأمر الشيء بذلك قام قاموا قامت وقع وقعت جواب سؤال رئيسي السابقة لذلك""",
    "hi": """स्थित चला चली खोजा खोज हासिल समाप्त घटना कारण व्यक्ति साथ इतना महत्त्वपूर्ण स्थिति बदली
        पैदा जन्म मृत्यु उम्र आयु अंत शुरू समाप्त संदेश संदर्भ राय शब्द हुई
        प्रतिक्रिया तर्क घटनाएँ परिणामस्वरूप प्रभाव निष्कर्ष उदाहरण अंतर लाभ समस्या समाधान निभाई भूमिकाएँ परिणामों
        उसका उसकी उसके उनका उनकी उनके इसका इसकी इसके इनका इनकी इनके अपना अपनी अपने कौन किस किसने किसे किसका किसकी किसके किन किसको क्या कब
        कहाँ कहां क्यों कैसे कैसा कैसी कितना कितनी कितने है हैं था थी थे हो होता होती होते हुआ हुई हुए गया गयी गई गए किया की करता करते करना
        करने का के को में से पर ने तक और या भी ही तो न नहीं एक बाद पहले फिर आगे तब अब यहाँ वहाँ कहा कहते मतलब अर्थ बताया बताएं नाम कारण समय
        साल वर्ष दिन जगह स्थान भूमिका परिणाम महत्वपूर्ण लिए द्वारा बारे रहा रही रहे सकता सकते जाता जाती जाते दिया दी दिए उल्लेख पाठ गद्यांश
        अनुच्छेद लेख लेखक मुख्य विचार विषय बात सामग्री जानकारी ऐसा ऐसी ऐसे घटना प्रश्न उत्तर चाहता चाहते चाहती""",
    "ko": """지속되었나요 오래 사망했나요 사망했습니까 발견했나요 발견했습니까 달성했나요 동행했나요 현상의 원인은 중요했나요 거기서 바뀌었나요 상황이 인물은 이유였나요
        태어났나 태어났나요 태어났습니까 죽었나 죽었나요 마지막 마지막에 시작 끝 메시지 메시지는 주요 가리키나요 가리킵니까 나이 나이는 살 살이었나요 사람이 제공해 주세요
        반응 반응은 반응이 어땠나요 어땠습니까 결과가 사건 사건은 사건이 영향 영향은 영향을 결론 결론은 예 차이 차이는 문제 문제는 해결책 해결책은 의미 뜻 뜻인가요 뜻은 역할은 역할을 정보 정보가 과정 과정은 주장의
        그 그의 그녀의 그들의 그것의 이것의 이들의 무엇 무엇을 무엇이 무엇은 무엇인가 무엇인가요 무엇입니까 무엇이었나 무엇이었나요 무엇이었습니까 무슨 뭐 뭘 누구 누가 누구인가 누구인가요 누구입니까 언제 언제인가 어디 어디서 어디에 어디에서
        어떤 어느 어떻게 왜 몇 얼마나 얼마 했나 했나요 했는가 했습니까 했을까 하였나 하였는가 하였습니까 하나요 합니까 하는가 되었나 되었나요 되었는가 되었습니까 됐나요 있나 있나요 있는가 있습니까 있었나 있었나요 있었습니까 인가 인가요
        입니까 일어났나 일어났나요 일어났습니까 일어난 일 일은 일이 것 것은 것이 것을 때 때는 후 후에 다음 다음에 다음으로 이후 이후에 그리고 이 그후 의 및 또는 말했나 말했나요 말했습니까 의미하나요 의미합니까 의미는 이유 이유는 이유가
        결과 결과는 이름 이름은 사람 사람은 곳 곳은 때문에 대해 대하여 관해 무엇에 중요한 가장 역할 역할은 한 할 하는 글 글은 글이 글의 글에서 글쓴이 글쓴이는 글쓴이가 저자 저자는 필자 필자는 본문 본문은 단락 단락의 문단 문단의 중심
        중심적인 내용 내용은 주제 주제는 주장 주장은 주장하고 주장하는 설명하는 설명하고 말하는 말하고 핵심 핵심은 중요한가 중요한가요 중요합니까 갔나 갔나요 갔습니까""",
}  # fmt: skip
# In scripts without spaces pieces of text are taken out, the pronouns among them first.
PRONOUN_PIECES = {
    "ja": r"彼女たち|彼女ら|彼女|彼ら|彼|それら|これら|それ(?!まで|ぞれ|では)|これ(?!まで)|その(?!後|他|まま|頃)|この(?!頃)|そこ|ここ|同氏|同社",
    "zh": r"他们|她们|它们|他們|她們|它們|(?<!其)他|她|它|牠|祂|这些|那些|這些|这个|那个|這個|这里|那里|这|那|這|此|该|該|其(?!他|它|中|实|實|余|餘)",
    "th": r"พวกเขา|เขา(?=ได้|เสีย|ค้น|โต้|ถูก|เคย|จะ|เป็น|ท[ำํ]|ไป|เกิด|พูด|กล่าว|คือใคร|เขียน|รู้|ต้อง|สร้าง|มีอ)|เธอ|มัน|สิ่งนี้|สิ่งนั้น|สิ่งเหล่านี้|สิ่งเหล่านั้น|นี่|นั่น|ท่าน|พระองค์|คนนี้|คนนั้น",
}
_NAMELESS_PIECES = {
    "ja": r"亡くな|同行|続き|発見|達成|現象|原因|状況|重要な点|メッセージ|最後|最初|生まれ|死|年齢|歳|指し|提供|ください|終わ|始ま|人物|反応|影響|結論|例|違い|問題|解決|情報|含ま|役割|果た|出来事|過程|議論|文章|テキスト|本文|段落|記事|文書|筆者|作者|著者|内容|主張|主題|要旨|テーマ|話題|中心|考え|伝え|上|行き|それ|これ|その|この|何人|何年|何月|何日|何歳|何|誰|どこ|いつ|いくつ|いくら|どれくらい|どれ|どの(?:ような|ように|くらい)?|どちら|どんな|どう|なぜ|だれ|なに|なん|(?:そ|こ)のよう[なに]|後|前|次|時|年|人|者|物|事|名前|理由|目的|意味|結果|重要|主|以前|以後|今|さらに|また|そして|しました|しますか|します|した|して|しよう|する|され|いう|言い?|述べ|説明|行い?|行われ|起こり?|起き|なり|なっ|なる|です|でし|ます|まし|ませ|ある|あっ|あり|いる|いまし|いた|とは|について|に関して|という|から|まで|より|こと|もの|ため|ところ|[はがをにでとのもへやかねよらたてだなれさくいうるしっんえけ]",
    "zh": r"去世|持续|持續|位于|位於|发现|發現|现象|現象|做到|陪|多久|情况|包含|包括|关键|關鍵|要点|要點|出生|死|年纪|年紀|年龄|年齡|多大|当时|當時|最后|最後|最初|开始|結束|结束|指的|请|提供|反应|反應|影响|影響|结论|結論|例子|区别|區別|问题|解决|信息|包含|起|角色|过程|過程|事件|好处|发挥|扮演|论点|文章|段落|文字|作者|主旨|主题|主題|中心|内容|內容|观点|觀點|思想|信息|表达|表達|认为|認為|提及|介绍|介紹|讲述|講述|回答|问题|問題|哪|那么|件|段|本文|上文|文|什么|什麼|甚麼|谁|誰|哪里|哪裡|哪些|哪个|哪個|哪一?年|哪|几|幾|多少|何时|何時|何地|何|为什么|為什麼|为何|為何|怎么样?|怎麼|怎样|如何|是否|是|的|了|在|于|於|有|没有|做|作|说|說|讲|提到|发生|發生|后来|後來|之后|之後|然后|接着|以后|之前|后|後|前|时候|時候|时|時|年|人|事情?|东西|原因|结果|结局|目的|意思|意义|意義|重要|主要|作用|名字|叫|成为|変|变|被|把|和|与|與|及|或|对|對|从|從|到|又|也|还|還|就|都|会|會|能|可以|要|想|用|以|为|為|中|上|下|吗|嗎|呢|啊|样|樣|地方|关于|關於|一|个|個|些|种|種|最|过|過|着|著|得|去|来|來",
    "th": r"เสียชีวิต|กินเวลา|นาน|ตั้งอยู่|ค้นพบ|สำเร็จ|สําเร็จ|ปรากฏการณ์|สถานการณ์|ขึ้น|สุดท้าย|แรก|อายุ|ตาย|เริ่ม|จบ|บุคคล|หมาย|กรุณา|ระบุ|ใช่|ปฏิกิริยา|เหตุการณ์|บทบาท|ตาม|ผลลัพธ์|ผลกระทบ|ตัวอย่าง|ปัญหา|เช่น|จึง|ข้อสรุป|ความแตกต่าง|ข้อความ|บทความ|ย่อหน้า|เนื้อหา|ผู้เขียน|ใจความ|หัวข้อ|ประเด็น|สาระ|หลัก|ต้องการ|สื่อ|ข้อมูล|เรื่อง|อย่าง|เขา|อะไร|ใคร|ที่ไหน|ไหน|เมื่อใด|เมื่อไร|เมื่อไหร่|อย่างไร|ยังไง|เท่าใด|เท่าไร|เท่าไหร่|กี่|ใด|ทำไม|ทําไม|เพราะเหตุใด|เพราะ|หรือไม่|หรือเปล่า|หรือ|ไหม|คือ|เป็น|อยู่|มี|ได้|ทำ|ทํา|ถูก|ให้|ใน|ที่|ของ|และ|กับ|จาก|โดย|เพื่อ|เมื่อ|ต่อไป|ต่อมา|หลังจาก|หลัง|ก่อน|นั้น|นี้|แล้ว|จะ|ก็|ไป|มา|กล่าว|พูด|บอก|หมายถึง|หมายความ|ว่า|เกี่ยวกับ|เกิดขึ้น|เกิด|อีก|บ้าง|เหตุผล|สาเหตุ|ผล|ชื่อ|คน|ปี|วัน|เวลา|การ|ความ|สำคัญ|สําคัญ|ซึ่ง|อัน|ต้อง|สามารถ|ครับ|คะ|ค่ะ",
}  # fmt: skip
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


@lru_cache
def nameless_words(lang: str) -> frozenset[str]:
    """Return the words of a language that name nothing, in normal form; empty where the language is not listed."""
    return frozenset(normalise(f"{_NAMELESS.get(lang, '')} {PRONOUNS.get(lang, '')}").split())


@lru_cache
def nameless_pieces(lang: str) -> regex.Pattern | None:
    """Return what matches the pieces that name nothing, None where the language has spaces or is not listed."""
    return regex.compile(f"{PRONOUN_PIECES[lang]}|{_NAMELESS_PIECES[lang]}") if lang in PRONOUN_PIECES else None


def words_of(text: str) -> list[str]:
    """Return the words of a text in normal form."""
    return _WORD.findall(normalise(text))


def content_words(text: str, lang: str) -> list[str]:
    """Return what is left of a text without the words that name nothing, in normal form."""
    pieces = nameless_pieces(lang)
    if pieces is not None:
        return _WORD.findall(pieces.sub(" ", normalise(text)))
    nameless = nameless_words(lang)
    return [word for word in words_of(text) if word not in nameless]


def has_lists(lang: str) -> bool:
    """Return whether the words that name nothing are known of a language."""
    return lang in _NAMELESS or lang in PRONOUN_PIECES
