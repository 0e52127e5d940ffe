"""A host for the tool: modules of one kernel and damaged ones, a userland, and what came of it."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base import files, locks
from rkmbuild.guest import boot
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import pipeline
from tests import c_module
from tests.vm import crate_guest, host_driver, host_image, host_modules
from tests.vm.host_step import Step

_EXAMPLES = Path(__file__).parents[2] / "examples"
_EXAMPLE = _EXAMPLES / "hello_world"
_SETUP = (
    "hostname host; echo 127.0.0.1 host >/etc/hosts; chmod 4755 /usr/bin/sudo; "
    "chmod 1777 /tmp; mkdir -p /home/user; chown 1000 /home/user; "
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

    @property
    def has_crcs(self) -> bool:
        """Whether imported symbols carry checksums (CONFIG_MODVERSIONS)."""
        return self.tree.config.on("MODVERSIONS")

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


def results(
    tree: KernelTree, other: KernelTree, shared: Path, steps: Sequence[Step]
) -> dict[str, Done]:
    """Return what came of the steps under the kernel `tree`; one boot for all workers.

    Args:
        other: Another kernel, whose module `tree` is to refuse.
        shared: A folder that all workers of this test run have in common.
        steps: What is to be done.
    """
    kept = shared / f"host-{tree.release}.json"
    with locks.held(kept.with_suffix(".lock")):
        if not kept.exists():
            work = shared / f"host-{tree.release}"
            work.mkdir()
            lines = _boot(tree, other, work, steps)
            # Half a report must not pass for a whole one.
            files.write(kept, json.dumps(lines))
            shutil.rmtree(work)
        reports = json.loads(kept.read_text())
    return {report.pop("label"): Done(**report) for report in reports}


def _boot(
    tree: KernelTree, other: KernelTree, work: Path, steps: Sequence[Step]
) -> list[dict[str, Any]]:
    modules = work / "m"
    host_modules.make(tree, other, modules, work)
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
        f"boot/config-{tree.release}": tree.build / ".config",
        **host_modules.headers(tree, "headers"),
        "workspace/Cargo.toml": '[workspace]\nmembers = ["*"]\n',
        **_with_debug_information(tree),
    }
    files |= _adder(tree, work / "adder")
    for name in ("greeter", "caller"):
        files[f"workspace/{name}/Cargo.toml"] = _CARGO.format(name=name)
        files[f"workspace/{target}/{name}.ko"] = modules / f"{name}.ko"
    result = boot.boot(tree, files=files, script=[_SETUP], timeout=400, memory_mib=768)
    return [
        json.loads(line.removeprefix(host_driver.MARK))
        for line in result.lines
        if line.startswith(host_driver.MARK)
    ]


def _hello_world(tree: KernelTree, folder: Path) -> Path:
    """Return the module of the example, built by the tool in a folder of this test's own."""
    shutil.copytree(_EXAMPLE, folder, ignore=shutil.ignore_patterns("target"))
    return pipeline.build(pipeline.BuildRequest(path=folder, kernel=tree.release)).module


def _with_debug_information(tree: KernelTree) -> dict[str, Path]:
    """Return modules that crash, and their debug information, by their places in the guest."""
    modules = [
        crate_guest.build(crate_guest.MODULES / name, tree) for name in ("crashes", "leaves")
    ]
    files = [file for ko in modules for file in (ko, ko.with_name(f"{ko.name}.debug"))]
    return {f"c/{file.name}": file for file in files}


def _adder(tree: KernelTree, folder: Path) -> dict[str, Path | bytes | str]:
    """Return the files of the example whose modules, in Rust and in C, call each other."""
    shutil.copytree(_EXAMPLES / "adder", folder, ignore=shutil.ignore_patterns("target"))
    target = folder / "target" / "rkmbuild" / tree.release
    pipeline.build(pipeline.BuildRequest(path=folder / "calls_from_rust", kernel=tree.release))
    kbuild = folder / "calls_from_c" / "Kbuild"
    kbuild.write_text(f"KBUILD_EXTRA_SYMBOLS := {target / 'adder.symvers'}\n{kbuild.read_text()}")
    in_c = c_module.make(tree, kbuild.parent, "calls_from_c")
    wanted = ["Cargo.toml", "*/Cargo.toml", "*/src/*", f"{target.relative_to(folder)}/*.ko"]
    found = (file for pattern in wanted for file in folder.glob(pattern))
    files = {f"adder/{file.relative_to(folder)}": file for file in found}
    alone = {f"alone/{ko.name}": ko for ko in (in_c, target / "calls_from_rust.ko")}
    return {**files, **alone, f"adder/{in_c.name}": in_c}


def _own_module(tree: KernelTree) -> Path:
    """Return a module that came with the kernel."""
    assert tree.modules is not None
    return next(path for path in sorted(tree.modules.rglob("*.ko*")))
