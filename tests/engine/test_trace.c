/* Known independently: what each text says, written down by hand; a replay computed straight from
 * an array of counts; the sum of the World Cup's requests (awk: 558106105). */
#include "sim/engine/trace.h"

#include <limits.h>
#include <math.h>
#include <sys/resource.h>

#include "sim/kernel/random.h"
#include "tests/engine/trace_text.h"

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)

/* ---- what a file says ---- */

/* The replay as text, such as "10@60s 0@120s"; rates per second, ends. Instants: "1s 2.5s". */
static void replay_text(struct trace *trace, bool arrivals, int rows_max, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < rows_max; i++) {
        int64_t at_ns;
        double rate_per_s;
        if (arrivals ? !trace_instant(trace, &at_ns) : !trace_interval(trace, &at_ns, &rate_per_s))
            break;
        if (arrivals)
            used += (size_t)snprintf(text + used, size - used, "%s%.9gs", i > 0 ? " " : "",
                                     (double)at_ns * 1e-9);
        else
            used += (size_t)snprintf(text + used, size - used, "%s%g@%.9gs", i > 0 ? " " : "",
                                     rate_per_s, (double)at_ns * 1e-9);
        assert_true(used < size);
    }
}

static void expect_replay(const struct trace_spec *spec, int rows_max, const char *expected)
{
    char text[4096];
    struct diag diag;
    diag_init(&diag);
    struct trace *trace = trace_open(spec, &diag);
    if (!trace)
        diag_print(&diag, stderr, false);
    assert_non_null(trace);
    replay_text(trace, spec->arrivals, rows_max, text, sizeof(text));
    assert_string_equal(text, expected);
    assert_int_equal(diag.messages_count, 0);
    trace_close(trace);
    diag_done(&diag);
}

/* Plain and gzipped alike. */
static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text, *column;
        int64_t interval_ns;
        const char *expected;
    } forms[] = {
        /* one number per line: the interval from the key or from the head */
        {"3\n0\n2\n", NULL, SECOND, "3@1s 0@2s 2@3s"},
        {"# start_epoch_s=804571201 step_s=0.5\n3\n0\n2", NULL, 0, "6@0.5s 0@1s 4@1.5s"},
        {"# a comment\n#step_s=2\n3\n# another\n1\n", NULL, 0, "1.5@2s 0.5@4s"},
        {"# step_s=2\n3\n1\n", NULL, SECOND, "3@1s 1@2s"},
        {"requests\r\n3\r\n1.5e1\r\n\r\n\r\n", NULL, SECOND, "3@1s 15@2s"},
        {"\xEF\xBB\xBF"
         "count\n1\n",
         NULL, SECOND, "1@1s"},
        {"5000000000\n1\n", NULL, SECOND, "5e+09@1s 1@2s"},
        /* times: seconds, or stamps, with missing rows */
        {"epoch_s,count\n804571200,60\n804571260,120\n804571380,6\n804571440,6\n", NULL, 0,
         "1@60s 2@120s 0@180s 0.1@240s 0.1@300s"},
        {"period,count\n1998-04-30 23:59:00,60\n1998-05-01 00:00:00,120\n1998-05-01 00:03:00,60\n"
         "1998-05-01 00:04:00,6\n",
         NULL, 0, "1@60s 2@120s 0@240s 1@300s 0.1@360s"},
        {"0.5,1\n1.5,2\n", NULL, 0, "1@1s 2@2s"},
        {"-2,1\n-1,2\n0,3\n", NULL, 0, "1@1s 2@2s 3@3s"},
        /* intervals shorter than the distance of the rows leave gaps */
        {"0,6\n60,12\n", NULL, 6 * SECOND, "1@6s 0@60s 2@66s"},
        /* columns: the last number, or by name; stamps win over a numbered first column */
        {"id,when,count,kind\n1,2020-01-01 00:00:00,4,web\n2,2020-01-01 00:00:02,8,web\n", NULL, 0,
         "2@2s 4@4s"},
        {"t,a,b\n0,1,10\n1,2,20\n", "a", 0, "1@1s 2@2s"},
        {"t,a,b\n0,1,10\n1,2,20\n", NULL, 0, "10@1s 20@2s"},
        {"a,b\n5,1\n7,2\n", "a", SECOND, "5@1s 7@2s"},
        {"\"t\", \"the, count\"\n\"0\" , \"1\"\n\"1\",\"2\"\n", "the, count", 0, "1@1s 2@2s"},
        {"name,count\nx,1\ny,2\n", NULL, SECOND, "1@1s 2@2s"},
        /* the most frequent distance, the shorter of equals */
        {"0,1\n5,1\n6,1\n7,1\n", NULL, 0, "1@1s 0@5s 1@6s 1@7s 1@8s"},
        {"0,1\n5,1\n6,1\n", NULL, 0, "1@1s 0@5s 1@6s 1@7s"},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        for (int zipped = 0; zipped < 2; zipped++) {
            char *path = zipped ? trace_text_gzip(forms[i].text) : trace_text_plain(forms[i].text);
            struct trace_spec spec = trace_text_spec(path);
            spec.column = forms[i].column;
            spec.interval_ns = forms[i].interval_ns;
            expect_replay(&spec, 100, forms[i].expected);
            trace_text_remove(path);
        }
    }
}

