/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `%pA` stands for, on kernels that do not know it: without CONFIG_RUST lib/vsprintf.c warns
 * and prints "(%pA?)". The linker sends the Rust code's calls here (`--wrap`), and what is printed
 * is what a kernel with CONFIG_RUST prints, to the byte.
 */

#ifndef RKMBUILD_PRINTING_H
#define RKMBUILD_PRINTING_H

#include <linux/minmax.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/types.h>

/* A record of the log holds no more (PRINTKRB_RECORD_MAX, kernel/printk/internal.h, 5.10 to 7.3). */
#define RKMBUILD_LONGEST 1024

/* Of the `kernel` crate, which a kernel with CONFIG_RUST calls for `%pA` (rust/kernel/print.rs). */
char *rust_fmt_argument(char *buf, char *end, const void *arguments);

/*
 * A text as it is, zero bytes included: `%*pE` with the one flag under which string_escape_mem
 * (lib/string_helpers.c) changes nothing, ESCAPE_NP. `%*s` adds what did not fit, as blanks that are
 * cut off again: printk counts the length in 16 bits, and cuts by that.
 */
#define RKMBUILD_TEXT "%*pEp%*s"
#define RKMBUILD_TEXT_OF(text, length)						\
	(int)min(length, (size_t)RKMBUILD_LONGEST), text,			\
	(int)((length) > RKMBUILD_LONGEST ? ((length) - RKMBUILD_LONGEST) & 0xffff : 0), ""

/* Write what fits into `text`; return the length of the whole. */
static inline size_t rkmbuild_format(char text[RKMBUILD_LONGEST], const void *arguments)
{
	return rust_fmt_argument(text, text + RKMBUILD_LONGEST, arguments) - text;
}

#endif
