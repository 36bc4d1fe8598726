"""`make withdraw-keys STAGE=prod RING=links`: nothing that a ring has ever signed counts any more.

A new key signs at once. Functions that run go on with the old ones for a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from chalicelib.rotation import withdrawn
from chalicelib.signing import RINGS
from infra.deploy import real_clients
from infra.plainly import plainly
from infra.settings import load
from infra.stacks import Clients, DeployError

MEANS = {
    "links": "Links in mails that were sent lead to a page that sends a new one.",
    "mail": "Replies to mails that were sent find their report by their headers or the reference only.",
    "forms": "Pages that are open must be loaded again before their forms are taken.",
    "pages": "Whoever turns over a list begins again.",
    "networks": "Counts of strangers begin anew.",
    "browsers": "Who opens a link is asked for a code once more.",
    "callbacks": "Other systems must be given their new callback secrets now.",
}


def withdraw(clients: Clients, secret: str, ring: str, now: datetime) -> None:
    """End what `ring` signed. Raises `DeployError` for a ring that there is not."""
    client = clients("secretsmanager")
    before = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
    try:
        after = withdrawn(before, ring, now)
    except ValueError as error:
        raise DeployError(str(error)) from error
    client.put_secret_value(SecretId=secret, SecretString=json.dumps(after))


@plainly
def main(arguments: list[str] | None = None) -> int:
    """Withdraw one ring's keys, and say what follows."""
    parser = argparse.ArgumentParser(prog="make withdraw-keys")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--ring", required=True, help=", ".join(RINGS))
    given = parser.parse_args(arguments)
    secret = load(given.stage).variables()["SIGNING_KEYS_SECRET"]
    withdraw(real_clients(), secret, given.ring, datetime.now(UTC))
    sys.stdout.write(f"Done. {MEANS[given.ring]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