static void test_instants(void **state)
{
    (void)state;
    static const struct {
        const char *text, *column, *expected;
    } forms[] = {
        {"100.5\n101\n101\n103.25\n", NULL, "0s 0.5s 0.5s 2.75s"},
        {"TIMESTAMP,Tokens\n2023-11-16 23:59:59.9799600,48\n2023-11-17 00:00:00.0319600,31\n", NULL,
         "0s 0.052s"},
        {"app,end,duration\nx,0.5,0.05\ny,1.5,0.1\n", NULL, "0s 1s"},
        {"app,end,duration\nx,0.5,0.05\ny,1.5,0.1\n", "duration", "0s 0.05s"},
        {"7,2020-01-01 00:00:00\n3,2020-01-01 00:00:02\n", NULL, "0s 2s"},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char *path = trace_text_plain(forms[i].text);
        struct trace_spec spec = trace_text_spec(path);
        spec.arrivals = true;
        spec.column = forms[i].column;
        expect_replay(&spec, 100, forms[i].expected);
        trace_text_remove(path);
    }
}

/* Concatenated members are one file. */
static void test_members(void **state)
{
    (void)state;
    char bytes[1024];
    size_t size = 0;
    static const char *const parts[] = {"1\n2\n3", "4\n5\n", "6\n"};
    for (int i = 0; i < 3; i++) {
        char *path = trace_text_gzip(parts[i]);
        FILE *file = fopen(path, "rb");
        size += fread(bytes + size, 1, sizeof(bytes) - size, file);
        fclose(file);
        trace_text_remove(path);
    }
    char *path = trace_text_bytes(bytes, size);
    struct trace_spec spec = trace_text_spec(path);
    spec.interval_ns = SECOND;
    expect_replay(&spec, 100, "1@1s 2@2s 34@3s 5@4s 6@5s");
    trace_text_remove(path);
}

/* ---- from, for, scale, speed, repeat ---- */

static void test_windows(void **state)
{
    (void)state;
    static const struct {
        double from_s, for_s, scale, speed; /* for 0: to the end */
        bool repeat, arrivals;
        const char *expected;
        double end_s; /* -1: none within 12 rows */
    } windows[] = {
        {0, 0, 1, 1, false, false, "1@10s 0@20s 3@30s 4@40s", 40},
        {0, 0, 10, 2, false, false, "20@5s 0@10s 60@15s 80@20s", 20},
        {5, 0, 1, 1, false, false, "1@5s 0@15s 3@25s 4@35s", 35},
        {5, 20, 1, 1, false, false, "1@5s 0@15s 3@20s", 20},
        {12, 3, 1, 0.1, false, false, "0@30s", 30},
        {30, 100, 1, 1, false, false, "4@10s", 10},
        {0, 0, 1, 1, true, false,
         "1@10s 0@20s 3@30s 4@40s 1@50s 0@60s 3@70s 4@80s 1@90s 0@100s 3@110s 4@120s", -1},
        {25, 10, 1, 1, true, false,
         "3@5s 4@10s 3@15s 4@20s 3@25s 4@30s 3@35s 4@40s 3@45s 4@50s 3@55s 4@60s", -1},
        {30, 20, 1, 2, true, false,
         "8@5s 0@10s 8@15s 0@20s 8@25s 0@30s 8@35s 0@40s 8@45s 0@50s 8@55s 0@60s", -1},
        {10, 10, 1, 1, true, false, "0@10s", 10}, /* silence is not repeated */
        {0, 0, 0, 1, true, false, "0@10s 0@20s 0@30s 0@40s", 40},
        /* instants at 0, 10, 30, 40 s: a mean gap of 40/3 s behind the last */
        {0, 0, 1, 1, false, true, "0s 10s 30s 40s", 40 + 40.0 / 3},
        {0, 0, 1, 4, false, true, "0s 2.5s 7.5s 10s", 10 + 10.0 / 3},
        {5, 0, 1, 1, false, true, "5s 25s 35s", 35 + 15},
        {0, 30, 1, 1, false, true, "0s 10s", 30},
        {0, 45, 1, 1, false, true, "0s 10s 30s 40s", 45},
        {30, 0, 1, 1, true, true, "0s 10s 20s 30s 40s 50s 60s 70s 80s 90s 100s 110s", -1},
        {5, 15, 1, 1, true, true, "5s 20s 35s 50s 65s 80s 95s 110s 125s 140s 155s 170s", -1},
        {11, 5, 1, 1, true, true, "", 5},
        {40, 0, 1, 1, true, true, "0s", 0},
    };
    char *counts = trace_text_plain("0,10\n10,0\n20,30\n30,40\n");
    char *instants = trace_text_plain("0\n10\n30\n40\n");
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct trace_spec spec = trace_text_spec(windows[i].arrivals ? instants : counts);
        spec.arrivals = windows[i].arrivals;
        spec.from_ns = (int64_t)(windows[i].from_s * 1e9);
        spec.for_ns = windows[i].for_s > 0 ? (int64_t)(windows[i].for_s * 1e9) : TIME_NONE;
        spec.scale = windows[i].scale;
        spec.speed = windows[i].speed;
        spec.repeat = windows[i].repeat;
        struct trace *trace = trace_open(&spec, NULL);
        char text[1024];
        replay_text(trace, spec.arrivals, 12, text, sizeof(text));
        assert_string_equal(text, windows[i].expected);
        int64_t at_ns;
        double rate_per_s;
        if (windows[i].end_s < 0) {
            assert_true(trace_end(trace) == TIME_NONE);
        } else {
            assert_false(spec.arrivals ? trace_instant(trace, &at_ns)
                                       : trace_interval(trace, &at_ns, &rate_per_s));
            if (llabs(trace_end(trace) - (int64_t)(windows[i].end_s * 1e9)) > 1)
                fail_msg("row %zu ends at %lld", i, (long long)trace_end(trace));
        }
        trace_close(trace);
    }
    trace_text_remove(counts);
    trace_text_remove(instants);
}

