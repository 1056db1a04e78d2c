"""Frozen into an RP2040's image in place of the port's own, which formats on any failure.

One read that goes wrong at start would take every counter with it, and nobody would know.
Here a flash that does not mount is left as it is. Only `board deploy` formats, and only a
flash that holds nothing.
"""

import rp2
import vfs

# The board's module looks for this: a device has to say so if another boot script formats.
rp2.boot_formats = False  # pyright: ignore[reportAttributeAccessIssue]

try:
    vfs.mount(vfs.VfsLfs2(rp2.Flash(), progsize=256), "/")
except OSError as error:
    print("the flash does not mount, and is left as it is: %s" % error)  # noqa: T201
