"""An Open311 API key for somebody's program: `python -m infra.api_key <secret> <jurisdiction> <client>`.

Signed with the installation's own keys, so that nothing has to be stored; the secret is the one that
`SIGNING_KEYS_SECRET` names, for example `civicline-signing-keys-prod`.
"""

from __future__ import annotations

import json
import sys

from chalicelib.bootstrap import make_client
from chalicelib.handlers.open311.keys import SignedKeys
from chalicelib.signing import Signer


def main(arguments: list[str]) -> int:
    """Print the key."""
    if len(arguments) != 3:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    secret, jurisdiction_id, client = arguments
    answer = make_client("secretsmanager").get_secret_value(SecretId=secret)
    keys = json.loads(answer["SecretString"])
    signer = Signer(keys, keys.pop("current"))
    sys.stdout.write(f"{SignedKeys(signer, jurisdiction_id).issue(client)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
