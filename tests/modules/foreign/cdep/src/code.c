// SPDX-License-Identifier: GPL-2.0

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#error "this is no program of Linux"
#endif

static void (*volatile set)(char *, int);
static int constructed;

static void fill(char *buffer, int x)
{
	buffer[x & 63] = x;
}

int code_guarded(int x)
{
	char buffer[64];

	set = fill;
	set(buffer, x);
	return buffer[x & 63] + 1;
}

int code_leaf(int x)
{
	volatile int values[24];
	int bad = 0;

	for (long n = 0; n < 200000; n++) {
		for (int i = 0; i < 24; i++)
			values[i] = x + i;
		for (int i = 0; i < 24; i++)
			bad += values[i] != x + i;
	}
	return bad;
}

static int ascending(const void *one, const void *other)
{
	uint32_t left = *(const uint32_t *)one, right = *(const uint32_t *)other;

	return left < right ? -1 : left > right;
}

int code_sorted(size_t count)
{
	uint32_t *numbers = calloc(count, sizeof(*numbers));
	int good = 1;

	if (!numbers)
		return 0;
	assert(numbers[0] == 0 && numbers[count - 1] == 0);
	for (size_t i = 0; i < count; i++)
		numbers[i] = (uint32_t)i * 2654435761u;
	numbers = realloc(numbers, 2 * count * sizeof(*numbers));
	memmove(numbers + count, numbers, count * sizeof(*numbers));
	qsort(numbers, 2 * count, sizeof(*numbers), ascending);
	for (size_t i = 1; i < 2 * count; i++)
		good &= numbers[i - 1] <= numbers[i];
	good &= numbers[0] == 0 && numbers[1] == 0;
	good &= !malloc(SIZE_MAX) && !calloc(SIZE_MAX / 2, 3);
	free(numbers);
	return good;
}

__attribute__((constructor)) static void construct(void)
{
	constructed++;
}

int code_constructed(void)
{
	return constructed;
}
