# SPDX-License-Identifier: Apache-2.0
"""The Zendesk a test starts: account, clock, credentials, faults and the log of what was asked."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account import Account
from airflow_provider_zendesk.emulator.auth import ADMIN, AGENT, API_TOKEN, USERS, Authority
from airflow_provider_zendesk.emulator.clock import Clock
from airflow_provider_zendesk.emulator.faults import Answer, Hangup, Plan, Rewrite
from airflow_provider_zendesk.emulator.limits import Limits
from airflow_provider_zendesk.emulator.records import Selection, TruthRow
from airflow_provider_zendesk.emulator.replies import Reply, Request
from airflow_provider_zendesk.emulator.server import LoopbackServer
from airflow_provider_zendesk.emulator.service import Service
from airflow_provider_zendesk.emulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType
    from typing import Self


@dataclass(frozen=True)
class LoggedRequest:
    """A request and what became of it; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int
    """0 if the connection was closed without an answer"""
    rows: int
    """records in the answer"""
    at: float
    """epoch seconds by the emulator's clock, on arrival"""


class ZendeskEmulator(Switches):
    """
    A Zendesk account on the loopback interface, as a context manager.

    The account is empty at first: fill it through :attr:`account`, or let a test do so while requests come in. The
    switches of :class:`Switches` are attributes of the emulator.

    :param seed: of the records' content
    :param now: epoch seconds at the start; None for the real time
    :param speed: seconds that pass for the emulator in one real second; 0 stops its clock
    :param host: a loopback address
    :param port: 0 for any that is free
    :param exports_per_minute: rate limit of the exports, twice as high for users by cursor; None for none
        (with one, samples have theirs, 10 calls in 20 minutes)
    :param requests_per_minute: rate limit of the whole account; None for none
    """

    admin_email = ADMIN.email
    password = ADMIN.password
    client_id = ADMIN.client_id
    client_secret = ADMIN.client_secret
    oauth_token = ADMIN.oauth_token
    agent_email = AGENT.email
    agent_password = AGENT.password
    agent_client_id = AGENT.client_id
    agent_client_secret = AGENT.client_secret
    agent_oauth_token = AGENT.oauth_token
    api_token = API_TOKEN

    def __init__(
        self,
        seed: int = 1,
        now: float | None = None,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        exports_per_minute: int | None = None,
        requests_per_minute: int | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self.clock = Clock(now, speed)
        self.account = Account(self.clock, self._lock, seed)
        self.url = ""
        self._authority = Authority(self.clock)
        self._limits = Limits(self.clock, requests_per_minute, exports_per_minute)
        self._service = Service(self.clock, self.account, self._authority, self._limits, self)
        self._server = LoopbackServer(self._serve, self.clock, host, port)
        self._forget()

    def _forget(self) -> None:
        """Empty the log, and drop what was decided about requests to come."""
        self._log: list[LoggedRequest] = []
        self._plans: deque[Plan] = deque()
        self._hook: Callable[[int], object] | None = None
        self._exports = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Serve; :attr:`url` is the origin from now on."""
        self.url = self._service.origin = self._server.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self._server.stop()

    def reset(self, seed: int = 1, now: float | None = None) -> None:
        """
        As if just started, at the same address: an empty account, nothing logged, no tokens issued, no faults.

        :param now: epoch seconds to set the clock to; None leaves it
        """
        with self._lock:
            if now is not None:
                self.clock.set(now)
            self.account.clear(seed)
            self._authority.reset()
            self._limits.clear()
            self.restore()
            self._forget()

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request answered so far, in the order of the answers."""
        with self._lock:
            return list(self._log)

    @property
    def export_requests(self) -> list[LoggedRequest]:
        """Those of :attr:`requests` that went to an incremental export."""
        return [logged for logged in self.requests if self._service.export(logged.method, logged.path)]

    def truth(
        self,
        start: int,
        end: int,
        at: float | None = None,
        exclude_deleted: bool = False,
        support_type_scope: str = "all",
        resource: str = "tickets",
        include: Collection[str] = (),
    ) -> list[TruthRow]:
        """
        What a correct export of ``[start, end)`` holds, in order of (sort key, number of the record).

        The last minute is not hidden here: it is what an export holds that waited long enough. The rows are the very
        bytes served, except that :attr:`pretty_rows` does not spread them.

        :param start: epoch second
        :param end: epoch second, not included
        :param at: as of this moment; None for now by the emulator's clock
        :param resource: such as ``users`` or ``custom_objects/<key>``
        :param include: sideloads asked for; those that come within a row are in its bytes
        """
        moment = math.floor(self.clock.now() if at is None else at)
        within = tuple(name for name in include if name != "metric_sets" or not self.metric_sets_on_top)
        selection = Selection(exclude_deleted, support_type_scope, within)
        return self.account.records(resource).truth(start, end, moment, selection)

    def revoke_tokens(self) -> None:
        """End every OAuth token issued so far; the static ones stay good."""
        with self._lock:
            self._authority.revoke_tokens()

    def answer_next(self, *plans: Plan) -> None:
        """
        Decide what becomes of the next export requests, in their order, after those already decided.

        :param plans: for a request each: None or a callable (run first, such as a change of the account) to be served
            normally, :class:`Answer`, :class:`Rewrite` or :class:`Hangup`
        """
        with self._lock:
            self._plans.extend(plans)

    def before_export(self, hook: Callable[[int], object] | None) -> None:
        """
        Call ``hook`` before each export request is served, with its number (from 0); None ends that.

        It runs in a thread of its own without a lock, so it may change the account, wait, or make requests itself;
        if it raises, the answer is a 500.
        """
        with self._lock:
            self._hook = hook

    def airflow_connection(self, credentials: str = "client_credentials", role: str = "admin") -> str:
        """
        An Airflow connection to this emulator, as JSON for ``AIRFLOW_CONN_ZENDESK_DEFAULT``.

        :param credentials: ``client_credentials``, ``oauth_token``, ``api_token`` or ``password``
        :param role: ``admin`` or ``agent``
        """
        user = USERS[role]
        fields: dict[str, dict[str, object]] = {
            "client_credentials": {
                "extra": {"client_id": user.client_id, "client_secret": user.client_secret}
            },
            "oauth_token": {"extra": {"oauth_token": user.oauth_token}},
            "api_token": {"login": user.email, "extra": {"token": API_TOKEN}},
            "password": {"login": user.email, "password": user.password},
        }
        return json.dumps({"conn_type": "zendesk_api", "host": self.url} | fields[credentials])

    async def _serve(self, request: Request) -> Reply | None:
        at = self.clock.now()
        plan = await self._prepare(request) if self._service.export(request.method, request.path) else None
        reply = self._reply(request, plan)
        with self._lock:
            self._log.append(
                LoggedRequest(
                    request.method,
                    request.path,
                    request.query,
                    request.headers,
                    reply.status if reply else 0,
                    reply.rows if reply else 0,
                    at,
                )
            )
        return reply

    async def _prepare(self, request: Request) -> Plan:
        """Run what a test wants to happen before this export request; returns what is to become of it."""
        with self._lock:
            number, hook = self._exports, self._hook
            self._exports += 1
            plan = self._plans.popleft() if self._plans else None
        if hook is not None:
            await asyncio.to_thread(hook, number)
        if callable(plan):
            await asyncio.to_thread(plan)
        return plan

    def _reply(self, request: Request, plan: Plan) -> Reply | None:
        if isinstance(plan, Hangup):
            return None
        if isinstance(plan, Answer):
            return Reply(plan.status, plan.body, dict(plan.headers), as_is=True)
        with self._lock:
            reply = self._service.answer(request)
        if isinstance(plan, Rewrite):
            reply.body = plan.change(reply.body)
        return reply
