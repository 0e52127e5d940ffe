// SPDX-License-Identifier: GPL-2.0

/* Loads exec.bpf.o with libbpf, has something run, and prints what the program kept. */

#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
	unsigned long long kept[2] = { 0 };
	struct bpf_program *program;
	struct bpf_link *link;
	struct bpf_map *map;
	unsigned int first = 0;

	if (!object || bpf_object__load(object))
		return 1;
	program = bpf_object__find_program_by_name(object, "on_exec");
	link = bpf_program__attach(program);
	if (!link)
		return 2;
	if (system("/bin/true"))
		return 3;
	map = bpf_object__find_map_by_name(object, ".bss");
	if (!map || bpf_map__lookup_elem(map, &first, sizeof(first), kept, sizeof(kept), 0))
		return 4;
	printf("%llx %llx\n", kept[0], kept[1]);
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}
