/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG           256
#define RECEIVE_SIZE      (4 << 20)  /* bytes; the kernel clips it to net.core.rmem_max */
#define UNSENT_SIZE       (64 << 10) /* bytes of a connection */
#define PORT_ATTEMPTS_MAX 16

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static socklen_t size_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                      : sizeof(struct sockaddr_in);
}

static bool is_wildcard(const struct options_listen *where)
{
	if (where->address.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&where->address.ip6.sin6_addr);
	return where->address.ip4.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* Options that must be set before bind(). */
static int prepare(int fd, int family, int type, bool is_shared, bool is_early)
{
	int error = 0;
	if (family == AF_INET6)
		error = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (error == 0 && type == SOCK_STREAM)
		error = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (error == 0 && is_early)
		error = family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1)
		                           : set(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (error == 0 && is_shared)
		error = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return error;
}

/* Bind a socket. Errors: negative errno. */
static int open_bound(int type, const struct sockaddr *address, bool is_shared, bool is_early)
{
	int fd = socket(address->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = prepare(fd, address->sa_family, type, is_shared, is_early);
	if (error == 0 && bind(fd, address, size_of(address)) != 0)
		error = -errno;
	/* Set after bind: our own threads may share the address, a second server is refused. */
	if (error == 0)
		error = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

static int prepare_udp(int fd, int family, bool wants_destination)
{
	/* A smaller buffer than asked for is no reason not to serve. */
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_SIZE);
	if (family == AF_INET6) {
		/* Answers fit 1280 bytes; a forged "packet too big" must not fragment them. */
		(void)set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
		return wants_destination ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : 0;
	}
	(void)set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	return wants_destination ? set(fd, IPPROTO_IP, IP_PKTINFO, 1) : 0;
}

static void set_port(struct sockaddr_storage *address, in_port_t port_be)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = port_be;
	else
		((struct sockaddr_in *)address)->sin_port = port_be;
}

static in_port_t get_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ((const struct sockaddr_in6 *)address)->sin6_port;
	return ((const struct sockaddr_in *)address)->sin_port;
}

/* Bind UDP, then TCP to the port that UDP got. */
static int open_pair(struct sockaddr_storage *address, bool is_shared, bool is_early,
                     struct listener *out_listener)
{
	struct sockaddr *any = (struct sockaddr *)address;
	int udp_fd = open_bound(SOCK_DGRAM, any, is_shared, is_early);
	if (udp_fd < 0)
		return udp_fd;
	socklen_t size = sizeof(*address);
	int error = getsockname(udp_fd, any, &size) == 0 ? 0 : -errno;
	int tcp_fd = error == 0 ? open_bound(SOCK_STREAM, any, is_shared, is_early) : error;
	if (tcp_fd < 0) {
		close(udp_fd);
		return tcp_fd;
	}
	out_listener->udp_fd = udp_fd;
	out_listener->tcp_fd = tcp_fd;
	return 0;
}

int listener_open(const struct options_listen *where, const struct listener *first,
                  struct listener *out_listener)
{
	struct listener l = {.udp_fd = -1, .tcp_fd = -1, .is_wildcard = is_wildcard(where)};
	struct sockaddr_storage address = {0};
	memcpy(&address, &where->address, sizeof(where->address));
	bool wants_any_port = get_port(&address) == 0;
	if (wants_any_port && first != NULL) {
		socklen_t size = sizeof(address);
		if (getsockname(first->udp_fd, (struct sockaddr *)&address, &size) != 0)
			return -errno;
		wants_any_port = false;
	}

	/* Another program may have TCP on the port that was free for UDP: take another one. */
	int error = open_pair(&address, first != NULL, where->is_punted, &l);
	for (int i = 1; error == -EADDRINUSE && wants_any_port && i < PORT_ATTEMPTS_MAX; i++) {
		set_port(&address, 0);
		error = open_pair(&address, first != NULL, where->is_punted, &l);
	}
	if (error != 0)
		return error;
	error = prepare_udp(l.udp_fd, address.ss_family, l.is_wildcard);
	if (error == 0 && listen(l.tcp_fd, BACKLOG) != 0)
		error = -errno;
	if (error != 0) {
		listener_close(&l);
		return error;
	}
	/* Inherited by what is accepted. The second keeps a slow reader's answers out of the
	 * kernel, and wakes us for each piece it takes rather than for a third of megabytes. */
	(void)set(l.tcp_fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set(l.tcp_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_SIZE);
	listener_text((const struct sockaddr *)&address, l.text);
	*out_listener = l;
	return 0;
}

void listener_close(struct listener *l)
{
	if (l->udp_fd >= 0)
		close(l->udp_fd);
	if (l->tcp_fd >= 0)
		close(l->tcp_fd);
	l->udp_fd = l->tcp_fd = -1;
}

void listener_text(const struct sockaddr *address, char *out_text)
{
	char host[INET6_ADDRSTRLEN + 20], port[8];
	if (getnameinfo(address, size_of(address), host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		strcpy(out_text, "?");
		return;
	}
	snprintf(out_text, LISTENER_TEXT_MAX, address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
	         host, port);
}

address6_t listener_client(const struct sockaddr_storage *address)
{
	address6_t client = 0;
	if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)address;
		for (int i = 0; i < 16; i++)
			client = client << 8 | ip6->sin6_addr.s6_addr[i];
		return client;
	}
	const struct sockaddr_in *ip4 = (const struct sockaddr_in *)address;
	return (address6_t)0xffff << 32 | ntohl(ip4->sin_addr.s_addr);
}
