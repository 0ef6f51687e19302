// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on purpose, one by each load, so that the test VM shows that it sees
 * them: fault=kasan, fault=lockdep or fault=leak. See tools/detectors.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static char *fault = "none";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "kasan, lockdep or leak");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

/* One byte behind the end. */
static void overrun(void)
{
	volatile char *p = kmalloc(13, GFP_KERNEL);

	if (p)
		p[13] = 1;
	kfree((void *)p);
}

/* Two locks in both orders. */
static void invert(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* Memory that nobody knows of any more. */
static void lose(void)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		if (!kmalloc(4000, GFP_KERNEL))
			return;
}

static int __init inject_init(void)
{
	if (!strcmp(fault, "kasan"))
		overrun();
	else if (!strcmp(fault, "lockdep"))
		invert();
	else if (!strcmp(fault, "leak"))
		lose();
	else
		return -EINVAL;
	return 0;
}

static void __exit inject_exit(void)
{
}

module_init(inject_init);
module_exit(inject_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("faults on purpose");