/* The mean of the first minute that is used. */
static void test_start_rate(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t interval_s, from_s, for_s;
        double scale, speed;
        bool repeat, arrivals;
        double expected;
    } starts[] = {
        {"6\n12\n18\n", 30, 0, 0, 1, 1, false, false, 18 / 60.0},
        {"6\n12\n18\n", 30, 15, 0, 10, 3, false, false, 30 * (3 + 12 + 9) / 60.0},
        {"600\n1200\n", 3600, 0, 0, 1, 1, false, false, 600 / 3600.0},
        {"6\n12\n", 1, 0, 0, 1, 1, false, false, 9},
        {"6\n12\n", 1, 0, 0, 1, 1, true, false, 9},
        {"6\n12\n", 40, 20, 30, 1, 1, true, false, 2 * (3 + 3) / 60.0}, /* 20..50 twice */
        {"0\n10\n20\n30\n70\n80\n", 0, 0, 0, 1, 1, false, true, 4 / 60.0},
        {"0\n10\n20\n30\n70\n80\n", 0, 15, 0, 1, 2, false, true, 2 * 3 / 60.0},
        {"0\n10\n20\n", 0, 0, 0, 1, 1, false, true, 3 / 30.0},
        {"0\n10\n20\n", 0, 0, 0, 1, 1, true, true, 6 / 60.0},
        {"5\n", 0, 0, 0, 1, 1, false, true, 0},
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        char *path = trace_text_plain(starts[i].text);
        struct trace_spec spec = trace_text_spec(path);
        spec.interval_ns = starts[i].interval_s * SECOND;
        spec.from_ns = starts[i].from_s * SECOND;
        spec.for_ns = starts[i].for_s > 0 ? starts[i].for_s * SECOND : TIME_NONE;
        spec.scale = starts[i].scale;
        spec.speed = starts[i].speed;
        spec.repeat = starts[i].repeat;
        spec.arrivals = starts[i].arrivals;
        char before[1024], after[1024];
        struct trace *trace = trace_open(&spec, NULL);
        replay_text(trace, spec.arrivals, 5, before, sizeof(before));
        trace_close(trace);
        trace = trace_open(&spec, NULL);
        double value = trace_start_rate(trace);
        if (fabs(value - starts[i].expected) > 1e-12)
            fail_msg("row %zu: %g, expected %g", i, value, starts[i].expected);
        replay_text(trace, spec.arrivals, 5, after, sizeof(after));
        assert_string_equal(before, after);
        trace_close(trace);
        trace_text_remove(path);
    }
}

enum { NAIVE_ROWS = 40 };

