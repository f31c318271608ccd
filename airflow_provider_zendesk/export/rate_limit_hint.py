# SPDX-License-Identifier: Apache-2.0
"""
A hint below the root that tells the next task when its first call may be sent.

A new task does not know how many of the minute's calls the task before it has used, so its first call would be refused. It
is only a hint: if it is late, missing or unreadable, a 429 says the same.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageAccessError, StorageError
from airflow_provider_zendesk.lake.layout import LIMITS, rate_limit_hint
from airflow_provider_zendesk.lake.manifest import dump, load
from airflow_provider_zendesk.window import iso, parse_iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.resources import Endpoint

log = logging.getLogger(__name__)

# No rate limit lasts longer; a later time comes from a clock that is wrong.
_LONGEST = 120


class RateLimitHint(msgspec.Struct, frozen=True):
    """
    A minute whose calls are used up.

    :param account: the account's host.
    :param not_before: when the next one begins, ``2026-11-20T00:00:00Z``.
    """

    account: str
    not_before: str


def leave_hint(storage: Storage, client: ZendeskClient, endpoint: Endpoint) -> None:
    """Write when the next call may be sent, if it has to wait."""
    moment = client.next_call(endpoint.path)
    if moment is None:
        return
    hint = RateLimitHint(client.account.name, iso(math.ceil(moment)))
    try:
        storage.with_scratch(f"{LIMITS}/").put(rate_limit_hint(endpoint.rate_limit), dump(hint))
    except ExportStorageAccessError as error:
        log.warning("could not write the rate-limit hint: %s", error)


def follow_hint(storage: Storage, client: ZendeskClient, endpoint: Endpoint) -> None:
    """Send no call before the time that the last task wrote down."""
    name = rate_limit_hint(endpoint.rate_limit)
    try:
        hint = load(storage.get(name), RateLimitHint, name)
        moment = parse_iso(hint.not_before)
    except FileNotFoundError:
        return
    except (StorageError, ValueError) as error:
        log.warning("ignoring an unreadable rate-limit hint: %s", error)
        return
    if hint.account == client.account.name and client.clock() < moment <= client.clock() + _LONGEST:
        client.hold(endpoint.path, moment)
