/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reputed-flood: a load generator for DNSBL servers on any DPDK port. JSON lines on stdout, as the
 * other benchmarks; bench/README.md says what they mean.
 */
#include "bench/flood/flags.h"
#include "bench/flood/search.h"
#include "bench/report.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DESCRIPTORS  1024
#define PACKETS      4095 /* of a queue */
#define PACKET_CACHE 250
#define FIRST_PORT   10000
#define SEARCH_FIRST 10000.0 /* queries/s */
#define SEARCH_WIDTH 0.02

static int fail(const char *what, int error)
{
	fprintf(stderr, "reputed-flood: %s: %s\n", what, strerror(-error));
	return error;
}

/* One queue pair a core, as far as the device has them. Errors: negative errno, told */
static int open_port(struct trial_means *means)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {0};
	struct rte_ether_addr mac;
	int rc = rte_eth_dev_info_get(means->port, &info);

	if (rc < 0)
		return fail("port 0", rc);
	means->worker_count = rte_lcore_count();
	means->worker_count = RTE_MIN(means->worker_count, (unsigned)info.max_rx_queues);
	means->worker_count = RTE_MIN(means->worker_count, (unsigned)info.max_tx_queues);
	means->worker_count = RTE_MIN(means->worker_count, (unsigned)TRIAL_WORKERS_MAX);
	if (means->worker_count > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf =
		    info.flow_type_rss_offloads &
		    (RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP);
	}
	means->pool = rte_pktmbuf_pool_create("flood", means->worker_count * PACKETS, PACKET_CACHE,
	                                      0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!means->pool)
		return fail("memory for packets", -rte_errno);
	rc = rte_eth_dev_configure(means->port, (uint16_t)means->worker_count,
	                           (uint16_t)means->worker_count, &conf);
	for (uint16_t q = 0; rc == 0 && q < means->worker_count; q++) {
		rc = rte_eth_rx_queue_setup(means->port, q, DESCRIPTORS, SOCKET_ID_ANY, NULL,
		                            means->pool);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(means->port, q, DESCRIPTORS, SOCKET_ID_ANY,
			                            NULL);
	}
	if (rc == 0)
		rc = rte_eth_dev_start(means->port);
	if (rc < 0)
		return fail("port 0", rc);
	(void)rte_eth_promiscuous_enable(means->port);
	rc = rte_eth_macaddr_get(means->port, &mac);
	memcpy(means->path.our_mac, mac.addr_bytes, 6);
	return rc;
}

/* Who answers for our address. */
static void set_station(struct trial_means *means)
{
	struct frame_port *s = &means->station;

	memcpy(s->mac, means->path.our_mac, 6);
	if (means->path.is_ip6) {
		memcpy(s->addresses6[s->count6++], means->path.ours, 16);
	} else {
		uint32_t address_be;

		memcpy(&address_be, means->path.ours, 4);
		s->addresses4[s->count4++] = (struct frame_address4){ntohl(address_be), 32};
	}
}

static int prepare(const struct flags *flags, struct trial_means *means)
{
	int rc = open_port(means);

	if (rc < 0)
		return rc;
	set_station(means);
	for (unsigned i = 0; i < means->worker_count; i++) {
		rc = book_init(&means->books[i], (uint16_t)(FIRST_PORT + i * flags->ports),
		               flags->ports);
		if (rc < 0)
			return fail("source ports", rc);
	}
	if (flags->plan.window && means->worker_count > 1) {
		fprintf(stderr, "reputed-flood: --window needs a single core (-l)\n");
		return -EINVAL;
	}
	rc = flags->has_server_mac ? 0 : trial_find_server(means);
	if (rc < 0)
		return fail("the server does not tell its MAC", rc);
	packet_prepare(&means->path);
	return 0;
}

/* --- searching --- */

struct attempt {
	const struct flags *flags;
	struct trial_means *means;
};

static bool is_served(const struct flags *flags, const struct trial_result *r, double rate)
{
	/* A generator that cannot send at the rate has not tried it. */
	return trial_loss(r) <= flags->loss_max && (double)r->sent >= 0.98 * rate * r->seconds;
}

