#include "sim/blocks/ladder.h"

#include <assert.h>

void ladder_init(struct ladder *ladder, const struct ladder_rules *rules)
{
    assert(rules->rungs_count > 0);
    *ladder = (struct ladder){.rules = rules};
}

void ladder_rest(struct ladder *ladder, int64_t now_ns)
{
    ladder->phase = LADDER_RESTING;
    ladder->since_ns = now_ns;
    ladder->processors_sum = 0;
    ladder->clients_sum = 0;
    ladder->looks = 0;
}

/* The rung that the period asks for. */
static uint32_t ladder_want(const struct ladder *ladder, int64_t now_ns)
{
    const struct ladder_rules *rules = ladder->rules;
    const double processors = ladder->processors_sum / ladder->looks;
    const double clients = ladder->clients_sum / ladder->looks;
    if (processors > rules->up_processors || clients > rules->up_clients) {
        return ladder->rung + 1 < rules->rungs_count ? ladder->rung + 1 : ladder->rung;
    }
    const bool low = processors < rules->down_processors && clients < rules->down_clients;
    return low && ladder->rung > 0 && now_ns >= ladder->down_ns ? ladder->rung - 1 : ladder->rung;
}

static void ladder_average(struct ladder *ladder, const struct ladder_use *use, int64_t now_ns)
{
    ladder->processors_sum += use->processors;
    ladder->clients_sum += use->clients;
    ladder->looks++;
    if (now_ns - ladder->since_ns < ladder->rules->period_ns) {
        return;
    }
    ladder->wanted = ladder_want(ladder, now_ns);
    ladder_rest(ladder, now_ns);
    if (ladder->wanted != ladder->rung) {
        ladder->phase = LADDER_SEARCHING;
    }
}

static enum ladder_news ladder_search(struct ladder *ladder, bool blocked, int64_t now_ns)
{
    const struct ladder_rules *rules = ladder->rules;
    const bool late = now_ns - ladder->since_ns >= rules->search_ns;
    if (blocked && !late) {
        return LADDER_NOTHING;
    }
    if (blocked && !rules->force) {
        ladder_rest(ladder, now_ns);
        return LADDER_GAVE_UP;
    }
    ladder->phase = LADDER_MOVING;
    ladder->since_ns = now_ns;
    return blocked ? LADDER_FORCED : LADDER_NOTHING;
}

static enum ladder_news ladder_move(struct ladder *ladder, int64_t now_ns)
{
    const struct ladder_rules *rules = ladder->rules;
    if (now_ns - ladder->since_ns < rules->move_ns) {
        return LADDER_NOTHING;
    }
    const bool up = ladder->wanted > ladder->rung;
    ladder->rung = ladder->wanted;
    ladder->down_ns = now_ns + (up ? rules->after_up_ns : rules->after_down_ns);
    ladder_rest(ladder, now_ns);
    return LADDER_MOVED;
}

enum ladder_news ladder_look(struct ladder *ladder, const struct ladder_use *use, int64_t now_ns)
{
    if (ladder->phase == LADDER_RESTING) {
        ladder_average(ladder, use, now_ns);
    }
    enum ladder_news news = LADDER_NOTHING;
    if (ladder->phase == LADDER_SEARCHING) {
        news = ladder_search(ladder, use->blocked, now_ns);
    }
    return ladder->phase == LADDER_MOVING && news == LADDER_NOTHING ? ladder_move(ladder, now_ns)
                                                                    : news;
}
