"""The words by which mail programs of many languages introduce quotes, forwards and signatures.

Data only. Add a language by adding its words; they are compared in lower case.
"""

from __future__ import annotations

FROM = (
    "from|von|de|expéditeur|remitente|da|mittente|van|afzender|от|от кого|від|від кого|od|"
    "odesílatel|nadawca|från|fra|avsändare|feladó|kimden|gönderen|lähettäjä|από|מאת|من|از|"
    "فرستنده|المرسل|发件人|寄件人|寄件者|發件人|差出人|送信者|보낸 사람|보낸사람|发信人|từ|"
    "người gửi|dari|pengirim|de la|expeditor|изпратено от|прејатель|šalje|pošiljatelj|nuo|"
    "saatja|no|प्रेषक|จาก|द्वारा"
)
DATE = (
    "date|sent|gesendet|datum|envoyé|envoyé le|date d'envoi|fecha|enviado|enviado el|"
    "enviada em|enviado em|data|inviato|verzonden|verzonden op|дата|отправлено|когда|"
    "надіслано|wysłano|data wysłania|odesláno|skickat|sendt|dato|elküldve|dátum|küldve|tarih|"
    "gönderildi|gönderme tarihi|lähetetty|päivämäärä|ημερομηνία|στάλθηκε|נשלח|תאריך|תשלח|"
    "التاريخ|تاريخ|تم الإرسال|أرسلت|ارسال شده|ارسال|تاریخ|发送时间|发送日期|时间|日期|"
    "寄件日期|傳送時間|傳送日期|送信日時|日時|送信|送信日|日付|보낸 날짜|날짜|보냄|보낸날짜|"
    "ngày|đã gửi|gửi|tanggal|dikirim|trimis|датум|изпратено|poslano|odoslané|išsiųsta|"
    "saadetud|ngày gửi|दिनांक|भेजा गया|วันที่|ส่ง|date et heure"
)
TO = (
    "to|an|à|destinataire|para|destinatario|a|aan|кому|до|do|komu|till|til|címzett|kime|"
    "alıcı|vastaanottaja|προς|אל|إلى|الى|المستلم|به|گیرنده|收件人|收件者|宛先|받는 사람|"
    "받는사람|đến|tới|kepada|untuk|către|catre|prima|kam|saaja|प्रति|को|ถึง|adresat|"
    "destinatário"
)
CC = (
    "cc|bcc|cci|kopie|copie|copie à|копия|копія|kopia|kopie (cc)|dw|másolat|bilgi|kopio|κοιν|"
    "κοινοποίηση|עותק|نسخة|رونوشت|抄送|副本|抄送人|参照|참조|copia|cópia|đồng kính gửi|"
    "reply-to|reply to|antwort an|répondre à|importance|wichtigkeit|priority|attachments|"
    "anlagen|pièces jointes|importancia|答复|回复"
)
SUBJECT = (
    "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|тема|temat|předmět|ämne|emne|"
    "tárgy|konu|aihe|θέμα|נושא|الموضوع|موضوع|主题|主題|主旨|件名|제목|chủ đề|subjek|subiect|"
    "тема на|predmet|tema|teema|perihal|विषय|เรื่อง|re|objekt|sujet"
)
# Verbs (or what takes their place) that end "On <date>, <somebody> …:".
WROTE = (
    "wrote|writes|schrieb|schrieben|schreibt|a écrit|a ecrit|écrivait|escribió|escribio|"
    "escribía|ha scritto|scrive|scriveva|escreveu|escreve|schreef|heeft geschreven|"
    "geschreven|написал|написала|написал(а)|пишет|писал|писал(а)|написав|написав(ла)|пише|"
    "napisał|napisała|napisał(a)|pisze|napsal|napsala|napsal(a)|napísal|napísal(a)|skrev|"
    "skriver|írta|ezt írta|yazdı|şunu yazdı|şunları yazdı|tarihinde|kirjoitti|έγραψε|כתב|"
    "כתבה|כתב/ה|نوشت|نوشته است|كتب|كتبت|تمت كتابة|写道|寫道|写到|来信|のメール|書きました|"
    "さんは書きました|のメッセージ|이(가) 작성|작성|님이 작성|썼습니다|đã viết|menulis|"
    "a scris|написа|je napisao|je napisal|napisao|rašė|kirjutas|rakstīja|ने लिखा|เขียนว่า|"
    "viết|schreef op|wrote on|ha escrit"
)
# What an attribution may begin with, when it is broken over lines.
OPENERS = (
    "on|at|am|le|el|il|em|op|den|dana|dnia|w dniu|στις|vào|pada|في|در|בתאריך|2|il giorno|die|"
    "dne|kl|un|in|ha|på|ons|tis|tors|fre|lör|sön|mån|a las|as|pe data de|în|la|data"
)
ORIGINAL = (
    "original message|original appointment|original email|ursprüngliche nachricht|"
    "original-nachricht|originalnachricht|ursprüngliche mail|message d'origine|"
    "message original|message initial|mensaje original|messaggio originale|mensagem original|"
    "oorspronkelijk bericht|originele bericht|origineel bericht|исходное сообщение|"
    "оригинальное сообщение|оригінальне повідомлення|wiadomość oryginalna|"
    "oryginalna wiadomość|původní zpráva|pôvodná správa|ursprungligt meddelande|"
    "originalmeddelande|oprindelig meddelelse|opprinnelig melding|eredeti üzenet|"
    "orijinal mesaj|özgün ileti|orijinal ileti|özgün mesaj|alkuperäinen viesti|αρχικό μήνυμα|"
    "הודעה מקורית|ההודעה המקורית|رسالة أصلية|الرسالة الأصلية|الرسالة الاصلية|پیام اصلی|"
    "原始邮件|原始郵件|原邮件|原始消息|原始信件|元のメッセージ|オリジナルメッセージ|"
    "원본 메시지|원본 메일|원본메일|thư gốc|tin nhắn gốc|pesan asli|mesajul original|"
    "mesaj original|оригинално съобщение|izvorna poruka|izvorno sporočilo|originalus laiškas|"
    "algne kiri|मूल संदेश|reply message|antwort|reply|original"
)
FORWARDED = (
    "forwarded message|forwarded by|begin forwarded message|weitergeleitete nachricht|"
    "anfang der weitergeleiteten nachricht|message transféré|message transmis|"
    "début du message réexpédié|début du message transféré|mensaje reenviado|"
    "inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato|"
    "mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|"
    "doorgestuurd bericht|begin doorgestuurd bericht|пересылаемое сообщение|"
    "пересланное сообщение|начало переадресованного сообщения|перенаправлене повідомлення|"
    "переслане повідомлення|przekazana wiadomość|wiadomość przekazana|"
    "początek przekazywanej wiadomości|přeposlaná zpráva|vidarebefordrat meddelande|"
    "vidarebefordrat brev|videresendt meddelelse|videresendt melding|továbbított üzenet|"
    "iletilmiş mesaj|yönlendirilen mesaj|iletilen ileti|yönlendirilmiş ileti|"
    "välitetty viesti|προωθημένο μήνυμα|הודעה שהועברה|رسالة معاد توجيهها|"
    "الرسالة المعاد توجيهها|رسالة مُعاد توجيهها|پیام هدایت‌شده|پیام فوروارد شده|"
    "پیام بازارسال شده|پیغام ارسالی|转发的邮件|转发邮件|已转发邮件|轉寄郵件|轉寄的郵件|"
    "轉寄訊息|转发信息|転送メッセージ|転送されたメッセージ|전달된 메시지|전달된 메일|"
    "chuyển tiếp|tin nhắn được chuyển tiếp|thư đã chuyển tiếp|pesan terusan|"
    "pesan yang diteruskan|mesaj redirecționat|mesaj redirectionat|препратено съобщение|"
    "proslijeđena poruka|अग्रेषित संदेश"
)
REPLY_ABOVE = (
    "reply above this line|type your reply above|antworten sie oberhalb dieser zeile|"
    "répondez au-dessus de cette ligne|responda por encima de esta línea|请在此行上方回复|"
    "پاسخ خود را بالای این خط بنویسید"
)
SENT_BY = (
    "sent from|sent via|sent with|sent using|sent by|get outlook|envoyé de|envoyé depuis|"
    "envoyé à partir|enviado desde|enviado do|enviado de|enviado a partir|enviado con|"
    "enviado com|obtener outlook|obter o outlook|télécharger outlook|inviato da|inviato dal|"
    "ottieni outlook|gesendet von|gesendet mit|von meinem|diese nachricht wurde von meinem|"
    "outlook für|verzonden vanaf|verstuurd vanaf|verzonden met|outlook voor|отправлено с|"
    "отправлено из|отправлено от|надіслано з|відправлено з|wysłane z|wysłano z|odesláno z|"
    "odoslané z|skickat från|skickades från|sendt fra|sendt med|küldve|elküldve|gönderildi|"
    "lähetetty|στάλθηκε από|εστάλη από|נשלח מ|ارسال شده از|فرستاده شده از|ارسال شده با|"
    "ارسالشده از|فرستادهشده از|ارسالشده با|ارسال از|فرستاده از|"
    "أرسلت من|أُرسلت من|تم الإرسال من|مرسل من|发自我的|来自我的|发自|发送自|寄自|傳送自|"
    "從我的|来自|從|から送信|から送信されました|에서 보냄|나의|được gửi từ|gửi từ|"
    "dikirim dari|trimis de pe|trimis din|изпратено от|poslano s|poslano z|išsiųsta iš|"
    "saadetud|मेरे"
)
DEVICES = (
    "iphon|ipad|ipod|android|samsung|galaxy|blackberry|outlook|huawei|xiaomi|redmi|nokia|"
    "htc|sony|oneplus|windows|smartphone|mobile|mobil|mobiltelefon|handy|phone|telefon|"
    "telefoon|téléphone|móvil|celular|cellulare|smartfon|yahoo|mail.ru|gmx|web.de|yandex|"
    "яндекс|proton|protonmail|tutanota|tuta|gmail|mail|почты|телефона|смартфона|手机|手機|"
    "邮箱|qq|网易|айфон|آیفون|أندرويد|الـ|هاتف|گوشی|موبایل|ios|k-9|fairemail|aquamail|spark|"
    "thunderbird|bluemail|typeapp|airmail|zoho|스마트폰|휴대폰|mac|app|tablet|laptop|"
    "puhelimesta|điện thoại|ponsel|bq|lg|motorola"
)
LEGAL = (
    "confidential|privileged|intended recipient|intended solely|disclaimer|notify the sender|"
    "received this e-mail in error|received this email in error|"
    "received this message in error|unauthorized|unauthorised|dissemination|virus-free|"
    "vertraulich|adressaten|empfänger|irrtümlich|nicht der richtige|vernichten|confidentiel|"
    "destinataire|destinés|par erreur|confidencial|destinatario|por error|aviso legal|"
    "protección de datos|riservat|per errore|confidenciais|por engano|vertrouwelijk|"
    "geadresseerde|abusievelijk|конфиденциальн|получател|ошибк|poufn|adresat|omyłkow|gizli|"
    "yanlışlıkla|důvěrn|bizalmas|luottamuksell|fortrolig|konfidentiell|εμπιστευτικ|سري|"
    "محرمانه|المرسل إليه|保密|机密|機密|秘密|誤って|기밀|consider the environment|"
    "before printing|umwelt|environnement avant d'imprimer|antes de imprimir|"
    "prima di stampare|avast|scanned by|checked by|virus"
)
LEGAL_OPENINGS = (
    "confidentiality notice|confidentiality:|disclaimer|this e-mail|this email|this message|"
    "this communication|this transmission|the information|the contents of this|"
    "important notice|notice:|legal notice|privacy notice|diese e-mail|diese mail|"
    "diese nachricht|der inhalt dieser|ce message|ce courriel|cet e-mail|cet email|"
    "les informations contenues|este mensaje|este correo|aviso legal|"
    "aviso de confidencialidad|questo messaggio|questa e-mail|le informazioni contenute|"
    "il presente messaggio|esta mensagem|este e-mail|este email|dit bericht|deze e-mail|"
    "de informatie|это сообщение|данное сообщение|настоящее сообщение|эта электронная|"
    "ta wiadomość|niniejsza wiadomość|treść tej wiadomości|bu e-posta|bu mesaj|tento e-mail|"
    "tato zpráva|detta meddelande|detta e-post|denne e-post|denne meddelelse|tämä viesti|"
    "az üzenet|ez az üzenet|το παρόν μήνυμα|هذه الرسالة|این پیام|این ایمیل|本邮件|本電子郵件|"
    "此邮件|此郵件|本メール|このメール|이 메일은|이 메시지는|please consider the environment|"
    "bitte denken sie an die umwelt|bitte prüfen sie|pensez à l'environnement|"
    "antes de imprimir|prima di stampare|denk aan het milieu|virus-free|virenfrei|"
    "libre de virus|sans virus|this email has been|this e-mail has been|cet e-mail a été|"
    "diese e-mail wurde"
)
REPLY_SUBJECT = (
    "re|aw|antw|sv|vs|res|rif|odp|ynt|ответ|回复|回覆|答复|答覆|返信|پاسخ|رد|תגובה|απ|r|vá|"
    "bls|atb|trả lời"
)
FORWARD_SUBJECT = (
    "fwd|fw|wg|tr|rv|enc|i|doorst|vl|vb|pd|ilt|пересл|转发|轉寄|轉發|転送|전달|הועבר|προωθ|"
    "továbbítás|fs"
)
