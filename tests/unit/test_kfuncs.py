"""What a module's functions for BPF programs take: their types, and the sets that name them."""

import struct
from collections.abc import Sequence

import pytest

from rkmbuild.base.errors import BuildError
from rkmbuild.kernel.btf.blob import Blob, Kind
from rkmbuild.ko import kfuncs
from rkmbuild.ko.elf import Elf
from rkmbuild.pipeline.kfuncs import btf_writer, records, sets
from rkmbuild.pipeline.kfuncs.records import Pointer, Scalar, Structure
from tests.modules import A, Sec, Sym, module

_LINES = b"""\
kfunc\tm_read\tsleepable\tsyscall|tracing\ti64\tfrom:*const u8,from__sz:u32
kfunc\tm_get\tacquire|ret_null\tsyscall\t*mut struct m_object\ttask:*mut struct task_struct
\0\0\0kfunc\tm_nothing\t-\txdp\tvoid\t
type\tm_object\t24
type\tm_object\t24
"""


def _set(*pairs: tuple[int, int]) -> bytes:
    return struct.pack("<II", len(pairs), 1) + b"".join(struct.pack("<II", *pair) for pair in pairs)


def _module(**by_hook: Sequence[tuple[int, int]]) -> bytes:
    content, symbols = b"", []
    for hook, pairs in by_hook.items():
        symbols.append(Sym(f"rkmbuild_kfuncs_{hook}", ".BTF_ids", len(content)))
        content += _set(*pairs)
    return bytes(module().add(Sec(".BTF_ids", content, A, align=4), *symbols))


def test_lines_are_functions_in_their_order_and_types_of_the_modules_own() -> None:
    said = records.parse(_LINES)
    assert [function.name for function in said.functions] == ["m_read", "m_get", "m_nothing"]
    read, get, nothing = said.functions
    assert read.returns == Scalar("i64")
    assert read.arguments == (
        ("from", Pointer(Scalar("u8"), constant=True)),
        ("from__sz", Scalar("u32")),
    )
    assert get.returns == Pointer(Structure("m_object"), constant=False)
    assert (nothing.returns, nothing.arguments) == (Scalar("void"), ())
    assert said.types == {"m_object": 24}
    assert said.structures() == ["task_struct"]


@pytest.mark.parametrize(
    "line",
    [
        "kfunc\tf\t-\tsyscall\tu128\t",
        "kfunc\tf\t-\tsyscall\tu64\tx",
        "kfunc\tf\t-\tsyscall\tu64\tx:*u8",
        "kfunc\tno name\t-\tsyscall\tu64\t",
        "kfunc\tf\t-\tsyscall\tu64",
        "type\tf\tmany",
        "something\telse",
        "type\tf\t1\ntype\tf\t2",
        "kfunc\tf\t-\txdp\tvoid\t\nkfunc\tf\t-\txdp\tvoid\t",
    ],
)
def test_a_line_that_is_odd_is_told(line: str) -> None:
    with pytest.raises(BuildError, match="BPF programs"):
        records.parse(line.encode())


def test_the_types_build_on_those_of_the_kernel_and_are_the_same_each_time() -> None:
    said = records.parse(_LINES)
    on = btf_writer.BaseTypes(types=1000, strings=5000, structs={"task_struct": 42})
    data, numbers = btf_writer.split(said, on)
    assert (data, numbers) == btf_writer.split(records.parse(_LINES), on)
    blob = Blob(data)
    types = dict(enumerate(blob.types(), 1000))

    def name(offset: int) -> str:
        return blob.string(offset - 5000) if offset else ""

    assert [name(types[number].name) for number in numbers] == ["m_read", "m_get", "m_nothing"]
    assert {types[number].kind for number in numbers} == {Kind.FUNC}
    proto = types[types[numbers[1]].value]
    ((argument, task),) = blob.parameters(proto)
    assert (name(argument), types[task].kind, types[task].value) == ("task", Kind.PTR, 42)
    own = types[types[proto.value].value]
    assert (own.kind, name(own.name), own.value) == (Kind.STRUCT, "m_object", 24)
    (_, pointer), (_, size) = blob.parameters(types[types[numbers[0]].value])
    constant = types[types[pointer].value]
    assert constant.kind == Kind.CONST
    assert (types[constant.value].kind, types[constant.value].value) == (Kind.INT, 1)
    assert (types[size].kind, types[size].value) == (Kind.INT, 4)
    nothing = types[types[numbers[2]].value]
    assert (nothing.value, nothing.members) == (0, 0)
    tags = [each for each in types.values() if each.kind == Kind.DECL_TAG]
    assert [tag.value for tag in tags] == numbers
    assert {name(tag.name) for tag in tags} == {"bpf_kfunc"}


