/* check: simulates each scenario, judges its promises and compares it with a baseline; the exit
 * code is the verdict over all. What it found is kept per file, for the reports that CI reads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/baseline.h"
#include "reports/checked.h"
#include "reports/csv.h"
#include "reports/github.h"
#include "reports/json.h"
#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/regression.h"
#include "reports/sentence.h"
#include "reports/text.h"
#include "sim/commands/commands.h"
#include "sim/commands/options.h"
#include "sim/commands/output.h"
#include "sim/commands/progress.h"
#include "sim/commands/simulate.h"
#include "sim/scenario/quantity.h"

enum {
    CHECK_LOAD_ONLY = 512,
    CHECK_JUNIT,
    CHECK_BASELINE,
    CHECK_TOLERANCE,
    CHECK_NAMES_SHOWN = 5, /* of a baseline that has none of the scenarios */
    CHECK_HOST_MAX = 256,
};

struct check {
    struct options options;
    char **paths;
    uint32_t paths_count;
    bool load_only;
    const char *junit_path;    /* or null */
    const char *baseline_path; /* or null */
    double tolerance;          /* negative: not given */
    struct baseline *baseline;
    struct diag baseline_diag;
    uint32_t *entries;              /* per path: of the baseline, if it has the scenario */
    struct simulation *simulations; /* per path */
    struct checked *checked;        /* per path, and one for a baseline that is none */
    uint32_t loaded_count, checked_count;
    struct interrupt interrupt;
};

static const struct argp_option check_table[] = {
    {"load-only", CHECK_LOAD_ONLY, NULL, 0, "only validate, simulate nothing", 0},
    {"junit", CHECK_JUNIT, "FILE.xml", 0, "write the verdicts there as JUnit XML (- is stdout)", 0},
    {"baseline", CHECK_BASELINE, "RESULTS.json", 0,
     "fail on what became worse than in these results of --format json", 0},
    {"tolerance", CHECK_TOLERANCE, "RATIO", 0,
     "what may be worse than in the baseline (default: 5%), beside what chance explains", 0},
    {0},
};

static int check_set_tolerance(struct check *check, const char *text)
{
    struct quantity_error error;
    if (!quantity_parse(text, QUANTITY_RATIO, NULL, &check->tolerance, &error))
        return options_fail("--tolerance", "%s", error.text);
    return 0;
}

/* What does not go together. */
static int check_options(const struct check *check)
{
    const bool from_stdin = check->baseline_path && strcmp(check->baseline_path, "-") == 0;
    const bool to_stdout = check->junit_path && strcmp(check->junit_path, "-") == 0;
    if (check->tolerance >= 0 && !check->baseline_path)
        return options_fail("--tolerance", "there is no --baseline to compare with");
    if (to_stdout && check->options.format != OPTIONS_TEXT)
        return options_fail("--junit", "standard output is taken by --format");
    for (uint32_t i = 0; i < check->paths_count; i++)
        if (from_stdin && strcmp(check->paths[i], "-") == 0)
            return options_fail("--baseline", "standard input is taken by a scenario");
    return 0;
}

