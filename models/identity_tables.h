/* identity_tables: what identity.c knows as tables: parameters, quotas, operations, metrics; and
 * what they say together. */
#ifndef ARCHSIM_MODELS_IDENTITY_TABLES_H
#define ARCHSIM_MODELS_IDENTITY_TABLES_H

#include "models/model.h"
#include "sim/blocks/renewals.h"

#define COGNITO_QUOTAS                                                                      \
    "Cognito Developer Guide, Quotas in Amazon Cognito, API operation categories and rate " \
    "quotas"
#define COGNITO_POOLS "Cognito Developer Guide, Quotas in Amazon Cognito, identity pools"
#define COGNITO_TOKENS "Cognito Developer Guide, Understanding user pool JSON web tokens"
#define COGNITO_REFRESH "Cognito Developer Guide, Refresh tokens: 60 minutes to 10 years"
#define COGNITO_TRIGGERS "Cognito Developer Guide, Customizing user pool workflows with triggers"
#define STS_REFERENCE "STS API Reference, AssumeRole: 15 minutes to 12 hours, 1 hour by default"
#define IDENTITY_FACTS "facts, identity_federation, latency"
#define STS_FACTS "facts, iam_sts"

/* What has a quota of its own. */
enum identity_category {
    USER_AUTHENTICATION,
    USER_FEDERATION,
    USER_TOKEN,
    CLIENT_AUTHENTICATION,
    USER_CREATION,
    STS_REQUESTS, /* up to here they are shown as resources */
    USER_READ,
    USER_UPDATE,
    USER_RECOVERY,
    POOL_IDS,
    POOL_CREDENTIALS,
    CHALLENGES,
    IDENTITY_CATEGORIES,
    IDENTITY_FREE = IDENTITY_CATEGORIES, /* asks nobody */
};
static const char *const identity_categories[] = {
    [USER_AUTHENTICATION] = "UserAuthentication",
    [USER_FEDERATION] = "UserFederation",
    [USER_TOKEN] = "UserToken",
    [CLIENT_AUTHENTICATION] = "ClientAuthentication",
    [USER_CREATION] = "UserCreation",
    [STS_REQUESTS] = "STS requests",
    [USER_READ] = "UserRead",
    [USER_UPDATE] = "UserUpdate",
    [USER_RECOVERY] = "UserAccountRecovery",
    [POOL_IDS] = "GetId",
    [POOL_CREDENTIALS] = "GetCredentialsForIdentity",
    [CHALLENGES] = "RespondToAuthChallenge",
};
enum { IDENTITY_RESOURCES = STS_REQUESTS + 1 };

struct identity_params {
    struct popularity users_popularity;
    double signed_in_ratio;
    int64_t access_token_ns, refresh_token_ns;
    int64_t principals_count;
    int64_t session_ns;
    struct {
        int64_t token_ns, credentials_ns;
    } refresh_before;
    struct call_target provider_target, trigger_target;
    int64_t trigger_timeout_ns;
    int64_t sign_in_requests_count;
    struct {
        int64_t lifetime_ns;
        const struct distribution *fetch_ns_dist;
    } keys;
    struct {
        const struct distribution *sign_in_ns_dist, *token_ns_dist, *federate_ns_dist;
        const struct distribution *provider_ns_dist, *user_ns_dist, *validate_ns_dist;
        const struct distribution *assume_role_ns_dist;
    } latency;
};

