// SPDX-License-Identifier: GPL-2.0
/*
 * agent FOLDER FIRST LAST: offer FOLDER/FIRST to FOLDER/LAST to the kernel by finit_module, each
 * for itself, and print what it answered:
 *
 *   > 12            file 12 comes next
 *   | text          a line of the kernel's log
 *   = 12 8          finit_module gave errno 8; 0 for a module that was loaded
 *   - 12 11         and could not be unloaded, with errno 11
 *
 * A file that is packed with gzip, xz or zstd is for the kernel to unpack.
 *
 * Without a C library, so that nothing but a compiler is needed to build it.
 */
#define SYS_read 0
#define SYS_write 1
#define SYS_open 2
#define SYS_close 3
#define SYS_lseek 8
#define SYS_ioctl 16
#define SYS_exit 60
#define SYS_delete_module 176
#define SYS_finit_module 313
#define O_NONBLOCK 04000
#define O_TRUNC 01000
#define SEEK_END 2
#define MODULE_INIT_COMPRESSED_FILE 4
#define TCSBRK 0x5409

static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static unsigned long length(const char *text)
{
	unsigned long n = 0;

	while (text[n])
		n++;
	return n;
}

static void say(const char *text, unsigned long n)
{
	while (n > 0) {
		long done = call(SYS_write, 1, (long)text, n);

		if (done <= 0)
			break;
		text += done;
		n -= done;
	}
}

static char *number(char *end, long value)
{
	*--end = 0;
	do {
		*--end = '0' + value % 10;
		value /= 10;
	} while (value);
	return end;
}

static void report(const char *mark, long file, long error)
{
	char line[64], digits[24], *text;
	unsigned long n = 0;

	line[n++] = *mark;
	line[n++] = ' ';
	for (text = number(digits + sizeof(digits), file); *text;)
		line[n++] = *text++;
	if (error >= 0) {
		line[n++] = ' ';
		for (text = number(digits + sizeof(digits), error); *text;)
			line[n++] = *text++;
	}
	line[n++] = '\n';
	say(line, n);
	/* Wait until it has left the port: the kernel may not live to send it later. */
	call(SYS_ioctl, 1, TCSBRK, 1);
}

/* Records are "level,sequence,time,flags;text\n continuation\n" (Documentation/ABI/testing/dev-kmsg). */
static void log_lines(long kmsg)
{
	static char record[8192];
	long n, at, end;

	while ((n = call(SYS_read, kmsg, (long)record, sizeof(record) - 1)) > 0 || n == -32) {
		if (n < 0)
			continue;
		for (at = 0; at < n && record[at] != ';'; at++)
			;
		for (end = ++at; end < n && record[end] != '\n'; end++)
			;
		say("| ", 2);
		say(record + at, end > at ? end - at : 0);
		say("\n", 1);
	}
}

/* The module that was loaded last is the first line of /proc/modules. */
static long unload(void)
{
	static char name[64];
	long file = call(SYS_open, (long)"/proc/modules", 0, 0), n, at, error;

	if (file < 0)
		return -file;
	n = call(SYS_read, file, (long)name, sizeof(name) - 1);
	call(SYS_close, file, 0, 0);
	for (at = 0; at < n && name[at] != ' '; at++)
		;
	name[at] = 0;
	error = call(SYS_delete_module, (long)name, O_NONBLOCK, 0);
	if (error < 0)
		error = call(SYS_delete_module, (long)name, O_NONBLOCK | O_TRUNC, 0);
	return -error;
}

static long value(const char *text)
{
	long found = 0;

	while (*text)
		found = found * 10 + *text++ - '0';
	return found;
}

static long flags(long file)
{
	static const char magics[][3] = { "\x1f\x8b", "\xfd" "7", "\x28\xb5" };
	char first[2] = { 0, 0 };
	int i;

	call(SYS_read, file, (long)first, sizeof(first));
	for (i = 0; i < 3; i++)
		if (first[0] == magics[i][0] && first[1] == magics[i][1])
			return MODULE_INIT_COMPRESSED_FILE;
	return 0;
}

static void offer(const char *folder, long file, long kmsg)
{
	char path[256], digits[24], *text;
	unsigned long n = length(folder);
	long opened, error;

	for (unsigned long i = 0; i < n; i++)
		path[i] = folder[i];
	path[n++] = '/';
	for (text = number(digits + sizeof(digits), file); (path[n++] = *text++);)
		;
	report(">", file, -1);
	log_lines(kmsg);
	opened = call(SYS_open, (long)path, 0, 0);
	/* The kernel reads it from its beginning, wherever we are (fs/kernel_read_file.c). */
	error = -call(SYS_finit_module, opened, (long)"", flags(opened));
	call(SYS_close, opened, 0, 0);
	log_lines(kmsg);
	report("=", file, error);
	if (!error) {
		error = unload();
		if (error)
			report("-", file, error);
	}
}

__attribute__((used)) static void start(long *stack)
{
	char **arguments = (char **)(stack + 1);
	long kmsg = call(SYS_open, (long)"/dev/kmsg", O_NONBLOCK, 0);

	call(SYS_lseek, kmsg, 0, SEEK_END);
	for (long file = value(arguments[2]); file <= value(arguments[3]); file++)
		offer(arguments[1], file, kmsg);
	call(SYS_exit, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tcall start\n");
