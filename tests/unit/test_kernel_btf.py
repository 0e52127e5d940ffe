"""Where the types of a kernel are found, and what is made of them."""

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import BuildError, KernelError
from rkmbuild.kernel.btf import base
from rkmbuild.kernel.btf.blob import Blob
from rkmbuild.kernel.tree import Compiler, Kconfig, KernelTree, KernelVersion, Origin
from rkmbuild.pipeline.kfuncs import additions
from rkmbuild.pipeline.kfuncs.btf_writer import Writer
from tests.modules import A, Sec, Sym, module

_LINE = b"kfunc\tm_pid\t-\tsyscall\ti32\ttask:*mut struct task_struct\n"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"RKMBUILD_{name}_DIR", str(tmp_path / name.lower()))


@pytest.fixture
def tree(tmp_path: Path) -> KernelTree:
    build = tmp_path / "build"
    build.mkdir()
    return KernelTree(
        release="6.1.0-x",
        version=KernelVersion(6, 1),
        arch="x86_64",
        build=build,
        source=build,
        origin=Origin.FETCHED,
        config=Kconfig({"DEBUG_INFO_BTF_MODULES": "y"}),
        compiler=Compiler("gcc", (12, 2, 0), "gcc", "gcc"),
        symvers=None,
        image=None,
        system_map=None,
        modules=None,
    )


def _types(*structs: tuple[str, int]) -> bytes:
    writer = Writer(1, 0)
    writer.number("u8")
    for name, size in structs:
        writer.structure(name, size)
    return writer.finish()


def _vmlinux(btf: bytes) -> bytes:
    return bytes(module().add(Sec(".BTF", btf, 0)))


def _image(kernel: bytes) -> bytes:
    packed = zlib.compress(kernel, wbits=31)
    head = bytearray(1024)
    head[0x1F1], head[0x202:0x206] = 1, b"HdrS"
    struct.pack_into("<II", head, 0x248, 16, len(packed))
    return bytes(head) + b"unpacking code.." + packed + b"the rest"


def test_the_types_are_in_vmlinux_beside_the_headers(tree: KernelTree) -> None:
    data = _types(("one", 8), ("two", 16), ("one", 24))
    (tree.build / "vmlinux").write_bytes(_vmlinux(data))
    found = base.get(tree)
    assert found.file == tree.build / "vmlinux"
    assert (found.types, found.strings) == (5, len(Blob(data).strings))
    assert found.structs == {"one": [(2, 8), (4, 24)], "two": [(3, 16)]}


def test_the_types_are_in_the_image(tree: KernelTree) -> None:
    image = tree.build / "vmlinuz"
    image.write_bytes(_image(_vmlinux(_types(("one", 8)))))
    (tree.build / "vmlinux").write_bytes(_vmlinux(b"")[:200])
    found = base.get(replace(tree, image=image))
    assert found.file == image
    assert found.structs == {"one": [(2, 8)]}


def test_the_types_of_the_running_kernel_are_in_sys(tree: KernelTree, tmp_path: Path) -> None:
    place = tmp_path / "sys/kernel/btf/vmlinux"
    place.parent.mkdir(parents=True)
    place.write_bytes(_types(("one", 8)))
    running = replace(tree, release=os.uname().release, origin=Origin.RUNNING)
    assert base.get(running, tmp_path).structs == {"one": [(2, 8)]}
    # One that was fetched may be another build of the same name.
    assert base.find(replace(running, origin=Origin.FETCHED), tmp_path) is None
    assert base.find(tree, tmp_path) is None


def test_where_there_are_none_it_is_said_where_they_are_to_be_had(tree: KernelTree) -> None:
    with pytest.raises(KernelError) as failure:
        base.get(tree)
    assert "vmlinux" in str(failure.value.hint)
    assert "kernel fetch" in str(failure.value.hint)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:30],
        lambda data: b"\0" + data[1:],
        lambda data: data[:-1],
        lambda data: data[:24] + struct.pack("<III", 1, 31 << 24, 0) + data[36:],
    ],
    ids=["cut", "no magic", "no end", "kind"],
)
def test_damaged_types_are_told(tree: KernelTree, damage: Callable[[bytes], bytes]) -> None:
    data = damage(_types(("one", 8)))
    (tree.build / "vmlinux").write_bytes(_vmlinux(data))
    with pytest.raises(KernelError, match="cannot be read"):
        base.get(tree)