def test_a_base_of_the_modules_own_has_the_structures_by_name_and_size() -> None:
    data, on = btf_writer.base({"task_struct": 9792, "sk_buff": 232})
    blob = Blob(data)
    types = dict(enumerate(blob.types(), 1))
    assert on.types == len(types) + 1
    assert on.strings == len(blob.strings)
    assert {name: types[number].value for name, number in on.structs.items()} == {
        "task_struct": 9792,
        "sk_buff": 232,
    }
    assert all(blob.string(types[number].name) == name for name, number in on.structs.items())
    assert list(Blob(btf_writer.base({})[0]).types())


def test_sets_get_the_numbers_of_functions_and_are_sorted_by_them() -> None:
    made = _module(syscall=[(3, 0x20), (1, 0), (2, 0x5)], tracing=[(2, 0x4)])
    data = sets.numbered(made, [700, 500, 900])
    assert data == _set((500, 0x5), (700, 0), (900, 0x20)) + _set((500, 0x4))


@pytest.mark.parametrize("pairs", [[(0, 0)], [(4, 0)], []])
def test_sets_that_do_not_fit_their_records_are_told(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(BuildError):
        sets.numbered(_module(syscall=pairs), [1, 2, 3])


def test_a_module_that_gives_its_functions_to_no_program_is_told() -> None:
    with pytest.raises(BuildError, match="gives them to none"):
        sets.numbered(bytes(module()), [1])


@pytest.mark.parametrize("own_base", [True, False])
def test_a_module_tells_its_functions_their_flags_and_programs(own_base: bool) -> None:
    said = records.parse(_LINES)
    on = btf_writer.BaseTypes(types=1000, strings=5000, structs={"task_struct": 42})
    if own_base:
        _, on = btf_writer.base({"task_struct": 9000})
    types, numbers = btf_writer.split(said, on)
    linked = _module(syscall=[(1, 0x20), (2, 0x5)], tracing=[(1, 0x20)], xdp=[(3, 1 << 40 >> 10)])
    data = sets.numbered(linked, numbers)
    symbols = [
        Sym("rkmbuild_kfuncs_syscall", ".BTF_ids", 0),
        Sym("rkmbuild_kfuncs_tracing", ".BTF_ids", 24),
        Sym("rkmbuild_kfuncs_xdp", ".BTF_ids", 40),
    ]
    made = module().add(Sec(".BTF_ids", data, A, align=4), Sec(".BTF", types, 0), *symbols)
    found = kfuncs.read(Elf(bytes(made)))
    assert [(each.name, each.words(), each.hooks) for each in found] == [
        ("m_read", ["sleepable"], ("syscall", "tracing")),
        ("m_get", ["acquire", "ret_null"], ("syscall",)),
        ("m_nothing", ["0x40000000"], ("xdp",)),
    ]
    # Without its types only the numbers are left, and a set that lies outside is none.
    for each in kfuncs.read(Elf(bytes(module().add(Sec(".BTF_ids", data, A), *symbols)))):
        assert each.name == ""
    outside = module().add(Sec(".BTF_ids", data[:28], A), *symbols, Sec(".BTF", types[:50], 0))
    assert [each.hooks for each in kfuncs.read(Elf(bytes(outside)))] == [("syscall",)] * 2
