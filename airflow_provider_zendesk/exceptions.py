# SPDX-License-Identifier: Apache-2.0
"""Every failure this package names. None of them carries a response body or a secret."""

from __future__ import annotations

from typing import Any


class ZendeskError(Exception):
    """Base of all errors of this package."""

    retryable = False
    """True for passing trouble: the same call may go well a little later."""

    def tell(self, more: str) -> None:
        """Add to the message what its raiser did not know."""
        self.args = (f"{self}; {more}",)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own way calls __init__ with the message alone, but most classes here take more than that.
        return _blank, (type(self),), {**self.__dict__, "args": self.args}


def _blank(kind: type[ZendeskError]) -> ZendeskError:
    """Return an error that pickle has yet to fill."""
    return kind.__new__(kind)


class NotBefore(ZendeskError):
    """
    The next call must not leave before a moment: whoever drives the client waits, or gives the worker back.

    :param moment: UTC epoch seconds by this machine's clock.
    :param reason: why, for the log: ``"Zendesk's rate limit (429)"``.
    :param throttled: it is for a rate limit.
    """

    def __init__(self, moment: float, reason: str, *, throttled: bool = False) -> None:
        super().__init__(f"not before {moment:.0f}: {reason}")
        self.moment = moment
        self.reason = reason
        self.throttled = throttled


class ZendeskApiError(ZendeskError):
    """
    Zendesk answered with something other than success.

    :param message: what happened and what to change.
    :param status: HTTP status.
    :param code: Zendesk's own error name (``"invalid_client"``, ``"APIRateLimitExceeded"``), or ``""``.
    :param description: Zendesk's own explanation, cut to 300 characters, or ``""``.
    :param request_id: Zendesk's ``x-request-id``; its support asks for it.
    :param retry_after: the ``Retry-After`` header as it came, or None.
    :param cf_ray: the ``CF-RAY`` of the front end that Zendesk's answers pass through, or ``""``.
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
        said = ": ".join(part for part in (code, description) if part)
        details = f"HTTP {status}" + (f", {said}" if said else "") + f", request id {request_id or 'none'}"
        super().__init__(f"{message} ({details}{f', CF-RAY {cf_ray}' if cf_ray else ''})")
        self.status = status
        self.code = code
        self.description = description
        self.request_id = request_id
        self.retry_after = retry_after
        self.cf_ray = cf_ray


class ZendeskRefusedError(ZendeskApiError):
    """A refusal that stays the same however often one asks: 400 and its kin, and base of those below."""


class ZendeskStartTimeTooRecentError(ZendeskRefusedError):
    """
    ``start_time`` lies within the minute that Zendesk hides.

    :param server_time: Zendesk's clock when it refused, UTC epoch seconds.
    """

    server_time: float


class ZendeskAuthError(ZendeskRefusedError):
    """401 to credentials that have never worked in this run, also when asked again: wrong, expired or revoked."""


class ZendeskForbiddenError(ZendeskRefusedError):
    """403 in Zendesk's own words: the credentials are good, but their user, scope or plan may not read this."""


class ZendeskNotFoundError(ZendeskRefusedError):
    """404: no such account, or an endpoint that its plan does not have."""


class ZendeskRedirectError(ZendeskRefusedError):
    """3xx: refused, since credentials go to the configured host alone."""


class ZendeskRateLimitError(ZendeskApiError):
    """429, or 503 with ``Retry-After``: wait, then ask again."""


class ZendeskServerError(ZendeskApiError):
    """409 and 5xx, and a 403 that is not in Zendesk's own JSON but a firewall's: a transient failure."""

    retryable = True


class ZendeskAuthLapseError(ZendeskServerError):
    """401 to credentials that have worked in this run, or the first 401 to others: the next try may go well."""


class ZendeskGatewayTimeoutError(ZendeskServerError):
    """504: the page took Zendesk too long; a smaller one may not."""


class ZendeskConnectionError(ZendeskError):
    """No whole answer came: refused, reset, or cut short."""

    retryable = True


class ZendeskReadTimeoutError(ZendeskConnectionError):
    """The answer did not come in time; a smaller page may."""


TOO_SLOW = (ZendeskGatewayTimeoutError, ZendeskReadTimeoutError)
"""What a smaller page may mend."""


class ZendeskResponseError(ZendeskError):
    """An answer with status 200 that is not what the API documents."""


class ZendeskGarbledError(ZendeskResponseError):
    """
    An answer with status 200 that is no JSON at all, or JSON without the records that were asked for.

    It is a proxy's page, a body cut short, or a failure that Zendesk answers with status 200: a transient failure.
    """

    retryable = True


class ZendeskNoProgressError(ZendeskResponseError):
    """The stream neither moves on nor ends."""


class ZendeskSecondTooFullError(ZendeskNoProgressError):
    """
    A time-based export cannot get past a second that holds more records than a page.

    :param second: UTC epoch seconds.
    :param count: records that the fullest page held.
    """

    def __init__(self, second: int, count: int) -> None:
        super().__init__(
            f"the second {second} (UTC epoch) holds {count} records or more, as many as a page can, so a time-based "
            "export cannot get past it; use pagination='cursor' where the resource has it"
        )
        self.second = second
        self.count = count


class ExportConflictError(ZendeskError):
    """What lies in storage does not go together with what was asked for."""


class ExportStorageError(ZendeskError):
    """Storage did not keep what was put there."""


class ExportStorageAccessError(ZendeskError, OSError):
    """
    Storage failed or refused an operation.

    :param operation: ``"put"``, ``"get"``, ``"list"`` or ``"delete"``.
    :param name: of the object or folder, relative to the root.
    :param root: the root.
    :param error: what the store's driver raised; its words are cut to 300 characters.
    """

    def __init__(self, operation: str, name: str, root: str, error: Exception) -> None:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        super().__init__(
            f"could not {operation} {name or 'objects'} below {root}: {said}; see that the store can be reached, has "
            "room and permits this, then try again: what is committed stays, and an export goes on from there"
        )


class ExportNotWholeError(ZendeskError):
    """Something committed is missing, damaged or there twice; the message names the first of it."""
