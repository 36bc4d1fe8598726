"""How far the search for mail came, and which mails were handled, on the one table."""

from __future__ import annotations

from collections.abc import Collection

from chalicelib.messages import Channel
from chalicelib.tickets.dynamodb.items.codec import Item, at, string, text, when
from chalicelib.tickets.dynamodb.items.keys import moment
from chalicelib.tickets.dynamodb.items.records import message_key
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.mail_search import Search


class DynamoMailSearch(Shelf):
    """`MailSearchStore` on the table."""

    @property
    def _key(self) -> Item:
        return {"pk": text(self._keys.of("MAIL_SEARCH")), "sk": text("SEARCH")}

    def load(self) -> Search | None:
        """See `MailSearchStore.load`."""
        item = self._table.get(self._key)
        if item is None:
            return None
        until = when(string(item, "until"))
        return Search(at(item["done"]["S"]), until, string(item, "after_key"))

    def keep(self, search: Search) -> None:
        """See `MailSearchStore.keep`."""
        self._table.update(
            Key=self._key,
            UpdateExpression="SET done = :done, #until = :until, after_key = :after",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={
                ":done": text(moment(search.done)),
                ":until": text(moment(search.until) if search.until else ""),
                ":after": text(search.after),
            },
        )

    def handled(self, message_ids: Collection[str]) -> frozenset[str]:
        """See `MailSearchStore.handled`."""
        keys = {name: message_key(self._keys, Channel.EMAIL, name) for name in message_ids}
        found = self._table.batch(list(keys.values()), ("pk", "sk"))
        there = {item["pk"]["S"] for item in found}
        return frozenset(name for name, key in keys.items() if key["pk"]["S"] in there)
