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

static const struct {
	const char *scheme;
	fetch_transport *fetch;
} transports[] = {
    {"http://", http_fetch},     {"https://", http_fetch},    {"rsync://", rsync_fetch},
    {"axfr://", transfer_fetch}, {"ixfr://", transfer_fetch},
};

static fetch_transport *find_transport(const char *source)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (strncasecmp(source, transports[i].scheme, strlen(transports[i].scheme)) == 0)
			return transports[i].fetch;
	}
	return strstr(source, "::") ? rsync_fetch : NULL;
}

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
	      "                     [--secret-file FILE] [--proxy URL] [--ca-file FILE] SOURCE\n"
	      "SOURCE - is read from standard input: a URL may hold a key, and arguments are seen "
	      "by all\n",
	      stderr);
	return 2;
}

static int parse_options(int argc, char **argv, struct fetch_request *out_request,
                         const char **out_path, char source[SOURCE_MAX])
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
	                                        {"size-max", required_argument, NULL, 's'},
	                                        {"timeout", required_argument, NULL, 't'},
	                                        {"secret-file", required_argument, NULL, 'f'},
	                                        {"proxy", required_argument, NULL, 'p'},
	                                        {"ca-file", required_argument, NULL, 'c'},
	                                        {NULL, 0, NULL, 0}};
	unsigned long long size_max = SIZE_MAX_DEFAULT, timeout_s = TIMEOUT_DEFAULT;
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
		default:
			return usage();
		}
	}
	if (!*out_path || optind != argc - 1)
		return usage();
	out_request->source = argv[optind];
	if (strcmp(argv[optind], "-") == 0) {
		if (!fgets(source, SOURCE_MAX, stdin))
			return usage();
		source[strcspn(source, "\n")] = '\0';
		out_request->source = source;
	}
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
	fetch_transport *fetch;
	struct target target;
	const char *path = NULL;
	char source[SOURCE_MAX];
	int rc = parse_options(argc, argv, &request, &path, source);

	if (rc != 0)
		return rc;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setrlimit(RLIMIT_CORE, &no_core); /* it may hold a secret */
	signal(SIGPIPE, SIG_IGN);
	alarm(request.timeout_s + 5); /* whatever a library thinks of its time */
	fetch = find_transport(request.source);
	rc = target_open(&target, path, request.size_max);
	if (rc < 0)
		fetch_fail(&result, "'%s': %s", path, strerror(-rc));
	else if (!fetch)
		fetch_fail(&result, "there is no transport for this source");
	else
		fetch(&request, &target, &result);
	if (rc == 0)
		target_close(&target);
	return tell(&result);
}
