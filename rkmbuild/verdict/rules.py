"""The rules of the loader that end in a refusal, in the order in which it applies them.

Read in Debian's linux-source-6.1 (6.1.192) and linux-source-6.12 (6.12.117): kernel/module/*.c and
arch/x86/kernel/module.c. Where the two differ the source names both.
"""

from rkmbuild.verdict.findings import Rule, Severity
from rkmbuild.verdict.hazards import HAZARDS

_MAIN = "kernel/module/main.c"
_DAMAGED = "the file is damaged or was made by no kernel build: copy or build it again"
_REBUILD = "build it for this kernel: rkmbuild build --kernel {release}"
_STRIPPED = "do not strip more than debug information: strip --strip-debug, as rkmbuild build does"


def _elf(rule: str, text: str, old: str, new: str, way_out: str = _DAMAGED) -> Rule:
    source = f"{_MAIN}: {old} (6.1), {new} (6.12)"
    return _refused(rule, "ENOEXEC", text, source, way_out)


def _refused(rule: str, errno: str, text: str, source: str, way_out: str) -> Rule:
    return Rule(
        id=rule,
        severity=Severity.REFUSED,
        text=text,
        source=source,
        way_out=way_out,
        errno=errno,
    )


_LOADER = (
    # may_init_module, before the file is read
    _refused(
        "modules-disabled",
        "EPERM",
        "the kernel still takes modules: kernel.modules_disabled is off",
        f"{_MAIN}: may_init_module",
        "only a reboot switches it off again",
    ),
    # module_sig_check, before anything else is looked at
    _refused(
        "signature-malformed",
        "EBADMSG",
        "an appended signature is a well-formed struct module_signature and PKCS#7 message",
        "kernel/module_signature.c: mod_check_sig; crypto/asymmetric_keys/pkcs7_parser.c",
        "sign it again with the kernel's scripts/sign-file, or cut the signature off",
    ),
    _refused(
        "signature-kind",
        "EKEYREJECTED",
        "a module's signature is over the module itself: no signed attributes, nothing embedded",
        "crypto/asymmetric_keys/pkcs7_verify.c: pkcs7_verify; certs/system_keyring.c: "
        "verify_pkcs7_message_sig",
        "sign it with the kernel's scripts/sign-file",
    ),
    _refused(
        "signature-required",
        "EKEYREJECTED",
        "a kernel that enforces signatures loads only modules signed with a key it knows",
        "kernel/module/signing.c: module_sig_check",
        "sign the module with a key that this kernel trusts (MOK, or its own build key)",
    ),
    _refused(
        "lockdown",
        "EPERM",
        "a locked-down kernel loads no module without a valid signature",
        "security/lockdown/lockdown.c: LOCKDOWN_MODULE_SIGNATURE",
        "sign the module with an enrolled machine owner key, or switch Secure Boot off",
    ),
    # elf_validity_check, elf_validity_cache_copy
    _elf("elf-header", "the file holds an ELF header", "elf_validity_check", "elf_validity_ehdr"),
    _elf("elf-magic", "the file is an ELF file", "elf_validity_check", "elf_validity_ehdr"),
    _elf(
        "elf-type",
        "the file is a relocatable object (ET_REL)",
        "elf_validity_check",
        "elf_validity_ehdr",
        "a module is linked with ld -r, by kbuild; an executable or shared library is none",
    ),
    _elf(
        "elf-machine",
        "the object is for the kernel's machine",
        "elf_validity_check",
        "elf_validity_ehdr",
        "build it for x86_64",
    ),
    _elf(
        "elf-section-size",
        "section headers have the size of Elf64_Shdr",
        "elf_validity_check",
        "elf_validity_cache_sechdrs",
    ),
    _elf(
        "elf-section-table",
        "the section headers lie within the file",
        "elf_validity_check",
        "elf_validity_cache_sechdrs",
        "the file is cut off or damaged: copy or build it again",
    ),
    _elf(
        "elf-section-zero",
        "section 0 is empty",
        "elf_validity_check",
        "elf_validity_cache_sechdrs",
    ),
    _elf(
        "elf-section-bounds",
        "every section lies within the file",
        "validate_section_offset",
        "validate_section_offset",
        "the file is cut off or damaged: copy or build it again",
    ),
    _elf(
        "elf-names",
        "there is one table of section names, not empty and NUL-terminated",
        "elf_validity_check",
        "elf_validity_cache_secstrings",
    ),
    _elf(
        "elf-section-name",
        "the name of every section lies within the table of names",
        "elf_validity_check (allocated sections)",
        "elf_validity_cache_secstrings (every section)",
    ),
    _elf(
        "one-modinfo",
        "there is one .modinfo section",
        "not checked",
        "elf_validity_cache_index_info",
        "sections of one name but different flags do not merge: #[used] sets SHF_GNU_RETAIN, "
        "#[used(compiler)] does not",
    ),
    _elf(
        "this-module",
        "there is one .gnu.linkonce.this_module: allocated, with contents, of the size of this "
        "kernel's struct module",
        "setup_load_info (only that it is there)",
        "elf_validity_cache_index_mod",
        "an object file becomes a module when modpost and kbuild finish it: rkmbuild build",
    ),
    _elf(
        "symbol-table",
        "there is a symbol table (one, from 6.12 on)",
        "setup_load_info",
        "elf_validity_cache_index_sym",
        _STRIPPED,
    ),
    _elf(
        "string-table",
        "the symbol table names its string table",
        "elf_validity_check",
        "elf_validity_cache_index_str",
    ),
    # load_module (6.1), early_mod_check (6.12), check_modinfo
    _refused(
        "blacklisted",
        "EPERM",
        "the kernel's command line does not forbid the module (module_blacklist=)",
        f"{_MAIN}: blacklisted",
        "take its name out of module_blacklist= and boot again",
    ),
    _refused(
        "modversions",
        "ENOEXEC",
        "the module's CRC of module_layout is the kernel's",
        "kernel/module/version.c: check_modstruct_version, check_version",
        _REBUILD,
    ),
    _refused(
        "vermagic",
        "ENOEXEC",
        "the module's version magic is the kernel's",
        f"{_MAIN}: check_modinfo; kernel/module/version.c: same_magic",
        _REBUILD,
    ),
    _refused(
        "livepatch-support",
        "ENOEXEC",
        "a live patch needs CONFIG_LIVEPATCH",
        f"{_MAIN}: check_modinfo_livepatch",
        "this kernel cannot be live-patched",
    ),
    # layout_and_allocate
    _refused(
        "write-and-execute",
        "ENOEXEC",
        "no section is both writable and executable",
        "kernel/module/strict_rwx.c: module_enforce_rwx_sections",
        'a #[link_section] or .section directive has the flags "awx": give code "ax", data "aw"',
    ),
    _refused(
        "too-large",
        "ENOMEM",
        "the module fits into the address space for modules",
        "arch/x86/include/asm/pgtable_64_types.h: MODULES_VADDR to MODULES_END",
        "a static of this size belongs into memory that init allocates",
    ),
    _refused(
        "already-there",
        "EEXIST",
        "no module of this name is loaded",
        f"{_MAIN}: add_unformed_module",
        "unload it first: rkmbuild unload {name}",
    ),
    _refused(
        "percpu-size",
        "ENOMEM",
        "per-CPU variables of modules fit into PERCPU_MODULE_RESERVE, 8 KiB",
        f"{_MAIN}: percpu_modalloc; include/linux/percpu.h",
        "allocate per-CPU memory in init: alloc_percpu()",
    ),
    _refused(
        "constructors",
        "EINVAL",
        "a module has .ctors or .init_array, not both",
        f"{_MAIN}: find_module_sections",
        "build all parts with one compiler",
    ),
    _refused(
        "export-versions",
        "ENOEXEC",
        "exported symbols have CRCs, where the kernel has CONFIG_MODVERSIONS",
        f"{_MAIN}: check_module_license_and_versions (6.1), check_export_symbol_versions (6.12)",
        _REBUILD,
    ),
    # simplify_symbols: all symbols are reported, the last one's error is returned
    _refused(
        "symbol-common",
        "ENOEXEC",
        "there are no common symbols",
        f"{_MAIN}: simplify_symbols",
        "compile with -fno-common, as kbuild does",
    ),
    _refused(
        "symbol-section",
        "ENOEXEC",
        "a symbol's section exists",
        f"{_MAIN}: simplify_symbols",
        _DAMAGED,
    ),
    _refused(
        "symbol-unknown",
        "ENOENT",
        "every undefined symbol is exported by the kernel or by a loaded module",
        f"{_MAIN}: simplify_symbols, resolve_symbol, find_symbol",
        "call something that this kernel exports; Module.symvers lists it",
    ),
    _refused(
        "symbol-gpl-only",
        "ENOENT",
        "symbols exported with EXPORT_SYMBOL_GPL are for modules of a GPL-compatible license",
        f"{_MAIN}: find_exported_symbol_in_section; include/linux/license.h",
        'if the module\'s license is compatible with the GPL, say so: license: "GPL"',
    ),
    _refused(
        "symbol-version",
        "EINVAL",
        "the module's CRC of each imported symbol is the exporter's",
        "kernel/module/version.c: check_version",
        _REBUILD,
    ),
    _refused(
        "symbol-namespace",
        "EINVAL",
        "symbols of a namespace are for modules that import it",
        f"{_MAIN}: verify_namespace_is_imported",
        "import the namespace: MODULE_IMPORT_NS in C, `imports_ns` in module!",
    ),
    # apply_relocations
    _refused(
        "relocation-rel",
        "ENOEXEC",
        "relocations have addends (SHT_RELA)",
        "include/linux/moduleloader.h: apply_relocate",
        "x86_64 objects have SHT_RELA relocations; this one was not made by a usual assembler",
    ),
    _refused(
        "relocation-type",
        "ENOEXEC",
        "relocations are NONE, 64, 32, 32S, PC32, PLT32 or PC64",
        "arch/x86/kernel/module.c: __apply_relocate_add (6.1), __write_relocate_add (6.12)",
        "compile for the kernel: static relocation model, code model kernel, no TLS",
    ),
    _refused(
        "relocation-nonzero",
        "ENOEXEC",
        "the place that a relocation fills is zero before",
        "arch/x86/kernel/module.c: __apply_relocate_add (6.1), __write_relocate_add (6.12)",
        "two relocations fill one place, or the file was relocated already",
    ),
    _refused(
        "relocation-overflow",
        "ENOEXEC",
        "the value of a 32 or 32S relocation fits into 32 bits",
        "arch/x86/kernel/module.c: __apply_relocate_add (6.1), __write_relocate_add (6.12)",
        "compile with code model kernel: -mcmodel=kernel in C, -Ccode-model=kernel in Rust",
    ),
    # complete_formation, mod_sysfs_setup
    _refused(
        "export-duplicate",
        "ENOEXEC",
        "no exported symbol is exported by somebody else already",
        f"{_MAIN}: verify_exported_symbols",
        "give the exported symbol a name of its own",
    ),
    _refused(
        "name-taken",
        "EINVAL",
        "no part of the kernel has the module's name in /sys/module",
        "kernel/module/sysfs.c: mod_sysfs_init",
        "give the module another name",
    ),
    _refused(
        "name-empty",
        "EINVAL",
        "the module has a name",
        "lib/kobject.c: kobject_add_internal",
        _DAMAGED,
    ),
    _refused(
        "section-twice",
        "EEXIST",
        "allocated sections have names of their own",
        "kernel/module/sysfs.c: add_sect_attrs (its failure counts from 6.12 on)",
        "sections of one name but different flags do not merge at linking: give them one set",
    ),
)

RULES = {rule.id: rule for rule in (*_LOADER, *HAZARDS)}
