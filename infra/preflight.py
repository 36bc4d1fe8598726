"""`make preflight STAGE=x`: is the account ready for this stage, and what is missing; changes nothing."""

from __future__ import annotations

import argparse
import sys

from infra import front
from infra.account import Account, questions
from infra.checks import asked
from infra.deploy import real_clients
from infra.plainly import plainly
from infra.settings import load


@plainly
def main(arguments: list[str] | None = None) -> int:
    """Ask everything, say every answer; 1 when something is missing."""
    parser = argparse.ArgumentParser(prog="make preflight", description="Is the account ready?")
    parser.add_argument("--stage", required=True)
    given = parser.parse_args(arguments)
    account = Account(load(given.stage), real_clients(), lambda: real_clients(front.REGION))
    answers = list(asked(questions(account)))
    sys.stdout.write("\n".join(map(str, answers)) + "\n")
    return 0 if all(answer.holds for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
