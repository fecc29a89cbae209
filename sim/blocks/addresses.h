/* addresses: several source addresses, each with ports of its own towards every destination. They
 * are used in turn, whatever the destination; one without a free port towards it is passed over.
 * Worked: 2 addresses with 1 port each: the first use towards A is from address 0, the second from
 * 1, a third finds no port; then the first towards B is from 0 again. */
#ifndef ARCHSIM_BLOCKS_ADDRESSES_H
#define ARCHSIM_BLOCKS_ADDRESSES_H

#include "sim/blocks/ports.h"
#include "sim/kernel/gauge.h"

#define ADDRESS_NONE UINT32_MAX

struct addresses {
    struct ports *ports; /* of each destination, those of each address */
    struct gauge *taken; /* of each destination: ports that are not free, of all addresses; as it
                            was when the last use began or ended */
    uint32_t count;
    uint32_t turn; /* the address that is next */
};

/* The rules are those of each address and destination. The arena outlives it. */
void addresses_init(struct addresses *addresses, struct arena *arena,
                    const struct ports_rules *rules, uint32_t count, uint32_t destinations);

/* The address whose connection a use that begins has; *opened: it is a new one. Or ADDRESS_NONE. */
uint32_t addresses_open(struct addresses *addresses, uint32_t destination, int64_t now_ns,
                        bool *opened);
/* Such a use is over; ends: and so is its connection, though others are kept. */
void addresses_close(struct addresses *addresses, uint32_t destination, uint32_t address,
                     int64_t now_ns, bool ends);

#endif
