# SPDX-License-Identifier: Apache-2.0
"""
Zendesk's clock on an answer, and whether to believe it.

Windows are closed by Zendesk's clock: one that is ahead would commit a window that is not over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.client.limits import http_date
from airflow_provider_zendesk.window import LATEST, iso

if TYPE_CHECKING:
    from requests import Response

    from airflow_provider_zendesk.client.account import Account

_EMULATOR_CLOCK = "x-emulator-clock"


def server_time(response: Response) -> float | None:
    """Return the earliest time by Zendesk's clock at which it may have read the data, UTC epoch seconds; None if unknown."""
    date = http_date(response.headers.get("Date"))
    # Zendesk may have read the data any time before its front end set the Date header, so subtract the response time.
    return None if date is None else date - response.elapsed.total_seconds()


def own_time(response: Response, account: Account, now: float) -> float:
    """
    Return the time to compare Zendesk's clock with, UTC epoch seconds.

    An emulator has a clock of its own, which its answers tell beside ``Date``. That is believed on loopback only, where no
    Zendesk is.

    :param now: this machine's time.
    """
    emulated = response.headers.get(_EMULATOR_CLOCK, "") if account.on_loopback else ""
    return float(emulated) if emulated.isdecimal() and len(emulated) < len(str(LATEST)) else now


def why_not_believed(told: float | None, own: float, difference: float) -> str | None:
    """
    Return what is wrong with Zendesk's clock and what to do about it; None if it can be believed.

    :param told: as :func:`server_time` returns it.
    :param own: as :func:`own_time` returns it.
    :param difference: seconds that the two may be apart.
    """
    if told is None:
        return (
            "has no readable Date header, which is needed to tell when a window is complete; look for a proxy that removes "
            "it"
        )
    if abs(told - own) > difference:
        return (
            f"is dated {iso(told)}, but this worker's clock says {iso(own)}, and Zendesk's clock tells when a window is "
            "complete; set the worker's clock right, or look for a proxy that changes Date or keeps answers"
        )
    return None
