"""A store's medium over a directory of a file system that survives power cuts, as littlefs."""

import gc
import os


class Files:
    """Small named files in one directory.

    On littlefs a file's new content becomes visible, whole and durable, when it is closed;
    until then the old content stands. That is the whole of what the store asks of `write`.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        try:
            os.mkdir(directory)
        except OSError:
            os.stat(directory)  # It was there before; anything else is an error.

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file."""
        path = self._directory + "/" + name
        try:
            size = os.stat(path)[6]
            # Whole and of known length, or the memory that it is read to would have to grow.
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
        gc.collect()
        with open(self._directory + "/" + name, "wb") as file:
            file.write(octets)

    def remove(self, name: str) -> None:
        """Remove a file."""
        os.remove(self._directory + "/" + name)

    def names(self) -> list:
        """Return the names of all files."""
        return os.listdir(self._directory)
