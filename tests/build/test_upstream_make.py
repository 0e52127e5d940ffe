"""Sources without a Cargo.toml, built by the kernel's own rules on its own `kernel` crate."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import upstream_sources
from tests.cli import complaints, rkmbuild, started

pytestmark = pytest.mark.together


def built(path: Path, tree: KernelTree) -> list[dict[str, Any]]:
    """Build a source, which is silent and writes to `target/` alone; return its modules."""
    folder = path if path.is_dir() else path.parent
    before = upstream_sources.contents(folder)
    done = rkmbuild("build", path, "--kernel", tree.release, "--json")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    assert upstream_sources.contents(folder) == before
    document = json.loads(done.stdout)
    return list(document.get("modules", [document]))


def good(module: dict[str, Any], tree: KernelTree) -> bytes:
    """Return a module that `check` has nothing against, with its debug information beside it."""
    done = rkmbuild("check", module["module"], "--kernel", tree.release, "--json")
    assert done.returncode == 0, done.stdout
    said = json.loads(done.stdout)["modules"][0]
    found = {finding["rule"] for finding in said["findings"]}
    assert found <= {"unsigned", "out-of-tree"}, "as for each module from outside the tree"
    content = Path(module["module"]).read_bytes()
    assert b".debug_info\0" not in content
    assert b".debug_info\0" in Path(module["debug"]).read_bytes()
    return content


@pytest.mark.usefixtures("upstream_7_3")
def test_one_file_becomes_a_module(tmp_path: Path, kernel_7_3: KernelTree) -> None:
    file = upstream_sources.one_file(tmp_path / "source")
    (module,) = built(file, kernel_7_3)
    place = file.parent / "target/rkmbuild" / kernel_7_3.release / "lonely_file.ko"
    assert (module["module"], module["name"]) == (str(place), "lonely_file")
    assert len(good(module, kernel_7_3)) <= 20 * 1024, "what it uses is the kernel's"

    (again,) = built(file, kernel_7_3)
    assert again["fresh"]
    file.write_text(file.read_text().replace("loaded with", "begins with"))
    (noted,) = file.parent.rglob("again.json")
    before = noted.stat().st_mtime_ns
    (changed,) = built(file, kernel_7_3)
    assert not changed["fresh"]
    assert noted.stat().st_mtime_ns == before, "the top Makefile is not read again"
    assert b"begins with" in good(changed, kernel_7_3)

    file.write_text("fn broken(")
    failed = rkmbuild("build", file, "--kernel", kernel_7_3.release)
    assert failed.returncode == 6
    assert "lonely_file.rs:1:" in failed.stderr, "rustc's own words"


@pytest.mark.usefixtures("upstream_7_3")
def test_a_folder_of_rust_and_c_with_two_modules_is_built_as_it_is(
    tmp_path: Path, kernel_7_3: KernelTree
) -> None:
    folder = upstream_sources.of_two(tmp_path / "source")
    modules = {module["name"]: module for module in built(folder, kernel_7_3)}
    assert modules.keys() == {"mixed", "plain"}
    assert b"mixed_next" in good(modules["mixed"], kernel_7_3)
    assert b"depends=mixed\0" in good(modules["plain"], kernel_7_3)
    assert "mixed_next" in Path(modules["mixed"]["symvers"]).read_text()

    assert all(module["fresh"] for module in built(folder, kernel_7_3))
    header = folder / "include/mixed.h"
    header.write_text(header.read_text().replace("mixed_next", "mixed_before"))
    failed = rkmbuild("build", folder, "--kernel", kernel_7_3.release)
    assert failed.returncode == 6
    assert "mixed_c.c:" in failed.stderr, "a header that changed is noticed"


@pytest.mark.usefixtures("upstream_7_3")
@pytest.mark.parametrize("form", upstream_sources.MAKEFILES)
def test_a_makefile_of_the_users_builds_on_the_kernels_rules(
    tmp_path: Path, kernel_7_3: KernelTree, form: str
) -> None:
    file = upstream_sources.one_file(tmp_path / "source")
    folder = file.parent
    (folder / "Kbuild").write_text("obj-m := lonely_file.o\n")
    (folder / "Makefile").write_text(upstream_sources.MAKEFILES[form])
    done = rkmbuild("make", "--kernel", kernel_7_3.release, "--", "-j2", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert (folder / "lonely_file.ko").is_file(), "where the makefile has it"
    if "fails:" in upstream_sources.MAKEFILES[form]:
        failed = rkmbuild("make", "--kernel", kernel_7_3.release, "--", "-q", "fails", cwd=folder)
        assert failed.returncode == 1, "make's own status: -q found something to do"
        # What that left beside the source is not what `build` takes.
        (module,) = built(folder, kernel_7_3)
        good(module, kernel_7_3)


def test_a_kernel_that_builds_beside_the_source_builds_beside_links(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    folder = upstream_sources.in_c(tmp_path / "source")
    (module,) = built(folder, kernel_6_12)
    assert module["name"] == "only_c"
    good(module, kernel_6_12)
    assert built(folder, kernel_6_12)[0]["fresh"]


def test_rust_for_a_kernel_whose_source_is_too_old_is_refused(
    tmp_path: Path, kernel_6_1: KernelTree
) -> None:
    file = upstream_sources.one_file(tmp_path / "source")
    done = rkmbuild("build", file, "--kernel", kernel_6_1.release)
    assert done.returncode == 4
    assert "its source takes one old rustc alone" in done.stderr
    assert "the portable API is there for every kernel" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_make_leaves_nothing_behind(
    tmp_path: Path, kernel_6_12: KernelTree, number: signal.Signals
) -> None:
    (tmp_path / "Makefile").write_text("all:\n\tsleep 1000 & echo $$! >number; wait\n")
    command = [sys.executable, "-m", "rkmbuild", "make", "-k", kernel_6_12.release]
    with started(command, cwd=tmp_path, stdin=subprocess.DEVNULL) as run:
        number_file = tmp_path / "number"
        _wait_for(lambda: number_file.exists() and number_file.read_text().strip() != "")
        sleeping = int(number_file.read_text())
        run.send_signal(number)
        assert run.wait(60) == 130
        _wait_for(lambda: not _runs(sleeping))


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _wait_for(what: Any) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)