static int attempt(double rate, void *context)
{
	const struct attempt *a = context;
	struct trial_plan plan = a->flags->plan;
	struct trial_result result;
	int rc;

	plan.rate = rate;
	plan.seconds = a->flags->trial_s;
	plan.is_shown = false;
	rc = trial_run(a->means, &plan, &result);
	if (rc < 0)
		return rc;
	if (a->flags->plan.is_shown)
		fprintf(stderr, "reputed-flood: %.0f/s: sent %.0f/s, lost %.3f %%\n", rate,
		        (double)result.sent / result.seconds, 100 * trial_loss(&result));
	return is_served(a->flags, &result, rate);
}

/* --- telling --- */

/* Processor time of a process, ns; 0 when it is not there. */
static uint64_t process_ns(unsigned pid)
{
	char path[32], line[1024], *at;
	unsigned long user, system;
	FILE *file;
	bool is_read;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	is_read = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	at = is_read ? strrchr(line, ')') : NULL;
	if (!at || sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
	                  &system) != 2)
		return 0;
	return (uint64_t)(user + system) * (1000000000u / (unsigned long)sysconf(_SC_CLK_TCK));
}

static void tell(const struct trial_result *r, uint64_t server_ns)
{
	static const char *const names[JUDGE_RESULT_COUNT] = {
	    "flood_right", "flood_wrong", "flood_refused", "flood_truncated", "flood_malformed"};

	report_value("flood_sent_rate", (double)r->sent / r->seconds, "1/s", r->sent);
	report_value("flood_answered_rate", (double)r->answered / r->seconds, "1/s", r->answered);
	report_value("flood_loss", 100 * trial_loss(r), "percent", r->sent);
	for (unsigned i = 0; i < JUDGE_RESULT_COUNT; i++)
		report_value(names[i], (double)r->results[i], "answers", r->answered);
	report_value("flood_strays", (double)r->strays, "answers", r->answered);
	report_value("flood_sent_late", (double)r->late, "queries", r->sent);
	report_histogram("flood_latency", &r->latency, (double)rte_get_tsc_hz() / 1e6, "us");
	if (server_ns && r->answered)
		report_value("flood_server_cpu", (double)server_ns / (double)r->answered,
		             "ns/answer", r->answered);
}

/* Returns the exit status. */
static int flood(struct flags *flags, struct trial_means *means)
{
	struct trial_result result;
	uint64_t server_ns;
	double rate;
	int rc;

	if (flags->is_search) {
		const struct search search = {SEARCH_FIRST, flags->rate_max, SEARCH_WIDTH};

		rc = search_run(&search, attempt, &(struct attempt){flags, means}, &rate);
		if (rc < 0)
			return 1;
		report_value("flood_highest_rate", rate, "1/s", 1);
		if (rate == 0) {
			fprintf(stderr, "reputed-flood: no rate was served\n");
			return 1;
		}
		flags->plan.rate = rate;
	}
	server_ns = process_ns(flags->server_pid);
	if (trial_run(means, &flags->plan, &result) < 0)
		return 1;
	tell(&result, flags->server_pid ? process_ns(flags->server_pid) - server_ns : 0);
	/* Wrong answers are no figure to be compared with others. */
	return result.answered == 0 || result.results[JUDGE_WRONG] > 0 ||
	       result.results[JUDGE_MALFORMED] > 0;
}

int main(int argc, char **argv)
{
	struct trial_means means = {0};
	struct flags flags;
	char error[MIX_ERROR_MAX];
	struct mix *mix;
	int used = rte_eal_init(argc, argv), rc, status = 1;

	if (used < 0) {
		fprintf(stderr, "reputed-flood: DPDK did not start: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	rc = flags_parse(argc - used, argv + used, &flags);
	if (rc != 0)
		return rc < 0;
	mix = mix_new(&flags.mix, error);
	if (!mix) {
		fprintf(stderr, "reputed-flood: %s\n", error);
		return 1;
	}
	means.mix = mix;
	means.path = flags.path;
	if (prepare(&flags, &means) == 0)
		status = flood(&flags, &means);
	for (unsigned i = 0; i < TRIAL_WORKERS_MAX; i++)
		book_done(&means.books[i]);
	mix_free(mix);
	(void)rte_eth_dev_stop(means.port);
	rte_eal_cleanup();
	return status;
}
