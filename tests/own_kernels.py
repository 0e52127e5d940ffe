"""Kernels of our own, for what those of distributions do not have: built from source once."""

from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt_suite, build_tools, source_package
from rkmbuild.kernel import debug_kernel, from_source
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import KernelTree, Origin
from rkmbuild.toolchain import cc

# Counts up when the same options make another kernel.
_REVISION = 2


@dataclass(frozen=True)
class OwnKernel:
    """How a kernel of our own is made.

    Attributes:
        name: What a test's parameter calls it.
        series: Whose source it is made of.
        suite: The suite that has it.
        flavour: What it is made for, in words.
        options: What is on in it, beside the usual.
        llvm: Whether clang and the rest of LLVM build it.
    """

    name: str
    series: str
    suite: str
    flavour: str
    options: tuple[str, ...]
    llvm: bool = False

    def get(self) -> KernelTree:
        """Return the kernel, which takes ten minutes where it is not in the cache yet."""
        clang = cc.choose_clang()[0] if self.llvm else None
        suffix = f"-{clang.version.major}" if clang else ""
        usual = from_source.names(debug_kernel.base())
        source = f"linux-source-{self.series}"
        name = cache.key(_REVISION, source, self.suite, usual, self.options, suffix)
        place = cache.entry("test-kernels", name, lambda folder: self._make(folder, suffix))
        return read_tree(place / "linux", Origin.PATH)

    def _make(self, folder: Path, suffix: str) -> None:
        asked = apt_suite.asked(self.suite, allow_expired=True)
        source_package.unpack(asked, source_package.choose(asked, self.series, self.suite), folder)
        tools = build_tools.get(*((f"lld{suffix}", f"llvm{suffix}") if self.llvm else ()))
        env, llvm = build_tools.environment(tools), [f"LLVM={suffix}"] if self.llvm else []
        fragment = debug_kernel.base() + "".join(f"CONFIG_{name}=y\n" for name in self.options)
        tree, demanded = folder / "linux", from_source.names(fragment)
        from_source.configure(tree, fragment, demanded, env=env, variables=llvm)
        from_source.compile_all(tree, env=env, variables=llvm, jobs=2)


@dataclass(frozen=True)
class DebugKernel:
    """A kernel as `rkmbuild kernel build-debug` gives it to users.

    Attributes:
        series: Whose source it is made of.
        suite: The suite that has it, where the machine's own sources do not.
        features: What is in it.
    """

    series: str
    suite: str
    features: tuple[str, ...] = debug_kernel.USUAL

    @property
    def name(self) -> str:
        """What a test's parameter calls it, as --kernel does: `6.12-debug`."""
        return self.series + debug_kernel.suffix(self.features)

    @property
    def flavour(self) -> str:
        """What it is made for, in words."""
        return ", ".join(self.features)

    def get(self) -> KernelTree:
        """Return the kernel, which takes ten minutes where it is not in the cache yet."""
        try:
            return debug_kernel.build(self.series, self.features)
        except FetchError:  # this machine's own sources do not have it
            return debug_kernel.build(
                self.series, self.features, suite=self.suite, allow_expired=True
            )
