"""Suites of a signed archive of our own, with real apt: what is taken, refused, and kept apart."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base import cache
from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt_suite
from rkmbuild.distro.debian import Debian
from rkmbuild.kernel import fetch, fetched_kernel, find
from tests.build.apt_archive import RELEASE, Archive, Key

pytestmark = pytest.mark.skipif(
    not shutil.which("apt-get") or not shutil.which("gpg"), reason="needs apt and gpg"
)
_FOR_LONG = -timedelta(days=30)


@pytest.fixture
def key(tmp_path: Path) -> Iterator[Key]:
    made = Key(tmp_path / "key")
    yield made
    made.remove()


@pytest.fixture
def archive(tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An archive that apt has lists of no suite of; nothing is set up as on this machine."""
    made = Archive(tmp_path / "archive")
    with made.config.open("a") as config:
        config.write('Dir::Etc::Parts "/dev/null";\n')
        config.write('APT::Update::Post-Invoke { "false"; };\nAPT::Default-Release "ours";\n')
    monkeypatch.setenv("APT_CONFIG", str(made.config))
    assert not empty_cache.exists()
    return made


def _lists(cache_folder: Path) -> list[str]:
    return sorted(
        path.name.rpartition("-")[0] for path in (cache_folder / apt_suite.KIND).glob("*")
    )


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "rkmbuild", "kernel", *argv],
        check=False,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    return done


