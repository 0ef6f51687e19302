// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many ports a user may have: the nodes can be open to a group, and a port
 * pins memory.
 */
#include <linux/hashtable.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "user.h"

static unsigned int max_user_ports = 1024;
module_param(max_user_ports, uint, 0644);
MODULE_PARM_DESC(max_user_ports,
		 "ports of one user without CAP_SYS_RESOURCE (1024)");

/**
 * struct vmnet_user - a user with open ports
 * @node: in the table
 * @uid: who
 * @ports: how many; the record ends when it falls to 0
 *
 * Held by each port that is charged to it.
 */
struct vmnet_user {
	struct hlist_node	node;
	kuid_t			uid;
	unsigned int		ports;
};

static DEFINE_HASHTABLE(users, 4);
static DEFINE_SPINLOCK(users_lock);

static struct vmnet_user *lookup(kuid_t uid)
{
	struct vmnet_user *user;

	hash_for_each_possible(users, user, node, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

/**
 * vmnet_user_charge - a user opens a port
 * @uid: who
 * @exempt: may go beyond the limit
 *
 * Return: the record, for vmnet_user_uncharge(); -EMFILE at the limit (module
 * parameter max_user_ports), -ENOMEM. Context: process.
 */
struct vmnet_user *vmnet_user_charge(kuid_t uid, bool exempt)
{
	struct vmnet_user *fresh, *user;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	spin_lock_bh(&users_lock);
	user = lookup(uid);
	if (!user) {
		user = fresh;
		fresh = NULL;
		user->uid = uid;
		hash_add(users, &user->node, __kuid_val(uid));
	}
	if (user->ports && !exempt && user->ports >= READ_ONCE(max_user_ports))
		user = ERR_PTR(-EMFILE);
	else
		user->ports++;
	spin_unlock_bh(&users_lock);
	kfree(fresh);
	return user;
}

/**
 * vmnet_user_charge_again - a port takes the place of another
 * @user: whom the other is charged to
 *
 * Whatever the limit: the other goes. Return: @user, for one more
 * vmnet_user_uncharge(). Any context but hard interrupts.
 */
struct vmnet_user *vmnet_user_charge_again(struct vmnet_user *user)
{
	spin_lock_bh(&users_lock);
	user->ports++;
	spin_unlock_bh(&users_lock);
	return user;
}

/**
 * vmnet_user_uncharge - a port has gone
 * @user: what vmnet_user_charge() gave
 *
 * Any context but hard interrupts.
 */
void vmnet_user_uncharge(struct vmnet_user *user)
{
	spin_lock_bh(&users_lock);
	if (!--user->ports) {
		hash_del(&user->node);
		kfree(user);
	}
	spin_unlock_bh(&users_lock);
}
