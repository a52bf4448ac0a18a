/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Say what failed; error is negative, and returned. */
static int fail(char *out_error, const char *what, int error)
{
	snprintf(out_error, TAP_ERROR_MAX, "%s: %s", what, strerror(-error));
	return error;
}

static int set_link(int socket_fd, const struct tap_options *o, char *out_error)
{
	struct ifreq r = {0};
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", o->name);
	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, o->mac, 6);
	if (ioctl(socket_fd, SIOCSIFHWADDR, &r) != 0)
		return fail(out_error, "setting the MAC", -errno);
	r.ifr_mtu = o->mtu;
	if (ioctl(socket_fd, SIOCSIFMTU, &r) != 0)
		return fail(out_error, "setting the MTU", -errno);
	if (ioctl(socket_fd, SIOCGIFFLAGS, &r) != 0)
		return fail(out_error, "setting it up", -errno);
	r.ifr_flags |= IFF_UP;
	if (ioctl(socket_fd, SIOCSIFFLAGS, &r) != 0)
		return fail(out_error, "setting it up", -errno);
	return 0;
}

/* A request to add one address, as rtnetlink(7) has it. */
struct address_request {
	struct nlmsghdr header;
	struct ifaddrmsg address;
	uint8_t attributes[2 * RTA_SPACE(16)];
};

static void put_attribute(struct address_request *r, unsigned short type, const void *data,
                          unsigned short size)
{
	struct rtattr *a = (struct rtattr *)((uint8_t *)r + NLMSG_ALIGN(r->header.nlmsg_len));
	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(a), data, size);
	r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Ask, and wait for the acknowledgement. Errors: negative errno. */
static int exchange(int netlink_fd, const struct nlmsghdr *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t rest[512]; /* the kernel's words on it */
	} reply;
	if (send(netlink_fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	ssize_t size = recv(netlink_fd, &reply, sizeof(reply), 0);
	if (size < 0)
		return -errno;
	if ((size_t)size < NLMSG_LENGTH(sizeof(reply.error)) ||
	    reply.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return reply.error.error;
}

static int add_address(int netlink_fd, unsigned index, const struct options_address *a)
{
	unsigned short size = a->is_ip6 ? 16 : 4;
	struct address_request r = {
	    .header =
		{
		    .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
		    .nlmsg_type = RTM_NEWADDR,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
		},
	    .address =
		{
		    .ifa_family = a->is_ip6 ? AF_INET6 : AF_INET,
		    .ifa_prefixlen = a->length,
		    .ifa_flags = a->is_ip6 ? IFA_F_NODAD : 0,
		    .ifa_index = index,
		},
	};
	put_attribute(&r, IFA_LOCAL, a->bytes, size);
	put_attribute(&r, IFA_ADDRESS, a->bytes, size);
	return exchange(netlink_fd, &r.header);
}

static int add_addresses(int netlink_fd, const struct tap_options *o, char *out_error)
{
	unsigned index = if_nametoindex(o->name);
	if (index == 0)
		return fail(out_error, "finding it", -errno);
	for (unsigned i = 0; i < o->address_count; i++) {
		const struct options_address *a = &o->addresses[i];
		char host[INET6_ADDRSTRLEN], what[INET6_ADDRSTRLEN + 32];
		int error = add_address(netlink_fd, index, a);
		if (error == 0)
			continue;
		inet_ntop(a->is_ip6 ? AF_INET6 : AF_INET, a->bytes, host, sizeof(host));
		snprintf(what, sizeof(what), "giving it address %s/%u", host, a->length);
		return fail(out_error, what, error);
	}
	return 0;
}

static int set_up(const struct tap_options *o, char *out_error)
{
	int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int netlink_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error;
	if (socket_fd < 0 || netlink_fd < 0)
		error = fail(out_error, "asking the kernel", -errno);
	else
		error = set_link(socket_fd, o, out_error);
	if (error == 0)
		error = add_addresses(netlink_fd, o, out_error);
	if (socket_fd >= 0)
		close(socket_fd);
	if (netlink_fd >= 0)
		close(netlink_fd);
	return error;
}

int tap_open(const struct tap_options *options, int *out_fd, char *out_error)
{
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(out_error, "/dev/net/tun", -errno);
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", options->name);
	int error = ioctl(fd, TUNSETIFF, &r) == 0
	                ? set_up(options, out_error)
	                : fail(out_error, "making the TAP interface", -errno);
	if (error != 0) {
		close(fd);
		return error;
	}
	*out_fd = fd;
	return 0;
}

void tap_set_carrier(int fd, bool has_carrier)
{
	int value = has_carrier;
	(void)ioctl(fd, TUNSETCARRIER, &value);
}
