// SPDX-License-Identifier: GPL-2.0

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>

#include "helpers.h"

/* Since 6.4 a class has no owner. */
__rust_helper struct class *rust_helper_class_create(const char *name)
{
#ifdef RKMBUILD_HAS_class_without_owner
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

__rust_helper struct device *rust_helper_device_create(struct class *class, dev_t number,
						       const char *name, unsigned int minor)
{
	return device_create(class, NULL, number, NULL, "%s%u", name, minor);
}

__rust_helper struct cdev *rust_helper_inode_cdev(const struct inode *inode)
{
	return inode->i_cdev;
}
