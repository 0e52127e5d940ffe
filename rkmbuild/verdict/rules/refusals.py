"""Refusals for what is in a readable file: metadata, layout, symbols, relocations, names."""

from rkmbuild.verdict.rules.kinds import DAMAGED, MAIN, REBUILD, refused

# load_module (6.1), early_mod_check (6.12), check_modinfo
BLACKLISTED = refused(
    "blacklisted",
    "EPERM",
    "the kernel's command line forbids the module (module_blacklist=)",
    f"{MAIN}: blacklisted",
    "remove its name from module_blacklist= and reboot",
)

MODVERSIONS = refused(
    "modversions",
    "ENOEXEC",
    "the module's CRC of module_layout is not the kernel's",
    "kernel/module/version.c: check_modstruct_version, check_version",
    REBUILD,
)

VERMAGIC = refused(
    "vermagic",
    "ENOEXEC",
    "the module's version magic is not the kernel's",
    f"{MAIN}: check_modinfo; kernel/module/version.c: same_magic",
    REBUILD,
)

LIVEPATCH_SUPPORT = refused(
    "livepatch-support",
    "ENOEXEC",
    "the module is a live patch, and the kernel has no CONFIG_LIVEPATCH",
    f"{MAIN}: check_modinfo_livepatch",
    "this kernel cannot be live-patched",
)

# layout_and_allocate
WRITE_AND_EXECUTE = refused(
    "write-and-execute",
    "ENOEXEC",
    "a section is both writable and executable",
    "kernel/module/strict_rwx.c: module_enforce_rwx_sections",
    'a #[link_section] or .section directive has the flags "awx": give code "ax", data "aw"',
)

TOO_LARGE = refused(
    "too-large",
    "ENOMEM",
    "the module does not fit into the address space for modules",
    "{module_space}: MODULES_VADDR to MODULES_END",
    "a static of this size belongs into memory that init allocates",
)

ALREADY_THERE = refused(
    "already-there",
    "EEXIST",
    "a module of this name is loaded already",
    f"{MAIN}: add_unformed_module",
    "unload it first: rkmbuild unload {name}",
)

PERCPU_SIZE = refused(
    "percpu-size",
    "ENOMEM",
    "per-CPU variables take more than PERCPU_MODULE_RESERVE, 8 KiB",
    f"{MAIN}: percpu_modalloc; include/linux/percpu.h",
    "allocate per-CPU memory in init: alloc_percpu()",
)

CONSTRUCTORS = refused(
    "constructors",
    "EINVAL",
    "the module has both .ctors and .init_array",
    f"{MAIN}: find_module_sections",
    "build all parts with one compiler",
)

EXPORT_VERSIONS = refused(
    "export-versions",
    "ENOEXEC",
    "exported symbols have no CRCs, and the kernel has CONFIG_MODVERSIONS",
    f"{MAIN}: check_module_license_and_versions (6.1), check_export_symbol_versions (6.12)",
    REBUILD,
)

EXPORT_FLAGS = refused(
    "export-flags",
    "ENOEXEC",
    "exported symbols have no flags (__kflagstab), and the kernel wants them, as from 7.1 on",
    f"{MAIN}: check_export_symbol_sections (7.1)",
    REBUILD,
)

NAMESPACE_OF_MODULES = refused(
    "namespace-of-modules",
    "EPERM",
    "the module imports a namespace that lists modules (from 6.16 on)",
    f"{MAIN}: setup_modinfo",
    "leave the import out: who is on the list may use its symbols without one",
)

# simplify_symbols: all symbols are reported, the last one's error is returned
SYMBOL_COMMON = refused(
    "symbol-common",
    "ENOEXEC",
    "there is a common symbol",
    f"{MAIN}: simplify_symbols",
    "compile with -fno-common, as kbuild does",
)

SYMBOL_SECTION = refused(
    "symbol-section",
    "ENOEXEC",
    "a symbol's section does not exist",
    f"{MAIN}: simplify_symbols",
    DAMAGED,
)

SYMBOL_UNKNOWN = refused(
    "symbol-unknown",
    "ENOENT",
    "neither the kernel nor a loaded module exports a symbol that the module needs",
    f"{MAIN}: simplify_symbols, resolve_symbol, find_symbol",
    "call something that this kernel exports; Module.symvers lists it",
)

SYMBOL_GPL_ONLY = refused(
    "symbol-gpl-only",
    "ENOENT",
    "the module uses a symbol exported with EXPORT_SYMBOL_GPL, and its license is not "
    "GPL-compatible",
    f"{MAIN}: find_exported_symbol_in_section; include/linux/license.h",
    'if the module\'s license is compatible with the GPL, say so: license: "GPL"',
)

SYMBOL_VERSION = refused(
    "symbol-version",
    "EINVAL",
    "the module's CRC of an imported symbol is not the exporter's",
    "kernel/module/version.c: check_version",
    REBUILD,
)

SYMBOL_NAMESPACE = refused(
    "symbol-namespace",
    "EINVAL",
    "the module uses a symbol of a namespace that it does not import",
    f"{MAIN}: verify_namespace_is_imported",
    "import the namespace: MODULE_IMPORT_NS in C, `imports_ns` in module!",
)

# apply_relocations
RELOCATION_REL = refused(
    "relocation-rel",
    "ENOEXEC",
    "relocations have no addends (SHT_REL)",
    "include/linux/moduleloader.h: apply_relocate",
    "{machine} objects have SHT_RELA relocations; this one was not made by a usual assembler",
)

RELOCATION_TYPE = refused(
    "relocation-type",
    "ENOEXEC",
    "a relocation is of another type than NONE, 64, 32, 32S, PC32, PLT32 and PC64",
    "{relocate}",
    "compile for the kernel: static relocation model, code model kernel, no TLS",
)

RELOCATION_NONZERO = refused(
    "relocation-nonzero",
    "ENOEXEC",
    "the place that a relocation fills is not zero before",
    "{relocate}",
    "two relocations fill one place, or the file was relocated already",
)

RELOCATION_OVERFLOW = refused(
    "relocation-overflow",
    "ENOEXEC",
    "the value of a 32 or 32S relocation does not fit into 32 bits",
    "{relocate}",
    "compile with code model kernel: -mcmodel=kernel in C, -Ccode-model=kernel in Rust",
)

# complete_formation, mod_sysfs_setup
EXPORT_DUPLICATE = refused(
    "export-duplicate",
    "ENOEXEC",
    "the kernel or a loaded module exports a symbol of the same name already",
    f"{MAIN}: verify_exported_symbols",
    "give the exported symbol a name of its own",
)

NAME_TAKEN = refused(
    "name-taken",
    "EINVAL",
    "a part of the kernel has the module's name in /sys/module",
    "kernel/module/sysfs.c: mod_sysfs_init",
    "give the module another name",
)

NAME_EMPTY = refused(
    "name-empty",
    "EINVAL",
    "the module has no name",
    "lib/kobject.c: kobject_add_internal",
    DAMAGED,
)

SECTION_TWICE = refused(
    "section-twice",
    "EEXIST",
    "two allocated sections have the same name",
    "kernel/module/sysfs.c: add_sect_attrs (its failure counts from 6.12 on)",
    "sections of one name but different flags do not merge at linking: give them one set",
)
