"""Reports of objects of the kernel that were not used as they are to be."""

from rkmbuild.klog.kinds import TroubleKind, row

_BUG = TroubleKind.BUG
_WARNING = TroubleKind.WARNING

ROWS = (
    # What fails stands with memory.
    row(
        "refcount-leak", _WARNING, r"(refcount_t: .*)", "lib/refcount.c: refcount_warn_saturate",
        leads=True,
    ),
    # A timer or a work in memory that was freed is written to when it comes up.
    row(
        "odebug-freed", _BUG, r"(ODEBUG: free active .*)",
        "lib/debugobjects.c: debug_print_object, __debug_check_no_obj_freed", leads=True,
    ),
    row(
        "odebug", _WARNING, r"(ODEBUG: .*)",
        "lib/debugobjects.c: debug_print_object, debug_object_is_on_stack", leads=True,
    ),
    row(
        "kobject-init", _BUG,
        r"(?:kobject: )?(kobject .*: tried to (?:init|add) an? (?:un)?initialized object, .*)",
        "lib/kobject.c: kobject_init, kobject_add",
    ),
    row(
        "kobject", _WARNING,
        r"(?:kobject: )?(kobject_add_internal failed for .*"
        r"|'.*' \(\w+\): is not initialized, yet .*|kobject: '.*' \(\w+\): is not initialized, .*"
        r"|Device '.*' does not have a release\(\) function, .*)",
        "lib/kobject.c: kobject_add_internal, kobject_get, kobject_put; drivers/base/core.c",
        leads=True,
    ),
    row(
        "sysfs", _WARNING, r"(?:sysfs: )?(cannot create duplicate filename .*)",
        "fs/sysfs/dir.c: sysfs_warn_dup",
    ),
)  # fmt: skip
