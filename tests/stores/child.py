# SPDX-License-Identifier: Apache-2.0
"""
Another client of a store, in a process of its own: ``python -m tests.stores.child STORE COMMAND ARGUMENTS``.

Contents are such that a piece of one, or a mixture of two, is neither: one byte, as often as the size and the byte say.
"""

from __future__ import annotations

import sys
import time

from tests.stores.server import Store


def content(byte: int, size: int) -> bytes:
    return bytes([byte]) * (size + byte)


def is_whole(data: bytes, size: int) -> bool:
    return bool(data) and data == content(data[0], size)


def main(store: str, command: str, *arguments: str) -> None:
    storage = Store.load(store).storage()
    match command, *arguments:
        case "delete", *names:
            storage.delete(names)
        case "put", name, byte, size:
            storage.put(name, content(int(byte), int(size)))
        case "keep putting", name, size, rounds, pause:
            for round_ in range(int(rounds)):
                storage.put(name, content(round_ % 250, int(size)))
                print(round_, flush=True)
                time.sleep(float(pause))
        case "race", byte:
            # Each line names an object to create; all children are told at once.
            for name in map(str.strip, sys.stdin):
                print(int(storage.create(name, content(int(byte), 1000))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
