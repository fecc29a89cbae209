/* identity: who is who: a user pool (Cognito), its federation with an external provider, and STS.
 * A request takes its tokens from the quota of its category, which all services of the type share;
 * without them it ends as `throttled`. Else its latency passes, then the external provider and the
 * trigger are called. Tokens and credentials are held by those whom they are for until they
 * expire, so that load is holders over lifetime. Blocks: throttle, renewals, keyring. */
#include "models/model.h"

#include "models/identity_tables.h"
#include "sim/blocks/keyring.h"
#include "sim/blocks/renewals.h"
#include "sim/blocks/throttle.h"

/* frame.block: RENEWALS_WAITING, or what is due, plus 1, and what has been done for it: it renews
 * what its holder will have, and has called the provider, the trigger. frame.note: the holder. */
enum {
    IDENTITY_DUE_MASK = 0x1f,
    IDENTITY_RENEWS = 0x20,
    IDENTITY_PROVIDER = 0x40,
    IDENTITY_TRIGGER = 0x80,
};

struct identity {
    struct renewals tokens;      /* of users, if there are any; their roots are sign-ins */
    struct renewals credentials; /* of principals, if there are any */
    struct keyring keys;
    struct random user_random, latency_random;
    uint64_t successes[IDENTITY_EVENTS + 1], throttles[IDENTITY_EVENTS + 1]; /* measured, as all */
    uint64_t calls, throttled, cached, asked;
};

/* Of all services of the account. */
struct identity_account {
    struct throttle quotas[IDENTITY_CATEGORIES];
};

/* ---- at the start ---- */

static void identity_start_users(struct service *s, struct random *ages)
{
    const struct identity_params *p = s->params;
    struct identity *identity = s->state;
    const struct renewals_rules rules = identity_tokens(p);
    renewals_init(&identity->tokens, s->core, &s->load, s->arena, &rules);
    for (uint32_t user = 0; user < rules.leases.holders_count; user++) {
        if (random_uniform(ages) < p->signed_in_ratio) {
            renewals_age(&identity->tokens, user, ages);
        }
    }
}

static void identity_start_principals(struct service *s, struct random *ages)
{
    struct identity *identity = s->state;
    const struct renewals_rules rules = identity_credentials(s->params);
    renewals_init(&identity->credentials, s->core, &s->load, s->arena, &rules);
    for (uint32_t i = 0; i < rules.leases.holders_count; i++) {
        renewals_age(&identity->credentials, i, ages);
    }
}

static void identity_start(struct world *w, struct service *s)
{
    const struct identity_params *p = s->params;
    const struct identity_quotas *q = s->quotas;
    struct identity *identity = s->state;
    struct identity_account *account = s->shared;
    struct random ages = service_random(w, s, "ages");
    const struct random fetches = service_random(w, s, "keys");
    for (uint32_t i = 0; i < IDENTITY_CATEGORIES; i++) { /* all services say the same */
        throttle_init_burst(&account->quotas[i], identity_rate_per_s(q, i), q->burst_time_ns);
    }
    if (p->users_popularity.n > 0) {
        identity_start_users(s, &ages);
    }
    if (p->principals_count > 0) {
        identity_start_principals(s, &ages);
    }
    keyring_init(&identity->keys, p->keys.fetch_ns_dist, p->keys.lifetime_ns, &fetches);
    identity->user_random = service_random(w, s, "users");
    identity->latency_random = service_random(w, s, "latency");
    s->load.unlimited = true;
}

/* ---- what a request takes ---- */

/* Answers to challenges beyond their own quota count as authentications. The limit that is in the
 * way; null: none. */
static const char *identity_pass(struct service *s, const struct frame *f,
                                 enum identity_operation due)
{
    const struct identity_params *p = s->params;
    struct identity *identity = s->state;
    struct identity_account *account = s->shared;
    const struct identity_work *work = &identity_works[due];
    if (work->category == IDENTITY_FREE) {
        return NULL;
    }
    const bool measured = f->flags & FRAME_MEASURED;
    const int64_t now_ns = core_now(s->core);
    const int64_t requests = due == SIGN_IN ? p->sign_in_requests_count : 1;
    bool passes = throttle_pass(&account->quotas[work->category], now_ns, 1);
    identity->calls += measured;
    for (int64_t i = 1; passes && i < requests; i++) {
        passes = throttle_pass(&account->quotas[CHALLENGES], now_ns, 1) ||
                 throttle_pass(&account->quotas[USER_AUTHENTICATION], now_ns, 1);
        identity->calls += measured;
    }
    if (passes) {
        return NULL;
    }
    identity->throttles[work->event] += measured;
    identity->throttled += measured;
    return identity_categories[work->category];
}

