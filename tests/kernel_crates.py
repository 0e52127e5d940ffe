"""What the crates in crates/ are looked at with: as a build for a kernel compiles them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import bindings, pipeline, sysroot
from rkmbuild.pipeline.api import portable_crate
from rkmbuild.pipeline.api.portable import PortableApi
from rkmbuild.project.request import BuildRequest
from rkmbuild.toolchain import cargo

ROOT = Path(__file__).parents[1]
CRATES = ROOT / "crates"


@dataclass(frozen=True)
class Prepared:
    """All that code for a kernel is compiled with, and the crates as a build made them.

    Attributes:
        flags: Arguments of rustc.
        env: The environment of cargo, rustc and rustdoc.
        cfgs: The file with what says which kernel this is.
        target: Arguments of cargo that name the target.
        specification: The target.
        libraries: The folder with the crates.
    """

    flags: tuple[str, ...]
    env: dict[str, str]
    cfgs: Path
    target: tuple[str, ...]
    specification: Path
    libraries: Path

    def externs(self) -> list[str]:
        """Arguments of rustc that name each of the crates."""
        found = [*self.libraries.glob("*.rlib"), *self.libraries.glob("*.so")]
        names = {file.name.removeprefix("lib").split("-")[0]: file for file in found}
        named = [f"--extern={name}={file}" for name, file in names.items()]
        return [*named, f"-Ldependency={self.libraries}"]


def prepare(tree: KernelTree) -> Prepared:
    """Build, or find in the cache, what code for `tree` is compiled with."""
    example = ROOT / "examples" / "hello_world"
    plan = pipeline.prepare(BuildRequest(path=example, kernel=str(tree.build)))
    api, tools = plan.api, plan.tools
    assert isinstance(api, PortableApi)
    root = sysroot.build(api.sysroot, tools.rust, tools.facts)
    bound = bindings.build(api.bindings, tools.bindgen, tools.compiler)
    made = portable_crate.build(api.crate, tools.rust, tools.facts, root=root, bound=bound)
    cfgs = made / "cfgs"
    flags = (*api.sysroot.flags, f"--sysroot={root}", f"@{cfgs}")
    env = cargo.environment(tools.rust, flags)
    specification = sysroot.target_path(root, tree.arch)
    return Prepared(
        flags=flags,
        env=env | bindings.of_crates(bound),
        cfgs=cfgs,
        target=tuple(map(str, cargo.target_arguments(tools.facts, specification))),
        specification=specification,
        libraries=made / "lib",
    )


def check(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run a command that must be well, and return what it said."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
