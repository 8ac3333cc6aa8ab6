"""What tells languages of one script apart in a short question: the commonest words that carry grammar, not content
(articles, prepositions, pronouns, forms of "to be", words that ask), and the letters that a language has.

Written from grammars, a line or a few for each language. Only differences count: a word that two languages share says
nothing about which of the two it is, so false friends (Italian and Portuguese "come") stand in both lists.
"""

import regex

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    lang: frozenset(words.split())
    for lang, words in {
        "en": """the a an of in on at to for from with by about into as and or but if than that this these those
            which who whom whose what when where why how many much is are was were be been being do does did has
            have had can could will would should may might must not no it its he his she her they their there we
            our you your i my me after before between during under over against through while because so such
            any some all most more other""",
        "de": """der die das den dem des ein eine einen einem einer eines und oder aber in im an am auf aus bei beim
            mit nach von vom vor zu zum zur für über unter durch gegen ohne um als wie wenn dass ob weil wer wen
            wem wessen was wann wo warum weshalb woher wohin welche welcher welches welchen welchem wieviel
            viele ist sind war waren sein wird werden wurde wurden hat haben hatte hatten kann können muss soll
            sich nicht kein keine es er sie ihr seine seiner ihre ihrer man auch noch nur sehr zwischen während
            wofür womit wodurch worauf worin""",
        "fr": """le la les l un une des du de d et ou mais où à au aux en dans sur sous par pour avec sans chez vers
            entre contre depuis pendant avant après que qu qui quoi dont quel quelle quels quelles quand comment
            pourquoi combien lequel laquelle est sont était étaient être fut sera a ont avait avaient avoir fait
            il elle ils elles on ce cet cette ces c s se ne n pas plus son sa ses leur leurs y t je nous vous
            lui été aussi si comme moins""",
        "es": """el la los las un una unos unas de del y e o u a al en con por para sin sobre entre hasta desde hacia
            según bajo durante contra que qué quién quiénes cuál cuáles cuándo dónde adónde cómo cuánto cuánta
            cuántos cuántas quien cual cuando donde como es son era eran fue fueron ser está están estaba ha han
            había hay se su sus lo le les no más muy pero si ya también porque este esta estos estas ese esa eso
            esto él ella ellos tiene tienen tuvo hizo""",
        "it": """il lo la i gli le l un uno una di del dello della dei degli delle dell a al allo alla ai agli alle
            all da dal dalla dai dagli dalle dall in nel nello nella nei negli nelle nell con su sul sulla sui
            sulle sull per tra fra e ed o ma che chi cosa cui quale quali qual quando dove come perché perchè
            quanto quanta quanti quante è sono era erano fu furono essere stato stata stati state ha hanno aveva
            avevano si ci ne non più anche suo sua suoi loro questo questa questi queste quello quella dov cos c
            d sia viene venne""",
        "pt": """o a os as um uma uns umas de do da dos das e ou em no na nos nas num numa ao à aos às com por pelo
            pela pelos pelas para sem sobre entre até desde sob segundo durante contra que quê quem qual quais
            quando onde aonde como quanto quanta quantos quantas porque é são era eram foi foram ser está estão
            estava tem têm tinha há havia se seu sua seus suas não mais muito mas também já lhe ele ela eles
            elas isso isto este esta esse essa esses aquele teve fez você após""",
        "gl": """o a os as un unha uns unhas de do da dos das e ou en no na nos nas nun nunha ao á aos ás con por
            polo pola polos polas para sen sobre entre ata desde que quen cal cales cando onde como canto canta
            cantos cantas é son era eran foi foron ser está están estaba ten teñen tiña hai había se seu súa
            seus súas non máis moi pero tamén xa lle el ela eles elas iso isto este esta ese esa porque fixo
            tivo""",
        "ca": """el la els les l un una uns unes de del dels d i o a al als en amb per pel pels sense sobre entre
            fins des que què qui quin quina quins quines quan on com quant quanta quants quantes és són era eren
            fou va van ser estar està ha han havia hi es s se seu seva seus seves no més molt però si ja també
            perquè aquest aquesta aquests aquell ell ella ells té tenen n ho li""",
        "oc": """lo la los las un una de del dels d e o a al als en amb per pel sens sus entre que qual quala quals
            qui quina quin quand ont cossí quant quantes es son èra foguèt èran aver a an aviá se son sa sos non
            pas mai tanben aqueste aquesta""",
        "nl": """de het een van en of maar in op aan te ten ter tot uit bij met naar voor door over onder tegen
            tussen om als dan dat die dit deze wie wat waar wanneer waarom hoe hoeveel welke welk waarvan
            waarmee is zijn was waren wordt worden werd werden heeft hebben had hadden kan kunnen moet zal zich
            niet geen er hij zij ze haar hun hem ook nog veel na tijdens zonder wiens""",
        "af": """die n van en of maar in op aan te tot uit by met na vir deur oor onder teen tussen om as dan dat wat
            wie waar wanneer waarom hoe hoeveel watter is was word het kan moet sal nie geen daar hy sy haar
            hulle hom ook nog baie tydens hierdie""",
        "da": """den det de en et og eller men i på af til fra med for ved om over under mellem efter før mod uden
            som der at hvis når hvad hvem hvor hvornår hvorfor hvordan hvilken hvilket hvilke hvis mange meget
            er var være blev blive bliver har havde kan kunne skal skulle vil ville ikke ingen han hun sin sit
            sine hans hendes deres dem sig også mens siden hvorfra""",
        "no": """den det de en ei et og eller men i på av til fra med for ved om over under mellom etter før mot uten
            som at hvis når hva hvem hvor hvorfor hvordan hvilken hvilket hvilke mange mye er var være ble bli
            blir har hadde kan kunne skal skulle vil ville ikke ingen han hun sin sitt sine hans hennes deres
            dem seg også mens siden""",
        "nn": """den det dei ein ei eit og eller men i på av til frå med for ved om over under mellom etter før mot
            utan som at viss når kva kven kvar kor kvifor korleis kva mange mykje er var vere vart blei bli blir
            har hadde kan kunne skal skulle vil ville ikkje ingen han ho sin sitt sine hans hennar deira dei seg
            også medan sidan""",
        "sv": """den det de en ett och eller men i på av till från med för vid om över under mellan efter före mot
            utan som att när vad vem vilka vilken vilket var varför hur många mycket är vara blev bli blir har
            hade kan kunde ska skulle vill inte ingen han hon sin sitt sina hans hennes deras dem sig också
            medan sedan vars""",
        "is": """og eða en í á af til frá með fyrir við um yfir undir milli eftir sem að ef þegar hvað hver hvar
            hvenær hvers hvernig hversu margir er var vera voru eru hefur hafa hafði ekki það þeir hann hún sinn
            hans hennar þeirra sig þetta þessi hvaða""",
        "fi": """ja tai mutta on oli ovat olivat olla ei eivät se ne hän he joka jotka mikä mitä kuka kuinka missä
            milloin miksi miten mistä mihin minkä minä moni monta kun että jos kuin myös sekä sen hänen heidän
            tämä nämä ennen jälkeen kanssa""",
        "et": """ja või aga on oli olid olla ei see need ta nad kes mis mida mille kus millal miks kuidas kust kuhu
            mitu kui palju et ka ning selle tema nende pärast enne koos oma""",
        "lv": """un vai bet ir bija būt nav kas ko kurš kura kuri kur kad kāpēc kā cik no uz ar par pie pēc pirms
            līdz ja tas tā tie viņš viņa viņi to arī kāda kāds""",
        "lt": """ir arba bet yra buvo būti nėra kas ką kuris kuri kurie kur kada kodėl kaip kiek iš į su apie prie po
            prieš iki jei tai tas ta tie jis ji jie kad taip pat kokia koks kokie""",
        "pl": """i oraz lub ale w we na z ze do od po za o u przez dla przy nad pod między przed bez jak jaki jaka
            jakie kto co kogo komu czyj gdzie kiedy dlaczego ile czy który która które którym jest są był była
            było były być został została ma mają nie się to ten ta te tym jego jej ich jako też także że""",
        "cs": """a nebo ale v ve na z ze do od po za o u přes pro při nad pod mezi před bez jak jaký jaká jaké kdo co
            koho čí kde kdy proč kolik zda který která které kterém je jsou byl byla bylo byli být má mají není
            se si to ten ta ty jeho její jejich jako také že i s k""",
        "sk": """a alebo ale v vo na z zo do od po za o u cez pre pri nad pod medzi pred bez ako aký aká aké kto čo
            koho čí kde kedy prečo koľko či ktorý ktorá ktoré ktorom je sú bol bola bolo boli byť má majú nie sa
            si to ten tá tie jeho jej ich tiež že aj s k""",
        "sl": """in ali pa v na z s iz do od po za o pri nad pod med pred brez kot kako kakšen kakšna kdo kaj koga
            kje kdaj zakaj koliko kateri katera katere je so bil bila bilo bili biti ni se to ta ki ko da tudi
            njegov njen jih""",
        "hr": """i ili ali u na s sa iz do od po za o pri nad pod među između prije bez kao kako koji koja koje kojem
            tko što koga gdje kada kad zašto koliko je su bio bila bilo bili biti nije se to taj ta da ne njegov
            njezin njihov također li""",
        "bs": """i ili ali u na s sa iz do od po za o pri nad pod među između prije bez kao kako koji koja koje kojem
            ko šta što koga gdje kada kad zašto koliko je su bio bila bilo bili biti nije se to taj ta da ne
            njegov njen njihov također takođe li""",
        "sr": """i ili ali u na s sa iz do od po za o pri nad pod među između pre bez kao kako koji koja koje kojem
            ko šta što koga gde kada kad zašto koliko je su bio bila bilo bili biti nije se to taj ta da ne
            njegov njen njihov takođe li и или али у на с са из до од по за о при над под међу између пре без
            као како који која које којем ко шта што кога где када кад зашто колико је су био била било били
            бити није се то тај та да не његов њен њихов такође ли""",
        "ro": """și sau dar în la pe de din cu pentru prin fără sub peste între după până un o unui unei al a ai ale
            cel cea cei cine ce care când unde cum cât câți câte câtă cui căruia este e sunt era erau fost fi
            are au avea se nu mai este lui ei lor său sa că să acest această aceste""",
        "hu": """a az és vagy de egy hogy ha is nem volt voltak van vannak lesz ki kik mi mit mik kit hol mikor miért
            hogyan hány mennyi melyik milyen melyek honnan hová ez ezt azt által után előtt között szerint meg
            el mint csak""",
        "sq": """dhe ose por në nga me për pa mbi nën mes pas para një i e të së kush çfarë cili cila cilat kur ku
            pse si sa është janë ishte ishin ka kanë kishte nuk u se që ky kjo këto tij saj tyre""",
        "tr": """ve veya ama ile için gibi kadar göre sonra önce bir bu şu o ne kim kimdir nedir nerede nereye neden
            niçin nasıl hangi kaç zaman mi mı mu mü midir mıdır de da ki var yok değil olan olarak en daha çok
            kimin""",
        "az": """və və ya amma ilə üçün kimi qədər görə sonra əvvəl bir bu o nə kim kimdir nədir harada hara niyə
            necə hansı neçə vaxt mi mı mu mü də da ki var yox deyil olan olaraq ən daha çox""",
        "vi": """và hoặc của là có không được bị trong trên dưới với cho từ đến về bởi tại ở khi nào gì ai đâu sao
            bao nhiêu thế này đó những các một người vì như đã sẽ đang mấy""",
        "id": """dan atau tetapi yang di ke dari pada dengan untuk oleh dalam sebagai tentang antara setelah sebelum
            apa siapa kapan mana bagaimana mengapa berapa apakah adalah ialah ini itu tidak bukan ada bisa dapat
            akan telah sudah para sebuah seorang karena bahwa saat ia mereka""",
        "ms": """dan atau tetapi yang di ke dari daripada pada dengan untuk oleh dalam sebagai tentang antara selepas
            sebelum apa apakah siapa siapakah bila bilakah mana manakah bagaimana bagaimanakah mengapa
            mengapakah berapa berapakah adalah ialah ini itu tidak bukan ada boleh dapat akan telah sudah para
            sebuah seorang kerana bahawa ia mereka""",
        "tl": """ang ng sa na mga at o ay ni si kay para mula hanggang kung nang ano sino kailan saan bakit paano
            ilan alin gaano kanino ito iyon hindi may mayroon siya sila niya nila rin din ba""",
        "sw": """na au lakini ya wa la za cha vya kwa katika ni si kama nini nani lini wapi kwa vipi gani ngapi yeye
            wao hii huyu hiyo hili baada kabla kati alikuwa ilikuwa wakati mwaka""",
        "eu": """eta edo baina da dira zen ziren dago zegoen du dute zuen zituen izan ez bat zer nor noiz non nola
            zergatik zenbat zein zeintzuk nork nori bere hau hori""",
        "cy": """a ac neu yn yr y i o ar gan gyda am at dan dros heb pwy beth pryd ble lle pam sut faint pa sawl mae
            oedd yw ydy roedd oes nid ei eu""",
        "ga": """agus nó ach ar an na i in le do de ó faoi cé cad cathain cá conas cén cé mhéad is tá bhí raibh ní sé
            sí siad a""",
        "mt": """u jew iżda ta tal il l fi fil minn għal ma mal bi b x xi min meta fejn għaliex kif kemm liema huwa
            hija kien kienet kienu mhux dan din""",
        "eo": """la kaj aŭ sed de en al el per por sur sub inter kun sen ĉe pri dum kiu kio kiuj kiam kie kial kiel
            kiom kies estas estis esti ne li ŝi ĝi ili sia tiu ĉu""",
        "la": """et aut sed in ad ex e de ab a cum per pro sub inter quis quid quae quod qui quem quando ubi cur
            quomodo quot est sunt erat erant fuit esse non ut si""",
        "so": """iyo ama laakiin ka ku u la waa waxaa maxay kee kuma goorma xaggee halkee sidee imisa oo uu ay ahaa
            yahay tahay""",
        "ru": """и или но а в во на с со к ко о об от до из за по под при над для без между через после перед как
            какой какая какое какие каких каком кто что чего кого кому чем чём когда где куда откуда почему
            зачем сколько который которая которые ли не это этот эта эти был была было были быть есть его её ее
            их он она они себя свой также чей чья""",
        "uk": """і й та або але а в у на з із зі до від за по під при над для без між через після перед як який яка
            яке які яких якому хто що чого кого кому коли де куди звідки чому навіщо скільки котрий чи не це цей
            ця ці був була було були бути є його її їх він вона вони себе свій також""",
        "be": """і й ды або але а ў у на з са да ад за па пад пры над для без паміж праз пасля перад як які якая якое
            якія хто што чаго каго каму калі дзе куды адкуль чаму колькі ці не гэта гэты быў была было былі быць
            ёсць яго яе іх ён яна яны сябе таксама""",
        "bg": """и или но а в във на с със към от до из за по под при над без между през след преди как какъв каква
            какво какви кой коя кое кои кога къде защо колко който която които ли не това този тази тези е са
            бил била било били съм беше бяха има негов неговата му ѝ им той тя те се ще да че също""",
        "mk": """и или но а во на со кон од до за по под при над без меѓу преку после пред како каков каква што кој
            која кое кои кога каде зошто колку којшто ли не ова овој оваа овие е се бил била било биле беше беа
            има негов му им тој таа тие ќе да дека исто""",
        "mn": """ба болон нь юу хэн хэзээ хаана яагаад хэрхэн ямар хэдэн вэ бэ байна байсан юм энэ тэр үгүй дээр
            тухай""",
        "kk": """және мен бен пен немесе бірақ үшін туралы дейін кейін не кім қашан қайда неге қалай қандай қанша
            неше бұл ол бар жоқ емес болды болып""",
        "ar": """من في على إلى عن مع هل ما ماذا متى أين كيف لماذا كم أي أية التي الذي الذين هو هي كان كانت هذا هذه
            ذلك تلك أن إن لا لم لن قد بين بعد قبل عند حول منذ حتى أو ثم بها به فيها فيه لها له كما""",
        "fa": """از در به با که را این آن و یا برای تا بر چه چی کی کجا کدام چگونه چرا چند چقدر است بود هست شد می شده
            بودند هستند کرد دارد نام چیست کیست پس هم خود او""",
        "ur": """کے کی کا کو میں سے نے پر اور یا یہ وہ ہے ہیں تھا تھی تھے کیا کون کب کہاں کیوں کیسے کتنے کتنی کتنا کس
            گیا گئی نہیں ہوا ہوئی بعد لیے ساتھ""",
        "ps": "د په کې کښې ته له او یا چې څه څوک کله چیرته ولې څنګه څومره کوم دی ده دي وو شو سره هغه دا",
        "hi": """का की के को में से ने पर और या यह वह ये वे है हैं था थी थे क्या कौन कब कहाँ कहां क्यों कैसे कितने
            कितनी कितना किस किसने किसके किसकी कौनसा नहीं हुआ हुई हुए गया गई गए लिए साथ बाद तक द्वारा एक इस उस
            अपने जो तो भी कि किया""",
        "mr": """चा ची चे च्या ला मध्ये ने आणि किंवा हा ही हे तो ती ते आहे आहेत होता होती होते काय कोण कोणी कधी कुठे
            कोठे का कसे कसा किती कोणत्या कोणता कोणते नाही झाला झाली झाले साठी सोबत नंतर पर्यंत एक या त्या जे तर
            पण की केला केली केले कशी""",
        "ne": """को का की लाई मा ले बाट र वा यो त्यो यी छ छन् थियो थिए हो हुन् के को कहिले कहाँ किन कसरी कति कुन कसले
            छैन भयो भएको गरेको गर्यो गरे लागि सँग पछि सम्म एक पनि जो तर""",
        "sa": "च वा तु अपि इति एव न अस्ति सन्ति आसीत् कः का किम् कदा कुत्र कथम् किमर्थम् कति सः सा तत् तस्य अस्य",
        "he": """של את על עם אל מן או אבל כי אם מה מי מתי איפה היכן למה מדוע איך כיצד כמה איזה איזו אילו הוא היא הם
            היה הייתה היו זה זו אלה לא אשר בין אחרי לפני""",
        "yi": """פון און אין אויף מיט צו אָדער אבער וואָס ווער ווען וואו פארוואס ווי איז זענען געווען דער די דאָס
            נישט""",
    }.items()
}  # fmt: skip

