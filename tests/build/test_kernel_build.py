"""Building a debug kernel with real apt, tar and make, from a source that is a kernel in name."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rkmbuild.kernel import find
from tests import kernel_trees
from tests.build.apt_archive import Archive
from tests.cli import complaints, rkmbuild, started

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt")

RELEASE, NAME = "6.12.117-debug", "6.12-debug"
COMMAND = ("kernel", "build-debug", "--from", "6.12")
# What a kernel's make does, as far as it is asked for here: `done` is what it would have made.
MAKEFILE = """\
allnoconfig:
\tgrep -v "$(WITHOUT)" $(KCONFIG_ALLCONFIG) >.config
all:
\t@echo "  CC      init/main.o"
{all}
\tcp -a done/. .
"""


class Source:
    """An archive with the source of one kernel, whose make can be told to fail or to wait."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._archive = Archive(folder / "archive")
        self.config = self._archive.config

    def offer(self, *, version: str = "6.12.117-1", do: str = "true", without: str = "^#") -> None:
        """Have the archive offer a version."""
        place = self._folder / version
        top = place / "linux-source-6.12"
        kernel_trees.called(kernel_trees.single(top / "done"), RELEASE)
        (top / "done/Makefile").unlink()
        image = top / "done/arch/x86/boot/bzImage"
        image.parent.mkdir(parents=True)
        image.write_text("MZ")
        text = MAKEFILE.format(all=f"\t{do}").replace("$(WITHOUT)", without)
        (top / "Makefile").write_text(text)
        packed = place / "files/usr/src/linux-source-6.12.tar.xz"
        packed.parent.mkdir(parents=True)
        subprocess.run(["tar", "-cJf", packed, "-C", place, top.name], check=True)
        self._archive.add("linux-source-6.12", version, files=place / "files")
        self._archive.publish()

    def offer_nothing(self) -> None:
        """Have the archive offer no source any more."""
        self._archive.empty()


@pytest.fixture
def source(tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    made = Source(tmp_path)
    monkeypatch.setenv("APT_CONFIG", str(made.config))
    assert not empty_cache.exists()
    return made


def test_it_is_built_once_and_is_a_kernel_like_any_other(source: Source) -> None:
    source.offer()
    made = rkmbuild(*COMMAND, "--json")
    assert made.returncode == 0, made.stderr
    assert complaints(made.stderr) == []
    shown = json.loads(made.stdout)
    assert (shown["release"], shown["name"], shown["origin"]) == (RELEASE, NAME, "built")
    assert shown["built"]["features"] == ["kasan", "lockdep", "objects", "kmemleak", "ubsan"]
    assert shown["bootable"]
    again = rkmbuild(*COMMAND)
    assert again.returncode == 0, again.stderr
    assert "Fresh 6.12-debug is built already" in again.stderr
    assert json.loads(rkmbuild("kernel", "show", NAME, "--json").stdout) == shown
    kinds = json.loads(rkmbuild("clean", "--list", "--json").stdout)["kinds"]
    assert "built-kernel" in [kind["kind"] for kind in kinds]


def test_another_choice_and_a_newer_source_are_kernels_of_their_own(source: Source) -> None:
    source.offer()
    assert rkmbuild(*COMMAND).returncode == 0
    other = rkmbuild(*COMMAND, "--with", "kcsan", "--json")
    assert json.loads(other.stdout)["name"] == "6.12-debug-kcsan"
    source.offer(version="6.12.118-1")
    assert "Compiling" in rkmbuild(*COMMAND).stderr
    assert len(find.built()) == 3


def test_what_was_built_serves_where_its_source_is_offered_no_more(source: Source) -> None:
    source.offer()
    assert rkmbuild(*COMMAND).returncode == 0
    source.offer_nothing()
    done = rkmbuild(*COMMAND)
    assert done.returncode == 0, done.stderr
    assert f"{RELEASE} is there from before" in done.stderr


def test_a_build_that_fails_shows_what_make_said_and_leaves_nothing(
    source: Source, empty_cache: Path
) -> None:
    source.offer(do="echo main.c:1: no such thing; exit 2")
    done = rkmbuild(*COMMAND)
    assert done.returncode == 6
    assert "main.c:1: no such thing" in done.stderr
    assert "compiling the kernel: make failed with exit status 2" in done.stderr
    assert find.built() == []
    assert not list((empty_cache / "tmp").iterdir())


def test_what_the_source_cannot_have_is_named_before_anything_is_compiled(source: Source) -> None:
    source.offer(without="KASAN_VMALLOC")
    done = rkmbuild(*COMMAND)
    assert done.returncode == 4
    assert "this kernel cannot have CONFIG_KASAN_VMALLOC" in done.stderr
    assert "Compiling" not in done.stderr


def test_a_series_that_is_not_offered_is_answered_with_those_that_are(source: Source) -> None:
    source.offer()
    done = rkmbuild("kernel", "build-debug", "--from", "6.13")
    assert done.returncode == 8
    assert "linux-source-6.13" in done.stderr
    assert "it offers those of 6.12" in done.stderr


def test_a_build_that_is_interrupted_leaves_a_cache_for_the_next_one(
    source: Source, tmp_path: Path, empty_cache: Path
) -> None:
    reached, go = tmp_path / "reached", tmp_path / "go"
    source.offer(do=f"touch {reached}; until test -e {go}; do sleep 0.1; done")
    command = [sys.executable, "-m", "rkmbuild", *COMMAND]
    with started(command, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 60
        while not reached.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert find.built() == []
    assert not list((empty_cache / "tmp").iterdir())
    go.touch()
    assert rkmbuild(*COMMAND).returncode == 0
