"""The tables of a module that the kernel reads on x86_64, and the instructions they lead to."""

from types import MappingProxyType

from rkmbuild.arch.tables import ANY, CODE, EVERYWHERE, Table

ENDBR64 = bytes.fromhex("f30f1efa")
_CALL = b"\xe8"
_BRANCH = (b"\xe8", b"\xe9", b"\x0f", b"\x2e")  # call, jmp, jcc; a CS prefix before them
_NOP = (b"\x0f\x1f", b"\x66\x90", b"\xe9", b"\xeb")
_UD2 = b"\x0f\x0b"
_LOCK = (b"\xf0", b"\x3e", b"\x66")

_SITE = "arch/x86/kernel/alternative.c"
_BUG = "asm-generic/bug.h: bug_entry"
_ALTERNATIVE = "asm/alternative.h: alt_instr"

TABLES = MappingProxyType(
    {
        **EVERYWHERE,
        "__ex_table": Table(12, {0: CODE, 4: CODE}, "asm/extable.h", (8,), code_end=True),
        "__jump_table": Table(16, {0: _NOP, 4: CODE, 8: ANY}, "linux/jump_label.h", code_end=True),
        # It got a format in 6.19, and may be of a static call, before which it lies anywhere.
        "__bug_table": Table(
            16,
            {0: CODE, 4: ANY, 8: ANY},
            _BUG,
            older=(6, 19, Table(12, {0: (_UD2,), 4: ANY}, _BUG)),
        ),
        "__mcount_loc": Table(8, {0: (_CALL,)}, "kernel/trace/ftrace.c"),
        ".static_call_sites": Table(8, {0: _BRANCH, 4: ANY}, "linux/static_call_types.h"),
        ".smp_locks": Table(4, {0: _LOCK}, _SITE, until=(7, 3)),
        ".retpoline_sites": Table(4, {0: _BRANCH}, _SITE),
        ".return_sites": Table(4, {0: (*_BRANCH, b"\xc3")}, _SITE),
        ".call_sites": Table(4, {0: (*_BRANCH, b"\xff")}, "arch/x86/kernel/callthunks.c"),
        ".ibt_endbr_seal": Table(4, {0: (ENDBR64,)}, _SITE),
        ".orc_unwind_ip": Table(4, {0: CODE}, "arch/x86/kernel/unwind_orc.c", code_end=True),
        ".parainstructions": Table(16, {0: CODE}, "asm/paravirt_types.h: paravirt_patch_site"),
        # It got flags in 6.3.
        ".altinstructions": Table(
            14,
            {0: CODE, 4: CODE},
            _ALTERNATIVE,
            code_end=True,
            older=(6, 3, Table(12, {0: CODE, 4: CODE}, _ALTERNATIVE, code_end=True)),
        ),
    }
)
