# SPDX-License-Identifier: Apache-2.0
"""One reader reads one resource of the month, in one format and in one way."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from tests.readers.month import id_field

if TYPE_CHECKING:
    from types import ModuleType

    from tests.readers.month import Month

READERS = ("duckdb", "polars", "pyarrow", "pandas", "pyspark")
WAYS = ("glob", "Lake.files")
# What a reader may fail with where the types of JSON Lines differ between rows; a wrong number of rows never is one of them.
REFUSALS = {"polars": ("SchemaError", "ComputeError"), "pyarrow": ("ArrowInvalid",)}
_LONGEST = 110


class Outcome(NamedTuple):
    """
    What a reader made of a resource.

    :param is_right: it read all the rows, and nothing else.
    :param refused: the kind of its error; empty if it had none.
    :param reason: what the error says.
    """

    is_right: bool
    refused: str = ""
    reason: str = ""


def module(reader: str) -> ModuleType:
    return import_module(f"tests.readers.with_{reader}")


def missing(reader: str) -> str:
    """Return what the reader lacks here; empty if it can run."""
    check = getattr(module(reader), "missing", None)
    return check() if check else ""


def title(reader: str) -> str:
    return f"{reader} {version(reader)}"


def read(reader: str, month: Month, suffix: str, name: str, way: str) -> Outcome:
    """Let a reader read a resource, and compare what it read with the manifests and the truth."""
    files = month.glob(suffix, name) if way == "glob" else month.files(suffix, name)
    truth, field = sorted(month.truth[name]), id_field(name)
    assert month.records(suffix, name) == len(truth) > 0
    try:
        if suffix == "parquet":
            return Outcome(sorted(module(reader).parquet_rows(files, field)) == truth)
        return Outcome(sorted(module(reader).json_ids(files, field)) == sorted(one for one, _ in truth))
    except Exception as error:  # its kind and text are the result
        return Outcome(False, type(error).__name__, _reason(str(error)))


def _reason(message: str) -> str:
    """Return what an error says about the rows: its first line, or what follows the path of the file."""
    text = message.strip().splitlines()[0].rpartition("JSON parse error: ")[2]
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
