"""`build` and `run` on a machine that lacks a part: which one is named, and the exit status.

The part is hidden from the one command alone, by mounts in a namespace of its own.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from rkmbuild.base import search_path
from rkmbuild.base.errors import MachineError, ToolchainError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import bindgen_places, rust, rust_places
from tests import projects

_ROOT_IS_MOUNT = any(
    line.split()[4] == "/" for line in Path("/proc/self/mountinfo").read_text().splitlines()
)
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"),
    reason="only root, with unshare, can hide a program",
)


def without(
    hidden: list[Path], *words: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command where the files `hidden` are no programs and the folders are empty."""
    if not _ROOT_IS_MOUNT:
        pytest.skip("in a plain chroot, what hides a program might be seen outside")
    script = ["set -e"]
    for path in hidden:
        place = shlex.quote(str(path.resolve()))
        script.append(
            f"mount -t tmpfs none {place}" if path.is_dir() else f"mount --bind /dev/null {place}"
        )
    script.append(f"exec {shlex.join([sys.executable, '-m', 'rkmbuild', *map(str, words)])}")
    return subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(script)],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return projects.make(tmp_path / "sample")


def refused(
    done: subprocess.CompletedProcess[str], project: Path, code: int = ToolchainError.code
) -> str:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert not list(project.rglob("*.ko"))
    return done.stderr


def test_without_bindgen_a_build_names_it_and_what_installs_it(
    kernel_6_12: KernelTree, project: Path
) -> None:
    hidden = bindgen_places.commands()
    said = refused(without(hidden, "build", project, "-k", kernel_6_12.build), project)
    assert "bindgen was not found" in said
    assert "installs it" in said
    done = without(hidden, "build", project, "-k", kernel_6_12.build, "--json")
    assert "installs it" in json.loads(done.stdout)["error"]["hint"]


def test_with_a_libclang_that_does_not_go_with_bindgen_a_build_says_so(
    kernel_6_12: KernelTree, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "libclang.so.1").symlink_to("/lib/x86_64-linux-gnu/libm.so.6")
    env = {"LIBCLANG_PATH": str(tmp_path)}
    done = without([], "build", project, "-k", kernel_6_12.build, env=env)
    assert "no bindgen works with a libclang" in refused(done, project)


def test_without_clang_a_build_that_asks_for_it_names_it_and_what_installs_it(
    kernel_6_12: KernelTree, project: Path
) -> None:
    # Debian's clang-14 in /usr/bin is a link into LLVM's own folder.
    hidden = [*Path("/usr/lib").glob("llvm*/bin"), *_real(search_path.every(r"clang(-\d+)?"))]
    done = without(hidden, "build", project, "-k", kernel_6_12.build, "--cc", "clang")
    said = refused(done, project)
    assert "clang was not found" in said
    assert "installs it" in said


def test_without_any_c_compiler_a_build_names_clang(kernel_6_12: KernelTree, project: Path) -> None:
    # What kbuild asks of the compiler needs one; without both, the choice itself must fail.
    hidden = [*Path("/usr/lib").glob("llvm*/bin"), *_real(search_path.every(r"clang(-\d+)?"))]
    hidden += _real(search_path.every(r"(x86_64-linux-gnu-)?gcc(-\d+)?"))
    done = without(hidden, "build", project, "-k", kernel_6_12.build)
    assert "clang was not found" in refused(done, project)


def test_without_the_library_source_a_build_names_it_and_what_installs_it(
    kernel_6_12: KernelTree, project: Path
) -> None:
    hidden = []
    for place in rust_places.all_places():
        found = rust.look_at(place)
        if found.rust:
            hidden.append(found.rust.library)
    said = refused(without(hidden, "build", project, "-k", kernel_6_12.build), project)
    assert "rust-src" in said
    assert "installs it" in said


def test_without_qemu_a_run_names_it_and_what_installs_it(
    kernel_6_12: KernelTree, project: Path
) -> None:
    built = without([], "build", project, "-k", kernel_6_12.build)
    assert built.returncode == 0, built.stderr
    hidden = list(search_path.every("qemu-system-x86_64"))
    done = without(hidden, "run", project, "-k", kernel_6_12.build)
    assert done.returncode == MachineError.code, done.stderr
    assert "qemu-system-x86_64 was not found" in done.stderr
    assert "qemu" in done.stderr.partition("help")[2]
    assert "installs it" in done.stderr


def _real(programs: Iterable[Path]) -> list[Path]:
    # Inside LLVM's own folder, which is hidden as a whole, there is nothing left to hide.
    resolved = {program.resolve() for program in programs}
    return [program for program in resolved if "llvm" not in str(program)]
