"""Run on an RP2040 by `deployment`, only if its flash holds nothing: make its file system."""

import rp2
import vfs

vfs.VfsLfs2.mkfs(rp2.Flash(), progsize=256)
vfs.mount(vfs.VfsLfs2(rp2.Flash(), progsize=256), "/")
