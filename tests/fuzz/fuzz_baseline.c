/* fuzz_baseline: any bytes as a results file to compare with. Nothing may crash, hang or leak; what
 * is refused is told once, at a place in the file; an estimate that is read is one. */
#include "reports/baseline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_estimate(const struct baseline *baseline, uint32_t entry, const char *path,
                          struct diag *diag)
{
    struct interval estimate;
    const uint32_t errors = diag->errors_count;
    const bool good = baseline_estimate(baseline, entry, path, &estimate, diag);
    assert(good == (diag->errors_count == errors));
    if (!isnan(estimate.low))
        assert(estimate.low <= estimate.value && estimate.value <= estimate.high);
    assert(isnan(estimate.low) == isnan(estimate.high));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag diag;
    uint32_t found;
    diag_init(&diag);
    struct baseline *baseline =
        baseline_read_text("fuzz", size > 0 ? (const char *)data : "", size, &diag);
    assert((baseline == NULL) == (diag.errors_count == 1));
    for (uint32_t i = 0; baseline && i < baseline_count(baseline) && i < 4; i++) {
        assert(baseline_replications(baseline, i) > 0);
        fuzz_estimate(baseline, i, "traffic.users.latency.p99", &diag);
        fuzz_estimate(baseline, i, "services.db.errors.timeout", &diag);
        baseline_find(baseline, baseline_name(baseline, i), "fuzz.yaml", &found, &diag);
    }
    FILE *stream = fopen("/dev/null", "w");
    diag_print(&diag, stream, false);
    fclose(stream);
    diag_done(&diag);
    baseline_free(baseline);
    return 0;
}