# Words of scripts without spaces are looked for as strings.
UNSPACED_WORDS = {
    "Kana": regex.compile("[はをがのにでとか]|です|ます|した|から|まで|より|って"),
    "Hani": regex.compile(
        "什么|甚么|甚麼|什麼|哪|谁|誰|吗|嗎|呢|几|幾|多少|何|的|是|在|了|和|与|與|为|為|被|把|于|於|之|其|这|這|那|有|哪里|怎么|怎麼|怎样|怎樣"
    ),
    "Thai": regex.compile(
        "อะไร|ใคร|ที่ไหน|เมื่อใด|เมื่อไร|อย่างไร|เท่าใด|เท่าไร|กี่|ใด|ทำไม|หรือ|คือ|เป็น|ใน|ของ|ที่|และ|กับ|ได้|มี|จาก|โดย|ถูก|ไหน|การ|ความ"
    ),
}
CANTONESE = regex.compile("[嘅喺咗唔佢哋嚟冇嗰咁啲乜嘢咩㗎]")
# Characters that are common in Chinese, in one script or the other, and not used in Japanese.
CHINESE_MARKS = regex.compile("[这這吗嗎么麼哪们們您你她它吧呢谁说說没让讓给啥为个从见问间关门时对动发电开长东车书]")

# Letters beyond a to z. A word in small letters with any other one speaks against the language.
_LATIN_LETTERS = {
    "en": "", "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúü", "it": "àáèéìíîòóùú", "pt": "àáâãçéêíóôõúü",
    "gl": "áéíïñóúü", "ca": "àçèéíïòóúü", "oc": "àáçèéíïòóú", "nl": "áéèëêïíóöúü", "af": "áéèêëîïôöúû", "da": "æøåéó",
    "no": "æøåéèêóòô", "nn": "æøåéèêóòôà", "sv": "åäöéàü", "is": "áðéíóúýþæö", "fi": "äöåšž", "et": "äöüõšž",
    "lv": "āčēģīķļņšūž", "lt": "ąčęėįšųūž", "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž", "hr": "čćđšž", "bs": "čćđšž", "sr": "čćđšž", "ro": "ăâîșțşţ", "hu": "áéíóöőúüű", "sq": "çë",
    "tr": "çğıöşüâîûi̇", "az": "çəğıöşüi̇", "id": "é", "ms": "é", "tl": "ñ", "sw": "", "eu": "ñçü",
    "cy": "âêîôûŵŷäëïöáéíóúàèìòù",
    "ga": "áéíóú", "mt": "ċġħżàèìòù", "eo": "ĉĝĥĵŝŭ", "la": "āēīōūæœ", "so": "",
}  # fmt: skip
_CYRILLIC_LETTERS = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя", "bg": "абвгдежзийклмнопрстуфхцчшщъьюяѝ",
    "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш", "mn": "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя",
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
}  # fmt: skip
_ARABIC_LETTERS = {
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيـ",
    "fa": "ءآأؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنهویةكي",
    "ur": "ءآأؤئابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوہھیےۂۃة",
    "ps": "ءآأؤئابپتټثجچځڅحخدډذرړزژږسشښصضطظعغفقکګگلمنڼهوۇیېۍيئہة",
}  # fmt: skip
LETTERS: dict[str, frozenset[str]] = {
    lang: frozenset(letters)
    for lang, letters in {
        **_LATIN_LETTERS,
        **_CYRILLIC_LETTERS,
        **_ARABIC_LETTERS,
        "sr": _CYRILLIC_LETTERS["sr"] + _LATIN_LETTERS["sr"],
    }.items()
}