/* Expected arrivals in scenario time from 0 to `until_s`, row by row. */
static double naive_mass(const double *counts, const double *times_s, int rows, double interval_s,
                         const struct trace_spec *spec, double until_s)
{
    double from_s = (double)spec->from_ns * 1e-9, end_s = times_s[rows - 1] + interval_s;
    double length_s = spec->for_ns == TIME_NONE ? end_s - from_s : (double)spec->for_ns * 1e-9;
    double sum = 0;
    for (double pass_s = 0; pass_s < until_s; pass_s += length_s / spec->speed) {
        double to_s = from_s + fmin(length_s, (until_s - pass_s) * spec->speed);
        for (int i = 0; i < rows; i++) {
            double overlap_s = fmin(times_s[i] + interval_s, to_s) - fmax(times_s[i], from_s);
            if (overlap_s > 0)
                sum += counts[i] * spec->scale * overlap_s / interval_s;
        }
        if (!spec->repeat)
            break;
    }
    return sum;
}

/* Conservation: whatever from, for, speed, scale, gaps and repeats, what comes is what the rows
 * say. */
static void test_any_window(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1, 0, "test", "windows");
    for (int n = sample_size(2000); n > 0; n--) {
        char text[NAIVE_ROWS * 32];
        double counts[NAIVE_ROWS], times_s[NAIVE_ROWS];
        size_t used = 0;
        int rows = 2 + (int)random_below(&random, NAIVE_ROWS - 2), interval_s = 1 + n % 3;
        double at_s = 0;
        for (int i = 0; i < rows; i++) {
            counts[i] = random_below(&random, 100) * 0.5 + (i == 0);
            times_s[i] = at_s;
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%.0f,%g\n", at_s + 1e6,
                                     counts[i]);
            at_s += interval_s + (int)random_below(&random, 3);
        }
        char *path = trace_text_plain(text);
        struct trace_spec spec = trace_text_spec(path);
        spec.interval_ns = interval_s * SECOND;
        spec.from_ns = random_below(&random, (uint32_t)(at_s * 1e3)) * SECOND / 2000;
        if (random_below(&random, 2))
            spec.for_ns = (int64_t)(random_uniform(&random) * 1.5 * at_s * 1e9) + SECOND;
        spec.scale = 0.25 * (1 + random_below(&random, 8));
        spec.speed = 0.25 * (1 + random_below(&random, 8));
        spec.repeat = random_below(&random, 2);
        struct trace *trace = trace_open(&spec, NULL);
        int64_t end_ns = 0, before_ns = 0;
        double rate_per_s, mass = 0;
        for (int i = 0; i < 100 && trace_interval(trace, &end_ns, &rate_per_s); i++) {
            assert_true(end_ns > before_ns);
            mass += rate_per_s * (double)(end_ns - before_ns) * 1e-9;
            before_ns = end_ns;
            double expected =
                naive_mass(counts, times_s, rows, interval_s, &spec, (double)end_ns * 1e-9);
            if (fabs(mass - expected) > 1e-5 + 1e-9 * expected)
                fail_msg("trace %d: %.12g at %g s, expected %.12g", n, mass, (double)end_ns * 1e-9,
                         expected);
        }
        trace_close(trace);
        trace_text_remove(path);
    }
}

/* ---- real and large files ---- */

static void test_world_cup(void **state)
{
    (void)state;
    struct trace_spec spec =
        trace_text_spec(ARCHSIM_SOURCE_DIR "/scenarios/traces/worldcup98_permin_to_0619.csv.gz");
    struct diag diag;
    diag_init(&diag);
    struct trace_info info;
    assert_true(trace_check(&spec, 100 * DAY, &info, &diag));
    assert_true(info.end_ns == 72150 * 60 * SECOND);
    sample_check_close(info.mean_per_s, 558106105.0 / (72150 * 60), 1e-12, "mean");
    sample_check_close(info.peak_per_s, 153878 / 60.0, 1e-12, "peak");
    assert_true(info.peak_ns == 45 * DAY + (16 * 60 + 59) * 60 * SECOND);
    /* the busiest minute scaled past 10,000/s, in a window of an hour */
    spec.from_ns = 45 * DAY + 16 * 3600 * SECOND;
    spec.scale = 5;
    assert_true(trace_check(&spec, 3600 * SECOND, &info, &diag));
    assert_true(info.end_ns == TIME_NONE);
    sample_check_close(info.peak_per_s, 5 * 153878 / 60.0, 1e-12, "peak");
    assert_true(info.peak_ns == 59 * 60 * SECOND);
    assert_int_equal(diag.messages_count, 0);

    spec = trace_text_spec(ARCHSIM_SOURCE_DIR "/scenarios/traces/azure_llm_2023_code.csv.gz");
    spec.arrivals = true;
    assert_true(trace_check(&spec, DAY, &info, &diag));
    sample_check_close(info.mean_per_s, 8819 / ((double)info.end_ns * 1e-9), 1e-12, "mean");
    /* 18:17:03.97996 to 19:14:19.928016 and a mean gap */
    sample_check_close((double)info.end_ns, 3435.948056e9 * 8819 / 8818, 1e-9, "span");
    diag_done(&diag);
}

