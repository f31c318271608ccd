# SPDX-License-Identifier: Apache-2.0
"""How bodies are decompressed, and which of them are failures."""

from __future__ import annotations

import gzip
import io
import json
import random
import tracemalloc
import zlib
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import DecodeError
from urllib3.response import GzipDecoder

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.body import BodyTooLargeError, inflate
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.exceptions import (
    ZendeskConnectionError,
    ZendeskGarbledError,
    ZendeskResponseError,
)
from airflow_provider_zendesk.policy import Policy
from tests.client.raw import RawServer
from tests.client.stub import DATE, Canned
from tests.client.test_client import EMPTY_PAGE, PATH, get_page

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTE = "".join(random.Random(1).choices("abcdé🚀", k=200_000))  # several pieces, even compressed
BODY = json.dumps({**EMPTY_PAGE, "note": NOTE}, ensure_ascii=False).encode()
GZIP = gzip.compress(BODY)


def sent(body: bytes, encoding: str | None) -> Canned:
    return Canned(200, body, {"Date": DATE} | ({} if encoding is None else {"Content-Encoding": encoding}))


def named() -> bytes:
    """The body as ``gzip`` writes it to a file: its header has a name and a time."""
    file = io.BytesIO()
    with gzip.GzipFile("page.json", "wb", fileobj=file) as target:
        target.write(BODY)
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(BODY, None, id="none"),
        pytest.param(BODY, "identity", id="identity"),
        pytest.param(GZIP, "gzip", id="gzip"),
        pytest.param(GZIP, "GZip", id="upper case"),
        pytest.param(GZIP, "x-gzip", id="x-gzip"),
        pytest.param(gzip.compress(GZIP), "gzip, gzip", id="gzip twice"),
        pytest.param(zlib.compress(BODY), "deflate", id="deflate"),
        pytest.param(named(), "gzip", id="with a file name"),
        pytest.param(gzip.compress(BODY[:100]) + gzip.compress(BODY[100:]), "gzip", id="two members"),
        pytest.param(GZIP + bytes(20), "gzip", id="zeros behind it"),
        pytest.param(GZIP + b"something else", "gzip", id="garbage behind it"),
    ],
)
def test_a_body_is_read_whatever_its_encoding(stub, stub_client, body, encoding):
    stub.answers[PATH] = [sent(body, encoding)]
    assert get_page(stub_client).size == len(BODY)
    assert len(stub.seen) == 1


@pytest.mark.parametrize(
    ("body", "encoding", "kind"),
    [
        pytest.param(GZIP[:-1], "gzip", ZendeskConnectionError, id="without the last byte"),
        pytest.param(GZIP[: len(GZIP) // 2], "gzip", ZendeskConnectionError, id="half of it"),
        pytest.param(GZIP[:3], "gzip", ZendeskConnectionError, id="less than a header"),
        pytest.param(GZIP[:-8] + bytes(8), "gzip", ZendeskConnectionError, id="another checksum"),
        pytest.param(BODY, "gzip", ZendeskConnectionError, id="not gzip"),
        pytest.param(b"", "gzip", ZendeskGarbledError, id="nothing"),
        pytest.param(GZIP, None, ZendeskGarbledError, id="gzip that is not announced"),
        pytest.param(GZIP, "rot13", ZendeskGarbledError, id="unknown encoding"),
        pytest.param(
            gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])[:-40],
            "gzip",
            ZendeskGarbledError,
            id="half of the second member",
        ),
    ],
)
def test_a_body_that_is_not_whole_is_asked_again(stub, stub_client, body, encoding, kind):
    stub.answers[PATH] = [sent(body, encoding), sent(GZIP, "gzip")]
    assert get_page(stub_client).size == len(BODY)
    assert len(stub.seen) == 2
    stub.answers[PATH] = [sent(body, encoding)]
    with pytest.raises(kind) as caught:
        get_page(stub_client)
    assert caught.value.retryable


def in_pieces(body: bytes, borders: set[int]) -> list[bytes]:
    bounds = sorted({0, *(border for border in borders if border < len(body)), len(body)})
    return [body[start:end] for start, end in pairwise(bounds)]


@given(
    st.lists(st.binary(max_size=200).map(gzip.compress), min_size=1, max_size=3).map(b"".join),
    st.binary(max_size=30),
    st.sets(st.integers(0, 700), max_size=10),
)
def test_whole_bodies_are_decompressed_as_urllib3_does(body: bytes, more: bytes, borders: set[int]) -> None:
    decoder = GzipDecoder()
    assert inflate(in_pieces(body + more, borders)) == decoder.decompress(body + more) + decoder.flush()


