"""The documentation builds without a warning, and nothing in it leads nowhere."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from conftest import REPO
from documents import PAGES


class Targets(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src") and value and tag != "use":
                self.links.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built documentation."""
    built = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-q", "--fail-on-warning", "--keep-going"),
            *(f"-d{tmp_path_factory.mktemp('doctrees')}", str(REPO / "docs"), str(built)),
        ],
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stderr == ""
    return built


@pytest.mark.timeout(400)
def test_every_page_is_built(site: Path) -> None:
    names = {path.stem for path in PAGES if path.parent == REPO / "docs"}
    assert names <= {path.stem for path in site.glob("*.html")}


@pytest.mark.timeout(400)
def test_no_link_leads_nowhere(site: Path) -> None:
    found: dict[Path, Targets] = {}

    def targets(page: Path) -> Targets:
        if page not in found:
            found[page] = Targets(page)
        return found[page]

    broken = []
    for page in site.glob("*.html"):
        for link in targets(page).links:
            if urlsplit(link).scheme or link.startswith(("//", "data:")):
                continue
            address, fragment = urldefrag(link)
            path = page if not address else page.parent / unquote(urlsplit(address).path)
            if not path.is_file():
                broken.append(f"{page.name}: {link}")
                continue
            places = targets(path).ids if path.suffix == ".html" else {fragment}
            if fragment and unquote(fragment) not in places:
                broken.append(f"{page.name}: {link}: no such place on that page")
    assert not broken, "\n".join(sorted(broken))


@pytest.mark.timeout(400)
@pytest.mark.requirement("SMDA-3", "SMDA-4")
def test_each_finding_of_the_answer_leads_to_its_evidence(site: Path) -> None:
    evidence = {link for link in Targets(site / "answer.html").links if "evidence/" in link}
    assert {link.split("/")[2] for link in evidence} == {
        f"{kind}-p-{profile}"
        for kind in ("esme", "gpf", "gsme")
        for profile in ("floor", "keep", "zero")
    }
    for folder in (site / "evidence" / "answer").iterdir():
        if folder.is_dir():
            assert (folder / "manifest.txt").is_file()


@pytest.mark.timeout(400)
def test_every_command_is_on_the_page_of_the_commands(site: Path) -> None:
    page = Targets(site / "commands.html")
    assert {"gbcs-hil-run", "gbcs-hil-evidence-verify", "gbcs-hil-bench-store"} <= page.ids
    assert "Usage: gbcs-hil anchor-slots report" in (site / "commands.html").read_text()
