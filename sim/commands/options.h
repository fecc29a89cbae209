/* options: what `run` and `check` have in common, as a child of their own argp parsers. Values
 * are parsed strictly, by the rules of scenarios; --seed, --replications and --duration become
 * overrides, as if given with --set, so that the last one on the command line holds. */
#ifndef ARCHSIM_COMMANDS_OPTIONS_H
#define ARCHSIM_COMMANDS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/table.h"
#include "sim/kernel/arena.h"

enum options_format { OPTIONS_TEXT, OPTIONS_JSON, OPTIONS_CSV, OPTIONS_MARKDOWN };
enum options_color { OPTIONS_COLOR_AUTO, OPTIONS_COLOR_ALWAYS, OPTIONS_COLOR_NEVER };

struct options {
    struct arena arena;
    const char **overrides; /* PATH=VALUE, in the order given */
    uint32_t overrides_count;
    uint32_t jobs;
    enum options_format format;
    enum options_color color;
    bool quiet;
};

extern const struct argp options_argp; /* its input is a struct options */

/* Defaults, with room for the overrides of a command line of argc words. */
void options_init(struct options *options, int argc);
void options_done(struct options *options);

/* Says "archsim: OPTION: TEXT" on stderr and returns EINVAL, which ends the parsing. */
int options_fail(const char *option, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How text on that stream may look: --color, NO_COLOR, CLICOLOR_FORCE, TERM, the locale's charset
 * and the width of the terminal. */
struct text_style options_style(const struct options *options, FILE *stream);

#endif
