/* What a person reads: tables, and a whole summary. Known independently: the expected
 * texts are written by hand; a line has at most 100 columns; escapes come only where colour was
 * asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "reports/text.h"
#include "sim/scenario/utf8.h"
#include "tests/engine/synthetic.h"

static const struct text_style plain = {.colour = false, .unicode = false};
static const struct text_style rich = {.colour = true, .unicode = true};

static char *print_table(const struct table *table, const struct text_style *style)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    table_print(table, style, stream);
    fclose(stream);
    return text;
}

static void test_table_aligns_and_cuts(void **state)
{
    (void)state;
    struct arena arena;
    struct table table;
    char wide[151];
    memset(wide, 'x', 150);
    wide[150] = '\0';
    arena_init(&arena);
    table_init(&table, &arena, "lrl");
    table_row(&table);
    table_cell(&table, TINT_NONE, "a\u00b5");
    table_cell(&table, TINT_GOOD, "1");
    table_row(&table);
    table_cell(&table, TINT_NONE, "long");
    table_cell(&table, TINT_NONE, "100");
    table_cell(&table, TINT_NONE, "%s", wide);
    char *text = print_table(&table, &plain);
    wide[100 - 13 - 2] = '\0'; /* two blanks before each of "long", "100" and the rest */
    char expected[256];
    snprintf(expected, sizeof(expected), "  a\u00b5      1\n  long  100  %s..\n", wide);
    assert_string_equal(text, expected);
    free(text);
    text = print_table(&table, &rich);
    assert_non_null(strstr(text, "  \033[32m1\033[0m\n"));
    free(text);
    const struct text_style narrow = {.width = 80};
    wide[80 - 13 - 2] = '\0';
    snprintf(expected, sizeof(expected), "  a\u00b5      1\n  long  100  %s..\n", wide);
    text = print_table(&table, &narrow);
    assert_string_equal(text, expected);
    free(text);
    arena_done(&arena);
}

static void test_a_note_stands_below_its_row(void **state)
{
    (void)state;
    struct arena arena;
    struct table table;
    arena_init(&arena);
    table_init(&table, &arena, "l");
    table_row(&table);
    table_cell(&table, TINT_NONE, "one");
    table_note(&table, "why one is so, in more words than a line of this terminal has columns: two "
                       "lines");
    table_row(&table);
    table_cell(&table, TINT_NONE, "two");
    const struct text_style narrow = {.width = 80};
    char *text = print_table(&table, &narrow);
    assert_string_equal(text, "  one\n"
                              "    why one is so, in more words than a line of this terminal has "
                              "columns: two\n"
                              "    lines\n"
                              "  two\n");
    free(text);
    arena_done(&arena);
}

static void test_long_names_keep_both_ends(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(text_short(&arena, "short", 10), "short");
    assert_string_equal(text_short(&arena, "exactly_10", 10), "exactly_10");
    assert_string_equal(text_short(&arena, "orders_of_region_07", 10), "orde..n_07");
    assert_string_equal(text_short(&arena, "\u00e4\u00e4\u00e4\u00e4\u00e4\u00f6\u00fc", 6),
                        "\u00e4\u00e4..\u00f6\u00fc");
    assert_string_equal(text_short(&arena, "abc", 2), "ab");
    arena_done(&arena);
}

static void test_text_of_the_input_is_harmless(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(text_clean(&arena, "a\033[31mb\nc", 99), "a?[31mb?c");
    assert_string_equal(text_clean(&arena, "\xc2\x85\u202e\ufeff\xff", 99), "????");
    assert_string_equal(text_clean(&arena, "\u00e4\u00f6\u00fc", 2), "\u00e4\u00f6");
    arena_done(&arena);
}

static char *print_report(struct synthetic *s, const struct text_style *style)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    struct results *results = synthetic_results(s);
    text_report(results, style, stream);
    fclose(stream);
    results_free(results);
    return text;
}

