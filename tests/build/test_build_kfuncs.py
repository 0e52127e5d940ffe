"""Functions of Rust code that BPF programs call: what the build makes of them, and refuses."""

import json
import struct
from pathlib import Path

import pytest

from rkmbuild.base.errors import BuildError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import elf
from rkmbuild.pipeline import kbuild
from rkmbuild.pipeline.replay import elf_section
from tests import projects
from tests.cli import complaints, rkmbuild

MODULE = Path(__file__).parents[1] / "modules" / "kfuncs"
_RELEASE, _RET_NULL, _TRUSTED = 2, 4, 16  # KF_…, include/linux/btf.h

# One that is refused, and what is said of it: by the macro, by types, by what the two say together.
_WORDS = """
#[bpf_kfunc]
fn none() {}
#[bpf_kfunc(acquire)]
fn flags_alone() {}
#[bpf_kfunc(syscal)]
fn unknown() {}
#[bpf_kfunc(syscall)]
fn generic<T>(_x: T) {}
#[bpf_kfunc(syscall)]
extern "C" fn of_c() {}
#[bpf_kfunc(syscall)]
fn suffix(x__sz: u32) {}
#[bpf_kfunc(syscall)]
fn pattern((a, b): (u8, u8)) {}
#[bpf_kfunc(syscall)]
struct Other;
#[bpf_object]
struct Generic<T>(T);
#[bpf_object(name)]
struct Named;
"""
_SAID_OF_WORDS = (
    "say which programs may call it: `#[bpf_kfunc(tracing, syscall)]`",
    "no kind of program and no flag is called `syscal`; programs are `tracing`, `lsm`",
    "a kfunc cannot be generic",
    "a kfunc is a plain `fn`, or an `unsafe fn`",
    "two underscores in an argument's name mean something to the verifier",
    "expected an argument's name, found `(",
    "a type that programs know cannot be generic",
    "`#[bpf_object]` takes no arguments",
)
_TYPES = """
struct Plain;
#[bpf_kfunc(syscall)]
fn float(_: f32) {}
#[bpf_kfunc(syscall)]
fn text(_: &str) {}
#[bpf_kfunc(syscall, release)]
fn stranger(_: kernel::sync::Arc<Plain>) {}
#[bpf_kfunc(syscall)]
fn tuple() -> (u8, u8) { (0, 0) }
#[bpf_kfunc(syscall)]
fn ambiguous() -> Result<u64> { Ok(0) }
"""
_SAID_OF_TYPES = (
    "a kfunc cannot take `f32`",
    "`str: Structure` is not satisfied",
    "`Plain: Object` is not satisfied",
    "a kfunc cannot give back `(u8, u8)`",
    "Result<u64, ",
)
_LIFETIMES = """
#[bpf_kfunc(syscall, trusted_args)]
fn kept(task: &'static kernel::task::Task) { let _ = task; }
"""
_SAID_OF_LIFETIMES = ("temporary value dropped while borrowed",)
_FLAGS = """
use kernel::{sync::Arc, task::Task};
#[bpf_object]
struct Own(u8);
#[bpf_kfunc(syscall)]
fn borrowed(_: &Task) {}
#[bpf_kfunc(syscall, trusted_args)]
fn slice(_: &[u8]) {}
#[bpf_kfunc(syscall)]
fn made() -> Option<Arc<Own>> { None }
#[bpf_kfunc(syscall, acquire)]
fn perhaps() -> Option<Arc<Own>> { None }
#[bpf_kfunc(syscall)]
fn taken(_: Arc<Own>) {}
#[bpf_kfunc(syscall, release)]
fn nothing_taken(_: u64) {}
#[bpf_kfunc(syscall)]
fn many(_a: kernel::bpf::Memory<'_>, _b: kernel::bpf::Memory<'_>, _c: u8, _d: u8) {}
"""
_SAID_OF_FLAGS = (
    "a reference to a structure is valid where the flag is `trusted_args`",
    "the verifier does not know that nobody else uses the memory: take `Memory`",
    "`acquire` is for a function that gives back an `Arc` or an `ARef`, and such a one says so",
    "`ret_null` is for a function that gives back an `Option`, and such a one says so",
    "`release` is for a function that takes one `Arc` or `ARef`, and such a one says so",
    "a program has five registers for arguments; memory takes two",
)