/* 40 million rows, 80 MB in 80 KB of gzip, take no memory. */
static void test_memory(void **state)
{
    (void)state;
    enum { BLOCK = 1 << 16 };
    const int blocks = sample_size(40000000) / (BLOCK / 2);
    char *path = trace_text_bytes("", 0), *block = test_malloc(BLOCK);
    for (int i = 0; i < BLOCK; i += 2)
        memcpy(block + i, "1\n", 2);
    gzFile gz = gzopen(path, "wb9");
    for (int i = 0; i < blocks; i++)
        assert_int_equal(gzwrite(gz, block, BLOCK), BLOCK);
    gzclose(gz);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    struct trace_spec spec = trace_text_spec(path);
    spec.interval_ns = SECOND;
    struct diag diag;
    diag_init(&diag);
    struct trace_info info;
    assert_true(trace_check(&spec, INT64_C(1) << 61, &info, &diag));
    assert_true(info.end_ns == (int64_t)blocks * (BLOCK / 2) * SECOND);
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 2048); /* KB */
    diag_done(&diag);
    test_free(block);
    trace_text_remove(path);
}

/* ---- hostile files ---- */

struct hostile {
    const char *text, *column;
    bool arrivals;
    double interval_s, from_s;
    int exit_code;
    const char *message; /* FILE for the path */
};

