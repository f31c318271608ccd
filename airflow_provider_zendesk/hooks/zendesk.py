# SPDX-License-Identifier: Apache-2.0
"""Creates a client for one Zendesk account from an Airflow connection."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from airflow.providers.http.hooks.http import HttpHook

from airflow_provider_zendesk.client.auth import AccountAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.client.errors import api_error
from airflow_provider_zendesk.client.reachability import hint_of_scheme
from airflow_provider_zendesk.client.session import AccountSession
from airflow_provider_zendesk.client.waiting import patiently, sleep_until
from airflow_provider_zendesk.diagnosis.account_checks import check_account, check_user, who
from airflow_provider_zendesk.diagnosis.report import Check, Diagnosis
from airflow_provider_zendesk.diagnosis.storage_checks import check_storage
from airflow_provider_zendesk.exceptions import (
    ZendeskAuthError,
    ZendeskConnectionError,
    ZendeskError,
    ZendeskResponseError,
)
from airflow_provider_zendesk.get_provider_info import CONN_FIELDS, DEFAULT_CONN_ID, UI_FIELD_BEHAVIOUR
from airflow_provider_zendesk.hooks.credentials import account_of, auth_of
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.resources import RESOURCES, get_resource
from airflow_provider_zendesk.runtime.root import open_root
from airflow_provider_zendesk.stream.page import PageDecoder
from airflow_provider_zendesk.stream.stream import Stream
from airflow_provider_zendesk.window import TimeLike, epoch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from requests import PreparedRequest, Response, Session

    from airflow_provider_zendesk.resources import Pagination
    from airflow_provider_zendesk.stream.page import Page

# For somebody who looks at a form and waits.
_TEST_POLICY = Policy(connect_timeout=3.0, read_timeout=5.0, answer_timeout=8.0, request_attempts=2)
_PROBED = "tickets"
_PROBED_AGE = 120


class ZendeskHook(HttpHook):
    """
    Talks to one Zendesk account, with the credentials of an Airflow connection.

    The connection's type does not matter, so a connection made for the official provider works too. The first of these
    that the connection has is used: extras ``client_id`` and ``client_secret`` (OAuth client credentials, recommended);
    ``oauth_token``; ``token`` (an API token, with its e-mail as login; or in the password field, with ``use_token``);
    password. Other extras are ignored and never sent as headers.

    :param zendesk_conn_id: the connection.
    :param rate_limit_reserve: calls per minute to leave for everything else that uses the account.
    """

    conn_name_attr = "zendesk_conn_id"
    default_conn_name = DEFAULT_CONN_ID
    conn_type = "zendesk_api"
    hook_name = "Zendesk (incremental export)"

    def __init__(self, zendesk_conn_id: str = default_conn_name, *, rate_limit_reserve: int = 0) -> None:
        super().__init__(method="GET", http_conn_id=zendesk_conn_id)
        self.zendesk_conn_id = zendesk_conn_id
        self.rate_limit_reserve = rate_limit_reserve

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return how Airflow 2's connection form shows the standard fields. Airflow 3 uses get_provider_info instead."""
        behaviour = dict(UI_FIELD_BEHAVIOUR)
        return {name.replace("-", "_"): value for name, value in behaviour.items()}

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the extra fields of Airflow 2's connection form. Airflow 3 uses get_provider_info instead."""
        from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
        from wtforms import BooleanField, PasswordField, StringField

        def field(label: str, schema: dict[str, Any]) -> Any:
            if "boolean" in schema["type"]:
                return BooleanField(label)
            if schema.get("format") == "password":
                return PasswordField(label, widget=BS3PasswordFieldWidget())
            return StringField(label, widget=BS3TextFieldWidget())

        return {name: field(entry["label"], entry["schema"]) for name, entry in CONN_FIELDS.items()}

    @cached_property
    def client(self) -> ZendeskClient:
        """
        The client for the connection's account; all its calls share one session.

        :raises ValueError: if the connection has no valid host or no credentials.
        """
        return self._new_client(DEFAULT_POLICY)

    def _new_client(self, policy: Policy) -> ZendeskClient:
        connection = self.get_connection(self.zendesk_conn_id)
        account = account_of(connection)
        self.base_url = account.origin
        session = AccountSession()
        self._configure_session_from_mount_adapters(session)
        client = ZendeskClient(account, session, reserve=self.rate_limit_reserve, policy=policy)
        return client.authenticate(auth_of(connection, account, client.mint))

    @property
    def account(self) -> str:
        """The account's host: ``acme.zendesk.com``."""
        return self.client.account.name

    def get_conn(
        self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None
    ) -> Session:
        """
        Return the client's session, which signs requests to the connection's account and to no other origin.

        All calls share it, so ``headers`` are not added to it; :meth:`run` sends them with its own request.
        """
        self.merged_extra = {
            "timeout": self.client.policy.timeout,
            **(extra_options or {}),
            "allow_redirects": False,
        }
        self.client.sign_in()
        return self.client.session

    def run_and_check(
        self, session: Session, prepped_request: PreparedRequest, extra_options: dict[Any, Any]
    ) -> Any:
        """
        Send a request that :meth:`run` prepared, and retry it with a new token if Zendesk refuses the current one.

        :raises ZendeskApiError: if the answer is not a success.
        """
        try:
            return super().run_and_check(session, prepped_request, extra_options)
        except ZendeskAuthError:
            auth = session.auth
            if not (isinstance(auth, AccountAuth) and auth.renew()):
                raise
            self.client.sign_in()
            return super().run_and_check(session, auth(prepped_request), extra_options)

    def url_from_endpoint(self, endpoint: str | None) -> str:
        """Return the URL of a path relative to the account's root; refuse an absolute URL."""
        if "://" in (endpoint or ""):
            raise ValueError(
                f"endpoint {endpoint!r} is a URL; give only its path: the host is always {self.client.account.origin}"
            )
        return f"{self.client.account.origin}/{(endpoint or '').lstrip('/')}"

    def check_response(self, response: Response) -> None:
        """
        Raise the typed error for an answer that is not a success, without logging its body.

        :raises ZendeskApiError: its message says what to change.
        """
        if response.status_code // 100 != 2:
            raise api_error(
                response,
                response.content,
                account=self.client.account,
                server_time=0,
                advice=AccountAuth.advice,
                show=self.client.show,
            )

    def pages(
        self,
        resource: str,
        start_time: TimeLike,
        end_time: TimeLike = None,
        *,
        pagination: Pagination | None = None,
        per_page: int | None = None,
        include: Sequence[str] | None = None,
        **parameters: str | bool | None,
    ) -> Iterator[Page]:
        """
        Read a resource's export page by page, and sleep when a rate limit requires it.

        Stops at the end of the stream or after the first page that passes ``end_time``. Pages are complete, so they may
        contain rows outside the bounds. Unlike the export operator, this does not wait until the window is complete.

        :param resource: its name in the catalogue.
        :param start_time: datetime, ISO 8601 or UTC epoch seconds; inclusive.
        :param end_time: in the same forms; exclusive. None: read to the end of the stream.
        :param pagination: ``"cursor"`` or ``"time"``; None means the best one the resource has.
        :param per_page: records per page.
        :param include: names of sideloads; None means the catalogue's default.
        :param parameters: other parameters of the resource, such as ``exclude_deleted``; None means the catalogue's default.
        :raises ValueError: for a value the resource does not accept.
        :raises ZendeskError: if Zendesk refuses, or retries do not help.
        """
        entry = get_resource(resource)
        start, end = _start(start_time), epoch(end_time, "end_time")
        endpoint = entry.endpoint(pagination)
        query = entry.query(endpoint, per_page=per_page, include=include, **parameters)
        stream = Stream(self.client, entry, endpoint, query, start, ordered=entry.ordered)
        while not stream.ended:
            page = patiently(stream.fetch, sleep_until)
            taken = stream.advance(page)
            page.rows = taken.rows + taken.backward
            yield page
            if end is not None and stream.order_trusted and page.passes(int(end)):
                return
            if stream.stands:
                patiently(stream.look_after, sleep_until)

    def records(
        self, resource: str, start_time: TimeLike, end_time: TimeLike = None, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """
        Read a resource's export record by record, for ``@task`` code. Arguments and errors are those of :meth:`pages`.

        :return: the parsed records with a sort key in ``[start_time, end_time)``; only one page is in memory at a time.
        """
        start, end = _start(start_time), epoch(end_time, "end_time")
        end = None if end is None else int(end)
        for page in self.pages(resource, start_time, end_time, **parameters):
            for row in page.rows:
                # Real accounts also return ticket events from before start_time.
                if start <= row.sort_key and (end is None or row.sort_key < end):
                    yield _parsed(row.raw)

    def sample(self, resource: str, start_time: TimeLike) -> list[dict[str, Any]]:
        """
        Return up to 50 records from a given time on. It shows what records look like and is not an export.

        Zendesk allows 10 such calls in 20 minutes; they do not count against the rate limit of exports.

        :param resource: ``tickets``, ``ticket_events``, ``users`` or ``organizations``.
        :param start_time: datetime, ISO 8601 or UTC epoch seconds; inclusive.
        :raises ValueError: for a resource without a sample export.
        :raises ZendeskError: if Zendesk refuses, or retries do not help.
        """
        entry = get_resource(resource)
        path = entry.sample
        if path is None:
            offered = [name for name, other in RESOURCES.items() if other.sample]
            raise ValueError(
                f"resource {resource!r} has no sample export; these resources have one: {', '.join(offered)}"
            )
        query = {"start_time": _start(start_time)}
        decode = PageDecoder(entry, entry.endpoint(), query)
        page = patiently(lambda: self.client.get(path, query, decode), sleep_until)
        return [_parsed(row.raw) for row in page.rows]

    def doctor(self, path: str | None = None) -> Diagnosis:
        """
        Try what exports need: credentials, role, scope, clock, resources, rate limits and, if a path is given, the storage.

        It makes about 20 calls, and writes only below ``_doctor`` in the path, which it removes.

        :param path: the root of the export.
        :return: what was found and what to change; it raises no error for what is wrong.
        """
        try:
            with self._new_client(_TEST_POLICY) as client:
                return Diagnosis(client.account.name, path, tuple(_diagnosed(client, path)))
        except ValueError as error:
            check = Check("connection", "error", str(error), "complete the connection")
            return Diagnosis(None, path, (check,))

    def test_connection(self) -> tuple[bool, str]:
        """
        Check that the connection can export: its user is an admin, and an export can be read.

        Somebody waits for the result, so it gives up after seconds, not minutes.

        :return: whether it can, and what was found or what to fix.
        """
        try:
            with self._new_client(_TEST_POLICY) as client:
                return _tested(client)
        except ZendeskConnectionError as error:
            return False, f"{error}{hint_of_scheme(client.account)}"
        except (ValueError, ZendeskError) as error:
            return False, str(error)


def _diagnosed(client: ZendeskClient, path: str | None) -> Iterator[Check]:
    yield from check_account(client)
    if path is not None:
        try:
            root = open_root(path)
        except (ValueError, ImportError) as error:
            yield Check("storage", "error", str(error), "give another path, or install the storage's driver")
            return
        yield from check_storage(root.storage)


def _tested(client: ZendeskClient) -> tuple[bool, str]:
    """
    Return whether a client's credentials can export, and what was found or what to fix.

    :raises ZendeskError: if Zendesk refuses, or cannot be reached.
    """
    user, _, server_time = who(client)
    checked = check_user(client, user)
    if checked.severity == "error":
        return False, f"{checked.found}; {checked.change}"
    entry = get_resource(_PROBED)
    endpoint = entry.endpoint()
    query = {**entry.query(endpoint, per_page=1), "start_time": int(server_time) - _PROBED_AGE}
    client.get(endpoint.path, query, lambda answer: None, retry_slow=False)
    return True, f"{checked.found} and can read its exports"


def _parsed(raw: msgspec.Raw) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError:
        # The record contains a lone surrogate, which msgspec refuses; see surrogates.py.
        return _parsed_with_surrogates(bytes(raw))


def _parsed_with_surrogates(raw: bytes) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(raw)
    except ValueError:
        raise ZendeskResponseError(
            "a record has a number of thousands of digits, which Python does not read; use pages(), whose rows have the "
            "record's bytes"
        ) from None
    return record


def _start(start_time: TimeLike) -> int:
    """Return UTC epoch seconds."""
    start = epoch(start_time, "start_time")
    if start is None:
        raise ValueError("start_time is missing; give a datetime, ISO 8601 text or epoch seconds")
    return int(start)
