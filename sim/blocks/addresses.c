/* addresses: a table of ports, by destination and address. */
#include "sim/blocks/addresses.h"

void addresses_init(struct addresses *addresses, struct arena *arena,
                    const struct ports_rules *rules, uint32_t count, uint32_t destinations)
{
    *addresses = (struct addresses){
        .ports = arena_array(arena, (size_t)destinations * count, sizeof(*addresses->ports)),
        .taken = arena_array(arena, destinations, sizeof(*addresses->taken)),
        .count = count,
    };
    for (uint32_t i = 0; i < destinations * count; i++) {
        ports_init(&addresses->ports[i], arena, rules);
    }
}

static struct ports *addresses_ports(const struct addresses *addresses, uint32_t destination)
{
    return &addresses->ports[destination * addresses->count];
}

static void addresses_count(struct addresses *addresses, uint32_t destination, int64_t now_ns)
{
    struct ports *ports = addresses_ports(addresses, destination);
    uint32_t taken = 0;
    for (uint32_t i = 0; i < addresses->count; i++) {
        taken += ports_taken(&ports[i], now_ns);
    }
    gauge_set(&addresses->taken[destination], taken, now_ns);
}

static uint32_t addresses_next(const struct addresses *addresses, uint32_t address)
{
    return address + 1 < addresses->count ? address + 1 : 0;
}

uint32_t addresses_open(struct addresses *addresses, uint32_t destination, int64_t now_ns,
                        bool *opened)
{
    struct ports *ports = addresses_ports(addresses, destination);
    uint32_t address = addresses->turn;
    for (uint32_t i = 0; i < addresses->count; i++) {
        const uint64_t before = ports[address].opened;
        if (ports_open(&ports[address], now_ns)) {
            *opened = ports[address].opened > before;
            addresses->turn = addresses_next(addresses, address);
            addresses_count(addresses, destination, now_ns);
            return address;
        }
        address = addresses_next(addresses, address);
    }
    return ADDRESS_NONE;
}

void addresses_close(struct addresses *addresses, uint32_t destination, uint32_t address,
                     int64_t now_ns, bool ends)
{
    struct ports *ports = &addresses_ports(addresses, destination)[address];
    if (ends) {
        ports_end(ports, now_ns);
    } else {
        ports_close(ports, now_ns);
    }
    addresses_count(addresses, destination, now_ns);
}
