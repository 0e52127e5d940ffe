/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernels from 6.1 to 7.3 export of C's string.h, for the C of crates. */
#ifndef RKMBUILD_STRING_H
#define RKMBUILD_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
void *memchr(const void *in, int byte, size_t size);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *one, const char *other);
int strncmp(const char *one, const char *other, size_t most);
char *strchr(const char *text, int letter);
char *strrchr(const char *text, int letter);
char *strstr(const char *text, const char *part);
char *strpbrk(const char *text, const char *letters);
size_t strspn(const char *text, const char *letters);
size_t strcspn(const char *text, const char *letters);
char *strsep(char **text, const char *letters);
char *strcpy(char *to, const char *from);
char *strcat(char *to, const char *from);
char *strncat(char *to, const char *from, size_t most);

/* Linux 7.3 has it no more. */
static inline char *strncpy(char *to, const char *from, size_t most)
{
	size_t i = 0;

	for (; i < most && from[i]; i++)
		to[i] = from[i];
	for (; i < most; i++)
		to[i] = '\0';
	return to;
}

#endif
