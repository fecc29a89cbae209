/* interrupt: sigwait in a thread of its own, so that no handler and no global is needed. */
#include "sim/commands/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "sim/commands/commands.h"

static void interrupt_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
}

static void *interrupt_watch(void *argument)
{
    struct interrupt *interrupt = argument;
    sigset_t signals;
    int signal_number;
    interrupt_signals(&signals);
    sigwait(&signals, &signal_number);
    atomic_store(&interrupt->stop, true);
    sigwait(&signals, &signal_number);
    _exit(EXIT_INTERRUPT);
}

void interrupt_init(struct interrupt *interrupt)
{
    struct sigaction action;
    sigset_t signals;
    *interrupt = (struct interrupt){.watching = false};
    if (sigaction(SIGINT, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
        return;
    interrupt_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    interrupt->watching = pthread_create(&interrupt->thread, NULL, interrupt_watch, interrupt) == 0;
    if (!interrupt->watching)
        pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

void interrupt_done(struct interrupt *interrupt)
{
    if (!interrupt->watching)
        return;
    pthread_cancel(interrupt->thread);
    pthread_join(interrupt->thread, NULL);
}
