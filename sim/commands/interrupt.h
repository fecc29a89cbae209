/* interrupt: Ctrl-C as a flag. A thread waits for SIGINT, which all others block: the first asks
 * the work to stop, the second ends the program at once. Where SIGINT is ignored (nohup, a
 * shell's background), it stays ignored. */
#ifndef ARCHSIM_COMMANDS_INTERRUPT_H
#define ARCHSIM_COMMANDS_INTERRUPT_H

#include <pthread.h>
#include <stdbool.h>

struct interrupt {
    _Atomic bool stop;
    pthread_t thread;
    bool watching;
};

/* To be called before other threads are started, so that they inherit the blocked signal. */
void interrupt_init(struct interrupt *interrupt);
void interrupt_done(struct interrupt *interrupt);

#endif
