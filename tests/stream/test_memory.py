# SPDX-License-Identifier: Apache-2.0
"""Whatever an answer is, the process takes no more memory than for the largest page; here it could not."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk import exceptions
from tests.client.raw import RawServer
from tests.client.test_body import BOMB, HEAD, MIB, chunks
from tests.mutations import TEXTS, mutated
from tests.stream.test_mutated_answers import GZIP, ROWS, answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MEMORY = 2**30
HALF = 32 * MIB  # a body of which twice as much would be refused for its size alone
ROW = b'{"id":1,"generated_timestamp":1},'
REFUSED, GARBLED = "ZendeskResponseError", "ZendeskGarbledError"


def outcomes(answers: list[Iterable[bytes]]) -> list[str]:
    """Return what a process with little memory makes of each answer: the number of rows, or an error's type."""
    left = iter(answers)
    with RawServer(lambda: next(left)) as server:
        command = [
            sys.executable,
            "-m",
            "tests.stream.memory_child",
            server.url,
            str(len(answers)),
            str(MEMORY),
        ]
        child = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert child.returncode == 0, child.stderr[-2000:]
    return child.stdout.split()


def page(start: bytes, many: bytes, *, size: int = HALF, status: str = "200 OK") -> Iterable[bytes]:
    """Return an answer of some size that consists of the same text again and again."""
    piece = many * (MIB // len(many))
    head = (HEAD % "identity").replace("200 OK", status).encode()
    return chain([head], chunks(chain([start], repeat(piece, size // len(piece)))), [b"0\r\n\r\n"])


def gzipped(pieces: Iterable[bytes]) -> Iterable[bytes]:
    return chain([(HEAD % "gzip").encode()], chunks(pieces), [b"0\r\n\r\n"])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(lambda: gzipped([BOMB]), REFUSED, id="a bomb"),
        pytest.param(lambda: gzipped(repeat(BOMB)), REFUSED, id="endless bombs"),
        pytest.param(lambda: page(b" ", b" ", size=2**40), REFUSED, id="endless"),
        pytest.param(lambda: page(b'{"tickets":', b"["), REFUSED, id="deep"),
        pytest.param(lambda: page(b'{"tickets":[', ROW), GARBLED, id="a million rows, and no end"),
        pytest.param(lambda: page(b'{"tickets":[', ROW, size=60 * MIB), GARBLED, id="two million rows, and no end"),
        pytest.param(lambda: page(b'{"tickets":[', b"{},"), REFUSED, id="empty rows"),
        pytest.param(lambda: page(b'{"users":[', b"1,"), REFUSED, id="numbers"),
        pytest.param(lambda: page(b'{"error":[', b"[],", status="500 Oops"), "ZendeskServerError", id="an error"),
        pytest.param(
            lambda: gzipped([gzip.compress(b'{"tickets":[' + ROW * 7_500_000, 1), bytes(3 * MIB)]), REFUSED, id="as many rows as possible"
        ),
    ],
)  # fmt: skip
def test_a_hostile_answer_is_refused(answer: Callable[[], Iterable[bytes]], outcome: str) -> None:
    assert outcomes([answer()]) == [outcome]


def test_mutated_answers_are_the_truth_or_refused() -> None:
    rng = random.Random(13)
    steps = [
        [(rng.randrange(2**20), rng.choice([0, 1, 5, 40]), rng.choice([None, *TEXTS])) for _ in range(3)]
        for _ in range(500)
    ]
    found = outcomes([[mutated(answer_of(GZIP, "gzip"), one)] for one in steps])
    assert len(found) == len(steps)
    for one in set(found) - {str(len(ROWS))}:
        assert issubclass(getattr(exceptions, one), exceptions.ZendeskError)
