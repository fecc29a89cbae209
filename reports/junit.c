/* junit: gathers the cases of a suite, counts them, writes them. */
#include "reports/junit.h"

#include <stdlib.h>
#include <string.h>

#include "reports/sentence.h"
#include "reports/summary.h"
#include "sim/kernel/arena.h"
#include "sim/scenario/utf8.h"

enum junit_outcome { JUNIT_PASSED, JUNIT_FAILURE, JUNIT_ERROR, JUNIT_SKIPPED, JUNIT_OUTCOMES };

struct junit_case {
    const char *name;
    enum junit_outcome outcome;
    const char *type;    /* of failures and errors */
    const char *message; /* unless passed */
    const char *text;    /* more of it, or null */
};

struct junit {
    const struct junit_origin *origin;
    FILE *stream;
    struct arena arena; /* of one suite */
    struct junit_case *cases;
    uint32_t cases_count;
};

/* ---- XML ---- */

/* The characters of XML 1.0, section 2.2. */
static bool junit_is_legal(uint32_t code)
{
    return code >= 0x20 ? code != 0xfffe && code != 0xffff
                        : code == '\t' || code == '\n' || code == '\r';
}

/* As the content of an element or, quoted by ", of an attribute, where a plain end of a line would
 * be read as a blank. */
static void junit_put(const char *text, bool attribute, FILE *stream)
{
    const size_t length = strlen(text);
    for (size_t at = 0; at < length;) {
        uint32_t code;
        const size_t size = utf8_decode(text + at, length - at, &code);
        if (size == 0 || !junit_is_legal(code))
            fputs("\xef\xbf\xbd", stream);
        else if (code == '\r' || (attribute && code < 0x20) ||
                 (code < 0x80 && strchr("<>&\"'\x7f", (int)code)))
            fprintf(stream, "&#%u;", code);
        else
            fwrite(text + at, 1, size, stream);
        at += size > 0 ? size : 1;
    }
}

static void junit_attribute(const struct junit *junit, const char *name, const char *value)
{
    fprintf(junit->stream, " %s=\"", name);
    junit_put(value, true, junit->stream);
    fputc('"', junit->stream);
}

static void junit_element(const struct junit *junit, const char *name, const char *text)
{
    fprintf(junit->stream, "    <%s>", name);
    junit_put(text, false, junit->stream);
    fprintf(junit->stream, "</%s>\n", name);
}

/* ---- cases ---- */

static void junit_add(struct junit *junit, struct junit_case one)
{
    junit->cases[junit->cases_count++] = one;
}

/* All that diag_print says, without colour. */
static const char *junit_messages(struct junit *junit, const struct diag *diag)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        fatal("out of memory");
    diag_print(diag, stream, false);
    if (fclose(stream) != 0)
        fatal("out of memory");
    const char *copy = arena_text(&junit->arena, text, size);
    free(text);
    return copy;
}

/* One case for a file that could not even be loaded: its first error, and all of them below. */
static void junit_add_load(struct junit *junit, const struct checked *checked)
{
    const struct diag_message *first = NULL;
    for (uint32_t i = 0; i < checked->diag->messages_count && !first; i++)
        if (checked->diag->messages[i].level == DIAG_ERROR)
            first = &checked->diag->messages[i];
    junit_add(junit, (struct junit_case){
                         .name = checked->results ? "runs" : "loads",
                         .outcome = checked->scenario ? JUNIT_PASSED : JUNIT_ERROR,
                         .type = "input",
                         .message = first ? first->text : "it did not load",
                         .text = junit_messages(junit, checked->diag),
                     });
}

