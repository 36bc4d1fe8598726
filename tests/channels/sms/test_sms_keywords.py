"""What people mean by a short text, in four languages."""

from __future__ import annotations

import pytest

from chalicelib.channels.sms.keywords import Wish, choice, intent, is_robot, may_say_stop

STOP = {
    "en": [
        "STOP",
        "stop",
        " Stop ",
        "Stop.",
        "stop!!",
        "STOPALL",
        "Stop all",
        "UNSUBSCRIBE",
        "END",
        "QUIT",
        "CANCEL",
        "REVOKE",
        "REMOVE",
        "ARRET",
        "OPT OUT",
        "opt-out",
        "OPTOUT",
        "please stop",
        "Stop please",
        "stop texting me",
        "Please stop texting me!",
        "Stop sending me texts",
        "no more texts",
        "don't text me",
        "Don’t send me any more messages",
        "do not contact me again",
        "I don't want these messages",
        "remove me from your list",
        "unsubscribe me",
        "ＳＴＯＰ",
        "stop stop stop",
        "I want to unsubscribe",
        "stop these text messages",
        "stop msgs",
        "Don't text this number",
        "do not text",
        "I no longer want to receive these messages",
        "unsub",
        "unsuscribe",
        "I opt out",
        "I want to opt out of texts",
        "revoke consent",
        "I withdraw my consent",
        "how do I stop these texts?",
        "can you stop texting me",
        "Leave me alone",
        "wrong number",
        "Wrong number, please stop texting",
        "stop spamming me",
        "cancel my subscription",
        "S T O P",
    ],
    "es": [
        "ALTO",
        "parar",
        "Baja",
        "cancelar",
        "salir",
        "no más mensajes",
        "Darme de baja",
        "no me envíen más mensajes",
        "dejen de enviarme mensajes",
        "No quiero más mensajes",
        "por favor no me escriban más",
        "quiero darme de baja",
        "Ya no quiero recibir mensajes",
        "No quiero recibir mensajes",
        "Elimínenme de la lista",
        "borren mi número",
        "número equivocado",
        "revoco mi consentimiento",
        "¿Cómo dejo de recibir mensajes?",
        "no me molesten",
        "deje de escribirme",
    ],
    "fa": [
        "لغو",
        "توقف",
        "قطع",
        "انصراف",
        "لغو عضویت",
        "لغو۔",
        "لطفاً دیگر پیامک نفرستید",
        "پیامک نفرست",
        "دیگه پیام ندید",
        "ارسال پیامک را متوقف کنید",
        "لغو كنيد",
        "پیام نمی‌خواهم",
        "دیگر به من پیامک ندهید",
        "لغو۱۱",
        "لغو 11",
        "لغو ارسال",
        "نفرستید",
        "پیام ندین",
        "دیگر نمی\u200cخواهم پیامک دریافت کنم",
        "شماره من را حذف کنید",
        "مزاحم نشوید",
        "اشتباه گرفتید",
        "عضویت من را لغو کنید",
        "چطور پیامک\u200cها را قطع کنم؟",
        "بس است",
    ],
    "zh": [
        "退订",
        "停止",
        "取消",
        "TD",
        "退訂",
        "取消订阅",
        "请不要再给我发短信了",
        "别再发短信了",
        "停止发送短信",
        "我不想收到短信",
        "请退订",
        "退订。",
        "退订T",
        "我要退订",
        "怎么退订",
        "请不要打扰我",
        "拒收",
        "不再接收",
        "请勿再发",
        "删除我的号码",
        "号码错了",
        "撤回同意",
        "不需要短信",
    ],
}
START = {
    "en": ["START", "unstop", "Resume", "subscribe", "opt in", "start texting me again"],
    "es": ["INICIAR", "comenzar", "alta", "reanudar"],
    "fa": ["شروع", "آغاز", "شروع مجدد", "پیامک را فعال کنید"],
    "zh": ["开始", "恢复", "重新开始", "恢复短信"],
}
HELP = {
    "en": ["HELP", "help!", "INFO", "Help me please", "can you help me?", "who is this?"],
    "es": ["AYUDA", "ayúdame", "información", "necesito ayuda"],
    "fa": ["راهنما", "کمک", "كمك", "کمکم کنید", "به کمک نیاز دارم"],
    "zh": ["帮助", "请帮帮我", "怎么用", "我需要帮助"],
}
STATUS = {
    "en": [
        "STATUS",
        "status?",
        "Any news?",
        "what's the status of my report",
        "STATUS SR-7K3M-9QX2-H",
    ],
    "es": ["ESTADO", "¿Alguna novedad?", "estado de mi reporte"],
    "fa": ["وضعیت", "پیگیری", "وضعیت گزارش من", "گزارشم چی شد؟"],
    "zh": ["状态", "进度", "查询进度", "我的报告进展怎么样？"],
}
NEW = {
    "en": ["NEW", "new report", "New."],
    "es": ["NUEVO", "nuevo reporte"],
    "fa": ["جدید", "گزارش جدید"],
    "zh": ["新", "新报告", "新的"],
}
REPORTS = [
    "please stop the noise at night",
    "Stop the noise",
    "The stop sign on Elm is missing",
    "stop sign down",
    "remove the dead tree on Elm",
    "Bus stop at 5th has no light",
    "cancel my report",
    "Please cancel the tree work, the tree is fine",
    "The end of Elm Street is flooded",
    "dead end sign broken",
    "Don't stop the bus here",
    "people quit using the park because of needles",
    "Help there is a big pothole on Elm",
    "help the water is rising at 5 Main St",
    "I need information about trash days on Elm",
    "Start of Main St is blocked",
    "new street light is broken on Elm",
    "The status light at the crossing is red all day",
    "stop them from dumping trash",
    "They won't stop texting while driving on my street",
    "do not enter sign fell",
    "alto el ruido en la calle Luna",
    "hay un alto caído en la esquina",
    "paren el ruido por favor",
    "para cuándo arreglan el bache",
    "cancelen la obra de la calle 5",
    "no más basura en mi calle",
    "stop sign is broken",
    "the bus stop is dirty",
    "end of Elm street",
    "can you stop it",
    "could you stop the noise",
    "do not bother fixing it",
    "Don't bother",
    "no texts arrived",
    "no notifications",
    "I get no texts from you",
    "wrong number on the house plate",
    "remove graffiti",
    "stop sending trucks through my street",
    "don't send the truck at night",
    "cancel my permit",
    "how do I report a stop sign",
    "quit smoking sign is gone",
    "no me llegan mensajes",
    "número equivocado en la placa",
    "la parada del autobús está sucia",
    "fin de la calle inundado",
    "cancelar mi reporte",
    "baja presión de agua",
    "quitar la nieve",
    "لغو گزارش",
    "پیامک نمی\u200cرسد",
    "حذف سرعت\u200cگیر",
    "شماره پلاک خانه اشتباه است",
    "بس است این سر و صدا",
    "ایستگاه اتوبوس کثیف است",
    "پایان خیابان آب گرفته",
    "没收到短信",
    "取消我的报告",
    "停了",
    "取消了吗",
    "公交站很脏",
    "门牌号码错了",
    "勿扰民",
    "别再放鞭炮了",
    "nuevo bache en la calle 5",
    "ayuda se cayó un árbol en la calle Luna",
    "لطفاً سر و صدا را متوقف کنید",
    "برق کوچه ما قطع است",
    "آب قطع شده",
    "توقف ممنوع جلوی مدرسه افتاده",
    "کمک کنید درخت افتاده روی ماشین",
    "چراغ جدید خاموش است",
    "停止施工噪音",
    "请停止夜间施工",
    "停车位被占",
    "取消的公交站没有路灯",
    "帮我修一下路灯",
    "新路灯坏了",
    "",
    "   ",
    "🙂",
    "yes",
    "2",
    "12 Elm Street",
]
WISHES = {"stop": STOP, "start": START, "help": HELP, "status": STATUS, "new": NEW}
CASES = [
    (wish, locale, text)
    for wish, table in WISHES.items()
    for locale, texts in table.items()
    for text in texts
]


