/* The summary as Markdown. Known independently: CommonMark (a backslash before ASCII punctuation
 * makes it text, entities stand for < and &) and GitHub's tables (a row has as many cells as its
 * header, `\|` is no border); the expected texts are written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>

#include "reports/markdown.h"
#include "reports/table.h"
#include "tests/engine/synthetic.h"

static char *escaped(const char *text)
{
    char *result;
    size_t size;
    FILE *stream = open_memstream(&result, &size);
    markdown_text(text, stream);
    fclose(stream);
    return result;
}

static void expect_text(const char *text, const char *expected)
{
    char *result = escaped(text);
    assert_string_equal(result, expected);
    free(result);
}

static void test_escaping(void **state)
{
    (void)state;
    expect_text("plain text, 5 % (1.5 .. 2) > 3 - 4 + 5!",
                "plain text, 5 % (1.5 .. 2) > 3 - 4 + 5!");
    expect_text("a|b", "a\\|b");
    expect_text("<script>&amp;", "&lt;script>&amp;amp;");
    expect_text("`code`", "\\`code\\`");
    expect_text("**b** ~~s~~ # 1", "\\*\\*b\\*\\* \\~\\~s\\~\\~ \\# 1");
    expect_text("![x](http://y) $z$", "!\\[x\\](http://y) \\$z\\$");
    expect_text("a\\|b", "a\\\\\\|b");
    expect_text("few_observations", "few_observations");
    expect_text("_emphasis_ a_ _b", "\\_emphasis\\_ a\\_ \\_b");
    expect_text("a\nb\r\nc\td", "a b  c d");
    expect_text("\033[31m\xff\u202e\u00b5\u20ac", "?\\[31m??\u00b5\u20ac");
    expect_text("", "");
}

/* Reads escaped text as CommonMark does: what is left after backslashes and entities. */
static char *unescaped(const char *text)
{
    char *result = calloc(strlen(text) + 1, 1);
    size_t length = 0;
    for (const char *c = text; *c;) {
        if (strncmp(c, "&lt;", 4) == 0 || strncmp(c, "&amp;", 5) == 0) {
            result[length++] = c[1] == 'l' ? '<' : '&';
            c = strchr(c, ';') + 1;
        } else if (*c == '\\') {
            assert_true(ispunct((unsigned char)c[1]));
            result[length++] = c[1];
            c += 2;
        } else {
            assert_null(strchr("<`*[]|~#$", *c)); /* none of them stands bare */
            result[length++] = *c++;
        }
    }
    return result;
}

/* Every pair of printable characters comes through as it is. */
static void test_every_pair_of_characters(void **state)
{
    (void)state;
    for (char a = ' '; a < 0x7f; a++)
        for (char b = ' '; b < 0x7f; b++) {
            const char text[] = {a, b, a, '\0'};
            char *there = escaped(text), *back = unescaped(there);
            assert_string_equal(back, text);
            free(there);
            free(back);
        }
}

static char *report(const struct results *results)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    markdown_report(results, stream);
    fclose(stream);
    return text;
}

static uint32_t borders(const char *line, size_t length)
{
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += line[i] == '|';
        i += line[i] == '\\';
    }
    return count;
}

/* Rows of a table follow one another, each with the cells of the first. Returns how many lines
 * belong to tables. */
static uint32_t expect_tables(const char *text)
{
    uint32_t lines = 0, columns = 0;
    for (const char *line = text; *line;) {
        const size_t length = strcspn(line, "\n");
        if (line[0] == '|') {
            columns = columns > 0 ? columns : borders(line, length);
            assert_int_equal(borders(line, length), columns);
            assert_true(line[length - 1] == '|');
            lines++;
        } else {
            assert_int_equal(borders(line, length), 0);
            columns = 0;
        }
        line += length + (line[length] == '\n');
    }
    return lines;
}

