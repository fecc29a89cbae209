/* pollers: allowed batches as a level that moves with the clock, and the batch that is gathered. */
#include "sim/blocks/pollers.h"

#include <assert.h>

#define POLLERS_NO_DELIVERY UINT32_MAX

void pollers_init(struct pollers *pollers, const struct pollers_setup *setup)
{
    assert(setup->first >= 1 && setup->first <= setup->most);
    assert(setup->batch >= 1);
    assert(setup->period_ns >= 1);
    *pollers = (struct pollers){.setup = *setup, .delivery = POLLERS_NO_DELIVERY};
}

static int64_t pollers_most_ns(const struct pollers *pollers)
{
    return (pollers->setup.most - pollers->setup.first) * pollers->setup.period_ns;
}

static void pollers_grow(struct pollers *pollers, int64_t now_ns, int64_t more_ns)
{
    const int64_t passed_ns = now_ns - pollers->at_ns;
    const int64_t most_ns = pollers_most_ns(pollers);
    int64_t grown_ns = pollers->grown_ns + (pollers->lacking ? passed_ns : -passed_ns);
    grown_ns = (grown_ns < 0 ? 0 : grown_ns > most_ns ? most_ns : grown_ns) + more_ns;
    pollers->grown_ns = grown_ns < 0 ? 0 : grown_ns;
    pollers->at_ns = now_ns;
}

uint32_t pollers_allowed(struct pollers *pollers, int64_t now_ns)
{
    pollers_grow(pollers, now_ns, 0);
    return pollers->setup.first + (uint32_t)(pollers->grown_ns / pollers->setup.period_ns);
}

uint32_t pollers_wanted(struct pollers *pollers, int64_t now_ns)
{
    if (pollers->count > 0) {
        return pollers->setup.batch - pollers->count;
    }
    return pollers->out < pollers_allowed(pollers, now_ns) ? pollers->setup.batch : 0;
}

void pollers_received(struct pollers *pollers, uint32_t count)
{
    pollers->out += pollers->count == 0;
    pollers->count += count;
    assert(pollers->count <= pollers->setup.batch);
}

void pollers_sent(struct pollers *pollers)
{
    pollers->count = 0;
    pollers->delivery = POLLERS_NO_DELIVERY;
}

void pollers_end(struct pollers *pollers, int64_t now_ns, bool failed)
{
    assert(pollers->out > 0);
    pollers->out--;
    if (failed) {
        pollers_fail(pollers, now_ns);
    }
}

void pollers_fail(struct pollers *pollers, int64_t now_ns)
{
    pollers_grow(pollers, now_ns, -pollers->setup.period_ns);
}

void pollers_lack(struct pollers *pollers, int64_t now_ns, bool lacking)
{
    pollers_grow(pollers, now_ns, 0);
    pollers->lacking = lacking;
}

int64_t pollers_due_ns(const struct pollers *pollers)
{
    const int64_t period_ns = pollers->setup.period_ns;
    if (!pollers->lacking || pollers->grown_ns == pollers_most_ns(pollers)) {
        return INT64_MAX;
    }
    return pollers->at_ns + period_ns - pollers->grown_ns % period_ns;
}
