/* What a summary tells of events: which ones, in which words. Known independently: the expected
 * lines are written by hand from the events; whatever there is, at most ten lines come, in the
 * order of time, and lines and the number of those left out add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "reports/text.h"
#include "reports/timeline.h"
#include "tests/engine/synthetic.h"

enum { EVENTS_MAX = 4000 };

struct fixture {
    struct synthetic s;
    struct results *results;
    struct results_event *events;
    struct timeline timeline;
};

static void fixture_init(struct fixture *f)
{
    synthetic_init(&f->s, 5, 3600);
    f->events = arena_array(&f->s.arena, EVENTS_MAX, sizeof(*f->events));
    f->results = synthetic_results(&f->s);
    f->results->events = f->events;
    f->results->events_count = 0;
}

static void fixture_done(struct fixture *f)
{
    results_free(f->results);
    synthetic_done(&f->s);
}

static struct results_event *add(struct fixture *f, double time_s, const char *service,
                                 const char *kind)
{
    struct results_event *event = &f->events[f->results->events_count++];
    *event = (struct results_event){.time_s = time_s,
                                    .until_s = time_s,
                                    .service = service,
                                    .kind = kind,
                                    .value = NAN,
                                    .threshold = NAN,
                                    .from = NAN,
                                    .to = NAN};
    return event;
}

static struct results_event *add_change(struct fixture *f, double time_s, const char *service,
                                        double from, double to)
{
    struct results_event *event = add(f, time_s, service, from < to ? "scale_out" : "scale_in");
    event->from = from;
    event->to = to;
    return event;
}

static const struct timeline *make(struct fixture *f)
{
    f->timeline = timeline_make(f->results, false, &f->s.arena);
    return &f->timeline;
}

/* `why` in full. */
static void expect_line(const struct timeline *timeline, uint32_t i, const char *time,
                        const char *service, const char *what, const char *why)
{
    assert_true(i < timeline->lines_count);
    const struct timeline_line *line = &timeline->lines[i];
    char whole[200];
    snprintf(whole, sizeof(whole), "%s%s", line->what, line->span);
    assert_string_equal(line->time, time);
    assert_string_equal(line->service, service);
    assert_string_equal(whole, what);
    assert_string_equal(line->why[0], why);
}

static void test_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_int_equal(make(&f)->lines_count, 0);
    assert_int_equal(f.timeline.more, 0);
    fixture_done(&f);
}

static void test_a_decision_and_its_reason(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct results_event *event = add_change(&f, 725, "db", 4, 6);
    event->metric = "cpu_utilization";
    event->value = 0.71;
    event->threshold = 0.5;
    event->delay_s = 75;
    event->text = "for 3 datapoints";
    event = add_change(&f, 1000, "db", 14400, 14401); /* a ramp, three digits do not show it */
    event->until_s = 1100.5;
    event->metric = "requests";
    event->value = 12;
    event = add(&f, 2000, "db", "pause");
    event->delay_s = 2;
    event = add(&f, 3000, "db", "resume");
    event->delay_s = 15;
    event->text = "a request came";
    make(&f);
    assert_int_equal(f.timeline.lines_count, 4);
    assert_int_equal(f.timeline.more, 0);
    expect_line(&f.timeline, 0, "00:12:05", "db", "scaled out 4 -> 6",
                "cpu_utilization 71 % > 50 %, for 3 datapoints, ready in 1m 15s");
    assert_string_equal(f.timeline.lines[0].why[1], "cpu_utilization 71 % > 50 %, ready in 1m 15s");
    assert_string_equal(f.timeline.lines[0].why[2], "cpu_utilization 71 % > 50 %");
    expect_line(&f.timeline, 1, "00:16:40", "db", "scaled out 14400 -> 14401 over 1m 41s",
                "requests 12");
    expect_line(&f.timeline, 2, "00:33:20", "db", "paused", "done in 2 s");
    assert_string_equal(f.timeline.lines[2].why[2], "done in 2 s");
    expect_line(&f.timeline, 3, "00:50:00", "db", "resumed", "a request came, ready in 15 s");
    assert_string_equal(f.timeline.lines[3].why[2], "a request came");
    fixture_done(&f);
}

