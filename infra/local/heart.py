"""What keeps a running town going: queues as soon as something waits, schedules by the town's clock."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from infra.local.town import Town

logger = logging.getLogger(__name__)
REST = 0.05  # seconds between two looks at empty queues


class Heart(threading.Thread):
    """A thread that beats until `stop`."""

    def __init__(self, town: Town) -> None:
        super().__init__(name="heart", daemon=True)
        self._town = town
        self._stopping = threading.Event()
        self._minute = _minute(town.now())

    def run(self) -> None:
        """Beat; whatever goes wrong in one beat is told, and the next one comes all the same."""
        while not self._stopping.wait(REST):
            try:
                self._beat()
            except Exception:
                logger.exception("the town stumbled")

    def _beat(self) -> None:
        town = self._town
        town.drain()
        minute = _minute(town.now())
        if minute > self._minute:
            with town.lock:
                town.pump.fire(minute)
            self._minute = minute

    def stop(self) -> None:
        """Beat no more."""
        self._stopping.set()
        self.join(timeout=5)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
