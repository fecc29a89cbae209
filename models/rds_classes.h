/* rds_classes: what the DB instance classes of RDS have, as DescribeInstanceTypes says of the EC2
 * instance type of that name (getmoto/moto, ec2_instance_types.json.gz; Apache-2.0). */
#ifndef ARCHSIM_MODELS_RDS_CLASSES_H
#define ARCHSIM_MODELS_RDS_CLASSES_H

#include <stdbool.h>

struct rds_class {
    int vcpu, memory_mib;
    int baseline_mbit_per_s, burst_mbit_per_s; /* of the link to EBS */
    int baseline_iops, burst_iops;
    bool disks; /* local NVMe disks, as a Multi-AZ DB cluster needs */
};

// clang-format off
/* A CHOICE, in the order of the rows. */
#define RDS_CLASSES \
    "db.t3.micro db.t3.small db.t3.medium db.t3.large db.t3.xlarge db.t3.2xlarge " \
    "db.t4g.micro db.t4g.small db.t4g.medium db.t4g.large db.t4g.xlarge db.t4g.2xlarge " \
    "db.m5.large db.m5.xlarge db.m5.2xlarge db.m5.4xlarge db.m5.8xlarge " \
    "db.m6g.large db.m6g.xlarge db.m6g.2xlarge db.m6g.4xlarge db.m6g.8xlarge " \
    "db.m6i.large db.m6i.xlarge db.m6i.2xlarge db.m6i.4xlarge db.m6i.8xlarge " \
    "db.m7g.large db.m7g.xlarge db.m7g.2xlarge db.m7g.4xlarge db.m7g.8xlarge " \
    "db.r5.large db.r5.xlarge db.r5.2xlarge db.r5.4xlarge " \
    "db.r6g.large db.r6g.xlarge db.r6g.2xlarge db.r6g.4xlarge db.r6g.8xlarge " \
    "db.r6i.large db.r6i.xlarge db.r6i.2xlarge db.r6i.4xlarge db.r6i.8xlarge " \
    "db.r7g.large db.r7g.xlarge db.r7g.2xlarge db.r7g.4xlarge db.r7g.8xlarge " \
    "db.m5d.large db.m5d.xlarge db.m5d.2xlarge db.m5d.4xlarge " \
    "db.r5d.large db.r5d.xlarge db.r5d.2xlarge db.r5d.4xlarge " \
    "db.m6gd.large db.m6gd.xlarge db.m6gd.2xlarge db.m6gd.4xlarge " \
    "db.r6gd.large db.r6gd.xlarge db.r6gd.2xlarge db.r6gd.4xlarge " \
    "db.m6id.large db.m6id.xlarge db.m6id.2xlarge db.m6id.4xlarge " \
    "db.r6id.large db.r6id.xlarge db.r6id.2xlarge db.r6id.4xlarge"
