"""The bindings of 7.3's crate beside the kernel's BTF, as they are and with one thing changed."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import BuildError, KernelError, ProjectError
from rkmbuild.kernel.tree import Kconfig, KernelTree
from rkmbuild.pipeline.api.upstream import differences, layouts
from rkmbuild.pipeline.api.upstream import source as sources
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.pipeline.layout.dwarf import Die, Types
from tests import projects, upstream_sources
from tests.cli import rkmbuild

# In sk_buff of 7.3: two fields of one type, and a smaller one behind a larger one.
LENGTHS = ("    pub len: ffi::c_uint,\n", "    pub data_len: ffi::c_uint,\n")
USERS = "    pub truesize: ffi::c_uint,\n    pub users: refcount_t,\n"
DIFFERS = "compat_ethtool_rxnfc"
UPSTREAM = '\n[package.metadata.rkmbuild]\napi = "upstream"\n'


@pytest.fixture(scope="module")
def types(kernel_7_3: KernelTree) -> Types:
    found = layouts.of_kernel(kernel_7_3)
    assert found
    return found


@pytest.fixture(scope="module")
def source(source_7_3: Path) -> Source:
    return sources.read(source_7_3)


@pytest.fixture
def objtree(upstream_7_3: Sidecar, tmp_path: Path) -> Path:
    """What the sidecar has, by links, with bindings of its own."""
    copy = tmp_path / "objtree"
    shutil.copytree(upstream_7_3.objtree, copy, copy_function=lambda a, b: Path(b).symlink_to(a))
    (copy / differences.FILE).unlink()
    return copy


def change(objtree: Path, old: str, new: str, crate: str = "bindings") -> None:
    file = objtree / f"rust/{crate}/{crate}_generated.rs"
    # Where no rustfmt works there is a blank around each mark.
    words = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", old)))
    text, times = re.subn(words, new, file.read_text(), count=1)
    assert times == 1
    file.unlink()
    file.write_text(text)


def member(types: Types, struct: str, name: str) -> Die:
    (found,) = (d for d in types.top if d.tag == "struct" and d.has.get("name") == struct)
    return next(each for each in found.children if each.has.get("name") == name)


@contextmanager
def moved(*places: tuple[Die, int]) -> Iterator[None]:
    """Have members of the kernel elsewhere meanwhile."""
    before = [(die, die.has["bit_offset"]) for die, _ in places]
    try:
        for die, bit in places:
            die.has["bit_offset"] = bit
        yield
    finally:
        for die, bit in before:
            die.has["bit_offset"] = bit


def test_the_structures_are_those_of_the_kernel(
    objtree: Path, kernel_7_3: KernelTree, upstream_7_3: Sidecar, source: Source, types: Types
) -> None:
    assert layouts.check(objtree, kernel_7_3, upstream_7_3.rust, source, types) > 4000
    said = json.loads((objtree / differences.FILE).read_text())
    assert said == {
        "compat_ethtool_rx_flow_spec": "ring_cookie is at byte 152, and at byte 148 in C",
        "compat_ethtool_rxnfc": "fs has 168 bytes, and 160 in C",
    }
    # So it was found when the sidecar was made.
    assert json.loads((upstream_7_3.objtree / differences.FILE).read_text()) == said


def test_bindings_of_other_headers_are_refused(
    objtree: Path, kernel_7_3: KernelTree, upstream_7_3: Sidecar, source: Source, types: Types
) -> None:
    change(objtree, USERS, "".join(reversed(USERS.splitlines(keepends=True))))
    with pytest.raises(KernelError) as refused:
        layouts.check(objtree, kernel_7_3, upstream_7_3.rust, source, types)
    assert refused.value.message == (
        f"sk_buff of this source is not the one of {kernel_7_3.release}: "
        "users is at byte 216, and at byte 220 in C"
    )


def test_another_kernel_is_refused(
    objtree: Path, kernel_7_3: KernelTree, upstream_7_3: Sidecar, source: Source, types: Types
) -> None:
    its = member(types, "device", "parent")
    with (
        moved((its, its.has["bit_offset"] + 64)),
        pytest.raises(KernelError, match=r"device of this source .*: parent is at byte \d+, and "),
    ):
        layouts.check(objtree, kernel_7_3, upstream_7_3.rust, source, types)


def test_rustc_has_the_last_word(
    objtree: Path, kernel_7_3: KernelTree, upstream_7_3: Sidecar, source: Source, types: Types
) -> None:
    """Text and kernel agree, and the metadata that modules are compiled on was made of another."""
    for crate in ("bindings", "uapi"):
        change(objtree, "".join(LENGTHS), "".join(reversed(LENGTHS)), crate)
    first, second = (member(types, "sk_buff", name) for name in ("len", "data_len"))
    swapped = ((first, second.has["bit_offset"]), (second, first.has["bit_offset"]))
    with moved(*swapped), pytest.raises(BuildError, match="how it lays out the bindings") as failed:
        layouts.check(objtree, kernel_7_3, upstream_7_3.rust, source, types)
    assert "sk_buff is not laid out as in C" in failed.value.output


@pytest.mark.usefixtures("upstream_7_3")
def test_a_module_that_names_what_differs_is_refused(
    tmp_path: Path, kernel_7_3: KernelTree
) -> None:
    file = upstream_sources.one_file(tmp_path / "source")
    size = f"core::mem::size_of::<kernel::bindings::{DIFFERS}>()"
    good = file.read_text()
    file.write_text(f"{good}\nconst SIZE: usize = {size};\nconst _: () = assert!(SIZE > 0);\n")
    failed = rkmbuild("build", file, "--kernel", kernel_7_3.release)
    assert failed.returncode == ProjectError.code, failed.stderr
    assert f"lonely_file.rs names {DIFFERS}, of which the bindings" in failed.stderr
    assert "fs has 168 bytes, and 160 in C" in failed.stderr
    assert not list(file.parent.rglob("lonely_file.ko.debug"))
    file.write_text(good)
    done = rkmbuild("build", file, "--kernel", kernel_7_3.release)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("upstream_7_3")
def test_so_is_a_project(tmp_path: Path, kernel_7_3: KernelTree) -> None:
    root = projects.make(tmp_path / "sample", manifest=UPSTREAM)
    source = root / "src/lib.rs"
    source.write_text(f"{source.read_text()}\npub type Rules = kernel::bindings::{DIFFERS};\n")
    failed = rkmbuild("build", root, "--kernel", kernel_7_3.release)
    assert failed.returncode == ProjectError.code, failed.stderr
    assert f"src/lib.rs names {DIFFERS}, of which the bindings are wrong" in failed.stderr
    assert "Compiling" not in failed.stderr


def test_without_btf_the_version_has_to_be_the_kernels(
    objtree: Path, kernel_7_3: KernelTree, upstream_7_3: Sidecar, source: Source
) -> None:
    config = {name: value for name, value in kernel_7_3.config.items() if "BTF" not in name}
    tree = replace(kernel_7_3, config=Kconfig(config))
    assert layouts.of_kernel(tree) is None
    assert layouts.check(objtree, tree, upstream_7_3.rust, source, None) == 0
    other = source._replace(version=replace(source.version, patch=source.version.patch + 1))
    with pytest.raises(KernelError, match="taken only where its layouts can be compared"):
        layouts.check(objtree, tree, upstream_7_3.rust, other, None)
