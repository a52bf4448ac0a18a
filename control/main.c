/* SPDX-License-Identifier: BSD-3-Clause */
/* reputed: the control process. */
#include "control/engine.h"

#include <sodium.h>

#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAIN_CONFIG "/etc/reputed/reputed.yaml"

/* Larger blocks are mapped one by one: what a version of a feed took goes back when it is freed.
 * The allocator would soon keep blocks of up to 32 MiB for itself, a heap of them for each thread.
 */
#define MAIN_MAPPED_MIN (128 << 10) /* bytes */

static int main_usage(FILE *to, int status)
{
	fprintf(to, "usage: reputed [-c FILE]\n"
	            "  -c, --config FILE  configuration (default " MAIN_CONFIG ")\n"
	            "  -V, --version      print the version\n"
	            "  -h, --help         print this\n");
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	const char *config = MAIN_CONFIG;
	struct engine *engine;
	int option;

	while ((option = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'V':
			printf("reputed %s\n", REPUTED_VERSION);
			return 0;
		case 'h':
			return main_usage(stdout, 0);
		default:
			return main_usage(stderr, 2);
		}
	}
	if (optind != argc)
		return main_usage(stderr, 2);
	mallopt(M_MMAP_THRESHOLD, MAIN_MAPPED_MIN);
	if (sodium_init() < 0) {
		log_error("libsodium cannot be started");
		return 1;
	}
	engine = engine_new(config);
	if (!engine)
		return 1;
	engine_run(engine);
	/* What was acknowledged is on disk; a thread in the middle of a huge feed is not waited
	 * for. */
	if (!engine_free(engine))
		_exit(0);
	return 0;
}