@given(st.binary(max_size=200), st.sets(st.integers(0, 200), max_size=10), st.data())
def test_no_body_that_was_cut_passes(text: bytes, borders: set[int], data: st.DataObject) -> None:
    whole = gzip.compress(text)
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    with pytest.raises(DecodeError, match="ends too soon"):
        inflate(in_pieces(cut, borders))


MIB = 2**20
HEAD = f"HTTP/1.1 200 OK\r\nDate: {DATE}\r\nContent-Encoding: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
SMALL = Policy(body_bytes=2 * MIB, body_text=40 * MIB, body_ratio=20, request_attempts=6)


def chunks(pieces: Iterable[bytes]) -> Iterable[bytes]:
    return (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def bomb(form: int) -> bytes:
    """1,000 MiB of zeros in a thousandth of that; without an end, which nobody should get to."""
    deflate = zlib.compressobj(9, wbits=form)
    first, again = (deflate.compress(bytes(MIB)) + deflate.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * 999


BOMB = bomb(31)


@pytest.mark.parametrize(
    ("encoding", "pieces", "says"),
    [
        pytest.param("gzip", [BOMB], "larger than 33554432 bytes when it is decompressed", id="a gzip bomb"),
        pytest.param(
            "deflate", [bomb(15)], "larger than 33554432 bytes when", id="a deflate bomb"
        ),
        pytest.param("gzip, gzip", [gzip.compress(BOMB)], "larger than 33554432 bytes", id="one in another"),
        pytest.param(
            "gzip",
            [gzip.compress(bytes(MIB)) * 1000],
            "larger than 33554432 bytes when it is decompressed",
            id="a thousand members",
        ),
        pytest.param("identity", repeat(b" " * MIB), "larger than 2097152 bytes, and", id="endless"),
        pytest.param(
            "gzip",
            chain([GZIP], repeat(bytes(MIB))),
            "larger than 2097152 bytes, and",
            id="endless zeros behind the member",
        ),
        pytest.param("rot13", repeat(b" " * MIB), "larger than 2097152 bytes, and", id="endless, unknown encoding"),
    ],
)  # fmt: skip
def test_a_body_larger_than_any_page_is_refused_once_and_takes_little_memory(encoding, pieces, says):
    answer = [(HEAD % encoding).encode(), *chunks(pieces), b"0\r\n\r\n"] if isinstance(pieces, list) else None
    with RawServer(lambda: answer or chain([(HEAD % encoding).encode()], chunks(pieces))) as server:
        account = Account.at(server.url)
        with ZendeskClient(account, policy=SMALL, sleep=lambda _: None) as client:
            tracemalloc.start()
            with pytest.raises(
                ZendeskResponseError, match=f"the answer of {server.url}{PATH} is {says}"
            ) as error:
                get_page(client, cursor="where-we-are")
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert answer or server.hung_up.wait(10)
    assert not error.value.retryable
    assert "where-we-are" not in str(error.value)
    assert len(server.received) == 1
    assert peak < 150 * MIB


@pytest.mark.parametrize("status", ["302 Found", "401 Unauthorized", "500 Oops"])
def test_so_is_that_of_an_answer_that_is_no_success(status):
    head = (HEAD % "identity").replace("200 OK", status + "\r\nLocation: https://other.example/")
    with RawServer(lambda: chain([head.encode()], chunks(repeat(b" " * MIB)))) as server:
        account = Account.at(server.url)
        with (
            ZendeskClient(account, policy=SMALL) as client,
            pytest.raises(ZendeskResponseError, match="larger than 2097152 bytes"),
        ):
            get_page(client)
        assert server.hung_up.wait(10)


def test_small_bodies_may_be_as_repetitive_as_they_like(stub, stub_client):
    body = json.dumps({**EMPTY_PAGE, "note": " " * 30 * MIB}).encode()
    stub.answers[PATH] = [sent(gzip.compress(body), "gzip")]
    assert get_page(stub_client).size == len(body)


@given(st.binary(max_size=200), st.integers(0, 200), st.sets(st.integers(0, 200), max_size=5))
def test_exactly_the_limit_passes(text: bytes, limit: int, borders: set[int]) -> None:
    pieces = in_pieces(gzip.compress(text), borders)
    if len(text) <= limit:
        assert inflate(pieces, limit) == text
    else:
        with pytest.raises(BodyTooLargeError):
            inflate(pieces, limit)
