# SPDX-License-Identifier: Apache-2.0
"""All exceptions of this package. None of them contains a response body or a secret."""

from __future__ import annotations

from typing import Any


class ZendeskError(Exception):
    """Base of all errors of this package."""

    retryable = False
    """True for a transient failure: the same call may succeed if retried."""

    def tell(self, more: str) -> None:
        """Add to the message something that the code which raised the error did not know."""
        self.args = (f"{self}; {more}",)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception.__reduce__ calls __init__ with only the message, but most classes here need more arguments.
        return _blank, (type(self),), {**self.__dict__, "args": self.args}


def _blank(kind: type[ZendeskError]) -> ZendeskError:
    """Return an empty error, whose attributes pickle then sets."""
    return kind.__new__(kind)


class NotBefore(ZendeskError):
    """
    The next call must not be sent before a given time: the caller waits or defers.

    :param moment: UTC epoch seconds by this machine's clock.
    :param reason: why, for the log: ``"Zendesk's rate limit (429)"``.
    :param throttled: True if the reason is a rate limit.
    """

    def __init__(self, moment: float, reason: str, *, throttled: bool = False) -> None:
        super().__init__(f"not before {moment:.0f}: {reason}")
        self.moment = moment
        self.reason = reason
        self.throttled = throttled


class ZendeskReserveError(ZendeskError, ValueError):
    """``rate_limit_reserve`` leaves none of the calls that Zendesk allows."""


class ZendeskApiError(ZendeskError):
    """
    Zendesk answered with something other than success.

    :param message: what happened and what to change.
    :param status: HTTP status.
    :param code: Zendesk's own error name (``"invalid_client"``, ``"APIRateLimitExceeded"``), or ``""``.
    :param description: Zendesk's own explanation, without control characters and cut to 300 characters, or ``""``.
    :param request_id: Zendesk's ``x-request-id``; its support asks for it.
    :param retry_after: the ``Retry-After`` header, or None.
    :param cf_ray: Cloudflare's ``CF-RAY`` header, or ``""``.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str = "",
        description: str = "",
        request_id: str = "",
        retry_after: str | None = None,
        cf_ray: str = "",
    ) -> None:
        reason = ": ".join(part for part in (code, description) if part)
        details = (
            f"HTTP {status}" + (f", {reason}" if reason else "") + f", request id {request_id or 'none'}"
        )
        super().__init__(f"{message} ({details}{f', CF-RAY {cf_ray}' if cf_ray else ''})")
        self.status = status
        self.code = code
        self.description = description
        self.request_id = request_id
        self.retry_after = retry_after
        self.cf_ray = cf_ray


class ZendeskRefusedError(ZendeskApiError):
    """A refusal that retries cannot change, such as 400; also the base of the more specific refusals."""


class ZendeskStartTimeTooRecentError(ZendeskRefusedError):
    """
    ``start_time`` is within the last minute, which Zendesk does not export yet.

    :param server_time: Zendesk's clock when it refused, UTC epoch seconds.
    """

    server_time: float


class ZendeskAuthError(ZendeskRefusedError):
    """401, after a retry too, to credentials that never worked in this run: they are wrong, expired or revoked."""


class ZendeskForbiddenError(ZendeskRefusedError):
    """403 in Zendesk's own error format: the credentials are valid, but their user, scope or plan may not read this."""


class ZendeskNotFoundError(ZendeskRefusedError):
    """404: there is no such account, or its plan does not have the endpoint."""


class ZendeskRedirectError(ZendeskRefusedError):
    """3xx: redirects are not followed, since credentials are only sent to the configured host."""


class ZendeskRateLimitError(ZendeskApiError):
    """429, or 503 with ``Retry-After``: wait, then retry."""


class ZendeskServerError(ZendeskApiError):
    """409, 5xx, or a 403 that is not in Zendesk's JSON format and so comes from a firewall: a transient failure."""

    retryable = True


class ZendeskAuthLapseError(ZendeskServerError):
    """401 to credentials that worked earlier in this run, or the first 401 to others: a retry may succeed."""


class ZendeskGatewayTimeoutError(ZendeskServerError):
    """504: Zendesk took too long for the page; a smaller page may succeed."""


class ZendeskConnectionError(ZendeskError):
    """No complete answer arrived: the connection was refused, reset, or closed early."""

    retryable = True


class ZendeskUnreachableError(ZendeskConnectionError):
    """
    No call has had an answer yet, and the host is unknown, refuses connections, or does not speak TLS as it should.

    The connection's host is probably wrong, so it is not tried again; the message says what to check.
    """

    retryable = False


class ZendeskReadTimeoutError(ZendeskConnectionError):
    """The answer did not arrive in time; a smaller page may."""


TOO_SLOW = (ZendeskGatewayTimeoutError, ZendeskReadTimeoutError)
"""Errors that a smaller page may avoid."""


class ZendeskResponseError(ZendeskError):
    """An answer with status 200 whose body is not as documented."""


class ZendeskGarbledError(ZendeskResponseError):
    """
    An answer with status 200 that is not JSON, or is JSON without the requested records.

    It may be a proxy's page, a truncated body, or a failure that Zendesk reports with status 200: a transient failure.
    """

    retryable = True


class ZendeskNoProgressError(ZendeskResponseError):
    """The stream neither advances nor ends."""


class ZendeskSecondTooFullError(ZendeskNoProgressError):
    """
    A time-based export cannot get past a second that holds more records than a page.

    :param second: UTC epoch seconds.
    :param count: records in the fullest page.
    """

    def __init__(self, second: int, count: int) -> None:
        super().__init__(
            f"the second {second} (UTC epoch) has {count} records or more, which fill a page, so a time-based "
            "export cannot get past it; use pagination='cursor' if the resource supports it"
        )
        self.second = second
        self.count = count


class ExportConflictError(ZendeskError):
    """What is stored does not fit what was requested."""


class ExportNotCommittedError(ZendeskError, ValueError):
    """What was asked of a lake is not committed in it; the message says what is."""


class StorageError(ZendeskError):
    """Base of what goes wrong with storage."""


class ExportStorageError(StorageError):
    """Storage did not return what was written to it."""


class ExportFileIsGoneError(ExportStorageError):
    """A file that a manifest lists is not there: its window has been replaced since, or it was deleted."""


class ExportStorageAccessError(StorageError, OSError):
    """
    Storage failed or refused an operation.

    :param operation: ``"put"``, ``"get"``, ``"list"`` or ``"delete"``.
    :param name: the object or folder, relative to the root.
    :param root: the root.
    :param error: what the storage driver raised; its message is cut to 300 characters.
    """

    def __init__(self, operation: str, name: str, root: str, error: Exception) -> None:
        # Not at the top: every DAG file loads this module, and no more of the package than it needs.
        from airflow_provider_zendesk.quoting import quoted

        cause = quoted(" ".join(f"{type(error).__name__}: {error}".split()))
        super().__init__(
            f"could not {operation} {name or 'objects'} below {root}: {cause}; check that the storage can be reached, has "
            "free space and allows this, then retry: committed data is safe, and an export resumes where it stopped"
        )


class ExportNotWholeError(ZendeskError):
    """Something committed is missing, damaged or there twice; the message names the first findings."""