#define PARAMS struct identity_params
static const struct param identity_params[] = {
    POPULARITY(users, NONE,
               "who sends the requests that `validate` checks; each holds a token; else all do",
               ESTIMATED("without it tokens never expire: set it to see the load of refreshes")),
    RATIO(signed_in, "100%", "0..1",
          "of the users at the beginning, with tokens of any age; the others sign in first",
          ESTIMATED("a day that runs on; 0 for the start of a shift")),
    TIME(access_token, "1h", "5min..1d", "how long an access token is good",
         DOCUMENTED(COGNITO_TOKENS ": 5 minutes to 1 day, 1 hour by default")),
    TIME(refresh_token, "30d", "1h..3650d",
         "how long a sign-in is good: until then an expired token is refreshed",
         DOCUMENTED(COGNITO_REFRESH ", 30 days by default")),
    COUNT(principals, NONE, "1..10M",
          "processes that cache what `get_credentials` gives them; else every call asks STS",
          ESTIMATED("set it to the number of hosts, tasks or functions that assume the role")),
    TIME(session, "1h", "15min..12h", "how long credentials of a role are good",
         DOCUMENTED(STS_REFERENCE)),
    TIME(refresh_before.token, "2min", "0s..30min",
         "a token is refreshed so long before it expires, and used on if that fails",
         DOCUMENTED(COGNITO_REFRESH "; Amplify and the mobile SDKs: 2 minutes")),
    TIME(refresh_before.credentials, "5min", "0s..14min",
         "credentials are renewed so long before they expire, and used on if that fails",
         RECALLED(STS_FACTS ": SDKs refresh about 5 minutes before expiry")),
    SERVICE(provider, NONE, "the external SAML or OIDC provider, called at each federated sign-in",
            DOCUMENTED("Cognito Developer Guide, User pool sign-in with third party providers")),
    SERVICE(trigger, NONE, "a function, called at each sign-in, refresh, token and sign_up",
            DOCUMENTED(COGNITO_TRIGGERS)),
    TIME(trigger_timeout, "5s", "1ms..5s", "the trigger must answer in time, or the request fails",
         DOCUMENTED(COGNITO_TRIGGERS ": the function must respond within 5 seconds")),
    COUNT(sign_in_requests, "2", "1..10",
          "requests of one sign-in: the first, and answers to challenges (SRP one, MFA one more)",
          DOCUMENTED("Cognito Developer Guide, Authentication flow: InitiateAuth, then "
                     "RespondToAuthChallenge")),
    TIME(keys.lifetime, "2h", "1s..365d", "who validates caches the public keys for so long",
         RECALLED("facts, api_gateway, jwt_authorizer: keys are cached up to 2 hours")),
    TIME_DIST(keys.fetch, "uniform(50ms 300ms)", "0s..",
              "of fetching the public keys; requests wait for it",
              ESTIMATED("facts, api_gateway, jwt_authorizer: one fetch of 50 to 300 ms")),
    TIME_DIST(latency.sign_in, "lognormal(p50=400ms p99=1615ms)", "0s..",
              "of a sign-in with all its requests, without the human",
              ESTIMATED(IDENTITY_FACTS ": login 400 ms, sigma 0.6")),
    TIME_DIST(latency.token, "lognormal(p50=120ms p99=485ms)", "0s..",
              "of the token endpoint: refresh, token, revoke",
              ESTIMATED(IDENTITY_FACTS ": 80 to 250 ms, 120 ms, sigma 0.6")),
    TIME_DIST(latency.federate, "lognormal(p50=120ms p99=485ms)", "0s..",
              "of Cognito's own part of a federated sign-in",
              ESTIMATED(IDENTITY_FACTS ": a callback and a token")),
    TIME_DIST(latency.provider, "lognormal(p50=600ms p99=2s)", "0s..",
              "of the external provider, where no `provider` is called",
              ESTIMATED(IDENTITY_FACTS ": 300 to 2,000 ms without the human")),
    TIME_DIST(latency.user, "lognormal(p50=120ms p99=485ms)", "0s..",
              "of sign_up, read_user, update_user, recover and of identity pools",
              ESTIMATED(IDENTITY_FACTS ", as the token endpoint")),
    TIME_DIST(latency.validate, "1ms", "0s..", "of checking a token's signature where it is used",
              RECALLED("facts, identity_federation, token_check: about 1 ms")),
    TIME_DIST(latency.assume_role, "lognormal(p50=40ms p99=162ms)", "0s..",
              "of STS at its regional endpoint",
              ESTIMATED(STS_FACTS ": p50 20 to 60 ms, p99 about 200 ms; sigma 0.6")),
};

/* Of the account in the region, over all user pools. */
struct identity_quotas {
    double user_authentication_per_s, user_federation_per_s, user_token_per_s;
    double client_authentication_per_s, user_creation_per_s, user_read_per_s;
    double user_update_per_s, user_account_recovery_per_s;
    double pool_ids_per_s, pool_credentials_per_s, sts_per_s;
    int64_t challenges_per_sign_in_count;
    int64_t burst_time_ns;
};