static void junit_add_promise(struct junit *junit, const struct checked *checked, uint32_t i)
{
    static const enum junit_outcome outcomes[] = {[VERDICT_KEPT] = JUNIT_PASSED,
                                                  [VERDICT_BROKEN] = JUNIT_FAILURE,
                                                  [VERDICT_UNDECIDED] = JUNIT_SKIPPED};
    const struct promise *promise = &checked->scenario->promises[i];
    struct junit_case one = {
        .name = arena_printf(&junit->arena, "%s%s", promise->text,
                             summary_load(promise, &junit->arena)),
        .outcome = JUNIT_SKIPPED,
        .type = "promise",
        .message = "not simulated",
    };
    if (checked->results) {
        one.outcome =
            promise->warning ? JUNIT_PASSED : outcomes[checked->results->verdicts[i].kind];
        one.message = sentence_verdict(checked->results, i, &junit->arena);
    }
    junit_add(junit, one);
}

static void junit_add_regression(struct junit *junit, const struct checked *checked)
{
    const struct regression *regression = checked->regression;
    if (checked->not_compared || (regression && regression->changes_count == 0))
        junit_add(junit,
                  (struct junit_case){
                      .name = "baseline",
                      .outcome = JUNIT_SKIPPED,
                      .message = checked->not_compared ? checked->not_compared
                                                       : "no estimate has an interval to compare",
                  });
    for (uint32_t i = 0; regression && i < regression->changes_count; i++) {
        const struct regression_change *change = &regression->changes[i];
        junit_add(junit,
                  (struct junit_case){
                      .name = arena_printf(&junit->arena, "baseline: %s", change->path),
                      .outcome = change->kind == REGRESSION_WORSE ? JUNIT_FAILURE : JUNIT_PASSED,
                      .type = "regression",
                      .message = sentence_change(regression, change, false, &junit->arena),
                  });
    }
}

/* At least one case, so that no file is missing where suites without cases are not shown. */
static void junit_gather(struct junit *junit, const struct checked *checked)
{
    const uint32_t promises = checked->scenario ? checked->scenario->promises_count : 0;
    const uint32_t changes = checked->regression ? checked->regression->changes_count : 0;
    junit->cases = arena_array(&junit->arena, 2 + promises + changes, sizeof(*junit->cases));
    junit->cases_count = 0;
    if (checked->failure)
        junit_add(junit, (struct junit_case){.name = "runs",
                                             .outcome = JUNIT_ERROR,
                                             .type = "run",
                                             .message = checked->failure});
    else if (!checked->scenario || checked->load_only || promises == 0)
        junit_add_load(junit, checked);
    for (uint32_t i = 0; i < promises && !checked->load_only; i++)
        junit_add_promise(junit, checked, i);
    junit_add_regression(junit, checked);
}

/* ---- writing ---- */

static void junit_case(const struct junit *junit, const struct junit_case *one, const char *class,
                       double time_s)
{
    static const char *const names[] = {
        [JUNIT_FAILURE] = "failure", [JUNIT_ERROR] = "error", [JUNIT_SKIPPED] = "skipped"};
    fputs("    <testcase", junit->stream);
    junit_attribute(junit, "classname", class);
    junit_attribute(junit, "name", one->name);
    fprintf(junit->stream, " time=\"%.3f\"", time_s);
    if (one->outcome == JUNIT_PASSED) {
        fputs("/>\n", junit->stream);
        return;
    }
    fprintf(junit->stream, ">\n      <%s", names[one->outcome]);
    if (one->outcome != JUNIT_SKIPPED)
        junit_attribute(junit, "type", one->type);
    junit_attribute(junit, "message", one->message);
    if (one->text) {
        fputc('>', junit->stream);
        junit_put(one->text, false, junit->stream);
        fprintf(junit->stream, "</%s>\n", names[one->outcome]);
    } else {
        fputs("/>\n", junit->stream);
    }
    fputs("    </testcase>\n", junit->stream);
}

static void junit_property(const struct junit *junit, const char *name, const char *value)
{
    fputs("      <property", junit->stream);
    junit_attribute(junit, "name", name);
    junit_attribute(junit, "value", value);
    fputs("/>\n", junit->stream);
}

