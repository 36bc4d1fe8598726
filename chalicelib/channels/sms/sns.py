"""Texts by `sns:Publish`, whose receipts come in SNS's delivery log; matched by its id alone."""

from __future__ import annotations

from chalicelib.channels.sms.sending import TextSender
from chalicelib.messages import OutboundMessage


class SnsSender(TextSender):
    """See `TextSender`."""

    __slots__ = ()

    def _sent(self, number: str, text: str, _message: OutboundMessage) -> str:
        answer = self.client().publish(
            PhoneNumber=number, Message=text, MessageAttributes=self._attributes(number)
        )
        return str(answer["MessageId"])

    def _attributes(self, number: str) -> dict[str, dict[str, str]]:
        entity, template = self._india(number)
        origination = self.terms.origination
        is_number = origination.lstrip("+").isdigit()
        values = {
            "AWS.SNS.SMS.SMSType": "Transactional",
            "AWS.MM.SMS.OriginationNumber": origination if is_number else "",
            "AWS.SNS.SMS.SenderID": "" if is_number else origination,
            "AWS.SNS.SMS.MaxPrice": self.terms.max_price,
            "AWS.MM.SMS.EntityId": entity,
            "AWS.MM.SMS.TemplateId": template,
        }
        return {
            name: {"DataType": _kind(name), "StringValue": value}
            for name, value in values.items()
            if value
        }


def _kind(name: str) -> str:
    return "Number" if name.endswith("MaxPrice") else "String"
