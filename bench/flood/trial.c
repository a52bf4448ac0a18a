/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/trial.h"

#include "bench/report.h"
#include "bench/ticks.h"
#include "dataplane/neigh.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <errno.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#define BURST        32
#define ASK_EVERY_MS 200
#define ASK_TIMES    25
#define IDLE_US      20
#define GIVE_UP_MS   100 /* a window that gets no answer for so long is written off */

struct worker {
	alignas(64) struct trial_means *means;
	const struct trial_plan *plan;
	unsigned index;
	struct book *book;
	uint32_t at;                   /* in the mix */
	uint64_t begun, end, deadline; /* ticks */
	double per_tick;               /* queries */
	uint64_t due, written_off;     /* of the window: composed, and given up waiting for */
	uint64_t last_answer;
	unsigned waiting_count; /* composed, but the device has not taken them */
	struct rte_mbuf *waiting[BURST];
	uint64_t shown_at, shown_sent, shown_answered;
	struct trial_result result;
};

double trial_loss(const struct trial_result *r)
{
	return r->sent ? 1 - (double)r->answered / (double)r->sent : 0;
}

/* --- receiving --- */

/* Answer who asks for our MAC; returns whether the packet was sent back. */
static bool receive_other(const struct worker *w, struct rte_mbuf *m)
{
	struct frame f = {.bytes = rte_pktmbuf_mtod(m, uint8_t *),
	                  .size = m->data_len,
	                  .capacity = (uint16_t)(m->buf_len - m->data_off)};
	struct query query; /* of nobody: we answer none */
	size_t size = 0;

	if (frame_parse(&w->means->station, &f, &query) == FRAME_NEIGH)
		size = neigh_reply(&w->means->station, &f);
	m->data_len = (uint16_t)size;
	m->pkt_len = size;
	return size > 0 && rte_eth_tx_burst(w->means->port, (uint16_t)w->index, &m, 1) == 1;
}

/* The book that gave out a port. */
static struct book *find_book(struct trial_means *means, uint16_t port)
{
	for (unsigned i = 0; i < means->worker_count; i++) {
		struct book *b = &means->books[i];

		if (port >= b->first_port && (port - b->first_port) >> b->port_bits == 0)
			return b;
	}
	return NULL;
}

static void receive_reply(struct worker *w, uint16_t port, const uint8_t *message, size_t size,
                          uint64_t now)
{
	const struct mix *mix = w->means->mix;
	struct book *book = find_book(w->means, port);
	const struct mix_query *q;
	uint64_t due;
	uint32_t index;

	if (size < 2 || !book ||
	    !book_close(book, port, (uint16_t)(message[0] << 8 | message[1]), &due, &index)) {
		w->result.strays++;
		return;
	}
	q = &mix->queries[index];
	w->result.answered++;
	if (!w->plan->is_echo)
		w->result
		    .results[judge_reply(mix->bytes + q->offset, q->size, q->question_size,
		                         (enum judge_expectation)q->expected, message, size)]++;
	histogram_add(&w->result.latency, now > due ? now - due : 0);
	w->last_answer = now;
}

static void receive(struct worker *w)
{
	struct rte_mbuf *in[BURST];
	unsigned count = rte_eth_rx_burst(w->means->port, (uint16_t)w->index, in, BURST), kept = 0;
	uint64_t now = ticks_now();

	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(in[i], void *));
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *message;
		uint16_t port;
		size_t size;

		if ((w->plan->is_echo ? packet_echo : packet_reply)(
			&w->means->path, rte_pktmbuf_mtod(in[i], uint8_t *), in[i]->data_len, &port,
			&message, &size))
			receive_reply(w, port, message, size, now);
		else if (receive_other(w, in[i]))
			continue;
		in[kept++] = in[i];
	}
	rte_pktmbuf_free_bulk(in, kept);
}

/* --- sending --- */

/* How many queries should have been sent by now. */
static uint64_t due_now(struct worker *w, uint64_t now)
{
	uint64_t in_flight;

	if (w->plan->rate > 0)
		return (uint64_t)((double)(now - w->begun) * w->per_tick) + 1; /* one at once */
	in_flight = w->due - w->written_off - w->result.answered;
	if (in_flight > 0 && now - w->last_answer > GIVE_UP_MS * rte_get_tsc_hz() / 1000) {
		w->written_off += in_flight;
		w->last_answer = now;
		in_flight = 0;
	}
	return w->due + w->plan->window - in_flight;
}

static void compose(struct worker *w, struct rte_mbuf *m, uint64_t due)
{
	const struct mix *mix = w->means->mix;
	const struct mix_query *q = &mix->queries[w->at];
	uint16_t port, id, size;

	book_open(w->book, due, w->at, &port, &id);
	w->at = w->at + 1 < mix->count ? w->at + 1 : 0;
	size = (uint16_t)packet_query(&w->means->path, port, id, mix->bytes + q->offset, q->size,
	                              rte_pktmbuf_mtod(m, uint8_t *));
	m->data_len = size;
	m->pkt_len = size;
}

static void flush(struct worker *w)
{
	unsigned sent = rte_eth_tx_burst(w->means->port, (uint16_t)w->index, w->waiting,
	                                 (uint16_t)w->waiting_count);

	w->result.sent += sent;
	w->waiting_count -= sent;
	for (unsigned i = 0; i < w->waiting_count; i++)
		w->waiting[i] = w->waiting[i + sent];
}