static const struct hostile hostile_files[] = {
    {"", NULL, false, 1, 0, 2, "FILE: error: the trace has no rows"},
    {"\n\n", NULL, false, 1, 0, 2, "FILE:2:1: error: the trace has no rows"},
    {"# step_s=1\n", NULL, false, 0, 0, 2, "FILE:1:1: error: the trace has no rows"},
    {"period,count\n", NULL, false, 1, 0, 2, "FILE:1:1: error: the trace has no rows"},
    {"1\n2\n", NULL, false, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE has neither a column of times nor '# step_s=': expected "
     "an "
     "'interval'"},
    {"0,5\n", NULL, false, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE has one row, which tells no interval: expected an "
     "'interval'"},
    {"1\n2\nx\n", NULL, false, 1, 0, 2, "FILE:3:1: error: expected a count, found 'x'"},
    {"1\n-2\n", NULL, false, 1, 0, 2, "FILE:2:1: error: a count cannot be negative: '-2'"},
    {"1\n1e16\n", NULL, false, 1, 0, 2, "FILE:2:1: error: a count is at most 1e15, found '1e16'"},
    {"1\nnan\n", NULL, false, 1, 0, 2, "FILE:2:1: error: expected a count, found 'nan'"},
    {"1\n0x10\n", NULL, false, 1, 0, 2, "FILE:2:1: error: expected a count, found '0x10'"},
    {"1\n2 3\n", NULL, false, 1, 0, 2, "FILE:2:1: error: expected a count, found '2 3'"},
    {"1\n\033[31m\n", NULL, false, 1, 0, 2, "FILE:2:1: error: expected a count, found '?[31m'"},
    {"1\n\n2\n", NULL, false, 1, 0, 2, "FILE:2:1: error: the line is empty, and rows follow it"},
    {"1\r2\r3\r", NULL, false, 1, 0, 2, "FILE:1:1: error: the trace has no rows"},
    {"a,b\n0,1\n1,\n", NULL, false, 1, 0, 2, "FILE:3:3: error: expected a count, found ''"},
    {"a,b\n0,1\n1\n", NULL, false, 1, 0, 2, "FILE:3:1: error: expected at least 2 fields, found 1"},
    {"a,b\n0,1\n1,\"2\n", NULL, false, 1, 0, 2,
     "FILE:3:4: error: a quote is not closed, or text follows it"},
    {"a,b\n0,1\n\"1\"x,2\n", NULL, false, 1, 0, 2,
     "FILE:3:2: error: a quote is not closed, or text follows it"},
    {"a,b\nx,y\n", NULL, false, 1, 0, 2, "FILE:2:1: error: expected a count, and no field is one"},
    {"a,b\nx,y\n", NULL, true, 0, 0, 2, "FILE:2:1: error: expected a time, and no field is one"},
    {"# step_s=0\n1\n", NULL, false, 0, 0, 2,
     "FILE:1:10: error: expected a number of seconds after step_s=, found '0'"},
    {"# step_s=-1\n1\n", NULL, false, 0, 0, 2,
     "FILE:1:10: error: expected a number of seconds after step_s=, found '-1'"},
    {"# step_s=\n1\n", NULL, false, 0, 0, 2,
     "FILE:1:10: error: expected a number of seconds after step_s=, found ''"},
    {"# step_s=1min x\n1\n", NULL, false, 0, 0, 2,
     "FILE:1:10: error: expected a number of seconds after step_s=, found '1min'"},
    {"# step_s=0.0001\n1\n", NULL, false, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE has an interval of 100 us: expected 1ms to 100y"},
    {"# step_s=3999999999\n1\n", NULL, false, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE has an interval of 127 y: expected 1ms to 100y"},
    /* times */
    {"t,n\n0,1\n60,1\n60,1\n", NULL, false, 0, 0, 2,
     "FILE:4:1: error: '60' is the time of the row before, too"},
    {"t,n\n0,1\n60,1\n30,1\n", NULL, false, 0, 0, 2,
     "FILE:4:1: error: '30' is earlier than the row before"},
    {"t,n\n0,1\n60,1\n120,1\n150,1\n", NULL, false, 60, 0, 2,
     "FILE:5:1: error: only 30 s after the row before, and an interval is 1m"},
    {"t,n\n0,1\n60,1\n90,1\n150,1\n210,1\n", NULL, false, 0, 0, 2,
     "FILE:4:1: error: only 30 s after the row before, and an interval is 1m"},
    {"t,n\n0,1\n2020-01-01 00:00:00,1\n", NULL, false, 1, 0, 2,
     "FILE:3:1: error: expected a time in seconds, found '2020-01-01 00:00:00'"},
    {"t,n\n2020-01-01 00:00:00,1\n60,1\n", NULL, false, 1, 0, 2,
     "FILE:3:1: error: expected a time as YYYY-MM-DD HH:MM:SS, found '60'"},
    {"t,n\n2020-02-28 00:00:00,1\n2020-02-30 00:00:00,1\n", NULL, false, 1, 0, 2,
     "FILE:3:1: error: expected a time as YYYY-MM-DD HH:MM:SS, found '2020-02-30 00:00:00'"},
    {"t,n\n1600000000000,1\n1600000060000,1\n", NULL, false, 0, 0, 2,
     "FILE:2:1: error: expected a time in seconds or as YYYY-MM-DD HH:MM:SS, found "
     "'1600000000000'"},
    {"0,1\n3999999999,1\n", NULL, false, 1, 0, 2,
     "FILE:2:1: error: more than 100y after the first row"},
    {"1\n1\n1\n", NULL, false, 2e9, 0, 2, "FILE:3:1: error: more than 100y after the first row"},
    {"1\n2\n1.5\n", NULL, true, 0, 0, 2, "FILE:3:1: error: '1.5' is earlier than the row before"},
    {"1\n2\nsoon\n", NULL, true, 0, 0, 2,
     "FILE:3:1: error: expected a time in seconds, found 'soon'"},
    /* columns */
    {"period,count\n0,1\n1,1\n", "cuont", false, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE has no column 'cuont': its line 1 is 'period,count'\n"
     "       = did you mean 'count'?"},
    {"0,1\n1,1\n", "requests", false, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE has no column 'requests': its line 1 is '0,1'"},
    {"t,name\n0,x\n1,y\n", "name", false, 0, 0, 2, "FILE:2:3: error: expected a count, found 'x'"},
    {"t,name\n0,x\n1,y\n", "name", true, 0, 0, 2,
     "FILE:2:3: error: expected a time in seconds or as YYYY-MM-DD HH:MM:SS, found 'x'"},
    /* from and repeat (all of these repeat) */
    {"0,1\n60,1\n", NULL, false, 0, 120, 2,
     "shop.yaml:7:5: error: the trace FILE is only 2m long: 'from' is 2m"},
    {"0\n60\n", NULL, true, 0, 86400, 2,
     "shop.yaml:7:5: error: the trace FILE is only 1m long: 'from' is 1d"},
    {"5\n", NULL, true, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE would repeat every 0 s: expected 10ms or more; 'for' "
     "can "
     "say how long"},
    {"0\n0.003\n", NULL, true, 0, 0, 2,
     "shop.yaml:7:5: error: the trace FILE would repeat every 6 ms: expected 10ms or more; 'for' "
     "can "
     "say how long"},
    {"1\n1\n", NULL, false, 0.001, 0, 2,
     "shop.yaml:7:5: error: the trace FILE would repeat every 2 ms: expected 10ms or more; 'for' "
     "can "
     "say how long"},
};

/* Checks the trace and compares what is printed. */
static void expect_message(const struct trace_spec *spec, int exit_code, const char *message)
{
    struct diag diag;
    diag_init(&diag);
    struct trace_info info;
    assert_false(trace_check(spec, INT64_C(1) << 61, &info, &diag));
    assert_int_equal(diag.errors_count, 1);
    assert_int_equal(diag.exit_code, exit_code);
    char *printed = NULL, expected[4096];
    size_t size = 0, used = 0;
    FILE *stream = open_memstream(&printed, &size);
    diag_print(&diag, stream, false);
    fclose(stream);
    for (const char *at = message; *at; at++) {
        bool file = strncmp(at, "FILE", 4) == 0;
        used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%.*s",
                                 file ? INT_MAX : 1, file ? spec->path : at);
        at += file ? 3 : 0;
    }
    snprintf(expected + used, sizeof(expected) - used, "\n");
    assert_string_equal(printed, expected);
    free(printed);
    diag_done(&diag);
}

static void test_hostile_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hostile_files) / sizeof(hostile_files[0]); i++) {
        const struct hostile *hostile = &hostile_files[i];
        for (int zipped = 0; zipped < 2; zipped++) {
            char *path = zipped ? trace_text_gzip(hostile->text) : trace_text_plain(hostile->text);
            struct trace_spec spec = trace_text_spec(path);
            spec.column = hostile->column;
            spec.arrivals = hostile->arrivals;
            spec.interval_ns = (int64_t)(hostile->interval_s * 1e9);
            spec.from_ns = (int64_t)(hostile->from_s * 1e9);
            spec.repeat = true;
            expect_message(&spec, hostile->exit_code, hostile->message);
            trace_text_remove(path);
        }
    }
}

