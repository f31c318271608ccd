# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.quoting import LONGEST_QUOTE, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("Couldn't authenticate you", "Couldn't authenticate you", id="plain"),
        pytest.param("café 🚀", "café 🚀", id="beyond ASCII"),
        pytest.param("a\r\nWARNING forged", r"a\r\nWARNING forged", id="a forged log line"),
        pytest.param("\x1b[31mred", r"\x1b[31mred", id="an escape sequence"),
        pytest.param("a\u2028b\x85c", r"a\u2028b\x85c", id="line ends of Unicode"),
        pytest.param("txt.\u202eexe", r"txt.\u202eexe", id="writing from right to left"),
        pytest.param("half \ud83d", r"half \ud83d", id="a lone surrogate"),
        pytest.param("\x00\x7f", r"\x00\x7f", id="null and delete"),
        pytest.param("x" * 100_000, "x" * LONGEST_QUOTE, id="100 kB"),
        pytest.param("\n" * 100_000, r"\n" * (LONGEST_QUOTE // 2), id="100 kB of line feeds"),
    ],
)
def test_text_from_outside_is_one_printable_line(text, shown):
    assert quoted(text) == shown


@given(st.text(st.characters(codec=None)), st.integers(1, 50))
def test_it_is_never_longer_than_the_limit_nor_unprintable(text: str, limit: int) -> None:
    shown = quoted(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
    shown.encode()
