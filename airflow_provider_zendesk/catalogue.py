# SPDX-License-Identifier: Apache-2.0
"""What any dataset with windows of its own has in common, whether it is exported, listed or derived."""

from __future__ import annotations

from typing import Protocol

from airflow_provider_zendesk.derived import DERIVED
from airflow_provider_zendesk.reference_data import REFERENCE_LISTS, get_list, is_list
from airflow_provider_zendesk.resources import RESOURCES, Deletion, get_resource, is_resource


class Rows(Protocol):
    """How the rows of a dataset are read back."""

    @property
    def name(self) -> str:
        """Its name, which is also the name of its folder."""

    @property
    def id(self) -> str | None:
        """The field that, together with the sort key, identifies a row; None if only the whole row does."""

    @property
    def sort_key(self) -> str | None:
        """The field that decides to which window a row belongs; None if each window has the whole list."""

    @property
    def sort_key_in_docs(self) -> str | None:
        """The field used instead by rows in the format that Zendesk's reference shows."""

    @property
    def deletion(self) -> Deletion | None:
        """How a row shows that its record was deleted."""

    @property
    def zoneless(self) -> bool:
        """The sort key is text without a time zone and means UTC."""


def get_rows(name: str) -> Rows:
    """
    Return the entry of a resource, a list or a derived dataset.

    :raises ValueError: for an unknown name; the message lists the known ones.
    """
    if name in DERIVED:
        return DERIVED[name]
    if is_resource(name):
        return get_resource(name)
    if is_list(name):
        return get_list(name)
    known = (*RESOURCES, "custom_objects/<key>", *REFERENCE_LISTS, "custom_object_fields/<key>", *DERIVED)
    raise ValueError(f"unknown resource {name!r}; choose one of: {', '.join(known)}")


def is_known(name: str) -> bool:
    """Return True if there can be windows of this name."""
    try:
        get_rows(name)
    except ValueError:
        return False
    return True