static void test_hostile_bytes(void **state)
{
    (void)state;
    char *path = trace_text_bytes("1\n2\0\n3\n", 7);
    struct trace_spec spec = trace_text_spec(path);
    spec.interval_ns = SECOND;
    expect_message(&spec, 2, "FILE:2:1: error: a NUL byte: expected text in ASCII or UTF-8");
    trace_text_remove(path);

    /* 1 MiB is the longest line: with its end it fits, one byte more does not */
    const size_t limit = 1 << 20;
    char *text = test_malloc(limit + 8);
    memset(text, '0', limit + 8);
    memcpy(text, "7\n", 2);
    memcpy(text + 2 + limit - 1, "\n1\n", 3);
    path = trace_text_bytes(text, 2 + limit + 2);
    spec.path = path;
    expect_replay(&spec, 3, "7@1s 0@2s 1@3s");
    trace_text_remove(path);
    memcpy(text + 2 + limit - 1, "00\n1", 4);
    path = trace_text_bytes(text, 2 + limit + 3);
    spec.path = path;
    expect_message(&spec, 2, "FILE:2:1: error: the line is longer than 1 MiB");
    trace_text_remove(path);
    test_free(text);
}

/* What cannot be read calls for exit code 4. */
static void test_unreadable(void **state)
{
    (void)state;
    struct trace_spec spec = trace_text_spec("/nowhere/trace.csv");
    spec.interval_ns = SECOND;
    expect_message(&spec, 4, "FILE: error: cannot read this trace: No such file or directory");
    static const char irregular[] =
        "FILE: error: not a regular file, which a trace must be: every replication reads it again";
    spec.path = "/tmp";
    expect_message(&spec, 4, irregular);
    spec.path = "/dev/zero";
    expect_message(&spec, 4, irregular);
}

/* A gzip file cut anywhere is found out, and never read wrongly before that. */
static void test_cut(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1, 0, "test", "cut");
    char *text = test_malloc(100000), message[256];
    size_t length = 0;
    while (length < 90000)
        length += (size_t)snprintf(text + length, 100, "%u\n", random_below(&random, 1000000));
    char *path = trace_text_gzip(text), *bytes = test_malloc(100000);
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, 100000, file);
    fclose(file);
    trace_text_remove(path);
    for (size_t cut = size - 1; cut > 2; cut -= cut > 1037 && cut < size - 20 ? 997 : 1) {
        path = trace_text_bytes(bytes, cut);
        struct trace_spec spec = trace_text_spec(path);
        spec.interval_ns = SECOND;
        struct trace_info info;
        struct diag diag;
        diag_init(&diag);
        assert_false(trace_check(&spec, 100 * DAY, &info, &diag));
        assert_int_equal(diag.exit_code, 4);
        unsigned line = 0;
        assert_int_equal(sscanf(diag.messages[0].text,
                                "cut: its gzip data end in the middle, after line %u", &line),
                         1);
        /* up to the line that it names all is well (a minute at least, and two rows ahead, are
         * read) */
        if (line > 62) {
            assert_true(trace_check(&spec, (line - 2) * SECOND, &info, &diag));
            double sum = 0;
            const char *at = text;
            for (unsigned i = 2; i < line; i++, at = strchr(at, '\n') + 1)
                sum += (double)strtol(at, NULL, 10);
            sample_check_close(info.mean_per_s, sum / (line - 2), 1e-12, "mean before the cut");
        }
        diag_done(&diag);
        trace_text_remove(path);
    }
    /* a byte that was changed */
    bytes[size / 2] = (char)(bytes[size / 2] ^ 0x10);
    path = trace_text_bytes(bytes, size);
    struct trace_spec spec = trace_text_spec(path);
    spec.interval_ns = SECOND;
    struct trace_info info;
    struct diag diag;
    diag_init(&diag);
    assert_false(trace_check(&spec, 100 * DAY, &info, &diag));
    assert_int_equal(diag.exit_code, 4);
    snprintf(message, sizeof(message), "%.30s", diag.messages[0].text);
    assert_true(strncmp(message, "cannot be read beyond line ", 27) == 0);
    diag_done(&diag);
    trace_text_remove(path);
    test_free(bytes);
    test_free(text);
}

