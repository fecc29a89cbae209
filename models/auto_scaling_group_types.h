/* auto_scaling_group_types: what common EC2 instance types have, as DescribeInstanceTypes says.
 * Written by scripts/instancetypes from ec2_instance_types.json.gz (getmoto/moto). Do not edit. */
#ifndef ARCHSIM_MODELS_AUTO_SCALING_GROUP_TYPES_H
#define ARCHSIM_MODELS_AUTO_SCALING_GROUP_TYPES_H

#include <stdbool.h>

struct instance_type {
    int vcpu, memory_mib;
    int baseline_mbit_per_s, burst_mbit_per_s; /* of the network, each way */
    bool hibernates;
};

// clang-format off
/* A CHOICE, in the order of the rows. */
#define INSTANCE_TYPES \
    "t3.small t3.medium t3.large t3.xlarge " \
    "t4g.small t4g.medium t4g.large t4g.xlarge " \
    "m5.large m5.xlarge m5.2xlarge m5.4xlarge " \
    "m6i.large m6i.xlarge m6i.2xlarge m6i.4xlarge m6i.8xlarge " \
    "m7i.large m7i.xlarge m7i.2xlarge m7i.4xlarge " \
    "m7g.medium m7g.large m7g.xlarge m7g.2xlarge m7g.4xlarge " \
    "c5.large c5.xlarge c5.2xlarge c5.4xlarge " \
    "c6i.large c6i.xlarge c6i.2xlarge c6i.4xlarge c6i.8xlarge " \
    "c7i.large c7i.xlarge c7i.2xlarge c7i.4xlarge " \
    "c7g.medium c7g.large c7g.xlarge c7g.2xlarge c7g.4xlarge " \
    "r5.large r5.xlarge r5.2xlarge r5.4xlarge " \
    "r6i.large r6i.xlarge r6i.2xlarge r6i.4xlarge " \
    "r7g.large r7g.xlarge r7g.2xlarge r7g.4xlarge"
static const struct instance_type instance_types[] = {
    {2, 2048, 128, 5000, true}, /* t3.small */
    {2, 4096, 256, 5000, true}, /* t3.medium */
    {2, 8192, 512, 5000, true}, /* t3.large */
    {4, 16384, 1024, 5000, true}, /* t3.xlarge */
    {2, 2048, 128, 5000, true}, /* t4g.small */
    {2, 4096, 256, 5000, true}, /* t4g.medium */
    {2, 8192, 512, 5000, true}, /* t4g.large */
    {4, 16384, 1024, 5000, true}, /* t4g.xlarge */
    {2, 8192, 750, 10000, true}, /* m5.large */
    {4, 16384, 1250, 10000, true}, /* m5.xlarge */
    {8, 32768, 2500, 10000, true}, /* m5.2xlarge */
    {16, 65536, 5000, 10000, true}, /* m5.4xlarge */
    {2, 8192, 781, 12500, true}, /* m6i.large */
    {4, 16384, 1562, 12500, true}, /* m6i.xlarge */
    {8, 32768, 3125, 12500, true}, /* m6i.2xlarge */
    {16, 65536, 6250, 12500, true}, /* m6i.4xlarge */
    {32, 131072, 12500, 12500, true}, /* m6i.8xlarge */
    {2, 8192, 781, 12500, true}, /* m7i.large */
    {4, 16384, 1562, 12500, true}, /* m7i.xlarge */
    {8, 32768, 3125, 12500, true}, /* m7i.2xlarge */
    {16, 65536, 6250, 12500, true}, /* m7i.4xlarge */
    {1, 4096, 520, 12500, true}, /* m7g.medium */
    {2, 8192, 937, 12500, true}, /* m7g.large */
    {4, 16384, 1876, 12500, true}, /* m7g.xlarge */
    {8, 32768, 3750, 15000, true}, /* m7g.2xlarge */
    {16, 65536, 7500, 15000, true}, /* m7g.4xlarge */
    {2, 4096, 750, 10000, true}, /* c5.large */
    {4, 8192, 1250, 10000, true}, /* c5.xlarge */
    {8, 16384, 2500, 10000, true}, /* c5.2xlarge */
    {16, 32768, 5000, 10000, true}, /* c5.4xlarge */
    {2, 4096, 781, 12500, true}, /* c6i.large */
    {4, 8192, 1562, 12500, true}, /* c6i.xlarge */
    {8, 16384, 3125, 12500, true}, /* c6i.2xlarge */
    {16, 32768, 6250, 12500, true}, /* c6i.4xlarge */
    {32, 65536, 12500, 12500, true}, /* c6i.8xlarge */
    {2, 4096, 781, 12500, true}, /* c7i.large */
    {4, 8192, 1562, 12500, true}, /* c7i.xlarge */
    {8, 16384, 3125, 12500, true}, /* c7i.2xlarge */
    {16, 32768, 6250, 12500, true}, /* c7i.4xlarge */
    {1, 2048, 520, 12500, true}, /* c7g.medium */
    {2, 4096, 937, 12500, true}, /* c7g.large */
    {4, 8192, 1876, 12500, true}, /* c7g.xlarge */
    {8, 16384, 3750, 15000, true}, /* c7g.2xlarge */
    {16, 32768, 7500, 15000, true}, /* c7g.4xlarge */
    {2, 16384, 750, 10000, true}, /* r5.large */
    {4, 32768, 1250, 10000, true}, /* r5.xlarge */
    {8, 65536, 2500, 10000, true}, /* r5.2xlarge */
    {16, 131072, 5000, 10000, true}, /* r5.4xlarge */
    {2, 16384, 781, 12500, false}, /* r6i.large */
    {4, 32768, 1562, 12500, false}, /* r6i.xlarge */
    {8, 65536, 3125, 12500, false}, /* r6i.2xlarge */
    {16, 131072, 6250, 12500, false}, /* r6i.4xlarge */
    {2, 16384, 937, 12500, true}, /* r7g.large */
    {4, 32768, 1876, 12500, true}, /* r7g.xlarge */
    {8, 65536, 3750, 15000, true}, /* r7g.2xlarge */
    {16, 131072, 7500, 15000, true}, /* r7g.4xlarge */
};
// clang-format on

#endif
