"""The Python and the machine that functions run on, and the tools that make code for them."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
RUNTIMES = ("python3.11", "python3.12", "python3.13")


class PackagingError(Exception):
    """Why there is no package, and the remedy."""


@dataclass(frozen=True)
class Target:
    """What Lambda runs the functions on, in its own words."""

    runtime: str = "python3.13"
    arch: str = "arm64"

    @classmethod
    def here(cls) -> Target:
        """This Python on this machine."""
        arch = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        return cls(_name(sys.version_info[:2]), arch)

    def platforms(self) -> list[str]:
        """Whose wheels load there. Amazon Linux 2, on which 3.11 runs, has an older C library."""
        machine = MACHINES[self.arch]
        newer = [] if self.runtime == RUNTIMES[0] else [f"manylinux_2_28_{machine}"]
        return [*newer, f"manylinux2014_{machine}"]

    def has_snapshots(self) -> bool:
        """Whether Lambda can start it from a snapshot ("SnapStart" in Lambda's developer guide)."""
        return self.runtime != RUNTIMES[0]

    def python(self) -> str:
        """An interpreter of the runtime's version, to compile with. Raises `PackagingError`."""
        if self.runtime not in RUNTIMES:
            raise PackagingError(f"Functions run on {', '.join(RUNTIMES)}; not on {self.runtime}.")
        if self.runtime == _name(sys.version_info[:2]):
            return sys.executable
        found = shutil.which(self.runtime)
        executable = _asked(found, self.runtime) if found else ""
        if not executable:
            raise PackagingError(
                f"The functions run on {self.runtime}, which is not here to compile for it. Install "
                f"it, or package for this one: make package RUNTIME={_name(sys.version_info[:2])}."
            )
        return executable


def _name(version: tuple[int, ...]) -> str:
    return f"python{version[0]}.{version[1]}"


def _asked(found: str, runtime: str) -> str:
    """Where the interpreter itself lies; empty when what was found does not run.

    A shim of pyenv runs a version only when asked for it by name.
    """
    environ = {"PYENV_VERSION": runtime.removeprefix("python")} | os.environ
    code = "import sys; print(sys.executable)"
    result = subprocess.run(
        [found, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    return result.stdout.strip()
