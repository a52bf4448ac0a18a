/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/commands.h"

#include <stdio.h>
#include <string.h>

static void print_options(FILE *out)
{
	fputs("\noptions, anywhere on the line:\n"
	      "  -c, --config FILE  the configuration (default " ARGUMENTS_CONFIG ")\n"
	      "      --json         print JSON objects, one per line\n"
	      "  -h, --help         this help, or that of a command\n"
	      "  -V, --version      the version\n",
	      out);
}

static void print_help(FILE *out)
{
	fputs("usage: reputectl [-c FILE] [--json] COMMAND ...\n\ncommands:\n", out);
	for (const struct command *c = commands; c->name; c++) {
		int width = fprintf(out, "  %s %s", c->name, c->operands);

		fprintf(out, "%*s%s\n", width < 28 ? 28 - width : 1, "", c->help);
	}
	print_options(out);
}

static void print_command_help(const struct command *command)
{
	static const struct {
		enum arguments_option option;
		const char *help;
	} helps[] = {
	    {OPTION_TTL, "  --ttl TIME         goes by itself after 90s, 15m, 1h, 3d, 1w ...\n"},
	    {OPTION_CODE, "  --code 127.0.0.X   its A record instead of the list's\n"},
	    {OPTION_TEXT, "  --text TEXT        its TXT record; '$' is the address or name\n"},
	    {OPTION_REASON, "  --reason REASON    why, for people here\n"},
	    {OPTION_AUTHOR, "  --author NAME      who (default: $USER)\n"},
	    {OPTION_TIMEOUT, "  --timeout TIME     of each question: 500ms, 2s (the default)\n"},
	    {OPTION_FAMILY,
	     "  --family LIST      what the zone lists: ip4,ip6,names (default: found out)\n"},
	    {OPTION_LISTED,
	     "  --listed KEY       an address or name that is listed; may be repeated\n"},
	    {OPTION_FORMAT,
	     "  --format NAME      plain (the default), rbldnsd, rpz, ipset, nft, json or "
	     "bind\n"},
	    {OPTION_RECIPIENT, "  --recipient ADDR   to whom it was sent; only its hash is kept\n"},
	    {OPTION_USER, "  --user NAME        who was to log in; only its hash is kept\n"},
	    {OPTION_COUNT, "  --count N          so many alike (default: 1)\n"},
	    {OPTION_NOTE, "  --note TEXT        for people here\n"},
	    {OPTION_ALL, "  --all              also drop counters that are zero\n"},
	};

	printf("usage: reputectl %s%s%s%s\n%s\n", command->name, command->operands[0] ? " " : "",
	       command->operands, command->options ? " [options]" : "", command->help);
	if (command->options)
		printf("\noptions:\n");
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
		if (command->options & helps[i].option)
			fputs(helps[i].help, stdout);
	print_options(stdout);
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	char error[ARGUMENTS_ERROR_MAX];

	if (arguments_parse(argc, argv, commands, &arguments, error) < 0) {
		fprintf(stderr, "reputectl: %s\ntry 'reputectl --help'\n", error);
		return EXIT_USAGE;
	}
	if (arguments.given & OPTION_VERSION)
		printf("reputectl " REPUTED_VERSION "\n");
	else if (!arguments.command)
		print_help(stdout);
	else if (arguments.given & OPTION_HELP)
		print_command_help(arguments.command);
	else
		return arguments.command->run(&arguments);
	return EXIT_OK;
}
