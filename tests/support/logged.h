/* logged: what the log of a lab's first replication says, entry by entry: what happened, at which
 * whole second and, of scaling, from how many to how many. */
#ifndef ARCHSIM_TESTS_SUPPORT_LOGGED_H
#define ARCHSIM_TESTS_SUPPORT_LOGGED_H

#include <stdint.h>

#include "sim/kernel/log.h"
#include "tests/support/lab.h"

struct logged {
    enum log_kind kind;
    int64_t at_s;
    double from, to; /* of scaling */
};

/* Null: nothing happened. */
const struct log_entry *logged_first(const struct lab *lab);
/* Exactly that happened, and no more. */
void logged_check(const struct lab *lab, const struct logged *expected, uint32_t count);
#define LOGGED(lab, ...)                                    \
    logged_check(lab, (const struct logged[]){__VA_ARGS__}, \
                 sizeof((const struct logged[]){__VA_ARGS__}) / sizeof(struct logged))
/* Why the first happened. */
void logged_check_reason(const struct lab *lab, const char *metric, double value, double threshold);

#endif
