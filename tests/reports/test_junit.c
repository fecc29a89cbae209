/* Test cases and annotations of synthetic results. Known independently: which characters XML 1.0
 * allows (section 2.2) and which must be escaped (2.4), GitHub's escapes of workflow commands
 * (actions/toolkit, packages/core/src/command.ts: % CR LF everywhere, : and , in properties). That
 * xmllint accepts the files is shown by tests/commands/test_check.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/github.h"
#include "reports/junit.h"
#include "tests/engine/synthetic.h"

static const struct junit_origin origin = {.time = "2026-11-25T04:00:00", .host = "a & b"};

/* One scenario with one promise: p50 below a limit, 100 +- 2 ms. */
struct finding {
    struct synthetic s;
    struct results *results;
    struct checked checked;
    char *text;
};

static void finding_open(struct finding *finding, double limit_s)
{
    static const double values[] = {0.098, 0.1, 0.1, 0.1, 0.102};
    synthetic_init(&finding->s, 5, 100);
    synthetic_set(&finding->s, M_LATENCY_P50, values);
    finding->s.promise.metric = M_LATENCY_P50;
    finding->s.promise.limit = limit_s;
    finding->s.promise.limit_text = "X";
    finding->s.promise.text = "p50 < X";
    finding->s.promise.place = (struct place){.file = "synthetic.yaml", .line = 7, .column = 3};
    finding->results = NULL;
    finding->checked = (struct checked){.file = "synthetic.yaml",
                                        .diag = &finding->s.diag,
                                        .scenario = &finding->s.scenario,
                                        .time_s = 1.5};
    finding->text = NULL;
}

static void finding_run(struct finding *finding)
{
    finding->results = synthetic_results(&finding->s);
    finding->checked.results = finding->results;
}

/* The text of a report, until the next one. */
static const char *finding_write(struct finding *finding, bool github)
{
    size_t size;
    free(finding->text);
    FILE *stream = open_memstream(&finding->text, &size);
    assert_non_null(stream);
    if (github)
        github_report(&finding->checked, 1, NULL, stream);
    else
        junit_report(&finding->checked, 1, &origin, stream);
    fclose(stream);
    return finding->text;
}

static void finding_close(struct finding *finding)
{
    free(finding->text);
    results_free(finding->results);
    synthetic_done(&finding->s);
}

static void expect_part(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("expected %s in\n%s", part, text);
}

static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        double limit_s;
        bool warning;
        const char *counts, *part;
        const char *annotation; /* null: none */
    } table[] = {
        {0.2, false, "failures=\"0\" errors=\"0\" skipped=\"0\"",
         "name=\"p50 &#60; X\" time=\"1.500\"/>", NULL},
        {0.05, false, "failures=\"1\" errors=\"0\" skipped=\"0\"",
         "<failure type=\"promise\" message=\"broken: 100 ms +- 1.8 ms, promised &#60; X\"/>",
         "::error file=synthetic.yaml,line=7,col=3,title=archsim%3A promise broken::p50 < X: "
         "broken: "
         "100 ms +- 1.8 ms, promised < X\n"},
        {0.05, true, "failures=\"0\" errors=\"0\" skipped=\"0\"", "(only a warning)\n</system-out>",
         "::warning file=synthetic.yaml,line=7,col=3,title=archsim%3A promise broken::p50"},
        {0.1, false, "failures=\"0\" errors=\"0\" skipped=\"1\"",
         "<skipped message=\"undecided: 100 ms",
         "::warning file=synthetic.yaml,line=7,col=3,title=archsim%3A promise undecided::p50"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct finding finding;
        finding_open(&finding, table[i].limit_s);
        finding.s.promise.warning = table[i].warning;
        finding_run(&finding);
        const char *text = finding_write(&finding, false);
        expect_part(text, table[i].counts);
        expect_part(text, table[i].part);
        expect_part(text, " tests=\"1\" ");
        expect_part(text, "timestamp=\"2026-11-25T04:00:00\" hostname=\"a &#38; b\">");
        expect_part(text, "<property name=\"seed\" value=\"1\"/>");
        expect_part(text, "<property name=\"replications\" value=\"5\"/>");
        expect_part(text, "classname=\"synthetic\"");
        const char *commands = finding_write(&finding, true);
        if (table[i].annotation)
            expect_part(commands, table[i].annotation);
        else
            assert_string_equal(commands, "");
        finding_close(&finding);
    }
}