def _json(*argv: str) -> Any:
    done = _run(*argv, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _state_of(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_kernel_of_another_suite_is_fetched_and_the_machines_apt_is_untouched(
    archive: Archive, key: Key, empty_cache: Path
) -> None:
    archive.add_kernel("6.12.117-1", publish=False)
    archive.publish_suite("next", key)
    folder = archive.config.parent
    places = [folder / "lists", folder / "cache"]
    before = [_state_of(place) for place in places]
    tree = fetch.fetch("6.12", source=Debian("next"))
    (entry,) = fetched_kernel.entries()
    kernel = fetched_kernel.read(entry)
    assert (kernel.suite, kernel.release, kernel.expired) == ("next", RELEASE, None)
    assert find.select("6.12").build == tree.build
    assert tree.image
    assert [_state_of(place) for place in places] == before
    assert _lists(empty_cache) == ["next"]


def test_what_each_suite_has_is_listed_with_its_size(archive: Archive, key: Key) -> None:
    archive.publish_suite("ours", key)
    archive.add_kernel("6.12.117-1", publish=False)
    archive.publish_suite("next", key)
    listed = _json("list", "--available", "--suite", "ours", "--suite", "next")
    (row,) = listed["available"]
    assert listed["schema"] == 1
    assert row["size"] == sum(
        file.stat().st_size
        for file in archive.pool.glob("*.deb")
        if not file.name.startswith("linux-headers-6.12-cloud")
    )
    assert row | {"size": 0, "space": 0} == {
        "release": RELEASE,
        "version": "6.12.117-1",
        "flavour": "cloud",
        "suite": "next",
        "size": 0,
        "space": 0,
        "fetched": False,
        "recommended": True,
    }
    assert _run("fetch", "6.12", "--suite", "next").returncode == 0
    assert _json("list", "--available", "--suite", "next")["available"][0]["fetched"]
    shown = _run("list", "--available", "--suite", "next").stdout.splitlines()
    assert shown[0].split() == ["RELEASE", "FLAVOUR", "SUITE", "MB", "FETCHED", "RECOMMENDED"]
    assert shown[1].split()[:3] == [RELEASE, "cloud", "next"]


def test_a_suite_that_is_not_there_is_refused(
    archive: Archive, key: Key, empty_cache: Path
) -> None:
    archive.publish_suite("ours", key)
    done = _run("fetch", "--suite", "nonesuch")
    assert done.returncode == FetchError.code
    assert "error: the archive has no suite nonesuch" in done.stderr
    assert _lists(empty_cache) == []


def test_a_suite_that_another_key_signed_is_refused(
    archive: Archive, key: Key, tmp_path: Path, empty_cache: Path
) -> None:
    archive.add_kernel("6.12.117-1", publish=False)
    other = Key(tmp_path / "other")
    archive.publish_suite("next", other)
    other.remove()
    archive.publish_suite("ours", key)
    with pytest.raises(FetchError, match="the signature of next cannot be verified"):
        Debian("next").offers()
    assert _lists(empty_cache) == []


def test_a_suite_without_a_signature_is_refused(archive: Archive, key: Key) -> None:
    archive.add_kernel("6.12.117-1", publish=False)
    archive.publish_suite("next", key)
    (archive.pool / "dists/next/InRelease").unlink()
    with pytest.raises(FetchError) as failure:
        Debian("next").offers()
    assert "is not signed" in failure.value.output


def test_an_expired_suite_is_refused_with_the_option_that_takes_it(
    archive: Archive, key: Key
) -> None:
    archive.add_kernel("6.12.117-1", publish=False)
    archive.publish_suite("next", key, valid_for=_FOR_LONG)
    done = _run("fetch", "--suite", "next")
    assert done.returncode == FetchError.code
    assert "error: the Release file of next is expired: invalid since 30d" in done.stderr
    assert "--allow-expired" in done.stderr
    done = _run("fetch", "--suite", "next", "--allow-expired")
    assert done.returncode == 0, done.stderr
    assert "it is taken all the same, by --allow-expired" in done.stderr
    (entry,) = fetched_kernel.entries()
    assert str(fetched_kernel.read(entry).expired).endswith("Z")


def test_lists_that_expired_here_are_not_used_without_the_option(
    archive: Archive, key: Key
) -> None:
    archive.add_kernel("6.12.117-1", publish=False)
    archive.publish_suite("next", key, valid_for=_FOR_LONG)
    assert Debian("next", allow_expired=True).offers()
    with pytest.raises(FetchError, match="is expired"):
        Debian("next").offers()


def _age(empty_cache: Path, seconds: float) -> None:
    (done,) = (empty_cache / apt_suite.KIND).glob("*/.done")
    then = time.time() - seconds
    os.utime(done, (then, then))


def test_lists_are_fetched_anew_when_they_are_old(
    archive: Archive, key: Key, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.publish_suite("next", key)
    assert Debian("next").offers() == []
    archive.add_kernel("6.12.117-1", publish=False)
    archive.publish_suite("next", key)
    assert Debian("next").offers() == []
    assert capsys.readouterr().err.count("Refreshing") == 1
    _age(empty_cache, apt_suite.MAX_AGE_SECONDS + 1)
    assert [each.release for each in Debian("next").offers()] == [RELEASE]
    assert capsys.readouterr().err.count("Refreshing") == 1


def test_after_a_package_is_gone_the_next_run_fetches_the_lists_anew(
    archive: Archive, key: Key
) -> None:
    archive.add_kernel("6.12.117-1", publish=False)
    archive.publish_suite("next", key)
    assert Debian("next").offers()
    for package in archive.pool.glob("linux-*_6.12.117-1_*.deb"):
        package.unlink()
    with pytest.raises(FetchError, match="downloading the kernel's packages"):
        fetch.fetch("6.12", source=Debian("next"))
    archive.add_kernel("6.12.117-2", publish=False)
    archive.publish_suite("next", key)
    fetch.fetch("6.12", source=Debian("next"))
    (entry,) = fetched_kernel.entries()
    assert entry.name == f"{RELEASE}_6.12.117-2"


def test_lists_count_as_an_entry_of_the_cache(archive: Archive, key: Key) -> None:
    archive.publish_suite("next", key)
    Debian("next").offers()
    done = subprocess.run(
        [sys.executable, "-m", "rkmbuild", "clean", "--list", "--json"],
        check=True,
        capture_output=True,
    )
    (kind,) = json.loads(done.stdout)["kinds"]
    assert (kind["kind"], len(kind["entries"])) == (apt_suite.KIND, 1)
    assert cache.remove(apt_suite.KIND, kind["entries"][0]["name"])
    assert Debian("next").offers() == []


def test_the_options_of_suites_go_with_what_can_be_fetched() -> None:
    done = _run("list", "--suite", "sid")
    assert done.returncode == 2
    assert "--available" in done.stderr
