/* lab: whole scenarios in a test. A lab loads YAML text, runs its replications in this process,
 * and holds every number of the results against what is known exactly.
 *
 * Truth is checked by confidence, not by tolerance: lab_expect fails if the exact value lies
 * outside the interval over replications at LAB_CONFIDENCE, and also if that interval is wider
 * than the precision asked, so that it can fail. LAB_CONFIDENCE is 1 - 0.001 / 1000: with fewer
 * than 1000 such checks in all of tests/, all of them hold together with 99.9 % (Bonferroni) if
 * archsim is right. Seeds are fixed. */
#ifndef ARCHSIM_TESTS_SUPPORT_LAB_H
#define ARCHSIM_TESTS_SUPPORT_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/experiment.h"
#include "sim/kernel/interval.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

#define LAB_CONFIDENCE (1 - 0.001 / 1000)

struct lab {
    struct diag diag;
    struct scenario *scenario;
    struct experiment experiment;
};

/* What multiplies sample sizes: ARCHSIM_TEST_SCALE of the environment, else 1. */
double lab_scale(void);

/* Loads and runs; the text is a printf format. Scenario errors fail the test and are printed.
 * Durations may be written "{10h}": they are multiplied by lab_scale. Free with lab_close. */
struct lab *lab_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same under so many times the traffic. */
struct lab *lab_run_at(double load, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with further service types of the test's own, beside those of models/list.h. */
struct lab *lab_run_with(const struct model *const *own, uint32_t own_count, const char *format,
                         ...) __attribute__((format(printf, 3, 4)));
void lab_close(struct lab *lab);

/* The interval of a metric at LAB_CONFIDENCE; fails on an unknown path. */
struct interval lab_interval(const struct lab *lab, const char *path);
/* The mean over replications, NaN for null. */
double lab_value(const struct lab *lab, const char *path);

/* The exact value lies in the interval, and the interval's half-width is at most `precision`
 * times the exact value (times 1 / sqrt(lab_scale) in scaled runs). */
void lab_expect_at(const struct lab *lab, const char *path, double exact, double precision,
                   const char *file, int line);
#define lab_expect(lab, path, exact, precision) \
    lab_expect_at(lab, path, exact, precision, __FILE__, __LINE__)
/* For what is deterministic: equal but for rounding to whole nanoseconds. */
void lab_equal_at(const struct lab *lab, const char *path, double exact, const char *file,
                  int line);
#define lab_equal(lab, path, exact) lab_equal_at(lab, path, exact, __FILE__, __LINE__)
/* For what is exact but for so much: the requests that the begin and the end cut through. */
void lab_near_at(const struct lab *lab, const char *path, double exact, double within,
                 const char *file, int line);
#define lab_near(lab, path, exact, within) lab_near_at(lab, path, exact, within, __FILE__, __LINE__)

#endif