static void junit_properties(struct junit *junit, const struct checked *checked)
{
    const struct scenario *scenario = checked->scenario;
    fputs("    <properties>\n", junit->stream);
    junit_property(junit, "archsim", ARCHSIM_VERSION);
    junit_property(junit, "file", checked->file);
    if (scenario) {
        junit_property(junit, "fingerprint", scenario->fingerprint);
        junit_property(junit, "region", scenario->region);
        junit_property(junit, "seed",
                       arena_printf(&junit->arena, "%llu", (unsigned long long)scenario->seed));
        junit_property(junit, "duration",
                       arena_printf(&junit->arena, "%.9g", (double)scenario->duration_ns / 1e9));
    }
    if (checked->results)
        junit_property(junit, "replications",
                       arena_printf(&junit->arena, "%u", checked->results->replications));
    fputs("    </properties>\n", junit->stream);
}

/* What cases cannot say: the values of those that passed, too. */
static const char *junit_out(struct junit *junit, const struct checked *checked)
{
    const char *text = "";
    if (!checked->results)
        return text;
    for (uint32_t i = 0; i < checked->scenario->promises_count; i++) {
        const struct promise *promise = &checked->scenario->promises[i];
        text = arena_printf(&junit->arena, "%s%s%s: %s%s\n", text, promise->text,
                            summary_load(promise, &junit->arena),
                            sentence_verdict(checked->results, i, &junit->arena),
                            promise->warning ? " (only a warning)" : "");
    }
    return text;
}

static const char *junit_err(struct junit *junit, const struct checked *checked)
{
    const char *text = "";
    const struct summary_warning *warnings;
    if (!checked->results)
        return text;
    const uint32_t count = summary_warnings(checked->results, &junit->arena, &warnings);
    for (uint32_t i = 0; i < count; i++)
        text = arena_printf(&junit->arena, "%s%s\n", text,
                            summary_warning_text(&warnings[i], &junit->arena));
    return text;
}

/* The path without its ending: what follows a point would be taken for the name of a class. */
static const char *junit_class(struct junit *junit, const char *file)
{
    size_t length = strlen(file);
    const char *point = strrchr(file, '.');
    if (point && (strcmp(point, ".yaml") == 0 || strcmp(point, ".yml") == 0) && point > file)
        length = (size_t)(point - file);
    return arena_text(&junit->arena, file, length);
}

static void junit_suite(struct junit *junit, const struct checked *checked, uint32_t index)
{
    uint32_t counts[JUNIT_OUTCOMES] = {0};
    arena_init(&junit->arena);
    junit_gather(junit, checked);
    for (uint32_t i = 0; i < junit->cases_count; i++)
        counts[junit->cases[i].outcome]++;
    const char *class = junit_class(junit, checked->file);
    const bool named = checked->scenario && checked->scenario->name[0];
    fputs("  <testsuite", junit->stream);
    junit_attribute(junit, "name", named ? checked->scenario->name : checked->file);
    junit_attribute(junit, "package", class);
    fprintf(junit->stream,
            " id=\"%u\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\"",
            index, junit->cases_count, counts[JUNIT_FAILURE], counts[JUNIT_ERROR],
            counts[JUNIT_SKIPPED], checked->time_s);
    junit_attribute(junit, "timestamp", junit->origin->time);
    junit_attribute(junit, "hostname", junit->origin->host);
    fputs(">\n", junit->stream);
    junit_properties(junit, checked);
    for (uint32_t i = 0; i < junit->cases_count; i++)
        junit_case(junit, &junit->cases[i], class, checked->time_s / junit->cases_count);
    junit_element(junit, "system-out", junit_out(junit, checked));
    junit_element(junit, "system-err", junit_err(junit, checked));
    fputs("  </testsuite>\n", junit->stream);
    arena_done(&junit->arena);
}

void junit_report(const struct checked *checked, uint32_t count, const struct junit_origin *origin,
                  FILE *stream)
{
    struct junit junit = {.origin = origin, .stream = stream};
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", stream);
    for (uint32_t i = 0; i < count; i++)
        junit_suite(&junit, &checked[i], i);
    fputs("</testsuites>\n", stream);
}
