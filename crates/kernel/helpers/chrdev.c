// SPDX-License-Identifier: GPL-2.0

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "helpers.h"

/* Since 6.4 a class has no owner, and a key of its own. */
__rust_helper struct class *rust_helper_class_create(const char *name, struct lock_class_key *key)
{
#ifdef RKMBUILD_HAS_class_without_owner
	return class_create(name);
#else
	return __class_create(THIS_MODULE, name, key);
#endif
}

static void __maybe_unused device_of_users_release(struct device *dev)
{
	struct kobject *users = dev_get_drvdata(dev);

	kfree(dev);
	kobject_put(users);
}

/*
 * As device_create(), but as long as anybody has a reference to the device, it counts as one of the
 * users: its class is to outlive it, for a message of the device names it (dev_vprintk_emit()).
 */
__rust_helper struct device *rust_helper_device_create(struct class *class, dev_t number,
						       const char *name, unsigned int minor,
						       struct kobject *users)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int ret;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	device_initialize(dev);
	dev->devt = number;
	dev->class = class;
	dev->release = device_of_users_release;
	dev_set_drvdata(dev, kobject_get(users));
	ret = dev_set_name(dev, "%s%u", name, minor);
	if (!ret)
		ret = device_add(dev);
	if (ret) {
		put_device(dev);
		return ERR_PTR(ret);
	}
	return dev;
}

__rust_helper struct cdev *rust_helper_inode_cdev(const struct inode *inode)
{
	return inode->i_cdev;
}
