"""Each kernel of the field machine against big integers, and how one is chosen."""

from pathlib import Path
from typing import Any

import pytest
from test_p256 import KERNELS

SCRIPT = Path(__file__).with_name("kernels_on_micropython.py")


@pytest.mark.parametrize(
    ("kernel", "withheld"), [("kernel_wide", []), ("kernel_viper", ["kernel_wide"])]
)
def test_kernel_agrees_with_big_integers(
    micropython: Any, kernel: str, withheld: list[str]
) -> None:
    """Thousands of products and sums, inverses, a walk over points, opposite and equal ones."""
    said = micropython.run_script(SCRIPT, kernel, "5000", *withheld)
    assert said.split() == [kernel, "0", "0", "0"]


WRONG_KERNEL = """
import sys
import gbcs_device

class Wrong:
    def run(program, registers, times):
        {fault}

class Right:
    from gbcs_device.kernel_viper import run

for name in ("kernel_wide", "kernel_viper"):
    sys.modules["gbcs_device." + name] = Wrong
    setattr(gbcs_device, name, Wrong)
from gbcs_device import points
print(points.KERNEL)
"""

FAULTS = {
    "it does nothing": "return 0",
    "it multiplies to a wrong result": (
        "result = Right.run(program, registers, times);"
        " registers[128] ^= program[3] == 0; return result"
    ),
    "it adds to a wrong result": (
        "result = Right.run(program, registers, times);"
        " registers[159] ^= program[3] > 3; return result"
    ),
    "it does not find zero": "Right.run(program, registers, times); return 0",
    "it finds zero everywhere": "Right.run(program, registers, times); return 1",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_wrong_kernel_is_not_used(micropython: Any, fault: str) -> None:
    """A compiler that makes mistakes costs speed and nothing else."""
    assert micropython.run_script(WRONG_KERNEL.format(fault=fault)) == "big integers\n"


TIGHT = """
import gc, sys
sys.modules.update({"gbcs_device." + name: sys for name in sys.argv[1:]})
from hashlib import sha256
from gbcs_device import p256

private, digest = sha256(b"key").digest(), sha256(b"message").digest()
key, signature = p256.public_key(private), p256.sign(private, digest)
comb = p256.comb(key)
gc.collect()
ballast = []
while gc.mem_free() > 40 * 1024:
    ballast.append(bytearray(512))
gc.collect()
assert gc.mem_free() <= 40 * 1024
for _ in range(3):
    p256.verify(key, digest, signature)
    p256.verify(key, digest, signature, comb)
    assert p256.ecdh(private, key) == p256.ecdh(private, key, comb)
    assert p256.sign(private, digest) == signature
print(p256.points.KERNEL)
"""


@pytest.mark.parametrize(("kernel", "withheld"), KERNELS.items())
def test_works_with_40_kb_free(
    micropython: Any, tmp_path: Path, kernel: str, withheld: list[str]
) -> None:
    """Checking, signing and agreeing, whatever else stands in the memory."""
    script = tmp_path / "script.py"
    script.write_text(TIGHT)
    assert micropython.run_script(script, *withheld) == kernel + "\n"
