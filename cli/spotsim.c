/* SPDX-License-Identifier: Apache-2.0
 * spotsim: the dispatcher. */
#include <errno.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "study/version.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    {"run", cmd_run, "replay one scenario and print its availability and cost"},
    {"sweep", cmd_sweep, "vary any field, replicate, write tables and curves"},
    {"policies", cmd_policies, "list the policies, or describe one"},
    {"trace", cmd_trace, "statistics, conversion and plots of traces"},
    {"replay", cmd_replay, "check a journal against the policies"},
    {"scenario", cmd_scenario, "show a scenario resolved, its schema, its reference"},
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

void cli_say(const char *kind, const char *text) {
    struct strbuf line = {0};
    strbuf_line(&line, text);
    fprintf(stderr, "spotsim: %s%s%s\n", kind, *kind ? ": " : "", line.data && !line.failed ? line.data : "");
    strbuf_free(&line);
}

int cli_error(const struct error *e) {
    char text[sizeof e->where + sizeof e->message + 4];
    snprintf(text, sizeof text, "%s%s%s", e->where, e->where[0] ? ": " : "", e->message);
    cli_say("", text);
    return e->code == ERR_INPUT ? EXIT_INPUT : EXIT_FAILED;
}

int cli_finish(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    if (errno != EPIPE) fprintf(stderr, "spotsim: standard output: cannot write: %s\n", strerror(errno));
    return status ? status : EXIT_FAILED;
}

static void help(FILE *out) {
    fputs("spotsim: replays spot-market traces against replacement policies\n\nusage: spotsim COMMAND ...\n\n", out);
    for (size_t i = 0; i < N_COMMANDS; i++) fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\n`spotsim COMMAND --help` tells more.  --version prints the version.\n"
          "Exit status: 0 done, 1 the run failed, 2 bad input, 3 a check could not decide.\n",
          out);
}

static int unknown_command(const char *name) {
    const char *names[N_COMMANDS + 1];
    for (size_t i = 0; i < N_COMMANDS; i++) names[i] = commands[i].name;
    names[N_COMMANDS] = NULL;
    const char *near = text_nearest(name, names);
    struct error e;
    if (near)
        error_set(&e, ERR_INPUT, NULL, "no command \"%.60s\"; did you mean \"%s\"?", name, near);
    else
        error_set(&e, ERR_INPUT, NULL, "no command \"%.60s\"; `spotsim --help` lists them", name);
    return cli_error(&e);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);    /* a reader that went away is an error to report, not a crash */
    gsl_set_error_handler_off(); /* which would abort; the library leaves its host's alone */
    if (argc < 2) {
        help(stderr);
        return EXIT_INPUT;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("spotsim %s\n", SPOTSIM_VERSION);
        return cli_finish(0);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help(stdout);
        return cli_finish(0);
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return cli_finish(commands[i].run(argc - 1, argv + 1));
    return unknown_command(argv[1]);
}
