/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/dataplane/fixture.h"

#include "dataplane/access.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

char fixture_path[96];
static char directory[64];

static void emit_one(void *owner, update_emit *emit, void *context)
{
	emit(context, "queries{transport=\"udp\"}", "queries", *(uint64_t *)owner);
}

static uint64_t owned_value = FIXTURE_OWNED_VALUE;
static const char *const listen_texts[] = {"127.0.0.1:5300", "[::1]:5300", NULL};
static const char *const port_texts[] = {"net_tap0", NULL};

struct update *fixture_start(void)
{
	struct update_options options = {
	    .path = fixture_path,
	    .visit_stats = emit_one,
	    .stats_owner = &owned_value,
	    .listen = listen_texts,
	    .ports = port_texts,
	};

	return update_start(&options);
}

int fixture_set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(directory, "/tmp/test_update.XXXXXX");
	if (!f || !mkdtemp(directory))
		return -1;
	snprintf(fixture_path, sizeof(fixture_path), "%s/socket", directory);
	f->update = fixture_start();
	if (!f->update)
		return -1;
	client_open(&f->writer, fixture_path);
	client_hello(&f->writer, true);
	rcu_register_thread();
	rcu_thread_offline();
	*state = f;
	return 0;
}

int fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	client_close(&f->writer);
	rcu_unregister_thread();
	update_stop(f->update);
	free(f);
	return rmdir(directory); /* fails when the socket was left behind */
}

void fixture_load(struct client *c)
{
	client_send_begin(c, 1, true);
	client_send_define(c, 1, CODE(2), "$ is listed");
	client_send_paint4(c, FIXTURE_LISTED, FIXTURE_LISTED, 1);
	client_send_paint6(c, 0x20010db800000000, 0x20010db8ffffffff, 1);
	client_send_name(c, NAME("\1a\4test"), 1);
	client_send_zone(c, "\2bl\4test", REPUTED__UPDATE__ZONE_STATE__SERVING);
	client_send_access(c, ACCESS_ALLOW);
	client_send_commit(c, 1);
	client_expect_committed(c, 1);
}

verdict_t fixture_seen4(const struct fixture *f, uint32_t address)
{
	const struct tables *t;
	verdict_t verdict;

	rcu_thread_online();
	t = update_tables(f->update);
	verdict = t ? table4_lookup(t->addresses4, address) : VERDICT_NONE;
	rcu_thread_offline();
	return verdict;
}

uint32_t fixture_seen_code(const struct fixture *f, verdict_t id)
{
	const struct tables *t;
	const struct verdict *verdict;
	uint32_t code;

	rcu_thread_online();
	t = update_tables(f->update);
	verdict = t ? verdicts_get(t->verdicts, id) : NULL;
	code = verdict ? verdict->listings[0]->code : 0;
	rcu_thread_offline();
	return code;
}

uint64_t fixture_generation(struct client *c)
{
	channel_response *response = client_status(c);
	uint64_t generation = response->status->generation;

	client_free(response);
	return generation;
}
