"""How people say stop, start, help, status and new, per language; data for `sms_keywords`.

The patterns see text as `normalised` leaves it (small letters, no accents, no punctuation) and must
match all of it. A new language adds a key to each table.
"""

from __future__ import annotations

from collections.abc import Mapping

# A text of these signs and nothing else says stop, too.
STOP_SIGNS = frozenset("\N{OCTAGONAL SIGN}\N{NO ENTRY}\N{NO ENTRY SIGN}\N{RAISED HAND}\ufe0f")
# Behind the words, by the telephone and not by its owner.
SIGNATURES = (
    r"sent from my \S.{0,30}",
    r"enviado desde mi \S.{0,30}",
    r"发自我的.{1,20}",
    r"ارسال شده از .{1,30}",
)
# A text of few words, all of them among these and one that says stop, may be a wish to get no more: whoever
# reports something names a thing.
_STOPS = """
    stop stopp unsubscribe optout parar pare paren alto basta cancelar توقف لغو قطع بس 停止 退订 取消
"""
_AROUND_STOP = """
    i you we me my it its im is am are the this these that them to of on a an all any every no
    not dont do never said say told tell asked ask want wanted wish need please pls plz just now
    then again ever already thanks thank yes ok okay hi hello hey reply replied text texts
    texting texted txt message messages msg sms number phone for from with and or but if will
    would can could us so really right away immediately omg god damn hell wtf los las el la de
    mi por favor ya quiero mas gracias que dije mensajes mensaje من به را لطفا نه دیگر پیام
    پیامک گفتم کنید کن ممنون 请 不要 我 谢谢
"""
STOPS, AROUND_STOP = frozenset(_STOPS.split()), frozenset(_AROUND_STOP.split())

_REFERENCE = r"(?:\ (?:sr\ ?)?[0-9a-z]{4}\ ?[0-9a-z]{4}\ ?[0-9a-z])?"

