"""Which way modules are linked on a kernel with Rust of its own, and which sidecar builds take."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base import cache, paths
from rkmbuild.base.errors import FetchError, KernelError, ToolchainError
from rkmbuild.kernel import detect
from rkmbuild.kernel.tree import Kconfig, KernelTree, KernelVersion, Origin
from rkmbuild.pipeline.api.upstream import making, outlook, sidecar, static, static_tools, toolchain
from rkmbuild.pipeline.api.upstream.exports import OtherExportsError
from rkmbuild.pipeline.api.upstream.making import Wanted
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from rkmbuild.pipeline.api.upstream.toolchain import NotOfferedError
from rkmbuild.toolchain.parts import Rust, Version
from tests import kernel_trees

# A name of Module.symvers of Debian's 7.3.4+deb13-cloud-amd64, in the form of that file.
EXPORTED = (
    "0x00000000\t_RNvMNtCs2lKf6AS60Zg_4core3stre12escape_debug\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
)
# In the form of rust/helpers/helpers.c of 7.3.
HELPERS = """\
#ifdef __BINDGEN__
#define __rust_helper
#else
#define __rust_helper __always_inline
#endif

#include "first.c"
#ifdef CONFIG_SOME
#include "of-some.c"
#endif
#include "net/last.c"
"""


@pytest.fixture
def tree(tmp_path: Path) -> KernelTree:
    """A kernel with Rust of its own, of a series whose source can be linked in as well."""
    read = detect.read_tree(kernel_trees.debian(tmp_path / "kernel"), Origin.PATH)
    symvers = tmp_path / "Module.symvers"
    symvers.write_text(EXPORTED)
    return replace(
        read,
        release="7.3.4",
        version=KernelVersion(7, 3, 4),
        symvers=symvers,
        config=Kconfig({"RUST": "y", "RUSTC_VERSION_TEXT": "rustc 1.85.1"}),
    )


@pytest.fixture
def rust(tmp_path: Path) -> Rust:
    rustc = tmp_path / "bin/rustc"
    rustc.parent.mkdir()
    rustc.touch()
    return Rust(
        rustc=rustc,
        cargo=rustc,
        version=Version(1, 96, 0),
        verbose="rustc 1.96.0\n",
        host="x86_64-unknown-linux-gnu",
        sysroot=tmp_path,
        library=tmp_path,
        vendored=True,
        origin="PATH",
    )


def test_the_kernels_own_rust_is_linked_to_unless_another_way_is_asked_for(
    tree: KernelTree,
) -> None:
    assert outlook.of(tree).way is Way.OWN
    told = outlook.of(tree, link=Way.STATIC)
    assert told.way is Way.STATIC
    assert "was not to be linked to, so that modules bring along" in told.why


def test_another_rustc_than_the_kernels_has_modules_bring_the_crate(
    tree: KernelTree, rust: Rust, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What /usr/bin/rustc 1.96.0 of Debian 12 says, and what the kernel's own does.
    for given, way in (("s5fzNDFzpgFm_", Way.STATIC), ("s2lKf6AS60Zg_", Way.OWN)):
        monkeypatch.setattr(toolchain, "fits", lambda _, core, given=given: given == core)
        assert outlook.of(tree, rustc=rust).way is way


def test_a_kernel_that_exports_none_of_its_rust_is_one_without(tree: KernelTree) -> None:
    assert tree.symvers
    tree.symvers.write_text("0x00000000\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n")
    assert outlook.of(tree).way is Way.STATIC
    with pytest.raises(KernelError, match="exports none of its symbols"):
        outlook.of(tree, link=Way.OWN)


def test_a_series_for_which_it_was_not_tried_is_refused(tree: KernelTree) -> None:
    other = replace(tree, release="7.4.1", version=KernelVersion(7, 4, 1))
    with pytest.raises(KernelError, match=r"7\.4\.1's own Rust cannot be linked to"):
        outlook.of(other, link=Way.STATIC)


def test_a_rustc_that_the_source_does_not_take_is_refused(tree: KernelTree, rust: Rust) -> None:
    takes = static_tools.takes(tree)
    static_tools.check(takes, rust, tree)
    for version in (Version(1, 84, 1), Version(1, 99)):
        with pytest.raises(ToolchainError, match=f"rustc {version}: it takes 1.85"):
            static_tools.check(takes, replace(rust, version=version), tree)


class _Made:
    """Stands in for what makes the sidecars, and notes what was asked of it."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.because = ""

    def own(self, *_: Any) -> str:
        if self.error:
            raise self.error
        return "own"

    def static(self, *_: Any, because: str) -> str:
        self.because = because
        return "static"


