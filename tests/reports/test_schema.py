"""The JSON Schema of `archsim schema` against an independent validator: it is valid 2020-12,
accepts every scenario that loads (the shipped ones and one that uses everything), and refuses what
is wrong in form."""

import json
import os
import subprocess
import unittest
from pathlib import Path

import jsonschema
import yaml

SOURCE = Path(os.environ.get("ARCHSIM_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("ARCHSIM_BINARY", str(SOURCE / "build/release/archsim"))

# Malformed scenarios whose mistake is one of form: keys, kinds, units, words. The others have
# mistakes of text (no YAML) or of meaning (names of services, sums, contradictions), which a schema
# cannot see.
FORM = """
no-version unknown-top-key reserved-key no-services no-traffic unknown-region time-without-unit
time-with-unknown-unit replications-not-a-count week-without-hour service-is-a-word
service-without-type unknown-type service-name unknown-parameter missing-parameter parameter-empty
parameter-is-a-list unknown-choice group-incomplete group-is-a-value unknown-distribution
distribution-unclosed limit-without-number work-of-a-balancer calls-is-a-word unknown-step
two-steps-in-one unknown-call-option timeout-of-async retry-is-a-number retry-of-unknown-outcome
hedge-without-delay fallback-is-a-word traffic-to-nothing rate-without-unit rate-as-one-pair
unknown-arrivals unknown-shape trace-without-file promise-severity promise-is-a-list
several-mistakes
""".split()


def archsim(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(archsim("schema").stdout)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def mistakes(self, path):
        return [f"{list(error.absolute_path)}: {error.message[:200]}"
                for error in self.validator.iter_errors(yaml.safe_load(path.read_text()))]

    def test_is_a_schema(self):
        self.assertEqual(self.schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_every_reference_leads_somewhere(self):
        text = json.dumps(self.schema)
        names = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
        self.assertEqual(names - set(self.schema["$defs"]), set())
        self.assertEqual(set(self.schema["$defs"]) - names, set(), "never used")

    def test_accepts_what_loads(self):
        everything = SOURCE / "tests/scenario/everything.yaml"
        loaded = archsim("check", "--load-only", str(everything))
        self.assertEqual(loaded.returncode, 0, loaded.stderr)
        scenarios = sorted((SOURCE / "scenarios").glob("*.yaml"))
        self.assertGreater(len(scenarios), 3)
        for path in [everything, *scenarios]:
            with self.subTest(path.name):
                self.assertEqual(self.mistakes(path), [])

    def test_knows_every_key_of_the_scenario_with_everything(self):
        """So that a key which is added to the language is added to that scenario too."""
        document = yaml.safe_load((SOURCE / "tests/scenario/everything.yaml").read_text())
        later = {"faults", "random_faults"}  # not yet simulated: cannot be in it
        self.assertEqual(set(self.schema["$defs"]["scenario"]["properties"]) - later, set(document))
        used = set().union(*(set(service) for service in document["services"].values()))
        for name, definition in self.schema["$defs"].items():
            if name.startswith("type_"):
                self.assertEqual(set(definition["properties"]) - used, set(), name)
        used = set().union(*(set(traffic) for traffic in document["traffic"].values()))
        later = {"connect_timeout"}  # on a call in it
        self.assertEqual(set(self.schema["$defs"]["traffic"]["properties"]) - used, later)

    def test_refuses_mistakes_of_form(self):
        for name in FORM:
            with self.subTest(name):
                path, = (SOURCE / "tests/malformed").glob(f"[0-9][0-9][0-9]-{name}.yaml")
                self.assertNotEqual(self.mistakes(path), [])

    def test_quantities(self):
        def accepts(definition, value):
            return jsonschema.Draft202012Validator(
                {"$ref": f"#/$defs/{definition}", "$defs": self.schema["$defs"]}).is_valid(value)

        for definition, good, bad in [
                ("time", ["20ns", "1.5e-3s", "1h30m", "5 min", "2d", "1mo", ".5s", "1h 30m"],
                 ["20", 20, "20 sec", "h", "1.2.3s", ""]),
                ("rate_value", ["200/s", "10k/s", "30/min", "2M/day", "5/h", "0.1 /s"],
                 ["200", 200, "/s", "10/year", "10G/s"]),
                ("size", ["512 B", "4KiB", "5 MB"], ["512", 512, "4 kib"]),
                ("ratio", ["99.99%", "0.9999", 0.5, 1], ["half", "5%%"]),
                ("count", [50, "10k", "1M", "2.5"], ["10 k k", "ten"]),
                ("time_varying", ["12ms", "exponential(12ms)", "lognormal(p50=9ms p99=80ms)"],
                 ["exponential 12ms", "expo(12ms)", 12]),
                ("target", ["db", "db.get", "my-db_2.get"], ["db.get.it", "2db", "", "a b"])]:
            for value in good:
                self.assertTrue(accepts(definition, value), f"{definition}: {value!r}")
            for value in bad:
                self.assertFalse(accepts(definition, value), f"{definition}: {value!r}")


if __name__ == "__main__":
    unittest.main()
