/* run: simulates one scenario and writes its results, whole or not at all. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/csv.h"
#include "reports/database.h"
#include "reports/json.h"
#include "reports/markdown.h"
#include "reports/spans.h"
#include "reports/text.h"
#include "sim/commands/commands.h"
#include "sim/commands/options.h"
#include "sim/commands/output.h"
#include "sim/commands/profile.h"
#include "sim/commands/simulate.h"
#include "sim/scenario/quantity.h"

enum {
    RUN_OUTPUT = 'o',
    RUN_PROFILE = 512,
    RUN_REPORT,
    RUN_DATABASE,
    RUN_TRACE,
    RUN_TRACE_FORMAT,
    RUN_TRACE_REQUESTS,
    RUN_TRACE_REQUESTS_MAX = 10000,
    RUN_TRACE_REQUESTS_USUAL = 50,
};

enum run_trace { RUN_TRACE_BY_NAME, RUN_TRACE_OTLP, RUN_TRACE_CHROME };

struct run {
    struct options options;
    const char *path;
    const char *output;
    const char *database; /* or null */
    const char *trace;    /* or null */
    enum run_trace trace_format;
    uint32_t trace_requests; /* 0: as usual */
    bool profile;
};

static const struct argp_option run_table[] = {
    {"output", RUN_OUTPUT, "FILE", 0, "write the results there, whole or not at all (- is stdout)",
     0},
    {"profile", RUN_PROFILE, NULL, 0, "say on standard error where the time went", 0},
    {"database", RUN_DATABASE, "FILE", 0,
     "append the run to this SQLite database, whole or not at all", 0},
    {"report", RUN_REPORT, "FILE", OPTION_HIDDEN, NULL, 0},
    {"trace", RUN_TRACE, "FILE", 0,
     "write what single requests did there, call by call: a sample and the slowest", 0},
    {"trace-format", RUN_TRACE_FORMAT, "FORMAT", 0,
     "otlp (default), or chrome (default for *.chrome.json), which Perfetto opens", 0},
    {"trace-requests", RUN_TRACE_REQUESTS, "N", 0,
     "how many to sample, and how many of the slowest (default: 50)", 0},
    {0},
};

static error_t run_trace_format(struct run *run, const char *text)
{
    if (strcmp(text, "otlp") != 0 && strcmp(text, "chrome") != 0)
        return options_fail("--trace-format", "expected otlp or chrome, not '%s'", text);
    run->trace_format = text[0] == 'o' ? RUN_TRACE_OTLP : RUN_TRACE_CHROME;
    return 0;
}

/* What stands on the command line, as a whole. */
static error_t run_complete(const struct run *run)
{
    if (!run->trace && run->trace_format != RUN_TRACE_BY_NAME)
        return options_fail("--trace-format", "says how --trace writes, which is not given");
    if (!run->trace && run->trace_requests > 0)
        return options_fail("--trace-requests", "says what --trace writes, which is not given");
    if (run->trace && strcmp(run->trace, run->output) == 0)
        return options_fail("--trace", "'%s' is where --output writes", run->trace);
    return 0;
}

static error_t run_trace_requests(struct run *run, const char *text)
{
    struct quantity_error error;
    int64_t count;
    if (!quantity_parse_whole(text, &count, &error) || count < 1 || count > RUN_TRACE_REQUESTS_MAX)
        return options_fail("--trace-requests", "expected a count of 1 to %d, not '%s'",
                            RUN_TRACE_REQUESTS_MAX, text);
    run->trace_requests = (uint32_t)count;
    return 0;
}

