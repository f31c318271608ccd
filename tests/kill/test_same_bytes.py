# SPDX-License-Identifier: Apache-2.0
"""
A retry is another process; it has to write the bytes that the killed one would have written.

``make test`` compares 20 processes, ``make test-kill`` 600: with isal's level 1, about one in a hundred differs.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

PROCESSES = 600 if os.environ.get("ZENDESK_KILL_ALL") else 20
COMPRESS = """
import hashlib, sys
from airflow_provider_zendesk.lake.formats.json_lines import GzipWriter
from airflow_provider_zendesk.policy import Policy

writer = GzipWriter(Policy(block_bytes=4096))
parts = [*writer.write(sys.stdin.buffer.read().splitlines()), *writer.finish()]
print(hashlib.sha256(b"".join(part.data for part in parts)).hexdigest())
"""


def text() -> bytes:
    """Return half a megabyte of rows that are alike, as tickets are."""
    draw = random.Random(1)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randrange(3, 9))) for _ in range(400)]
    rows = (
        {
            "id": number,
            "subject": " ".join(draw.choices(words, k=6)),
            "description": " ".join(draw.choices(words, k=40)),
            "tags": draw.choices(words, k=4),
            "fields": [{"id": field, "value": draw.choice(words)} for field in range(8)],
        }
        for number in range(900)
    )
    return "\n".join(map(json.dumps, rows)).encode()


def test_the_compressed_bytes_are_the_same_in_every_process() -> None:
    rows = text()

    def digest(_: int) -> bytes:
        return subprocess.run(
            [sys.executable, "-c", COMPRESS], input=rows, stdout=subprocess.PIPE, check=True
        ).stdout

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(digest, range(PROCESSES)))) == 1
