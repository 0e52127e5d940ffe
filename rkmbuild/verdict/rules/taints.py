"""What taints the kernel: the module is loaded and runs, and the kernel remembers it."""

from rkmbuild.verdict.rules.kinds import MAIN, taints

UNSIGNED = taints(
    "unsigned",
    "the module has no signature that the kernel can verify (taint E)",
    f"{MAIN}: load_module (6.1), module_augment_kernel_taints (6.12), CONFIG_MODULE_SIG",
    "sign it, if this kernel enforces signatures: scripts/sign-file",
    ordinary=True,
)

OUT_OF_TREE = taints(
    "out-of-tree",
    "the module does not come from the kernel's own tree (taint O)",
    f"{MAIN}: check_modinfo (6.1), module_augment_kernel_taints (6.12)",
    "nothing to do: every module from outside is so marked",
    ordinary=True,
)

FORCED = taints(
    "forced",
    "the module has no version magic, or no CRCs of what it imports or exports (taint F; "
    "without CONFIG_MODULE_FORCE_LOAD it is refused)",
    f"{MAIN}: try_to_force_load",
    "build it through kbuild, and do not strip its .modinfo or __versions",
)

STAGING = taints(
    "staging",
    "the module is from the staging directory (taint C)",
    f"{MAIN}: check_modinfo (6.1), module_augment_kernel_taints (6.12)",
    "the kernel's developers do not vouch for it",
)

TEST_MODULE = taints(
    "test-module",
    "the module is a test (taint N)",
    f"{MAIN}: check_modinfo (6.1), module_augment_kernel_taints (6.12)",
    "load tests in a virtual machine: rkmbuild run",
)

LIVE_PATCH = taints(
    "live-patch",
    "the module is a live patch (taint K)",
    f"{MAIN}: check_modinfo_livepatch, module_augment_kernel_taints",
    "a live patch changes the running kernel's own functions",
)

PROPRIETARY = taints(
    "proprietary",
    "the license is not compatible with the GPL (taint P)",
    "include/linux/license.h: license_is_gpl_compatible",
    "GPL-compatible are GPL, GPL v2, GPL and additional rights, Dual BSD/GPL, Dual MIT/GPL, "
    "Dual MPL/GPL",
)
