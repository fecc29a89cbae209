#include "reports/github.h"

#include <stdlib.h>
#include <string.h>

#include "reports/sentence.h"
#include "reports/summary.h"
#include "sim/kernel/arena.h"
#include "sim/scenario/utf8.h"

struct github {
    const char *workspace;
    FILE *stream;
    struct arena arena;
};

static void github_put(const char *text, bool property, FILE *stream)
{
    const size_t length = strlen(text);
    for (size_t at = 0; at < length;) {
        uint32_t code;
        const size_t size = utf8_decode(text + at, length - at, &code);
        if (size == 1 && (code == '%' || code == '\r' || code == '\n' ||
                          (property && (code == ':' || code == ','))))
            fprintf(stream, "%%%02X", code);
        else if (size == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            fputc('?', stream);
        else
            fwrite(text + at, 1, size, stream);
        at += size > 0 ? size : 1;
    }
}

/* Relative to the workspace, if it is in there. */
static const char *github_path(struct github *github, const char *file)
{
    char *real = realpath(file, NULL);
    char *folder = github->workspace ? realpath(github->workspace, NULL) : NULL;
    const size_t length = folder ? strlen(folder) : 0;
    if (real && length > 0 && strncmp(real, folder, length) == 0 && real[length] == '/')
        file = arena_printf(&github->arena, "%s", real + length + 1);
    free(real);
    free(folder);
    return file;
}

/* About `place`, which may be null or in an argument of the command line, of `file`. */
static void github_annotate(struct github *github, const char *level, const char *file,
                            const struct place *place, const char *title, const char *text)
{
    FILE *stream = github->stream;
    const bool placed = place && place->file && strcmp(place->file, "--set") != 0;
    file = placed ? place->file : file;
    fprintf(stream, "::%s ", level);
    if (strcmp(file, "-") != 0) {
        fputs("file=", stream);
        github_put(github_path(github, file), true, stream);
        fputc(',', stream);
    }
    if (placed && place->line > 0)
        fprintf(stream, "line=%u,col=%u,", place->line, place->column);
    fputs("title=", stream);
    github_put(title, true, stream);
    fputs("::", stream);
    github_put(text, false, stream);
    fputc('\n', stream);
}

/* The errors of the loader, each with the notes that follow it. */
static void github_errors(struct github *github, const struct checked *checked)
{
    const struct diag *diag = checked->diag;
    for (uint32_t i = 0; i < diag->messages_count; i++) {
        const struct diag_message *message = &diag->messages[i];
        if (message->level != DIAG_ERROR)
            continue;
        const char *text = message->text;
        if (message->hint)
            text = arena_printf(&github->arena, "%s\n%s", text, message->hint);
        for (uint32_t j = i + 1; j < diag->messages_count && diag->messages[j].level == DIAG_NOTE;
             j++)
            text = arena_printf(&github->arena, "%s\n%u:%u: %s", text, diag->messages[j].place.line,
                                diag->messages[j].place.column, diag->messages[j].text);
        github_annotate(github, "error", checked->file, &message->place, "archsim: wrong", text);
    }
    if (checked->failure)
        github_annotate(github, "error", checked->file, NULL, "archsim: failed", checked->failure);
}

static void github_verdicts(struct github *github, const struct checked *checked, bool errors)
{
    if (!checked->results)
        return;
    for (uint32_t i = 0; i < checked->scenario->promises_count; i++) {
        const struct promise *promise = &checked->scenario->promises[i];
        const enum verdict_kind kind = checked->results->verdicts[i].kind;
        const bool error = kind == VERDICT_BROKEN && !promise->warning;
        if (kind == VERDICT_KEPT || error != errors)
            continue;
        github_annotate(github, error ? "error" : "warning", checked->file, &promise->place,
                        arena_printf(&github->arena, "archsim: promise %s", verdict_names[kind]),
                        arena_printf(&github->arena, "%s%s: %s", promise->text,
                                     summary_load(promise, &github->arena),
                                     sentence_verdict(checked->results, i, &github->arena)));
    }
}

/* At their promises; those that nobody promised in one annotation for all. */
static void github_regressions(struct github *github, const struct checked *checked)
{
    static const char title[] = "archsim: worse than the baseline";
    const struct regression *regression = checked->regression;
    const char *rest = NULL;
    for (uint32_t i = 0; regression && i < regression->changes_count; i++) {
        const struct regression_change *change = &regression->changes[i];
        if (change->kind != REGRESSION_WORSE)
            continue;
        const char *text = arena_printf(&github->arena, "%s: %s", change->path,
                                        sentence_change(regression, change, false, &github->arena));
        if (change->place.line > 0)
            github_annotate(github, "error", checked->file, &change->place, title, text);
        else
            rest = arena_printf(&github->arena, "%s%s%s", rest ? rest : "", rest ? "\n" : "", text);
    }
    if (rest)
        github_annotate(github, "error", checked->file, NULL, title, rest);
}

/* Where the loader put it, or null: the results have the loader's warnings among theirs. */
static const struct place *github_place(const struct diag *diag, const char *text)
{
    for (uint32_t i = 0; i < diag->messages_count; i++)
        if (diag->messages[i].level == DIAG_WARNING && strcmp(diag->messages[i].text, text) == 0)
            return &diag->messages[i].place;
    return NULL;
}

static void github_warnings(struct github *github, const struct checked *checked)
{
    const struct summary_warning *warnings;
    uint32_t count = 0;
    if (checked->results)
        count = summary_warnings(checked->results, &github->arena, &warnings);
    for (uint32_t i = 0; i < count; i++)
        github_annotate(github, "warning", checked->file,
                        github_place(checked->diag, warnings[i].first->text), "archsim",
                        summary_warning_text(&warnings[i], &github->arena));
    for (uint32_t i = 0; !checked->results && i < checked->diag->messages_count; i++)
        if (checked->diag->messages[i].level == DIAG_WARNING)
            github_annotate(github, "warning", checked->file, &checked->diag->messages[i].place,
                            "archsim", checked->diag->messages[i].text);
    if (checked->not_compared)
        github_annotate(github, "warning", checked->file, NULL, "archsim: not compared",
                        checked->not_compared);
}

void github_report(const struct checked *checked, uint32_t count, const char *workspace,
                   FILE *stream)
{
    struct github github = {.workspace = workspace, .stream = stream};
    arena_init(&github.arena);
    for (uint32_t i = 0; i < count; i++) {
        github_errors(&github, &checked[i]);
        github_verdicts(&github, &checked[i], true);
        github_regressions(&github, &checked[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        github_verdicts(&github, &checked[i], false);
        github_warnings(&github, &checked[i]);
    }
    arena_done(&github.arena);
}
