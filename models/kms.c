/* kms: keys of AWS KMS, which encrypt, decrypt, make data keys and sign.
 * A request takes a token of the account's quota for keys of its kind in the region, which
 * all keys share; without one it ends as `throttled`. Else its latency passes, whatever the load.
 * Callers may cache data keys: an answer from there costs neither. Blocks: throttle, leases (a
 * holder is a data key of a caller). Left out: custom key stores, the control plane. */
#include "models/model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/blocks/leases.h"
#include "sim/blocks/throttle.h"

#define REQUESTS_PAGE "KMS Developer Guide, Request quotas (requests-per-second.html)"
#define THRESHOLDS_PAGE "Encryption SDK Developer Guide, Setting cache security thresholds"

enum kms_key { KMS_SYMMETRIC, KMS_RSA, KMS_ECC, KMS_ML_DSA, KMS_KEYS };
enum { KMS_WORD_MAX = 16 }; /* of a kind of key */
enum { KMS_MISSED = 1 };    /* frame.block: the answer goes into the cache; note: its data key */
enum kms_metric { KMS_CALLS, KMS_THROTTLES, KMS_SUCCESSES, KMS_CACHED };
enum kms_cached { KMS_PLAIN, KMS_ENCRYPTS, KMS_DECRYPTS };

struct kms_params {
    int key;
    const struct distribution *latency_ns_dist;
    struct {
        int64_t max_age_ns, max_messages_count;
        struct popularity keys_popularity;
    } cache;
};

#define PARAMS struct kms_params
static const struct param kms_params[] = {
    CHOICE(key, "symmetric", "symmetric rsa ecc ml_dsa",
           "the kind of the key: which quota its requests use, and what it can do",
           DOCUMENTED(REQUESTS_PAGE ": quotas of key types are calculated independently")),
    TIME_DIST(latency, "lognormal(p50=7ms p99=28ms)", "0s..",
              "of a request, at the client in the region",
              ESTIMATED("facts, kms latency: p50 5 to 10 ms, p99 30 to 50 ms; sigma 0.6")),
    TIME(cache.max_age, REQUIRED, "1ms..365d",
         "callers cache data keys for so long from when they get them; else not at all",
         DOCUMENTED(THRESHOLDS_PAGE ": required, no limit; S3 bucket keys work alike")),
    COUNT(cache.max_messages, "4294967296", "1..4294967296",
          "messages that a cached data key may encrypt, beside its first",
          DOCUMENTED(THRESHOLDS_PAGE ": 1 to 2^32, which is the default; the first is exempt")),
    POPULARITY(cache.keys, NONE,
               "the data keys of each caller: of its contexts, or one per process; else one",
               ESTIMATED("one caller, one context; each process of a caller has its own cache")),
};

/* Of the account in the region. */
struct kms_quotas {
    struct {
        double us_east_1_per_s, sa_east_1_per_s;
    } symmetric;
    double rsa_per_s, ecc_per_s, ml_dsa_per_s;
    int64_t burst_time_ns;
};

#undef PARAMS
#define PARAMS struct kms_quotas
static const struct param kms_quotas[] = {
    RATE(symmetric.us_east_1, "100k/s", "1/s..1000M/s",
         "requests to symmetric keys of all services together, in us-east-1",
         DOCUMENTED(REQUESTS_PAGE)),
    RATE(symmetric.sa_east_1, "10k/s", "1/s..1000M/s",
         "requests to symmetric keys of all services together, in sa-east-1",
         DOCUMENTED(REQUESTS_PAGE ": every region without a number of its own")),
    RATE(rsa, "1000/s", "1/s..1000M/s", "requests to RSA keys, in either region",
         DOCUMENTED(REQUESTS_PAGE)),
    RATE(ecc, "1000/s", "1/s..1000M/s", "requests to elliptic curve keys, in either region",
         RECALLED(REQUESTS_PAGE "; formerly 300")),
    RATE(ml_dsa, "1000/s", "1/s..1000M/s", "requests to ML-DSA keys, in either region",
         DOCUMENTED(REQUESTS_PAGE)),
    TIME(burst_time, "1s", "1ms..1min", "what the quota lets in during so long may come at once",
         DOCUMENTED(REQUESTS_PAGE ": requests in each one-second interval")),
};

