// SPDX-License-Identifier: GPL-2.0
/* A device that gives back what was written last. */
#include <linux/module.h>

#include "c.h"

struct c_device {
	struct mutex lock;
	size_t length;
	u8 text[ROOM];
};

static int c_device_open(struct inode *inode, struct file *file)
{
	struct c_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	if (!device)
		return -ENOMEM;
	mutex_init(&device->lock);
	file->private_data = device;
	return 0;
}

static int c_device_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t c_device_read(struct kiocb *kiocb, struct iov_iter *iov)
{
	struct c_device *device = kiocb->ki_filp->private_data;
	size_t part = 0, n;

	if (kiocb->ki_pos < 0)
		return -EINVAL;
	mutex_lock(&device->lock);
	if (kiocb->ki_pos < device->length)
		part = min(device->length - (size_t)kiocb->ki_pos, iov_iter_count(iov));
	n = copy_to_iter(device->text + kiocb->ki_pos, part, iov);
	mutex_unlock(&device->lock);
	if (n == 0 && part > 0)
		return -EFAULT;
	kiocb->ki_pos += n;
	return n;
}

static ssize_t c_device_write(struct kiocb *kiocb, struct iov_iter *iov)
{
	struct c_device *device = kiocb->ki_filp->private_data;
	size_t part = min_t(size_t, iov_iter_count(iov), ROOM), n;

	mutex_lock(&device->lock);
	n = copy_from_iter(device->text, part, iov);
	device->length = n;
	mutex_unlock(&device->lock);
	if (n == 0 && part > 0)
		return -EFAULT;
	kiocb->ki_pos += n;
	return n;
}

static const struct file_operations c_device_operations = {
	.owner = THIS_MODULE,
	.open = c_device_open,
	.release = c_device_release,
	.read_iter = c_device_read,
	.write_iter = c_device_write,
};

static struct miscdevice c_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "three-ways-c",
	.fops = &c_device_operations,
};

int c_device_start(void)
{
	return misc_register(&c_device);
}

void c_device_stop(void)
{
	misc_deregister(&c_device);
}
