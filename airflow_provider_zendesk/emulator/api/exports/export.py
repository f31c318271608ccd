# SPDX-License-Identifier: Apache-2.0
"""The interface of an export endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.api.exports.view import View
    from airflow_provider_zendesk.emulator.http.messages import Reply, Request


class Export(Protocol):
    """An export endpoint: one class for each way of paging, one instance for each endpoint."""

    @property
    def path(self) -> str:
        """Path without ``.json``."""

    @property
    def resource(self) -> str:
        """Name of the exported resource."""

    @property
    def bucket(self) -> str | None:
        """Rate limit it counts against besides the account's; None for no other. A test may replace it."""

    @property
    def role(self) -> str | None:
        """Role that may call it; None for agents and admins alike."""

    @property
    def errors_in_list(self) -> bool:
        """Whether its 429 has a list ``errors`` instead of ``error``."""

    def answer(self, request: Request, view: View) -> Reply:
        """
        One page.

        :raises Refusal: for parameters that Zendesk rejects
        """
