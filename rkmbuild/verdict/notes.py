"""The rules that are worth knowing of: a module that breaks one is loaded and runs."""

from rkmbuild.verdict.findings import Rule, Severity

_MAIN = "kernel/module/main.c"
_DAMAGED = "the file is damaged or was made by no kernel build: copy or build it again"
_OBJTOOL = "let kbuild run objtool over the object, as rkmbuild build does"


def _note(rule: str, text: str, source: str, way_out: str = "") -> Rule:
    return Rule(id=rule, severity=Severity.NOTE, text=text, source=source, way_out=way_out)


NOTES = (
    _note(
        "elf-class",
        "the file says ELF64, little-endian: the loader does not look, but kmod's tools do",
        "kmod: libkmod/libkmod-elf.c",
        _DAMAGED,
    ),
    _note(
        "name-differs",
        "modinfo and struct module agree on the name",
        f"{_MAIN}: elf_validity_cache_index_mod uses the one for messages, the other for itself",
    ),
    _note(
        "modinfo-missing",
        "the module has a .modinfo section",
        f"{_MAIN}: get_modinfo",
        "build it through kbuild: modpost writes .modinfo",
    ),
    _note(
        "signature-unverified",
        "the signature's key is the one that the kernel's own modules are signed with",
        "kernel/module/signing.c: mod_verify_sig",
        "the kernel takes it if the key is in its keyring; `keyctl list %:.builtin_trusted_keys`",
    ),
    _note(
        "no-exit",
        "a module with an init function has an exit function: else it cannot be unloaded",
        f"{_MAIN}: SYSCALL_DEFINE2(delete_module)",
        "add module_exit(); in Rust, module! does",
    ),
    _note(
        "no-orc",
        "functions have ORC data: without it stack traces through them are guesses",
        "arch/x86/kernel/unwind_orc.c: unwind_module_init",
        _OBJTOOL,
    ),
    _note(
        "plain-returns",
        "where RETHUNK is on, functions return through __x86_return_thunk",
        "arch/x86/Makefile: -mfunction-return=thunk-extern",
        "in Rust: -Zfunction-return=thunk-extern",
    ),
    _note(
        "indirect-calls",
        "where RETPOLINE is on, indirect calls and jumps go through thunks",
        "arch/x86/Makefile: RETPOLINE_CFLAGS",
        "in Rust: target features +retpoline-external-thunk, +retpoline-indirect-calls, "
        "+retpoline-indirect-branches",
    ),
    _note(
        "straight-line-speculation",
        "where SLS is on, an INT3 follows each RET and indirect JMP",
        "arch/x86/Makefile: -mharden-sls=all",
        "in Rust: target features +harden-sls-ret, +harden-sls-ijmp",
    ),
    _note(
        "fpu-used",
        "the module uses vector or floating-point registers between kernel_fpu_begin() and "
        "kernel_fpu_end()",
        "Documentation/core-api/floating-point.rst",
    ),
    _note(
        "recursion",
        "functions call neither themselves nor each other in a circle",
        "arch/x86/include/asm/page_64_types.h: THREAD_SIZE",
        "see that the depth has a bound, or make it a loop with a list",
    ),
    _note(
        "freed-code-kept",
        "data that stays does not point to .init sections, which are freed once init has returned",
        f"{_MAIN}: do_init_module, do_free_init; scripts/mod/modpost.c: sectioncheck",
        "fine where nothing but init follows the pointer (__refdata, __ro_after_init)",
    ),
    _note(
        "large-frame",
        "a function's frame is at most CONFIG_FRAME_WARN",
        "lib/Kconfig.debug: FRAME_WARN",
        "put large values on the heap, in Rust into a Box or Vec",
    ),
)