@pytest.mark.parametrize(("wish", "locale", "text"), CASES)
def test_a_keyword_is_understood_by_what_it_means(wish: str, locale: str, text: str) -> None:
    meant = intent(text)
    assert (meant.wish, meant.locale) == (wish, locale)


@pytest.mark.parametrize("text", REPORTS)
def test_a_report_is_never_taken_for_a_keyword(text: str) -> None:
    assert intent(text).wish is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("NEW pothole at 5 Main", "pothole at 5 Main"),
        ("new: pothole", "pothole"),
        ("New report\nThe lamp is out", "The lamp is out"),
        ("NUEVO bache en Luna", "bache en Luna"),
        ("جدید: چراغ خاموش است", "چراغ خاموش است"),
        ("新：路灯坏了", "路灯坏了"),
    ],
)
def test_the_words_after_new_are_the_report(text: str, rest: str) -> None:
    meant = intent(text)
    assert (meant.wish, meant.rest) == ("new", rest)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", "2"),
        ("۲", "2"),
        ("٢", "2"),
        ("２", "2"),
        ("二", "2"),
        ("2.", "2"),
        ("#1", "1"),
        (" 10 ", "10"),
        ("2 lamps", ""),
        ("1234", ""),
        ("", ""),
        ("²", ""),
    ],
)
def test_a_choice_is_read_in_any_script(text: str, number: str) -> None:
    assert choice(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "I'm driving with Driving Focus turned on. I'll see your message when I get there.",
        "I’m driving with Do Not Disturb While Driving turned on.",
        "I'm driving right now - I'll get back to you later",
        "I'm driving, will reply later".replace(", will", " and will"),
        "I'm driving, I'll reply later",
        "I'm driving, will reply later",
        "(I’m not receiving notifications. If this is urgent, reply “urgent”.)",
        "Auto-reply: I am away",
        "Estoy conduciendo en este momento, te respondo luego",
        "در حال رانندگی هستم، بعداً پاسخ می‌دهم",
        "我正在开车，稍后回复",
    ],
)
def test_a_telephone_that_answers_by_itself_is_a_robot(text: str) -> None:
    assert is_robot(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm driving on Main St and saw a pothole",
        "I'm driving behind a truck that loses gravel",
        "Somebody driving right now through the park",
        "我在开车的路上看到一个坑",
    ],
)
def test_a_driver_with_a_report_is_a_person(text: str) -> None:
    assert not is_robot(text)


