# SPDX-License-Identifier: Apache-2.0
"""Tables of query engines that refer to the files of committed windows."""

from __future__ import annotations
