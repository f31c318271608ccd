# SPDX-License-Identifier: Apache-2.0
"""The records' JSON rows. They are computed from the seed and the record's state on each request; none is stored."""

from __future__ import annotations
