# SPDX-License-Identifier: Apache-2.0
"""
When the account's next call may leave, noted below the root for the task that comes next.

A task that begins knows nothing of the minute that the one before has used up, and its first call would be refused. The
note is a hint: it may be late, missing, deleted, or not to be read or written, and then a 429 says the same.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageAccessError, ExportStorageError
from airflow_provider_zendesk.lake.layout import LIMITS, rate_limit_hint
from airflow_provider_zendesk.lake.manifest import dump, load
from airflow_provider_zendesk.window import iso, parse_iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.resources import Endpoint

log = logging.getLogger(__name__)

# No limit of Zendesk's holds longer; a clock that is wrong may say so.
_LONGEST = 120


class RateLimitHint(msgspec.Struct, frozen=True):
    """
    A minute that is used up.

    :param account: the account's host.
    :param not_before: when the next one begins, ``2026-11-20T00:00:00Z``.
    """

    account: str
    not_before: str


def leave_hint(storage: Storage, client: ZendeskClient, endpoint: Endpoint) -> None:
    """Note when the next call may leave, if that is not now."""
    moment = client.next_call(endpoint.path)
    if moment is None:
        return
    note = RateLimitHint(client.account.name, iso(math.ceil(moment)))
    try:
        storage.put(rate_limit_hint(endpoint.rate_limit), dump(note), scratch=LIMITS)
    except ExportStorageAccessError as error:
        log.warning("the note of the rate limit is not left: %s", error)


def follow_hint(storage: Storage, client: ZendeskClient, endpoint: Endpoint) -> None:
    """Hold the first call back until the moment that the last task noted."""
    name = rate_limit_hint(endpoint.rate_limit)
    try:
        note = load(storage.get(name), RateLimitHint, name)
        moment = parse_iso(note.not_before)
    except FileNotFoundError:
        return
    except (ExportStorageError, ExportStorageAccessError, ValueError) as error:
        log.warning("the note of the rate limit is not heeded: %s", error)
        return
    if note.account == client.account.name and client.clock() < moment <= client.clock() + _LONGEST:
        client.hold(endpoint.path, moment)
