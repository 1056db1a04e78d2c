"""A store's medium over a directory of a file system that survives power cuts, as littlefs.

The record, which every commit writes, has a directory of its own in it: littlefs compacts a
directory when its sector is full, and the blobs' names would make that more than a third more
frequent (docs/counter-store.md). So have the combs, whose names would make it take twice as long.
"""

import gc
import os

_RECORD = "record"
_COMBS = "combs"


class Files:
    """Small named files in one directory, the record and the combs in directories of it.

    On littlefs a file's new content becomes visible, whole and durable, when it is closed;
    until then the old content stands. That is the whole of what the store asks of `write`.
    A new file is there without any content before that: one that is empty counts for none.

    Attributes:
        crowded: whether to collect garbage before a file takes its memory in one piece; a board
            with room to spare need not, for each time takes a Pico as long as a tenth of a
            signature check.
    """

    crowded = True

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._combs = directory + "/" + _COMBS
        for folder in (directory, directory + "/" + _RECORD, self._combs):
            try:
                os.mkdir(folder)
            except OSError:
                # It was there before; anything else is an error, but for what is never needed:
                # an older firmware's store may fill the flash without it.
                if folder != self._combs:
                    os.stat(folder)

    def _path(self, name: str) -> str:
        if name == _RECORD:
            name = _RECORD + "/" + _RECORD
        return self._directory + "/" + name

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file, or nothing in it."""
        path = self._path(name)
        try:
            size = os.stat(path)[6]
            if not size:
                return None
            # Whole and of known length, or the memory that it is read to would have to grow.
            if self.crowded:
                gc.collect()
            with open(path, "rb") as file:
                return file.read(size)
        except OSError as error:
            if error.args[0] == 2:  # ENOENT
                return None
            raise

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file's content; durable when this returns."""
        # littlefs needs a buffer in one piece for an open file.
        if self.crowded:
            gc.collect()
        with open(self._path(name), "wb") as file:
            file.write(octets)

    def remove(self, name: str) -> None:
        """Remove a file."""
        os.remove(self._path(name))

    def names(self) -> list:
        """Return the names of all files; the record's is there whether it is or not."""
        names = os.listdir(self._directory)
        if _COMBS not in names:
            return names
        names.remove(_COMBS)
        return names + [_COMBS + "/" + name for name in os.listdir(self._combs)]
