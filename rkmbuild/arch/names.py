"""What an architecture is called: each tool has a word of its own for it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Names:
    """The words for one architecture.

    Attributes:
        rustc: rustc's, and ours: KernelTree.arch, `--json`, the names of files in `targets/`.
        uname: `uname -m`'s.
        option: The option that is on in the configurations of its kernels alone (arch/*/Kconfig),
            without CONFIG_; empty for one whose kernels we do not tell.
        elf: The name of its number in a file's header (elf.h).
        bits: The width of its `long`.
        image: An image to boot, in a folder where a kernel was built; empty where we boot none.
    """

    rustc: str
    uname: str
    option: str
    elf: str
    bits: int = 64
    image: str = ""


X86_64 = Names(
    rustc="x86_64",
    uname="x86_64",
    option="X86_64",
    elf="EM_X86_64",
    image="arch/x86/boot/bzImage",
)
AARCH64 = Names(
    rustc="aarch64",
    uname="aarch64",
    option="ARM64",
    elf="EM_AARCH64",
    image="arch/arm64/boot/Image",
)

# They stand here, and not where all is that we know of the first ones, so that a kernel can be told
# without loading that.
ALL: tuple[Names, ...] = (
    X86_64,
    AARCH64,
    # Of these no more is known: a kernel or module of theirs is told by its name, and refused.
    Names(rustc="riscv64", uname="riscv64", option="RISCV", elf="EM_RISCV"),
    Names(rustc="loongarch64", uname="loongarch64", option="LOONGARCH", elf="EM_LOONGARCH"),
    Names(rustc="powerpc64", uname="ppc64", option="PPC64", elf="EM_PPC64"),
    Names(rustc="s390x", uname="s390x", option="S390", elf="EM_S390"),
    Names(rustc="i686", uname="i686", option="X86_32", elf="EM_386", bits=32),
    Names(rustc="arm", uname="arm", option="ARM", elf="EM_ARM", bits=32),
    Names(rustc="mips", uname="mips", option="", elf="EM_MIPS"),
    Names(rustc="sparc64", uname="sparc64", option="", elf="EM_SPARCV9"),
)


def of_uname(machine: str) -> Names | None:
    """Return the names of what `uname -m` calls `machine`, or None."""
    return next((names for names in ALL if names.uname == machine), None)