static error_t run_parse(int key, char *text, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->options;
        return 0;
    case RUN_OUTPUT:
        run->output = text;
        return 0;
    case RUN_PROFILE:
        run->profile = true;
        return 0;
    case RUN_REPORT:
        return options_fail("--report", "not yet available");
    case RUN_DATABASE:
        if (strcmp(text, "-") == 0)
            return options_fail("--database", "expected a file");
        run->database = text;
        return 0;
    case RUN_TRACE:
        if (strcmp(text, "-") == 0)
            return options_fail("--trace", "expected a file");
        run->trace = text;
        return 0;
    case RUN_TRACE_FORMAT:
        return run_trace_format(run, text);
    case RUN_TRACE_REQUESTS:
        return run_trace_requests(run, text);
    case ARGP_KEY_ARG:
        if (run->path)
            argp_error(state, "one scenario at a time: '%s' is too many", text);
        run->path = text;
        return 0;
    case ARGP_KEY_END:
        if (!run->path)
            argp_error(state, "expected a scenario file");
        return run_complete(run);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child run_children[] = {{&options_argp, 0, NULL, 0}, {0}};
static const struct argp run_argp = {
    .options = run_table,
    .parser = run_parse,
    .args_doc = "FILE",
    .doc = "Simulate a scenario and print a summary: what was promised, latency and errors, the "
           "services nearest to their limit.\v"
           "Examples:\n"
           "  archsim run scenarios/flagship.yaml\n"
           "  archsim run scenarios/serverless-api.yaml --trace requests.chrome.json\n"
           "  archsim run shop.yaml --set services.db.servers=8 --format json -o shop.json\n",
    .children = run_children,
};

/* The results as text in memory, to be freed with free(). */
static char *run_render(const struct run *run, const struct results *results, size_t *size)
{
    char *data = NULL;
    FILE *stream = open_memstream(&data, size);
    if (!stream)
        fatal("out of memory");
    struct text_style style = options_style(&run->options, stdout);
    if (strcmp(run->output, "-") != 0) {
        style.colour = run->options.color == OPTIONS_COLOR_ALWAYS;
        style.width = 0;
    }
    switch (run->options.format) {
    case OPTIONS_TEXT:
        text_report(results, &style, stream);
        break;
    case OPTIONS_JSON:
        json_report(results, stream);
        break;
    case OPTIONS_CSV:
        csv_report(results, stream);
        break;
    case OPTIONS_MARKDOWN:
        markdown_report(results, stream);
        break;
    }
    if (fclose(stream) != 0)
        fatal("out of memory");
    return data;
}

/* Before a long run: whether its results could be written. */
static bool run_check(const struct run *run)
{
    struct diag diag;
    diag_init(&diag);
    const bool good =
        output_check(run->output) && (!run->trace || output_check(run->trace)) &&
        (!run->database || (output_check(run->database) && database_check(run->database, &diag)));
    diag_print(&diag, stderr, options_style(&run->options, stderr).colour);
    diag_done(&diag);
    return good;
}

static bool run_store(const struct run *run, const struct results *results)
{
    struct diag diag;
    diag_init(&diag);
    const bool good = database_append(run->database,
                                      &(struct database_run){
                                          .results = results,
                                          .overrides = run->options.overrides,
                                          .overrides_count = run->options.overrides_count,
                                          .stored_s = time(NULL),
                                      },
                                      &diag);
    diag_print(&diag, stderr, options_style(&run->options, stderr).colour);
    diag_done(&diag);
    return good;
}

static bool run_is_chrome(const struct run *run)
{
    static const char ending[] = ".chrome.json";
    const size_t length = strlen(run->trace), tail = sizeof(ending) - 1;
    if (run->trace_format != RUN_TRACE_BY_NAME)
        return run->trace_format == RUN_TRACE_CHROME;
    return length > tail && strcmp(run->trace + length - tail, ending) == 0;
}

static bool run_write_trace(const struct run *run, const struct results *results)
{
    char *data = NULL;
    size_t size;
    FILE *stream = open_memstream(&data, &size);
    if (!stream)
        fatal("out of memory");
    if (run_is_chrome(run))
        spans_chrome(results, stream);
    else
        spans_otlp(results, stream);
    if (fclose(stream) != 0)
        fatal("out of memory");
    if (results->spans.not_followed > 0 && !run->options.quiet)
        fprintf(stderr,
                "archsim: --trace: %" PRIu64 " requests were not followed: too many at once\n",
                results->spans.not_followed);
    const bool good = output_write(run->trace, data, size);
    free(data);
    return good;
}

static bool run_write(const struct run *run, const struct simulation *simulation)
{
    size_t size;
    char *data = run_render(run, simulation->results, &size);
    const bool shows_warnings =
        (run->options.format == OPTIONS_TEXT || run->options.format == OPTIONS_MARKDOWN) &&
        strcmp(run->output, "-") == 0;
    if (!run->options.quiet && !shows_warnings)
        simulate_warn(simulation);
    const bool good = output_write(run->output, data, size);
    free(data);
    return good;
}

static int run_simulate(struct run *run, struct simulation *simulation)
{
    struct interrupt interrupt;
    int code = simulate_load(simulation, run->path, &run->options);
    if (code != EXIT_KEPT)
        return code;
    if (!run_check(run))
        return EXIT_WORK;
    if (run->trace)
        simulation->spans_count =
            run->trace_requests > 0 ? run->trace_requests : RUN_TRACE_REQUESTS_USUAL;
    interrupt_init(&interrupt);
    code = simulate_run(simulation, &run->options, &interrupt);
    bool good = true; /* what can be written is, whatever else fails */
    if (code == EXIT_KEPT && run->database)
        good = run_store(run, simulation->results);
    interrupt_done(&interrupt);
    if (code != EXIT_KEPT)
        return code;
    if (run->trace)
        good = run_write_trace(run, simulation->results) && good;
    good = run_write(run, simulation) && good;
    if (run->profile)
        profile_print(&simulation->experiments[0], simulation->results, stderr);
    return good ? EXIT_KEPT : EXIT_WORK;
}

int command_run(int argc, char **argv)
{
    struct run run = {.output = "-"};
    struct simulation simulation;
    options_init(&run.options, argc);
    int code = EXIT_INPUT;
    if (argp_parse(&run_argp, argc, argv, 0, NULL, &run) == 0) {
        code = run_simulate(&run, &simulation);
        simulate_done(&simulation);
    }
    options_done(&run.options);
    return code;
}
