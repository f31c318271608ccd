# SPDX-License-Identifier: Apache-2.0
"""What is kept in storage: names, documents and the commit protocol. No Zendesk and no Airflow here."""

from __future__ import annotations
