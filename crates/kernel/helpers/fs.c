// SPDX-License-Identifier: GPL-2.0

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
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

/* A mount of /proc that is nobody else's. */
__rust_helper struct vfsmount *rust_helper_mount_proc(void)
{
	struct file_system_type *proc = get_fs_type("proc");

	return proc ? kern_mount(proc) : ERR_PTR(-ENODEV);
}

/* Exported by 6.1 as well, whose headers for modules leave it out. */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);

__rust_helper bool rust_helper_exists_in(struct vfsmount *mount, const char *name)
{
	struct path path;

	if (vfs_path_lookup(mount->mnt_root, mount, name, 0, &path))
		return false;
	path_put(&path);
	return true;
}
