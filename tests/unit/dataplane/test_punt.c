/* SPDX-License-Identifier: BSD-3-Clause */
/* The rest of a port: rings between two threads, and a real TAP in a network namespace of our own.
 */
#include "dataplane/punt.h"
#include "dataplane/tap.h"

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define FRAMES     50000
#define DEADLINE_S 20
#define UNLIMITED  10000000

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, their_mac[6] = {2, 0, 0, 0, 0, 2};

static struct punt_ring *new_ring(void)
{
	struct punt_ring *r = aligned_alloc(64, sizeof(*r));
	assert_non_null(r);
	memset(r, 0, sizeof(*r));
	return r;
}

static void test_ring_limits(void **state)
{
	(void)state;
	struct punt_ring *r = new_ring();
	for (unsigned round = 0; round < 3; round++) {
		assert_null(punt_ring_next(r));
		for (unsigned i = 0; i < PUNT_RING_COUNT; i++) {
			struct punt_frame *f = punt_ring_space(r);
			assert_non_null(f);
			f->size = (uint16_t)i;
			punt_ring_write(r);
		}
		assert_null(punt_ring_space(r));
		for (unsigned i = 0; i < PUNT_RING_COUNT; i++) {
			struct punt_frame *f = punt_ring_next(r);
			assert_non_null(f);
			assert_int_equal(f->size, i);
			punt_ring_release(r);
		}
	}
	free(r);
}

static void *write_all(void *argument)
{
	struct punt_ring *r = argument;
	for (uint32_t i = 0; i < FRAMES;) {
		struct punt_frame *f = punt_ring_space(r);
		if (f == NULL) {
			sched_yield();
			continue;
		}
		f->size = (uint16_t)(sizeof(i) + i % 60);
		memcpy(f->bytes, &i, sizeof(i));
		memset(f->bytes + sizeof(i), (int)(i & 0xff), i % 60);
		punt_ring_write(r);
		i++;
	}
	return NULL;
}

/* Every frame comes once, whole and in order. */
static void test_ring_threads(void **state)
{
	(void)state;
	struct punt_ring *r = new_ring();
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, write_all, r), 0);
	for (uint32_t i = 0; i < FRAMES;) {
		const struct punt_frame *f = punt_ring_next(r);
		if (f == NULL) {
			sched_yield();
			continue;
		}
		uint32_t number;
		memcpy(&number, f->bytes, sizeof(number));
		assert_int_equal(number, i);
		assert_int_equal(f->size, sizeof(i) + i % 60);
		for (size_t at = sizeof(i); at < f->size; at++)
			assert_int_equal(f->bytes[at], i & 0xff);
		punt_ring_release(r);
		i++;
	}
	assert_null(punt_ring_next(r));
	pthread_join(writer, NULL);
	free(r);
}

struct fixture {
	struct stats *stats;
	struct punt *punt;
	struct punt_options options;
};

static const struct options_address addresses[] = {
    {.length = 24, .bytes = {10, 53, 0, 1}},
    {.is_ip6 = true, .length = 64, .bytes = {0xfd, 0x53, [15] = 1}},
};

static int set_up(void **state)
{
	static struct fixture fixture;
	struct fixture *f = &fixture;
	memset(f, 0, sizeof(*f));
	*state = f;
	f->stats = stats_new(1);
	f->punt = punt_new(stats_of_thread(f->stats, 0));
	f->options = (struct punt_options){
	    .name = "k",
	    .mtu = 1500,
	    .queue_count = 1,
	    .rate = UNLIMITED,
	    .address_count = 2,
	    .addresses = addresses,
	};
	memcpy(f->options.mac, our_mac, 6);
	return f->stats != NULL && f->punt != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	punt_free(f->punt);
	stats_free(f->stats);
	return 0;
}

static struct punt_port *open_port(struct fixture *f)
{
	char error[OPTIONS_ERROR_MAX] = "";
	struct punt_port *port;
	if (punt_open(f->punt, &f->options, &port, error) != 0)
		fail_msg("%s", error);
	return port;
}

/* Where a namespace of our own cannot be made there is nothing to test a TAP in. */
static void need_namespace(void)
{
	if (unshare(CLONE_NEWNET) != 0)
		skip();
}

static void test_interface(void **state)
{
	struct fixture *f = *state;
	struct ifreq r = {.ifr_name = "k"};
	need_namespace();
	open_port(f);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &r), 0);
	assert_memory_equal(r.ifr_hwaddr.sa_data, our_mac, 6);
	assert_int_equal(ioctl(fd, SIOCGIFMTU, &r), 0);
	assert_int_equal(r.ifr_mtu, 1500);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &r), 0);
	assert_true(r.ifr_flags & IFF_UP);
	assert_int_equal(ioctl(fd, SIOCGIFADDR, &r), 0);
	assert_memory_equal(&((struct sockaddr_in *)&r.ifr_addr)->sin_addr, addresses[0].bytes, 4);

	/* usable at once, also the IPv6 address */
	struct sockaddr_in6 where = {.sin6_family = AF_INET6};
	memcpy(&where.sin6_addr, addresses[1].bytes, 16);
	int fd6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd6, (struct sockaddr *)&where, sizeof(where)), 0);

	punt_free(f->punt);
	f->punt = NULL;
	assert_int_equal(if_nametoindex("k"), 0);
	close(fd6);
	close(fd);
}

