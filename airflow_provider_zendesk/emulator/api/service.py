# SPDX-License-Identifier: Apache-2.0
"""Passes each request to its endpoint and checks credentials, roles and rate limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.api.auth import (
    Authenticator,
    Caller,
    authorize,
    current_token,
    current_user,
)
from airflow_provider_zendesk.emulator.api.exports.buckets import HELP_CENTER
from airflow_provider_zendesk.emulator.api.exports.errors import upstream_timeout
from airflow_provider_zendesk.emulator.api.exports.registry import find_export
from airflow_provider_zendesk.emulator.api.exports.view import View
from airflow_provider_zendesk.emulator.api.limits import form_of
from airflow_provider_zendesk.emulator.api.lists import find_list, list_page
from airflow_provider_zendesk.emulator.http.messages import Refusal, Reply, Request, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.emulator.account.account import Account
    from airflow_provider_zendesk.emulator.account.clock import Clock
    from airflow_provider_zendesk.emulator.account.rows.lists import ListKind
    from airflow_provider_zendesk.emulator.account.switches import Switches
    from airflow_provider_zendesk.emulator.api.exports.export import Export
    from airflow_provider_zendesk.emulator.api.limits import Limits

NO_HELP_DESK = (
    "There is no help desk configured at this address. This means that the address is available and that"
    " you can claim it at http://www.zendesk.com/signup"
)


class Service:
    """The API's endpoints. Every path works with and without ``.json``, as at Zendesk."""

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
        """The export that a request is for, if any."""
        return find_export(path) if method == "GET" else None

    def answer(self, request: Request) -> Reply:
        if not self._switches.exists:
            title = f"No help desk at {request.headers.get('host', '')}"
            return json_reply(404, {"error": {"title": title, "message": NO_HELP_DESK}})
        try:
            if export := self.export(request.method, request.path):
                return self._export(export, request)
            if request.method == "GET" and (kind := find_list(request.path)):
                return self._list(kind, request)
            match request.method, request.path.removesuffix(".json"):
                case "POST", "/oauth/tokens":
                    return self._authenticator.issue(request.body)
                case "GET", "/api/v2/users/me":
                    return self._me(request)
                case "GET", "/api/v2/oauth/tokens/current":
                    return self._rate_limited(request, None, current_token)
        except Refusal as refusal:
            return refusal.reply
        return json_reply(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def _me(self, request: Request) -> Reply:
        def answer(caller: Caller) -> Reply:
            if caller.user is not None:
                authorize(caller, "read")
            return current_user(caller)

        return self._rate_limited(request, None, answer)

    def _export(self, export: Export, request: Request) -> Reply:
        switches = self._switches

        def answer(caller: Caller) -> Reply:
            authorize(caller, "read", role=export.role)
            if bucket := self._limits.bucket_of(export):
                self._limits.take(bucket, form_of(export))
            page = export.answer(request, View(self._account, self._clock.now(), self.origin, switches))
            page.pause = switches.slow_page
            return page

        reply = self._rate_limited(request, export, answer)
        if switches.heaviest_page is not None and reply.rows > switches.heaviest_page:
            return replace(upstream_timeout(), pause=reply.pause)
        return reply

    def _list(self, kind: ListKind, request: Request) -> Reply:
        def answer(caller: Caller) -> Reply:
            authorize(caller, "read")
            return list_page(
                kind, request, View(self._account, self._clock.now(), self.origin, self._switches)
            )

        return self._rate_limited(request, None, answer, help_center="/help_center/" in kind.path)

    def _rate_limited(
        self,
        request: Request,
        export: Export | None,
        answer: Callable[[Caller], Reply],
        *,
        help_center: bool = False,
    ) -> Reply:
        """
        Check rate limits: a call counts against the account's, an export also against its own (recorded 2023/24).

        Help Center calls do not count against the account's limit (Zendesk docs, Rate limits).
        """
        limits = self._limits
        if export is not None:
            help_center = export.bucket == HELP_CENTER
        account = limits.help_center if help_center else limits.account
        caller = self._authenticator.identify(
            request.headers.get("authorization"), self._switches.password_access
        )
        try:
            if not (help_center and export):  # an export takes from its own limit, which is the Help Center's
                limits.take(account, "account")
            reply = answer(caller)
        except Refusal as refusal:
            reply = refusal.reply
        own = limits.bucket_of(export) if export else None
        reply.headers.update(limits.headers(None if help_center and export else account, own))
        return reply