def _made(folder: Path) -> Path:
    content = struct.pack("<4I", 1, 1, 1, 4)
    symbol = Sym("rkmbuild_kfuncs_syscall", ".BTF_ids", 0)
    place = folder / "made.ko"
    place.write_bytes(bytes(module().add(Sec(".BTF_ids", content, A, align=4), symbol)))
    return place


def test_what_is_added_is_the_same_each_time_and_comes_of_the_kernels_types(
    tree: KernelTree, tmp_path: Path
) -> None:
    vmlinux = tree.build / "vmlinux"
    vmlinux.write_bytes(_vmlinux(_types(("task_struct", 9000))))
    made = _made(tmp_path)
    added = additions.make(_LINE, made, tree)
    assert added.inputs == {vmlinux}
    assert [word.partition("=")[0] for word in added.arguments] == [
        "--add-section",
        "--update-section",
    ]
    files = [Path(word.rpartition("=")[2]) for word in added.arguments]
    first = [file.read_bytes() for file in files]
    additions.make(_LINE, made, tree)
    assert [file.read_bytes() for file in files] == first
    vmlinux.write_bytes(_vmlinux(_types(("other", 1), ("task_struct", 9000))))
    additions.make(_LINE, made, tree)
    assert [file.read_bytes() for file in files] != first


def test_from_6_11_on_numbers_of_the_kernels_types_do_not_matter(
    tree: KernelTree, tmp_path: Path
) -> None:
    newer = replace(tree, version=KernelVersion(6, 11))
    vmlinux = tree.build / "vmlinux"
    vmlinux.write_bytes(_vmlinux(_types(("task_struct", 9000))))
    made = _made(tmp_path)
    added = additions.make(_LINE, made, newer)
    files = [Path(word.rpartition("=")[2]) for word in added.arguments]
    assert [file.name for file in files] == [
        "rkmbuild.BTF.base",
        "rkmbuild.BTF",
        "rkmbuild.BTF_ids",
    ]
    first = [file.read_bytes() for file in files]
    vmlinux.write_bytes(_vmlinux(_types(("other", 1), ("task_struct", 9000))))
    additions.make(_LINE, made, newer)
    assert [file.read_bytes() for file in files] == first
    # None of the kernel's types: it need not be known.
    vmlinux.unlink()
    assert additions.make(b"kfunc\tm_one\t-\tsyscall\ti32\t\n", made, newer).inputs == frozenset()
    with pytest.raises(KernelError, match="were not found"):
        additions.make(_LINE, made, newer)


def test_a_structure_that_the_kernel_lacks_or_has_twice_is_told(
    tree: KernelTree, tmp_path: Path
) -> None:
    made = _made(tmp_path)
    vmlinux = tree.build / "vmlinux"
    vmlinux.write_bytes(_vmlinux(_types(("task_structs", 9000))))
    with pytest.raises(BuildError, match="has no structure task_struct") as failure:
        additions.make(_LINE, made, tree)
    assert "task_structs" in str(failure.value.hint)
    twice = _types(("task_struct", 8), ("a", 1), ("tusk_struct", 8)).replace(b"tusk", b"task")
    vmlinux.write_bytes(_vmlinux(twice))
    with pytest.raises(BuildError, match="2 structures task_struct of one size"):
        additions.make(_LINE, made, replace(tree, version=KernelVersion(6, 12)))


def test_a_kernel_whose_modules_have_no_types_is_told(tree: KernelTree, tmp_path: Path) -> None:
    with pytest.raises(KernelError, match="CONFIG_DEBUG_INFO_BTF_MODULES"):
        additions.make(_LINE, _made(tmp_path), replace(tree, config=Kconfig({})))
