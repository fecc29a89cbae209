#!/usr/bin/env python3
"""Shows each check of scripts/tidy failing on a small bad example, and a good tree passing."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
loader = importlib.machinery.SourceFileLoader("tidy", str(ROOT / "scripts/tidy"))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

HEADER = """/* add: adds. */
#ifndef ARCHSIM_KERNEL_ADD_H
#define ARCHSIM_KERNEL_ADD_H

int add_two(int a);

#endif
"""
SOURCE = """/* The only file that can add. "A tab \\t in a string" and a long one are fine. */
#include "sim/kernel/add.h"

static const char *const add_names[] = {"one", "strcpy(two)"};

int add_two(int a)
{
    return add_names[0][0] == 'o' ? a + 2 : 0; /* malloc(3) in a comment */
}
"""
MODEL_H = """/* model: what a model is. */
#ifndef ARCHSIM_MODELS_MODEL_H
#define ARCHSIM_MODELS_MODEL_H

struct model {
    int speed;
};

#endif
"""
LIST_H = """/* The models. */
#ifndef ARCHSIM_MODELS_LIST_H
#define ARCHSIM_MODELS_LIST_H

#define MODELS(X) \\
    X(toy)

#endif
"""
TOY = """/* toy: a model. */
#include "models/model.h"

#include "sim/kernel/add.h"

enum { TOY_SPEED = 17 };

static int toy_speed(int x)
{
    return add_two(x) > 2 ? TOY_SPEED : 1;
}

