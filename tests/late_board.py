"""The board `cpython` with a device that writes what it has answered only afterwards.

Run by tests in place of the board's own module, with the same arguments.
"""

import sys
from typing import Any

from gbcs_device import app
from gbcs_device.boards.cpython import Board
from gbcs_device.link import Link
from gbcs_device.store import PROVISIONED, Store
from gbcs_link import MAX_CHUNK

commit, on_want = Store.commit, Link._on_want
late: list[tuple[Any, Any]] = []


def commit_later(store: Any, state: Any) -> None:
    if store.condition != PROVISIONED:
        commit(store, state)
        return
    store.state = state
    late.append((store, state))


def write_once_answered(link: Any, frame: list[Any]) -> None:
    on_want(link, frame)
    # The host has the whole reply when it wants what comes behind it.
    if frame[3] * MAX_CHUNK >= len(link._reply):
        while late:
            commit(*late.pop())


if __name__ == "__main__":
    Store.commit = commit_later
    Link._on_want = write_once_answered
    sys.exit(app.run(Board(*sys.argv[1:])))