@pytest.mark.parametrize("text", ["stop " * 5000, "stop" * 5000, "no " * 9000, "لغو " * 5000])
def test_a_flood_of_words_is_just_a_report(text: str) -> None:
    assert intent(text).wish is None


@pytest.mark.parametrize(
    "text",
    [
        *("Stop sending", "Reply STOP", "I said STOP", "no thanks stop", "lose my number"),
        *("STOP\nSent from my iPhone", "i want to stop receiving these", "cancela", "ARRÊTER"),
        *("\N{OCTAGONAL SIGN}", " \N{NO ENTRY}\ufe0f\N{NO ENTRY} ", "Cancela, por favor"),
        *("I want to stop getting your texts", "say stop"),
    ],
)
def test_stop_is_understood_in_ways_that_people_found_by_themselves(text: str) -> None:
    assert intent(text).wish is Wish.STOP


@pytest.mark.parametrize(
    "text",
    [
        "omg stop it please now god",
        "i never asked for this stop",
        "ya no, basta de mensajes",
        "我 不要 停止",
    ],
)
def test_what_may_mean_stop_is_for_a_person_to_decide(text: str) -> None:
    assert intent(text).wish is None
    assert may_say_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Stop sign is bent", "The bus does not stop here", "please stop the noise at night"),
        *(
            "Water will not stop",
            "bus stop",
            "Parar el ruido",
            "قطع برق",
            "help me",
            "stop 12 is dark",
        ),
    ],
)
def test_whoever_names_a_matter_reports_it(text: str) -> None:
    assert intent(text).wish is not Wish.STOP
    assert not may_say_stop(text)
