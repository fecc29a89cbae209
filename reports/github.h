/* github: findings as workflow commands, which GitHub Actions shows at the lines of a change:
 *   ::error file=shop.yaml,line=41,col=7,title=..::..
 * error: what is wrong with a file, a broken promise, a metric that is worse than in the baseline;
 * warning: undecided promises, broken ones of severity warning, warnings. GitHub shows the first 10
 * of each kind and step, so errors of promises come first and warnings are told once per code.
 * Escaped as GitHub's own toolkit does (actions/toolkit, packages/core/src/command.ts); other
 * control characters are replaced. The runner takes commands from both standard output and standard
 * error (actions/runner, ScriptHandler.cs). */
#ifndef ARCHSIM_REPORTS_GITHUB_H
#define ARCHSIM_REPORTS_GITHUB_H

#include <stdint.h>
#include <stdio.h>

#include "reports/checked.h"

/* `workspace`: the folder that GitHub's paths start from (GITHUB_WORKSPACE), or null: paths are as
 * given. */
void github_report(const struct checked *checked, uint32_t count, const char *workspace,
                   FILE *stream);

#endif
