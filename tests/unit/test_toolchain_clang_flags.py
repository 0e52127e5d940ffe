"""Translation of gcc's flags, on the words of real compilers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain import clang_flags, clang_probe
from rkmbuild.toolchain.clang_flags import Dropped, Replaced, translate

DATA = Path(__file__).parents[1] / "data" / "clang"


@pytest.fixture(autouse=True)
def _cache(empty_cache: Path) -> None:
    pass


# What clang 14.0.6 says, each in the run where it says it: a later kind comes only once there is
# nothing of an earlier one.
CLANG_14 = tuple(stage.splitlines() for stage in (DATA / "clang-14.txt").read_text().split("\n\n"))


class Recorded:
    """A compiler that says what clang 14 said of a flag, where the flag is there."""

    name = "clang-14"
    identity = "recorded"

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, flags: Sequence[str]) -> list[str]:
        self.asked += 1
        given = " ".join(flags)
        for stage in CLANG_14:
            said = [line for line in stage if flag_of(line) in given]
            if said:
                return clang_probe.objections("\n".join(said))
        return []


def flag_of(line: str) -> str:
    quoted = line.split("'")[1]
    return {"foo": "-fsanitize=foo", "kernelx": "-mcmodel=kernelx"}.get(quoted, quoted)


SEEDS = (
    "-mfunction-return=thunk-extern", "-fzero-call-used-regs=used-gpr", "-fconserve-stack",
    "-mrecord-mcount", "-Wno-maybe-uninitialized", "-Wno-alloc-size-larger-than",
    "-Wimplicit-fallthrough=5",
)  # fmt: skip


def test_each_flag_is_kept_replaced_or_dropped_with_the_compilers_reason() -> None:
    done = translate(["-nostdinc", "-O2", *SEEDS, "-g"], Recorded())
    assert done.kept == (
        "-nostdinc", "-O2", "-Wno-uninitialized", "-Wimplicit-fallthrough", "-g",
    )  # fmt: skip
    assert done.replaced == (
        Replaced("-Wno-maybe-uninitialized", "-Wno-uninitialized"),
        Replaced("-Wimplicit-fallthrough=5", "-Wimplicit-fallthrough"),
    )
    assert Dropped("-fconserve-stack", "unknown argument: '-fconserve-stack'") in done.dropped
    assert {flag for flag, _ in done.dropped} == {
        "-mfunction-return=thunk-extern", "-fzero-call-used-regs=used-gpr", "-fconserve-stack",
        "-mrecord-mcount", "-Wno-alloc-size-larger-than",
    }  # fmt: skip


def test_a_value_in_another_word_goes_with_its_flag() -> None:
    done = translate(["--param", "ggc-min-expand=3", "--param", "x=1", "-m64"], Recorded())
    assert done.kept == ("--param", "x=1", "-m64")
    assert [flag for flag, _ in done.dropped] == ["--param ggc-min-expand=3"]


def test_a_value_that_is_named_apart_from_its_flag_is_put_together() -> None:
    assert translate(["-fsanitize=foo", "-O2"], Recorded()).kept == ("-O2",)


def test_a_flag_that_no_message_names_is_found_by_trying() -> None:
    flags = [f"-Dx{n}" for n in range(5)] + [f"-mfine{n}" for n in range(20)]
    done = translate([*flags[:9], "-mcmodel=kernelx", *flags[9:]], Recorded())
    assert done.kept == tuple(flags)
    assert done.dropped == (Dropped("-mcmodel=kernelx", "invalid argument 'kernelx' to -mcmodel="),)


def test_the_preprocessors_own_flags_are_not_asked_about() -> None:
    class Strict(Recorded):
        def __call__(self, flags: Sequence[str]) -> list[str]:
            assert flags == ["-O2"]
            return []

    flags = ["-I/a", "-include", "/b.h", "-DX=1", "-D", "Y", "-isystem", "/c", "-O2"]
    assert translate(flags, Strict()).kept == tuple(flags)


def test_an_answer_is_remembered() -> None:
    first, second = Recorded(), Recorded()
    assert translate(["-O2", *SEEDS], first) == translate(["-I/other", "-O2", *SEEDS][1:], second)
    assert first.asked > 0
    assert second.asked == 0


def test_flags_that_only_together_are_refused_stop_the_build() -> None:
    class Moody(Recorded):
        def __call__(self, flags: Sequence[str]) -> list[str]:
            return ["these do not go together"] if {"-fa", "-fb"} <= set(flags) else []

    with pytest.raises(ToolchainError, match="these do not go together"):
        translate(["-fa", "-fb"], Moody())


def test_what_bindgen_says_is_read_out_of_its_panic() -> None:
    assert clang_probe.objections((DATA / "bindgen-0.60.1.txt").read_text()) == [
        "unknown warning option '-Wno-foo'",
        "unknown argument: '-fconserve-stack'",
        "unsupported option '-mrecord-mcount' for target 'x86_64-pc-linux-gnu'",
    ]


def test_verbose_output_has_a_line_for_each_flag_with_the_reason() -> None:
    done = translate(SEEDS, Recorded())
    said = clang_flags.lines(done, "clang-14")
    assert len(said) == len(SEEDS)
    assert "clang-14: -Wimplicit-fallthrough=5 becomes -Wimplicit-fallthrough" in said
    assert "clang-14: -fconserve-stack is dropped: unknown argument: '-fconserve-stack'" in said