#undef PARAMS
#define PARAMS struct identity_quotas
static const struct param identity_quotas[] = {
    RATE(user_authentication, "120/s", "1/h..1M/s", "sign-ins and refreshes",
         DOCUMENTED(COGNITO_QUOTAS)),
    RATE(user_federation, "25/s", "1/h..1M/s", "sign-ins with an external provider",
         DOCUMENTED(COGNITO_QUOTAS)),
    RATE(user_token, "120/s", "1/h..1M/s", "requests of revoke", DOCUMENTED(COGNITO_QUOTAS)),
    RATE(client_authentication, "150/s", "1/h..1M/s",
         "tokens for machines, with client credentials", DOCUMENTED(COGNITO_QUOTAS)),
    RATE(user_creation, "50/s", "1/h..1M/s", "requests of sign_up", DOCUMENTED(COGNITO_QUOTAS)),
    RATE(user_read, "120/s", "1/h..1M/s", "requests of read_user", DOCUMENTED(COGNITO_QUOTAS)),
    RATE(user_update, "25/s", "1/h..1M/s", "requests of update_user", DOCUMENTED(COGNITO_QUOTAS)),
    RATE(user_account_recovery, "30/s", "1/h..1M/s", "requests of recover",
         DOCUMENTED(COGNITO_QUOTAS)),
    RATE(pool_ids, "25/s", "1/h..1M/s", "GetId of identity pools",
         RECALLED(COGNITO_POOLS "; facts, identity_pool: 25 to 200/s")),
    RATE(pool_credentials, "200/s", "1/h..1M/s", "GetCredentialsForIdentity of identity pools",
         RECALLED(COGNITO_POOLS "; facts, identity_pool: 25 to 200/s")),
    RATE(sts, "600/s", "1/h..1M/s", "requests of STS, of all roles together",
         RECALLED("IAM User Guide, IAM and STS quotas; " STS_FACTS ", assume_role")),
    COUNT(challenges_per_sign_in, "3", "1..100",
          "answers to challenges have so many times user_authentication; what is more counts there",
          DOCUMENTED(COGNITO_QUOTAS ", Operation special handling")),
    TIME(burst_time, "1s", "1ms..1min", "what a quota lets in during so long may come at once",
         ESTIMATED("quotas are stated a second")),
};
#undef PARAMS

enum identity_operation {
    SIGN_IN,
    REFRESH,
    TOKEN,
    FEDERATE,
    REVOKE,
    SIGN_UP,
    READ_USER,
    UPDATE_USER,
    RECOVER,
    VALIDATE,
    ASSUME_ROLE,
    ASSUME_ROLE_WITH_IDENTITY,
    GET_CREDENTIALS,
    GET_ID,
    GET_POOL_CREDENTIALS,
    IDENTITY_OPERATIONS,
};
static const struct operation_info identity_operations[] = {
    [SIGN_IN] = {"sign_in", "with a password of the user pool"},
    [REFRESH] = {"refresh", "a new access token for a refresh token"},
    [TOKEN] = {"token", "an access token for a machine, with client credentials"},
    [FEDERATE] = {"federate", "a sign-in through the external SAML or OIDC provider"},
    [REVOKE] = {"revoke", "a refresh token is given back"},
    [SIGN_UP] = {"sign_up", "a new user"},
    [READ_USER] = {"read_user", "GetUser and the like"},
    [UPDATE_USER] = {"update_user", "UpdateUserAttributes and the like"},
    [RECOVER] = {"recover", "ForgotPassword and the like"},
    [VALIDATE] = {"validate", "a token is checked where it is used; if it is over, renewed first"},
    [ASSUME_ROLE] = {"assume_role", "credentials of a role, from STS, each time"},
    [ASSUME_ROLE_WITH_IDENTITY] = {"assume_role_with_identity",
                                   "AssumeRoleWithWebIdentity or WithSAML, from STS, each time"},
    [GET_CREDENTIALS] = {"get_credentials", "what the SDK has cached; renewed before it expires"},
    [GET_ID] = {"get_id", "an identity of an identity pool"},
    [GET_POOL_CREDENTIALS] = {"get_pool_credentials", "credentials of an identity pool"},
};

