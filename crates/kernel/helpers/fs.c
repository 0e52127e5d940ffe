// SPDX-License-Identifier: GPL-2.0

#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/path.h>

#include "helpers.h"

/* False where the last user is gone: the file is being closed. Since 6.13 it has a counter of its own. */
__rust_helper bool rust_helper_get_file(struct file *f)
{
#ifdef RKMBUILD_HAS_file_ref
	return file_ref_get(&f->f_ref);
#else
	return atomic_long_inc_not_zero(&f->f_count);
#endif
}

__rust_helper bool rust_helper_path_exists(const char *name)
{
	struct path path;

	if (kern_path(name, 0, &path))
		return false;
	path_put(&path);
	return true;
}
