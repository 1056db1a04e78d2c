"""littlefs under CPython: the C code that MicroPython has, by the package littlefs-python."""

import errno
import sys

from gbcs_device.boards.nor_flash import FILE_SYSTEM_SECTORS, SECTOR


class _Unversioned:
    """Stands in for importlib_metadata, by which the package asks for its own version.

    That takes longer than all the rest of a board's start, and nobody wants the version.
    """

    PackageNotFoundError = LookupError

    @staticmethod
    def version(name: str) -> str:
        raise LookupError(name)


_metadata = sys.modules.get("importlib_metadata")
sys.modules["importlib_metadata"] = _Unversioned
try:
    import littlefs
    from littlefs.context import UserContext
except ImportError:
    raise SystemExit("this store needs the Python package littlefs-python: pip install it")
finally:
    if _metadata is None:
        del sys.modules["importlib_metadata"]
    else:
        sys.modules["importlib_metadata"] = _metadata

# What MicroPython makes of `progsize=64`, as the unix board has it.
_PROGRAM = 64
_READ = 32
_CACHE = 256
_BLOCK_CYCLES = 100


class _Context(UserContext):
    """The operations of littlefs on a `nor_flash.NorFlash`.

    The package has no way for a read to fail, so that is told once littlefs is done. What it
    does until then, to a file system that it must think damaged, does not reach the flash.
    """

    def __init__(self, flash) -> None:
        super().__init__(0)
        self._flash = flash
        self._error = None

    def check(self) -> None:
        """Raise the error of a read that failed."""
        if self._error:
            raise self._error

    def read(self, config, block: int, offset: int, size: int) -> bytearray:
        buffer = bytearray(size)
        try:
            self._flash.readblocks(block, buffer, offset)
        except OSError as error:
            self._error = error
        return buffer

    def prog(self, config, block: int, offset: int, data: bytes) -> int:
        if not self._error:
            self._flash.writeblocks(block, data, offset)
        return 0

    def erase(self, config, block: int) -> int:
        if not self._error:
            self._flash.ioctl(6, block)
        return 0


class LittlefsFiles:
    """A store's medium over a littlefs; see `files.Files`, whose folders it has."""

    def __init__(self, system) -> None:
        self._system = system
        self._check = system.context.check
        system.makedirs("/gbcs/record", exist_ok=True)
        self._check()

    def _path(self, name: str) -> str:
        return "/gbcs/record/record" if name == "record" else "/gbcs/" + name

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file."""
        try:
            return self._done(self._octets, name) or None
        except FileNotFoundError:
            return None

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file's content; durable when this returns."""
        self._done(self._replace, name, octets)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._done(self._system.remove, self._path(name))

    def names(self) -> list:
        """Return the names of all files; the record's is there whether it is or not.

        But for those of combs, which a board under MicroPython has left on this flash.
        """
        return [name for name in self._done(self._system.listdir, "/gbcs") if name != "combs"]

    def _octets(self, name: str) -> bytes:
        with self._system.open(self._path(name), "rb") as file:
            return file.read()

    def _replace(self, name: str, octets: bytes) -> None:
        with self._system.open(self._path(name), "wb") as file:
            file.write(octets)

    def _done(self, work, *arguments):
        """Return what some work on the file system returns, if no read failed.

        Raises:
            OSError: one did, or littlefs found damage.
        """
        try:
            return work(*arguments)
        except littlefs.LittleFSError as error:
            raise OSError(errno.EIO, str(error)) from error
        finally:
            # A read that failed is why, whatever came of it.
            self._check()


class Littlefs:
    """littlefs, as `flash_store` takes it."""

    @staticmethod
    def format(flash) -> None:
        """Make an empty file system."""
        _system(flash).format()

    @staticmethod
    def mount(flash) -> LittlefsFiles:
        """Mount the file system and return the store's files in it.

        Raises:
            OSError: there is none, or it is damaged.
        """
        system = _system(flash)
        try:
            system.mount()
            system.context.check()
            return LittlefsFiles(system)
        except littlefs.LittleFSError as error:
            raise OSError(errno.EIO, str(error)) from error


def _system(flash):
    return littlefs.LittleFS(
        context=_Context(flash),
        mount=False,
        block_size=SECTOR,
        block_count=FILE_SYSTEM_SECTORS,
        read_size=_READ,
        prog_size=_PROGRAM,
        cache_size=_CACHE,
        lookahead_size=_READ,
        block_cycles=_BLOCK_CYCLES,
    )
