# SPDX-License-Identifier: Apache-2.0
"""Sends requests to Zendesk: each returns a decoded answer or raises a typed error."""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

import msgspec
import requests
import tenacity
import urllib3

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.client.auth import TOKEN_PATH, AccessToken, AccountAuth
from airflow_provider_zendesk.client.body import read_body
from airflow_provider_zendesk.client.errors import api_error
from airflow_provider_zendesk.client.limits import (
    Budget,
    limits_told,
    retry_after_seconds,
    shortest_wait,
)
from airflow_provider_zendesk.client.reachability import root_of, what_to_change
from airflow_provider_zendesk.client.server_time import own_time, server_time, why_not_believed
from airflow_provider_zendesk.client.session import AccountSession
from airflow_provider_zendesk.exceptions import (
    TOO_SLOW,
    NotBefore,
    ZendeskConnectionError,
    ZendeskError,
    ZendeskGarbledError,
    ZendeskRateLimitError,
    ZendeskReadTimeoutError,
    ZendeskResponseError,
    ZendeskUnreachableError,
)
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.quoting import LONGEST_QUOTE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_zendesk.client.account import Account
    from airflow_provider_zendesk.client.limits import Limit

log = logging.getLogger(__name__)

T = TypeVar("T")

# Tasks that share an account resume at nearly the same time, so that each sees how many calls the others use, and all get
# an equal share. With more jitter the first task would use the whole minute's calls (in a simulation, 23 % of calls were
# answered with 429 instead of 11 to 15 %).
_JITTER = 0.5
_LONGEST_ERROR = 2000


class Answer(msgspec.Struct, frozen=True):
    """
    An answer with status 2xx.

    :param body: the decompressed bytes.
    :param server_time: the earliest time by Zendesk's clock at which it may have read the data: the ``Date`` header minus
        the response time. UTC epoch seconds.
    :param request_id: Zendesk's ``x-request-id``, or ``""``.
    :param calls_left: the calls left this minute by the tightest limit, as text: ``7 of 10``; None if the answer does not
        say.
    :param cf_ray: Cloudflare's ``CF-RAY`` header, or ``""``.
    """

    body: bytes
    server_time: float
    request_id: str
    calls_left: str | None
    cf_ray: str = ""


