# SPDX-License-Identifier: Apache-2.0
"""How bodies are decompressed, and which of them are failures."""

from __future__ import annotations

import gzip
import io
import json
import random
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import DecodeError
from urllib3.response import GzipDecoder

from airflow_provider_zendesk.client.body import inflate
from airflow_provider_zendesk.exceptions import ZendeskConnectionError, ZendeskGarbledError
from tests.client.stub import DATE, Canned
from tests.client.test_client import EMPTY_PAGE, PATH, get_page

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
