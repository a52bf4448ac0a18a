/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program for the supervisor's tests:
 *   supervised exit N        ends with that status
 *   supervised wait          until a signal ends it
 *   supervised stubborn FILE takes no SIGTERM; makes the file when it is so far
 * Ends by itself after a while, so that a failed test leaves nothing behind.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	alarm(30);
	if (argc == 3 && strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	if (argc == 3 && strcmp(argv[1], "stubborn") == 0) {
		signal(SIGTERM, SIG_IGN);
		if (open(argv[2], O_CREAT | O_WRONLY, 0600) < 0)
			return 99;
	}
	for (;;)
		pause();
}
