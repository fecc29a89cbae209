/* renewals: leases that are fetched anew. */
#include "sim/blocks/renewals.h"

void renewals_init(struct renewals *renewals, struct core *core, struct load *load,
                   struct arena *arena, const struct renewals_rules *rules)
{
    *renewals = (struct renewals){
        .core = core, .load = load, .rootless = rules->root_lifetime_ns == RENEWALS_ROOTLESS};
    leases_init(&renewals->leases, arena, &rules->leases);
    if (!renewals->rootless) {
        leases_init(&renewals->roots, arena,
                    &(struct leases_rules){
                        .holders_count = rules->leases.holders_count,
                        .lifetime_ns = rules->root_lifetime_ns,
                        .uses_max = LEASES_USES_UNLIMITED,
                    });
    }
    fetches_init(&renewals->fetches, arena);
}

void renewals_age(struct renewals *renewals, uint32_t holder, struct random *random)
{
    const int64_t now_ns = core_now(renewals->core);
    if (!renewals->rootless) {
        leases_age(&renewals->roots, holder, now_ns, random);
    }
    leases_age(&renewals->leases, holder, now_ns, random);
}

enum renewal_turn renewals_ask(struct renewals *renewals, uint32_t holder, struct frame *f)
{
    const int64_t now_ns = core_now(renewals->core);
    const enum lease_state held = leases_use(&renewals->leases, holder, now_ns);
    if (held == LEASE_GOOD) {
        return RENEWAL_GOOD;
    }
    const bool rooted =
        renewals->rootless || leases_use(&renewals->roots, holder, now_ns) != LEASE_OVER;
    if (held == LEASE_OLD && !rooted) {
        return RENEWAL_GOOD;
    }
    enum outcome outcome; /* failures are not remembered */
    if (fetches_ask(&renewals->fetches, renewals->core, holder, f, &outcome) == FETCH_LEADS) {
        return held == LEASE_OLD ? RENEWAL_EARLY : rooted ? RENEWAL_DUE : RENEWAL_ANEW;
    }
    if (held == LEASE_OLD) {
        fetches_leave(&renewals->fetches, renewals->core, holder, f);
        return RENEWAL_OLD;
    }
    f->block = RENEWALS_WAITING;
    gauge_add(&renewals->load->queue, 1, now_ns);
    return RENEWAL_WAITS;
}

struct line renewals_end(struct renewals *renewals, uint32_t holder, bool anew)
{
    const int64_t now_ns = core_now(renewals->core);
    if (anew && !renewals->rootless) {
        leases_renew(&renewals->roots, holder, now_ns);
    }
    leases_renew(&renewals->leases, holder, now_ns);
    return fetches_end(&renewals->fetches, holder);
}

void renewals_fail(struct renewals *renewals, uint32_t holder, enum outcome outcome)
{
    struct line line = fetches_end(&renewals->fetches, holder);
    for (struct frame *f; (f = load_next(renewals->load, renewals->core, &line)) != NULL;) {
        core_end(renewals->core, f, outcome);
    }
}

bool renewals_use(struct renewals *renewals, uint32_t holder)
{
    return leases_use(&renewals->leases, holder, core_now(renewals->core)) != LEASE_OVER;
}

struct line renewals_abandon(struct renewals *renewals, uint32_t holder)
{
    return fetches_end(&renewals->fetches, holder);
}

struct frame *renewals_next(struct renewals *renewals, uint32_t holder, struct line *line,
                            enum renewal_turn *turn)
{
    for (struct frame *f; (f = load_next(renewals->load, renewals->core, line)) != NULL;) {
        *turn = renewals_ask(renewals, holder, f);
        if (*turn != RENEWAL_WAITS) {
            return f;
        }
    }
    return NULL;
}

void renewals_leave(struct renewals *renewals, uint32_t holder, struct frame *f)
{
    fetches_leave(&renewals->fetches, renewals->core, holder, f);
    gauge_add(&renewals->load->queue, -1, core_now(renewals->core));
}
