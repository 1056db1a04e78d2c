"""Two media as one: a record that lies apart from the blobs and the marker.

What outlives the start of an emulated board imports nothing here: it would keep a second copy
of the store's modules in a small heap (`borrowed`).
"""

_RECORD = "record"


class Apart:
    """Two media as one: the record's, and the one of the blobs and the marker."""

    def __init__(self, record, rest) -> None:
        self._record = record
        self._rest = rest
        self.names = rest.names

    def _of(self, name: str):
        return self._record if name == _RECORD else self._rest

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file."""
        return self._of(name).read(name)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file's content."""
        self._of(name).write(name, octets)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._of(name).remove(name)
