"""What installs the firmware names all of it."""

import json
import tomllib

from conftest import FIRMWARE, REPO
from gbcs_hil.bench import deployment, rig_examples


def test_the_package_for_mip_names_every_module() -> None:
    package = json.loads((FIRMWARE / "package.json").read_text())
    here = {str(path.relative_to(FIRMWARE)) for path in FIRMWARE.glob("gbcs_device/**/*.py")}
    names = ("__init__", "micropython", "rp2", "esp32", "unmounted")
    chips = {f"gbcs_device/boards/{name}.py" for name in names}
    hosts = {path for path in here if "/boards/" in path} - chips
    assert {source for _, source in package["urls"]} == {*here, "gbcs_link.py"} - hosts
    assert all(target == source for target, source in package["urls"])


def test_an_installed_package_has_what_a_checkout_has_beside_it() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    installed = {REPO / "host" / target: REPO / source for source, target in included.items()}
    assert installed == {
        deployment.INSTALLED_MAIN: FIRMWARE / "main.py",
        rig_examples.INSTALLED: REPO / "hil_rigs",
    }
    assert all(source.exists() for source in installed.values())