/* Which keys can do it (API Reference, InvalidKeyUsageException), and who may answer. */
#define KMS_ANY_ASYMMETRIC (1u << KMS_RSA | 1u << KMS_ECC | 1u << KMS_ML_DSA)
static const struct kms_work {
    unsigned keys;
    enum kms_cached cached;
} kms_works[] = {
    {1u << KMS_SYMMETRIC | 1u << KMS_RSA, KMS_PLAIN},
    {1u << KMS_SYMMETRIC | 1u << KMS_RSA, KMS_DECRYPTS},
    {1u << KMS_SYMMETRIC, KMS_ENCRYPTS},
    {1u << KMS_SYMMETRIC | 1u << KMS_RSA, KMS_PLAIN},
    {1u << KMS_SYMMETRIC, KMS_PLAIN},
    {KMS_ANY_ASYMMETRIC, KMS_PLAIN},
    {KMS_ANY_ASYMMETRIC, KMS_PLAIN},
};
static const struct operation_info kms_operations[] = {
    {"encrypt", "a few bytes with the key itself; symmetric and RSA keys"},
    {"decrypt", "data or a data key; may come from a cache; symmetric and RSA keys"},
    {"generate_data_key", "a data key to encrypt with; may come from a cache; symmetric keys"},
    {"re_encrypt", "from one key to another, inside KMS; symmetric and RSA keys"},
    {"generate_mac", "an HMAC, or its check; symmetric keys"},
    {"sign", "a digest; RSA, elliptic curve and ML-DSA keys"},
    {"verify", "a signature; RSA, elliptic curve and ML-DSA keys"},
};
_Static_assert(sizeof(kms_works) / sizeof(kms_works[0]) ==
                   sizeof(kms_operations) / sizeof(kms_operations[0]),
               "one for each");

static const struct metric kms_metrics[] = {
    [KMS_CALLS] = {"call_count", QUANTITY_COUNT, METRIC_VALUE,
                   "requests that reached KMS: not those that a cache answered"},
    [KMS_THROTTLES] = {"throttle_count", QUANTITY_COUNT, METRIC_VALUE, "requests over the quota"},
    [KMS_SUCCESSES] = {"successful_request", QUANTITY_COUNT, METRIC_VALUE,
                       "requests that KMS answered"},
    [KMS_CACHED] = {"cache_hit_ratio", QUANTITY_RATIO, METRIC_RATIO,
                    "of what may come from a cache: data keys that were there"},
};

static const char *const kms_resources[] = {"key requests"};
static const char *const kms_limits[KMS_KEYS] = {
    [KMS_SYMMETRIC] = "symmetric requests",
    [KMS_RSA] = "rsa requests",
    [KMS_ECC] = "ecc requests",
    [KMS_ML_DSA] = "ml_dsa requests",
};

/* An edge is of one caller and one operation; pages of them are taken as they are first used. */
enum { KMS_EDGE_BITS = 8, KMS_PAGE = 1 << KMS_EDGE_BITS };

struct kms {
    struct leases **callers[KMS_PAGE]; /* what each has cached, by page and place in it */
    struct random latency_random, key_random;
    uint64_t calls, throttles, successes, hits, asked; /* measured */
};

/* Of all keys of the account. */
struct kms_account {
    struct throttle quotas[KMS_KEYS];
};

static double kms_symmetric_per_s(const struct world *w, const struct kms_quotas *quotas)
{
    return strcmp(world_region(w), "us-east-1") == 0 ? quotas->symmetric.us_east_1_per_s
                                                     : quotas->symmetric.sa_east_1_per_s;
}

static void kms_start(struct world *w, struct service *s)
{
    const struct kms_quotas *quotas = s->quotas;
    struct kms *kms = s->state;
    struct kms_account *account = s->shared;
    const double rates[KMS_KEYS] = {
        [KMS_SYMMETRIC] = kms_symmetric_per_s(w, quotas),
        [KMS_RSA] = quotas->rsa_per_s,
        [KMS_ECC] = quotas->ecc_per_s,
        [KMS_ML_DSA] = quotas->ml_dsa_per_s,
    };
    for (int key = 0; key < KMS_KEYS; key++) { /* all services say the same */
        throttle_init_burst(&account->quotas[key], rates[key], quotas->burst_time_ns);
    }
    kms->latency_random = service_random(w, s, "latency");
    kms->key_random = service_random(w, s, "keys");
    s->load.unlimited = true;
}

static const struct kms_work *kms_work(const struct frame *f)
{
    return &kms_works[f->operation];
}

/* The data keys that the caller has cached, of that operation. */
static struct leases *kms_keys(struct service *s, const struct frame *f)
{
    const struct kms_params *p = s->params;
    struct kms *kms = s->state;
    struct leases ***page = &kms->callers[f->edge >> KMS_EDGE_BITS];
    if (*page == NULL) {
        *page = arena_array(s->arena, KMS_PAGE, sizeof(**page));
    }
    struct leases **keys = &(*page)[f->edge % KMS_PAGE];
    if (*keys == NULL) {
        *keys = arena_alloc(s->arena, sizeof(**keys));
        leases_init(
            *keys, s->arena,
            &(struct leases_rules){
                .holders_count = p->cache.keys_popularity.n > 0 ? p->cache.keys_popularity.n : 1,
                .zipf_s = p->cache.keys_popularity.s,
                .lifetime_ns = p->cache.max_age_ns,
                .uses_max = kms_work(f)->cached == KMS_ENCRYPTS
                                ? (uint64_t)p->cache.max_messages_count
                                : LEASES_USES_UNLIMITED,
            });
    }
    return *keys;
}

