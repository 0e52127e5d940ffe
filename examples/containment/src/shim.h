/* SPDX-License-Identifier: GPL-2.0 */
/* What the Rust of this module calls of C: inline functions, macros, and the insides of C's structs. */

#ifndef CONTAINMENT_SHIM_H
#define CONTAINMENT_SHIM_H

#include <linux/types.h>

struct file;
struct path;
struct task_struct;

/* Folders, and what lies below them. */
struct path *containment_root(const char __user *name);
void containment_put_root(struct path *root);
bool containment_below(const struct path *root, const struct path *path);
const struct path *containment_path(const struct file *file);
ssize_t containment_name(const struct path *path, char *name, size_t size);

/* Processes. */
struct task_struct *containment_task(pid_t pid);
bool containment_is_over(const struct task_struct *task);
void containment_kill(struct task_struct *task);
bool containment_in_task(void);

/* The module: it stays where somebody is inside. */
void containment_hold(void);
void containment_let_go(void);

size_t containment_symbol(unsigned long address, char *name, size_t size);

#endif
