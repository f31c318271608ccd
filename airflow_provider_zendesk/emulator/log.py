# SPDX-License-Identifier: Apache-2.0
"""What was asked and what became of it, for tests to count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LoggedRequest:
    """A request and what became of it; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int
    """0 if the connection was closed without an answer"""
    rows: int
    """records in the answer"""
    at: float
    """epoch seconds by the emulator's clock, on arrival"""
