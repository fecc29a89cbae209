/* commands: the table of subcommands and what it says about itself. */
#include "sim/commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "sim/scenario/diag.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* null: not yet available */
    char *title;                       /* argv[0] of its own options, as argp prints it */
    const char *summary;
};

static const struct command commands[] = {
    {"run", command_run, "archsim run", "simulate a scenario and print a summary"},
    {"check", command_check, "archsim check", "simulate scenarios and judge their promises"},
    {"explain", command_explain, "archsim explain", "service types and their parameters"},
    {"schema", command_schema, "archsim schema", "JSON Schema of the language, for editors"},
    {"sweep", NULL, NULL, NULL},
    {"plan", NULL, NULL, NULL},
    {"capacity", NULL, NULL, NULL},
    {"compare", NULL, NULL, NULL},
    {"report", NULL, NULL, NULL},
    {"plot", NULL, NULL, NULL},
    {"import", NULL, NULL, NULL},
    {"merge", NULL, NULL, NULL},
};
enum { COMMANDS_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void commands_help(FILE *stream)
{
    fputs("Usage: archsim COMMAND [OPTION...]\n"
          "Simulate a cloud architecture under its traffic, and judge its promises.\n\n",
          stream);
    for (size_t i = 0; i < COMMANDS_COUNT; i++)
        if (commands[i].run)
            fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n"
          "  archsim run scenarios/flagship.yaml\n"
          "  archsim check scenarios/*.yaml\n\n"
          "`archsim COMMAND --help` lists the options of a command.\n",
          stream);
}

static int commands_unknown(const char *name)
{
    const char *names[COMMANDS_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COMMANDS_COUNT; i++)
        if (commands[i].run)
            names[count++] = commands[i].name;
    const char *nearest = diag_nearest(name, names, count);
    fprintf(stderr, "archsim: unknown command '%s'", name);
    if (nearest)
        fprintf(stderr, ": did you mean '%s'?\n", nearest);
    else
        fputs("; `archsim --help` lists them\n", stderr);
    return EXIT_INPUT;
}

int commands_main(int argc, char **argv)
{
    if (argc < 2) {
        commands_help(stderr);
        return EXIT_INPUT;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        commands_help(stdout);
        return EXIT_KEPT;
    }
    if (strcmp(name, "--version") == 0) {
        puts("archsim " ARCHSIM_VERSION);
        return EXIT_KEPT;
    }
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        if (!commands[i].run) {
            fprintf(stderr, "archsim: %s: not yet available\n", name);
            return EXIT_INPUT;
        }
        argv[1] = commands[i].title;
        return commands[i].run(argc - 1, argv + 1);
    }
    return commands_unknown(name);
}
