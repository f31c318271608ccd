# SPDX-License-Identifier: Apache-2.0
"""How drivers upload: in one request up to a size, in several beyond, and what a death in the middle leaves."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.stores.child import content, is_whole
from tests.stores.conftest import Child
from tests.stores.proxy import Proxy
from tests.stores.server import Store
from tests.stores.test_contract import MIB, read, reads_during_puts

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.lake.storage import Storage

# In MiB, what each driver still puts in one request, and what it does not.
ONE_REQUEST = {"s3": 99, "gcs": 49, "abfs": 63}
SEVERAL = {"s3": 101, "gcs": 51, "abfs": 66}
# s3fs reads what is larger than 50 MiB in ranges, several at once, of what may be different objects by then.
IN_ONE_GET = {"s3": {"max_concurrency": 1}}


def uploads(proxy: Proxy) -> list[str]:
    return [request.path for request in proxy.requests if request.method in ("PUT", "POST")]


@pytest.mark.parametrize("exclusive", [False, True], ids=["put", "create"])
def test_an_object_goes_up_in_one_request(remote: Store, proxy: Proxy, exclusive: bool) -> None:
    storage = remote.through(proxy.url).storage()
    size = ONE_REQUEST[remote.protocol] * MIB
    if exclusive:
        assert storage.create("big", content(1, size))
    else:
        storage.put("big", content(1, size))
    assert len(uploads(proxy)) == 1
    assert remote.storage().get("big") == content(1, size)


def test_a_reader_never_sees_a_piece_or_a_mixture_of_a_large_object(remote: Store, proxy: Proxy) -> None:
    size = SEVERAL[remote.protocol] * MIB
    remote.through(proxy.url).storage().put("large", content(1, size))
    assert len(uploads(proxy)) > 1
    assert reads_during_puts(remote, size, 6, pause=1, **IN_ONE_GET.get(remote.protocol, {})) > 2


def test_an_exclusive_put_of_a_large_object_keeps_what_is_there(remote: Store, proxy: Proxy) -> None:
    storage = remote.through(proxy.url).storage()
    size = SEVERAL[remote.protocol] * MIB
    assert storage.create("large", content(1, size))
    if remote.protocol == "gcs":
        # The emulator overlooks the condition of an upload in several requests.
        assert "ifGenerationMatch=0" in uploads(proxy)[0]
        return
    assert not storage.create("large", content(2, size))
    assert storage.create("large", content(1, size))
    assert storage.get("large") == content(1, size)


def test_an_exclusive_put_whose_answer_was_lost_is_known_again(remote: Store, proxy: Proxy) -> None:
    storage = remote.through(proxy.url).storage()
    for number in range(5):
        proxy.lose_an_answer("POST" if remote.protocol == "gcs" else "PUT")
        assert storage.create(f"a/{number}", b"mine")
        assert not storage.create(f"a/{number}", b"other")
        assert storage.get(f"a/{number}") == b"mine"
    # Each was sent again, refused, and found to be ours.
    assert [request.status for request in proxy.requests if request.status in (409, 412)]


@pytest.mark.parametrize("old", [False, True], ids=["none before", "one before"])
@pytest.mark.parametrize("several", [False, True], ids=["one request", "several"])
def test_a_put_that_dies_leaves_the_old_object_or_the_new(
    remote: Store, proxy: Proxy, several: bool, old: bool
) -> None:
    size = SEVERAL[remote.protocol] * MIB if several else 24 * MIB
    storage = remote.storage(**IN_ONE_GET.get(remote.protocol, {}))
    behind = remote.through(proxy.url)
    for percent in (0, 1, 30, 60, 99, 100):
        name = f"a/{percent}"
        if old:
            storage.put(name, content(1, size))
        stopped = proxy.stop_at(max(1, size * percent // 100))
        child = Child(behind, "put", name, 2, size)
        assert stopped.wait(60)
        check_old_or_new(storage, name, size, old)
        child.send_signal(signal.SIGKILL)
        # When all bytes are through, the answer may be quicker than the kill.
        assert child.wait() == -signal.SIGKILL or percent == 100
        proxy.go_on()
        time.sleep(0.5)
        check_old_or_new(storage, name, size, old)
        storage.put(name, content(3, size))
        assert storage.get(name) == content(3, size)


def check_old_or_new(storage: Storage, name: str, size: int, old: bool) -> None:
    listed = storage.details("a").get(name)
    assert listed or not old
    assert listed is None or listed.bytes in (size + 1, size + 2)
    try:
        data = read(storage, name)
    except FileNotFoundError:
        # Between a list and a get the put may come to its end, not the other way round.
        assert listed is None
    else:
        assert data in ((content(1, size), content(2, size)) if old else (content(2, size),))


def test_a_local_put_that_dies_leaves_the_old_object_or_the_new(tmp_path: Path) -> None:
    store, size = Store("local", "file", {}, str(tmp_path)), 24 * MIB
    storage = store.storage()
    for round_ in range(20):
        child = Child(store, "keep putting", "a/big", size, 1000, 0)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.01 * round_)
        child.kill()
        child.wait()
        assert is_whole(storage.get("a/big"), size)
        assert storage.files("a") == ["a/big"]


def test_what_dead_uploads_leave_is_in_no_list(s3: Store) -> None:
    """S3 keeps the pieces, at their price, until a rule of the bucket removes them."""
    filesystem = s3.filesystem()
    with Proxy(s3.endpoint) as proxy:
        stopped = proxy.stop_at(90 * MIB)
        child = Child(s3.through(proxy.url), "put", "a/big", 2, SEVERAL["s3"] * MIB)
        assert stopped.wait(60)
        child.kill()
        child.wait()
    assert s3.storage().find("a") == []
    bucket, _, prefix = s3.root.partition("/")
    left = filesystem.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix)["Uploads"]
    assert [upload["Key"] for upload in left] == [f"{prefix}/a/big"]
