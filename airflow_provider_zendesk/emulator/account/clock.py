# SPDX-License-Identifier: Apache-2.0
"""The emulator's time, which a test may set, stop or speed up."""

from __future__ import annotations

import threading
import time


class Clock:
    """
    Epoch seconds (UTC) as the emulated Zendesk sees them.

    Everything the emulator says about time follows it: the ``Date`` header, the hidden minute, token
    expiry and rate windows. It runs on the machine's monotonic clock, so a corrected system time does not disturb it.

    :param now: epoch seconds to start from; None starts from the real time.
    :param speed: seconds that pass here in one real second: 1.0 real time, 0 a clock that stands still.
    """

    def __init__(self, now: float | None = None, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._speed = speed
        self._epoch = time.time() if now is None else float(now)
        self._since = time.monotonic()

    def now(self) -> float:
        """Epoch seconds, with a fraction."""
        with self._lock:
            return self._now()

    def set(self, epoch: float) -> None:
        """Jump to a moment, forwards or backwards."""
        with self._lock:
            self._epoch, self._since = float(epoch), time.monotonic()

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._epoch, self._since = self._now() + seconds, time.monotonic()

    @property
    def speed(self) -> float:
        """Seconds that pass here in one real second; a change takes effect from this moment on."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._lock:
            self._epoch, self._since = self._now(), time.monotonic()
            self._speed = speed

    def _now(self) -> float:
        return self._epoch + (time.monotonic() - self._since) * self._speed
