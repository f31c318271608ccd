# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator

TICKETS = "/api/v2/incremental/tickets/cursor"

Get = Callable[..., requests.Response]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {ZendeskEmulator.oauth_token}"
        yield session


@pytest.fixture
def ask(zendesk_emulator: ZendeskEmulator, session: requests.Session) -> Get:
    """A call of any path as an admin."""

    def ask(path: str, **query: Any) -> requests.Response:
        return session.get(zendesk_emulator.url + path, params=query, timeout=10)

    return ask


@pytest.fixture
def get(ask: Get) -> Get:
    """A call of the tickets' cursor export as an admin."""

    def get(**query: Any) -> requests.Response:
        return ask(TICKETS, **query)

    return get


@pytest.fixture
def walk(get: Get) -> Callable[..., list[dict[str, Any]]]:
    """Every page from the first request to the end of the stream."""

    def walk(**query: Any) -> list[dict[str, Any]]:
        pages = [get(**query).json()]
        query.pop("start_time", None)
        while not pages[-1]["end_of_stream"]:
            assert len(pages) < 100, "the walk does not end"
            pages.append(get(**query | {"cursor": pages[-1]["after_cursor"]}).json())
        return pages

    return walk
