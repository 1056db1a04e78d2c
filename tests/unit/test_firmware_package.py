"""What installs the firmware names all of it."""

import json

from conftest import FIRMWARE


def test_the_package_for_mip_names_every_module() -> None:
    package = json.loads((FIRMWARE / "package.json").read_text())
    here = {str(path.relative_to(FIRMWARE)) for path in FIRMWARE.glob("gbcs_device/**/*.py")}
    names = ("__init__", "micropython", "rp2", "esp32", "unmounted")
    chips = {f"gbcs_device/boards/{name}.py" for name in names}
    hosts = {path for path in here if "/boards/" in path} - chips
    assert {source for _, source in package["urls"]} == {*here, "gbcs_link.py"} - hosts
    assert all(target == source for target, source in package["urls"])
