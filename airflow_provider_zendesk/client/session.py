# SPDX-License-Identifier: Apache-2.0
"""The session that carries requests to an account, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from airflow_provider_zendesk.client.account import is_loopback

if TYPE_CHECKING:
    from requests import PreparedRequest, Response


class AccountSession(requests.Session):
    """
    A session that follows no redirects and sends what is for this machine straight to it.

    Proxies and CA bundles for all other hosts come from the standard environment variables.
    """

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        # Loopback is the only place for http, so a proxy would read the credentials. Nor could it reach the same host.
        if is_loopback(urlsplit(request.url or "").hostname or ""):
            kwargs["proxies"] = {}
        try:
            return super().send(request, **kwargs)
        except AttributeError as error:
            # From requests before 2.34, for a Content-Type whose charset has no value.
            raise requests.exceptions.InvalidHeader(
                f"requests cannot read the headers of the answer: {error}"
            ) from None

    def get_redirect_target(self, resp: Response) -> None:
        # For every redirect, requests would read the whole body, whatever its size, and fail if it cannot read Location.
        return None
