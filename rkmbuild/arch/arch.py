"""One processor architecture: all that is told of it, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass

from rkmbuild.arch.canary import Canary
from rkmbuild.arch.clang import Demand, Replacement
from rkmbuild.arch.code import CodeReader
from rkmbuild.arch.guest import GuestMachine
from rkmbuild.arch.log import LogPatterns
from rkmbuild.arch.names import Names
from rkmbuild.arch.options import Option
from rkmbuild.arch.relocations import Relocations
from rkmbuild.arch.rustflags import Row
from rkmbuild.arch.tables import Table


@dataclass(frozen=True, kw_only=True)
class ModuleSpace:
    """Where the kernel and its modules lie in the address space.

    Attributes:
        start: Where modules may begin.
        start_random: The same where the kernel's own place is random (CONFIG_RANDOMIZE_BASE).
        end: The end of their space.
        kernel: Where the kernel's own symbols begin, give or take what is random of it.
        source: The kernel's file that says so.
    """

    start: int
    start_random: int
    end: int
    kernel: int
    source: str


@dataclass(frozen=True, kw_only=True)
class LandingPad:
    """What a function begins with that is called through a pointer.

    Attributes:
        option: The kernel's option, without CONFIG_, with which the processor demands it.
        name: The instruction's name.
        codes: The instructions that are one.
        fault: What the processor raises where it is missing.
        source: Where the kernel takes that.
    """

    option: str
    name: str
    codes: tuple[bytes, ...]
    fault: str
    source: str


@dataclass(frozen=True, kw_only=True)
class VectorCalls:
    """The kernel's functions around code that may use vector or floating-point registers.

    Attributes:
        begin: The one that modules call before it.
        compiled_without: The flags that keep compilers from it.
        any: All that tell of such code: a module that imports one of them may have it.
    """

    begin: str
    compiled_without: str
    any: frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Arch:
    """A processor architecture.

    Attributes:
        names: What it is called.
        complete: Whether modules can be built, judged and run for it; of the others something is
            known, which tests use.
        source: The folder of its code in the kernel's source, below arch/ (SRCARCH).
        debian: dpkg's word for it.
        elf_machine: Its number in the header of a file (e_machine).
        bare_target: rustc's own target for freestanding code, which ours is checked with.
        loader: Where glibc has the loader of its programs, as they name it themselves (PT_INTERP).
        qemu_packages: What installs its qemu, by the command of a package manager.
        options: Options of its kernels that matter to a module in Rust.
        rust_rows: What the configuration of its kernels asks of rustc, in the order of the flags.
        software_float: Cfgs without which crates take vector instructions.
        clang_demands: Flags that clang has to have, for the configuration of its kernels.
        clang_replacements: Flags of gcc's for it that clang has under other names.
        guest: The machine that its kernels are booted in.
        log: How its kernels word a crash.
        vermagic: Its part of a version magic (MODULE_ARCH_VERMAGIC, asm/vermagic.h).
        relocations: What the loader does with relocations.
        space: Where modules lie.
        tables: The tables of a module that the kernel reads, by the names of their sections.
        stack: Bytes of a thread's stack in the kernel.
        stack_source: The kernel's file with its THREAD_SIZE.
        landing_pad: What functions begin with that are called through a pointer; None where nothing
            demands it.
        vector_calls: The kernel's functions around code that uses vector registers.
        canary: Where code finds the value that guards its frames, as far as that is looked for.
        code: What reads its instructions, or None.
    """

    names: Names
    complete: bool
    source: str
    debian: str
    elf_machine: int
    bare_target: str
    loader: str
    qemu_packages: Mapping[str, tuple[str, ...]]
    options: tuple[Option, ...]
    rust_rows: tuple[Row, ...]
    software_float: tuple[str, ...]
    clang_demands: tuple[Demand, ...]
    clang_replacements: tuple[Replacement, ...]
    guest: GuestMachine
    log: LogPatterns
    vermagic: str
    relocations: Relocations
    space: ModuleSpace
    tables: Mapping[str, Table]
    stack: int
    stack_source: str
    landing_pad: LandingPad | None
    vector_calls: VectorCalls
    canary: Canary | None
    code: CodeReader | None

    @property
    def name(self) -> str:
        """Its name in rustc's word, by which `architectures.of` gives it."""
        return self.names.rustc

    @property
    def qemu(self) -> str:
        """The command of the qemu that emulates it."""
        return f"qemu-system-{self.names.uname}"

    @property
    def rule_words(self) -> dict[str, str]:
        """What the texts of the rules of `check` name by a word in braces."""
        rules, pad = self.relocations, self.landing_pad
        return {
            "machine": self.name,
            "srcarch": self.source,
            "relocate": rules.source,
            "psabi": rules.psabi,
            "call": " or ".join(
                f"{rules.prefix}{rules.names[number]}" for number in sorted(rules.calls)
            ),
            "call_addend": str(rules.call_addend),
            "module_space": self.space.source,
            "thread_size": self.stack_source,
            "no_vectors": self.vector_calls.compiled_without,
            "landing_pad": pad.name if pad else "",
            "landing_option": pad.option if pad else "",
            "landing_fault": pad.fault if pad else "",
            "landing_source": pad.source if pad else "",
        }

    def __str__(self) -> str:
        return self.name
