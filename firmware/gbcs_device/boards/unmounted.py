"""The medium of a flash that does not mount."""


class Unmounted:
    """A medium that fails: so the store is lost, and nothing is formatted.

    Args:
        error: why there is no other.
    """

    def __init__(self, error: OSError) -> None:
        self._error = error

    def read(self, name: str):
        """Fail.

        Raises:
            OSError: always.
        """
        raise OSError("the flash does not mount: %s" % self._error)

    def write(self, name: str, octets: bytes) -> None:
        """Fail; see `read`."""
        self.read(name)

    def remove(self, name: str) -> None:
        """Fail; see `read`."""
        self.read(name)

    def names(self) -> list:
        """Fail; see `read`."""
        return self.read("")