@pytest.fixture
def faking(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> Callable[..., _Made]:
    del empty_cache

    def fake(error: Exception | None) -> _Made:
        made = _Made(error)
        monkeypatch.setattr(making, "_own", made.own)
        monkeypatch.setattr(making, "_static", made.static)
        return made

    return fake


@pytest.mark.parametrize(
    "error", [NotOfferedError("trixie has rustc 1.86"), OtherExportsError("the first is _RNew")]
)
def test_what_cannot_be_matched_is_linked_in_and_why_is_kept(
    error: Exception, tree: KernelTree, faking: Callable[..., _Made]
) -> None:
    made = faking(error)
    assert str(making.make(tree, Wanted())) == "static"
    assert made.because == str(error)


@pytest.mark.parametrize("wanted", [Wanted(link=Way.OWN), Wanted(allow_mismatch=True)])
def test_what_was_asked_for_is_done_or_refused(
    wanted: Wanted, tree: KernelTree, faking: Callable[..., _Made]
) -> None:
    faking(OtherExportsError("the first is _RNew"))
    with pytest.raises(OtherExportsError):
        making.make(tree, wanted)


def test_packages_that_fail_to_come_are_no_reason_for_another_way(
    tree: KernelTree, faking: Callable[..., _Made]
) -> None:
    faking(FetchError("no network"))
    with pytest.raises(FetchError, match="no network"):
        making.make(tree, Wanted())


def test_builds_take_the_sidecar_that_was_chosen_last(
    empty_cache: Path, tree: KernelTree, rust: Rust
) -> None:
    own, linked = (_sidecar(empty_cache, tree, rust, way) for way in Way)
    sidecar.choose(own, tree)
    assert sidecar.find(tree) == own
    before = [file.exists() for file in own.stamps()]
    assert sidecar.get(tree, link=Way.STATIC) == linked
    assert sidecar.find(tree) == linked
    # What was built with the other one is seen to be made anew.
    assert before != [file.exists() for file in own.stamps()]
    assert sidecar.get(tree, link=Way.OWN) == own
    assert sidecar.get(tree) == own
    assert before == [file.exists() for file in own.stamps()]


def _sidecar(root: Path, tree: KernelTree, rust: Rust, way: Way) -> Sidecar:
    made = Sidecar(
        folder=root / sidecar.KIND / way,
        release=tree.release,
        way=way,
        why="it was asked for",
        rust=rust,
        source="7.3.4-1",
        kernel=sidecar.identity(tree),
    )
    assert paths.cache_dir() == root
    made.folder.mkdir(parents=True)
    made.write()
    cache.finish(made.folder)
    return made


def test_each_helper_is_included_under_its_conditions_after_what_those_before_it_include(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "rust/helpers"
    (folder / "net").mkdir(parents=True)
    (folder / "helpers.c").write_text(HELPERS)
    (folder / "first.c").write_text("#include <a.h>\n#ifdef X\n#include <b.h>\n#endif\n")
    (folder / "of-some.c").write_text("#include <c.h>\n")
    (folder / "net/last.c").write_text("")
    assert static.helpers(tmp_path) == {
        "first": f'#include "{folder}/first.c"\n',
        "of_some": (f'#include <a.h>\n#ifdef CONFIG_SOME\n#include "{folder}/of-some.c"\n#endif\n'),
        "net_last": f'#include <a.h>\n#include <c.h>\n#include "{folder}/net/last.c"\n',
    }
