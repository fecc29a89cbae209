#!/usr/bin/python3
"""M/M/1 as one writes it in SimPy, timed by itself: simpy_mm1.py [customers]; rho = 0.9."""
import json
import random
import sys
import time

import simpy


def customer(env, server, latencies):
    arrived = env.now
    with server.request() as request:
        yield request
        yield env.timeout(random.expovariate(1000.0))
    latencies.append(env.now - arrived)


def arrivals(env, server, customers, latencies):
    for _ in range(customers):
        yield env.timeout(random.expovariate(900.0))
        env.process(customer(env, server, latencies))


def main():
    customers = int(float(sys.argv[1])) if len(sys.argv) > 1 else 100000
    random.seed(1)
    latencies = []
    env = simpy.Environment()
    began = time.perf_counter()
    env.process(arrivals(env, simpy.Resource(env, capacity=1), customers, latencies))
    env.run()
    elapsed = time.perf_counter() - began
    print(json.dumps({"customers": customers, "mean": sum(latencies) / customers,
                      "ns": elapsed * 1e9 / customers}))


main()