/* Whether the caller has the data key; else it is named for when the answer is back. */
static bool kms_cached(struct service *s, struct frame *f)
{
    const struct kms_params *p = s->params;
    struct kms *kms = s->state;
    if (p->cache.max_age_ns < 0 || kms_work(f)->cached == KMS_PLAIN) {
        return false;
    }
    struct leases *keys = kms_keys(s, f);
    f->note = leases_draw(keys, &kms->key_random);
    const bool hit = leases_use(keys, f->note, core_now(s->core)) != LEASE_OVER;
    if (f->flags & FRAME_MEASURED) {
        kms->asked++;
        kms->hits += hit;
    }
    f->block = hit ? 0 : KMS_MISSED;
    return hit;
}

static void kms_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct kms_params *p = s->params;
    struct kms *kms = s->state;
    struct kms_account *account = s->shared;
    const bool measured = f->flags & FRAME_MEASURED;
    assert(kms_work(f)->keys & 1u << p->key); /* kms_forbid */
    f->work_ns = 0;
    if (!kms_cached(s, f)) {
        kms->calls += measured;
        if (!throttle_pass(&account->quotas[p->key], core_now(s->core), 1)) {
            kms->throttles += measured;
            call_throttle(w, f, kms_limits[p->key]);
            return;
        }
        kms->successes += measured;
        f->work_ns = distribution_draw_int(p->latency_ns_dist, &kms->latency_random);
    }
    call_work(w, f);
}

static void kms_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    if (f->block == KMS_MISSED && f->answer == OUTCOME_OK && !(f->flags & FRAME_WITHDRAWN)) {
        leases_renew(kms_keys(s, f), f->note, core_now(s->core));
    }
}

static void kms_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct kms *kms = s->state;
    own[KMS_CALLS].value = (double)kms->calls;
    own[KMS_THROTTLES].value = (double)kms->throttles;
    own[KMS_SUCCESSES].value = (double)kms->successes;
    own[KMS_CACHED].hits = kms->hits;
    own[KMS_CACHED].trials = kms->asked;
}

static void kms_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct kms_params *p = s->params;
    const struct kms_account *account = s->shared;
    usage[0] = (struct usage){.used = (double)account->quotas[p->key].taken,
                              .available = account->quotas[p->key].rate_per_s};
}

static const char *kms_check(const void *params)
{
    const struct kms_params *p = params;
    if (p->cache.max_age_ns >= 0 && p->key != KMS_SYMMETRIC) {
        return "cache: data keys are of symmetric keys";
    }
    return p->cache.keys_popularity.n > LEASES_HOLDERS_MAX
               ? "cache.keys: expected at most 10M data keys"
               : NULL;
}

/* InvalidKeyUsage: a mistake of the scenario, not of a request. */
static const char *kms_forbid(const void *params, const struct passage *passage,
                              struct arena *arena)
{
    const struct kms_params *p = params;
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    char key[KMS_WORD_MAX] = "";
    if (callee->params != params || kms_works[passage->operation].keys & 1u << p->key) {
        return NULL;
    }
    param_word(&kms_params[0], (uint32_t)p->key, key, sizeof(key));
    return arena_printf(arena, "'%s' cannot %s: its key is %s", callee->name,
                        kms_operations[passage->operation].name, key);
}

const struct model kms_model = {
    .info =
        {
            .name = "kms",
            .title = "AWS KMS: keys that encrypt, decrypt and sign",
            .text =
                "A request takes a token of the account's quota for keys of its kind in "
                "the region: a bucket that refills continuously, starts full, and is shared by all "
                "kms services of the scenario. Without tokens it ends as `throttled` at once; else "
                "it takes its latency, whatever the load. With `cache`, each caller (each step "
                "that calls) keeps the data keys that it got: decrypt and generate_data_key are "
                "answered from there, without a request and in no time, until the key is "
                "`max_age` old or has encrypted `max_messages`; concurrent misses all ask. An "
                "operation that the key cannot do is refused before the run. Other services call "
                "it "
                "with the key `encryption`. Left out: custom key stores, multi-region keys, the "
                "quotas of the control plane.",
            ROWS(params, kms_params),
            ROWS(quotas, kms_quotas),
            ROWS(metrics, kms_metrics),
            ROWS(operations, kms_operations),
            ROWS(resources, kms_resources),
            .params_size = sizeof(struct kms_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct kms_quotas),
            .check = kms_check,
            .forbid = kms_forbid,
        },
    .state_size = sizeof(struct kms),
    .shared_size = sizeof(struct kms_account),
    .start = kms_start,
    .arrive = kms_arrive,
    .finish = kms_finish,
    .observe = kms_observe,
    .usage = kms_usage,
};