static void expect_width(const char *text, uint32_t width)
{
    for (const char *line = text; *line;) {
        const size_t length = strcspn(line, "\n");
        assert_true(utf8_count(line, length) <= width);
        line += length + 1;
    }
}

static void expect_lines_fit(const char *text)
{
    expect_width(text, TABLE_WIDTH);
}

static void test_summary(void **state)
{
    (void)state;
    static const double p99[] = {0.1, 0.1, 0.1, 0.1, 0.1};
    static const double most[] = {0.8, 0.8, 0.8, 0.8, 0.8};
    static const double half[] = {0.5, 0.5, 0.5, 0.5, 0.5};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_P99, p99);
    synthetic_set(&s, M_DB_UTILIZATION, half);
    synthetic_set(&s, M_EDGE_UTILIZATION, most);
    s.promise.why = "contract\t4";
    s.promise.metric = M_LATENCY_P99;
    s.promise.text = "traffic.users.latency.p99 < 50ms";
    s.promise.limit = 0.05;
    char *text = print_report(&s, &plain);
    assert_non_null(strstr(text, "Promises: 0 kept, 1 broken, 0 undecided\n"
                                 "  x broken  traffic.users.latency.p99 < 50ms  100 ms\n"
                                 "    why: contract?4\n"));
    assert_non_null(strstr(text, "Bottleneck: edge, 80 % of its servers in use on average\n"
                                 "  about 1.25 times this traffic"));
    const char *edge = strstr(text, "  edge  ################....  80 %");
    const char *db = strstr(text, "  db    ##########..........  50 %");
    assert_non_null(edge);
    assert_non_null(db);
    assert_true(edge < db); /* nearest to its limit first */
    assert_null(strchr(text, '\033'));
    expect_lines_fit(text);
    free(text);
    text = print_report(&s, &rich);
    assert_non_null(strstr(text, "\033[31m\u2718 broken\033[0m"));
    free(text);
    s.scenario.varies = true;
    s.promise.limit = 0.5; /* kept: needs no excuse */
    text = print_report(&s, &plain);
    assert_null(strstr(text, "contract"));
    assert_non_null(strstr(text, "not the day"));
    expect_lines_fit(text);
    free(text);
    synthetic_done(&s);
}

static void test_summary_of_an_overload(void **state)
{
    (void)state;
    static const double p99[] = {0.1, 0.1, 0.1, 0.1, 0.1};
    static const double full[] = {1, 1, 1, 1, 1};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_P99, p99);
    synthetic_set(&s, M_DB_UTILIZATION, full);
    for (uint32_t i = 0; i < 5; i++)
        s.experiment.replications[i].overloaded[0] = true;
    s.promise.metric = M_LATENCY_P99;
    s.promise.text = "traffic.users.latency.p99 < 500ms";
    s.promise.why = "contract 4";
    s.promise.limit = 0.5;
    char *text = print_report(&s, &plain);
    assert_non_null(strstr(text, "  ? undecided  traffic.users.latency.p99 < 500ms  100 ms\n"
                                 "    the traffic was overloaded: a backlog grew through the "
                                 "window\n"
                                 "    why: contract 4\n"));
    assert_non_null(strstr(text, "Bottleneck: db, 100 % of its servers in use on average\n"
                                 "  it is full: "));
    assert_non_null(strstr(text, "\nWarnings\n  overloaded: traffic.users: "));
    expect_lines_fit(text);
    free(text);
    synthetic_done(&s);
}

