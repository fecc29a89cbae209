/* fuzz_trace: any bytes as a trace file are replayed or refused with a message, and never read
 * wrongly: the replay is the one that was checked, its times ascend, its rates are finite and not
 * negative. The first five bytes choose the keys of `trace`. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/engine/arrivals.h"
#include "sim/engine/trace.h"
#include "sim/kernel/arena.h"

#define SECOND INT64_C(1000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct trace_spec fuzz_spec(const uint8_t *data, const char *path)
{
    static const double speeds[] = {1, 0.000001, 3, 1e6};
    static const int64_t intervals_ns[] = {0, 1000000, SECOND, 3600 * SECOND};
    static const char *const columns[] = {NULL, NULL, "count", "t"};
    return (struct trace_spec){
        .path = path,
        .arrivals = data[0] & 1,
        .repeat = data[0] & 2,
        .column = columns[data[0] >> 2 & 3],
        .interval_ns = intervals_ns[data[0] >> 4 & 3],
        .speed = speeds[data[0] >> 6],
        .scale = data[1] / 16.0,
        .from_ns = data[2] * (SECOND / 8),
        .for_ns = data[3] > 0 ? data[3] * (SECOND / 4) : TIME_NONE,
        .place = {.file = "fuzz.yaml", .line = 1, .column = 1},
    };
}

/* What was checked is replayed without the diag, so that a late error would end the program. */
static void fuzz_replay(const struct trace_spec *spec, int64_t length_ns)
{
    const struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_TRACE, .trace = *spec};
    struct arena arena;
    arena_init(&arena);
    const struct arrivals_setup setup = {
        .seed = 1, .origin_ns = SECOND, .horizon_ns = SECOND + length_ns, .arena = &arena};
    struct arrivals arrivals;
    bool good = arrivals_init(&arrivals, &traffic, &setup);
    assert(good);
    int64_t at_ns = 0, before_ns = 0;
    for (int i = 0; i < 1000 && arrivals_next(&arrivals, &at_ns); i++) {
        assert(at_ns >= before_ns);
        assert(at_ns <= setup.horizon_ns);
        before_ns = at_ns;
    }
    arrivals_done(&arrivals);
    arena_done(&arena);
}

static void fuzz_intervals(const struct trace_spec *spec, int64_t length_ns)
{
    struct trace *trace = trace_open(spec, NULL);
    int64_t end_ns = 0, before_ns = 0;
    double rate_per_s;
    for (int i = 0; i < 200 && end_ns < length_ns && trace_interval(trace, &end_ns, &rate_per_s);
         i++) {
        assert(end_ns >= before_ns);
        assert(isfinite(rate_per_s) && rate_per_s >= 0);
        before_ns = end_ns;
    }
    trace_close(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5 || size > 1 << 16)
        return 0;
    char path[64];
    int fd = memfd_create("trace", 0);
    assert(fd >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t written = write(fd, data + 5, size - 5);
    assert(written == (ssize_t)(size - 5));
    struct trace_spec spec = fuzz_spec(data, path);
    int64_t length_ns = (1 + data[4]) * SECOND;
    struct diag diag;
    struct trace_info info;
    diag_init(&diag);
    if (trace_check(&spec, length_ns, &info, &diag)) {
        assert(diag.errors_count == 0);
        assert(isfinite(info.mean_per_s) && info.mean_per_s >= 0);
        assert(info.peak_per_s >= 0);
        fuzz_replay(&spec, length_ns);
        if (!spec.arrivals)
            fuzz_intervals(&spec, length_ns);
    } else {
        assert(diag.errors_count == 1);
    }
    diag_done(&diag);
    close(fd);
    return 0;
}
