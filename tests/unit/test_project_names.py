"""Names of modules: what is refused, with the reason, and what is warned about."""

import tomllib
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.base.errors import UsageError
from rkmbuild.kernel.names import module_name
from rkmbuild.kernel.tree import Compiler, Kconfig, KernelTree, KernelVersion, Origin
from rkmbuild.pipeline import kbuild
from rkmbuild.project import naming

# Lines of Debian's 6.12.117+deb12-cloud-amd64, as its package installs them.
_BUILTIN = """\
kernel/lib/glob.ko
kernel/drivers/nvme/host/nvme-core.ko
kernel/drivers/nvme/host/nvme.ko
kernel/net/ipv4/tcp_cubic.ko
"""
_ORDER = """\
kernel/arch/x86/events/intel/intel-cstate.ko
kernel/net/vmw_vsock/vsock.ko
"""
_MODINFO = (
    "glob.file=lib/glob\0glob.license=Dual MIT/GPL\0"
    "nvme.file=drivers/nvme/host/nvme\0nvme.parmtype=use_threaded_interrupts:int\0"
    "nvme.version=1.0\0printk.parmtype=time:bool\0printk.parm=ignore_loglevel:ignore\0"
)


@pytest.fixture
def kernel(tmp_path: Path) -> KernelTree:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "modules.builtin").write_text(_BUILTIN)
    (modules / "modules.order").write_text(_ORDER)
    (modules / "modules.builtin.modinfo").write_text(_MODINFO)
    return KernelTree(
        release="6.12.117+deb12-cloud-amd64",
        version=KernelVersion(6, 12, 117),
        arch="x86_64",
        build=tmp_path / "build",
        source=tmp_path / "build",
        origin=Origin.FETCHED,
        config=Kconfig({}),
        compiler=Compiler("gcc", (12, 2, 0), "gcc-12 12.2.0", "gcc-12"),
        symvers=None,
        image=None,
        system_map=None,
        modules=modules,
    )


@pytest.mark.parametrize("name", ["hello", "hello-world", "_x", "a" * 55, "x2", "my"])
def test_a_plain_name_is_taken_without_a_word(name: str) -> None:
    assert naming.check(name) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "no letter"),
        ("_-_", "no letter"),
        ("2fast", "start with a letter"),
        ("-x", "start with a letter"),
        ("a b", "` ` is none of the letters"),
        ("grüße", "`ü` is none of the letters"),
        ("a/b", "`/` is none of the letters"),
        ("a.b", "`.` is none of the letters"),
        ("a" * 56, "56 letters long, and the kernel has room for 55"),
        ("fn", "keyword of Rust"),
        ("async", "keyword of Rust"),
        ("int", "keyword of C"),
        ("register", "keyword of C"),
        ("kernel", "a crate that modules are built with"),
        ("std", "a crate that modules are built with"),
        ("lib", "kbuild has a list `lib-y`"),
        ("obj", "kbuild has a list `obj-y`"),
        ("rkmbuild-rust", "rkmbuild adds an object of this name"),
        ("vmlinux", "the kernel itself"),
    ],
)
def test_a_name_that_cannot_work_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        naming.check(name)
    assert reason in caught.value.message
    assert caught.value.hint is not None
    assert "--name" in caught.value.hint


def test_the_names_of_our_own_crates_and_objects_are_all_refused() -> None:
    workspace = tomllib.loads((paths.data("crates") / "Cargo.toml").read_text())["workspace"]
    for name in (*workspace["members"], kbuild.RUST, kbuild.HELPERS):
        assert naming.unfit(name), name


def test_a_name_that_rustc_would_warn_about_comes_with_a_better_one() -> None:
    assert "consider `my_driver`" in naming.check("MyDriver")[0]
    assert "consider `my-driver`" in naming.check("My-Driver")[0]


def test_a_name_with_a_folder_in_sys_module_is_refused(kernel: KernelTree) -> None:
    with pytest.raises(UsageError, match=r"6\.12\.117\+deb12-cloud-amd64 has it built in"):
        naming.check("nvme", [kernel])


@pytest.mark.parametrize("name", ["glob", "tcp-cubic", "nvme_core", "printk"])
def test_a_name_that_is_built_in_is_warned_about(kernel: KernelTree, name: str) -> None:
    [warning] = naming.check(name, [kernel])
    assert f"has a `{name.replace('-', '_')}` built in" in warning


@pytest.mark.parametrize("name", ["intel-cstate", "intel_cstate", "vsock"])
def test_a_name_of_the_kernels_own_module_is_warned_about(kernel: KernelTree, name: str) -> None:
    [warning] = naming.check(name, [kernel])
    assert "only one of the two can be loaded" in warning


def test_a_kernel_with_headers_alone_has_no_names_to_compare(kernel: KernelTree) -> None:
    assert kernel.modules
    for file in kernel.modules.iterdir():
        file.unlink()
    assert naming.check("nvme", [kernel]) == []


@pytest.mark.parametrize(
    ("package", "module", "type_name"),
    [
        ("hello", "hello", "Hello"),
        ("hello-world", "hello_world", "HelloWorld"),
        ("a_b-c", "a_b_c", "ABC"),
        ("_x", "_x", "X"),
        ("usb2serial", "usb2serial", "Usb2serial"),
    ],
)
def test_dashes_become_underscores_and_a_type_is_camel_case(
    package: str, module: str, type_name: str
) -> None:
    assert module_name(package) == module
    assert naming.type_name(package) == type_name