/* A limiter has no capacity, only tokens; a bulkhead may be nearer to its end than the servers. */
static void test_services_show_their_tightest_limit(void **state)
{
    (void)state;
    static const double half[] = {0.5, 0.5, 0.5, 0.5, 0.5};
    static const double most[] = {0.8, 0.8, 0.8, 0.8, 0.8};
    static const double unknown[] = {NAN, NAN, NAN, NAN, NAN};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_DB_UTILIZATION, unknown);
    synthetic_use(&s, 0, USED_RESOURCE, most);
    synthetic_set(&s, M_EDGE_UTILIZATION, half);
    char *text = print_report(&s, &plain);
    const char *db = strstr(text, "  db    ################....  80 %  tokens ");
    const char *edge = strstr(text, "  edge  ##########..........  50 %  servers ");
    assert_non_null(db);
    assert_non_null(edge);
    assert_true(db < edge);
    assert_non_null(strstr(text, "Bottleneck: db, 80 % of its tokens in use on average\n"));
    expect_lines_fit(text);
    free(text);
    synthetic_set(&s, M_EDGE_UTILIZATION, unknown);
    text = print_report(&s, &plain);
    assert_non_null(strstr(text, "  edge  no limit"));
    free(text);
    synthetic_done(&s);
}

/* Two classes of errors and a resource with a long name: on a narrow terminal bars and names are
 * shorter, but no column is missing and each line fits. */
static void test_every_column_on_every_terminal(void **state)
{
    (void)state;
    static const double most[] = {0.8, 0.8, 0.8, 0.8, 0.8};
    static const double timeouts[] = {0.123, 0.123, 0.123, 0.123, 0.123};
    static const double rejected[] = {0.065, 0.065, 0.065, 0.065, 0.065};
    static const struct {
        uint32_t width;
        const char *row;
    } expected[] = {
        {0,
         "  db    ########..  80 %  maximum capacity of the readers    -      -  timeout 12.3 %"},
        {80, "  db    ######..  80 %  maximum cap..the readers    -      -  timeout 12.3 %, ..\n"},
        {72, "  db    ######..  80 %  maximum..readers    -      -  timeout 12.3 %, ..\n"},
    };
    struct synthetic s;
    struct metric_entry entries[SYNTHETIC_ENTRIES];
    synthetic_init(&s, 5, 60);
    memcpy(entries, synthetic_entries, sizeof(entries));
    s.list.entries = entries;
    entries[M_DB_CAPACITY_MIN] = (struct metric_entry){.path = "services.db.errors.timeout",
                                                       .unit = QUANTITY_RATIO,
                                                       .scope = SCOPE_SERVICE,
                                                       .field = FIELD_ERRORS,
                                                       .part = OUTCOME_TIMEOUT};
    entries[M_DB_OUTGOING_RATE] = entries[M_DB_CAPACITY_MIN];
    entries[M_DB_OUTGOING_RATE].path = "services.db.errors.rejected";
    entries[M_DB_OUTGOING_RATE].part = OUTCOME_REJECTED;
    synthetic_set(&s, M_DB_UTILIZATION, most);
    synthetic_set(&s, M_DB_CAPACITY_MIN, timeouts);
    synthetic_set(&s, M_DB_OUTGOING_RATE, rejected);
    struct results *results = synthetic_results(&s);
    results->uses[0].resource = "maximum capacity of the readers";
    results->bottleneck.resource = "maximum capacity of the readers";
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct text_style style = {.width = expected[i].width};
        char *text;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        text_report(results, &style, stream);
        fclose(stream);
        assert_non_null(strstr(text, expected[i].row));
        assert_non_null(strstr(text, " used  of its "));
        assert_non_null(strstr(text, "  p99  queue  errors\n"));
        expect_width(text, text_width(&style));
        free(text);
    }
    results_free(results);
    synthetic_done(&s);
}

/* The limit and its verdict are never cut: without room the interval goes to the reason. */
static void test_promises_on_a_narrow_terminal(void **state)
{
    (void)state;
    static const double p99[] = {0.1, 0.3, 0.15, 0.1, 0.2};
    static const struct text_style narrow = {.width = 72};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_P99, p99);
    s.promise.metric = M_LATENCY_P99;
    s.promise.text = "traffic.users.latency.p99 < 170ms";
    s.promise.warning = true;
    s.promise.limit = 0.17;
    char *text = print_report(&s, &plain);
    assert_non_null(strstr(text, "p99 < 170ms (warning)  170 ms +- "));
    free(text);
    text = print_report(&s, &narrow);
    assert_non_null(strstr(text, "p99 < 170ms (warning)  170 ms\n    170 ms +- "));
    assert_non_null(strstr(text, " ms: the interval straddles the limit\n"));
    expect_width(text, 72);
    free(text);
    synthetic_done(&s);
}

