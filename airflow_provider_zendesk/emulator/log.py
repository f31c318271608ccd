# SPDX-License-Identifier: Apache-2.0
"""The log of requests, for tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LoggedRequest:
    """A request and how it was answered; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int
    """0 if the connection was closed without a response"""
    rows: int
    """records in the answer"""
    at: float
    """when it arrived: epoch seconds by the emulator's clock"""
