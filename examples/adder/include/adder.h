/* SPDX-License-Identifier: GPL-2.0 */
/* What the module adder exports to other modules, in C or in Rust. */

#ifndef ADDER_H
#define ADDER_H

#include <linux/atomic.h>

typedef unsigned long (*adder_fn)(unsigned long one, unsigned long other);

/* How often add() was called, by whichever way. */
extern atomic_long_t adder_calls;

/* The sum of two numbers. It wraps. */
unsigned long add(unsigned long one, unsigned long other);

/* A pointer to add(), as the module that it lies in takes it. */
adder_fn adder_pointer(void);

#endif