static const struct rds_class rds_classes[] = {
    {2, 1024, 87, 2085, 500, 11800, false}, /* db.t3.micro */
    {2, 2048, 174, 2085, 1000, 11800, false}, /* db.t3.small */
    {2, 4096, 347, 2085, 2000, 11800, false}, /* db.t3.medium */
    {2, 8192, 695, 2780, 4000, 15700, false}, /* db.t3.large */
    {4, 16384, 695, 2780, 4000, 15700, false}, /* db.t3.xlarge */
    {8, 32768, 695, 2780, 4000, 15700, false}, /* db.t3.2xlarge */
    {2, 1024, 87, 2085, 500, 11800, false}, /* db.t4g.micro */
    {2, 2048, 174, 2085, 1000, 11800, false}, /* db.t4g.small */
    {2, 4096, 347, 2085, 2000, 11800, false}, /* db.t4g.medium */
    {2, 8192, 695, 2780, 4000, 15700, false}, /* db.t4g.large */
    {4, 16384, 695, 2780, 4000, 15700, false}, /* db.t4g.xlarge */
    {8, 32768, 695, 2780, 4000, 15700, false}, /* db.t4g.2xlarge */
    {2, 8192, 650, 4750, 3600, 18750, false}, /* db.m5.large */
    {4, 16384, 1150, 4750, 6000, 18750, false}, /* db.m5.xlarge */
    {8, 32768, 2300, 4750, 12000, 18750, false}, /* db.m5.2xlarge */
    {16, 65536, 4750, 4750, 18750, 18750, false}, /* db.m5.4xlarge */
    {32, 131072, 6800, 6800, 30000, 30000, false}, /* db.m5.8xlarge */
    {2, 8192, 630, 4750, 3600, 20000, false}, /* db.m6g.large */
    {4, 16384, 1188, 4750, 6000, 20000, false}, /* db.m6g.xlarge */
    {8, 32768, 2375, 4750, 12000, 20000, false}, /* db.m6g.2xlarge */
    {16, 65536, 4750, 4750, 20000, 20000, false}, /* db.m6g.4xlarge */
    {32, 131072, 9500, 9500, 40000, 40000, false}, /* db.m6g.8xlarge */
    {2, 8192, 650, 10000, 3600, 40000, false}, /* db.m6i.large */
    {4, 16384, 1250, 10000, 6000, 40000, false}, /* db.m6i.xlarge */
    {8, 32768, 2500, 10000, 12000, 40000, false}, /* db.m6i.2xlarge */
    {16, 65536, 5000, 10000, 20000, 40000, false}, /* db.m6i.4xlarge */
    {32, 131072, 10000, 10000, 40000, 40000, false}, /* db.m6i.8xlarge */
    {2, 8192, 630, 10000, 3600, 40000, false}, /* db.m7g.large */
    {4, 16384, 1250, 10000, 6000, 40000, false}, /* db.m7g.xlarge */
    {8, 32768, 2500, 10000, 12000, 40000, false}, /* db.m7g.2xlarge */
    {16, 65536, 5000, 10000, 20000, 40000, false}, /* db.m7g.4xlarge */
    {32, 131072, 10000, 10000, 40000, 40000, false}, /* db.m7g.8xlarge */
    {2, 16384, 650, 4750, 3600, 18750, false}, /* db.r5.large */
    {4, 32768, 1150, 4750, 6000, 18750, false}, /* db.r5.xlarge */
    {8, 65536, 2300, 4750, 12000, 18750, false}, /* db.r5.2xlarge */
    {16, 131072, 4750, 4750, 18750, 18750, false}, /* db.r5.4xlarge */
    {2, 16384, 630, 4750, 3600, 20000, false}, /* db.r6g.large */
    {4, 32768, 1188, 4750, 6000, 20000, false}, /* db.r6g.xlarge */
    {8, 65536, 2375, 4750, 12000, 20000, false}, /* db.r6g.2xlarge */
    {16, 131072, 4750, 4750, 20000, 20000, false}, /* db.r6g.4xlarge */
    {32, 262144, 9500, 9500, 40000, 40000, false}, /* db.r6g.8xlarge */
    {2, 16384, 650, 10000, 3600, 40000, false}, /* db.r6i.large */
    {4, 32768, 1250, 10000, 6000, 40000, false}, /* db.r6i.xlarge */
    {8, 65536, 2500, 10000, 12000, 40000, false}, /* db.r6i.2xlarge */
    {16, 131072, 5000, 10000, 20000, 40000, false}, /* db.r6i.4xlarge */
    {32, 262144, 10000, 10000, 40000, 40000, false}, /* db.r6i.8xlarge */
    {2, 16384, 630, 10000, 3600, 40000, false}, /* db.r7g.large */
    {4, 32768, 1250, 10000, 6000, 40000, false}, /* db.r7g.xlarge */
    {8, 65536, 2500, 10000, 12000, 40000, false}, /* db.r7g.2xlarge */
    {16, 131072, 5000, 10000, 20000, 40000, false}, /* db.r7g.4xlarge */
    {32, 262144, 10000, 10000, 40000, 40000, false}, /* db.r7g.8xlarge */
    {2, 8192, 650, 4750, 3600, 18750, true}, /* db.m5d.large */
    {4, 16384, 1150, 4750, 6000, 18750, true}, /* db.m5d.xlarge */
    {8, 32768, 2300, 4750, 12000, 18750, true}, /* db.m5d.2xlarge */
    {16, 65536, 4750, 4750, 18750, 18750, true}, /* db.m5d.4xlarge */
    {2, 16384, 650, 4750, 3600, 18750, true}, /* db.r5d.large */
    {4, 32768, 1150, 4750, 6000, 18750, true}, /* db.r5d.xlarge */
    {8, 65536, 2300, 4750, 12000, 18750, true}, /* db.r5d.2xlarge */
    {16, 131072, 4750, 4750, 18750, 18750, true}, /* db.r5d.4xlarge */
    {2, 8192, 630, 4750, 3600, 20000, true}, /* db.m6gd.large */
    {4, 16384, 1188, 4750, 6000, 20000, true}, /* db.m6gd.xlarge */
    {8, 32768, 2375, 4750, 12000, 20000, true}, /* db.m6gd.2xlarge */
    {16, 65536, 4750, 4750, 20000, 20000, true}, /* db.m6gd.4xlarge */
    {2, 16384, 630, 4750, 3600, 20000, true}, /* db.r6gd.large */
    {4, 32768, 1188, 4750, 6000, 20000, true}, /* db.r6gd.xlarge */
    {8, 65536, 2375, 4750, 12000, 20000, true}, /* db.r6gd.2xlarge */
    {16, 131072, 4750, 4750, 20000, 20000, true}, /* db.r6gd.4xlarge */
    {2, 8192, 650, 10000, 3600, 40000, true}, /* db.m6id.large */
    {4, 16384, 1250, 10000, 6000, 40000, true}, /* db.m6id.xlarge */
    {8, 32768, 2500, 10000, 12000, 40000, true}, /* db.m6id.2xlarge */
    {16, 65536, 5000, 10000, 20000, 40000, true}, /* db.m6id.4xlarge */
    {2, 16384, 650, 10000, 3600, 40000, true}, /* db.r6id.large */
    {4, 32768, 1250, 10000, 6000, 40000, true}, /* db.r6id.xlarge */
    {8, 65536, 2500, 10000, 12000, 40000, true}, /* db.r6id.2xlarge */
    {16, 131072, 5000, 10000, 20000, 40000, true}, /* db.r6id.4xlarge */
};
// clang-format on

#endif
