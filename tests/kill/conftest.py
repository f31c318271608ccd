# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator
from tests.kill.children import Children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lakes import Lake

DAY = 86400
START = 1763596800
END = START + 2 * DAY


def holds_what_is_listed(lake: Lake) -> bool:
    """True if datasets hold exactly what the manifests list, and staging nothing but, where one died, empty folders."""
    return {
        name for name in lake.files() if not name.startswith(("_manifests/", "_lake.json"))
    } == lake.listed()


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + DAY) as emulator:
        emulator.account.populate(START - DAY, END + 3600, tickets=150)
        yield emulator


@pytest.fixture(scope="module")
def children(zendesk: ZendeskEmulator) -> Iterator[Children]:
    children = Children(["tests.kill.child", zendesk.url, zendesk.oauth_token], ready=5)
    yield children
    children.close()
