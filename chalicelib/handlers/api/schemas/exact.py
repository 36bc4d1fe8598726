"""The base of what the staff API answers; knows no answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Exact: an answer holds these fields and no others."""

    model_config = ConfigDict(extra="forbid")
