/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RKMBUILD_STRINGS_H
#define RKMBUILD_STRINGS_H

#include <stddef.h>

int strcasecmp(const char *one, const char *other);
int strncasecmp(const char *one, const char *other, size_t most);

#endif
