/* What a person reads: estimates, tables, and a whole summary. Known independently: the expected
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

static void expect_estimate(struct interval estimate, enum quantity unit, const char *expected)
{
    char buffer[96];
    assert_string_equal(text_estimate(buffer, sizeof(buffer), estimate, unit, &plain), expected);
}

static void test_estimates(void **state)
{
    (void)state;
    expect_estimate((struct interval){0.182, 0.1789, 0.1851}, QUANTITY_TIME, "182 ms +- 3.1 ms");
    expect_estimate((struct interval){0.182, NAN, NAN}, QUANTITY_TIME, "182 ms");
    expect_estimate((struct interval){0.0571, 0.05696, 0.05724}, QUANTITY_TIME,
                    "57.1 ms +- 0.14 ms"); /* in one unit, to be compared at a glance */
    expect_estimate((struct interval){0.99992, 0.89992, 1.09992}, QUANTITY_TIME, "1 s +- 0.10 s");
    expect_estimate((struct interval){200, 180, 220}, QUANTITY_TIME, "3m 20s +- 20 s");
    expect_estimate((struct interval){0.012, 0.012, 0.012}, QUANTITY_TIME, "12 ms");
    expect_estimate((struct interval){NAN, NAN, NAN}, QUANTITY_TIME, "-");
    expect_estimate((struct interval){0.5, 0.49, 0.51}, QUANTITY_RATIO, "50 % +- 1.0 %");
    expect_estimate((struct interval){0.9999, 0.999899, 0.999901}, QUANTITY_RATIO,
                    "99.99 % +- 0.00010 %");
    expect_estimate((struct interval){0, 0, 0.0003}, QUANTITY_RATIO, "0 % (0 % .. 0.03 %)");
    expect_estimate((struct interval){200, 198, 202}, QUANTITY_RATE, "200/s +- 2/s");
    char buffer[96];
    assert_string_equal(
        text_estimate(buffer, sizeof(buffer), (struct interval){3, 2, 4}, QUANTITY_COUNT, &rich),
        "3 \u00b1 1");
}

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

static void expect_lines_fit(const char *text)
{
    for (const char *line = text; *line;) {
        const size_t length = strcspn(line, "\n");
        assert_true(utf8_count(line, length) <= TABLE_WIDTH);
        line += length + 1;
    }
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
    s.scenario.stationary = false;
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
    synthetic_use(&s, 0, USED_TYPE, most);
    synthetic_set(&s, M_EDGE_UTILIZATION, half);
    char *text = print_report(&s, &plain);
    const char *db = strstr(text, "  db    ################....  80 % of its tokens");
    const char *edge = strstr(text, "  edge  ##########..........  50 %  ");
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
        cmocka_unit_test(test_only_what_is_missed_is_told),
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_table_aligns_and_cuts),
        cmocka_unit_test(test_a_note_stands_below_its_row),
        cmocka_unit_test(test_long_names_keep_both_ends),
        cmocka_unit_test(test_text_of_the_input_is_harmless),
        cmocka_unit_test(test_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
