/* SPDX-License-Identifier: Apache-2.0
 * The subcommands.  Each gets its own arguments (argv[0] is its name) and
 * returns the exit status: 0 done, 1 the run failed, 2 bad input, 3 a check
 * could not decide. */
#ifndef SPOTSIM_CLI_CMD_H
#define SPOTSIM_CLI_CMD_H

#include "base/error.h"

#define EXIT_FAILED 1
#define EXIT_INPUT 2

int cmd_run(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_scenario(int argc, char **argv);
int cmd_policies(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_replay(int argc, char **argv);

/* Prints "spotsim: kind: text" on stderr, whatever the text holds as one line;
 * kind is "note", "warning" or "". */
void cli_say(const char *kind, const char *text);
/* Prints "spotsim: where: message" on stderr and returns the exit status. */
int cli_error(const struct error *e);
/* Flushes stdout; a full disk or closed pipe becomes exit status 1. */
int cli_finish(int status);

#endif
