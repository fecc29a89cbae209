/* fuzz_quantity: the first byte chooses the kind, the rest is a quantity or a distribution. What
 * is taken is finite, not negative and within the limits; an error has a text and a place inside
 * the input. */
#include "sim/scenario/quantity.h"

#include <assert.h>
#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_error(const char *text, const struct quantity_error *error)
{
    assert(strlen(error->text) > 0);
    assert(error->offset <= strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena arena;
    arena_init(&arena);
    char *text = arena_text(&arena, (const char *)data + 1, size - 1);
    struct distribution_request request = {.kind = (enum quantity)(data[0] % 8),
                                           .directory = "/nonexistent",
                                           .shape_only = data[0] >= 128};
    request.unit = request.kind == QUANTITY_CAPACITY ? "ACU" : NULL;
    struct quantity_error error = {0};
    double value;
    int64_t whole;
    if (quantity_parse(text, request.kind, request.unit, &value, &error)) {
        assert(isfinite(value));
        assert(value >= 0 || request.kind == QUANTITY_COUNT);
        assert(fabs(value) <= 0x1p62);
    } else {
        fuzz_error(text, &error);
    }
    if (quantity_parse_time(text, &whole, &error))
        assert(whole >= 0 && whole <= INT64_C(3153600000000000000));
    else
        fuzz_error(text, &error);
    if (!quantity_parse_whole(text, &whole, &error))
        fuzz_error(text, &error);
    struct distribution distribution;
    bool heavy_tail;
    if (!strstr(text, "empirical") &&
        quantity_parse_distribution(text, &request, &arena, &distribution, &heavy_tail, &error))
        assert(isfinite(distribution.mean) && distribution.mean >= 0);
    arena_done(&arena);
    return 0;
}
