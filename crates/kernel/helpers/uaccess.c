// SPDX-License-Identifier: GPL-2.0

#include <linux/uaccess.h>
#include <linux/uio.h>

#include "helpers.h"

__rust_helper unsigned long rust_helper_copy_from_user(void *to, const void *from, unsigned long n)
{
	return copy_from_user(to, (const void __user *)from, n);
}

__rust_helper unsigned long rust_helper_copy_to_user(void *to, const void *from, unsigned long n)
{
	return copy_to_user((void __user *)to, from, n);
}

__rust_helper size_t rust_helper_copy_from_iter(void *addr, size_t bytes, struct iov_iter *i)
{
	return copy_from_iter(addr, bytes, i);
}

__rust_helper size_t rust_helper_copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i)
{
	return copy_to_iter(addr, bytes, i);
}
