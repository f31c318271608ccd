# SPDX-License-Identifier: Apache-2.0
"""
The least that any exporter of gzipped JSON Lines does, with the fastest libraries there are for it.

It downloads each page, inflates it, splits it into rows, reads the keys of the rows, and deflates the rows again. It
proves nothing: no windows, no manifests, no retries.
"""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import msgspec
from isal import isal_zlib

from tests.benchmarks.meter import main

GZIP = 31
LEVEL = 0


class Rows(msgspec.Struct):
    tickets: list[msgspec.Raw]
    after_cursor: str
    end_of_stream: bool


class Key(msgspec.Struct, gc=False):
    id: int
    generated_timestamp: int


class Keys(msgspec.Struct):
    tickets: list[Key]


def export(url: str, token: str, root: str, start: int) -> int:
    rows_of, keys_of = msgspec.json.Decoder(Rows).decode, msgspec.json.Decoder(Keys).decode
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    compressor = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, GZIP)
    position: dict[str, str | int] = {"start_time": start}
    records = 0
    with Path(root, "tickets.jsonl.gz").open("wb") as file:
        while True:
            query = urlencode({"support_type_scope": "all", **position})
            connection.request("GET", f"/api/v2/incremental/tickets/cursor.json?{query}", headers=headers)
            body = isal_zlib.decompress(connection.getresponse().read(), wbits=GZIP)
            page, keys = rows_of(body), keys_of(body)
            records += len(keys.tickets)
            file.write(compressor.compress(b"\n".join([*page.tickets, b""])))
            if page.end_of_stream:
                file.write(compressor.flush())
                return records
            position = {"cursor": page.after_cursor}


if __name__ == "__main__":
    main(export)