/* A value that is compared with nothing says less than the remark; one that equals its threshold
 * needs no comparison. */
static void test_values_that_say_little(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct results_event *event = add_change(&f, 1, "edge", 4, 5);
    event->metric = "concurrent_executions";
    event->value = 12;
    event->text = "no free environment";
    event = add_change(&f, 2, "edge", 5, 6);
    event->metric = "pollers";
    event->value = 14;
    event->threshold = 14;
    make(&f);
    expect_line(&f.timeline, 0, "00:00:01", "edge", "scaled out 4 -> 5", "no free environment");
    expect_line(&f.timeline, 1, "00:00:02", "edge", "scaled out 5 -> 6", "pollers 14");
    fixture_done(&f);
}

/* A type's own metric says what it is counted in. */
static void test_units_of_own_metrics(void **state)
{
    (void)state;
    static const struct metric metrics[] = {{.name = "age_of_oldest", .unit = QUANTITY_TIME}};
    struct fixture f;
    fixture_init(&f);
    f.s.type.metrics = metrics;
    f.s.type.metrics_count = 1;
    struct results_event *event = add_change(&f, 1, "edge", 2, 1);
    event->metric = "age_of_oldest";
    event->value = 0.25;
    event->threshold = 90;
    expect_line(make(&f), 0, "00:00:01", "edge", "scaled in 2 -> 1",
                "age_of_oldest 250 ms < 1m 30s");
    fixture_done(&f);
}

/* One line per limit and per service whose members fell ill, with sums. */
static void test_spells_are_put_together(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    for (uint32_t i = 0; i < 3; i++) {
        struct results_event *event = add(&f, 100 * (i + 1), "edge", "throttling");
        event->until_s = event->time_s + 10;
        event->metric = "stage rate";
        event->count = 200;
        event = add(&f, 100 * (i + 1) + 1, "edge", "throttling");
        event->until_s = event->time_s;
        event->metric = "account rate";
        event->count = i == 0 ? 1 : 0;
        event = add(&f, 100 * (i + 1) + 2, "db", i == 2 ? "healthy" : "unhealthy");
        event->count = 2;
        event->metric = "failed checks";
        event->value = 2 + i;
        event->threshold = 2;
    }
    make(&f);
    assert_int_equal(f.timeline.lines_count, 4);
    expect_line(&f.timeline, 0, "00:01:40", "edge", "throttled 600 calls in 3 spells over 3m 30s",
                "stage rate");
    expect_line(&f.timeline, 1, "00:01:41", "edge", "throttled 1 call in 3 spells over 3m 20s",
                "account rate");
    expect_line(&f.timeline, 2, "00:01:42", "db", "took out 4 members over 1m 40s",
                "failed checks");
    expect_line(&f.timeline, 3, "00:05:02", "db", "took in 2 members", "failed checks");
    fixture_done(&f);
}

static void test_only_the_window_of_the_first_replication(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    add_change(&f, -30, "db", 1, 2)->until_s = -20;
    add_change(&f, -10, "db", 2, 3)->until_s = 5;
    add_change(&f, 10, "db", 3, 4)->replication = 1;
    make(&f);
    assert_int_equal(f.timeline.lines_count, 1);
    expect_line(&f.timeline, 0, "-00:00:10", "db", "scaled out 2 -> 3 over 15 s", "");
    assert_int_equal(f.timeline.more, 0);
    fixture_done(&f);
}

/* A service that scales all the time does not hide that another did, and its limits and health are
 * told; of its own changes it keeps the largest. */
