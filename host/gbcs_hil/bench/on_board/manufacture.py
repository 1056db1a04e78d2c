"""Run on a board by `deployment`, only if it never had a device: mark it as a virgin one."""

import gc

gc.collect()

from gbcs_device import store  # noqa: E402 - memory first.
from gbcs_device.files import Files  # noqa: E402

store.manufacture(Files("/gbcs"))
