"""Texts by AWS End User Messaging, whose receipts are the events of its configuration set."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.channels.sms.sending import TextSender
from chalicelib.messages import OutboundMessage

SERVICE = "pinpoint-sms-voice-v2"


@dataclass(frozen=True, slots=True)
class EndUserMessagingSender(TextSender):
    """See `TextSender`. What a message is tagged with comes back in every event of it.

    Nothing is reported without a `configuration_set`. The carrier tries for `time_to_live` seconds.
    """

    configuration_set: str = ""
    time_to_live: int = 0
    protect_configuration: str = ""

    def _sent(self, number: str, text: str, message: OutboundMessage) -> str:
        entity, template = self._india(number)
        country = {"IN_ENTITY_ID": entity, "IN_TEMPLATE_ID": template}
        request = {
            "OriginationIdentity": self.terms.origination,
            "ConfigurationSetName": self.configuration_set,
            "ProtectConfigurationId": self.protect_configuration,
            "TimeToLive": self.time_to_live,
            "MaxPrice": self.terms.max_price,
            "Context": {name: value for name, value in message.tags.items() if value},
            "DestinationCountryParameters": {k: v for k, v in country.items() if v},
        }
        answer = self.client().send_text_message(
            DestinationPhoneNumber=number,
            MessageBody=text,
            MessageType="TRANSACTIONAL",
            **{name: value for name, value in request.items() if value},
        )
        return str(answer["MessageId"])
