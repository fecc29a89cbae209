/* The service types, one a line: generic blocks, then AWS. Each is the file of its name. */
#ifndef ARCHSIM_MODELS_LIST_H
#define ARCHSIM_MODELS_LIST_H

#define MODELS(X)         \
    X(cache)              \
    X(delay)              \
    X(function_pool)      \
    X(load_balancer)      \
    X(rate_limiter)       \
    X(server)             \
    X(alb)                \
    X(api_gateway)        \
    X(athena)             \
    X(aurora_serverless)  \
    X(auto_scaling_group) \
    X(aws_cli)            \
    X(cloudfront)         \
    X(cloudtrail)         \
    X(cloudwatch)         \
    X(databricks)         \
    X(dax)                \
    X(dms)                \
    X(dynamodb)           \
    X(ebs)                \
    X(efs)                \
    X(eventbridge)        \
    X(fargate)            \
    X(glue)               \
    X(identity)           \
    X(kinesis)            \
    X(kinesis_analytics)  \
    X(kms)                \
    X(lambda)             \
    X(nat_gateway)        \
    X(nlb)                \
    X(rds)                \
    X(rds_proxy)          \
    X(route53)            \
    X(s3)                 \
    X(sns)                \
    X(sqs)                \
    X(vpc)                \
    X(vpn)                \
    X(xray)

#endif
