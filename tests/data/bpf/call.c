// call MODULE TYPE INSNS [AT=FUNCTION...]: runs a BPF program that calls functions of a module.
//
// INSNS is the program in hex digits, 16 for each instruction; AT is the number of an instruction
// that calls a function of the module, whose number and descriptor are filled in. Prints what the
// program returned; where the kernel refuses it, what its verifier says.
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char said[1 << 16];

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

static void *contents(const char *name)
{
	char path[128];
	size_t size = 0, room = 1 << 23;
	ssize_t got;
	char *data = malloc(room);
	int file;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	file = open(path, O_RDONLY);
	while (file >= 0 && (got = read(file, data + size, room - size)) > 0)
		size += got;
	close(file);
	return size > sizeof(struct btf_header) ? data : NULL;
}

// Number of the function NAME, or the number behind the last type where NAME is null.
static int number(struct btf_header *btf, const char *strings, int first, const char *name)
{
	char *at = (char *)btf + btf->hdr_len + btf->type_off, *end = at + btf->type_len;

	for (; at < end; first++) {
		struct btf_type *type = (struct btf_type *)at;
		int count = BTF_INFO_VLEN(type->info), kind = BTF_INFO_KIND(type->info);
		int each = 0, once = 0;

		if (name && kind == BTF_KIND_FUNC && !strcmp(strings + type->name_off, name))
			return first;
		if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_DATASEC || kind == 19)
			each = 12;
		else if (kind == BTF_KIND_ENUM || kind == BTF_KIND_FUNC_PROTO)
			each = 8;
		else if (kind == BTF_KIND_ARRAY)
			once = 12;
		else if (kind == BTF_KIND_INT || kind == BTF_KIND_VAR || kind == 17)
			once = 4;
		at += sizeof(*type) + each * count + once;
	}
	return name ? -1 : first;
}

static int descriptor(const char *module)
{
	union bpf_attr attr = {};
	char name[64] = "";

	for (;;) {
		struct bpf_btf_info info = { .name = (uintptr_t)name, .name_len = sizeof(name) };
		int fd;

		if (bpf(BPF_BTF_GET_NEXT_ID, &attr))
			return -1;
		attr.start_id = attr.next_id;
		fd = bpf(BPF_BTF_GET_FD_BY_ID, &(union bpf_attr){ .btf_id = attr.next_id });
		attr = (union bpf_attr){ .start_id = attr.start_id };
		if (fd < 0)
			continue;
		if (!bpf(BPF_OBJ_GET_INFO_BY_FD, &(union bpf_attr){ .info = {
				.bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info } }) &&
		    !strcmp(name, module))
			return fd;
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct btf_header *kernel = contents("vmlinux"), *own = contents(argv[1]);
	int fds[2] = { 0, descriptor(argv[1]) }, count = strlen(argv[3]) / 16, program;
	struct bpf_insn insns[256];
	union bpf_attr attr = {};

	if (!kernel || !own || fds[1] < 0)
		return fail("no BTF of the module");
	for (int i = 0; i < count * 8; i++)
		sscanf(argv[3] + 2 * i, "%2hhx", (unsigned char *)insns + i);
	for (int i = 4; i < argc; i++) {
		char *name = strchr(argv[i], '=') + 1;
		struct bpf_insn *call = &insns[atoi(argv[i])];

		call->imm = number(own, (char *)own + own->hdr_len + own->str_off - kernel->str_len,
				   number(kernel, NULL, 1, NULL), name);
		call->off = 1;
		if (call->imm < 0) {
			printf("no function %s\n", name);
			return 1;
		}
	}
	attr.prog_type = atoi(argv[2]);
	attr.prog_flags = attr.prog_type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = count;
	attr.license = (uintptr_t)"GPL";
	attr.fd_array = (uintptr_t)fds;
	attr.log_buf = (uintptr_t)said;
	attr.log_size = sizeof(said);
	attr.log_level = 1;
	program = bpf(BPF_PROG_LOAD, &attr);
	if (program < 0) {
		fail("refused");
		puts(said);
		return 1;
	}
	attr = (union bpf_attr){ .test = { .prog_fd = program } };
	if (bpf(BPF_PROG_TEST_RUN, &attr))
		return fail("did not run");
	printf("returned %u\n", attr.test.retval);
	return 0;
}
