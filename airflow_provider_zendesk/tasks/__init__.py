# SPDX-License-Identifier: Apache-2.0
"""What a task does when it runs. Operators import it then, so that a DAG file loads none of the libraries it needs."""

from __future__ import annotations