static void send_due(struct worker *w, uint64_t now)
{
	uint64_t late = rte_get_tsc_hz() / 1000, wanted;
	unsigned count;

	if (w->waiting_count > 0) {
		flush(w);
		if (w->waiting_count > 0)
			return;
	}
	wanted = due_now(w, now) - w->due;
	count = wanted < BURST ? (unsigned)wanted : BURST;
	if (count == 0 || rte_pktmbuf_alloc_bulk(w->means->pool, w->waiting, count) != 0)
		return;
	for (unsigned i = 0; i < count; i++) {
		uint64_t due =
		    w->plan->rate > 0 ? w->begun + (uint64_t)((double)w->due / w->per_tick) : now;

		w->due++;
		w->result.late += now > due + late;
		compose(w, w->waiting[i], due);
	}
	w->waiting_count = count;
	flush(w);
}

/* --- a run --- */

static void show(struct worker *w, uint64_t now)
{
	double hz = (double)rte_get_tsc_hz(), seconds = (double)(now - w->shown_at) / hz;
	const struct trial_result *r = &w->result;

	if (seconds < 1)
		return;
	fprintf(
	    stderr,
	    "\r%5.0f s  sent %.0f/s  answered %.0f/s  p50 %.0f us  p99.9 %.0f us  wrong %" PRIu64
	    "   ",
	    (double)(now - w->begun) / hz, (double)(r->sent - w->shown_sent) / seconds,
	    (double)(r->answered - w->shown_answered) / seconds,
	    (double)histogram_quantile(&r->latency, 0.5) / hz * 1e6,
	    (double)histogram_quantile(&r->latency, 0.999) / hz * 1e6, r->results[JUDGE_WRONG]);
	w->shown_at = now;
	w->shown_sent = r->sent;
	w->shown_answered = r->answered;
}

static int run(void *argument)
{
	struct worker *w = argument;
	uint64_t now = ticks_now();

	w->begun = now;
	w->end = now + (uint64_t)(w->plan->seconds * (double)rte_get_tsc_hz());
	w->deadline = w->end + (uint64_t)(w->plan->patience_s * (double)rte_get_tsc_hz());
	w->last_answer = w->shown_at = now;
	if (w->plan->is_idle)
		(void)prctl(PR_SET_TIMERSLACK, 1000); /* ns; the default is more than a sleep */
	while (now < w->end) {
		send_due(w, now);
		receive(w);
		if (w->plan->is_idle)
			report_sleep_us(IDLE_US);
		if (w->plan->is_shown && w->index == 0)
			show(w, now);
		now = ticks_now();
	}
	w->result.seconds = (double)(now - w->begun) / (double)rte_get_tsc_hz();
	rte_pktmbuf_free_bulk(w->waiting, w->waiting_count);
	/* Others may receive what we sent: wait the time out unless alone and done. */
	while (now < w->deadline &&
	       (w->means->worker_count > 1 || w->result.answered < w->result.sent)) {
		receive(w);
		now = ticks_now();
	}
	if (w->plan->is_shown && w->index == 0)
		fprintf(stderr, "\n");
	return 0;
}

static void add_result(struct trial_result *sum, const struct trial_result *r)
{
	sum->sent += r->sent;
	sum->answered += r->answered;
	sum->strays += r->strays;
	sum->late += r->late;
	for (unsigned i = 0; i < JUDGE_RESULT_COUNT; i++)
		sum->results[i] += r->results[i];
	if (r->seconds > sum->seconds)
		sum->seconds = r->seconds;
	histogram_merge(&sum->latency, &r->latency);
}

int trial_run(struct trial_means *means, const struct trial_plan *plan,
              struct trial_result *out_result)
{
	struct worker *workers = rte_zmalloc("workers", means->worker_count * sizeof(*workers), 64);
	unsigned lcore, next = 1;

	if (!workers)
		return -ENOMEM;
	for (unsigned i = 0; i < means->worker_count; i++) {
		struct worker *w = &workers[i];

		w->means = means;
		w->plan = plan;
		w->index = i;
		w->book = &means->books[i];
		w->at = (uint32_t)((uint64_t)means->mix->count * i / means->worker_count);
		w->per_tick = plan->rate / means->worker_count / (double)rte_get_tsc_hz();
	}
	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (next < means->worker_count)
			rte_eal_remote_launch(run, &workers[next++], lcore);
	}
	run(&workers[0]);
	rte_eal_mp_wait_lcore();
	*out_result = (struct trial_result){0};
	for (unsigned i = 0; i < means->worker_count; i++)
		add_result(out_result, &workers[i].result);
	rte_free(workers);
	return 0;
}

/* Wait for the server's MAC a little; whether it came. */
static bool hear_server(struct trial_means *means, unsigned ms)
{
	uint64_t deadline = ticks_now() + ms * rte_get_tsc_hz() / 1000;
	bool is_told = false;

	while (!is_told && ticks_now() < deadline) {
		struct rte_mbuf *in[BURST];
		unsigned count = rte_eth_rx_burst(means->port, 0, in, BURST);

		for (unsigned i = 0; i < count; i++)
			is_told |= packet_told_mac(&means->path, rte_pktmbuf_mtod(in[i], uint8_t *),
			                           in[i]->data_len, means->path.server_mac);
		rte_pktmbuf_free_bulk(in, count);
	}
	return is_told;
}

int trial_find_server(struct trial_means *means)
{
	for (unsigned i = 0; i < ASK_TIMES; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(means->pool);

		if (!m)
			return -ENOMEM;
		m->data_len =
		    (uint16_t)packet_ask_mac(&means->path, rte_pktmbuf_mtod(m, uint8_t *));
		m->pkt_len = m->data_len;
		if (rte_eth_tx_burst(means->port, 0, &m, 1) == 0)
			rte_pktmbuf_free(m);
		if (hear_server(means, ASK_EVERY_MS))
			return 0;
	}
	return -ETIMEDOUT;
}
