"""/proc/modules and /sys/module, as a booted Debian 6.1 showed them."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import RefusedError
from rkmbuild.host import procmodules
from rkmbuild.kernel import loaded

_DATA = Path(__file__).parent.parent / "data" / "proc"
# /sys/module/greeter/notes/.note.rkmbuild and .note.gnu.build-id of that guest.
_NOTE = bytes.fromhex("090000000600000001000000726b6d6275696c6400000000312e322e33000000")
_BUILD_ID = bytes.fromhex(
    "040000001400000003000000474e5500d000f4a4ebeb9f51ad7f28016cdfc1863ba7c18d"
)


@pytest.fixture
def sys_module(tmp_path: Path) -> Path:
    notes = tmp_path / "greeter" / "notes"
    notes.mkdir(parents=True)
    (notes / ".note.rkmbuild").write_bytes(_NOTE)
    (notes / ".note.gnu.build-id").write_bytes(_BUILD_ID)
    (tmp_path / "greeter" / "version").write_text("1.0\n")
    (tmp_path / "greeter" / "initstate").write_text("live\n")
    (tmp_path / "printk").mkdir()
    return tmp_path


def test_modules_of_rkmbuild_come_first_and_each_part_is_sorted(sys_module: Path) -> None:
    names = [m.name for m in procmodules.loaded(_DATA / "modules-6.1", sys_module)]
    others = ["caller", "stays", "vmw_vsock_virtio_transport_common", "vsock", "vsock_loopback"]
    assert names == ["greeter", *others]


def test_a_line_gives_size_refcount_users_state_and_taint() -> None:
    modules = {m.name: m for m in loaded.parse((_DATA / "modules-6.1").read_text())}
    greeter = modules["greeter"]
    assert (greeter.size, greeter.refcount, greeter.used_by) == (16384, 2, ("caller",))
    assert (greeter.state, greeter.taint, greeter.permanent) == ("Live", "OE", False)
    assert modules["vsock"].used_by == ("vsock_loopback", "vmw_vsock_virtio_transport_common")
    assert modules["vsock"].taint == ""


def test_a_module_without_a_way_out_is_permanent_and_used_by_nobody() -> None:
    modules = {m.name: m for m in loaded.parse((_DATA / "modules-6.1").read_text())}
    assert modules["stays"].permanent
    assert modules["stays"].used_by == ()


def test_a_module_that_crashed_while_loading_keeps_its_taint_letters_apart_from_its_state() -> None:
    text = (_DATA / "modules-6.1-after-oops").read_text()
    greeter = next(m for m in loaded.parse(text) if m.name == "greeter")
    assert (greeter.state, greeter.taint, greeter.refcount) == ("Loading", "OE", 1)


def test_a_kernel_that_cannot_unload_counts_no_references() -> None:
    # kernel/module/procfs.c prints so where CONFIG_MODULE_UNLOAD is not set.
    module = next(iter(loaded.parse("vsock 53248 - - Live 0x0000000000000000\n")))
    assert module.refcount == -1
    assert module.used_by == ()


def test_notes_tell_the_tool_and_the_build(sys_module: Path) -> None:
    greeter = procmodules.find("greeter", _DATA / "modules-6.1", sys_module)
    assert greeter is not None
    assert greeter.rkmbuild == "1.2.3"
    assert greeter.build_id == "d000f4a4ebeb9f51ad7f28016cdfc1863ba7c18d"
    assert greeter.version == "1.0"


def test_a_name_may_be_typed_with_dashes(sys_module: Path) -> None:
    assert procmodules.find("vsock-loopback", _DATA / "modules-6.1", sys_module) is not None


def test_what_is_not_loaded_is_not_found(sys_module: Path) -> None:
    assert procmodules.find("none", _DATA / "modules-6.1", sys_module) is None


def test_built_in_code_is_told_from_modules(sys_module: Path) -> None:
    assert procmodules.is_built_in("printk", sys_module)
    assert not procmodules.is_built_in("greeter", sys_module)
    assert not procmodules.is_built_in("none", sys_module)


def test_only_what_is_not_loaded_is_missing() -> None:
    asked = ("vsock", "nvme-fabrics")
    assert procmodules.missing(asked, _DATA / "modules-6.1") == ("nvme-fabrics",)


def test_a_kernel_without_modules_is_said_to_take_none(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cannot load modules"):
        procmodules.loaded(tmp_path / "modules")
