/* sentence: a verdict or a regression in a few words, for reports that show one at a time: test
 * cases, annotations. Rounded as in the summary. */
#ifndef ARCHSIM_REPORTS_SENTENCE_H
#define ARCHSIM_REPORTS_SENTENCE_H

#include "reports/regression.h"
#include "sim/engine/results.h"

/* "broken: 182 ms +- 3.1 ms, promised < 100ms; why: the contract", or why it is undecided. */
const char *sentence_verdict(const struct results *results, uint32_t promise, struct arena *arena);
/* "182 ms +- 3 ms -> 240 ms +- 5 ms: 31.9 % worse; tolerated 5 %, by chance up to 8.1 ms" */
const char *sentence_change(const struct regression *regression,
                            const struct regression_change *change, bool unicode,
                            struct arena *arena);

#endif
