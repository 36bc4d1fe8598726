"""`make preflight STAGE=x`: is the account ready for this stage, and what is missing; changes nothing."""

from __future__ import annotations

import argparse
import sys

from infra import agencies, front, stacks
from infra.account import Account, questions
from infra.checks import Answer, Question, asked
from infra.deploy import environment, real_clients, services
from infra.plainly import plainly
from infra.settings import load
from infra.stacks import state_stack


@plainly
def main(arguments: list[str] | None = None) -> int:
    """Ask everything, say every answer; 1 when something is missing."""
    parser = argparse.ArgumentParser(prog="make preflight", description="Is the account ready?")
    parser.add_argument("--stage", required=True)
    given = parser.parse_args(arguments)
    account = Account(load(given.stage), real_clients(), lambda: real_clients(front.REGION))
    answers = list(asked([*questions(account), *people(account)]))
    sys.stdout.write("\n".join(map(str, answers)) + "\n")
    return 0 if all(answer.holds for answer in answers) else 1


def people(account: Account) -> list[Question]:
    """Of a stage that is there already: is there somebody who would see nothing from now on?"""
    outputs = stacks.outputs(account.clients, state_stack(account.settings.stage))
    if not outputs:
        return []
    stage = services(account.settings.variables() | environment(outputs), account.clients)
    return [
        Question(
            "Everybody who works on tickets has an agency",
            lambda: Answer.none_of(agencies.without(stage.directory)),
            agencies.REMEDY,
        )
    ]


if __name__ == "__main__":
    sys.exit(main())
