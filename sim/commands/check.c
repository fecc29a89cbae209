/* check: simulates each scenario and judges its promises; the exit code is the verdict over all. */
#include <errno.h>
#include <stdlib.h>

#include "reports/json.h"
#include "reports/text.h"
#include "sim/commands/commands.h"
#include "sim/commands/options.h"
#include "sim/commands/simulate.h"

enum {
    CHECK_LOAD_ONLY = 512,
    CHECK_JUNIT,
    CHECK_BASELINE,
    CHECK_TOLERANCE,
};

struct check {
    struct options options;
    char **paths;
    int paths_count;
    bool load_only;
    struct simulation *simulations; /* per path */
    struct interrupt interrupt;
};

static const struct argp_option check_table[] = {
    {"load-only", CHECK_LOAD_ONLY, NULL, 0, "only validate, simulate nothing", 0},
    {"junit", CHECK_JUNIT, "FILE", OPTION_HIDDEN, NULL, 0},
    {"baseline", CHECK_BASELINE, "FILE", OPTION_HIDDEN, NULL, 0},
    {"tolerance", CHECK_TOLERANCE, "RATIO", OPTION_HIDDEN, NULL, 0},
    {0},
};

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
        return options_fail("--junit", "not yet available");
    case CHECK_BASELINE:
        return options_fail("--baseline", "not yet available");
    case CHECK_TOLERANCE:
        return options_fail("--tolerance", "not yet available");
    case ARGP_KEY_ARG:
        check->paths[check->paths_count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (check->paths_count == 0)
            argp_error(state, "expected scenario files");
        return 0;
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
        "when one is broken, 3 when none is broken but one is undecided, 2 when a scenario is "
        "wrong, 4 when the work failed.\v"
        "Examples:\n"
        "  archsim check scenarios/*.yaml\n"
        "  archsim check shop.yaml --load-only\n",
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

static void check_print_one(const struct check *check, const struct results *results)
{
    const struct text_style style = options_style(&check->options, stdout);
    printf("%s%s%s\n", tint_begin(&style, TINT_STRONG), results->scenario->file,
           tint_end(&style, TINT_STRONG));
    if (results->scenario->promises_count == 0)
        puts("  no promises");
    text_promises(results, &style, stdout);
    fflush(stdout);
}

/* All are loaded before any is simulated, so that what is wrong is told at once. */
static int check_load(struct check *check)
{
    int code = EXIT_KEPT;
    for (int i = 0; i < check->paths_count; i++) {
        code = check_worse(simulate_load(&check->simulations[i], check->paths[i], &check->options),
                           code);
        if (check->load_only && !check->options.quiet &&
            check->simulations[i].diag.errors_count == 0)
            diag_print(&check->simulations[i].diag, stderr,
                       options_style(&check->options, stderr).colour);
    }
    return code;
}

static int check_run(struct check *check)
{
    struct results_tally total = {0};
    int code = EXIT_KEPT;
    for (int i = 0; i < check->paths_count; i++) {
        struct simulation *simulation = &check->simulations[i];
        const int ran = simulate_run(simulation, &check->options, &check->interrupt);
        if (ran == EXIT_INTERRUPT)
            return ran;
        code = check_worse(code, ran);
        if (ran != EXIT_KEPT)
            continue;
        const struct results_tally tally = results_tally(simulation->results);
        for (int j = 0; j < VERDICT_KINDS; j++)
            total.counts[j] += tally.counts[j];
        code = check_worse(code, check_verdict(&tally));
        if (!check->options.quiet)
            simulate_warn(simulation);
        if (check->options.format == OPTIONS_TEXT)
            check_print_one(check, simulation->results);
    }
    if (check->options.format == OPTIONS_TEXT)
        printf("%d scenario%s: %u promises kept, %u broken, %u undecided\n", check->paths_count,
               check->paths_count == 1 ? "" : "s", total.counts[VERDICT_KEPT],
               total.counts[VERDICT_BROKEN], total.counts[VERDICT_UNDECIDED]);
    return code;
}

/* One object, or an array of those that finished where several were asked for. */
static void check_print_json(const struct check *check)
{
    const struct results **results =
        memory_resize(NULL, (size_t)check->paths_count, sizeof(*results));
    uint32_t count = 0;
    for (int i = 0; i < check->paths_count; i++)
        if (check->simulations[i].results)
            results[count++] = check->simulations[i].results;
    if (check->paths_count > 1)
        json_report_all(results, count, stdout);
    else if (count == 1)
        json_report(results[0], stdout);
    free(results);
}

static int check_all(struct check *check)
{
    int code = check_load(check);
    if (code != EXIT_KEPT || check->load_only)
        return code;
    interrupt_init(&check->interrupt);
    code = check_run(check);
    interrupt_done(&check->interrupt);
    if (code != EXIT_INTERRUPT && check->options.format == OPTIONS_JSON)
        check_print_json(check);
    return code;
}

int command_check(int argc, char **argv)
{
    struct check check = {.load_only = false};
    options_init(&check.options, argc);
    check.paths = arena_array(&check.options.arena, (size_t)argc, sizeof(*check.paths));
    int code = EXIT_INPUT;
    if (argp_parse(&check_argp, argc, argv, 0, NULL, &check) == 0) {
        check.simulations = arena_array(&check.options.arena, (size_t)check.paths_count,
                                        sizeof(*check.simulations));
        code = check_all(&check);
        for (int i = 0; i < check.paths_count; i++)
            simulate_done(&check.simulations[i]);
    }
    options_done(&check.options);
    return code;
}
