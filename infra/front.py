"""CloudFront before a stage: its stack in us-east-1, and the secret by which the functions know it."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from infra import stacks
from infra.settings import StageSettings
from infra.stacks import Clients, DeployError, functions_stack

# CloudFront reads certificates and firewalls there alone (CloudFront, "Requirements for using SSL/TLS
# certificates"; AWS WAF, "Using AWS WAF with CloudFront").
REGION = "us-east-1"
Far = Callable[[], Clients]  # clients of that region, made only where they are asked for


def front_stack(stage: str) -> str:
    """The name of the stack before a stage."""
    return f"civicline-front-{stage}"


def function_parameters(settings: StageSettings, clients: Clients, far: Far) -> dict[str, str]:
    """The secret that the functions are told: none without a distribution, a new one for a new one.

    Both stacks keep the one that they have, as long as their marks of it agree. Raises `DeployError`
    where a new secret would lock visitors out until the distribution knows it, too.
    """
    if not settings.front_certificate_arn:
        return {"FrontSecret": "", "FrontMark": ""}
    told = stacks.outputs(clients, functions_stack(settings.stage)).get("FrontMark")
    stands = stacks.outputs(far(), front_stack(settings.stage)).get("FrontMark")
    if told and told == stands and not os.environ.get("RENEW_FRONT_SECRET"):
        return {}
    if settings.raw_address == "closed":
        raise DeployError(
            "The secret between CloudFront and the functions is made anew, and visitors would be refused "
            "meanwhile: set raw_address to open, deploy, wait until the address leads to CloudFront, and "
            "close it then (docs/deploy.md, step 8)."
        )
    secret = secrets.token_urlsafe(32)
    return {"FrontSecret": secret, "FrontMark": hashlib.sha256(secret.encode()).hexdigest()[:12]}


def put(
    settings: StageSettings,
    built: Path,
    far: Far,
    known: Mapping[str, str],
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Bring the stack there, where the settings ask for it; its outputs. `known` is what the functions'
    stack told, and the secret when it is new."""
    if not settings.front_certificate_arn:
        return {}
    wanted = settings.parameters() | known
    stack = front_stack(settings.stage)
    return stacks.put(far(), stack, built / "front.json", wanted, pause=pause)


def targets(outputs: Mapping[str, str]) -> list[str]:
    """What the DNS record of the city's own address names; nothing while it has none."""
    return [outputs[name] for name in ("FrontTarget", "DomainTarget") if name in outputs][:1]


def rehearsal(settings: StageSettings, far: Far) -> list[str]:
    """What `put` would do now; only reads."""
    if not settings.front_certificate_arn:
        return []
    name = front_stack(settings.stage)
    is_new = stacks.find(far(), name) is None
    return [f"{name} in {REGION}: would be {'created' if is_new else 'updated'}"]
