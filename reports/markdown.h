/* markdown: the summary as GitHub Markdown, for a pull request or a wiki: the verdict, promises
 * with their intervals, traffic, services, what scaled when, the worst five minutes, warnings. All
 * text of the scenario is escaped: it is shown as it is and changes nothing around it. */
#ifndef ARCHSIM_REPORTS_MARKDOWN_H
#define ARCHSIM_REPORTS_MARKDOWN_H

#include <stdio.h>

#include "sim/engine/results.h"

void markdown_report(const struct results *results, FILE *stream);

/* Text on one line: what Markdown or HTML would read as its own is escaped, line ends and tabs
 * become blanks, other control characters and what is not UTF-8 a question mark. */
void markdown_text(const char *text, FILE *stream);

#endif
