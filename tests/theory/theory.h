/* theory: the frame of every scenario here. 32 replications keep Student's factor at the lab's
 * confidence near 6; services take about a millisecond, so that a window of 100 s holds 100,000
 * of them. Each file has a seed of its own, THEORY_SEED, so that its luck is not that of the
 * others. */
#ifndef ARCHSIM_TESTS_THEORY_THEORY_H
#define ARCHSIM_TESTS_THEORY_THEORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/exact.h"
#include "tests/support/lab.h"

#define THEORY_HEAD(duration, warmup)                                     \
    "archsim: 1\nname: theory\nseed: " THEORY_SEED "\nreplications: 32\n" \
    "duration: {" duration "}\nwarmup: " warmup "\n"

#endif
