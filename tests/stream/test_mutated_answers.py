# SPDX-License-Identifier: Apache-2.0
"""Whatever bytes come instead of a valid answer: the page is the truth, or there is an error of this package."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from isal import igzip

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.stream.stream import Stream
from tests.client.raw import RawServer
from tests.mutations import Mutation, mutated, mutations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = 1795132800
ROWS = [
    b'{"id":%d,"generated_timestamp":%d,"subject":"caf\xc3\xa9 \\ud83d\\ude80","tags":["a","b"]}' % (id_, START + id_)
    for id_ in range(1, 30)
]  # fmt: skip
PAGE = b'{"tickets":[%b],"after_url":null,"after_cursor":"MTc5NTEz","end_of_stream":true}' % b",".join(ROWS)
GZIP = igzip.compress(PAGE, 1)
EXAMPLES = settings(max_examples=max(200, settings.default.max_examples))
POLICY = Policy(request_attempts=1, read_timeout=5.0, answer_timeout=10.0)


def answer_of(body: bytes, encoding: str) -> bytes:
    """A valid answer, all of it: its checksum lets no change of the page pass."""
    lines = (
        "HTTP/1.1 200 OK",
        f"Date: {formatdate(usegmt=True)}",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Encoding: {encoding}",
        f"Content-Length: {len(body)}",
        "x-request-id: 5a7e-2",
        "x-rate-limit: 700",
        "x-rate-limit-remaining: 699",
        "zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=2",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture(scope="module")
def fetched() -> Iterator[Callable[[bytes], list[bytes] | ZendeskError]]:
    """Returns what a stream makes of an answer: the rows or the error."""
    with RawServer(lambda: []) as server:
        account = Account.at(server.url)

        def fetched(answer: bytes) -> list[bytes] | ZendeskError:
            server.answer = lambda: [answer]
            with ZendeskClient(account, policy=POLICY, sleep=lambda _: None) as client:
                client.authenticate(BearerAuth(account, "a-token-of-no-answer"))
                stream = Stream(client, TICKETS, TICKETS.endpoint(), {}, START, ordered=True)
                try:
                    return [bytes(row.raw) for row in stream.advance(stream.fetch()).rows]
                except ZendeskError as error:
                    return error

        yield fetched


def check(outcome: list[bytes] | ZendeskError) -> None:
    if isinstance(outcome, ZendeskError):
        assert str(outcome).isprintable()
        assert len(str(outcome)) < 3000
    else:
        assert outcome == ROWS


def test_the_answer_itself_is_the_truth(fetched):
    assert fetched(answer_of(GZIP, "gzip")) == ROWS
    assert fetched(answer_of(PAGE, "identity")) == ROWS


def test_so_it_is_where_requests_cannot_read_its_type(fetched):
    """As requests before 2.34 cannot."""
    check(fetched(answer_of(GZIP, "gzip").replace(b"charset=utf-8", b"charset")))


@EXAMPLES
@given(mutations)
def test_a_mutated_answer_is_the_truth_or_an_error_of_this_package(fetched, steps: list[Mutation]) -> None:
    check(fetched(mutated(answer_of(GZIP, "gzip"), steps)))


@EXAMPLES
@given(mutations)
def test_so_is_one_whose_head_is_mutated(fetched, steps: list[Mutation]) -> None:
    head, border, body = answer_of(GZIP, "gzip").partition(b"\r\n\r\n")
    check(fetched(mutated(head, steps) + border + body))


@EXAMPLES
@given(mutations)
def test_a_mutated_page_is_a_page_or_an_error_of_this_package(fetched, steps: list[Mutation]) -> None:
    """Without a checksum nobody can tell another letter from the truth, but it is a page of rows or it is refused."""
    outcome = fetched(answer_of(mutated(PAGE, steps), "identity"))
    if isinstance(outcome, ZendeskError):
        check(outcome)


@EXAMPLES
@given(st.binary(max_size=2000))
@example(b"")
@example(b"HTTP/1.1 200 OK\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")
@example(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n" + b"x" * 5000)
def test_random_bytes_are_an_error_of_this_package(fetched, answer: bytes) -> None:
    assert isinstance(fetched(answer), ZendeskError)