static void test_summary(void **state)
{
    (void)state;
    static const double p99[] = {0.1, 0.1, 0.1, 0.1, 0.1};
    static const double half[] = {0.5, 0.5, 0.5, 0.5, 0.5};
    struct synthetic s;
    synthetic_init(&s, 5, 1200);
    synthetic_set(&s, M_LATENCY_P99, p99);
    synthetic_set(&s, M_DB_UTILIZATION, half);
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t k = 0; k < 4; k++)
            synthetic_window(&s, i, 4, k, 1000, k == 2 ? 900 : 1000, 20);
    s.scenario.varies = true;
    s.promise.metric = M_LATENCY_P99;
    s.promise.text = "traffic.users.latency.p99 < 50ms";
    s.promise.limit = 0.05;
    s.promise.why = "contract 4";
    struct results *results = synthetic_results(&s);
    const struct results_event event = {.time_s = 725,
                                        .until_s = 725,
                                        .service = "db",
                                        .kind = "scale_out",
                                        .metric = "cpu_utilization",
                                        .value = 0.71,
                                        .threshold = 0.5,
                                        .from = 4,
                                        .to = 6,
                                        .delay_s = 75};
    results->events = &event;
    results->events_count = 1;
    char *text = report(results);
    static const char *const expected[] = {
        "## \u2718 Synthetic: 0 kept, 1 broken, 0 undecided\n\nsynthetic.yaml: 20m measured after ",
        "\n\n| | promise | estimate | |\n|:--|:--|:--|:--|\n"
        "| \u2718 broken | traffic.users.latency.p99 &lt; 50ms | 100 ms | why: contract 4 |\n",
        "\n### Traffic\n\n"
        "| | offered | answered | p50 | p95 | p99 | errors |\n|:--|--:|--:|--:|--:|:--|:--|\n"
        "| users | 1/s | - | 0 s | - | 100 ms | none |\n",
        "\n### Worst five minutes\n\n| | from | answered | p99 | throughput |\n"
        "|:--|--:|--:|--:|--:|\n| users | 00:10:00 | 90 % | ",
        "\n### Services, nearest to their limit first\n\n"
        "| | used | of its | p99 | queue | errors |\n|:--|--:|:--|--:|--:|:--|\n"
        "| db | 50 % | servers | - | - | none |\n",
        "\n**Bottleneck: db**, 50 % of its servers in use in its busiest minute; about 2 times "
        "this "
        "traffic would fill it (estimate)\n",
        "\n### What happened when, first of 5 replications\n\n| time | | | why |\n"
        "|:--|:--|:--|:--|\n"
        "| 00:12:05 | db | scaled out 4 \u2192 6 | cpu_utilization 71 % > 50 %, ready in 1m 15s "
        "|\n",
        "\nIntervals are 95 %. Replications vary the chance in traffic and system, not the day: "
        "what the traffic does over time is the same in each.\n",
    };
    const char *at = text; /* in this order */
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        at = strstr(at, expected[i]);
        assert_non_null(at);
    }
    assert_int_equal(expect_tables(text), 3 + 3 + 4 + 3 + 3);
    free(text);
    results_free(results);
    synthetic_done(&s);
}

static void test_verdict_of_the_heading(void **state)
{
    (void)state;
    static const double p99[] = {0.1, 0.1, 0.1, 0.1, 0.1};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_P99, p99);
    s.promise.metric = M_LATENCY_P99;
    for (uint32_t i = 0; i < 5; i++) {
        static const char *const expected[] = {
            "## \u2714 Synthetic: 1 kept", "## \u2718 Synthetic: 0 kept, 1 broken",
            "## \u2714 Synthetic: 0 kept, 1 broken", /* it only warns */
            "## ? Synthetic: 0 kept, 0 broken, 1 undecided", "## Synthetic\n"};
        s.promise.limit = i == 0 ? 1 : 0.05;
        s.promise.warning = i == 2;
        s.promise.limit = i == 3 ? 0.5 : s.promise.limit;
        for (uint32_t k = 0; k < 5; k++)
            s.experiment.replications[k].overloaded[0] = i == 3;
        s.scenario.promises_count = i < 4;
        struct results *results = synthetic_results(&s);
        char *text = report(results);
        assert_memory_equal(text, expected[i], strlen(expected[i]));
        free(text);
        results_free(results);
    }
    synthetic_done(&s);
}

/* Whatever things are called, tables stay tables and no line begins or ends in between. */
static void test_evil_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "|",    "a|b|c",    "\\",  "\\|",         "`x",        "<b>",  "</td>",  "<!--",
        "a\nb", "| x |\n|", "# h", "```\n## x\n", "\xff\xfe|", "&lt;", "[x](y)", "\u202e|",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct synthetic s;
        synthetic_init(&s, 5, 60);
        struct results *results = synthetic_results(&s);
        char *plain = report(results);
        const uint32_t lines = expect_tables(plain);
        s.scenario.name = s.scenario.file = s.services[0].name = s.services[1].name = names[i];
        s.traffic.name = s.promise.text = s.promise.why = names[i];
        char *text = report(results);
        assert_int_equal(expect_tables(text), lines);
        assert_null(strchr(text, '<'));
        assert_null(strchr(text, '\r'));
        free(plain);
        free(text);
        results_free(results);
        synthetic_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escaping),   cmocka_unit_test(test_every_pair_of_characters),
        cmocka_unit_test(test_summary),    cmocka_unit_test(test_verdict_of_the_heading),
        cmocka_unit_test(test_evil_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
