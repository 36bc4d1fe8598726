"""Which words only a system writes that answers by itself; people's thanks and complaints are none."""

from __future__ import annotations

import pytest

from chalicelib.messages import Channel, InboundMessage, Party
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.commit import foreign_desks
from tests.examples import NOW

MACHINES = """
Thank you for contacting Shelbyville Public Works. We will get back to you.
Your request has been received and is being reviewed by our team.
Your ticket number is 48213.
We have registered your inquiry under the number 12.
This is an automated message.
Please do not reply to this email.
A ticket has been created: INC0012345.
Your message was successfully received.
Hemos recibido su mensaje y le responderemos pronto.
Gracias por contactar con el Ayuntamiento.
Vielen Dank für Ihre Nachricht.
Ihre Anfrage ist bei uns eingegangen.
Nous avons bien reçu votre demande.
پیام شما با موفقیت دریافت شد.
درخواست شما با شمارهٔ ۱۲ ثبت شد.
已收到您的邮件。
We acknowledge receipt of your e-mail.
This mailbox is not monitored.
Case 5512 opened for you.
Your enquiry is important to us and will be answered in turn.
Auto-reply: our office is closed until Monday.
An agent will be in touch within 2 business days.
Recibimos su solicitud con el folio 33.
Eingangsbestätigung: Ihr Ticket 5512 wurde angelegt.
Votre demande a été enregistrée sous le numéro 12.
Your submission has been logged in our system.
Ref. 5512: your complaint was assigned to an officer.
این پیام خودکار است؛ پاسخ ندهید.
""".strip().splitlines()
PEOPLE = """
There is a deep pothole in front of 45 Elm Street.
Thank you for your quick help last week. Now the other lamp is out.
I received your letter but the bins are still full.
We have received no water since Monday.
My request was registered two weeks ago and nothing has happened.
The street has been opened up and not been closed again.
I have lost my number plate near the bridge.
Nobody has recorded who parks there.
The tree was reported by my neighbour.
We got your leaflet about recycling; where do batteries go?
Can you tell me the case number of my complaint?
The automatic gate of the park does not open.
No he recibido respuesta y la farola sigue rota.
Gracias por su ayuda, pero el árbol sigue en la calle.
Vielen Dank für Ihre Hilfe, die Laterne ist leider wieder aus.
Ich habe keine Nachricht erhalten.
Merci de réparer le banc du parc.
Je n'ai pas reçu votre réponse.
هنوز پاسخی دریافت نکرده‌ام و چراغ خاموش است.
我家门口的路灯坏了。
I called and was told it has been logged, but no one came.
Please acknowledge that you got this.
My neighbour opened the hydrant and it cannot be closed.
The playground is closed until when?
Is this mailbox read by anybody? The bench is broken.
Your report on noise is wrong about our street.
The officer assigned to us never answers.
Die Straße wurde nicht gestreut.
El semáforo automático no cambia.
La demande de mon voisin a été refusée, pourquoi ?
""".strip().splitlines()


def is_machine(text: str) -> bool:
    message = InboundMessage(
        channel=Channel.EMAIL,
        message_id="m",
        sender=Party(email="a@shelbyville.example"),
        received_at=NOW,
        text=text,
    )
    counted = foreign_desks.gates(message, Policy(), NOW)
    return any(".machine:" in each.bucket for each in counted)


@pytest.mark.parametrize("text", MACHINES)
def test_what_a_system_says_is_known(text: str) -> None:
    assert is_machine(text)


@pytest.mark.parametrize("text", PEOPLE)
def test_what_a_person_says_is_no_system(text: str) -> None:
    assert not is_machine(text)