/* Whatever is in a name stays a name. */
static void test_escapes(void **state)
{
    (void)state;
    struct finding finding;
    finding_open(&finding, 0.05);
    finding.s.promise.text =
        "<a "
        "href=\"x\">&amp;</a>]]>'\x01\x1f\x7f\t\r\n%,:\xff\xed\xa0\x80\xef\xbf\xbf\u00fc\U0001f600";
    finding.s.promise.why = "two\r\nlines, 100%: ::error::x\x1b[31m";
    finding_run(&finding);
    const char *text = finding_write(&finding, false);
    expect_part(
        text,
        "name=\"&#60;a href=&#34;x&#34;&#62;&#38;amp;&#60;/a&#62;]]&#62;&#39;"
        "\ufffd\ufffd&#127;&#9;&#13;&#10;%,:\ufffd\ufffd\ufffd\ufffd\ufffd\u00fc\U0001f600\"");
    expect_part(text, "why: two&#13;&#10;lines, 100%: ::error::x\ufffd[31m\"");
    expect_part(text, "why: two&#13;\nlines, "); /* in an element an end of line is one */
    const char *commands = finding_write(&finding, true);
    expect_part(
        commands,
        "::<a href=\"x\">&amp;</a>]]>'???\x3f%0D%0A%25,:????\xef\xbf\xbf\u00fc\U0001f600: broken");
    expect_part(commands, "why: two%0D%0Alines, 100%25: ::error::x?[31m\n");
    assert_ptr_equal(strchr(commands, '\n'), commands + strlen(commands) - 1);
    finding.checked.file = "a,b:c%\n.yaml";
    finding.s.promise.place.line = 0;
    finding.s.promise.place.file = "--set";
    expect_part(finding_write(&finding, true),
                "::error file=a%2Cb%3Ac%25%0A.yaml,title=archsim%3A promise broken::");
    finding.checked.file = "-";
    expect_part(finding_write(&finding, true), "::error title=archsim%3A promise broken::");
    finding_close(&finding);
}

static void test_what_did_not_load(void **state)
{
    (void)state;
    struct finding finding;
    finding_open(&finding, 0.2);
    struct diag *diag = &finding.s.diag;
    finding.checked.scenario = NULL;
    diag_error_hint(diag, (struct place){.file = "synthetic.yaml", .line = 41, .column = 7},
                    "did you mean 'y'?", "unknown key 'x'");
    diag_note(diag, (struct place){.file = "synthetic.yaml", .line = 2, .column = 1}, "it is here");
    diag_error(diag, (struct place){.file = "other.csv"}, "cannot open the file");
    diag_error(diag, (struct place){.file = "--set", .line = 1, .column = 4}, "no number");
    const char *text = finding_write(&finding, false);
    expect_part(text, "tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\"");
    expect_part(text, "<testsuite name=\"synthetic.yaml\"");
    expect_part(text, "<error type=\"input\" message=\"unknown key &#39;x&#39;\">");
    expect_part(text, "synthetic.yaml:41:7: error: unknown key &#39;x&#39;\n");
    expect_part(text, "cannot open the file\n");
    assert_string_equal(finding_write(&finding, true),
                        "::error file=synthetic.yaml,line=41,col=7,title=archsim%3A wrong::unknown "
                        "key 'x'%0Adid you mean "
                        "'y'?%0A2:1: it is here\n"
                        "::error file=other.csv,title=archsim%3A wrong::cannot open the file\n"
                        "::error file=synthetic.yaml,title=archsim%3A wrong::no number\n");
    finding_close(&finding);
}

static void test_what_did_not_run(void **state)
{
    (void)state;
    struct finding finding;
    finding_open(&finding, 0.2);
    const char *text = finding_write(&finding, false); /* because another did not load */
    expect_part(text, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\"");
    expect_part(text, "<skipped message=\"not simulated\"/>");
    assert_string_equal(finding_write(&finding, true), "");
    finding.checked.failure = "overloaded: more than 9 calls";
    text = finding_write(&finding, false);
    expect_part(text, "tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"1\"");
    expect_part(text, "<error type=\"run\" message=\"overloaded: more than 9 calls\"/>");
    expect_part(text, "time=\"0.750\""); /* two cases share 1.5 s */
    assert_string_equal(
        finding_write(&finding, true),
        "::error file=synthetic.yaml,title=archsim%3A failed::overloaded: more than "
        "9 calls\n");
    finding.checked.failure = NULL;
    finding.checked.load_only = true;
    expect_part(finding_write(&finding, false),
                "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\"");
    finding_close(&finding);
}

