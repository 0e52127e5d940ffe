// SPDX-License-Identifier: GPL-2.0
/* A module with all that loading and unloading can meet: parameters, a device, ways to fail. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "note.c"

static int count = 1;
module_param(count, int, 0444);
MODULE_PARM_DESC(count, "How often to greet");
static bool loud;
module_param(loud, bool, 0444);
static char *whom = "kernel";
module_param(whom, charp, 0444);
MODULE_PARM_DESC(whom, "Whom to greet");
static ushort sizes[3];
module_param_array(sizes, ushort, NULL, 0444);
static bool fail;
module_param(fail, bool, 0444);
static bool crash;
module_param(crash, bool, 0444);

void greeter_greet(const char *name);
void greeter_greet(const char *name)
{
	pr_info("Hello %s%s from " GREETER_VERSION "\n", name, loud ? "!" : "");
}
EXPORT_SYMBOL_GPL(greeter_greet);

static const struct file_operations fops = { .owner = THIS_MODULE };
static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "greeter",
	.fops = &fops,
};

static int __init greeter_init(void)
{
	int i;

	if (fail) {
		pr_err("told to fail\n");
		return -ENODEV;
	}
	if (crash)
		BUG();
	for (i = 0; i < count; i++)
		greeter_greet(whom);
	return misc_register(&device);
}

static void __exit greeter_exit(void)
{
	misc_deregister(&device);
	pr_info("Goodbye from " GREETER_VERSION "\n");
}

module_init(greeter_init);
module_exit(greeter_exit);
MODULE_DESCRIPTION("Greets");
MODULE_VERSION(GREETER_VERSION);
MODULE_LICENSE("GPL");
