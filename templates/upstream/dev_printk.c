// SPDX-License-Identifier: GPL-2.0

#include <linux/dev_printk.h>
#include <linux/printk.h>

#include "printing.h"

void __real__dev_printk(const char *level, const struct device *dev, const char *format, ...);
void __wrap__dev_printk(const char *level, const struct device *dev, const char *format, ...);

void __wrap__dev_printk(const char *level, const struct device *dev, const char *format, ...)
{
	char text[RKMBUILD_LONGEST];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	if (!strcmp(format, "%pA")) {
		length = rkmbuild_format(text, va_arg(arguments, const void *));
		__real__dev_printk(level, dev, RKMBUILD_TEXT, RKMBUILD_TEXT_OF(text, length));
	} else {
		struct va_format whole = { .fmt = format, .va = &arguments };

		__real__dev_printk(level, dev, "%pV", &whole);
	}
	va_end(arguments);
}
