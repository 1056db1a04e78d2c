"""Unpack packages of a Debian release into a folder, without root and without installing them.

apt does the work: it reads the machine's own list of sources with the release's name
replaced, checks the archive's signatures, resolves the dependencies and downloads. All its
state lives in a private folder, so that nothing on the machine changes. Host names of
archives come from the machine alone.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gbcs_hil.errors import ToolMissing

APT_FOLDER = Path("/etc/apt")
"""Where apt keeps the list of sources that the machine uses."""

_ALIASES = {"oldoldstable", "oldstable", "stable", "testing", "unstable", "sid"}
_RELEASES = _ALIASES | {"bullseye", "bookworm", "trixie", "forky", "duke"}
_POCKETS = {"", "updates", "security"}
# Only the fields that decide about trust are kept; what is downloaded is decided here.
_DATES = {"check-valid-until", "check-date", "date-max-future"}
_KEPT = _DATES | {"signed-by", "trusted", "allow-insecure", "by-hash"}
_FALSE = {"no", "false", "without", "off", "disable"}
_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>[^\s[]+)\s+(?P<rest>[^#]+)")

_CONFIGURATION = """\
#clear APT::Architectures;
#clear APT::Default-Release;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Dir::State "{folder}/state";
Dir::State::status "{folder}/state/status";
Dir::Cache "{folder}/cache";
Dir::Etc::SourceList "{folder}/debian.sources";
Dir::Etc::SourceParts "{folder}/empty";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "{folder}/empty";
"""


@dataclass(frozen=True)
class Source:
    """One suite of one archive in apt's list of sources.

    Attributes:
        uri: the archive, as the machine names it.
        suite: the release with its pocket, for example `bookworm-security`.
        components: `main` and its like.
        options: (field, value) that decide about trust; a value may span lines.
    """

    uri: str
    suite: str
    components: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    def deb822(self) -> str:
        """Return the entry as a stanza that asks apt for the package index alone."""
        fields = {
            "Types": "deb",
            "URIs": self.uri,
            "Suites": self.suite,
            "Components": " ".join(self.components),
            "Targets": "Packages",
            **dict(self.options),
        }
        return "".join(f"{name}: {value}\n" for name, value in fields.items())


def _parse_one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        if not (match := _ONE_LINE.match(line.strip())):
            continue
        suite, *components = match["rest"].split()
        pairs = (option.partition("=") for option in (match["options"] or "").split())
        options = tuple(
            (key.title(), value.replace(",", " "))
            for key, _, value in pairs
            if key.lower() in _KEPT
        )
        yield Source(match["uri"], suite, tuple(components), options)


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0].isspace():
            if name:
                fields[name] += "\n" + line
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()


def _parse_deb822(text: str) -> Iterator[Source]:
    for fields in _stanzas(text):
        if (
            fields.get("enabled", "").lower() in _FALSE
            or "deb" not in fields.get("types", "").split()
        ):
            continue
        components = tuple(fields.get("components", "").split())
        options = tuple((key.title(), value) for key, value in fields.items() if key in _KEPT)
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, components, options)


def read_sources(apt_folder: Path) -> list[Source]:
    """Read every source that apt would use, in both of apt's formats.

    Args:
        apt_folder: the folder that holds `sources.list` and `sources.list.d`.
    """
    parts = apt_folder / "sources.list.d"
    one_line = [apt_folder / "sources.list", *sorted(parts.glob("*.list"))]
    found: list[Source] = []
    for parse, paths in ((_parse_one_line, one_line), (_parse_deb822, parts.glob("*.sources"))):
        for path in sorted(paths):
            if path.is_file() and os.access(path, os.R_OK):
                found += parse(path.read_text("utf-8", "replace"))
    return found


def _third_party(source: Source) -> bool:
    """Tell whether a key other than Debian's own signs the source."""
    signed_by = dict(source.options).get("Signed-By", "")
    return bool(signed_by) and "debian-archive" not in signed_by


def sources_of(release: str, sources: Iterable[Source]) -> list[Source]:
    """Return the machine's sources of Debian with their release replaced.

    A list that a third party signs is left out, unless nothing else serves Debian: then it
    is a mirror under its operator's own key. Of several entries for one suite the first
    counts, because apt refuses those that differ in their options.

    Args:
        release: the wanted release, for example `trixie`.
        sources: what the machine uses, from `read_sources`.
    """
    moved = []
    for source in sources:
        name, dash, pocket = source.suite.partition("-")
        if name in _RELEASES and pocket in _POCKETS and "main" in source.components:
            moved.append(replace(source, suite=release + dash + pocket, components=("main",)))
    chosen = [source for source in moved if not _third_party(source)] or moved
    unique: dict[tuple[str, str], Source] = {}
    for source in chosen:
        unique.setdefault((source.uri.rstrip("/"), source.suite), source)
    return list(unique.values())


def _run(command: list[str], deadline: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=deadline,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"{command[0]} did not end within {deadline:.0f} s") from None


def _complaint(*runs: subprocess.CompletedProcess[str]) -> str:
    """Return the last lines in which apt or dpkg said what went wrong, as one line."""
    lines = [line.strip() for run in runs for line in run.stderr.splitlines() if line.strip()]
    loud = [line for line in lines if line.startswith(("E:", "W:", "dpkg"))] or lines
    return " | ".join(loud[-3:]) or f"status {runs[-1].returncode} without a word"


def architecture() -> str:
    """Return the machine's architecture as Debian names it.

    Raises:
        ToolMissing: this is not a machine with dpkg and apt.
    """
    for program in ("dpkg", "dpkg-deb", "apt-get"):
        if not shutil.which(program):
            raise ToolMissing(f"{program} is not on this machine")
    done = _run(["dpkg", "--print-architecture"], 30)
    if not re.fullmatch(r"[a-z0-9-]+\n", done.stdout):
        raise ToolMissing(f"dpkg --print-architecture failed: {_complaint(done)}")
    return done.stdout.strip()


def unpack(package: str, release: str, root: Path) -> None:
    """Unpack a package and all that it depends on, C library included, into a folder.

    Args:
        package: the package's name.
        release: the Debian release to take it from.
        root: an existing folder that becomes the root of the unpacked tree.

    Raises:
        ToolMissing: no apt, no source that serves Debian, no network, or a bad archive.
        OSError: the folder cannot be written.
    """
    native = architecture()
    sources = sources_of(release, read_sources(APT_FOLDER))
    if not sources:
        raise ToolMissing(f"no source in {APT_FOLDER} serves Debian")
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="apt-") as name:
        folder = Path(name)
        for part in ("state/lists/partial", "cache/archives/partial", "empty"):
            (folder / part).mkdir(parents=True)
        (folder / "state/status").touch()
        (folder / "debian.sources").write_text("\n".join(s.deb822() for s in sources))
        configuration = folder / "apt.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, architecture=native))
        apt = ["apt-get", "--config-file", str(configuration), "--quiet", "--yes"]
        # One source of several may be out of reach, so only the download decides.
        update = _run([*apt, "update"], 300)
        download = _run([*apt, "--download-only", "install", package], 300)
        archives = sorted((folder / "cache/archives").glob("*.deb"))
        if download.returncode or not archives:
            raise ToolMissing(
                f"apt-get could not download {package}: {_complaint(update, download)}"
            )
        for archive in archives:
            done = _run(["dpkg-deb", "--extract", str(archive), str(root)], 120)
            if done.returncode:
                raise ToolMissing(f"{archive.name} cannot be unpacked: {_complaint(done)}")