# The message itself, whatever people call it, and what they put before it.
_EN_TEXTS = (
    r"(?:te?xts?|texting|text\ messages?|messages?|messaging|msgs?|sms|notifications?|alerts?)"
)
_EN_THESE = r"(?:(?:all|the|these|those|your|sending|getting|receiving|my|any|more|me|further)\ )*"
_EN = {
    "stop": rf"""
        (?:(?:please|pls|plz|ok|okay|hi|hello|hey|just|sorry)\ )*
        (?: stopp?(?:\ ?all)? | stop\ (?:it|now|stop)(?:\ stop)* | s\ t\ o\ p
          | unsub?s?cr?i?be(?:\ me)? | unsub | end | quit | cancel
          | (?:end|quit|cancel)\ all
          | stop\ sending | (?:reply|text|say|(?:i\ )?said|saying)\ stop | no\ (?:thanks|thank\ you)\ stop
          | (?:i\ )?(?:want|wish|need|would\ like)\ to\ stop\ (?:getting|receiving)
            \ (?:these|them|this|{_EN_THESE}{_EN_TEXTS}) | lose\ (?:my|this)\ number
          | revoke | remove | arret(?:er|ez)? | leave\ me\ alone | not\ interested\ stop
          | (?:i\ )?(?:revoke|withdraw)\ (?:my\ )?consent
          | (?:i\ |id\ like\ to\ |i\ (?:want|would\ like|wish|need)\ to\ )?
            (?:opt\ ?out|opt\ me\ out|unsubscribe)(?:\ (?:of|from)\ {_EN_THESE}{_EN_TEXTS})?
          | (?:(?:can|could|would|will)\ you\ (?:please\ )?|how\ (?:do|can)\ i[ ]
              |(?:i\ (?:want|would\ like)|id\ like)\ (?:you\ )?to\ )?
            (?:stop|end|cancel|quit)\ {_EN_THESE}(?:{_EN_TEXTS}|subscription)
            (?:\ (?:messages?|me|to\ me|from\ you|(?:to\ )?(?:my|this)\ (?:phone|number)))*
          | how\ (?:do|can)\ i\ (?:unsubscribe|opt\ ?out|stop)
          | stop\ (?:sending\ (?:me\ )?(?:these|those|this|stuff|things)|spam|spamming(?:\ me)?)
          | (?:do\ not|dont|never|stop)\ (?:ever\ )?
            (?:(?:text|message|contact|texting|messaging|contacting|sms)
            (?:\ (?:me|(?:to\ )?(?:this|my)\ (?:number|phone)))?|(?:bother|bothering)\ me)
            (?:\ (?:any\ ?more|again|ever\ again))?
          | (?:do\ not|dont)\ (?:ever\ )?send\ (?:me\ )?(?:any\ ?more\ |more\ |any\ |these\ )?
            (?:{_EN_TEXTS}|anything)
            (?:\ (?:any\ ?more|again|to\ me|to\ this\ number))?
          | (?:i\ (?:want|need)\ )?no\ more\ {_EN_TEXTS}(?:\ from\ you)? | no\ (?:te?xts?|sms)
          | (?:i\ )?(?:do\ not|dont|no\ longer)\ (?:want|wish|need)\ (?:to\ (?:get|receive)\ )?
            {_EN_THESE}{_EN_TEXTS}(?:\ any\ ?more|\ from\ you)*
          | (?:remove|delete|take)\ (?:me|my\ number)
            (?:\ (?:off|from)\ (?:this|the|your)\ (?:list|texts?|system))?
          | (?:(?:you\ (?:have|got)|youve\ got|this\ is|its|sorry)\ (?:the\ |a\ )?)?
            wrong\ (?:number|person)(?:\ (?:please\ )?stop(?:\ texting(?:\ me)?)?)? )
        (?:\ (?:please|pls|plz|now|thanks|thank\ you|immediately))*
    """,
    "start": r"""
        (?:please\ )?(?: start | unstop | un\ stop | resume | subscribe
          | opt\ (?:me\ )?(?:back\ )?in | optin | restart
          | (?:start|resume|restart)\ (?:(?:the|my|your|sending|getting|me)\ )*
            (?:texts?|texting|messages?|messaging|sms)(?:\ me)?
          | (?:text|message)\ me\ again | start\ again )
        (?:\ (?:again|please|now|thanks))*
    """,
    "help": r"""
        (?:please\ |pls\ |hi\ |hello\ )*
        (?: help(?:\ me)? | info | information | commands | options | menu
          | (?:i\ )?(?:need|want)\ (?:some\ )?help
            | (?:can|could)\ (?:you|someone|anyone)\ help(?:\ me)?
          | (?:how\ (?:does|do)\ (?:this|it|i\ use\ (?:this|it))(?:\ work)?)
            | who\ (?:is|are)\ (?:this|you)
          | what\ is\ this(?:\ number)? )
        (?:\ (?:please|pls|me|help|thanks|thank\ you))*
    """,
    "status": rf"""
        (?:please\ |hi\ |hello\ )*
        (?: status(?:\ (?:update|please|report))? | (?:check|get|show)\ (?:my\ |the\ )?status
          | track | any\ (?:news|updates?)
          | (?:what\ is|whats|what\ s|check)\ (?:the\ |my\ )?status(?:\ of\ (?:my|the)
            \ (?:report|request|ticket|case))?
          | (?:my\ )?(?:report|request|ticket|case)\ status
            | status\ of\ (?:my|the)\ (?:report|request|ticket|case) )
        {_REFERENCE}
    """,
}
_ES_TEXTS = r"(?:mensajes?(?:\ de\ texto)?|sms|textos?|avisos)"
_ES = {
    "stop": rf"""
        (?:(?:por\ favor|hola|ya|disculpe|disculpen)\ )*
        (?: alto | parar | pare | paren | basta | baja | fin | salir | detener | stop | no\ mas
          | cancela(?:me)?
          | cancelar(?:\ (?:todo|(?:mi\ |la\ )?suscripcion))? | anular(?:\ (?:mi\ |la\ )?suscripcion)?
          | revocar | revoco(?:\ mi\ consentimiento)? | finalizar | terminar | eliminar | quitar
          | (?:quiero\ |quisiera\ |deseo\ )?(?:darme|dar\ me|dar)\ de\ baja | de\ baja
            | (?:como\ )?me\ doy\ de\ baja | dame\ de\ baja | denme\ de\ baja | deme\ de\ baja
          | desuscribir(?:me)? | cancelen?\ (?:los\ |mi\ |mis\ )?(?:{_ES_TEXTS}|suscripcion)
          | (?:cancelar|parar|detener|paren|pare|detengan|suspender|anular|no\ enviar)
            \ (?:los\ |estos\ |sus\ |mis\ |mas\ )?{_ES_TEXTS}
          | (?:no\ |ya\ no\ )(?:quiero|deseo)\ (?:recibir\ )?(?:mas\ |estos\ |los\ |sus\ )?{_ES_TEXTS}
            (?:\ mas)?
          | no\ mas\ {_ES_TEXTS}
          | no\ (?:me\ )?(?:envie|envien|mande|manden|escriba|escriban|envies|mandes|escribas)(?:me)?
            (?:\ mas|\ otro)?(?:\ (?:los\ |estos\ )?{_ES_TEXTS})(?:\ mas)?
          | no\ me\ (?:envie|envien|mande|manden|escriba|escriban|envies|mandes|escribas|moleste
            |molesten)(?:\ mas|\ otro)?
          | (?:como\ )?(?:deje|dejen|deja|dejar|dejo)\ de\ (?:enviar|mandar|escribir|recibir)(?:me)?
            (?:\ (?:mas\ |estos\ |los\ )?{_ES_TEXTS})
          | (?:deje|dejen|deja)\ de\ (?:escribir|molestar)me
          | (?:quite|quiten|saque|saquen|elimine|eliminen|borre|borren)(?:n?me|\ mi\ numero)
            (?:\ de\ (?:la|su|esta)\ lista)?
          | (?:es\ un\ |este\ es\ un\ )?numero\ equivocado )
        (?:\ (?:por\ favor|ya|gracias))*
    """,
    "start": r"""
        (?:por\ favor\ )?(?: iniciar | comenzar | empezar | reanudar | alta | activar
          | suscribir(?:me)?
          | (?:quiero\ )?(?:darme|dar)\ de\ alta
            | (?:reanudar|activar|iniciar)\ (?:los\ )?(?:mensajes|sms)
          | (?:quiero\ )?(?:recibir|volver\ a\ recibir)\ (?:los\ )?(?:mensajes|sms)(?:
            \ (?:otra\ vez|de\ nuevo))? )
        (?:\ por\ favor)?
    """,
    "help": r"""
        (?:por\ favor\ |hola\ )*(?: ayuda | ayudame | ayudeme | ayudenme | auxilio | informacion
          | opciones | menu
          | (?:necesito|quiero)\ (?:ayuda|informacion)
            | (?:me\ )?(?:puede|pueden|puedes)\ ayudar(?:me)?
          | como\ funciona(?:\ esto)? | quien\ es | quienes\ son )(?:\ (?:por\ favor|gracias))*
    """,
    "status": rf"""
        (?:por\ favor\ |hola\ )*(?: estado | estatus | seguimiento
          | (?:hay\ )?(?:alguna\ )?(?:novedad|novedades|noticias)
          | (?:cual\ es\ el\ |el\ |ver\ )?(?:estado|estatus)\ de\ (?:mi|la|el)\ (?:reporte
            |solicitud|caso|informe)
          | como\ va\ (?:mi|la|el)\ (?:reporte|solicitud|caso) ){_REFERENCE}
    """,
}
_FA_TEXTS = r"(?:پیام(?:ک|ها|\ ها|ک\ ها|کها)?|اس\ ?ام\ ?اس)"
_FA_SEND = r"(?:ندهید|نده|ندید|ندین|نفرست|نفرستید|نفرستین)"
_FA_WANT = r"(?:نمی\ ?خواهم|نمی\ ?خوام)"
_FA = {
    "stop": rf"""
        (?:(?:لطفا|لطفن|سلام|با\ سلام)\ )*
        (?: لغو | لغو\ ?(?:۱۱|11) | off | توقف | قطع | انصراف | خاتمه | پایان | بس | بسه | بس\ است
          | استاپ | متوقف | خروج | حذف | کنسل | stop | {_FA_SEND}
          | (?:لغو|توقف|قطع)\ (?:ارسال\ )?(?:اشتراک|عضویت|{_FA_TEXTS}) | لغو\ ارسال
            | (?:متوقف|قطع|لغو|تمام|بس)\ ?(?:ش\ )?(?:کن|کنید|شود)
          | (?:ارسال\ )?{_FA_TEXTS}\ (?:را\ |رو\ )?(?:متوقف|قطع|لغو)\ (?:کن|کنید)
          | (?:اشتراک|عضویت)(?:م|\ من)?\ (?:را\ |رو\ )?(?:لغو|قطع)\ (?:کن|کنید)
          | (?:ارسال\ )?{_FA_TEXTS}\ (?:را\ |رو\ )?{_FA_SEND}
          | (?:دیگر|دیگه)\ (?:(?:به\ من|برای\ من|برایم|برام|بهم)\ )?(?:{_FA_TEXTS}\ )?{_FA_SEND}
          | (?:به\ من|برای\ من|برایم|برام|بهم)\ (?:(?:دیگر|دیگه)\ )?{_FA_TEXTS}\ {_FA_SEND}
          | (?:دیگر\ |دیگه\ )?{_FA_TEXTS}\ {_FA_WANT}
          | (?:دیگر|دیگه)\ (?:{_FA_TEXTS}\ )?{_FA_WANT}
          | (?:دیگر\ |دیگه\ )?{_FA_WANT}\ {_FA_TEXTS}\ (?:دریافت\ کنم|بگیرم|بدهید|بدید|بفرستید)
          | (?:چطور|چگونه)\ {_FA_TEXTS}\ (?:را\ |رو\ )?(?:قطع|لغو|متوقف)\ کنم
          | شماره(?:\ من|\ ام|ام|م)?\ (?:را\ |رو\ )?(?:حذف|پاک)\ (?:کن|کنید)
          | مزاحم\ (?:نشوید|نشید|نشو) | (?:شماره\ (?:را\ )?)?اشتباه\ گرفت(?:ید|ین|ی) )
        (?:\ (?:لطفا|ممنون|متشکرم))*
    """,
    "start": rf"""
        (?:لطفا\ )?(?: شروع | آغاز | اغاز | عضویت | فعال | فعال\ ?سازی | شروع\ مجدد | استارت
          | از\ سرگیری
          | (?:شروع|فعال)\ (?:کن|کنید) | {_FA_TEXTS}\ (?:را\ |رو\ )?(?:فعال|شروع)\ (?:کن|کنید)
          | دوباره\ {_FA_TEXTS}\ (?:بدهید|بفرست|بفرستید) )(?:\ لطفا)?
    """,
    "help": r"""
        (?:لطفا\ |سلام\ )*(?: راهنما | راهنمایی | کمک | اطلاعات | کمکم\ (?:کن|کنید)
          | کمک\ (?:کن|کنید|لازم\ دارم|می\ ?خواهم|می\ ?خوام)
          | به\ کمک\ (?:احتیاج|نیاز)\ دارم | راهنمایی(?:م)?\ (?:کن|کنید) | شما\ (?:کی|که)\ هستید
            | این\ چیست )(?:\ لطفا)?
    """,
    "status": rf"""
        (?:لطفا\ |سلام\ )*(?: وضعیت | پیگیری | وضعیت\ (?:گزارش|درخواست|پرونده)(?:\ من|م)?
          | پیگیری\ (?:گزارش|درخواست)(?:\ من|م)?
          | گزارش(?:\ من|م)?\ (?:چه\ شد|چی\ شد|به\ کجا\ رسید) | چه\ خبر | خبری\ نشد ){_REFERENCE}
    """,
}
_ZH_TEXTS = r"(?:短信|信息|消息|讯息|简讯|訊息|簡訊)"
_ZH = {
    "stop": rf"""
        (?:请|請|麻烦|你好\ ?)*
        (?: td | (?:我要?|想|回复?t?|n)?(?:退订|退訂)(?:t|{_ZH_TEXTS})? | 退出 | 停止 | 停 | 取消
          | 终止 | 終止 | 结束 | 结束{_ZH_TEXTS} | 勿扰 | 拒收 | 删除 | stop
          | 不要再发了? | 别再?发了? | 勿再发了?
          | (?:怎么|如何|怎样)(?:退订|退訂|取消{_ZH_TEXTS}|停止{_ZH_TEXTS})
          | (?:取消|退订|退訂|停止|解除)(?:订阅|訂閱|关注|服务|发送|接收|发|收)?{_ZH_TEXTS}?
            | 停止给我发{_ZH_TEXTS}?
          | (?:我)?(?:不要|别|不想|勿)(?:再)?(?:给我|向我)?(?:再)?(?:发送|发|收到|收
            |接收){_ZH_TEXTS}?(?:给我)?了?
          | (?:我)?(?:不再|拒绝)接收{_ZH_TEXTS}? | (?:我)?不(?:再)?需要{_ZH_TEXTS}
          | (?:不要|别|勿)(?:再)?(?:联系|打扰)(?:我)?
          | (?:撤销|撤回)同意 | 把?我的(?:手机号?|号码|手机号码)(?:删掉|删除)
          | (?:删除|删掉)我的(?:手机号?|号码|手机号码) | 号码错了 )
        (?:吧|谢谢|\ 谢谢)*
    """,
    "start": rf"""
        (?:请|請)?(?: 开始 | 開始 | 订阅 | 訂閱 | 恢复 | 恢復 | 重新开始 | 重新订阅
          | (?:恢复|开始|继续)(?:接收|发送|发)?{_ZH_TEXTS} )(?:吧|谢谢)*
    """,
    "help": r"""
        (?:请|請|你好\ ?)*(?: 帮助 | 幫助 | 帮忙 | 求助 | 帮帮我 | 帮我 | 救命 | 说明 | 菜单
          | 我?需要帮助 | 怎么用 | 如何使用 | 你是谁 | 你们是谁 | 这是什么 )(?:吗|谢谢)*
    """,
    "status": rf"""
        (?:请|請|你好\ ?)*(?: 状态 | 狀態 | 进度 | 進度 | 查询 | 查詢 | 查进度
          | (?:查询|查看|查一下)?(?:我的)?(?:报告|请求|工单|投诉|案件)?的?(?:状态|进度|进展)
          | (?:有)?(?:什么)?(?:新)?(?:进展|消息) )(?:吗|如何|怎么样|怎样)?{_REFERENCE}
    """,
}
PHRASES: Mapping[str, Mapping[str, str]] = {"en": _EN, "es": _ES, "fa": _FA, "zh": _ZH}

