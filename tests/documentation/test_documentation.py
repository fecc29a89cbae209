#!/usr/bin/env python3
"""What the documents say is so: their scenarios load, their commands run, their code, files and
functions exist, and the summary in the README looks like the one that is printed."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(os.environ["ARCHSIM_SOURCE_DIR"])
ARCHSIM = os.environ["ARCHSIM_BINARY"]
SCENARIOS = sorted(ROOT.glob("scenarios/*.yaml"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")),
         ROOT / "scenarios/traces/README.md"]


def blocks(page, language):
    pattern = rf"^( *)```{language}\n(.*?)^\1```$"
    return [textwrap.dedent(m[2]) for m in re.finditer(pattern, page.read_text(), re.M | re.S)]


def squeezed(text):
    return re.sub(r"\s+", " ", text).strip()


def run(*words, **options):
    return subprocess.run([ARCHSIM, *words], text=True, capture_output=True, check=False, **options)


def shape(summary):
    """Its lines without numbers, bars and blanks; in any order, since use may order services."""
    lines = []
    for line in summary.splitlines():
        line = re.sub(r"[\u2588\u2591]+", "", line)
        line = re.sub(r"\([\d.]+\D{0,4} \.\. [\d.]+\D{0,4}\)", "", line)
        line = re.sub(r"\u00b1 [\d.]+ *(%|[num]?s|/s)?", "", line)
        line = re.sub(r"(< )?\b\d[\d.]*[kM]?( ?(%|[num]?s|m|h|/s)(?!\w))?( \d+s)?", "#", line)
        lines.append(squeezed(line))
    return sorted(line for line in lines if line)


class TestDocumentation(unittest.TestCase):
    def test_scenarios_load(self):
        count = 0
        for page in PAGES:
            for text in blocks(page, "yaml"):
                result = run("check", "--load-only", "-", input=text, cwd=ROOT / "scenarios")
                self.assertEqual(result.returncode, 0, f"{page.name}:\n{text}\n{result.stderr}")
                count += 1
        self.assertGreaterEqual(count, 2)

    def test_first_scenario_runs_as_the_readme_says(self):
        steps = [line for line in blocks(ROOT / "README.md", "sh")[1].splitlines() if line]
        self.assertGreaterEqual(len(steps), 4)
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "first.yaml").write_text(blocks(ROOT / "README.md", "yaml")[0])
            for step in steps:
                step = step.replace("scripts/run", shlex.quote(ARCHSIM))
                result = subprocess.run(["bash", "-c", step], cwd=folder, text=True,
                                        capture_output=True, check=False)
                self.assertIn(result.returncode, (0, 1, 3), f"{step}\n{result.stderr}")

    @unittest.skipIf("ARCHSIM_TEST_SCALE" in os.environ, "too long for a build with sanitizers")
    def test_summary_looks_so(self):
        shown = blocks(ROOT / "README.md", "text")[0]
        result = run("run", "scenarios/serverless-api.yaml", cwd=ROOT,
                     env=os.environ | {"LC_ALL": "C.UTF-8"})
        self.assertEqual(result.returncode, 0, result.stderr)
        printed = squeezed(result.stdout.split("\n\n")[-1])
        body = result.stdout.rsplit("\n\n", 1)[0]
        self.assertEqual(shape(shown.rsplit("\n\n", 1)[0]), shape(body))
        self.assertEqual(squeezed(shown.split("\n\n")[-1]), printed)

    def test_scenarios_are_ready_for_editors(self):
        self.assertGreaterEqual(len(SCENARIOS), 7)
        for scenario in SCENARIOS:
            first = scenario.read_text().splitlines()[0]
            self.assertEqual(first, "# yaml-language-server: $schema=../archsim.schema.json",
                             scenario.name)

    def test_commands_in_scenarios_load(self):
        count = 0
        for scenario in SCENARIOS:
            for command in re.findall(r"^# +archsim run (.*)$", scenario.read_text(), re.M):
                self.assertIn(f"scenarios/{scenario.name}", command)
                result = run("check", "--load-only", *shlex.split(command), cwd=ROOT)
                self.assertEqual(result.returncode, 0, f"{command}\n{result.stderr}")
                count += 1
        self.assertGreaterEqual(count, 5)

    def test_first_scenario_has_ten_lines(self):
        self.assertEqual(len(blocks(ROOT / "README.md", "yaml")[0].splitlines()), 10)

    def test_first_commands(self):
        commands = [line.split("#")[0].strip() for line in
                    blocks(ROOT / "README.md", "sh")[0].splitlines()]
        self.assertEqual(commands, ["scripts/run", "scripts/test"])

    def test_code_is_the_code(self):
        sources = [squeezed(f.read_text()) for f in ROOT.glob("models/*.c")]
        excerpts = blocks(ROOT / "CONTRIBUTING.md", "c")
        self.assertGreaterEqual(len(excerpts), 2)
        for excerpt in excerpts:
            self.assertTrue(any(squeezed(excerpt) in source for source in sources), excerpt)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")

    def test_walk_names_functions_that_are_there(self):
        steps = re.findall(r"^\d\. `(\w+)` \(\[(\S+)\]", (ROOT / "README.md").read_text(), re.M)
        self.assertEqual(len(steps), 8)
        for function, path in steps:
            definition = re.compile(rf"^\w[\w *]*\b{function}\(", re.M)
            self.assertRegex((ROOT / path).read_text(), definition)

    def test_contributing_is_short(self):
        self.assertLessEqual(len((ROOT / "CONTRIBUTING.md").read_text().splitlines()), 120)


if __name__ == "__main__":
    unittest.main()