static error_t check_parse(int key, char *text, struct argp_state *state)
{
    struct check *check = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &check->options;
        return 0;
    case CHECK_LOAD_ONLY:
        check->load_only = true;
        return 0;
    case CHECK_JUNIT:
        check->junit_path = text;
        return 0;
    case CHECK_BASELINE:
        check->baseline_path = text;
        return 0;
    case CHECK_TOLERANCE:
        return check_set_tolerance(check, text);
    case ARGP_KEY_ARG:
        check->paths[check->paths_count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (check->paths_count == 0)
            argp_error(state, "expected scenario files");
        return check_options(check);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child check_children[] = {{&options_argp, 0, NULL, 0}, {0}};
static const struct argp check_argp = {
    .options = check_table,
    .parser = check_parse,
    .args_doc = "FILE...",
    .doc =
        "Simulate scenarios and judge their promises. Exits with 0 when every promise is kept, 1 "
        "when one is broken or something is worse than in the baseline, 3 when nothing is broken "
        "but a promise is undecided, 2 when a scenario is wrong, 4 when the work failed.\v"
        "A baseline is what --format json wrote before. Latency, errors, availability and all that "
        "is promised are compared; worse is what is so by more than the tolerance and by more than "
        "two runs with different seeds differ. A scenario that is not in it yet is a warning.\n\n"
        "On GitHub Actions (GITHUB_ACTIONS=true) findings are shown at the lines of the files, "
        "too.\n\n"
        "Examples:\n"
        "  archsim check scenarios/*.yaml --junit promises.xml\n"
        "  archsim check shop.yaml --baseline main.json --tolerance 10%\n",
    .children = check_children,
};

/* Of two exit codes the one that matters more: failed work, wrong input, broken, undecided,
 * kept. */
static int check_worse(int a, int b)
{
    static const int ranks[] = {[EXIT_KEPT] = 0,
                                [EXIT_UNDECIDED] = 1,
                                [EXIT_BROKEN] = 2,
                                [EXIT_INPUT] = 3,
                                [EXIT_WORK] = 4};
    return ranks[a] >= ranks[b] ? a : b;
}

static int check_verdict(const struct results_tally *tally)
{
    if (tally->counts[VERDICT_BROKEN] > tally->warning_counts[VERDICT_BROKEN])
        return EXIT_BROKEN;
    if (tally->counts[VERDICT_UNDECIDED] > tally->warning_counts[VERDICT_UNDECIDED])
        return EXIT_UNDECIDED;
    return EXIT_KEPT;
}

/* Where people read: beside results for machines on standard output, standard error. */
static FILE *check_stream(const struct check *check)
{
    const bool taken = check->options.format != OPTIONS_TEXT ||
                       (check->junit_path && strcmp(check->junit_path, "-") == 0);
    return taken ? stderr : stdout;
}

/* ---- loading ---- */

/* All are loaded before any is simulated, so that what is wrong is told at once. */
static int check_load(struct check *check)
{
    int code = EXIT_KEPT;
    for (uint32_t i = 0; i < check->paths_count; i++) {
        struct simulation *simulation = &check->simulations[check->loaded_count++];
        code = check_worse(simulate_load(simulation, check->paths[i], &check->options), code);
        check->checked[check->checked_count++] = (struct checked){
            .file = check->paths[i],
            .diag = &simulation->diag,
            .scenario = simulation->diag.errors_count == 0 ? simulation->scenario : NULL,
            .load_only = check->load_only,
        };
        if (check->load_only && !check->options.quiet && simulation->diag.errors_count == 0)
            diag_print(&simulation->diag, stderr, options_style(&check->options, stderr).colour);
    }
    return code;
}

/* The names of what it has, so that one sees what it is a baseline of. */
static void check_refuse_baseline(struct check *check)
{
    const uint32_t count = baseline_count(check->baseline);
    const char *names = "";
    for (uint32_t i = 0; i < count && i < CHECK_NAMES_SHOWN; i++)
        names = arena_printf(&check->options.arena, "%s%s'%s'", names, i == 0 ? "" : ", ",
                             baseline_name(check->baseline, i));
    diag_error(&check->baseline_diag, (struct place){.file = check->baseline_path},
               "none of the scenarios is in this baseline, it has %s%s", names,
               count > CHECK_NAMES_SHOWN ? ", ..." : "");
}

/* Finds each scenario in the baseline, and whether what is needed of it is well formed. */
static void check_match(struct check *check)
{
    struct diag *diag = &check->baseline_diag;
    uint32_t found = 0;
    for (uint32_t i = 0; i < check->paths_count; i++) {
        const struct scenario *scenario = check->checked[i].scenario;
        if (baseline_find(check->baseline, scenario->name, scenario->file, &check->entries[i],
                          diag)) {
            found++;
            regression_check(scenario, check->baseline, check->entries[i], diag);
        } else {
            check->checked[i].not_compared = arena_printf(
                &check->options.arena, "not in the baseline %s: nothing to compare it with",
                check->baseline_path);
        }
    }
    if (found == 0 && diag->errors_count == 0)
        check_refuse_baseline(check);
}

/* After the scenarios were loaded, `good`: all of them. */
static int check_read_baseline(struct check *check, bool good)
{
    struct diag *diag = &check->baseline_diag;
    check->baseline = baseline_read(check->baseline_path, diag);
    if (check->baseline && good)
        check_match(check);
    if (diag->errors_count == 0)
        return EXIT_KEPT;
    diag_print(diag, stderr, options_style(&check->options, stderr).colour);
    check->checked[check->checked_count++] =
        (struct checked){.file = check->baseline_path, .diag = diag};
    return (int)diag->exit_code;
}

/* ---- running ---- */

static void check_print_promises(const struct check *check, const struct results *results)
{
    FILE *stream = check_stream(check);
    const struct text_style style = options_style(&check->options, stream);
    fprintf(stream, "%s%s%s\n", tint_begin(&style, TINT_STRONG), results->scenario->file,
            tint_end(&style, TINT_STRONG));
    if (results->scenario->promises_count == 0)
        fputs("  no promises\n", stream);
    text_promises(results, &style, stream);
}

/* Beside results for machines only what is worse is told. */
static int check_compare(struct check *check, uint32_t i)
{
    struct checked *checked = &check->checked[i];
    FILE *stream = check_stream(check);
    const struct text_style style = options_style(&check->options, stream);
    if (checked->not_compared) {
        if (!check->options.quiet)
            fprintf(stderr, "archsim: %s: warning: %s\n", checked->file, checked->not_compared);
        return EXIT_KEPT;
    }
    const struct regression *regression = regression_find(
        checked->results, check->baseline, check->entries[i],
        check->tolerance < 0 ? REGRESSION_TOLERANCE : check->tolerance, &check->options.arena);
    checked->regression = regression;
    const bool bad = regression->changes_count == 0 || regression->counts[REGRESSION_WORSE] > 0;
    if (check->options.format != OPTIONS_TEXT && bad)
        fprintf(stream, "%s\n", checked->file);
    if (check->options.format == OPTIONS_TEXT || bad)
        regression_print(regression, &style, stream);
    return regression->changes_count == 0             ? EXIT_UNDECIDED
           : regression->counts[REGRESSION_WORSE] > 0 ? EXIT_BROKEN
                                                      : EXIT_KEPT;
}

/* The exit code of one scenario. */
static int check_run_one(struct check *check, uint32_t i)
{
    struct simulation *simulation = &check->simulations[i];
    struct checked *checked = &check->checked[i];
    const double start_s = progress_clock_s();
    const int ran = simulate_run(simulation, &check->options, &check->interrupt);
    checked->time_s = progress_clock_s() - start_s;
    checked->results = simulation->results;
    checked->failure = simulation->failure;
    if (ran != EXIT_KEPT)
        return ran;
    const struct results_tally tally = results_tally(simulation->results);
    int code = check_verdict(&tally);
    if (!check->options.quiet)
        simulate_warn(simulation);
    if (check->options.format == OPTIONS_TEXT)
        check_print_promises(check, simulation->results);
    if (check->baseline)
        code = check_worse(check_compare(check, i), code);
    fflush(stdout);
    return code;
}

static void check_print_total(const struct check *check)
{
    struct results_tally total = {0};
    uint32_t worse = 0;
    FILE *stream = check_stream(check);
    for (uint32_t i = 0; i < check->paths_count; i++) {
        const struct checked *checked = &check->checked[i];
        const struct results_tally tally =
            checked->results ? results_tally(checked->results) : (struct results_tally){0};
        for (int j = 0; j < VERDICT_KINDS; j++)
            total.counts[j] += tally.counts[j];
        worse += checked->regression ? checked->regression->counts[REGRESSION_WORSE] : 0;
    }
    fprintf(stream, "%u scenario%s: %u promises kept, %u broken, %u undecided", check->paths_count,
            check->paths_count == 1 ? "" : "s", total.counts[VERDICT_KEPT],
            total.counts[VERDICT_BROKEN], total.counts[VERDICT_UNDECIDED]);
    if (check->baseline)
        fprintf(stream, "; %u metric%s worse than in the baseline", worse, worse == 1 ? "" : "s");
    fputc('\n', stream);
}

static int check_run(struct check *check)
{
    int code = EXIT_KEPT;
    for (uint32_t i = 0; i < check->paths_count; i++) {
        const int one = check_run_one(check, i);
        if (one == EXIT_INTERRUPT)
            return one;
        code = check_worse(code, one);
    }
    if (check->options.format == OPTIONS_TEXT)
        check_print_total(check);
    return code;
}

/* ---- reports ---- */

static void check_print_markdown(struct check *check)
{
    for (uint32_t i = 0; i < check->paths_count; i++) {
        const struct checked *checked = &check->checked[i];
        const struct regression *regression = checked->regression;
        if (!checked->results)
            continue;
        if (i > 0)
            putchar('\n');
        markdown_report(checked->results, stdout);
        if (regression)
            printf("\n### Of %u metrics %u worse than in the baseline\n\n",
                   regression->changes_count, regression->counts[REGRESSION_WORSE]);
        for (uint32_t j = 0; regression && j < regression->changes_count; j++) {
            const struct regression_change *change = &regression->changes[j];
            if (change->kind != REGRESSION_WORSE)
                continue;
            printf("- `%s`: ", change->path);
            markdown_text(sentence_change(regression, change, true, &check->options.arena), stdout);
            putchar('\n');
        }
    }
}

/* One object, or an array (a table) of those that finished where several were asked for. */
static void check_print_results(struct check *check)
{
    const struct results **results = memory_resize(NULL, check->paths_count, sizeof(*results));
    uint32_t count = 0;
    for (uint32_t i = 0; i < check->paths_count; i++)
        if (check->checked[i].results)
            results[count++] = check->checked[i].results;
    switch (check->options.format) {
    case OPTIONS_TEXT:
        break;
    case OPTIONS_JSON:
        if (check->paths_count > 1)
            json_report_all(results, count, stdout);
        else if (count == 1)
            json_report(results[0], stdout);
        break;
    case OPTIONS_CSV:
        if (check->paths_count > 1)
            csv_report_all(results, count, stdout);
        else if (count == 1)
            csv_report(results[0], stdout);
        break;
    case OPTIONS_MARKDOWN:
        check_print_markdown(check);
        break;
    }
    free(results);
}

static void check_annotate(const struct check *check)
{
    const char *github = getenv("GITHUB_ACTIONS");
    if (github && strcmp(github, "true") == 0)
        github_report(check->checked, check->checked_count, getenv("GITHUB_WORKSPACE"),
                      check_stream(check));
}

/* Now, or what SOURCE_DATE_EPOCH says that now is. */
static const char *check_time(char *text, size_t size)
{
    const char *given = getenv("SOURCE_DATE_EPOCH");
    struct quantity_error error;
    int64_t seconds;
    struct tm utc;
    time_t now = time(NULL);
    if (given && quantity_parse_whole(given, &seconds, &error) && seconds >= 0)
        now = seconds;
    if (!gmtime_r(&now, &utc) || strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
        snprintf(text, size, "1970-01-01T00:00:00");
    return text;
}

static bool check_write_junit(const struct check *check)
{
    char host[CHECK_HOST_MAX] = "", now[sizeof("2026-11-25T04:00:00") + 16];
    char *data = NULL;
    size_t size;
    FILE *stream = open_memstream(&data, &size);
    if (!stream)
        fatal("out of memory");
    if (gethostname(host, sizeof(host) - 1) != 0 || !host[0])
        snprintf(host, sizeof(host), "localhost");
    const struct junit_origin origin = {.time = check_time(now, sizeof(now)), .host = host};
    junit_report(check->checked, check->checked_count, &origin, stream);
    if (fclose(stream) != 0)
        fatal("out of memory");
    const bool good = output_write(check->junit_path, data, size);
    free(data);
    return good;
}

static int check_all(struct check *check)
{
    int code = check_load(check);
    if (check->baseline_path)
        code = check_worse(code, check_read_baseline(check, code == EXIT_KEPT));
    if (code == EXIT_KEPT && !check->load_only) {
        interrupt_init(&check->interrupt);
        code = check_run(check);
        interrupt_done(&check->interrupt);
        if (code == EXIT_INTERRUPT)
            return code;
        check_print_results(check);
    }
    check_annotate(check);
    if (check->junit_path && !check_write_junit(check))
        code = EXIT_WORK;
    return code;
}

int command_check(int argc, char **argv)
{
    struct check check = {.tolerance = -1};
    options_init(&check.options, argc);
    struct arena *arena = &check.options.arena;
    const size_t room = (size_t)argc;
    check.paths = arena_array(arena, room, sizeof(*check.paths));
    check.simulations = arena_array(arena, room, sizeof(*check.simulations));
    check.entries = arena_array(arena, room, sizeof(*check.entries));
    check.checked = arena_array(arena, room + 1, sizeof(*check.checked));
    diag_init(&check.baseline_diag);
    int code = EXIT_INPUT;
    if (argp_parse(&check_argp, argc, argv, 0, NULL, &check) == 0)
        code = check.junit_path && !output_check(check.junit_path) ? EXIT_WORK : check_all(&check);
    for (uint32_t i = 0; i < check.loaded_count; i++)
        simulate_done(&check.simulations[i]);
    baseline_free(check.baseline);
    diag_done(&check.baseline_diag);
    options_done(&check.options);
    return code;
}
