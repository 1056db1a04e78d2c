"""Other people's P-256 for Python, in a throw-away folder, changed only as far as they must be.

Each change is one that MicroPython forces: a module or function that it has not, or its
`pow(x, -1, n)`, which returns 0 without an error.
"""

import subprocess
import sys
from pathlib import Path

from gbcs_hil.errors import ToolMissing

PACKAGES = ("embit==0.8.0", "starkbank-ecdsa==2.3.1", "ecdsa==0.19.2")
"""What is measured: the newest releases when the benchmark was written."""

_SECONDS = 180

# What python-ecdsa's curve arithmetic imports, as far as a verification uses it.
_STUBS = {
    "hmac.py": "",
    "__future__.py": "division = None\n",
    "ellipticcurve/__init__.py": "",
    "ecdsa/__init__.py": "",
    "ecdsa/errors.py": "class MalformedPointError(AssertionError):\n    pass\n",
    "ecdsa/util.py": "orderlen = string_to_number = number_to_string = None\n",
    "ecdsa/_compat.py": (
        "def bit_length(x):\n    return len(bin(x)) - 2\n"
        "normalise_bytes = int_to_bytes = bytes_to_int = None\n"
    ),
    "six.py": "def python_2_unicode_compatible(cls):\n    return cls\n",
}
_EUCLID = """
def inverse_mod(a, m):
    lm, hm = 1, 0
    low, high = a % m, m
    while low > 1:
        r = high // low
        lm, hm = hm - lm * r, lm
        low, high = high - low * r, low
    return lm % m
"""


def install(folder: Path) -> None:
    """Install the packages from the package index and put what is measured into `adapted`.

    Raises:
        ToolMissing: pip cannot, or a package is not as expected.
    """
    packages, adapted = folder / "packages", folder / "adapted"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    try:
        done = subprocess.run(
            [*command, "--target", str(packages), *PACKAGES],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"pip did not install {', '.join(PACKAGES)} in {_SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ToolMissing(f"pip cannot install {', '.join(PACKAGES)}: {last}")
    for name, text in _STUBS.items():
        _write(adapted / name, text)
    _write(adapted / "ecdsa/numbertheory.py", _EUCLID)
    copies = {
        "embit/util/key.py": "embit_key.py",
        "ellipticcurve/math.py": "ellipticcurve/math.py",
        "ellipticcurve/point.py": "ellipticcurve/point.py",
        "ecdsa/ellipticcurve.py": "ecdsa/ellipticcurve.py",
    }
    for source, target in copies.items():
        text = (packages / source).read_text(encoding="utf-8")
        # It has the right code in place for interpreters that refuse.
        text = text.replace("return pow(x, -1, n)", "raise ValueError")
        _write(adapted / target, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
