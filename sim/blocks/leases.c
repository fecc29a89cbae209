/* leases: one instant of expiry for each holder. */
#include "sim/blocks/leases.h"

#include <assert.h>

void leases_init(struct leases *leases, struct arena *arena, const struct leases_rules *rules)
{
    assert(rules->holders_count >= 1 && rules->holders_count <= LEASES_HOLDERS_MAX);
    assert(rules->lifetime_ns > 0);
    assert(rules->early_ns >= 0 && rules->early_ns <= rules->lifetime_ns);
    *leases = (struct leases){
        .holders = arena_array(arena, rules->holders_count, sizeof(struct lease)),
        .rules = *rules,
    };
    zipf_init(&leases->popularity, rules->holders_count, rules->zipf_s);
}

void leases_age(struct leases *leases, uint32_t holder, int64_t now_ns, struct random *random)
{
    const int64_t early_ns = leases->rules.early_ns;
    const double left_ns = random_uniform(random) * (double)(leases->rules.lifetime_ns - early_ns);
    leases->holders[holder] =
        (struct lease){.expires_ns = now_ns + early_ns + (int64_t)left_ns + 1};
}

uint32_t leases_draw(const struct leases *leases, struct random *random)
{
    return leases->rules.holders_count == 1 ? 0 : zipf_draw(&leases->popularity, random);
}

enum lease_state leases_use(struct leases *leases, uint32_t holder, int64_t now_ns)
{
    struct lease *lease = &leases->holders[holder];
    if (lease->expires_ns <= now_ns || lease->uses >= leases->rules.uses_max) {
        return LEASE_OVER;
    }
    lease->uses++;
    return lease->expires_ns - leases->rules.early_ns <= now_ns ? LEASE_OLD : LEASE_GOOD;
}

void leases_renew(struct leases *leases, uint32_t holder, int64_t now_ns)
{
    leases->holders[holder] = (struct lease){.expires_ns = now_ns + leases->rules.lifetime_ns};
}

void leases_end(struct leases *leases, uint32_t holder)
{
    leases->holders[holder] = (struct lease){.expires_ns = 0};
}
