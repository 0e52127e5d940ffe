// SPDX-License-Identifier: GPL-2.0

#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/path.h>

#include "helpers.h"

__rust_helper void rust_helper_get_file(struct file *f)
{
	get_file(f);
}

__rust_helper bool rust_helper_path_exists(const char *name)
{
	struct path path;

	if (kern_path(name, 0, &path))
		return false;
	path_put(&path);
	return true;
}