/* What happened, as Cognito counts it. */
enum identity_event {
    SIGNED_IN,
    REFRESHED,
    FEDERATED,
    SIGNED_UP,
    IDENTITY_EVENTS,
    UNCOUNTED = IDENTITY_EVENTS,
};
/* What an operation asks for. The trigger and the provider are called where they are given. */
#define LATENCY(name) offsetof(struct identity_params, latency.name##_ns_dist)
static const struct identity_work {
    enum identity_category category;
    enum identity_event event;
    size_t latency; /* where its parameter is; 0: it takes no time */
    bool provider, trigger;
} identity_works[] = {
    [SIGN_IN] = {USER_AUTHENTICATION, SIGNED_IN, LATENCY(sign_in), false, true},
    [REFRESH] = {USER_AUTHENTICATION, REFRESHED, LATENCY(token), false, true},
    [TOKEN] = {CLIENT_AUTHENTICATION, UNCOUNTED, LATENCY(token), false, true},
    [FEDERATE] = {USER_FEDERATION, FEDERATED, LATENCY(federate), true, true},
    [REVOKE] = {USER_TOKEN, UNCOUNTED, LATENCY(token), false, false},
    [SIGN_UP] = {USER_CREATION, SIGNED_UP, LATENCY(user), false, true},
    [READ_USER] = {USER_READ, UNCOUNTED, LATENCY(user), false, false},
    [UPDATE_USER] = {USER_UPDATE, UNCOUNTED, LATENCY(user), false, false},
    [RECOVER] = {USER_RECOVERY, UNCOUNTED, LATENCY(user), false, false},
    [VALIDATE] = {IDENTITY_FREE, UNCOUNTED, LATENCY(validate), false, false},
    [ASSUME_ROLE] = {STS_REQUESTS, UNCOUNTED, LATENCY(assume_role), false, false},
    [ASSUME_ROLE_WITH_IDENTITY] = {STS_REQUESTS, UNCOUNTED, LATENCY(assume_role), false, false},
    [GET_CREDENTIALS] = {IDENTITY_FREE, UNCOUNTED, 0, false, false},
    [GET_ID] = {POOL_IDS, UNCOUNTED, LATENCY(user), false, false},
    [GET_POOL_CREDENTIALS] = {POOL_CREDENTIALS, UNCOUNTED, LATENCY(user), false, false},
};

enum identity_metric {
    IDENTITY_SUCCESSES,                                    /* and so on, one for each event */
    IDENTITY_THROTTLES = IDENTITY_EVENTS,                  /* likewise */
    IDENTITY_CALLS = IDENTITY_THROTTLES + IDENTITY_EVENTS, /* all requests */
    IDENTITY_THROTTLED,
    IDENTITY_CACHED,
};
static const struct metric identity_metrics[] = {
    [IDENTITY_SUCCESSES + SIGNED_IN] = {"sign_in_successes", QUANTITY_COUNT, METRIC_VALUE,
                                        "sign-ins that succeeded"},
    [IDENTITY_SUCCESSES + REFRESHED] = {"token_refresh_successes", QUANTITY_COUNT, METRIC_VALUE,
                                        "access tokens that were refreshed"},
    [IDENTITY_SUCCESSES + FEDERATED] = {"federation_successes", QUANTITY_COUNT, METRIC_VALUE,
                                        "federated sign-ins that succeeded"},
    [IDENTITY_SUCCESSES +
        SIGNED_UP] = {"sign_up_successes", QUANTITY_COUNT, METRIC_VALUE, "new users"},
    [IDENTITY_THROTTLES +
        SIGNED_IN] = {"sign_in_throttles", QUANTITY_COUNT, METRIC_VALUE, "sign-ins over the quota"},
    [IDENTITY_THROTTLES + REFRESHED] = {"token_refresh_throttles", QUANTITY_COUNT, METRIC_VALUE,
                                        "refreshes over the quota"},
    [IDENTITY_THROTTLES + FEDERATED] = {"federation_throttles", QUANTITY_COUNT, METRIC_VALUE,
                                        "federated sign-ins over the quota"},
    [IDENTITY_THROTTLES +
        SIGNED_UP] = {"sign_up_throttles", QUANTITY_COUNT, METRIC_VALUE, "sign-ups over the quota"},
    [IDENTITY_CALLS] = {"call_count", QUANTITY_COUNT, METRIC_VALUE,
                        "requests to Cognito and STS, also those that were throttled"},
    [IDENTITY_THROTTLED] = {"throttle_count", QUANTITY_COUNT, METRIC_VALUE,
                            "requests over a quota"},
    [IDENTITY_CACHED] = {"cached_ratio", QUANTITY_RATIO, METRIC_RATIO,
                         "of validate and get_credentials: what was held was good"},
};

