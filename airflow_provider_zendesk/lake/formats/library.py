# SPDX-License-Identifier: Apache-2.0
"""The libraries of the formats that only some exports use: imported when they are needed, with an error that says how."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# By module, the extra of this package that installs it.
_EXTRAS = {"zstandard": "zstd", "pyarrow": "parquet", "pyarrow.parquet": "parquet"}


def needed(module: str) -> Any:
    """
    Return a module.

    :raises ValueError: if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        extra = _EXTRAS[module]
        raise ValueError(
            f"this file format needs the library {module.partition('.')[0]}, which is not installed here ({error}); install "
            f"'airflow-provider-zendesk[{extra}]' on the workers"
        ) from None