static void test_ten_lines_of_many(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    for (uint32_t i = 0; i < 1000; i++)
        add_change(&f, i, "db", 10, 11 + (i % 100) * (i % 100 > 90));
    add_change(&f, 500.5, "edge", 1, 2);
    struct results_event *throttling = add(&f, 5, "edge", "throttling");
    throttling->metric = "tokens";
    throttling->count = 7;
    add(&f, 700, "db", "unhealthy")->count = 1;
    make(&f);
    assert_int_equal(f.timeline.lines_count, TIMELINE_LINES);
    assert_int_equal(f.timeline.lines_count + f.timeline.more, 1003);
    uint32_t others = 0;
    for (uint32_t i = 0; i < TIMELINE_LINES; i++) {
        const struct timeline_line *line = &f.timeline.lines[i];
        others += strcmp(line->what, "scaled out 1 -> 2") == 0;
        others += strcmp(line->what, "throttled 7 calls") == 0;
        others += strcmp(line->what, "took out 1 member") == 0;
        if (strncmp(line->what, "scaled out 10", 13) == 0)
            assert_string_equal(line->what, "scaled out 10 -> 110");
        if (i > 0)
            assert_true(strcmp(line[-1].time, line->time) < 0);
    }
    assert_int_equal(others, 3);
    assert_string_equal(f.timeline.more_words, "993 more of db");
    fixture_done(&f);
}

/* Where more services scale than there are lines, what throttled most is told all the same. */
static void test_throttling_beside_many_that_scale(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
    struct fixture f;
    fixture_init(&f);
    for (uint32_t i = 0; i < 12; i++)
        for (uint32_t k = 0; k < 3; k++)
            add_change(&f, 10 * i + k, names[i], 1, 2);
    for (uint32_t i = 0; i < 5; i++) {
        struct results_event *throttling = add(&f, 500 + i, names[i], "throttling");
        throttling->metric = "rate";
        throttling->count = 10;
    }
    add(&f, 700, "l", "unhealthy")->count = 1;
    make(&f);
    uint32_t scaled = 0;
    for (uint32_t i = 0; i < TIMELINE_LINES; i++)
        scaled += strcmp(f.timeline.lines[i].what, "scaled out 1 -> 2") == 0;
    assert_int_equal(f.timeline.lines_count, TIMELINE_LINES);
    assert_int_equal(scaled, 7);
    assert_int_equal(f.timeline.more, 36 + 6 - TIMELINE_LINES);
    fixture_done(&f);
}

/* In the summary: one line each, of the reason as much as fits, and how many more there are. */
static void test_section_of_the_summary(void **state)
{
    (void)state;
    static const struct text_style plain = {.colour = false};
    struct fixture f;
    fixture_init(&f);
    struct results_event *event = add_change(&f, 60, "db", 1, 2);
    event->metric = "cpu_utilization";
    event->value = 0.6;
    event->threshold = 0.5;
    event = add_change(&f, 120, "edge", 2, 4);
    event->metric = "requests";
    event->value = 7;
    event->threshold = 5;
    event->delay_s = 3;
    event->text = "a remark so long that it cannot stand on the line of its event";
    event = add(&f, 130, "edge", "throttling");
    event->metric = "a limit with a name that is far too long for the line of its event, which "
                    "ends like this";
    event->count = 3;
    for (uint32_t i = 0; i < 12; i++)
        add_change(&f, 200 + i, "db", 2, 1);
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    text_report(f.results, &plain, stream);
    fclose(stream);
    const char *section = strstr(text, "\nWhat happened when, first of 5 replications\n");
    assert_non_null(section);
    assert_non_null(strstr(section,
                           "  00:01:00  db    scaled out 1 -> 2  cpu_utilization 60 % > 50 %\n"
                           "  00:02:00  edge  scaled out 2 -> 4  requests 7 > 5, ready in 3 s\n"
                           "  00:02:10  edge  throttled 3 calls  a limit with a name that"));
    assert_non_null(strstr(section, "ends like this\n  00:03:20  db    scaled in 2 -> 1\n"));
    assert_non_null(strstr(section, "\n  ... and 5 more of db: --format json has them all\n"));
    free(text);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_a_decision_and_its_reason),
        cmocka_unit_test(test_values_that_say_little),
        cmocka_unit_test(test_units_of_own_metrics),
        cmocka_unit_test(test_spells_are_put_together),
        cmocka_unit_test(test_only_the_window_of_the_first_replication),
        cmocka_unit_test(test_ten_lines_of_many),
        cmocka_unit_test(test_throttling_beside_many_that_scale),
        cmocka_unit_test(test_section_of_the_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
