// SPDX-License-Identifier: GPL-2.0

#include <linux/seq_file.h>

#include "printing.h"

void __wrap_seq_printf(struct seq_file *file, const char *format, ...);

/* As seq_printf has it (fs/seq_file.c, 6.1 to 7.3), straight into the file's buffer. */
void __wrap_seq_printf(struct seq_file *file, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!strcmp(format, "%pA")) {
		char *buffer;
		size_t room = seq_get_buf(file, &buffer);
		size_t length = 0;

		if (room)
			length = rust_fmt_argument(buffer, buffer + room,
						   va_arg(arguments, const void *)) - buffer;
		/* Where it did not fit, the file is read again with a larger buffer. */
		seq_commit(file, length < room ? (int)length : -1);
	} else {
		seq_vprintf(file, format, arguments);
	}
	va_end(arguments);
}
