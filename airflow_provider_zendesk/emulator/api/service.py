# SPDX-License-Identifier: Apache-2.0
"""From a request to its reply: which endpoint, who may call it, how often."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.api.auth import (
    Authenticator,
    Caller,
    current_token,
    current_user,
    require,
)
from airflow_provider_zendesk.emulator.api.exports.buckets import HELP_CENTER
from airflow_provider_zendesk.emulator.api.exports.errors import upstream_timeout
from airflow_provider_zendesk.emulator.api.exports.registry import find_export
from airflow_provider_zendesk.emulator.api.exports.view import View
from airflow_provider_zendesk.emulator.api.limits import form_of
from airflow_provider_zendesk.emulator.http.messages import Refusal, Reply, Request, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.emulator.account.account import Account
    from airflow_provider_zendesk.emulator.account.clock import Clock
    from airflow_provider_zendesk.emulator.account.switches import Switches
    from airflow_provider_zendesk.emulator.api.exports.export import Export
    from airflow_provider_zendesk.emulator.api.limits import Limits

NO_HELP_DESK = (
    "There is no help desk configured at this address. This means that the address is available and that"
    " you can claim it at http://www.zendesk.com/signup"
)


class Service:
    """The emulated account's endpoints; every path answers with and without ``.json``, as Zendesk's do."""

    def __init__(
        self, clock: Clock, account: Account, authenticator: Authenticator, limits: Limits, switches: Switches
    ) -> None:
        self.origin = ""
        self._clock = clock
        self._account = account
        self._authenticator = authenticator
        self._limits = limits
        self._switches = switches

    def export(self, method: str, path: str) -> Export | None:
        """The incremental export a request goes to, if it goes to one."""
        return find_export(path) if method == "GET" else None

    def answer(self, request: Request) -> Reply:
        if not self._switches.exists:
            title = f"No help desk at {request.headers.get('host', '')}"
            return json_reply(404, {"error": {"title": title, "message": NO_HELP_DESK}})
        try:
            if export := self.export(request.method, request.path):
                return self._export(export, request)
            match request.method, request.path.removesuffix(".json"):
                case "POST", "/oauth/tokens":
                    return self._authenticator.issue(request.body)
                case "GET", "/api/v2/users/me":
                    return self._me(request)
                case "GET", "/api/v2/oauth/tokens/current":
                    return self._metered(request, None, current_token)
        except Refusal as refusal:
            return refusal.reply
        return json_reply(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def _me(self, request: Request) -> Reply:
        def answer(caller: Caller) -> Reply:
            if caller.user is not None:
                require(caller, "read")
            return current_user(caller)

        return self._metered(request, None, answer)

    def _export(self, export: Export, request: Request) -> Reply:
        switches = self._switches

        def answer(caller: Caller) -> Reply:
            require(caller, "read", role=export.role)
            if bucket := self._limits.of(export):
                self._limits.take(bucket, form_of(export))
            page = export.answer(request, View(self._account, self._clock.now(), self.origin, switches))
            page.pause = switches.slow_page
            return page

        reply = self._metered(request, export, answer)
        if switches.heaviest_page is not None and reply.rows > switches.heaviest_page:
            return replace(upstream_timeout(), pause=reply.pause)
        return reply

    def _metered(self, request: Request, export: Export | None, answer: Callable[[Caller], Reply]) -> Reply:
        """
        Every call counts against the account's limit, an export also against its own (recorded 2023/24).

        The Help Center's do not count against SupportType's (Zendesk docs, Rate limits).
        """
        limits = self._limits
        account = None if export is not None and export.bucket == HELP_CENTER else limits.account
        caller = self._authenticator.identify(
            request.headers.get("authorization"), self._switches.password_access
        )
        try:
            if account:
                limits.take(account, "account")
            reply = answer(caller)
        except Refusal as refusal:
            reply = refusal.reply
        reply.headers.update(limits.headers(account, limits.of(export) if export else None))
        return reply
