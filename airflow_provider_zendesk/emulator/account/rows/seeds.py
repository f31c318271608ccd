# SPDX-License-Identifier: Apache-2.0
"""Pseudo-random numbers and strings computed from a seed, so that a record's row is always the same."""

from __future__ import annotations

import time
from functools import lru_cache

DAY = 86_400
MASK = (1 << 64) - 1
GOLDEN, STEP = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95  # odd constants that spread consecutive numbers
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # the alphabet of ULIDs

SITE = b"https://emulator.zendesk.com"  # not the emulator's address, so that rows do not depend on its port


def mix(seed: int, number: int) -> int:
    """A 64-bit hash of two numbers (the last steps of splitmix64)."""
    mixed = (seed * GOLDEN + number * STEP + STEP) & MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
    return mixed ^ mixed >> 31


def varying_bits(fixed: int, revision: int) -> int:
    """32 bits that change with each revision of a record, from the 64 bits that never change."""
    return (fixed ^ revision * GOLDEN) * STEP >> 24 & 0xFFFFFFFF


def encoded_id(number: int) -> bytes:
    """Similar to Zendesk's ``encoded_id``, such as ``4KLEJ7-WQ2PX``."""
    text = b"%012X" % (number & 0xFFFFFFFFFFFF)
    return text[:6] + b"-" + text[6:]


def uuid_text(seed: int, number: int) -> str:
    """Similar to the ids of routing attributes, such as ``15821cba-7326-11e8-b07e-950ba849aa27``."""
    digits = f"{mix(seed, number):016x}{mix(seed, ~number):016x}"
    return f"{digits[:8]}-{digits[8:12]}-11e8-{digits[16:20]}-{digits[20:]}"


def ulid_text(seed: int, number: int) -> str:
    """Similar to a ULID: ``01J`` and 23 more characters, but unrelated to the order of the numbers."""
    bits = mix(seed, number) << 64 | mix(seed, ~number)
    return "01J" + "".join(CROCKFORD[bits >> shift & 31] for shift in range(0, 115, 5))


def timestamp(epoch: int) -> bytes:
    """``2026-11-21T12:00:00Z`` of an epoch second."""
    day, second = divmod(epoch, DAY)
    minute, second = divmod(second, 60)
    return b"%sT%02d:%02d:%02dZ" % (_date(day), minute // 60, minute % 60, second)


@lru_cache(maxsize=4096)
def _date(day: int) -> bytes:
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY)).encode()
