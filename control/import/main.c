/* SPDX-License-Identifier: BSD-3-Clause */
/* reputed-import: what a mail server's log says, told to reputed as events. */
#include "control/durable.h"
#include "control/import/follow.h"
#include "control/import/import.h"
#include "control/import/position.h"
#include "control/import/post.h"
#include "control/import/sending.h"

#include <curl/curl.h>
#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECK_MS 1000 /* where inotify sees nothing */
#define KEEP_S   10   /* a place is kept at least so often while lines come without events */
#define BACK_SIZE                                                                                  \
	(1u << 20) /* read again at start, to know the queue IDs of what is on its way             \
	            */

struct program {
	const char *format_name, *log, *url, *token_file, *position, *traps_file, *ca_file;
	bool is_utc, is_once;
	const struct import_format *format;
	struct traps *traps;
	char token[POST_TOKEN_MAX];
	int signals;
	struct follow *follow;
	struct import import;
	struct sending sending;
	time_t kept_s;
	uint64_t bad_told, losses_told;
	struct follow_place start; /* lines before it are known */
	uint64_t back;             /* and read again from here, for what the next ones refer to */
};

static int usage(FILE *out, int status)
{
	fputs("usage: reputed-import --format NAME --log PATH --to URL --token-file FILE\n"
	      "                      --position FILE [--traps FILE] [--utc] [--ca-file FILE] "
	      "[--once]\n"
	      "\n"
	      "  --format NAME      postfix, exim, rspamd or exchange\n"
	      "  --log PATH         the log; its last part may be a pattern: 'MSGTRK*.LOG'\n"
	      "  --to URL           reputed's http.listen: http://127.0.0.1:8053\n"
	      "  --token-file FILE  the token of the reporter that this log is\n"
	      "  --position FILE    where the place in the log is kept over restarts\n"
	      "  --traps FILE       lines 'ADDRESS [pristine|recycled]' or '@DOMAIN …'\n"
	      "  --utc              stamps without a zone are in UTC, not in the local zone\n"
	      "  --ca-file FILE     who signs the certificate of an https URL\n"
	      "  --once             end at the end of the log\n"
	      "  --version, --help\n",
	      out);
	return status;
}

static void say(const char *text, void *context)
{
	(void)context;
	fprintf(stderr, "reputed-import: %s\n", text);
}

static int fail(const char *what, const char *path, const char *why)
{
	fprintf(stderr, "reputed-import: %s '%s': %s\n", what, path, why);
	return 1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for a signal or for the log. Returns false when we are to stop. */
static bool wait_for(struct program *p, int timeout_ms, bool is_log_awaited)
{
	struct pollfd fds[] = {
	    {.fd = p->signals, .events = POLLIN},
	    {.fd = is_log_awaited ? follow_fd(p->follow) : -1, .events = POLLIN}};

	if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR)
		return false;
	if (fds[1].revents)
		follow_heard(p->follow);
	return !fds[0].revents;
}

static bool wait_to_retry(int timeout_ms, void *context)
{
	return wait_for(context, timeout_ms, false);
}

/* --- what is given --- */

