// SPDX-License-Identifier: GPL-2.0

#include <linux/bug.h>
#include <linux/module.h>

#include "helpers.h"

/*
 * A thread of this module is about to die wherever it is, with locks held and memory half-written.
 * The module's code and data must stay where they are from now on: take a reference that nobody
 * gives back.
 */
__rust_helper void rust_helper_module_panicked(void)
{
	__module_get(THIS_MODULE);
}

__rust_helper __noreturn void rust_helper_BUG(void)
{
	BUG();
}
