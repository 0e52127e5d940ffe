"""A host for the tool: modules of one kernel and damaged ones, a userland, and what came of it."""

import gzip
import json
import lzma
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from rkmbuild import paths, runner
from rkmbuild.build import pipeline
from rkmbuild.kernel import overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.run import guest
from tests.vm import host_driver, host_image
from tests.vm.host_steps import STEPS, Step

_SOURCES = Path(__file__).parent.parent / "data" / "host"
_EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "hello_world"
_SETUP = (
    "hostname host; echo 127.0.0.1 host >/etc/hosts; chmod 4755 /usr/bin/sudo; "
    "mkdir -p /home/user; chown 1000 /home/user; "
    "sysctl -qw kernel.panic_on_oops=0 kernel.dmesg_restrict=1; "
    "mount -t securityfs securityfs /sys/kernel/security; export PYTHONHOME=/py; "
    "/py/bin/python3 /driver.py"
)
_CARGO = '[package]\nname = "{name}"\nversion = "0.1.0"\n[lib]\ncrate-type = ["staticlib"]\n'


@dataclass(frozen=True, kw_only=True)
class Done:
    """A step that was done: exit status, what it wrote to each stream, seconds."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, kw_only=True)
class Host:
    """A kernel under which the steps were done.

    Attributes:
        tree: It.
        other: Another kernel, for which one of the modules was built.
        done: What came of each step, by its label.
    """

    tree: KernelTree
    other: KernelTree
    done: Mapping[str, Done]

    def succeeded(self, label: str) -> Done:
        """Return what came of a step that must not fail."""
        done = self.done[label]
        assert done.status == 0, done
        return done

    def failed(self, label: str, status: int, *told: str) -> Done:
        """Return what came of a step that must fail with `status` and tell all of `told`."""
        done = self.done[label]
        assert done.status == status, done
        for text in told:
            assert text in done.err, done
        assert "Traceback" not in done.err
        return done


def results(tree: KernelTree, other: KernelTree, shared: Path) -> dict[str, Done]:
    """Return what came of the steps under the kernel `tree`; one boot for all workers.

    Args:
        other: Another kernel, whose module `tree` is to refuse.
        shared: A folder that all workers of this test run have in common.
    """
    kept = shared / f"host-{tree.release}.json"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            work = shared / f"host-{tree.release}"
            work.mkdir()
            lines = _boot(tree, other, work, STEPS)
            # Half a report must not pass for a whole one.
            draft = kept.with_suffix(".draft")
            draft.write_text(json.dumps(lines))
            draft.rename(kept)
            shutil.rmtree(work)
        reports = json.loads(kept.read_text())
    return {report.pop("label"): Done(**report) for report in reports}


def _boot(
    tree: KernelTree, other: KernelTree, work: Path, steps: Sequence[Step]
) -> list[dict[str, Any]]:
    modules = work / "m"
    _make_modules(tree, other, modules, work)
    root = work / "root"
    host_image.make(root)
    target = f"target/rkmbuild/{tree.release}"
    hello = _hello_world(tree, work / "hello")
    files: dict[str, Path | bytes | str] = {
        **{path.name: path for path in root.iterdir()},
        "m": modules,
        "driver.py": Path(host_driver.__file__),
        "steps.json": json.dumps([step.document() for step in steps]),
        "project/Cargo.toml": _CARGO.format(name="greeter"),
        "unbuilt/Cargo.toml": _CARGO.format(name="unbuilt"),
        f"project/{target}/greeter.ko": modules / "greeter.ko",
        "hello/Cargo.toml": _EXAMPLE / "Cargo.toml",
        f"hello/{target}/{hello.name}": hello,
        f"lib/modules/{tree.release}/kernel/own.ko": _own_module(tree),
    }
    result = guest.boot(tree, files=files, script=[_SETUP], timeout=400, memory_mib=768)
    return [
        json.loads(line.removeprefix(host_driver.MARK))
        for line in result.lines
        if line.startswith(host_driver.MARK)
    ]


def _hello_world(tree: KernelTree, folder: Path) -> Path:
    """Return the module of the example, built by the tool in a folder of this test's own."""
    shutil.copytree(_EXAMPLE, folder, ignore=shutil.ignore_patterns("target"))
    return pipeline.build(pipeline.BuildRequest(path=folder, kernel=tree.release)).module


def _own_module(tree: KernelTree) -> Path:
    """Return a module that came with the kernel."""
    assert tree.modules is not None
    return next(path for path in sorted(tree.modules.rglob("*.ko*")))


def _make_modules(tree: KernelTree, other: KernelTree, folder: Path, work: Path) -> None:
    """Make the modules, and what only looks like one."""
    folder.mkdir()
    for version, place in (("1.0", folder), ("2.0", folder / "v2")):
        made = _kbuild(tree, work / f"build-{version}", version)
        place.mkdir(exist_ok=True)
        for module in made.glob("*.ko"):
            shutil.copy(module, place)
    strange = _kbuild(other, work / "build-other", "1.0")
    shutil.copy(strange / "greeter.ko", folder / "other.ko")
    shutil.copy(work / "build-1.0" / "caller.o", folder / "object.ko")
    plain = (folder / "greeter.ko").read_bytes()
    (folder / "cut.ko").write_bytes(plain[:-2000])
    (folder / "machine.ko").write_bytes(plain[:18] + b"\xb7\0" + plain[20:])  # EM_AARCH64
    assert plain.count(b" SMP preempt ") == 1
    (folder / "options.ko").write_bytes(plain.replace(b" SMP preempt ", b" SMP sparely "))
    # A checksum stands before its symbol's name (struct modversion_info, linux/module.h).
    at = plain.index(b"\0misc_register\0", plain.index(b"vermagic=")) + 1
    (folder / "symbols.ko").write_bytes(plain[: at - 8] + b"\1\2\3\4" + plain[at - 4 :])
    (folder / "greeter.ko.xz").write_bytes(lzma.compress(plain, check=lzma.CHECK_CRC32))
    (folder / "greeter.ko.gz").write_bytes(gzip.compress(plain))
    subprocess.run(["zstd", "-q", folder / "greeter.ko"], check=True)


def _kbuild(tree: KernelTree, folder: Path, version: str) -> Path:
    shutil.copytree(_SOURCES, folder)
    laid = overlay.prepare(tree, foreign_compiler=False)
    helpers = paths.data("crates") / "kernel" / "helpers"
    command = ["make", "-s", "-C", str(laid.build), f"M={folder}", f"HELPERS={helpers}"]
    variables = [f"GREETER={version}", "CONFIG_DEBUG_INFO_BTF_MODULES=", f"-j{os.cpu_count()}"]
    runner.run([*command, *variables, "modules"], doing="building modules in C")
    for module in folder.glob("*.ko"):
        subprocess.run(["strip", "-g", module], check=True)
    return folder
