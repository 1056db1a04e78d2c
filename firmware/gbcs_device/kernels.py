"""Choose the kernels of the field machine and of GHASH: needed once, when the device starts.

What a kernel computes is compared with big integers on the very board before it is used, for a
compiler's mistake shows nowhere else.
"""

import sys

from gbcs_device.curve import GENERATOR, P


def program(text: str) -> bytes:
    """Return the program of a text: registers' numbers in hexadecimal, a digit each.

    "dab" is a multiplication, "dab+k" and "dab-k" add k times b to a, "?a" tests a.
    """
    octets = bytearray()
    for word in text.split():
        if word[0] == "?":
            octets.extend(bytes((0, int(word[1], 16), 0, 2)))
        else:
            octets.extend(bytes([int(digit, 16) for digit in word[:3]]))
            octets.append(128 + int(word[3:]) if word[3:] else 0)
    return bytes(octets) + b"\x00\x00\x00\x01"


def choose() -> tuple:
    """Return name and `run` of the first kernel that this port has and that is right.

    Raises:
        ImportError: there is none.
    """
    if sys.platform == "rp2":
        names = ("kernel_thumb", "kernel_viper")
    elif sys.maxsize >> 32:
        names = ("kernel_wide", "kernel_viper")
    else:
        names = ("kernel_viper",)
    for name in names:
        try:
            run = getattr(__import__("gbcs_device." + name), name).run
        except (ImportError, SyntaxError, AttributeError):
            # Another interpreter, or one without a compiler to this processor's code.
            continue
        if is_right(run):
            return name, run
    raise ImportError("no kernel")


def is_right(run) -> bool:
    """Compare a kernel with big integers where carries and borrows are longest."""
    product, lowered, added = program("423"), program("423-8"), program("423+1")
    registers = bytearray(32 * 5)
    numbers = (0, 1, P - 1, P, 2**256 - 1, 2**255 - 2**97, GENERATOR[0], GENERATOR[1])
    for a in numbers:
        for b in numbers:
            registers[64:96] = a.to_bytes(32, "little")
            registers[96:128] = b.to_bytes(32, "little")
            for code, expected in ((product, a * b), (lowered, a - 8 * b), (added, a + b)):
                if run(code, registers, 1):
                    return False
                if (int.from_bytes(registers[128:], "little") - expected) % P:
                    return False
    # Zero, written in both ways, must be found.
    registers[0:64] = bytes(32) + P.to_bytes(32, "little")
    return run(program("?0"), registers, 1) == 1 == run(program("?1"), registers, 1)


def choose_ghash() -> tuple:
    """Return `table` and `absorb` of the first GHASH that this port has and that is right."""
    from gbcs_device import ghash

    big = ghash.table, ghash.absorb
    try:
        from gbcs_device.ghash_viper import absorb, table
    except (ImportError, SyntaxError):
        return big
    viper = table, absorb
    return viper if _hashes(*viper) == _hashes(*big) else big


def _hashes(table, absorb) -> list:
    """Hash with every entry of the tables, and octets that end within a block."""
    hashes = []
    for h in (bytes(range(0, 256, 16)), b"\xff" * 16):
        state = bytearray(range(16))
        at = absorb(table(h), state, 0, bytes(range(0, 256, 3)))
        hashes.append((absorb(table(h), state, at, bytes(20)), state))
    return hashes
