# SPDX-License-Identifier: Apache-2.0
"""Zendesk's API: from a request to its reply, with credentials and rate limits checked."""

from __future__ import annotations