static void warn(struct results *results, const char *code, const char *path, const char *words)
{
    results->warnings[results->warnings_count++] = (struct results_warning){code, path, words};
}

/* The same of several paths is said once; of a code with many things to say five are said. */
static void test_warnings_are_put_together(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    struct results *results = synthetic_results(&s);
    results->warnings = arena_array(&s.arena, 100, sizeof(*results->warnings));
    results->warnings_count = 0;
    warn(results, "overloaded", "services.a", "a backlog grew");
    warn(results, "assumed_default", "services.a", "assumed: size = 1 KiB");
    warn(results, "assumed_default", "services.b", "assumed: init = 0s");
    warn(results, "assumed_default", "services.c", "assumed: size = 1 KiB");
    for (uint32_t i = 0; i < 5; i++)
        warn(results, "overloaded", arena_printf(&s.arena, "services.d%u", i), "a backlog grew");
    for (uint32_t i = 0; i < 8; i++)
        warn(results, "odd", NULL, arena_printf(&s.arena, "thing %u", i));
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    text_report(results, &plain, stream);
    fclose(stream);
    assert_non_null(strstr(text,
                           "\nWarnings\n"
                           "  overloaded: services.a, services.d0, services.d1 and 3 more: a "
                           "backlog grew\n"
                           "  assumed_default: services.a, services.c: assumed: size = 1 KiB\n"
                           "  assumed_default: services.b: assumed: init = 0s\n"
                           "  odd: thing 0\n  odd: thing 1\n  odd: thing 2\n  odd: thing 3\n"
                           "  odd: thing 4; and 3 more such\n\n"));
    free(text);
    results_free(results);
    synthetic_done(&s);
}

/* A missing p99_9 is told where somebody wants it, a missing p99 always: the summary shows it. */
static void test_only_what_is_missed_is_told(void **state)
{
    (void)state;
    static const double unknown[] = {NAN, NAN, NAN, NAN, NAN};
    struct synthetic s;
    struct metric_entry entries[SYNTHETIC_METRICS];
    synthetic_init(&s, 5, 60);
    memcpy(entries, synthetic_entries, sizeof(entries));
    s.list.entries = entries;
    synthetic_set(&s, M_LATENCY_P99, unknown);
    char *text = print_report(&s, &plain);
    assert_non_null(strstr(text, "few_observations: traffic.users.latency.p99: "));
    free(text);
    entries[M_LATENCY_P99].path = "traffic.users.latency.p99_9";
    text = print_report(&s, &plain);
    assert_null(strstr(text, "Warnings"));
    free(text);
    s.promise.metric = M_LATENCY_P99;
    s.promise.path = "traffic.users.latency.p99_9";
    text = print_report(&s, &plain);
    assert_non_null(strstr(text, "few_observations: traffic.users.latency.p99_9: "));
    free(text);
    synthetic_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary_of_an_overload),
        cmocka_unit_test(test_services_show_their_tightest_limit),
        cmocka_unit_test(test_every_column_on_every_terminal),
        cmocka_unit_test(test_promises_on_a_narrow_terminal),
        cmocka_unit_test(test_warnings_are_put_together),
        cmocka_unit_test(test_only_what_is_missed_is_told),
        cmocka_unit_test(test_table_aligns_and_cuts),
        cmocka_unit_test(test_a_note_stands_below_its_row),
        cmocka_unit_test(test_long_names_keep_both_ends),
        cmocka_unit_test(test_text_of_the_input_is_harmless),
        cmocka_unit_test(test_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
