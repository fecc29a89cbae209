/* commands: one function per subcommand, argv[0] its own name; each returns the exit code. */
#ifndef ARCHSIM_COMMANDS_COMMANDS_H
#define ARCHSIM_COMMANDS_COMMANDS_H

enum {
    EXIT_KEPT = 0,        /* done; check: every promise kept */
    EXIT_BROKEN = 1,      /* a promise is broken */
    EXIT_INPUT = 2,       /* the command line or a scenario is wrong */
    EXIT_UNDECIDED = 3,   /* nothing broken, but a promise is undecided */
    EXIT_WORK = 4,        /* the work failed */
    EXIT_INTERRUPT = 130, /* SIGINT */
};

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_schema(int argc, char **argv);

/* argv[1] names the subcommand, or is --help or --version. */
int commands_main(int argc, char **argv);

#endif
