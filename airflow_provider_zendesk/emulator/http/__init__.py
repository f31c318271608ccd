# SPDX-License-Identifier: Apache-2.0
"""HTTP on the loopback interface: the server, its messages, and answers whose delivery fails."""

from __future__ import annotations
