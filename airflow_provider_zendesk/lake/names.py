# SPDX-License-Identifier: Apache-2.0
"""
Names of objects below a root. Anyone who can write to a lake chooses names in it, so each is checked before it is used.
"""

from __future__ import annotations

import re

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.quoting import quoted

# Control characters, line separators, and empty parts, "." or "..", of which an absolute name has one too.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|(?:^|/)\.{0,2}(?:/|$)")


def is_safe(name: str) -> bool:
    """Return True if a name can only be that of something below the root."""
    return _UNSAFE.search(name) is None


def check_safe(name: str) -> None:
    """
    Refuse a name that could lead out of the root.

    :raises ExportStorageError: if it is absolute, or has control characters, empty parts, ``.`` or ``..``.
    """
    if not is_safe(name):
        raise ExportStorageError(
            f"'{quoted(name, 200)}' is not the name of an object below the root: it is absolute, or it has control characters, "
            "empty parts, '.' or '..'. Nothing was read or written there"
        )
