"""Which macros may be constants, and what becomes of their values."""

import pytest

from rkmbuild.pipeline.layout import macros
from rkmbuild.pipeline.layout.macros import Known, Value

KNOWN = Known(types={"size_t", "ustat", "u8_"}, constants={"FIRST", "SECOND"})


@pytest.mark.parametrize(
    "text",
    [
        "(1UL << 31)",
        "~0U",
        "(((0U) << (((0+8)+8)+14)) | (('U') << (0+8)) | (((1)) << 0) | ((0) << ((0+8)+8)))",
        "((unsigned int) 0x10u)",
        "sizeof(struct ustat)",
        "(FIRST + SECOND - 1)",
        "__builtin_choose_expr(1, 2, 3)",
        "((size_t)-1)",
    ],
)
def test_numbers_operators_types_and_enumerators_are_expressions(text: str) -> None:
    assert KNOWN.is_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "inline", "do { } while (0)", "some_function", "size_t", "((void *)0x100)", '"text"',
        "0x66,0x90", "unsigned int", "__attribute__((unused))", "a = 1", "()", "1.5",
    ],
)  # fmt: skip
def test_what_else_a_macro_can_be_is_none(text: str) -> None:
    assert not KNOWN.is_expression(text)


@pytest.mark.parametrize(
    ("number", "rust"),
    [(0, "u32"), (4294967295, "u32"), (4294967296, "u64"), (-1, "i32"), (-(1 << 40), "i64")],
)
def test_a_number_has_the_type_that_bindgen_would_give_it(number: int, rust: str) -> None:
    assert Value(number).rust == rust


def test_what_the_compiler_itself_defines_is_not_asked_for() -> None:
    built_in = "#define __INT_MAX__ 2147483647\n"
    defined = f"{built_in}#define HZ 250\n#define KBUILD_MODNAME x\n#define call(x) x\n#define E\n"
    assert macros.candidates(defined, built_in) == ["HZ"]


def test_what_a_macro_expands_to_is_found_between_its_marks() -> None:
    text = macros.questions(["HZ"]).replace(" HZ ", "\n 250\n ")
    assert dict(macros.expanded(f"int x;\n{text}")) == {"HZ": "250"}


def test_numbers_are_found_in_bindings_with_their_places() -> None:
    text = "pub const A: u32 = 1; pub const B : i64 = - 2 ; pub const C: kind = 3;"
    found = macros.constants(text)
    assert {name: number for name, (number, _) in found.items()} == {"A": 1, "B": -2}
    start, end = found["A"][1]
    assert text[start:end] == "pub const A: u32 = 1;"