@pytest.fixture(scope="module")
def objects(kernel_6_12: KernelTree) -> Path:
    """The folder in which the module of tests was built."""
    done = rkmbuild("build", MODULE, "--kernel", kernel_6_12.release, "--json")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    return Path(json.loads(done.stdout)["module"]).parent / "release"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (_WORDS, _SAID_OF_WORDS),
        (_TYPES, _SAID_OF_TYPES),
        (_LIFETIMES, _SAID_OF_LIFETIMES),
        (_FLAGS, _SAID_OF_FLAGS),
    ],
    ids=["words", "types", "lifetimes", "flags"],
)
def test_what_programs_could_not_call_well_is_refused_in_words_that_say_why(
    source: str, said: tuple[str, ...], kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p", "kfuncs", before=source)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == BuildError.code, done.stderr
    for words in said:
        assert words in done.stderr, f"no {words!r} in\n{done.stderr}"


def test_each_function_is_said_with_its_flags_programs_and_types(objects: Path) -> None:
    text = elf_section((objects / "rkmbuild_rust.o").read_bytes(), kbuild.KFUNCS)
    rows = [row.split("\t") for row in text.replace(b"\0", b"").decode().splitlines()]
    assert ["type", "kfuncs_counter", "0000000008"] in rows
    said = {row[1]: row[2:] for row in rows if row[0] == "kfunc"}
    counter, task = "*mut struct kfuncs_counter", "*mut struct task_struct"
    assert said["kfuncs_look_up"] == ["-", "syscall|tracing|tc|xdp", "u8", "byte:u8"]
    assert said["kfuncs_negative"] == ["-", "syscall|tracing", "i8", "byte:i8"]
    assert said["kfuncs_sum"][2:] == ["i64", "memory:*mut u8,memory__sz:u32"]
    assert said["kfuncs_copy"][3] == "to:*mut u8,to__sz:u32,from:*const u8,from__sz:u32"
    assert said["kfuncs_counter_new"] == [
        "acquire|ret_null", "syscall|tracing", counter, "start:u64"
    ]  # fmt: skip
    assert said["kfuncs_current_task"] == ["acquire", "syscall|tracing", task, ""]
    assert said["kfuncs_task_put"] == ["release", "syscall|tracing", "void", f"task:{task}"]


def test_there_is_one_set_for_each_kind_of_program_with_the_kernels_flags(objects: Path) -> None:
    rust = elf_section((objects / "rkmbuild_rust.o").read_bytes(), kbuild.KFUNCS)
    names = [row.split(b"\t")[1] for row in rust.replace(b"\0", b"").splitlines() if row[0] == 107]
    data = (objects / "rkmbuild_exports.o").read_bytes()
    ids, file = elf_section(data, ".BTF_ids"), elf.Elf(data)
    sets = {}
    for table in file.sections:
        if table.type != elf.SHT_SYMTAB:
            continue
        for symbol in file.symbols(table):
            name = file.string(file.sections[table.link].offset + symbol.name)
            if name.startswith(b"rkmbuild_kfuncs_"):
                count, flags = struct.unpack_from("<II", ids, symbol.value)
                assert flags == 1  # BTF_SET8_KFUNCS
                pairs = struct.iter_unpack("<II", ids[symbol.value + 8 :][: 8 * count])
                sets[name[16:].decode()] = {names[one - 1].decode()[7:]: two for one, two in pairs}
    assert set(sets) == {"syscall", "tracing", "tc", "xdp"}
    assert len(sets["syscall"]) == len(names)
    assert sets["tc"] == {"look_up": 0}
    assert sets["tracing"]["counter_put"] == _RELEASE
    assert sets["tracing"]["counter_new"] == 1 | _RET_NULL
    assert sets["syscall"]["task_pid"] == _TRUSTED
    assert sum(len(each) for each in sets.values()) * 8 + 8 * len(sets) == len(ids)


def test_a_flag_that_the_kernel_lacks_is_named(kernel_6_1: KernelTree, tmp_path: Path) -> None:
    source = "#[bpf_kfunc(syscall, rcu)]\nfn number() -> u8 { 3 }"
    root = projects.make(tmp_path / "p", "kfuncs", before=source)
    done = rkmbuild("build", root, "--kernel", kernel_6_1.release)
    assert done.returncode == BuildError.code, done.stderr
    assert "`kfuncs_number`: this kernel knows no kfunc that is `rcu`" in done.stderr


def test_a_module_without_such_functions_has_nothing_of_them(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p", "kfuncs")
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "--json")
    assert done.returncode == 0, done.stderr
    folder = Path(json.loads(done.stdout)["module"]).parent / "release"
    assert (folder / "rkmbuild_exports.h").read_bytes() == b""
    assert b"kfunc" not in (folder / "rkmbuild_rust.o").read_bytes().replace(b"kfuncs", b"")
    linked = (folder / "kfuncs.ko").read_bytes()
    assert b"BTF" not in linked
    assert b"rkmbuild_init" not in linked
