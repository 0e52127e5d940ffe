"""What the configuration of an x86_64 kernel asks of rustc."""

from rkmbuild.arch.rustflags import (
    FRAME_POINTERS,
    FUNCTION_ALIGNMENT,
    KASAN,
    KASAN_MEMORY,
    KCFI,
    KCOV,
    KCSAN,
    Row,
    before,
    configured,
    fixed,
)

ROWS: tuple[Row, ...] = (
    Row(
        name="retpoline",
        wanted=configured("MITIGATION_RETPOLINE", "RETPOLINE"),
        flags=fixed("-Zretpoline-external-thunk"),
        option="retpoline-external-thunk",
        since="1.89",
        fallback=Row(
            name="retpoline, as target features",
            wanted=configured("MITIGATION_RETPOLINE", "RETPOLINE"),
            features=(
                "+retpoline-external-thunk",
                "+retpoline-indirect-branches",
                "+retpoline-indirect-calls",
            ),
            source="scripts/generate_rust_target.rs of Linux 6.1",
        ),
        source="arch/x86/Makefile (RETPOLINE_CFLAGS); rust-lang/rust#135927",
    ),
    Row(
        name="no jump tables",
        wanted=configured("MITIGATION_RETPOLINE", "RETPOLINE", "X86_KERNEL_IBT"),
        flags=fixed("-Cjump-tables=n"),
        option="jump-tables",
        since="1.93",
        fallback=Row(
            name="no jump tables, by the option's old name",
            wanted=configured("MITIGATION_RETPOLINE", "RETPOLINE", "X86_KERNEL_IBT"),
            flags=fixed("-Zno-jump-tables"),
            option="no-jump-tables",
            since="1.58",
            source="arch/x86/Makefile of Linux 6.12",
        ),
        source="arch/x86/Makefile: an indirect jump through a table needs no ENDBR only where the "
        "compiler marks it notrack, which the kernel does not allow",
    ),
    Row(
        name="return thunks",
        wanted=configured("MITIGATION_RETHUNK", "RETHUNK"),
        flags=fixed("-Zfunction-return=thunk-extern"),
        option="function-return",
        since="1.76",
        source="arch/x86/Makefile (RETHUNK_CFLAGS); rust-lang/rust#116892",
    ),
    Row(
        name="straight-line speculation",
        wanted=configured("MITIGATION_SLS", "SLS"),
        features=("+harden-sls-ijmp", "+harden-sls-ret"),
        source="arch/x86/Makefile (-mharden-sls=all); LLVM's X86.td names the features",
    ),
    Row(
        name="indirect branch tracking",
        wanted=configured("X86_KERNEL_IBT"),
        flags=fixed("-Zcf-protection=branch"),
        option="cf-protection",
        since="1.60",
        source="arch/x86/Makefile (-fcf-protection=branch), Linux 5.18",
    ),
    Row(
        name="call padding",
        wanted=configured("CALL_PADDING"),
        flags=lambda config: (
            "-Zpatchable-function-entry={0},{0}".format(config.number("FUNCTION_PADDING_BYTES")),
        ),
        option="patchable-function-entry",
        since="1.81",
        source="arch/x86/Makefile (PADDING_CFLAGS), Linux 6.2; rust-lang/rust#124741",
    ),
    Row(
        name="stack alignment",
        # In the kernel a function finds the stack at a multiple of 8, and not of 16 as the data
        # layout has it (S128): with this LLVM aligns the stack itself where a local needs more.
        wanted=lambda _kernel: True,
        flags=fixed("-Zllvm-module-flag=override-stack-alignment:u32:8:max"),
        option="llvm-module-flag",
        since="1.76",
        source="arch/x86/Makefile (cc_stack_align8: -mpreferred-stack-boundary=3, in clang "
        "-mstack-alignment=8, which sets this flag of LLVM's modules); rust-lang/rust#116555",
    ),
    FUNCTION_ALIGNMENT,
    FRAME_POINTERS,
    Row(
        name="stack protector",
        # Linux 6.15 moved the canary from %gs:40 to a symbol of its own (80d47defddc0), and rustc
        # has no option that says where it is.
        wanted=lambda kernel: kernel.config.on("STACKPROTECTOR") and before(kernel, 6, 15),
        flags=lambda config: (
            f"-Zstack-protector={'strong' if config.on('STACKPROTECTOR_STRONG') else 'basic'}",
        ),
        option="stack-protector",
        since="1.58",
        source="Makefile (-fstack-protector-strong); arch/x86/include/asm/stackprotector.h: the "
        "canary is at %gs:40, where LLVM's kernel code model looks for it",
    ),
    KASAN,
    KASAN_MEMORY,
    KCSAN,
    KCOV,
    KCFI,
    Row(
        name="FineIBT's count of arguments",
        wanted=configured("FINEIBT_BHI"),
        flags=fixed("-Zsanitizer-kcfi-arity"),
        option="sanitizer-kcfi-arity",
        # The option is there from 1.88 on, and an error with LLVM 20, which 1.90 still has.
        since="1.91",
        source="Makefile (-fsanitize-kcfi-arity), Linux 7.3; rust-lang/rust#138368",
    ),
)
