/* diag: what is wrong with the user's input, with its place; collected, sorted by place, shown
 * at once. Rules (after QEMU's Error): the diag pointer is the last parameter; a function that
 * reports an error also returns false or null; messages name what was expected, without final
 * newline or period. */
#ifndef ARCHSIM_SCENARIO_DIAG_H
#define ARCHSIM_SCENARIO_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/arena.h"

/* A place in a source text. line and column count from 1, column in characters (not bytes); line 0:
 * the file as a whole. */
struct place {
    const char
        *file; /* as the user wrote it; "--set" for overrides, whose text is the source line */
    uint32_t line, column;
    uint32_t width; /* characters to underline, 0 or 1: a single caret */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/* exit code that the errors call for: 2 input wrong, 4 unreadable or cut */
enum diag_exit { DIAG_EXIT_INPUT = 2, DIAG_EXIT_WORK = 4 };

struct diag_message {
    enum diag_level level;
    struct place place;
    const char *text;
    const char *hint; /* "did you mean 'x'?", null if none */
    const char *code; /* warnings: the stable code of results.md (heavy_tail, ...), else null */
    const char *path; /* warnings: what it is about in the scenario, else null */
};

/* A text that places point into. */
struct diag_source {
    const char *given; /* the name as the caller's pointer: compared, never read */
    const char *file, *text;
    size_t length;
};

struct diag {
    struct arena arena;
    struct diag_message *messages;
    uint32_t messages_count, messages_capacity;
    uint32_t errors_count;
    enum diag_exit exit_code;    /* DIAG_EXIT_WORK once any diag_unreadable was called */
    struct diag_source *sources; /* copies, for the caret lines */
    uint32_t sources_count;
};

void diag_init(struct diag *diag);
void diag_done(struct diag *diag);

/* Makes the text of a file known, so that messages can show its lines. Name and text are copied:
 * the messages outlive the document. Two sources may share a name ("--set"): a place then means
 * the one whose `file` is its very pointer, else the last of that name. */
void diag_add_source(struct diag *diag, const char *file, const char *text, size_t length);

/* At most 100 errors are kept; the rest are counted and said in one line. */
void diag_error(struct diag *diag, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An error with a hint line of its own. */
void diag_error_hint(struct diag *diag, struct place place, const char *hint, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));
void diag_warning(struct diag *diag, struct place place, const char *code, const char *path,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Says more about the error before it ("the first one is here"), and is printed right after it. */
void diag_note(struct diag *diag, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A file that cannot be read, or ends in the middle: exit code 4. */
void diag_unreadable(struct diag *diag, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints all messages in order of place, rustc-like, without terminal escapes of the input:
 *   shop.yaml:41:7: error: unknown key 'min_acus'
 *       41 |   min_acus: 2
 *          |   ^~~~~~~~ did you mean 'min_capacity'?
 * Control characters of the source line are shown as '?'; long lines are cut around the caret. */
void diag_print(const struct diag *diag, FILE *stream, bool colour);

/* The nearest of `names` to `given` within an edit distance of a third of its length (Damerau),
 * or null. */
const char *diag_nearest(const char *given, const char *const *names, size_t names_count);

#endif
