#!/usr/bin/env python3
"""What a person computes by hand for the two reference architectures (Little's law, request units,
fluid limits), from the numbers that stand in the scenarios and in `explain`, beside what archsim
simulates. The README shows these numbers."""
import json
import math
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(os.environ["ARCHSIM_SOURCE_DIR"])
ARCHSIM = os.environ["ARCHSIM_BINARY"]
Z99 = 2.3263478740408408  # of the normal distribution


def lognormal_mean(p50, p99):
    sigma = math.log(p99 / p50) / Z99
    return p50 * math.exp(sigma ** 2 / 2)


def simulate(name, *options):
    result = subprocess.run([ARCHSIM, "run", f"scenarios/{name}.yaml", "--format", "json",
                             "--quiet", "--replications", "2", *options], cwd=ROOT, text=True,
                            capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@unittest.skipIf("ARCHSIM_TEST_SCALE" in os.environ, "too long for a build with sanitizers")
class ByHand(unittest.TestCase):
    def near(self, simulated, by_hand, tolerance):
        self.assertLessEqual(abs(simulated["value"] / by_hand - 1), tolerance,
                             f"simulated {simulated['value']:.6g}, by hand {by_hand:.6g}")

    def test_serverless(self):
        report = simulate("serverless-api", "--duration", "2m")
        services = report["services"]
        offered = report["traffic"]["shoppers"]["offered"]["value"]
        api = offered * (1 - 0.4)  # the edge hits 40 %
        self.near(services["api"]["arrivals"], api, 0.002)
        # an order: the invoke path, 6 ms of CPU at one vCPU, a read; for 12 % a write and a send
        get = lognormal_mean(4e-3, 12e-3)
        put = lognormal_mean(7.5e-3, 16e-3)
        send = lognormal_mean(12e-3, 50e-3)
        invoke = lognormal_mean(5e-3, 30e-3)
        order = invoke + 6e-3 + get + 0.12 * (put + send)
        self.near(services["orders"]["latency"]["mean"], order, 0.003)
        self.near(services["orders"]["busy"]["mean"], api * order, 0.005)  # Little
        # request units: 2 KiB read eventually consistent: half; put and update of 1 KiB: one each
        self.near(services["table"]["consumed_read_capacity_units"], api * 0.5, 0.003)
        self.near(services["table"]["consumed_write_capacity_units"], api * 0.12 * 2, 0.01)
        # workers: 512 MiB are 512/1769 of a vCPU; each message in turn, a batch pays the path
        work = 20e-3 * 1769 / 512 + put
        batches = services["workers"]["arrivals"]["value"]
        self.near(services["workers"]["busy"]["mean"], api * 0.12 * work + batches * invoke, 0.02)

    def test_aurora(self):
        report = simulate("aurora-platform", "--duration", "1h", "--set", "start=Thu 10:00",
                          "--set", "warmup=10m")
        services = report["services"]
        offered = report["traffic"]["staff"]["offered"]["value"]
        self.assertLess(abs(offered / (40 * 2.4) - 1), 0.01)  # the factor of ten o'clock
        vcpu = offered * 60e-3
        self.near(services["app"]["cpu_utilization"],
                  vcpu / (2 * services["app"]["capacity"]["mean"]["value"]), 0.02)
        # target tracking: as many as keep it below 50 %, one more at most
        needed = vcpu / 2 / 0.5
        self.assertGreaterEqual(services["app"]["capacity"]["max"]["value"], math.floor(needed))
        self.assertLessEqual(services["app"]["capacity"]["max"]["value"], math.ceil(needed) + 1)
        # three reads each over two readers of 4 ms, a write for every fifth of 6 ms at the writer
        self.near(services["db"]["operations"]["read"]["arrivals"], offered * 3, 0.01)
        self.near(services["db"]["operations"]["write"]["arrivals"], offered * 0.2, 0.02)
        used = offered * 3 * 4e-3 + offered * 0.2 * 6e-3
        self.near({"value": services["db"]["busy"]["mean"]["value"] * 0.25}, used, 0.03)


if __name__ == "__main__":
    unittest.main()
