"""What the tests of the checks share: invented passages in 13 languages, with a good question about each."""

from curation.checks.asked import Asked
from curation.config import FilterConfig

PASSAGES = {
    "en": "The reservoir of Kalumi was built in 1923. It changed the water supply of the whole city.",
    "de": "Der Stausee von Kalumi wurde 1923 gebaut. Er veränderte die Wasserversorgung der ganzen Stadt.",
    "es": "La presa de Kalumi fue construida en 1923. Cambió el suministro de agua de toda la ciudad.",
    "fr": "Le barrage de Kalumi fut construit en 1923. Il changea l'approvisionnement en eau de la ville.",
    "it": "La diga di Kalumi fu costruita nel 1923. Cambiò l'approvvigionamento idrico di tutta la città.",
    "pt": "A barragem de Kalumi foi construída em 1923. Mudou o abastecimento de água de toda a cidade.",
    "ru": "Водохранилище Калуми было построено в 1923 году. Оно изменило снабжение города водой.",
    "ar": "بني سد كالومي عام 1923. وقد غير إمدادات المياه في المدينة كلها.",
    "hi": "कालुमी का बाँध 1923 में बना। उसने पूरे शहर की जल आपूर्ति बदल दी।",
    "ja": "カルミのダムは1923年に建設された。それは都市全体の水道を変えた。",
    "ko": "칼루미 댐은 1923년에 지어졌다. 그것은 도시 전체의 물 공급을 바꾸었다.",
    "th": "เขื่อนกาลูมีสร้างขึ้นในปี 1923 และเปลี่ยนแปลงระบบน้ำประปาของทั้งเมือง",
    "zh": "卡卢米水库建于1923年。它改变了整座城市的供水。",
}
GOOD = {
    "en": "When was the reservoir of Kalumi built?",
    "de": "Wann wurde der Stausee von Kalumi gebaut?",
    "es": "¿Cuándo fue construida la presa de Kalumi?",
    "fr": "Quand le barrage de Kalumi a-t-il été construit ?",
    "it": "Quando fu costruita la diga di Kalumi?",
    "pt": "Quando foi construída a barragem de Kalumi?",
    "ru": "Когда было построено водохранилище Калуми?",
    "ar": "متى تم بناء سد كالومي؟",
    "hi": "कालुमी का बाँध कब बनाया गया था?",
    "ja": "カルミのダムはいつ建設されましたか?",
    "ko": "칼루미 댐은 언제 지어졌습니까?",
    "th": "เขื่อนกาลูมีสร้างขึ้นในปีใด",
    "zh": "卡卢米水库是哪一年建成的?",
}
CONFIG = FilterConfig()


def asked(query, lang="en", style="question", finish="stop", **more):
    return Asked(query, lang, style, finish, PASSAGES[lang], **more)
