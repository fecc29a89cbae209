/* keyring: two instants: when the keys are there, and when they expire. */
#include "sim/blocks/keyring.h"

void keyring_init(struct keyring *keyring, const struct distribution *fetch_ns_dist,
                  int64_t lifetime_ns, const struct random *random)
{
    *keyring = (struct keyring){
        .fetch_ns_dist = fetch_ns_dist,
        .lifetime_ns = lifetime_ns,
        .random = *random,
        .expires_ns = INT64_MIN,
    };
}

int64_t keyring_wait_ns(struct keyring *keyring, int64_t now_ns)
{
    if (now_ns >= keyring->expires_ns) {
        keyring->ready_ns =
            now_ns + distribution_draw_int(keyring->fetch_ns_dist, &keyring->random);
        keyring->expires_ns = keyring->ready_ns + keyring->lifetime_ns;
    }
    return keyring->ready_ns > now_ns ? keyring->ready_ns - now_ns : 0;
}
