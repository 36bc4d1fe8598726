"""The town's own pages under `/_town`: what left, a phone, a mail program, the clock."""

from infra.local.pages.routes import TownPages

__all__ = ["TownPages"]
