"""The ports that a town listens at, and what to say when one cannot be had."""

from __future__ import annotations

import argparse
import errno
import socket
from collections.abc import Mapping

WEB, SMTP = "PORT", "SMTP_PORT"  # as they are given to make
USUAL = {WEB: 8000, SMTP: 2525}


class PortTaken(Exception):
    """A town cannot listen where it should; says at which port, and how to choose another."""


def port_number(text: str) -> int:
    """A port as somebody wrote it; 0 is any free one. Raises `argparse.ArgumentTypeError`."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def chosen_ports(host: str, wanted: Mapping[str, int]) -> dict[str, int]:
    """The wanted ports by name, a free one in place of 0. Raises `PortTaken` naming all it cannot have."""
    asked = {name: port for name, port in wanted.items() if port}
    problems = {name: why for name, port in asked.items() if (why := _problem(host, port))}
    if len(set(asked.values())) < len(asked):
        problems.setdefault(SMTP, "is wanted for both")
    if problems:
        told = ", ".join(f"port {asked[name]} {why}" for name, why in problems.items())
        others = " ".join(f"{name}={_near(host, name, asked)}" for name in problems)
        raise PortTaken(f"{told[0].upper()}{told[1:]}. Choose another: make run {others}")
    return {name: port or free_port(host) for name, port in wanted.items()}


def free_port(host: str) -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        found: int = probe.getsockname()[1]
        return found


def _problem(host: str, port: int) -> str:
    """Why a port cannot be had; empty when it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            return "is taken" if is_taken else f"cannot be had ({error.strerror})"
    return ""


def _near(host: str, name: str, asked: Mapping[str, int]) -> int:
    """The first port after the usual one that can be had instead."""
    after = range(USUAL[name] + 1, 65_536)
    return next(port for port in after if port not in asked.values() and not _problem(host, port))
