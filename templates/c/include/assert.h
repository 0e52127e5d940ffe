/* SPDX-License-Identifier: GPL-2.0 */
/* No guard: C lets it be included again, with NDEBUG or without. */
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
/* As a BUG_ON(): the kernel reports an invalid opcode, and ends the thread. */
#define assert(condition) ((condition) ? (void)0 : __builtin_trap())
#endif
#ifndef static_assert
#define static_assert _Static_assert
#endif