static void test_no_promises(void **state)
{
    (void)state;
    struct finding finding;
    finding_open(&finding, 0.2);
    finding.s.scenario.promises_count = 0;
    finding_run(&finding);
    const char *text = finding_write(&finding, false);
    expect_part(text, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\"");
    expect_part(text, "name=\"runs\"");
    finding_close(&finding);
}

static void test_warnings(void **state)
{
    (void)state;
    struct finding finding;
    finding_open(&finding, 0.2);
    diag_warning(&finding.s.diag, (struct place){.file = "synthetic.yaml", .line = 9, .column = 2},
                 "unused", "services.db", "nobody calls 'db'");
    finding.checked.load_only = true;
    expect_part(finding_write(&finding, true),
                "::warning file=synthetic.yaml,line=9,col=2,title=archsim::nobody calls 'db'\n");
    finding.checked.load_only = false;
    finding_run(&finding);
    expect_part(
        finding_write(&finding, true),
        "::warning file=synthetic.yaml,line=9,col=2,title=archsim::unused: services.db: nobody "
        "calls 'db'\n");
    expect_part(finding_write(&finding, false), "<system-err>unused: services.db: nobody calls");
    finding_close(&finding);
}

static void test_regressions(void **state)
{
    (void)state;
    struct regression_change changes[] = {
        {.path = "traffic.users.latency.p99",
         .before = {0.1, 0.088, 0.112},
         .after = {0.2, 0.188, 0.212},
         .change = 1,
         .chance = 0.02,
         .kind = REGRESSION_WORSE,
         .more_is_worse = true},
        {.path = "traffic.users.latency.p50",
         .before = {0.1, 0.088, 0.112},
         .after = {0.2, 0.188, 0.212},
         .change = 1,
         .chance = 0.02,
         .kind = REGRESSION_WORSE,
         .more_is_worse = true},
        {.path = "traffic.users.latency.mean",
         .before = {0.1, 0.088, 0.112},
         .after = {0.1, 0.088, 0.112},
         .chance = 0.02,
         .kind = REGRESSION_SAME,
         .more_is_worse = true},
    };
    struct regression regression = {.tolerance = 0.05, .changes = changes, .changes_count = 3};
    struct finding finding;
    finding_open(&finding, 0.2);
    finding_run(&finding);
    finding.checked.regression = &regression;
    const char *text = finding_write(&finding, false);
    expect_part(text, "tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"0\"");
    expect_part(text, "name=\"baseline: traffic.users.latency.p99\"");
    expect_part(
        text,
        "<failure type=\"regression\" message=\"100 ms +- 12 ms -&#62; 200 ms +- 12 ms: 100 % "
        "worse; tolerated 5 %, by chance up to 20 ms\"/>");
    assert_string_equal(finding_write(&finding, true),
                        "::error file=synthetic.yaml,title=archsim%3A worse than the baseline::"
                        "traffic.users.latency.p99: 100 ms +- 12 ms -> 200 ms +- 12 ms: 100 %25 "
                        "worse; tolerated 5 %25, "
                        "by chance up to 20 ms%0A"
                        "traffic.users.latency.p50: 100 ms +- 12 ms -> 200 ms +- 12 ms: 100 %25 "
                        "worse; tolerated 5 %25, "
                        "by chance up to 20 ms\n");
    changes[0].place = finding.s.promise.place;
    expect_part(
        finding_write(&finding, true),
        "::error file=synthetic.yaml,line=7,col=3,title=archsim%3A worse than the baseline::"
        "traffic.users.latency.p99");
    regression.changes_count = 0;
    expect_part(finding_write(&finding, false), "<skipped message=\"no estimate has an interval");
    finding.checked.regression = NULL;
    finding.checked.not_compared = "not in the baseline";
    expect_part(finding_write(&finding, false), "<skipped message=\"not in the baseline\"/>");
    expect_part(finding_write(&finding, true),
                "title=archsim%3A not compared::not in the baseline\n");
    finding_close(&finding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),          cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_what_did_not_load), cmocka_unit_test(test_what_did_not_run),
        cmocka_unit_test(test_no_promises),       cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_regressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
