"""apt's list of sources is read as apt reads it, and moved to another release."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.bench.debian import Source, read_sources, sources_of

KEYRING = ("Signed-By", "/usr/share/keyrings/debian-archive-keyring.gpg")

ONE_LINE = """\
# The archive of a fresh installation.
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
http://one.example/debian bookworm main contrib # a comment
deb-src [trusted=yes] file:/srv/mirror bookworm main
deb http://two.example/debian/ bookworm-security main
  deb\thttp://two.example/debian bookworm-backports main
deb [ trusted=yes ] file:/srv/mirror bookworm main
deb cdrom:[Debian GNU/Linux 12.5.0 _Bookworm_ - Official amd64 NETINST]/ bookworm main
#deb http://off.example/debian bookworm main
"""

DEB822 = """\
# A container image.
Types: deb deb-src
# A comment between fields.
URIs: http://one.example/debian http://two.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
uris: http://three.example/debian-security
suites: bookworm-security
components: main non-free-firmware
signed-by:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""

THIRD_PARTIES = """\
deb [signed-by=/etc/apt/keyrings/containers.asc] http://c.example/linux/debian bookworm stable
deb [signed-by=/usr/share/keyrings/vault.gpg] http://v.example bookworm main
deb http://n.example/node nodistro main
deb http://p.example/apt bookworm-pgdg main
"""


@pytest.fixture
def apt_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "apt"
    (folder / "sources.list.d").mkdir(parents=True)
    return folder


def _moved(apt_folder: Path) -> list[tuple[str, str]]:
    return [(s.uri, s.suite) for s in sources_of("trixie", read_sources(apt_folder))]


def _seen_by_apt(apt_folder: Path) -> set[tuple[str, str]]:
    """Ask apt itself which suites of which archives it would fetch; it stays off the network."""
    if not shutil.which("apt-get"):
        pytest.skip("no apt-get to compare with")
    state = apt_folder.parent / "state"
    (state / "lists").mkdir(parents=True)
    (state / "status").touch()
    options = {
        "Dir::Etc::SourceList": apt_folder / "sources.list",
        "Dir::Etc::SourceParts": apt_folder / "sources.list.d",
        "Dir::State": state,
        "Dir::State::status": state / "status",
        "Dir::Cache": state,
    }
    done = subprocess.run(
        ["apt-get", *(f"-o{k}={v}" for k, v in options.items()), "update", "--print-uris"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(re.findall(r"^'(\w+:/(?!/\[)\S*)/dists/(\S+)/InRelease'", done.stdout, re.M))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list", ONE_LINE),
        ("sources.list.d/debian.sources", DEB822),
        ("sources.list.d/debian.sources.disabled", DEB822),
        ("sources.list.d/others.list", THIRD_PARTIES),
        ("sources.list.d/others.list.save", THIRD_PARTIES),
    ],
)
def test_reads_the_sources_that_apt_itself_reads(apt_folder: Path, name: str, text: str) -> None:
    (apt_folder / "sources.list").touch()
    (apt_folder / name).write_text(text)
    ours = {(source.uri.rstrip("/"), source.suite) for source in read_sources(apt_folder)}
    assert ours == _seen_by_apt(apt_folder)


def test_keeps_the_key_named_on_one_line(apt_folder: Path) -> None:
    (apt_folder / "sources.list").write_text(ONE_LINE)
    assert read_sources(apt_folder)[0] == Source(
        "http://one.example/debian", "bookworm", ("main", "contrib"), (KEYRING,)
    )


def test_keeps_a_key_written_into_the_entry(apt_folder: Path) -> None:
    (apt_folder / "sources.list.d/debian.sources").write_text(DEB822)
    key = dict(read_sources(apt_folder)[-1].options)["Signed-By"]
    assert key.split() == [
        *("-----BEGIN", "PGP", "PUBLIC", "KEY", "BLOCK-----", ".", "mDMEY"),
        *("-----END", "PGP", "PUBLIC", "KEY", "BLOCK-----"),
    ]


def test_moves_every_pocket_except_backports(apt_folder: Path) -> None:
    (apt_folder / "sources.list").write_text(ONE_LINE)
    assert _moved(apt_folder) == [
        ("http://one.example/debian", "trixie"),
        ("http://two.example/debian/", "trixie-security"),
        ("file:/srv/mirror", "trixie"),
    ]


def test_a_machine_on_the_wanted_release_keeps_its_sources() -> None:
    source = Source("http://one.example/debian", "trixie-updates", ("main",), (KEYRING,))
    assert sources_of("trixie", [source]) == [source]


def test_leaves_third_parties_out(apt_folder: Path) -> None:
    (apt_folder / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (apt_folder / "sources.list.d/others.list").write_text(THIRD_PARTIES)
    assert _moved(apt_folder) == [("http://one.example/debian", "trixie")]


def test_uses_a_mirror_under_its_own_key_when_there_is_no_other() -> None:
    mirror = Source("http://m.example", "stable", ("main",), (("Signed-By", "/etc/apt/own.gpg"),))
    assert [s.suite for s in sources_of("trixie", [mirror])] == ["trixie"]


def test_another_distribution_serves_no_debian(apt_folder: Path) -> None:
    (apt_folder / "sources.list").write_text("deb http://u.example/ubuntu noble main universe\n")
    assert _moved(apt_folder) == []


def test_apt_accepts_entries_that_differed_only_in_their_release(apt_folder: Path) -> None:
    given_twice = [
        Source("http://one.example/debian", "bookworm", ("main",), (KEYRING,)),
        Source("http://one.example/debian/", "trixie", ("main",)),
    ]
    moved = sources_of("trixie", given_twice)
    (apt_folder / "sources.list").touch()
    (apt_folder / "sources.list.d/moved.sources").write_text("\n".join(s.deb822() for s in moved))
    assert _seen_by_apt(apt_folder) == {("http://one.example/debian", "trixie")}


_words = st.text("abcdefghijklmnopqrstuvwxyz0123456789./:+-", min_size=1, max_size=20)
_sources = st.builds(
    Source,
    uri=_words,
    suite=_words,
    components=st.lists(_words, max_size=3).map(tuple),
    options=st.lists(st.tuples(st.just("Signed-By"), _words), max_size=1).map(tuple),
)


@given(st.lists(_sources, max_size=4))
def test_what_is_written_for_apt_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, sources: list[Source]
) -> None:
    folder = tmp_path_factory.mktemp("apt")
    (folder / "sources.list.d").mkdir()
    text = "\n".join(source.deb822() for source in sources)
    (folder / "sources.list.d/ours.sources").write_text(text)
    assert read_sources(folder) == sources
