// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static char *word = "nothing";
module_param(word, charp, 0444);
static int number;
module_param(number, int, 0444);

static int __init clean_init(void)
{
	pr_info("clean: word is <%s>, number is %d\n", word, number);
	return 0;
}

static void __exit clean_exit(void)
{
	pr_info("clean: bye\n");
}

module_init(clean_init);
module_exit(clean_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
