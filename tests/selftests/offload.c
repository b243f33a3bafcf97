// SPDX-License-Identifier: GPL-2.0
/*
 * offload - has a network device make checksums of what it sends, or not
 *
 *	offload DEV on|off
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct ethtool_value value = { .cmd = ETHTOOL_STXCSUM };
	struct ifreq req = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 3 || strlen(argv[1]) >= sizeof(req.ifr_name)) {
		fprintf(stderr, "usage: offload DEV on|off\n");
		return 2;
	}
	strcpy(req.ifr_name, argv[1]);
	value.data = !strcmp(argv[2], "on");
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &req)) {
		perror("offload");
		return 1;
	}
	return 0;
}
