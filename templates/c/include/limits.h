/* SPDX-License-Identifier: GPL-2.0 */
/* The compiler's own limits.h, which has all of them, includes the next one, as of a C library. */
