# SPDX-License-Identifier: Apache-2.0
"""When the next call may leave. Pure."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

# What Zendesk's own Ruby client waits when the header is missing.
_DEFAULT_WAIT = 10.0
# 93 s is the longest wait on record; anything beyond this is a broken header, not a limit.
_LONGEST_WAIT = 600.0


def retry_after_seconds(header: str | None, server_time: float) -> float:
    """
    Return how long to wait, in seconds, from what ``Retry-After`` says.

    :param header: whole or broken seconds, an HTTP date, nonsense, or None.
    :param server_time: Zendesk's clock on the same answer, UTC epoch seconds; a date is read against it.
    """
    return min(max(_seconds(header, server_time), 0.0), _LONGEST_WAIT)


def _seconds(header: str | None, server_time: float) -> float:
    if header is None:
        return _DEFAULT_WAIT
    try:
        seconds = float(header)
    except ValueError:
        pass
    else:
        return seconds if seconds == seconds else _DEFAULT_WAIT  # "nan" is a float too
    moment = http_date(header)
    return _DEFAULT_WAIT if moment is None else moment - server_time


def http_date(header: str | None) -> float | None:
    """Return UTC epoch seconds, None for what is no HTTP date."""
    try:
        return parsedate_to_datetime(header or "").replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
