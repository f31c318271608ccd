# SPDX-License-Identifier: Apache-2.0
"""The limits that an export keeps by itself. They are no arguments of any operator; tests make them smaller."""

from __future__ import annotations

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """
    The limits of one export.

    :param part_records: a part ends after so many rows, ...
    :param part_bytes: ... or with the row that brings it to so many bytes before compression.
    :param block_bytes: a part is compressed in blocks of so many bytes before compression; its bytes depend on it.
    :param put_attempts: how often an exclusive put, or a put to a local folder, is tried.
    :param put_pause: seconds between two attempts at an exclusive put.
    :param concurrency: commits that may overlap, where the store's driver allows it.
    :param checkpoint_pages: a checkpoint is taken after so many pages, ...
    :param checkpoint_seconds: ... or after so many seconds, with the next page.
    :param checkpoint_age: an older checkpoint is ignored, in seconds. Zendesk does not say how long a cursor lasts.
    :param rounds: how often an export starts again because other runs replaced its windows.
    :param connect_timeout: seconds to connect.
    :param read_timeout: seconds between two reads of an answer. Zendesk's gateway gives up on a slow page after about a
        minute and answers 504.
    :param answer_timeout: seconds for a whole answer, although no single read times out. Singer's tap-zendesk uses the
        same.
    :param body_bytes: of an answer on the wire, at most. A page has at most 1,000 records; with heavy ones it has some 10 MB
        before compression.
    :param body_text: bytes of an answer after decompression, at most.
    :param body_ratio: how much larger decompression may make an answer of more than 32 MiB. Pages shrink to about a tenth;
        only what was made to fill memory shrinks to a thousandth.
    :param clock_difference: seconds between Zendesk's clock and this machine's, at most. Windows are closed by Zendesk's
        clock; a time zone that was set wrong makes less than a day.
    :param request_attempts: how often a call is tried that fails transiently.
    :param longest_backoff: seconds between two of them, at most.
    """

    part_records: int = 50_000
    part_bytes: int = 64 * 2**20
    block_bytes: int = 2**20
    put_attempts: int = 5
    put_pause: float = 0.2
    concurrency: int = 8
    checkpoint_pages: int = 10
    checkpoint_seconds: float = 60.0
    checkpoint_age: float = 7 * 86400.0
    rounds: int = 5
    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    answer_timeout: float = 300.0
    clock_difference: float = 86_400.0
    body_bytes: int = 64 * 2**20
    body_text: int = 256 * 2**20
    body_ratio: int = 100
    request_attempts: int = 6
    longest_backoff: float = 20.0

    @property
    def timeout(self) -> tuple[float, float]:
        """The timeouts of a request, as ``requests`` takes them."""
        return self.connect_timeout, self.read_timeout


DEFAULT_POLICY = Policy()