static int64_t identity_latency_ns(struct service *s, enum identity_operation operation)
{
    const struct identity_params *p = s->params;
    struct identity *identity = s->state;
    struct random *random = &identity->latency_random;
    const struct distribution *own = identity_latency_ns_dist(p, operation);
    int64_t latency_ns = own != NULL ? distribution_draw_int(own, random) : 0;
    if (operation == FEDERATE && p->provider_target.service == SERVICE_NONE) {
        latency_ns += distribution_draw_int(p->latency.provider_ns_dist, random);
    } else if (operation == VALIDATE) {
        latency_ns += keyring_wait_ns(&identity->keys, core_now(s->core));
    }
    return latency_ns;
}

/* What is due, and then the check of the token that it gave. */
static void identity_work(struct world *w, struct service *s, struct frame *f,
                          enum identity_operation due)
{
    f->block |= (uint8_t)(due + 1);
    f->work_ns = identity_latency_ns(s, due);
    if (f->operation == VALIDATE && due != VALIDATE) {
        f->work_ns += identity_latency_ns(s, VALIDATE);
    }
    call_work(w, f);
}

/* ---- what is held ---- */

/* Null: nobody holds what it asks for. */
static struct renewals *identity_held(struct service *s, const struct frame *f)
{
    const struct identity_params *p = s->params;
    struct identity *identity = s->state;
    if (f->operation == VALIDATE && p->users_popularity.n > 0) {
        return &identity->tokens;
    }
    return f->operation == GET_CREDENTIALS && p->principals_count > 0 ? &identity->credentials
                                                                      : NULL;
}

/* Who is refused early uses what is old. The limit that is in the way; null: none. */
static const char *identity_take(struct world *w, struct service *s, struct frame *f,
                                 enum renewal_turn turn)
{
    enum identity_operation due = identity_due(s->params, f->operation, turn);
    const char *limit = identity_pass(s, f, due);
    if (limit != NULL) {
        renewals_fail(identity_held(s, f), f->note, OUTCOME_THROTTLED);
        if (turn != RENEWAL_EARLY) {
            return limit;
        }
        service_throttled(w, s, limit);
        due = f->operation;
    }
    f->block = due != f->operation ? IDENTITY_RENEWS : 0;
    identity_work(w, s, f, due);
    return NULL;
}

static const char *identity_ask(struct world *w, struct service *s, struct frame *f,
                                struct renewals *held)
{
    struct identity *identity = s->state;
    f->note = leases_draw(&held->leases, &identity->user_random);
    const enum renewal_turn turn = renewals_ask(held, f->note, f);
    if (f->flags & FRAME_MEASURED) {
        identity->asked++;
        identity->cached += turn == RENEWAL_GOOD;
    }
    return turn == RENEWAL_WAITS ? NULL : identity_take(w, s, f, turn);
}

static void identity_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct renewals *held = identity_held(s, f);
    const enum identity_operation due =
        f->operation == GET_CREDENTIALS ? ASSUME_ROLE : f->operation;
    const char *limit = held != NULL ? identity_ask(w, s, f, held) : identity_pass(s, f, due);
    if (limit != NULL) {
        call_throttle(w, f, limit);
    } else if (held == NULL) {
        identity_work(w, s, f, due);
    }
}

/* f, which was to renew, ends. Who waited has what it got, or fails alike; where f's caller has
 * taken it back, the next one renews. */
static void identity_renewed(struct world *w, struct service *s, const struct frame *f,
                             enum identity_operation due)
{
    struct renewals *held = identity_held(s, f);
    const bool withdrawn = f->flags & FRAME_WITHDRAWN;
    if (!withdrawn && f->answer != OUTCOME_OK) {
        renewals_fail(held, f->note, f->answer);
        return;
    }
    struct line line = withdrawn ? renewals_abandon(held, f->note)
                                 : renewals_end(held, f->note, due == SIGN_IN || due == FEDERATE);
    enum renewal_turn turn;
    for (struct frame *next; (next = renewals_next(held, f->note, &line, &turn)) != NULL;) {
        const char *limit = identity_take(w, s, next, turn);
        if (limit != NULL) {
            service_throttled(w, s, limit);
            core_end(s->core, next, OUTCOME_THROTTLED);
        }
    }
}