/* What the check tells of a trace that repeats, with silence behind its end, and of one that ends.
 */
static void test_info(void **state)
{
    (void)state;
    static const struct {
        int64_t for_s, length_s;
        bool repeat, arrivals;
        double mean_per_s, end_s; /* -1: none */
        double peak_per_s, peak_s;
    } infos[] = {
        {0, 100, false, false, 10 / 4.0, 4, 5, 2},  {0, 3, false, false, 8 / 3.0, -1, 5, 2},
        {0, 4, false, false, 10 / 4.0, -1, 5, 2},   {0, 1000, true, false, 10 / 4.0, -1, 5, 2},
        {8, 1000, true, false, 10 / 8.0, -1, 5, 2}, {8, 6, true, false, 10 / 6.0, -1, 5, 2},
        {2, 1000, false, false, 3 / 2.0, 2, 3, 0},  {2, 1000, true, false, 3 / 2.0, -1, 3, 0},
        {0, 100, false, true, 1, 4, 2, 1},          {0, 100, true, true, 1, -1, 2, 1},
        {8, 100, true, true, 4 / 8.0, -1, 2, 1},    {0, 1, false, true, 1, -1, 1, 0},
    };
    char *counts = trace_text_plain("3\n0\n5\n2\n"), *instants = trace_text_plain("0\n1\n1.5\n3\n");
    for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
        struct trace_spec spec = trace_text_spec(infos[i].arrivals ? instants : counts);
        spec.arrivals = infos[i].arrivals;
        spec.interval_ns = SECOND;
        spec.repeat = infos[i].repeat;
        spec.for_ns = infos[i].for_s > 0 ? infos[i].for_s * SECOND : TIME_NONE;
        struct diag diag;
        struct trace_info info;
        diag_init(&diag);
        assert_true(trace_check(&spec, infos[i].length_s * SECOND, &info, &diag));
        double end_s = info.end_ns == TIME_NONE ? -1 : (double)info.end_ns * 1e-9;
        if (fabs(info.mean_per_s - infos[i].mean_per_s) > 1e-12 || end_s != infos[i].end_s ||
            info.peak_per_s != infos[i].peak_per_s ||
            info.peak_ns != (int64_t)(infos[i].peak_s * 1e9))
            fail_msg("row %zu: mean %g end %g peak %g at %lld", i, info.mean_per_s, end_s,
                     info.peak_per_s, (long long)info.peak_ns);
        diag_done(&diag);
    }
    trace_text_remove(counts);
    trace_text_remove(instants);
}

/* What is wrong behind the part that is used does not matter. */
static void test_unused_part(void **state)
{
    (void)state;
    char *path = trace_text_plain("1\n2\n3\noops\n");
    struct trace_spec spec = trace_text_spec(path);
    struct trace_info info;
    struct diag diag;
    diag_init(&diag);
    spec.interval_ns = 60 * SECOND;
    assert_true(trace_check(&spec, 90 * SECOND, &info, &diag));
    sample_check_close(info.mean_per_s, (1 + 1) / 90.0, 1e-12, "mean");
    assert_false(trace_check(&spec, 120 * SECOND, &info, &diag)); /* what begins then is read */
    diag_done(&diag);
    diag_init(&diag);
    spec.interval_ns = SECOND;
    spec.for_ns = 2 * SECOND;
    assert_true(trace_check(&spec, 100 * SECOND, &info, &diag));
    assert_true(info.end_ns == 2 * SECOND);
    assert_int_equal(diag.messages_count, 0);
    /* the warm-up may use the first minute */
    spec.for_ns = TIME_NONE;
    assert_false(trace_check(&spec, 2 * SECOND, &info, &diag));
    diag_done(&diag);
    trace_text_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),         cmocka_unit_test(test_instants),
        cmocka_unit_test(test_members),       cmocka_unit_test(test_windows),
        cmocka_unit_test(test_start_rate),    cmocka_unit_test(test_any_window),
        cmocka_unit_test(test_world_cup),     cmocka_unit_test(test_memory),
        cmocka_unit_test(test_hostile_files), cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_unreadable),    cmocka_unit_test(test_cut),
        cmocka_unit_test(test_unused_part),   cmocka_unit_test(test_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
