# SPDX-License-Identifier: Apache-2.0
"""Bytes and documents that were valid until somebody changed them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

# What is put into a text: what paths, lines, JSON, numbers and decoders could stumble over.
TEXTS = [
    b"..",
    b"/",
    b"../victim/x",
    b"\n",
    b"\x1b[2J",
    b'"',
    b"{",
    b",",
    b"\xff",
    b"-",
    b"9" * 30,
    b"9" * 5000,
]
_VALUES = [
    *(text.decode("latin-1") for text in TEXTS),
    *("", "/tmp/evil", "tickets/../../victim/x", "2025-13-01T00:00:00Z", "users"),
    *(0, -1, 2**31, 2**63, 10**40, 1e300, True, None, [], {}, ["../victim/x"]),
]

Mutation = tuple[int, int, bytes | None]
"""Where, how many bytes, and what is there instead of them; None: the same twice."""

mutations = st.lists(
    st.tuples(
        st.integers(0, 2**20),
        st.sampled_from([0, 1, 1, 2, 5, 40, 2**20]),
        st.sampled_from([None, b"", *TEXTS]) | st.binary(max_size=3),
    ),
    min_size=1,
    max_size=4,
)


def mutated(text: bytes, steps: list[Mutation]) -> bytes:
    for place, length, put in steps:
        at = place % (len(text) + 1)
        old = text[at : at + length]
        text = text[:at] + (old * 2 if put is None else put) + text[at + length :]
    return text


def documents(valid: bytes) -> st.SearchStrategy[bytes]:
    """Return documents that are damaged, as bytes or in a value, and some that never were one."""
    values = st.tuples(st.integers(0, 2**10), st.sampled_from(_VALUES))
    return st.one_of(
        st.lists(values, min_size=1, max_size=3).map(lambda changes: _with_values(valid, changes)),
        mutations.map(lambda steps: mutated(valid, steps)),
        st.binary(max_size=200),
    )


def _with_values(valid: bytes, changes: list[tuple[int, Any]]) -> bytes:
    document = json.loads(valid)
    for number, value in changes:
        places = _places(document)
        container, key = places[number % len(places)]
        container[key] = value
    return json.dumps(document).encode()


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Return every value in a document, by the object or list that it is in and its key there."""
    keys = document.keys() if isinstance(document, dict) else range(len(document))
    found = [(document, key) for key in keys]
    for key in keys:
        if isinstance(document[key], dict | list):
            found += _places(document[key])
    return found
