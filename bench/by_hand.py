"""The same work by hand: the commands that one would type instead, on copies of the same files."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from rkmbuild.base import paths, process
from rkmbuild.pipeline import bindings, profiles, spec, sysroot
from rkmbuild.pipeline.api import portable_crate
from rkmbuild.pipeline.api.portable import PortableApi
from rkmbuild.pipeline.pipeline import BuildResult
from rkmbuild.pipeline.plan import BuildPlan
from rkmbuild.toolchain import cargo


class Baseline:
    """cargo, bindgen and make on a project of their own, with what `plan` says."""

    def __init__(self, plan: BuildPlan, built: BuildResult, folder: Path) -> None:
        """Copy the project and the Kbuild folder.

        Args:
            plan: What rkmbuild would do; the cache has its sysroot, bindings and kernel crate.
            built: What it did.
            folder: An empty folder for all that is made here.
        """
        assert isinstance(plan.api, PortableApi)
        self._plan = plan
        self._api = plan.api
        self._target = folder / "target"
        self._kbuild = folder / "kbuild"
        self.project = folder / "project"
        skipped = shutil.ignore_patterns("target", ".git")
        shutil.copytree(built.project.root, self.project, ignore=skipped)
        self._kbuild.mkdir()
        for name, text in plan.kbuild.files.items():
            (self._kbuild / name).write_text(text)
        self._cache = paths.cache_dir()

    def crate_and_kbuild(self) -> float:
        """Build the crate and the module; return the seconds that took."""
        return self.crate() + self.kbuild()

    def crate(self) -> float:
        """Run cargo for the crate."""
        command, env = self.crate_command()
        return self._seconds(command, self.project, env)

    def crate_command(self) -> tuple[list[str | Path], dict[str, str]]:
        """Return cargo's command for the crate, and its environment."""
        root = self._cache / "sysroot" / self._api.sysroot.key
        kernel = self._cache / "kernel-crate" / self._api.crate.key
        flags = [*self._api.sysroot.flags, f"--sysroot={root}", *portable_crate.externs(kernel)]
        target = sysroot.target_path(root, self._plan.kernel.tree.arch)
        env = cargo.environment(self._plan.tools.rust, flags)
        words = ["--lib", *profiles.arguments(self._plan.project, "release")]
        return [*self._cargo_build, *words, *self._for_target(target)], env

    def kbuild(self) -> float:
        """Run make for the module."""
        return self._seconds(self.make_command(), self._kbuild)

    def make_command(self) -> list[str | Path]:
        """Return make's command for the module; the crate is built already."""
        library = next((self._target / self._target_name / "release").glob("*.a"))
        archive = self._kbuild / "rkmbuild_rust.a"
        if not archive.is_symlink():
            archive.symlink_to(library)
        command = self._plan.kbuild.command(self._plan.request.cargo.jobs)
        return [f"M={self._kbuild}" if word.startswith("M=") else word for word in command]

    def sysroot(self, folder: Path) -> float:
        """Build core and alloc in `folder`, which is empty."""
        target = folder / f"{self._target_name}.json"
        target.write_text(self._api.sysroot.target_json)
        (folder / "Cargo.toml").write_text(sysroot._MANIFEST)
        (folder / "lib.rs").write_text("#![no_std]\n")
        vendor = cargo.toml_string(self._plan.tools.rust.library / "vendor")
        words: list[str | Path] = ["-Zbuild-std=core,alloc", *self._for_target(target)]
        if self._plan.tools.rust.vendored:
            words += ["--offline", "--config", 'source.crates-io.replace-with="vendored"']
            words += ["--config", f"source.vendored.directory={vendor}"]
        return self._cargo(folder, list(self._api.sysroot.flags), words)

    def bindings(self, folder: Path) -> float:
        """Bind the kernel's headers in `folder`, which is empty."""
        bound = self._api.bindings
        header = folder / "bindings.h"
        header.write_text(bound.header)
        command: list[str | Path] = [
            self._plan.tools.bindgen.path, header, *bound.arguments, "-o", folder / "bindings.rs",
            "--", *bound.clang_flags, "-DMODULE",
        ]  # fmt: skip
        return self._seconds(command, bound.folder, bindings.environment(self._plan.tools.bindgen))

    def kernel_crate(self) -> float:
        """Build the kernel crate, from nothing."""
        root = self._cache / "sysroot" / self._api.sysroot.key
        cfgs = self._target.with_name("cfgs")
        cfgs.write_text(self._api.crate.cfgs)
        flags = [*self._api.sysroot.flags, f"--sysroot={root}", f"@{cfgs}"]
        found = bindings.of_crates(self._cache / "bindings" / self._api.bindings.key)
        target = sysroot.target_path(root, self._plan.kernel.tree.arch)
        words = ["--package", "kernel", "--locked", "--offline", *self._for_target(target)]
        self.forget()
        return self._cargo(paths.data("crates"), flags, words, found)

    def forget(self) -> None:
        """Remove what was built, so that the next build is a clean one."""
        shutil.rmtree(self._target, ignore_errors=True)
        for file in self._kbuild.iterdir():
            if file.name not in self._plan.kbuild.files:
                file.unlink()

    @property
    def _target_name(self) -> str:
        return spec.name(self._plan.kernel.tree.arch)

    @property
    def _cargo_build(self) -> list[str | Path]:
        return [self._plan.tools.rust.cargo, "build", "--release", "--target-dir", self._target]

    def _for_target(self, target: Path) -> list[str | Path]:
        return cargo.target_arguments(self._plan.tools.facts, target)

    def _cargo(
        self,
        folder: Path,
        flags: list[str],
        words: list[str | Path],
        more: Mapping[str, str] | None = None,
    ) -> float:
        env = cargo.environment(self._plan.tools.rust, flags) | dict(more or {})
        return self._seconds([*self._cargo_build, *words], folder, env)

    @staticmethod
    def _seconds(
        command: list[str | Path], folder: Path, env: Mapping[str, str] | None = None
    ) -> float:
        return process.run(command, doing="working by hand", cwd=folder, env=env).seconds


class CModule:
    """A module in C, built by kbuild alone."""

    def __init__(self, plan: BuildPlan, folder: Path) -> None:
        """Copy the source to `folder`, an empty one."""
        shutil.copy(Path(__file__).parent / "hello_c" / "hello_c.c", folder)
        (folder / "Kbuild").write_text("obj-m := hello_c.o\n")
        self._objcopy = plan.tools.objcopy.path
        self._folder = folder
        variables = [f"{name}={value}" for name, value in plan.kbuild.variables.items()]
        self._command = ["make", "-C", str(plan.kbuild.objtree), f"M={folder}", *variables]

    def build(self) -> float:
        """Run make; return the seconds that took."""
        return process.run([*self._command, "modules"], doing="building a C module").seconds

    def size(self) -> float:
        """Return the module's size without debug information, in KB."""
        stripped = self._folder / "stripped"
        command: list[str | Path] = [self._objcopy, "--strip-debug"]
        command += [self._folder / "hello_c.ko", stripped]
        process.run(command, doing="stripping a C module")
        return stripped.stat().st_size / 1024
