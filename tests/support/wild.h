/* wild: random scenarios, small and legal, of all that the language has: services of every type
 * wired without cycles, steps of every kind, retries, timeouts, hedges, priorities, failures,
 * copies, triggers, quotas, several sources of traffic. The same seed gives the same scenario, on
 * any machine. */
#ifndef ARCHSIM_TESTS_SUPPORT_WILD_H
#define ARCHSIM_TESTS_SUPPORT_WILD_H

#include <stdbool.h>
#include <stdint.h>

enum { WILD_SERVICES_MAX = 24 };

struct wild {
    uint64_t seed;
    bool empties; /* traffic stops in good time before the window ends, and there is no warm-up */
    char *services[WILD_SERVICES_MAX]; /* one line each, "  NAME: {..}" */
    uint32_t services_count;
    char *head, *traffic;
};

struct wild wild_new(uint64_t seed);
void wild_free(struct wild *wild);
/* The scenario's text, its services in the order drawn from `order` (0: as they were made); free
 * it. */
char *wild_text(const struct wild *wild, uint64_t order);
/* True if the line of that service has the words. */
bool wild_says(const struct wild *wild, const char *service, const char *words);

#endif
