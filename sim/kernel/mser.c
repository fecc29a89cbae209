/* mser: the truncation point of a series by the MSER-5 rule. */
#include "sim/kernel/mser.h"

enum {
    MSER_BATCH = 5,
    MSER_BATCHES_KEPT = 5, /* at the end, never cut */
    MSER_BATCHES_MIN = 10,
};

struct mser mser_cut(const double *points, size_t count)
{
    const size_t batches = count / MSER_BATCH;
    if (batches < MSER_BATCHES_MIN)
        return (struct mser){.cut = 0, .unclear = true};
    double mean = 0; /* of the batches from i on (Welford, backwards) */
    double squares = 0;
    double best = 0;
    size_t cut = batches;
    for (size_t i = batches; i-- > 0;) {
        double batch = 0;
        for (size_t j = 0; j < MSER_BATCH; j++)
            batch += points[i * MSER_BATCH + j] / MSER_BATCH;
        const double left = (double)(batches - i);
        const double gap = batch - mean;
        mean += gap / left;
        squares += gap * (batch - mean);
        const double error = squares / (left * left);
        if (batches - i > MSER_BATCHES_KEPT && (cut == batches || error <= best)) {
            best = error;
            cut = i;
        }
    }
    return (struct mser){.cut = cut * MSER_BATCH, .unclear = 2 * cut > batches};
}
