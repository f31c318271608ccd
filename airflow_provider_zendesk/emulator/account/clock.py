# SPDX-License-Identifier: Apache-2.0
"""The emulator's clock, which a test can set, stop or speed up."""

from __future__ import annotations

import threading
import time


class Clock:
    """
    The emulator's time in epoch seconds (UTC).

    Everything that depends on time uses it: the ``Date`` header, the hidden minute, token expiry and rate limits. It is
    based on the machine's monotonic clock, so changes of the system time have no effect.

    :param now: epoch seconds to start from; None for the real time
    :param speed: seconds that pass per real second; 0 stops the clock
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
        """Set the time, forwards or backwards."""
        with self._lock:
            self._epoch, self._since = float(epoch), time.monotonic()

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._epoch, self._since = self._now() + seconds, time.monotonic()

    @property
    def speed(self) -> float:
        """Seconds that pass per real second; a change takes effect from now on."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._lock:
            self._epoch, self._since = self._now(), time.monotonic()
            self._speed = speed

    def _now(self) -> float:
        return self._epoch + (time.monotonic() - self._since) * self._speed
