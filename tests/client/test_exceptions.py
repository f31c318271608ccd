# SPDX-License-Identifier: Apache-2.0
"""Errors cross process borders: Airflow's executors, multiprocessing and caches pickle them."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import pytest

from airflow_provider_zendesk.exceptions import ZendeskError, ZendeskStartTimeTooRecentError

# One value for each type that a constructor here asks for.
VALUES: dict[str, Any] = {
    "str": "text",
    "str | None": "30",
    "int": 429,
    "float": 1795262400.5,
    "bool": True,
    "Exception": PermissionError("no"),
}


def kinds(base: type[ZendeskError] = ZendeskError) -> list[type[ZendeskError]]:
    """Every error of the package."""
    return [base, *(kind for child in base.__subclasses__() for kind in kinds(child))]


def an_error(kind: type[ZendeskError]) -> ZendeskError:
    """One that every argument of its constructor is given to."""
    if kind.__init__ in (Exception.__init__, ValueError.__init__):
        return kind("what happened, and the way out")
    given = inspect.signature(kind).parameters.values()
    values = {parameter.name: VALUES[parameter.annotation] for parameter in given}
    by_position = [values[each.name] for each in given if each.kind is not each.KEYWORD_ONLY]
    by_name = {each.name: values[each.name] for each in given if each.kind is each.KEYWORD_ONLY}
    return kind(*by_position, **by_name)


@pytest.mark.parametrize("kind", sorted(set(kinds()), key=lambda kind: kind.__name__))
def test_each_comes_out_of_a_pickle_as_it_went_in(kind):
    error = an_error(kind)
    error.tell("gave up after 6 attempts in 31 s")
    error.added_later = {"server_time": 1795262400.0}
    same = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert type(same) is kind
    assert (str(same), same.args) == (str(error), error.args)
    assert vars(same) == vars(error)
    assert same.retryable == error.retryable


def test_what_is_set_after_it_was_made_goes_along():
    error = ZendeskStartTimeTooRecentError("too recent", status=400)
    error.server_time = 1795262400.0
    assert pickle.loads(pickle.dumps(error)).server_time == 1795262400.0  # noqa: S301  # our own
