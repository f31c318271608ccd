# SPDX-License-Identifier: Apache-2.0
"""
Asks for a page again and again in a process that may not take more memory.

``python -m tests.stream.memory_child URL ANSWERS BYTES`` prints a line an answer: the number of rows, or the error's type.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.stream.stream import Stream

POLICY = Policy(request_attempts=1, read_timeout=10.0, answer_timeout=60.0)


def main(url: str, answers: int, more: int) -> None:
    account = Account.at(url)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + more, taken + more))
    for _ in range(answers):
        with ZendeskClient(account, policy=POLICY, sleep=lambda _: None) as client:
            client.authenticate(BearerAuth(account, "a-token-of-no-answer"))
            stream = Stream(client, TICKETS, TICKETS.endpoint(), {}, 0, ordered=True)
            try:
                print(len(stream.advance(stream.fetch()).rows))
            except ZendeskError as error:
                print(type(error).__name__)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
