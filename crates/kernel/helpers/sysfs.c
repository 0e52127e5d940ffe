// SPDX-License-Identifier: GPL-2.0

#include <linux/debugfs.h>
#include <linux/sysctl.h>
#include <linux/sysfs.h>

#include "helpers.h"

__rust_helper int rust_helper_sysfs_create_file(struct kobject *kobj, struct attribute *attr,
					       struct lock_class_key *key)
{
	/* As sysfs_attr_init(), where all files that this function makes would be of one class. */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	attr->key = key;
#endif
	return sysfs_create_file(kobj, attr);
}

__rust_helper void rust_helper_sysfs_remove_file(struct kobject *kobj, const struct attribute *attr)
{
	sysfs_remove_file(kobj, attr);
}

#ifdef CONFIG_SYSCTL
/* Since 6.6 the number of rows is told; before, an empty row follows them. */
__rust_helper struct ctl_table_header *
rust_helper_register_sysctl(const char *path, struct ctl_table *table, size_t rows)
{
#ifdef RKMBUILD_HAS_register_sysctl_sz
	return register_sysctl_sz(path, table, rows);
#else
	return register_sysctl(path, table);
#endif
}
#endif

__rust_helper struct dentry *rust_helper_debugfs_create_dir(const char *name, struct dentry *parent)
{
	return debugfs_create_dir(name, parent);
}

__rust_helper struct dentry *
rust_helper_debugfs_create_file(const char *name, umode_t mode, struct dentry *parent, void *data,
				const struct file_operations *fops)
{
	return debugfs_create_file(name, mode, parent, data, fops);
}

__rust_helper void rust_helper_debugfs_remove(struct dentry *dentry)
{
	debugfs_remove(dentry);
}
