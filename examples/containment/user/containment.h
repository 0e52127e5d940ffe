/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The commands of /dev/containment. Each open file has one container at most. */

#ifndef CONTAINMENT_H
#define CONTAINMENT_H

#include <linux/ioctl.h>

/* The argument is the path of a folder, a string. */
#define CONTAINMENT_CREATE  _IO('|', 0xa0)
/* The argument is a pid, as a number; that of any of its threads will do. */
#define CONTAINMENT_ADD     _IO('|', 0xa1)
#define CONTAINMENT_REMOVE  _IO('|', 0xa2)
/* All that are inside are outside again. Without it, closing the file leaves them inside. */
#define CONTAINMENT_DESTROY _IO('|', 0xa3)

#endif
