/* fuzz_scenario: any bytes as a scenario, loaded with the real service types up to an immutable
 * scenario. Nothing may crash, hang or leak; a refusal has at least one error, and all messages
 * can be shown. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/commands/types.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct load_request request = {
        .path = "/nowhere/fuzz.yaml", /* relative files do not exist there */
        .types = types_infos,
        .types_count = types_count,
    };
    struct diag diag;
    diag_init(&diag);
    struct scenario *scenario =
        scenario_load_text(&request, size > 0 ? (const char *)data : "", size, &diag);
    assert((scenario != NULL) == (diag.errors_count == 0));
    FILE *stream = fopen("/dev/null", "w");
    diag_print(&diag, stream, true);
    fclose(stream);
    if (scenario != NULL)
        scenario_free(scenario);
    diag_done(&diag);
    return 0;
}