class ZendeskClient:
    """
    Sends requests to one account over one keep-alive session.

    Transient failures (409, 5xx, resets, garbled bodies, a firewall's 403) are retried with exponential backoff, up to six
    attempts. A host that is unknown, refuses connections or fails at TLS is no transient failure until a call has had an
    answer. An attempt includes requesting a token if one is needed. A 401 to credentials that have worked counts as a
    transient failure, since Zendesk sometimes refuses valid credentials; credentials that have never worked are retried
    once. The client does not wait for a rate limit: it raises :class:`NotBefore`, so that the caller can sleep or defer.

    :param account: where requests go.
    :param session: sends the requests; proxies and CA bundles come from the standard environment variables.
    :param reserve: calls per minute to leave for everything else that uses the account.
    :param policy: timeouts and retries.
    :param sleep: waits between attempts, in seconds.
    :param clock: this machine's time, UTC epoch seconds.
    """

    def __init__(
        self,
        account: Account,
        session: AccountSession | None = None,
        *,
        reserve: int = 0,
        policy: Policy = DEFAULT_POLICY,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not (isinstance(reserve, int) and reserve >= 0):
            raise ValueError(
                f"rate_limit_reserve={reserve!r} must be a number of calls per minute, 0 or more"
            )
        self.account = account
        self.policy = policy
        self.session = session or AccountSession()
        self.session.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"airflow-provider-zendesk/{__version__}",
            }
        )
        self.requests = 0
        """API calls so far, including retries. Token requests are not included: they count against no rate limit."""
        self.retries = 0
        """How many of these calls were retries."""
        self.credentials_worked = False
        """Zendesk has accepted the credentials in this run. The caller sets it when it resumes a run that has had answers."""
        self.clock = clock
        self._was_answered = False
        # Both count since the last successful answer.
        self._auth_refusals = 0
        self._rate_refusals = 0
        self._budgets: defaultdict[str, Budget] = defaultdict(lambda: Budget(reserve))
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_transient),
            wait=tenacity.wait_random_exponential(multiplier=1, max=policy.longest_backoff),
            stop=tenacity.stop_after_attempt(policy.request_attempts),
            sleep=sleep,
            before_sleep=self._note_retry,
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

    def get(
        self,
        path: str,
        query: Mapping[str, str | int],
        decode: Callable[[Answer], T],
        *,
        retry_slow: bool = True,
    ) -> T:
        """
        Send a GET and return what ``decode`` makes of the answer.

        :param path: relative to the account's root.
        :param query: parameters, not yet URL-encoded.
        :param decode: reads the body; a :class:`ZendeskGarbledError` from it is a transient failure.
        :param retry_slow: retry after a timeout; False for callers that would rather request a smaller page.
        :raises NotBefore: if Zendesk asks to wait, or this minute's calls are used up.
        :raises ZendeskError: for every other failure; its message says what to change.
        """
        return self._persist(lambda: self._decoded(self._get(path, query), decode), retry_slow=retry_slow)

    def next_call(self, path: str) -> float | None:
        """Return when the next call to a path may be sent, UTC epoch seconds; None if this client knows of no reason to wait."""
        wait = self._budgets[path].wait(self.clock())
        return None if wait is None else wait[0]

    def limits(self) -> dict[str, Limit]:
        """Return the rate limits that answers have told so far, by name; of each the latest."""
        return {name: limit for budget in self._budgets.values() for name, limit in budget.limits().items()}

    def hold(self, path: str, moment: float) -> None:
        """Send no call to a path before a given time, UTC epoch seconds."""
        self._budgets[path].hold(moment)

    def mint(self, grant: dict[str, object]) -> AccessToken:
        """
        Request a new access token for :class:`ClientCredentialsAuth`, without retries: :meth:`get` and :meth:`sign_in` retry.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskError: for every other failure.
        """
        return self._decoded(self._send("POST", TOKEN_PATH, json=grant, auth=_unsigned), self._read_token)

    def show(self, text: str, limit: int = LONGEST_QUOTE) -> str:
        """Return a text from the server as logs and errors may show it, see :meth:`AccountAuth.show`."""
        return self._auth.show(text, limit)

    def repeats_secret(self, text: str) -> bool:
        """Return True if a text from the server has one of the credentials."""
        return self._auth.repeats_secret(text)

    def sign_in(self) -> None:
        """
        Get a token if the credentials need one and have none. Requests that bypass :meth:`get` and use the session need this.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskError: as in :meth:`get`.
        """
        self._persist(self._auth.prepare, retry_slow=True)

    def back_off(self, failures: int) -> None:
        """Sleep before a retry, for longer the more attempts have failed in a row."""
        self.retries += 1
        self._retrying.sleep(random.uniform(0, min(2.0**failures, self.policy.longest_backoff)))

    def _persist(self, call: Callable[[], T], *, retry_slow: bool) -> T:
        """Make a call, and retry it after transient failures."""
        retrying = self._retrying if retry_slow else self._retrying.copy(retry=_if_not_slow)
        try:
            return retrying(call)
        except ZendeskError as error:
            attempts = retrying.statistics["attempt_number"]
            if attempts > 1:
                seconds = retrying.statistics["delay_since_first_attempt"]
                error.tell(f"gave up after {attempts} attempts in {seconds:.0f} s")
            raise

    def _decoded(self, answer: Answer, decode: Callable[[Answer], T]) -> T:
        """Return what ``decode`` makes of an answer; add the answer's CF-RAY to its error."""
        try:
            return decode(answer)
        except ZendeskResponseError as error:
            # It may name a record, whose id may be anything.
            error.args = (self.show(str(error), _LONGEST_ERROR),)
            if answer.cf_ray:
                error.tell(f"CF-RAY {answer.cf_ray}")
            raise

    def _note_retry(self, state: tenacity.RetryCallState) -> None:
        self.retries += 1
        error = state.outcome.exception() if state.outcome else None
        log.warning(
            "attempt %d of %d failed, retrying in %.1f s: %s",
            state.attempt_number,
            self.policy.request_attempts,
            state.upcoming_sleep,
            error,
        )

    def _read_token(self, answer: Answer) -> AccessToken:
        try:
            return msgspec.json.decode(answer.body, type=AccessToken)
        except msgspec.ValidationError as error:
            raise ZendeskResponseError(
                f"the answer of {self.account.origin} to the token request is not as documented: {error}"
            ) from None
        except (ValueError, RecursionError):
            raise ZendeskGarbledError(
                f"the answer of {self.account.origin} to the token request is not JSON in UTF-8"
            ) from None

    def _get(self, path: str, query: Mapping[str, str | int]) -> Answer:
        if (wait := self._budgets[path].wait(self.clock())) is not None:
            raise NotBefore(wait[0] + random.uniform(0.0, _JITTER), wait[1], throttled=True)
        # Get the token before counting the call: without a token it is not sent.
        self._auth.prepare()
        self.requests += 1
        answer = self._send("GET", path, params=dict(query))
        self.credentials_worked = True
        self._auth_refusals = self._rate_refusals = 0
        return answer

    def _send(self, method: str, path: str, **arguments: object) -> Answer:
        try:
            response = self.session.request(
                method,
                self.account.origin + path,
                timeout=self.policy.timeout,
                allow_redirects=False,
                stream=True,
                **arguments,  # type: ignore[arg-type]
            )
            used = 0 if response.status_code == requests.codes.too_many_requests else 1
            limits = limits_told(response.headers)
            self._budgets[path].answered(limits, self.clock(), calls=used)
            body = read_body(response, self.policy)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            slow = isinstance(error, (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError))
            # The exception's text may contain URLs, but never headers and so no credentials.
            no_answer = f"no complete answer from {self.account.origin}{path}: {type(error).__name__}: {self.show(str(root_of(error)), 200)}"
            if not (self._was_answered or self.credentials_worked) and (
                advice := what_to_change(error, self.account)
            ):
                raise ZendeskUnreachableError(f"{advice} ({no_answer})") from None
            raise (ZendeskReadTimeoutError if slow else ZendeskConnectionError)(no_answer) from None
        self._was_answered = True
        told = server_time(response)
        own = own_time(response, self.account, self.clock())
        trouble = why_not_believed(told, own, self.policy.clock_difference)
        if response.status_code // 100 != 2:
            # A refusal proves no window complete, so this machine's clock will do.
            raise self._refusal(response, body, self.clock() if told is None or trouble else told)
        if told is None or trouble:
            raise self._clock_error(response, trouble or "")
        return Answer(
            body,
            told,
            self.show(response.headers.get("x-request-id", "")),
            _calls_left(limits),
            self.show(response.headers.get("CF-RAY", "")),
        )

    def _clock_error(self, response: requests.Response, trouble: str) -> ZendeskResponseError:
        headers = response.headers
        return ZendeskResponseError(
            f"the answer of {response.url.partition('?')[0]} {trouble} "
            f"(request id {self.show(headers.get('x-request-id', 'none'))}, CF-RAY {self.show(headers.get('CF-RAY', 'none'))})"
        )

    @property
    def _auth(self) -> AccountAuth:
        auth = self.session.auth
        return auth if isinstance(auth, AccountAuth) else AccountAuth(self.account)

    def _refusal(self, response: requests.Response, body: bytes, server_time: float) -> ZendeskError:
        """Record an answer that is not a success and return its error."""
        advice = self._auth.advice
        if response.status_code == requests.codes.unauthorized:
            self._note_auth_refusal()
        if self.credentials_worked:
            advice = f"they worked earlier in this run; if this persists, {advice}"
        error = api_error(
            response,
            body,
            account=self.account,
            server_time=server_time,
            advice=advice,
            show=self.show,
            lapse=self.credentials_worked or self._auth_refusals == 1,
        )
        return self._rate_refusal(error, server_time) if isinstance(error, ZendeskRateLimitError) else error

    def _note_auth_refusal(self) -> None:
        """Discard the access token, so that the next attempt requests a new one; only once until a call succeeds again."""
        self._auth_refusals += 1
        if self._auth_refusals == 1 and self._auth.renew():
            log.info("Zendesk refused the access token; requesting a new one")

    def _rate_refusal(self, error: ZendeskRateLimitError, server_time: float) -> NotBefore:
        self._rate_refusals += 1
        wait = max(retry_after_seconds(error.retry_after, server_time), shortest_wait(self._rate_refusals))
        moment = self.clock() + wait + random.uniform(0.0, _JITTER)
        not_before = NotBefore(moment, f"Zendesk asks to wait {wait:.0f} s: {error}", throttled=True)
        not_before.__cause__ = error
        return not_before


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request unsigned. (Without any auth, requests would read ~/.netrc.)"""
    return request


def _calls_left(limits: Mapping[str, Limit]) -> str | None:
    tightest = min(limits.values(), key=lambda limit: limit.remaining, default=None)
    return None if tightest is None else f"{tightest.remaining} of {tightest.total or '?'}"


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, ZendeskError) and error.retryable


def _is_transient_and_quick(error: BaseException) -> bool:
    return _is_transient(error) and not isinstance(error, TOO_SLOW)


_if_not_slow = tenacity.retry_if_exception(_is_transient_and_quick)