static int parse_options(int argc, char **argv, struct program *p)
{
	static const struct option options[] = {{"format", required_argument, NULL, 'f'},
	                                        {"log", required_argument, NULL, 'l'},
	                                        {"to", required_argument, NULL, 't'},
	                                        {"token-file", required_argument, NULL, 'k'},
	                                        {"position", required_argument, NULL, 'p'},
	                                        {"traps", required_argument, NULL, 'r'},
	                                        {"ca-file", required_argument, NULL, 'c'},
	                                        {"utc", no_argument, NULL, 'u'},
	                                        {"once", no_argument, NULL, 'o'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {"version", no_argument, NULL, 'V'},
	                                        {NULL, 0, NULL, 0}};
	const char **const texts[] = {
	    ['f'] = &p->format_name, ['l'] = &p->log,      ['t'] = &p->url,
	    ['k'] = &p->token_file,  ['p'] = &p->position, ['r'] = &p->traps_file,
	    ['c'] = &p->ca_file,
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h')
			exit(usage(stdout, 0));
		if (option == 'V') {
			printf("reputed-import " REPUTED_VERSION "\n");
			exit(0);
		}
		if (option == 'u')
			p->is_utc = true;
		else if (option == 'o')
			p->is_once = true;
		else if (option < (int)(sizeof(texts) / sizeof(texts[0])) && texts[option])
			*texts[option] = optarg;
		else
			return usage(stderr, 2);
	}
	if (optind != argc || !p->format_name || !p->log || !p->url || !p->token_file ||
	    !p->position)
		return usage(stderr, 2);
	p->format = import_format_find(p->format_name);
	if (!p->format) {
		fail("--format", p->format_name, "expected postfix, exim, rspamd or exchange");
		return 2;
	}
	if (strncmp(p->url, "http://", 7) != 0 && strncmp(p->url, "https://", 8) != 0) {
		fail("--to", p->url, "expected http://HOST:PORT or https://HOST");
		return 2;
	}
	return 0;
}

/* Returns an exit status. */
static int read_token(struct program *p)
{
	size_t size;
	char *text = durable_read(AT_FDCWD, p->token_file, sizeof(p->token) - 1, &size);

	if (!text)
		return fail("token", p->token_file, strerror(errno));
	size = strcspn(text, "\r\n");
	text[size] = '\0';
	for (size_t i = 0; i < size; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			size = 0;
	}
	snprintf(p->token, sizeof(p->token), "%s", text);
	free(text);
	return size ? 0 : fail("token", p->token_file, "expected a line of printable characters");
}

static int read_traps(struct program *p)
{
	char error[TRAPS_ERROR_MAX];

	if (!p->traps_file)
		return 0;
	p->traps = traps_read(p->traps_file, error);
	return p->traps ? 0 : fail("traps", p->traps_file, error);
}

/* --- the work --- */

static void read_line(struct program *p, struct span line, const struct follow_place *place)
{
	p->sending.is_silent =
	    place->offset < p->start.offset && strcmp(place->file, p->start.file) == 0;
	/* The first one may be the rest of a line. */
	if (p->sending.is_silent && place->offset == p->back && p->back)
		return;
	sending_line(&p->sending, place);
	import_line(&p->import, p->format, line, now_ms());
}

static void tell_troubles(struct program *p)
{
	const struct follow_counts *counts = follow_counts(p->follow);

	if (p->import.counts.bad != p->bad_told)
		fprintf(stderr, "reputed-import: %" PRIu64 " of %" PRIu64 " lines cannot be read\n",
		        p->import.counts.bad, p->import.counts.lines);
	if (counts->losses != p->losses_told)
		fprintf(stderr,
		        "reputed-import: the rest of a rotated file is not found: lines of "
		        "'%s' are missing\n",
		        p->log);
	p->bad_told = p->import.counts.bad;
	p->losses_told = counts->losses;
}

/* Errors: -ECANCELED; -EIO */
static int flush(struct program *p)
{
	struct follow_place place;
	time_t now_s = time(NULL);
	int rc;

	if (p->sending.is_silent)
		return 0;
	follow_place(p->follow, &place);
	/* Without events the place is not worth a sync for each line. */
	if (!p->sending.batch && !p->is_once && now_s < p->kept_s + KEEP_S)
		return 0;
	rc = sending_flush(&p->sending, &place);
	p->kept_s = now_s;
	tell_troubles(p);
	return rc;
}

/* Returns an exit status. */
static int run(struct program *p)
{
	struct follow_place at;
	bool is_stopped = false;
	struct span line;
	int rc = 0;

	while (!is_stopped && rc >= 0) {
		rc = follow_next(p->follow, &line, &at);
		if (rc < 0) {
			fail("log", p->log, strerror(-rc));
		} else if (rc == 1) {
			read_line(p, line, &at);
			if (!sending_is_full(&p->sending))
				continue;
		}
		if (flush(p) < 0)
			return 1;
		if (rc == 0 && p->is_once)
			break;
		is_stopped = !wait_for(p, rc == 1 ? 0 : CHECK_MS, true);
	}
	p->kept_s = 0;
	return flush(p) < 0 || rc < 0;
}

static int start(struct program *p)
{
	const struct import_settings settings = {p->traps, p->is_utc, sending_emit, &p->sending};
	const struct post_target target = {p->url, p->token, p->ca_file};
	struct follow_place from;
	sigset_t stop;
	int rc = position_read(p->position, &p->start);

	if (rc == -EBADMSG)
		say("the place in the log cannot be read: starting over", NULL);
	else if (rc < 0)
		return fail("position", p->position, strerror(-rc));
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	p->signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	p->sending.post = post_new(&target);
	p->sending.position = p->position;
	p->sending.wait = wait_to_retry;
	p->sending.say = say;
	p->sending.context = p;
	if (!p->sending.post || p->signals < 0 || import_init(&p->import, &settings) < 0)
		return fail("cannot start", p->url, strerror(errno));
	p->sending.kept = from = p->start;
	p->back = from.offset > BACK_SIZE ? from.offset - BACK_SIZE : 0;
	from.offset = p->back;
	p->kept_s = time(NULL);
	p->follow = follow_open(p->log, &from);
	return p->follow ? 0 : fail("log", p->log, strerror(errno));
}

int main(int argc, char **argv)
{
	static struct program p;
	int status = parse_options(argc, argv, &p);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	umask(0077);
	signal(SIGPIPE, SIG_IGN);
	tzset();
	if (status == 0 && (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0))
		status = 1;
	if (status == 0)
		status = read_token(&p);
	if (status == 0)
		status = read_traps(&p);
	if (status == 0)
		status = start(&p);
	if (status == 0)
		status = run(&p);
	if (status == 0)
		fprintf(stderr,
		        "reputed-import: %" PRIu64 " lines, %" PRIu64 " events taken, %" PRIu64
		        " refused, %" PRIu64 " bad lines\n",
		        p.import.counts.lines, p.sending.acknowledged, p.sending.refused,
		        p.import.counts.bad);
	sending_done(&p.sending);
	post_free(p.sending.post);
	follow_close(p.follow);
	import_done(&p.import);
	traps_free(p.traps);
	curl_global_cleanup();
	return status;
}
