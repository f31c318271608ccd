# SPDX-License-Identifier: Apache-2.0
"""One request to Zendesk: a decoded answer, or a typed error."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, TypeVar

import msgspec
import requests
import tenacity

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.client.auth import TOKEN_PATH, AccessToken, AccountAuth
from airflow_provider_zendesk.client.errors import api_error
from airflow_provider_zendesk.client.limits import http_date, retry_after_seconds
from airflow_provider_zendesk.exceptions import (
    NotBefore,
    ZendeskAuthError,
    ZendeskConnectionError,
    ZendeskError,
    ZendeskGarbledError,
    ZendeskRateLimitError,
    ZendeskResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_zendesk.client.account import Account

log = logging.getLogger(__name__)

T = TypeVar("T")

# Zendesk's gateway gives up on a slow page after about a minute and answers 504.
TIMEOUT = (10.0, 120.0)
_TRIES = 6
_LONGEST_BACKOFF = 20.0


class Answer(msgspec.Struct, frozen=True):
    """
    What came back with status 2xx.

    :param body: the decompressed bytes.
    :param server_time: Zendesk's clock when it began to answer, at the earliest: the ``Date`` header less the time the
        answer took. UTC epoch seconds.
    :param request_id: Zendesk's ``x-request-id``, or ``""``.
    :param calls_left: ``x-rate-limit-remaining``, the account's calls left this minute; None if not told.
    """

    body: bytes
    server_time: float
    request_id: str
    calls_left: str | None


class ZendeskClient:
    """
    Sends requests to one account over one keep-alive session.

    Passing trouble (409, 5xx, resets, garbled bodies) is retried a few times with exponential back-off. A
    rate limit is not waited for here: it raises :class:`NotBefore`, so that whoever drives the client may
    sleep or give the worker back.

    :param account: where requests go.
    :param session: to send with; its proxies and CA bundles come from the standard environment variables.
    :param sleep: waits between tries, in seconds.
    :param clock: this machine's time, UTC epoch seconds.
    """

    def __init__(
        self,
        account: Account,
        session: requests.Session | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self.session = session or requests.Session()
        self.session.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"airflow-provider-zendesk/{__version__}",
            }
        )
        self.requests = 0
        """Calls to the API so far, tries included and token requests not: they count against no limit."""
        self._clock = clock
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: getattr(error, "retryable", False)),
            wait=tenacity.wait_random_exponential(multiplier=1, max=_LONGEST_BACKOFF),
            stop=tenacity.stop_after_attempt(_TRIES),
            sleep=sleep,
            before_sleep=_log_retry,
            reraise=True,
        )

    def __enter__(self) -> ZendeskClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def authenticate(self, auth: AccountAuth) -> ZendeskClient:
        """Sign all further requests with these credentials."""
        self.session.auth = auth
        return self

    def get(self, path: str, query: Mapping[str, str | int], decode: Callable[[Answer], T]) -> T:
        """
        Send a GET and return what ``decode`` makes of the answer.

        :param path: below the account's root.
        :param query: parameters, encoded here.
        :param decode: reads the body; a :class:`ZendeskGarbledError` from it counts as passing trouble.
        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskError: for everything else that is not success; its message says what to change.
        """
        return self._retrying(lambda: decode(self._get(path, query)))

    def mint(self, grant: dict[str, object]) -> AccessToken:
        """
        Return a new access token, for :class:`ClientCredentialsAuth`.

        :raises ZendeskError: as :meth:`get`.
        """
        return self._retrying(lambda: self._mint(grant))

    def _mint(self, grant: dict[str, object]) -> AccessToken:
        answer = self._send("POST", TOKEN_PATH, json=grant, auth=_unsigned)
        try:
            return msgspec.json.decode(answer.body, type=AccessToken)
        except msgspec.ValidationError as error:
            raise ZendeskResponseError(
                f"the token answer of {self.account.origin} cannot be read: {error}"
            ) from None
        except ValueError:
            raise ZendeskGarbledError(
                f"the token answer of {self.account.origin} is not JSON in UTF-8"
            ) from None

    def _get(self, path: str, query: Mapping[str, str | int]) -> Answer:
        self.requests += 1
        try:
            return self._send("GET", path, params=dict(query))
        except ZendeskAuthError:
            auth = self.session.auth
            if not (isinstance(auth, AccountAuth) and auth.renew()):
                raise
            log.info("Zendesk refused the access token; asking for a new one, once")
            self.requests += 1
            return self._send("GET", path, params=dict(query))

    def _send(self, method: str, path: str, **arguments: object) -> Answer:
        try:
            response = self.session.request(
                method,
                self.account.origin + path,
                timeout=TIMEOUT,
                allow_redirects=False,
                **arguments,  # type: ignore[arg-type]
            )
        except requests.RequestException as error:
            # The exception's text may quote URLs, never headers; its type says enough with the host.
            raise ZendeskConnectionError(
                f"no whole answer from {self.account.origin}{path}: {type(error).__name__}: {_root(error)}"
            ) from None
        server_time = _server_time(response)
        if response.status_code // 100 != 2:
            raise self._refusal(response, self._clock() if server_time is None else server_time)
        if server_time is None:
            raise ZendeskResponseError(
                f"the answer of {self.account.origin}{path} has no readable Date header, by which windows are closed; "
                "look for a proxy that removes it"
            )
        return Answer(
            response.content,
            server_time,
            response.headers.get("x-request-id", ""),
            response.headers.get("x-rate-limit-remaining"),
        )

    def _refusal(self, response: requests.Response, server_time: float) -> ZendeskError:
        auth = self.session.auth
        error = api_error(
            response,
            account=self.account,
            server_time=server_time,
            advice=auth.advice if isinstance(auth, AccountAuth) else AccountAuth.advice,
        )
        if not isinstance(error, ZendeskRateLimitError):
            return error
        wait = retry_after_seconds(error.retry_after, server_time)
        # Jitter keeps the tasks that share an account from coming back all at once.
        moment = self._clock() + wait + random.uniform(0.0, 0.1 * wait + 0.5)
        patient = NotBefore(moment, f"Zendesk asks to wait {wait:.0f} s: {error}")
        patient.__cause__ = error
        return patient


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request as it is. (With no auth at all requests would look into ~/.netrc.)"""
    return request


def _server_time(response: requests.Response) -> float | None:
    date = http_date(response.headers.get("Date"))
    # A slow page shows the account as it was when Zendesk looked, not when the front end stamped the answer.
    return None if date is None else date - response.elapsed.total_seconds()


def _root(error: BaseException) -> str:
    while error.__context__ is not None:
        error = error.__context__
    return str(error)[:200]


def _log_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning(
        "try %d of %d failed, next in %.1f s: %s", state.attempt_number, _TRIES, state.upcoming_sleep, error
    )
