/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/commands.h"

#define LIST_OPTIONS   (OPTION_TTL | OPTION_CODE | OPTION_TEXT | OPTION_REASON | OPTION_AUTHOR)
#define REPORT_OPTIONS (OPTION_RECIPIENT | OPTION_USER | OPTION_COUNT | OPTION_NOTE)
#define LINT_OPTIONS   (OPTION_TIMEOUT | OPTION_FAMILY | OPTION_LISTED)

const struct command commands[] = {
    {"up", "", "run both daemons in the foreground", 0, 0, 0, up_run},
    {"check", "[FILE]", "tell every mistake of a configuration", 0, 1, 0, check_run},
    {"status", "", "daemons, feeds and lists", 0, 0, 0, status_run},
    {"lookup", "KEY", "what each zone answers for an address or name, and why", 1, 1, 0,
     lookup_run},
    {"list add", "LIST KEY", "put an address, network or name on a manual list", 2, 2, LIST_OPTIONS,
     list_add_run},
    {"list del", "LIST KEY", "take it off", 2, 2, OPTION_AUTHOR, list_del_run},
    {"list show", "[LIST]", "the entries of manual lists", 0, 1, 0, list_show_run},
    {"feeds", "", "state, version and age of every feed", 0, 0, 0, feeds_run},
    {"feeds refresh", "[NAME]", "read feeds again now", 0, 1, 0, feeds_refresh_run},
    {"feeds accept", "NAME", "let the version serve that a guard holds back", 1, 1, 0,
     feeds_accept_run},
    {"feeds diff", "NAME [KEYS]",
     "what accepting the held version would change; KEYS: a file, or - for standard input", 1, 2, 0,
     feeds_diff_run},
    {"feeds rollback", "NAME [VERSION]", "go back to a version before, until the feed changes", 1,
     2, 0, feeds_rollback_run},
    {"feeds disable", "NAME", "answer nothing from a feed, at once and until it is enabled", 1, 1,
     OPTION_REASON | OPTION_AUTHOR, feeds_disable_run},
    {"feeds enable", "NAME", "answer from it again", 1, 1, OPTION_AUTHOR, feeds_enable_run},
    {"feeds push", "NAME [FILE]",
     "give a feed with 'push: true' a new version: a file, or standard input", 1, 2, 0,
     feeds_push_run},
    {"explain", "KEY", "why an address, network or domain has its score and its listings", 1, 1, 0,
     explain_run},
    {"delist", "KEY", "take it off all lists of the reputation; what is seen later counts again", 1,
     1, OPTION_REASON | OPTION_AUTHOR, delist_run},
    {"report", "[CLASS ADDRESS]",
     "tell what was seen of an address; without operands: JSON from standard input", 0, 2,
     REPORT_OPTIONS, report_run},
    {"reputation simulate", "JOURNAL [OLD.yaml]",
     "who would enter or leave the lists with the dials of --config", 1, 2, 0, simulate_run},
    {"stats", "", "the data plane's counters", 0, 0, OPTION_ALL, stats_run},
    {"lint", "ZONE [@SERVER[:PORT]]", "check what any DNSBL server answers", 1, 2, LINT_OPTIONS,
     lint_run},
    {"migrate rbldnsd", "-- ARGUMENTS", "the configuration for a command line of rbldnsd", 0, 0, 0,
     migrate_rbldnsd_run, true},
    {"dump", "LIST", "the entries of a list for other programs", 1, 1, OPTION_FORMAT, dump_run},
    {0},
};
