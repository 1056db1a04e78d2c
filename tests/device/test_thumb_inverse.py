"""Inverses in the RP2040's assembler, executed on an emulated Cortex-M0."""

import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from thumb_processor import ThumbProcessor, assemble

import gbcs_device
from gbcs_device import big_numbers, kernels
from gbcs_device.curve import N, P

SOURCE = Path(gbcs_device.__file__).with_name("inverse_thumb.py")
LIMBS, BITS = 18, 15


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The loop's machine code."""
    return assemble(SOURCE, tmp_path_factory.mktemp("thumb"))


def split(number: int) -> bytes:
    """Return a number's limbs, the lowest first, two octets each."""
    limbs = [number >> BITS * i & (1 << BITS) - 1 for i in range(LIMBS)]
    return b"".join(limb.to_bytes(2, "little") for limb in limbs)


def inverse(processor: ThumbProcessor, number: int, modulus: int) -> int:
    """Do what `scalars_viper.inverse` does, with another loop."""
    numbers = bytearray(split(modulus) + split(number) + split(0) + split(1) + split(modulus))
    sign = processor.divide(0, 0, numbers)
    octets = [numbers[72 + 2 * i : 74 + 2 * i] for i in range(LIMBS)]
    *lower, highest = (int.from_bytes(each, "little") for each in octets)
    signed = [*lower, (highest ^ 0x8000) - 0x8000]
    found = sum(limb << BITS * i for i, limb in enumerate(signed))
    return (found if sign == 1 else -found) % modulus


@pytest.mark.parametrize("modulus", [N, P], ids=["n", "p"])
def test_inverses_agree_with_big_integers(code: bytes, modulus: int) -> None:
    """Of short and long numbers, and of those that lie next to the modulus."""
    processor = ThumbProcessor(code)
    numbers = random.Random(modulus)
    values = [1 << bit for bit in range(256)] + [modulus - (1 << bit) for bit in range(200)]
    values += [numbers.randrange(1, modulus) for _ in range(1000)]
    wrong = [
        value
        for value in values
        if inverse(processor, value, modulus) != big_numbers.inverse(value, modulus)
    ]
    assert wrong == []


def test_cycles_of_an_inverse(code: bytes) -> None:
    """Exact in the model; the viper loop takes some 340,000."""
    processor = ThumbProcessor(code, counting=True)
    inverse(processor, 2**255 + 2**100 - 1, N)
    assert processor.cycles < 80_000


class Scalars:
    """What `scalars_viper` has, in integers."""

    divide: Callable[..., int] = staticmethod(lambda *_: 1)

    def inverse(self, number: int, modulus: int) -> int:
        found: int = self.divide() * big_numbers.inverse(number, modulus)
        return found


@pytest.mark.parametrize(
    ("platform", "sign", "chosen"), [("rp2", 1, True), ("rp2", -1, False), ("linux", 1, False)]
)
def test_it_is_used_where_it_is_right(
    platform: str, sign: int, chosen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    module: Any = ModuleType("gbcs_device.inverse_thumb")
    module.divide = lambda *_: sign
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(gbcs_device, "inverse_thumb", module, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    scalars = Scalars()
    kernels.quicken(scalars)
    assert (scalars.divide is module.divide) == chosen
