/* main: sets the process up, hands over to the subcommand, and sees that what was printed
 * arrived. */
#include <argp.h>
#include <errno.h>
#include <gsl/gsl_errno.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/commands/commands.h"

/* A full disk or a closed pipe may show only now. Nothing printed to a closed stdout is no
 * error. */
static void main_close_stdout(void)
{
    const bool failed = ferror(stdout);
    const bool pending = __fpending(stdout) > 0;
    if (fclose(stdout) == 0 && !failed)
        return;
    if (!failed && !pending && errno == EBADF)
        return;
    fprintf(stderr, "archsim: cannot write standard output: %s\n", strerror(errno));
    _exit(EXIT_WORK);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    gsl_set_error_handler_off();
    signal(SIGPIPE, SIG_IGN); /* a write fails instead, and is told */
    argp_err_exit_status = EXIT_INPUT;
    atexit(main_close_stdout);
    return commands_main(argc, argv);
}
