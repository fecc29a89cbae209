/* places: where viewers, offices and regions are, as a few points of the world, and the round trip
 * between them. Shared by types whose calls cross the world (cloudfront, route53, vpn).
 * A place is a metropolitan area that stands for its part of a continent; PLACE_WORDS are the words
 * of a CHOICE in the order of enum place_name. */
#ifndef ARCHSIM_MODELS_PLACES_H
#define ARCHSIM_MODELS_PLACES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sim/kernel/random.h"
#include "sim/scenario/param.h"

enum place_name {
    PLACE_US_EAST,        /* Northern Virginia, us-east-1 */
    PLACE_US_WEST,        /* Oregon, us-west-2 */
    PLACE_SOUTH_AMERICA,  /* Sao Paulo, sa-east-1 */
    PLACE_EUROPE,         /* Frankfurt, eu-central-1 */
    PLACE_INDIA,          /* Mumbai, ap-south-1 */
    PLACE_ASIA_NORTHEAST, /* Tokyo, ap-northeast-1 */
    PLACE_ASIA_SOUTHEAST, /* Singapore, ap-southeast-1 */
    PLACE_OCEANIA,        /* Sydney, ap-southeast-2 */
    PLACES,
};

#define PLACE_WORDS \
    "us_east us_west south_america europe india asia_northeast asia_southeast oceania"

/* Round trips in ms. Mean of many pings between EC2 regions, 2017, "Latency Between AWS Global
 * Regions" (copied at acomputerscientistlearnsaws.blogspot.com, AWS Regions); IBM Cloud's monthly
 * tables of 2024 for the same cities agree within 15 % (Washington - Sao Paulo 118, Frankfurt - Sao
 * Paulo 197). India: recalled from cloudping.co. Within a place: "Sao Paulo city to sa-east-1 about
 * 5-15 ms" (facts, vpn). */
#define PLACES_SOURCE "round trips measured between EC2 regions, 2017 (models/places.h)"
static const int place_rtt_ms[PLACES][PLACES] = {
    /* us_east, us_west, south_america, europe, india, asia_northeast, asia_southeast, oceania */
    [PLACE_US_EAST] = {10, 88, 120, 89, 187, 145, 217, 230},
    [PLACE_US_WEST] = {88, 10, 183, 160, 216, 89, 161, 162},
    [PLACE_SOUTH_AMERICA] = {120, 183, 10, 195, 297, 257, 328, 322},
    [PLACE_EUROPE] = {89, 160, 195, 10, 120, 237, 326, 323},
    [PLACE_INDIA] = {187, 216, 297, 120, 10, 130, 57, 150},
    [PLACE_ASIA_NORTHEAST] = {145, 89, 257, 237, 130, 10, 74, 104},
    [PLACE_ASIA_SOUTHEAST] = {217, 161, 328, 326, 57, 74, 10, 175},
    [PLACE_OCEANIA] = {230, 162, 322, 323, 150, 104, 175, 10},
};

static inline int64_t place_rtt_ns(enum place_name from, enum place_name to)
{
    return place_rtt_ms[from][to] * INT64_C(1000000);
}

/* Where a region of the scenario is ("sa-east-1"). */
static inline enum place_name place_of_region(const char *region)
{
    return strcmp(region, "sa-east-1") == 0 ? PLACE_SOUTH_AMERICA : PLACE_US_EAST;
}

/* An item of a list of those who are at several places. */
struct place_share {
    int place; /* enum place_name */
    double share_ratio;
    const struct distribution *rtt_ns_dist; /* to what is near them; null: not given */
};
#define PLACE_SHARES_ERROR 1e-6 /* of their sum */

static inline const char *place_shares_check(const struct list *shares)
{
    const struct place_share *items = shares->items;
    double sum = 0;
    for (uint32_t i = 0; i < shares->count; i++) {
        sum += items[i].share_ratio;
    }
    return shares->count > 0 && fabs(sum - 1) > PLACE_SHARES_ERROR
               ? "viewers: the shares must sum to 100 %"
               : NULL;
}

/* The item that somebody belongs to; 0 where there are none. */
static inline uint32_t place_shares_draw(const struct list *shares, struct random *random)
{
    const struct place_share *items = shares->items;
    uint32_t i = 0;
    if (shares->count > 1) {
        double left = random_uniform(random) - items[0].share_ratio;
        while (left >= 0 && i + 1 < shares->count) {
            left -= items[++i].share_ratio;
        }
    }
    return i;
}

#endif
