// SPDX-License-Identifier: GPL-2.0
/*
 * quorum: Raft inside the kernel.  Init and exit, in order and in reverse.
 */
#include <linux/module.h>
#include "api/api.h"
#include "group.h"
#include "net/net.h"
#include "sm/sm.h"
#include "store/store.h"

static int __init quorum_init(void)
{
	int error;

	error = quorum_sm_init();
	if (error)
		return error;
	error = quorum_store_init();
	if (error)
		goto exit_sm;
	error = quorum_net_init();
	if (error)
		goto exit_store;
	error = quorum_chardev_init();
	if (error)
		goto exit_net;
	error = quorum_group_init();
	if (error)
		goto exit_chardev;
	error = quorum_client_init();
	if (error)
		goto exit_group;
	error = quorum_netlink_init();
	if (error)
		goto exit_client;
	pr_info("loaded\n");
	return 0;

exit_client:
	quorum_client_exit();
exit_group:
	quorum_group_exit();
exit_chardev:
	quorum_chardev_exit();
exit_net:
	quorum_net_exit();
exit_store:
	quorum_store_exit();
exit_sm:
	quorum_sm_exit();
	return error;
}

static void __exit quorum_exit(void)
{
	quorum_netlink_exit();
	quorum_client_exit();
	quorum_group_exit();
	quorum_chardev_exit();
	quorum_net_exit();
	quorum_store_exit();
	quorum_sm_exit();
	pr_info("unloaded\n");
}

module_init(quorum_init);
module_exit(quorum_exit);

MODULE_DESCRIPTION("Raft-replicated log");
MODULE_AUTHOR("The quorum authors");
MODULE_LICENSE("GPL");