const struct model toy_model = {.speed = sizeof(toy_speed(35))};
"""
GOOD = {
    "sim/kernel/add.h": HEADER,
    "sim/kernel/add.c": SOURCE,
    "models/model.h": MODEL_H,
    "models/list.h": LIST_H,
    "models/toy.c": TOY,
    "scripts/go": "#!/bin/sh\n# Goes. TO" + "DO(#12): stop.\ntrue\n",
    "README.md": "# A long line " + "x" * 100 + "\n",
}


def function(name, lines):
    """A function with so many lines between and with its braces, the head not counted."""
    return f"\nint {name}(int a)\n{{\n" + "    a++;\n" * (lines - 3) + "    return a;\n}\n"


class TestTidy(unittest.TestCase):
    seen = set()

    def complaints(self, changes=None, library=None):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**GOOD, **(changes or {})}.items():
                if text is None:
                    continue
                file = pathlib.Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            return tidy.tidy(folder, library)

    def fails(self, check, path, text, said, line=None):
        """The change makes this check complain, of that file, and no other check."""
        found = self.complaints({path: text})
        self.assertEqual({(name, where) for name, where, _, _ in found}, {(check, path)}, found)
        self.assertIn(said, found[0][3])
        if line is not None:
            self.assertEqual(found[0][2], line)
        self.seen.add(check)

    def test_good_tree_has_no_complaint(self):
        self.assertEqual(self.complaints(), [])

    def test_columns(self):
        line = "/* " + "x" * 94 + " */"
        self.assertEqual(len(line), 100)
        self.assertEqual(self.complaints({"sim/kernel/add.c": SOURCE + line + "\n"}), [])
        self.fails("columns", "sim/kernel/add.c", SOURCE + "/* x" + line[3:] + "\n",
                   "101 columns", 10)
        self.fails("columns", "scripts/go", GOOD["scripts/go"] + "#" * 101 + "\n", "101 columns", 4)

    def test_file_length(self):
        count = len(SOURCE.splitlines())
        self.assertEqual(self.complaints({"sim/kernel/add.c": SOURCE + "\n" * (800 - count)}), [])
        self.fails("file_length", "sim/kernel/add.c", SOURCE + "\n" * (801 - count),
                   "801 lines", 801)

    def test_function_length(self):
        def source(lines):
            return SOURCE.split("int add_two")[0].rstrip() + "\n" + function("add_two", lines)
        self.assertEqual(self.complaints({"sim/kernel/add.c": source(70)}), [])
        self.fails("function_length", "sim/kernel/add.c", source(71), "add_two has 71 lines")
        python = '"""Goes."""\ndef go():\n' + "    pass\n" * 70
        self.fails("function_length", "scripts/go.py", python, "go has 71 lines", 2)

    def test_whitespace(self):
        self.fails("whitespace", "sim/kernel/add.c", SOURCE.replace("{\n", "{ \n"), "space at", 7)
        self.fails("whitespace", "sim/kernel/add.c", SOURCE.replace("    ret", "\tret"), "a tab", 8)
        self.fails("whitespace", "README.md", "# T", "no newline", 1)

    def test_opening(self):
        self.fails("opening", "sim/kernel/add.h", HEADER.split("\n", 1)[1], "begin with", 1)
        bare = SOURCE.split("\n", 1)[1]
        self.assertEqual(self.complaints({"sim/kernel/add.c": bare}), [])
        self.fails("opening", "sim/kernel/sub.c", "\n", "begin with", 1)
        self.fails("opening", "scripts/go", "#!/bin/sh\ntrue\n", "begin with", 1)

    def test_arrows(self):
        up = SOURCE.replace("\n\n", '\n#include "models/model.h"\n\n', 1)
        self.fails("arrows", "sim/kernel/add.c", up,
                   "sim/kernel/ must not include models/model.h", 3)
        self.fails("arrows", "sim/kernel/add.c",
                   SOURCE.replace("\n\n", '\n#include "add.h"\n\n', 1),
                   "not a path from the root", 3)
        model = TOY.replace('"sim/kernel/add.h"', '"sim/kernel/add.h"\n#include "models/list.h"')
        self.fails("arrows", "models/toy.c", model, "models/ must not include models/list.h", 5)
        tables = {"models/toy_rows.h": MODEL_H.replace("MODEL_H", "TOY_ROWS_H")}
        model = TOY.replace("#include", '#include "models/toy_rows.h"\n#include', 2)
        model = model.replace('#include "models/toy_rows.h"\n', "", 1)
        self.assertEqual(self.complaints({**tables, "models/toy.c": model}), [])
        other = {**tables, "models/list.h": LIST_H.replace("X(toy)", "X(other) X(toy)"),
                 "models/other.c": model.replace("toy_speed", "other_speed")}
        self.assertEqual([(name, path) for name, path, _, _ in self.complaints(other)],
                         [("arrows", "models/other.c")])
        engine = '/* toy */\n#include "models/list.h"\n'
        self.fails("arrows", "sim/engine/world.c", engine, "sim/engine/ must not", 2)
        self.assertEqual(self.complaints({"sim/commands/run.c": engine}), [])
        verbs = '/* call */\n#include "models/model.h"\n'
        self.assertEqual(self.complaints({"sim/engine/call.c": verbs}), [])
        self.fails("arrows", "reports/text.c", engine, "reports/ must not", 2)

    def test_own_header(self):
        late = SOURCE.replace("#include", "#include <stdio.h>\n#include", 1)
        self.fails("own_header", "sim/kernel/add.c", late, "include sim/kernel/add.h first", 2)
        late = TOY.replace("#include", "#include <stdio.h>\n#include", 1)
        self.fails("own_header", "models/toy.c", late, "include models/model.h first", 2)

    def test_libraries(self):
        library = "#include <zlib.h>\n"
        self.fails("libraries", "sim/kernel/add.h", HEADER.replace("\nint", library + "\nint"),
                   "zlib shows")
        users = {f"sim/kernel/{n}.c": f"/* {n} */\n{library}" for n in "abc"}
        found = self.complaints(users)
        self.assertEqual([(name, path) for name, path, _, _ in found],
                         [("libraries", "sim/kernel/c.c")])

    def test_models_list(self):
        self.fails("models_list", "models/list.h",
                   LIST_H.replace("X(toy)", "X(toy) \\\n    X(ghost)"),
                   "there is no models/ghost.c", 7)
        self.fails("models_list", "models/more.c", TOY.replace("toy", "more"),
                   "does not name more", 1)
        header = MODEL_H.replace("MODEL_H", "TOY_H")
        self.fails("models_list", "models/toy.h", header, "a model has no header")

    def test_bans(self):
        def call(text):
            return SOURCE.replace("    return", f"    {text}\n    return")
        for text in ("strcpy(p, q);", "n = sprintf (p, q);", "x = atof(p);", "x = rand();",
                     "x = time(0);", "p = malloc(3);", "p = strdup(q);", "system(q);",
                     "x = strtod(p, q);"):
            self.fails("bans", "sim/kernel/add.c", call(text), "is banned here", 8)
        for text in ("fatal_time(p);", "w->time(p);", "x.malloc(p);"):
            self.assertEqual(self.complaints({"sim/kernel/add.c": call(text)}), [])
        allowed = {"sim/kernel/arena.c": "malloc", "sim/scenario/quantity.c": "strtod",
                   "sim/commands/run.c": "time", "tests/kernel/test_add.c": "malloc"}
        for path, name in allowed.items():
            text = f"/* f */\nstatic void f(void)\n{{\n    {name}(0);\n}}\n"
            self.assertEqual(self.complaints({path: text}), [])

    def test_typedefs(self):
        typedef = SOURCE.replace("static", "typedef struct add {\n    int a;\n} add;\nstatic", 1)
        self.fails("typedefs", "sim/kernel/add.c", typedef, "a typedefed struct", 4)

    def test_guards(self):
        self.fails("guards", "sim/kernel/add.h", HEADER.replace("ARCHSIM_KERNEL", "KERNEL"),
                   "should be ARCHSIM_KERNEL_ADD_H", 1)

    def test_todo(self):
        self.fails("todo", "sim/kernel/add.c", SOURCE + "/* TO" "DO: subtract */\n",
                   "without an issue", 10)
        numbered = SOURCE + "/* TO" "DO(#7): it */\n"
        self.assertEqual(self.complaints({"sim/kernel/add.c": numbered}), [])

    def test_dead_functions(self):
        more = SOURCE + function("add_three", 9)
        self.fails("dead_functions", "sim/kernel/add.c", more, "add_three is in no header", 12)
        header = HEADER.replace("\n#endif", "int add_three(int a);\n\n#endif")
        declared = {"sim/kernel/add.c": more, "sim/kernel/add.h": header}
        found = self.complaints(declared)
        self.assertEqual([(name, path) for name, path, _, _ in found],
                         [("dead_functions", "sim/kernel/add.c")])
        self.assertIn("used by no other file", found[0][3])
        test = {"tests/kernel/test_add.c": "/* t */\nint t = add_three(1);\n"}
        self.assertEqual(self.complaints({**declared, **test}), [])

    def test_magic(self):
        self.fails("magic", "models/toy.c", TOY.replace(": 1;", ": 3;"), "3 in toy_speed", 10)
        self.fails("magic", "models/toy.c", TOY.replace(": 1;", ": 1e-3 > 0;"), "1e-3", 10)
        fine = TOY.replace(": 1;", ": 2.0 > 0x1u;")
        self.assertEqual(self.complaints({"models/toy.c": fine}), [])

    def test_headers_alone(self):
        self.fails("headers_alone", "sim/kernel/add.h", HEADER.replace("(int a)", "(size_t a)"),
                   "unknown type name")

    def test_globals(self):
        good = 'const char *const names[] = {"a"}; static const int n = 3; int f(void) {return n;}'
        bad = {"static int n; int f(void) { return n++; }": "n",
               "int shared = 3;": "shared",
               "const char *names[] = {\"a\"};": "names",
               "_Thread_local int mine;": "mine",
               "int f(void) { static int calls; return ++calls; }": "calls"}
        for flags in (["-O0"], ["-O2", "-flto", "-ffat-lto-objects"]):
            self.assertEqual(self.globals_of(good, flags), [])
            for source, name in bad.items():
                found = self.globals_of(source, flags)
                self.assertEqual(len(found), 1, (source, flags, found))
                self.assertEqual(found[0][0], "globals")
                self.assertTrue(found[0][3].startswith(name), found)
        self.seen.add("globals")

    def globals_of(self, source, flags):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "x.c"
            file.write_text(source, encoding="utf-8")
            subprocess.run(["gcc", *flags, "-fPIE", "-c", "x.c", "-o", "x.o"], cwd=folder,
                           check=True)
            subprocess.run(["gcc-ar", "rcs", "libx.a", "x.o"], cwd=folder, check=True)
            return self.complaints(library=file.parent / "libx.a")

    @classmethod
    def tearDownClass(cls):
        unseen = {c.__name__.removeprefix("check_") for c in tidy.CHECKS} - cls.seen
        assert not unseen, f"no test shows these checks failing: {unseen}"


if __name__ == "__main__":
    unittest.main()
