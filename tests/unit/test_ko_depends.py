"""The order in which modules are loaded."""

from pathlib import Path

import pytest

from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.ko import depends
from rkmbuild.ko.depends import Node, name_of
from tests.modules import Module as Made
from tests.modules import Reloc, Sec, Sym, module


def one(name: str, *imports: str, exports: str = "", **more: tuple[str, ...]) -> Node:
    empty = {"before": (), "after": (), "aliases": ()}
    return Node(
        path=Path(f"{name}.ko"),
        name=name,
        exports=tuple(exports.split()),
        imports=imports,
        **{**empty, **more},
    )


def test_what_is_used_is_loaded_before_what_uses_it() -> None:
    order = depends.sort(
        [one("top", "m", "b"), one("middle", "b", exports="m"), one("bottom", exports="b")]
    )
    assert order.load("top") == ["bottom", "middle", "top"]
    assert order.dependencies("top") == ["middle", "bottom"]
    assert order.load("bottom") == ["bottom"]


def test_softdeps_are_loaded_before_and_after() -> None:
    order = depends.sort(
        [
            one("driver", before=("helper",), after=("later",)),
            one("helper"),
            one("later"),
        ]
    )
    assert order.load("driver") == ["helper", "driver", "later"]


def test_a_softdep_may_name_an_alias_and_may_name_nothing() -> None:
    order = depends.sort(
        [
            one("fs", before=("crypto-crc32c", "nothing", "pci:v1d2")),
            one("fast", aliases=("crypto_crc32c",)),
            one("slow", aliases=("crypto_crc32c",)),
            one("card", aliases=("pci:v*",)),
        ]
    )
    assert order.load("fs") == ["fast", "slow", "card", "fs"]


def test_softdeps_that_name_each_other_end() -> None:
    order = depends.sort([one("a", before=("b",)), one("b", before=("a",))])
    assert order.load("a") == ["b", "a"]


def test_modules_that_need_each_other_do_not_hang_the_sort() -> None:
    order = depends.sort([one("a", "b", exports="a"), one("b", "a", exports="b")])
    assert set(order.load("a")) == {"a", "b"}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a/snd-hda.ko", "snd_hda"),
        ("x.ko.xz", "x"),
        ("y.ko.zst", "y"),
        ("drivers/md/md-mod", "md_mod"),
    ],
)
def test_a_file_has_the_kernels_name_for_it(file: str, name: str) -> None:
    assert name_of(file) == name


def exporting(symbol: str, *imports: str, **fields: str) -> bytes:
    made: Made = module(**fields).add(
        Sec("__ksymtab_strings", symbol.encode() + b"\0"),
        Sec("__ksymtab", bytes(12), relocs=(Reloc(4, 2, "__kstrtab"),), align=4),
        Sym("__kstrtab", "__ksymtab_strings"),
        Sym(f"__ksymtab_{symbol}", "__ksymtab"),
        *(Sym(name) for name in imports),
    )
    return bytes(made)


def test_a_files_symbols_and_first_softdep_are_read(tmp_path: Path) -> None:
    file = tmp_path / "my-driver.ko"
    file.write_bytes(exporting("mine", "theirs", softdep="pre: a-b c post: d"))
    found = depends.read(file)
    assert found.name == "my_driver"
    assert found.exports == ("mine",)
    assert found.imports == ("_printk", "__x86_return_thunk", "theirs")
    assert (found.before, found.after) == (("a-b", "c"), ("d",))


def test_what_a_module_from_outside_needs_is_read_by_way_of_the_exports(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    (folder / "kernel" / "deep").mkdir(parents=True)
    (folder / "kernel" / "low.ko").write_bytes(exporting("low_thing"))
    (folder / "kernel" / "deep" / "high-er.ko").write_bytes(exporting("high_thing", "low_thing"))
    (folder / "kernel" / "unused.ko").write_bytes(exporting("unused_thing"))
    mine = tmp_path / "mine.ko"
    mine.write_bytes(exporting("mine", "high_thing", "no_such_thing"))
    exports = {
        name: ExportedSymbol(name, 0, path, False, "")
        for name, path in (
            ("low_thing", "low"),
            ("high_thing", "deep/high-er"),
            ("unused_thing", "unused"),
            ("_printk", "vmlinux"),
        )
    }
    found = depends.needed(mine, exports, folder)
    assert [path.name for path in found] == ["low.ko", "high-er.ko"]