static void test_mistakes(void **state)
{
	struct fixture *f = *state;
	char error[OPTIONS_ERROR_MAX];
	struct punt_port *port;
	need_namespace();
	open_port(f);
	assert_int_equal(punt_open(f->punt, &f->options, &port, error), -EBUSY);
	assert_string_equal(error, "interface 'k': making the TAP interface: "
	                           "Device or resource busy");
	f->options.name = "lo";
	assert_int_equal(punt_open(f->punt, &f->options, &port, error), -EINVAL);
	assert_string_equal(error, "interface 'lo': making the TAP interface: Invalid argument");
	f->options.name = "small";
	f->options.mtu = 1000; /* RFC 8200 section 5: IPv6 needs 1280 */
	assert_int_not_equal(punt_open(f->punt, &f->options, &port, error), 0);
	assert_non_null(strstr(error, "interface 'small': giving it address fd53::1/64: "));
	assert_int_equal(if_nametoindex("small"), 0);
}

/* A larger MTU than a ring's frames are is not taken over. */
static void test_mtu(void **state)
{
	struct fixture *f = *state;
	struct ifreq r = {.ifr_name = "k"};
	need_namespace();
	f->options.mtu = 9000;
	open_port(f);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCGIFMTU, &r), 0);
	assert_int_equal(r.ifr_mtu, PUNT_MTU_MAX);
	close(fd);
}

static void test_give(void **state)
{
	struct fixture *f = *state;
	static const uint8_t bytes[PUNT_FRAME_SIZE + 1];
	need_namespace();
	struct punt_port *unlimited = open_port(f);
	f->options.name = "l";
	f->options.rate = 1;
	f->options.queue_count = 2;
	f->options.address_count = 0;
	struct punt_port *limited = open_port(f);

	/* The thread does not run: what is given stays. */
	assert_int_equal(punt_give(unlimited, 0, false, bytes, sizeof(bytes)), DROP_JUMBO);
	for (unsigned i = 0; i < PUNT_RING_COUNT; i++)
		assert_int_equal(punt_give(unlimited, 0, false, bytes, PUNT_FRAME_SIZE), DROP_NONE);
	enum drop drop;
	do { /* the limit's burst is as large as the ring, so that either may end it */
		drop = punt_give(unlimited, 0, false, bytes, 60);
	} while (drop == DROP_PUNT_LIMIT);
	assert_int_equal(drop, DROP_PUNT_FULL);

	for (unsigned queue = 0; queue < 2; queue++) {
		for (unsigned i = 0; i < PUNT_RING_COUNT; i++)
			assert_int_equal(punt_give(limited, queue, false, bytes, 60), DROP_NONE);
		assert_int_equal(punt_give(limited, queue, false, bytes, 60), DROP_PUNT_LIMIT);
		/* Neighbours are found all the same, if there is room. */
		assert_int_equal(punt_give(limited, queue, true, bytes, 60), DROP_PUNT_FULL);
	}
}

/* An ARP request to the kernel, as if the port had not answered it. */
static size_t arp(uint8_t bytes[static 60])
{
	static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
	static const uint8_t them[] = {10, 53, 0, 2}, us[] = {10, 53, 0, 1};
	memset(bytes, 0, 60);
	memcpy(&bytes[0], our_mac, 6);
	memcpy(&bytes[6], their_mac, 6);
	memcpy(&bytes[12], head, sizeof(head));
	memcpy(&bytes[22], their_mac, 6);
	memcpy(&bytes[28], them, 4);
	memcpy(&bytes[38], us, 4);
	return 60;
}

static bool is_past(const struct timespec *end)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec;
}

/* There and back through the kernel and the thread. */
static void test_round_trip(void **state)
{
	struct fixture *f = *state;
	need_namespace();
	struct punt_port *port = open_port(f);
	assert_int_equal(punt_start(f->punt), 0);
	uint8_t request[60];
	size_t size = arp(request);
	assert_int_equal(punt_give(port, 0, false, request, size), DROP_NONE);

	struct timespec end;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += DEADLINE_S;
	bool is_answered = false;
	while (!is_answered && !is_past(&end)) {
		const struct punt_frame *a = punt_next(port);
		if (a == NULL) {
			sched_yield();
			continue;
		}
		/* the kernel also talks of its own accord */
		is_answered = a->size >= 42 && a->bytes[12] == 8 && a->bytes[13] == 6 &&
		              a->bytes[21] == 2 && memcmp(&a->bytes[0], their_mac, 6) == 0 &&
		              memcmp(&a->bytes[6], our_mac, 6) == 0;
		punt_taken(port);
	}
	assert_true(is_answered);
	assert_int_equal(atomic_load(&stats_of_thread(f->stats, 0)->punt_refused), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ring_limits),
	    cmocka_unit_test(test_ring_threads),
	    cmocka_unit_test_setup_teardown(test_interface, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_mistakes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_mtu, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_give, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("punt", tests, NULL, NULL);
}
