/* Results as CSV. Known independently: RFC 4180 (a cell with a comma, a quote or a line end stands
 * in quotes, quotes inside are doubled); the expected lines are written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "reports/csv.h"
#include "tests/engine/synthetic.h"

static char *report(const struct results *results, uint32_t count)
{
    char *text;
    size_t size;
    const struct results *several[] = {results, results};
    FILE *stream = open_memstream(&text, &size);
    if (count == 1)
        csv_report(results, stream);
    else
        csv_report_all(several, count, stream);
    fclose(stream);
    return text;
}

static void test_every_number_of_one_scenario(void **state)
{
    (void)state;
    static const double means[] = {1, 1, 1, 1, 1};
    static const double unknown[] = {NAN, NAN, NAN, NAN, NAN};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_MEAN, means);
    synthetic_set(&s, M_LATENCY_P99, unknown);
    struct results *results = synthetic_results(&s);
    results->metrics[M_LATENCY_P50] = (struct interval){0.1 + 0.2, 0.25, 1.0 / 3};
    results->metrics[M_DB_OUTGOING_RATE] = (struct interval){1e22, NAN, INFINITY};
    char *text = report(results, 1);
    assert_string_equal(text, "path,unit,value,low,high\n"
                              "traffic.users.offered,1/s,1,1,1\n"
                              "traffic.users.availability,1,,,\n"
                              "traffic.users.latency.mean,s,1,1,1\n"
                              "traffic.users.latency.p50,s,0.30000000000000004,0.25,"
                              "0.3333333333333333\n"
                              "traffic.users.latency.p99,s,,,\n"
                              "traffic.users.latency.max,s,0,,\n"
                              "services.db.utilization,1,0,0,0\n"
                              "services.db.capacity.min,1,0,,\n"
                              "services.db.outgoing.edge.call.rate,1/s,1e+22,,\n"
                              "services.edge.utilization,1,0,0,0\n"
                              "services.edge.up,1,0,0,0\n"
                              "traffic.users.worst.latency.p99,s,,,\n"
                              "traffic.users.worst.availability,1,,,\n"
                              "traffic.users.worst.throughput,1/s,,,\n"
                              "bottleneck.utilization,1,,,\n"
                              "bottleneck.headroom,1,,,\n"
                              "traffic.users.worst.window.from,s,,,\n"
                              "traffic.users.worst.window.to,s,,,\n");
    free(text);
    results_free(results);
    synthetic_done(&s);
}

static void expect_scenario(const char *file, const char *cell)
{
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    s.scenario.file = file;
    struct results *results = synthetic_results(&s);
    char *text = report(results, 2);
    const char *row = arena_printf(&s.arena, "\n%s,traffic.users.offered,1/s,1,1,1\n", cell);
    const char *start = arena_printf(&s.arena, "scenario,path,unit,value,low,high%s", row);
    assert_memory_equal(text, start, strlen(start));
    assert_non_null(strstr(text + strlen(start), row)); /* of the second scenario */
    free(text);
    results_free(results);
    synthetic_done(&s);
}

static void test_cells_of_text(void **state)
{
    (void)state;
    expect_scenario("shop.yaml", "shop.yaml");
    expect_scenario("a b;c.yaml", "a b;c.yaml");
    expect_scenario("a,b.yaml", "\"a,b.yaml\"");
    expect_scenario("a\"b\".yaml", "\"a\"\"b\"\".yaml\"");
    expect_scenario("a\nb\r.yaml", "\"a\nb\r.yaml\"");
    expect_scenario("-", "-"); /* standard input */
}

/* What a spreadsheet would run. */
static void test_no_cell_is_a_formula(void **state)
{
    (void)state;
    expect_scenario("=1+1", "'=1+1");
    expect_scenario("+1", "'+1");
    expect_scenario("-1", "'-1");
    expect_scenario("@sum(a)", "'@sum(a)");
    expect_scenario("\t=1", "\"'\t=1\"");
    expect_scenario("=a,b", "\"'=a,b\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_of_one_scenario),
        cmocka_unit_test(test_cells_of_text),
        cmocka_unit_test(test_no_cell_is_a_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
