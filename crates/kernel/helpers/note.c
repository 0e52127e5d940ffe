// SPDX-License-Identifier: GPL-2.0

#include <linux/elfnote.h>
#include <linux/module.h>

/*
 * Which tool built the module. /proc/modules does not say, but the kernel shows each ELF note of a
 * loaded module as /sys/module/<name>/notes/<section>: this one is .note.rkmbuild, its owner is
 * "rkmbuild", its type 1, its content the version as a string.
 */
ELFNOTE32("rkmbuild", 1, RKMBUILD_VERSION);
MODULE_INFO(rkmbuild, RKMBUILD_VERSION);
