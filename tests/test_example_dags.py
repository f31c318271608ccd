# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.examples import FOLDER, load_example


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_an_example_is_a_dag_that_says_what_it_does(name: str) -> None:
    module = load_example(name)
    assert module.dag.dag_id == name
    assert module.dag.task_ids
    assert module.dag.doc_md == module.__doc__
