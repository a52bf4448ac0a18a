/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The command line of reputed-flood, after EAL's part. */
#include "bench/flood/mix.h"
#include "bench/flood/packet.h"
#include "bench/flood/trial.h"

#include <stdbool.h>

struct flags {
	struct mix_options mix;
	struct packet_path path; /* addresses; MACs if given */
	bool has_server_mac;
	struct trial_plan plan;
	bool is_search, is_quiet;
	double loss_max; /* of a search, as a share */
	double trial_s;  /* of each of its tries */
	double rate_max;
	unsigned ports; /* source ports of a worker */
	int server_pid; /* whose processor time is told; 0 = none */
};

/* Errors: -EINVAL: told on stderr. Returns 1 when help was asked for, and printed. */
int flags_parse(int argc, char **argv, struct flags *out_flags);
