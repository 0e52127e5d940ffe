"""Functions of a module, called by a program that clang compiled and libbpf loads."""

from pathlib import Path

import pytest

from rkmbuild.base import cache, paths, process
from rkmbuild.distro import distribution
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import foreign_cc
from rkmbuild.toolchain import cc
from tests import bpf, debian
from tests.vm import crate_guest

_SOURCE = Path(__file__).parents[1] / "data" / "bpf"
_PACKAGES = ("libbpf-dev", "libelf-dev", "zlib1g-dev", "libzstd-dev")


@pytest.fixture(scope="module")
def libbpf() -> Path:
    """A folder with the headers and static libraries of libbpf, and of what it is built on."""
    suite = distribution.codename() or "sid"

    def make(folder: Path) -> None:
        for package in debian.download(suite, *_PACKAGES, into=folder):
            process.run(["dpkg-deb", "-x", package, folder / "root"], doing="unpacking libbpf")

    return cache.entry("test-tools", cache.key("libbpf", suite, _PACKAGES), make) / "root" / "usr"


def test_a_program_of_clangs_calls_functions_of_a_module(
    kernel: KernelTree, libbpf: Path, tmp_path: Path
) -> None:
    module = crate_guest.build(paths.data("examples") / "bpf_trace", kernel)
    (machine,) = (libbpf / "lib").glob("*-linux-gnu")
    headers = (f"-I{libbpf / 'include'}", f"-I/usr/include/{machine.name}")
    clang, _ = cc.choose_clang(foreign_cc.least_clang(kernel))
    program, loader = tmp_path / "exec.bpf.o", tmp_path / "loader"
    process.run(
        [clang.path, "-O2", "-g", "-target", "bpf", *headers, "-Wall", "-Werror",
         "-c", _SOURCE / "exec.bpf.c", "-o", program],
        doing="compiling a BPF program",
    )  # fmt: skip
    libraries = ["-lbpf", "-lelf", "-lz", "-lzstd"]
    process.run(
        ["gcc", "-static", "-O1", "-Wall", "-Werror", *headers, _SOURCE / "exec.c", "-o", loader,
         "-L", machine, *libraries],
        doing="compiling what loads it",
    )  # fmt: skip
    result = crate_guest.run(
        kernel,
        {"bpf_trace": module},
        [
            "insmod /bpf_trace.ko",
            "/loader /exec.bpf.o 2>&1",
            bpf.unload("bpf_trace", tries=100),
        ],
        files={"exec.bpf.o": program, "loader": loader},
    )
    assert result.outcome is Outcome.FINISHED
    assert result.statuses == (0, 0, 0), result.steps
    assert result.troubles == ()
    ours, theirs = result.steps[1].lines[-1].split()
    assert ours == theirs != "0"
    pid = int(ours, 16) >> 32
    assert f"bpf_trace: it runs: {pid}" in crate_guest.texts(result, 1)
