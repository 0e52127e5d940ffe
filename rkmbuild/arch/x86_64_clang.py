"""What clang is told for an x86_64 kernel that gcc built."""

from rkmbuild.arch.clang import EVERYWHERE, Demand, Replacement

# Mitigations are kept or the compiler is refused: objtool would report the returns and branches.
DEMANDS = (
    Demand(("RETPOLINE", "MITIGATION_RETPOLINE"), "-mretpoline-external-thunk", 7,
           "arch/x86/Makefile (4.15), LLVM 7 release notes"),
    Demand(("RETHUNK", "MITIGATION_RETHUNK"), "-mfunction-return=thunk-extern", 15,
           "CC_HAS_RETURN_THUNK in arch/x86/Kconfig, LLVM 15 release notes"),
    Demand(("SLS", "MITIGATION_SLS"), "-mharden-sls=all", 15,
           "CC_HAS_SLS in arch/x86/Kconfig, LLVM 15 release notes"),
    Demand(("X86_KERNEL_IBT",), "-fcf-protection=branch", 14,
           "CC_HAS_IBT in arch/x86/Kconfig (5.18)"),
    Demand(("CALL_PADDING",), "-fpatchable-function-entry=", 10,
           "CC_HAS_ENTRY_PADDING in arch/x86/Kconfig (6.2)"),
    *EVERYWHERE,
    # Not a mitigation: without it calls of `mcount` are made, which such a kernel has not.
    Demand(("FUNCTION_TRACER",), "-mfentry", 10, "HAVE_FENTRY in the top Makefile"),
)  # fmt: skip

REPLACEMENTS = (
    # Retpolines: arch/x86/Makefile has the one for CC_IS_GCC, the other for CC_IS_CLANG (v5.x on).
    Replacement(r"-mindirect-branch=thunk-extern", "-mretpoline-external-thunk"),
    # cc_stack_align8 in arch/x86/Makefile: gcc takes the power of two, clang the bytes.
    Replacement(
        r"-mpreferred-stack-boundary=(\d+)", lambda m: f"-mstack-alignment={1 << int(m[1])}"
    ),
)
