// SPDX-License-Identifier: GPL-2.0

#include <linux/printk.h>

#include "printing.h"

int __real__printk(const char *format, ...);
int __wrap__printk(const char *format, ...);

int __wrap__printk(const char *format, ...)
{
	/* The level, a part of the format, is passed on; the rest is one of two (print.rs). */
	const char *bare = printk_skip_level(format);
	int level = bare - format;
	char text[RKMBUILD_LONGEST];
	const char *module;
	va_list arguments;
	size_t length;
	int written;

	va_start(arguments, format);
	if (!strcmp(bare, "%s: %pA")) {
		module = va_arg(arguments, const char *);
		length = rkmbuild_format(text, va_arg(arguments, const void *));
		written = __real__printk("%.*s%s: " RKMBUILD_TEXT, level, format, module,
					 RKMBUILD_TEXT_OF(text, length));
	} else if (!strcmp(bare, "%pA")) {
		length = rkmbuild_format(text, va_arg(arguments, const void *));
		written = __real__printk("%.*s" RKMBUILD_TEXT, level, format,
					 RKMBUILD_TEXT_OF(text, length));
	} else {
		struct va_format whole = { .fmt = format, .va = &arguments };

		written = __real__printk("%pV", &whole);
	}
	va_end(arguments);
	return written;
}
