"""Parameters on the command line, against what a module says it takes."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import UsageError
from rkmbuild.ko import modinfo, parameters
from tests.unit import elf_file

_KINDS = {
    "count": "int",
    "small": "byte",
    "port": "ushort",
    "big": "ullong",
    "loud": "bool",
    "whom": "charp",
    "sizes": "array of ushort",
    "own": "",
}
_MODULE = modinfo.parse(
    Path("greeter.ko"),
    elf_file.module(
        [
            ("name", "greeter"),
            *(("parmtype", f"{name}:{kind}") for name, kind in _KINDS.items() if kind),
            # A parameter with functions of its own has no type, only a description.
            ("parm", "own:What it likes"),
        ]
    ),
)

_OTHER = modinfo.parse(
    Path("low-er.ko"), elf_file.module([("name", "low_er"), ("parmtype", "level:int")])
)


@pytest.mark.parametrize(
    "word",
    [
        "count=-2147483648",
        "count=0x7fffffff",
        "count=+5",
        "count=010",
        "small=255",
        "big=18446744073709551615",
        "loud",
        "loud=N",
        "loud=off",
        "whom=",
        "whom=a,b=c",
        "sizes=1,2,0xffff",
        "own",
        "own=anything",
        "dyndbg=+p",
        "async_probe",
    ],
)
def test_what_the_kernel_takes_passes_as_it_is(word: str) -> None:
    assert parameters.check(_MODULE, [word]) == (word,)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("count", "needs a value"),
        ("count=", "no integer"),
        ("count=1k", "no integer"),
        ("count=09", "no integer"),
        ("count=2147483648", "outside -2147483648 to 2147483647"),
        ("small=256", "outside 0 to 255"),
        ("port=-1", "outside 0 to 65535"),
        ("sizes=1,many", "`many` is no integer"),
        ("loud=maybe", "neither y, n"),
        ('whom=say "hi"', "double quote"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_reason(word: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parameters.check(_MODULE, [word])


def test_an_unknown_parameter_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(UsageError, match="no parameter `cuont`") as caught:
        parameters.check(_MODULE, ["cuont=1"])
    hint = caught.value.hint or ""
    assert "did you mean `count`?" in hint
    assert "sizes (array of ushort)" in hint


def test_dashes_in_a_name_count_as_underscores() -> None:
    module = modinfo.parse(Path("x.ko"), elf_file.module([("parmtype", "max_size:int")]))
    assert parameters.check(module, ["max-size=1"]) == ("max-size=1",)


@pytest.mark.parametrize("value", ["the world", "à la carte", "tab\there"])
def test_a_value_with_what_the_kernel_takes_for_a_space_is_quoted(value: str) -> None:
    assert parameters.check(_MODULE, [f"whom={value}"]) == (f'whom="{value}"',)


def test_a_word_with_a_name_before_a_dot_is_for_that_module() -> None:
    found = parameters.for_each(
        _MODULE, [_OTHER], ("count=1", "low-er.level=2", "whom=a.b", "low_er.level=3")
    )
    assert found == {"greeter": ("count=1", "whom=a.b"), "low_er": ("level=2", "level=3")}


def test_a_parameter_for_a_module_that_is_not_loaded_now_is_refused() -> None:
    with pytest.raises(UsageError, match="for other, which is not to be loaded") as caught:
        parameters.for_each(_MODULE, [_OTHER], ("other.level=2",))
    assert caught.value.hint == "to be loaded: greeter, low_er"
    with pytest.raises(UsageError, match="low_er has no parameter"):
        parameters.for_each(_MODULE, [_OTHER], ("low_er.lefel=2",))