/* The provider first, then the trigger; true: nobody is left to be called. */
static bool identity_go(struct world *w, struct service *s, struct frame *f)
{
    const struct identity_params *p = s->params;
    const struct identity_work *work = &identity_works[(f->block & IDENTITY_DUE_MASK) - 1];
    if (work->provider && !(f->block & IDENTITY_PROVIDER) &&
        p->provider_target.service != SERVICE_NONE) {
        f->block |= IDENTITY_PROVIDER;
        call_forward(w, f, call_target_edge(&p->provider_target, f), 0, TIME_NONE);
        return false;
    }
    if (work->trigger && !(f->block & IDENTITY_TRIGGER) &&
        p->trigger_target.service != SERVICE_NONE) {
        f->block |= IDENTITY_TRIGGER;
        call_forward(w, f, call_target_edge(&p->trigger_target, f), 0, p->trigger_timeout_ns);
        return false;
    }
    return true;
}

/* Its provider or trigger has failed: while what was to be renewed is not over it is used on. */
static enum outcome identity_failed(struct world *w, struct service *s, struct frame *f,
                                    enum outcome outcome)
{
    (void)w;
    struct renewals *held = identity_held(s, f);
    if (!(f->block & IDENTITY_RENEWS) || !renewals_use(held, f->note)) {
        return outcome;
    }
    renewals_fail(held, f->note, outcome);
    f->block = f->operation + 1;
    return OUTCOME_OK;
}

static void identity_finish(struct world *w, struct service *s, struct frame *f)
{
    struct identity *identity = s->state;
    if (f->block == RENEWALS_WAITING) {
        renewals_leave(identity_held(s, f), f->note, f);
        return;
    }
    const enum identity_operation due = (f->block & IDENTITY_DUE_MASK) - 1u;
    const bool good = f->answer == OUTCOME_OK && !(f->flags & FRAME_WITHDRAWN);
    if (good && f->flags & FRAME_MEASURED) {
        identity->successes[identity_works[due].event]++;
    }
    if (f->block & IDENTITY_RENEWS) {
        identity_renewed(w, s, f, due);
    }
}

/* ---- what is told ---- */

static void identity_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct identity *identity = s->state;
    for (int i = 0; i < IDENTITY_EVENTS; i++) {
        own[IDENTITY_SUCCESSES + i].value = (double)identity->successes[i];
        own[IDENTITY_THROTTLES + i].value = (double)identity->throttles[i];
    }
    own[IDENTITY_CALLS].value = (double)identity->calls;
    own[IDENTITY_THROTTLED].value = (double)identity->throttled;
    own[IDENTITY_CACHED].hits = identity->cached;
    own[IDENTITY_CACHED].trials = identity->asked;
}

static void identity_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct identity_account *account = s->shared;
    for (int i = 0; i < IDENTITY_RESOURCES; i++) {
        usage[i] = (struct usage){.used = (double)account->quotas[i].taken,
                                  .available = account->quotas[i].rate_per_s};
    }
}

const struct model identity_model = {
    .info =
        {
            .name = "identity",
            .title = "Amazon Cognito, SAML or OIDC federation, and STS",
            .text =
                "Each operation takes requests from the quota of its category, a bucket that "
                "refills continuously, starts full, and is shared by all identity services of the "
                "scenario; without them it ends as `throttled` at once. Else its latency passes, "
                "whatever the load, then the external `provider` (of federated sign-ins) and the "
                "`trigger` are called. `validate` stands for a request that brings a token: it is "
                "checked where it is used, with cached keys. With `users`, each of them holds a "
                "token: one that is over is refreshed first, one whose sign-in is over signs in "
                "anew (federated, where there is a provider), so that these loads are active users "
                "over lifetimes; what was refused is tried again with the user's next request. "
                "With `principals`, `get_credentials` gives what the process has cached and "
                "renews it before it expires; while STS throttles, the old ones are used. One "
                "request of a user or process renews, the others wait for it. At the beginning "
                "they hold what who asks all the time holds, of any age; who asks less often than "
                "a lifetime needs a warm-up of one. A trigger is called once, not three times. "
                "IAM's own checks of a request take no time and are no call: they "
                "are not modelled.",
            ROWS(params, identity_params),
            ROWS(quotas, identity_quotas),
            ROWS(metrics, identity_metrics),
            ROWS(operations, identity_operations),
            .resources = identity_categories,
            .resources_count = IDENTITY_RESOURCES,
            .params_size = sizeof(struct identity_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct identity_quotas),
            .check = identity_check,
        },
    .state_size = sizeof(struct identity),
    .shared_size = sizeof(struct identity_account),
    .start = identity_start,
    .arrive = identity_arrive,
    .serve = identity_go,
    .answered = identity_go,
    .failed = identity_failed,
    .finish = identity_finish,
    .observe = identity_observe,
    .usage = identity_usage,
};
