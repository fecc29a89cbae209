/* junit: verdicts as test cases, in the XML that CI servers read (JUnit's, valid for the schemas of
 * Jenkins' xUnit plugin and of Ant's, which Windy Road wrote down; both leave only this order).
 * A suite is a scenario, a case a promise or a metric that was compared with the baseline:
 *   failure   the promise is broken, the metric is worse: exit code 1
 *   error     the scenario did not load or run: exit codes 2 and 4
 *   skipped   the promise is undecided (exit code 3) or not simulated, or nothing can be compared
 * so that a report without failures and errors belongs to an exit code of 0 or 3. A promise of
 * severity warning that is broken is a passed case; that it is broken stands in system-out. What
 * was simulated together took its time together: the cases of a suite share it evenly. */
#ifndef ARCHSIM_REPORTS_JUNIT_H
#define ARCHSIM_REPORTS_JUNIT_H

#include <stdint.h>
#include <stdio.h>

#include "reports/checked.h"

struct junit_origin {
    const char *time; /* UTC, such as 2026-11-25T04:00:00 */
    const char *host;
};

/* UTF-8; what XML 1.0 cannot hold is replaced by U+FFFD. */
void junit_report(const struct checked *checked, uint32_t count, const struct junit_origin *origin,
                  FILE *stream);

#endif
