/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen, or Rust itself, lays out otherwise than C: read and written on both sides. */
#ifndef LAYOUTS_KINDS_H
#define LAYOUTS_KINDS_H

#include <linux/compat.h>
/* Names the module that it is compiled for. */
#include <linux/ethtool.h>
#include <net/tcp.h>
/* Packed structures that cannot derive what bindgen derives for them (linux/acpi.h). */
#include <linux/i2c.h>
/* Structures that are packed and aligned, or are packed and hold aligned ones. */
#include <linux/hyperv.h>
#include <uapi/linux/ioam6.h>
/* Names that are there twice. */
#include <linux/sock_diag.h>
#include <net/sock.h>
#if __has_include(<net/netrom.h>)	/* until 7.2 */
#include <net/netrom.h>
#endif
/* Macros that only a compiler works out. */
#include <linux/uinput.h>

struct kinds_pair { u32 first; compat_u64 second; };
struct kinds_bits { short before; unsigned int filling : 14; unsigned int over : 3; int sign : 5; };
struct kinds_inner { u32 word; } __aligned(16);
struct kinds_packed { char byte; struct kinds_inner inner; u32 after; u32 flag : 3; void *pointer; } __packed;
struct kinds_both { char byte; u32 word; } __packed __aligned(8);

enum kinds_twice { KINDS_TWICE = 3 };
#define KINDS_TWICE 3
#define KINDS_SIZE sizeof(struct kinds_packed)
#define KINDS_LIMIT (~0U)
#define KINDS_BOTH (KINDS_TWICE | (1 << 4))

u64 kinds_pair_read(const struct kinds_pair *pair);
u64 kinds_bits_read(const struct kinds_bits *bits);
void kinds_bits_write(struct kinds_bits *bits);
u64 kinds_packed_read(const struct kinds_packed *packed);
void kinds_packed_write(struct kinds_packed *packed);
u64 kinds_both_read(const struct kinds_both *both);

#endif