# These see the text itself, because what follows is the new report. Before more words the keyword
# must stand out (capitals, or a colon, dash or line break), for "new pothole on Elm" is a report.
NEW_REPORT: Mapping[str, str] = {
    "en": r"(?:(?i:new(?: (?:report|request|one|problem|issue))?)[\s.!]*(?P<all>$)|"
    r"(?:NEW|(?i:new(?: (?:report|request|problem|issue))?)(?=\s*[:\n\-–—]))[\s:.\-–—]+)(?P<rest>.*)$",
    "es": r"(?:(?i:(?:nuevo|nueva)(?: (?:reporte|solicitud|caso|problema|informe))?)[\s.!]*(?P<all>$)|"
    r"(?:NUEV[OA]|(?i:nuev[oa](?: (?:reporte|solicitud|caso))?)(?=\s*[:\n\-–—]))[\s:.\-–—]+)"
    r"(?P<rest>.*)$",
    "fa": r"(?:(?:(?:(?:گزارش|درخواست|مورد) )?(?:جدید|تازه))[\s.!]*(?P<all>$)|"
    r"(?:(?:گزارش |درخواست |مورد )?(?:جدید|تازه))\s*[:\n\-–—،]\s*)(?P<rest>.*)$",
    "zh": r"(?:(?:新的?|新建|新报告|新问题|新工单|新请求|新的报告|新的问题)[\s。.!！]*(?P<all>$)|"
    r"(?:新的?|新建|新报告|新问题|新的报告|新的问题)\s*[:：\n\-–—，]\s*)(?P<rest>.*)$",
}

ROBOTS = (
    r"im (?:currently )?driving with (?:do not disturb|driving focus)",
    r"im (?:currently )?driving (?:right now|at the moment)",
    r"im (?:currently )?driving (?:and |so |now )*(?:ill|i will|will|i cant|cant|cannot) ",
    r"im driving(?: sorry)?$",
    r"(?:im not receiving notifications|i am not receiving notifications)",
    r"(?:auto ?reply|automatic reply|auto ?response|automated (?:reply|response))\b",
    r"(?:sorry )?i (?:cant|cannot) (?:talk|text|answer) (?:right )?now(?: im driving.*)?$",
    r"estoy (?:conduciendo|manejando) (?:con|en este momento|ahora|y (?:no|te|le))",
    r"respuesta automatica\b",
    r"(?:من )?(?:در حال رانندگی|مشغول رانندگی) ?(?:هستم|ام)(?: .*(?:بعدا|پاسخ|جواب|تماس).*)?$",
    r"پاسخ خودکار",
    r"我?(?:正在|在)(?:开车|驾驶) ?.*(?:稍后|回复|联系).*$",
    r"自动回复",
)