/* ---- what they say together ---- */

static struct renewals_rules identity_tokens(const struct identity_params *p)
{
    return (struct renewals_rules){
        .leases =
            {
                .holders_count = p->users_popularity.n,
                .zipf_s = p->users_popularity.s,
                .lifetime_ns = p->access_token_ns,
                .early_ns = p->refresh_before.token_ns,
                .uses_max = LEASES_USES_UNLIMITED,
            },
        .root_lifetime_ns = p->refresh_token_ns,
    };
}

static struct renewals_rules identity_credentials(const struct identity_params *p)
{
    return (struct renewals_rules){
        .leases =
            {
                .holders_count = (uint32_t)p->principals_count,
                .lifetime_ns = p->session_ns,
                .early_ns = p->refresh_before.credentials_ns,
                .uses_max = LEASES_USES_UNLIMITED,
            },
        .root_lifetime_ns = RENEWALS_ROOTLESS,
    };
}

static double identity_rate_per_s(const struct identity_quotas *q, enum identity_category category)
{
    const double rates[IDENTITY_CATEGORIES] = {
        [USER_AUTHENTICATION] = q->user_authentication_per_s,
        [USER_FEDERATION] = q->user_federation_per_s,
        [USER_TOKEN] = q->user_token_per_s,
        [CLIENT_AUTHENTICATION] = q->client_authentication_per_s,
        [USER_CREATION] = q->user_creation_per_s,
        [STS_REQUESTS] = q->sts_per_s,
        [USER_READ] = q->user_read_per_s,
        [USER_UPDATE] = q->user_update_per_s,
        [USER_RECOVERY] = q->user_account_recovery_per_s,
        [POOL_IDS] = q->pool_ids_per_s,
        [POOL_CREDENTIALS] = q->pool_credentials_per_s,
        [CHALLENGES] = q->user_authentication_per_s * (double)q->challenges_per_sign_in_count,
    };
    return rates[category];
}

/* What a request needs first whose turn it is to have what is held. */
static enum identity_operation identity_due(const struct identity_params *p,
                                            enum identity_operation operation,
                                            enum renewal_turn turn)
{
    if (turn == RENEWAL_GOOD || turn == RENEWAL_OLD) {
        return operation;
    }
    if (operation == GET_CREDENTIALS) {
        return ASSUME_ROLE;
    }
    if (turn != RENEWAL_ANEW) {
        return REFRESH;
    }
    return p->provider_target.service != SERVICE_NONE ? FEDERATE : SIGN_IN;
}

/* Null: it takes no time. */
static const struct distribution *identity_latency_ns_dist(const struct identity_params *p,
                                                           enum identity_operation operation)
{
    const size_t at = identity_works[operation].latency;
    const struct distribution *const *dist = (const void *)((const char *)p + at);
    return at != 0 ? *dist : NULL;
}

static const char *identity_check(const void *params)
{
    const struct identity_params *p = params;
    if (p->users_popularity.n > LEASES_HOLDERS_MAX) {
        return "users: expected at most 10M users";
    }
    if (p->refresh_token_ns < p->access_token_ns) {
        return "refresh_token: shorter than access_token";
    }
    if (p->refresh_before.token_ns >= p->access_token_ns) {
        return "refresh_before.token: an access token is older than that at once";
    }
    return NULL;
}

#endif
