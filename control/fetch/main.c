/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch/fetch.h"

#include <jansson.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define SIZE_MAX_DEFAULT (1ull << 30)
#define TIMEOUT_DEFAULT  600
#define SOURCE_MAX       4096

static bool parse_number(const char *text, unsigned long long max, unsigned long long *out_number)
{
	char *end;

	errno = 0;
	*out_number = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out_number > 0 &&
	       *out_number <= max;
}

static int usage(void)
{
	fputs("usage: reputed-fetch --output FILE [--size-max BYTES] [--timeout SECONDS]\n"
	      "                     [--secret-file FILE] [--proxy URL] [--ca-file FILE]\n"
	      "                     [--checksum SOURCE] [--signature SOURCE] SOURCE\n"
	      "- is read from standard input, a line each, SOURCE first: a URL may hold a key, "
	      "and arguments are seen by all\n",
	      stderr);
	return 2;
}

/* "-" is the next line of standard input. Returns NULL when there is none. */
static const char *read_source(const char *argument, char line[SOURCE_MAX])
{
	if (!argument || strcmp(argument, "-") != 0)
		return argument;
	if (!fgets(line, SOURCE_MAX, stdin))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int parse_options(int argc, char **argv, struct fetch_request *out_request,
                         const char **out_path, char lines[3][SOURCE_MAX])
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
	                                        {"size-max", required_argument, NULL, 's'},
	                                        {"timeout", required_argument, NULL, 't'},
	                                        {"secret-file", required_argument, NULL, 'f'},
	                                        {"proxy", required_argument, NULL, 'p'},
	                                        {"ca-file", required_argument, NULL, 'c'},
	                                        {"checksum", required_argument, NULL, 'S'},
	                                        {"signature", required_argument, NULL, 'G'},
	                                        {NULL, 0, NULL, 0}};
	unsigned long long size_max = SIZE_MAX_DEFAULT, timeout_s = TIMEOUT_DEFAULT;
	const char *checksum = NULL, *signature = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			*out_path = optarg;
			break;
		case 's':
			if (!parse_number(optarg, 1ull << 40, &size_max))
				return usage();
			break;
		case 't':
			if (!parse_number(optarg, 86400, &timeout_s))
				return usage();
			break;
		case 'f':
			out_request->secret_file = optarg;
			break;
		case 'p':
			out_request->proxy = optarg;
			break;
		case 'c':
			out_request->ca_file = optarg;
			break;
		case 'S':
			checksum = optarg;
			break;
		case 'G':
			signature = optarg;
			break;
		default:
			return usage();
		}
	}
	if (!*out_path || optind != argc - 1)
		return usage();
	out_request->source = read_source(argv[optind], lines[0]);
	out_request->checksum = read_source(checksum, lines[1]);
	out_request->signature = read_source(signature, lines[2]);
	if (!out_request->source || (checksum && !out_request->checksum) ||
	    (signature && !out_request->signature))
		return usage();
	out_request->size_max = size_max;
	out_request->timeout_s = (unsigned)timeout_s;
	return 0;
}

/* One line, for whoever started us. */
static int tell(const struct fetch_result *result)
{
	json_t *object =
	    json_pack("{s:s, s:s, s:I, s:I}", "outcome", fetch_outcomes[result->outcome], "reason",
	              result->outcome == FETCH_FAILED ? result->reason : "", "retry_after_s",
	              (json_int_t)result->retry_after_s, "size", (json_int_t)result->size);
	int rc = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;

	json_decref(object);
	return rc == 0 && putchar('\n') == '\n' && fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct fetch_request request = {.source = NULL};
	struct fetch_result result = {.outcome = FETCH_FAILED};
	const struct rlimit no_core = {0, 0};
	const char *path = NULL;
	char lines[3][SOURCE_MAX];
	int rc = parse_options(argc, argv, &request, &path, lines);

	if (rc != 0)
		return rc;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setrlimit(RLIMIT_CORE, &no_core); /* it may hold a secret */
	signal(SIGPIPE, SIG_IGN);
	alarm(request.timeout_s + 5); /* whatever a library thinks of its time */
	fetch_all(&request, path, &result);
	return tell(&result);
}
