#!/usr/bin/env python3
"""What this folder's scripts find, held to planted mistakes: a page whose command fails, whose words are not printed, whose
change does not fit; a list with an entry that nobody needs; a table that is older than its figures."""

import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "bench")]

import follow_pages
import performance_page
import read_pages
import run_commands

PAGE = """# A page
```c new.c
int x;
```
```diff old.c
 int a;
+int b;
```
```sh
cat new.c old.c
```
```text
int x;
int b;
```
"""

LISTS = {"not_run.txt": "# why\nmake test | runs this\n", "stand_ins.txt": "/data/mimii | ROOT/small\n"}


class Followed(unittest.TestCase):
    def follow(self, page, old="int a;\n"):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "old.c").write_text(old)
            (root / "page.md").write_text(page)
            return follow_pages.follow(root, root / "page.md")

    def test_a_page_that_is_right(self):
        self.assertEqual(self.follow(PAGE), {"c": 1, "diff": 1, "sh": 1, "text": 1})

    def test_planted_mistakes(self):
        for change, words in ((("cat new.c", "cat none.c"), "exit code 1"), (("\nint b;\n```\n", "\nint c;\n```\n"), "is not printed"),
                              ((" int a;", " int z;"), "0 times"), (("```c new.c", "```c old.c"), "is there"),
                              (("```c new.c", "```c"), "nothing that can be followed"), (("+int b;", "int b;"), "begins with")):
            self.assertIn(change[0], PAGE)
            with self.assertRaisesRegex(follow_pages.Wrong, words):
                self.follow(PAGE.replace(*change))
        with self.assertRaisesRegex(follow_pages.Wrong, "2 times"):
            self.follow(PAGE, "int a;\nint a;\n")

    def test_lines_printed_in_another_order(self):
        with self.assertRaises(follow_pages.Wrong):
            follow_pages.expect("two\none\n", "one\ntwo\n")


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        for name, text in LISTS.items():
            (self.root / name).write_text(text)
        self.addCleanup(setattr, run_commands, "HERE", run_commands.HERE)
        run_commands.HERE = self.root
        self.lists = run_commands.Lists(self.root)

    def run_text(self, text):
        source, wav = self.root / "source", self.root / "made" / "a.wav"
        source.mkdir()
        wav.parent.mkdir()
        wav.touch()
        commands = list(run_commands.commands_of(text))
        return run_commands.run_page("page.md", commands, [], (self.root, source, "/bin/true", "none", self.lists))

    def test_commands_are_whole(self):
        text = "a \\\n  b   # why\n# only words\nfor x in 1 2; do\n    c\ndone\nd"
        self.assertEqual(list(run_commands.whole_commands(text)), ["a \\\n  b", "for x in 1 2; do\n    c\ndone", "d"])

    def test_what_runs_and_what_fails(self):
        self.assertEqual(self.run_text("```sh\nmake test\ntest -f new-recording.wav\n```\n```python\nimport sys\n```\n"), 2)

    def test_a_failure_in_the_middle(self):
        self.assertIsNone(self.run_text("```sh\ntrue\nfalse\ntrue\n```\n"))

    def test_stand_ins_are_whole_words(self):
        self.assertEqual(self.lists.replace("x /data/mimii/fan y/data/mimii"), f"x {self.root}/small/fan y/data/mimii")

    def test_entries_that_nobody_needs(self):
        self.assertEqual(self.lists.stale(), ["make test", "/data/mimii"])
        self.assertTrue(self.lists.is_left_out("make test"))
        self.assertFalse(self.lists.is_left_out("cat make test"))
        self.assertEqual(self.lists.stale(), ["/data/mimii"])

    def test_words_between_backticks(self):
        text = "`earshot fit --tol` and `earshot fiit x`, `earshot COMMAND --help`, `earshot fit F --nonsense`, `build/earshot fit -o m`"
        wrong = list(run_commands.wrong_words(text, {"fit": "  --tol NATS  stop\n"}))
        self.assertEqual([words.split(":")[0] for words in wrong], ["`earshot fiit x`", "`earshot fit F --nonsense`"])


class Pages(unittest.TestCase):
    def test_lost_links_paths_and_names(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs").mkdir()
            (root / "docs" / "README.md").write_text("`here.md` [here](here.md) [gone](gone.md) [far](https://a.b/c) `docs/gone.c`")
            (root / "docs" / "here.md").write_text("`docs/here.md` and `docs/gone.sh a b` [up](../docs/README.md#part)")
            (root / "docs" / "untold.md").touch()
            self.assertEqual([words.split(":")[0] for words in read_pages.lost(root)],
                             ["docs/README.md", "docs/README.md", "docs/here.md"])
            told = read_pages.spans_of((root / "docs" / "README.md").read_text())
            self.assertEqual([path.name for path, words in read_pages.named(root / "docs", "*.md", "name")
                              if not read_pages.is_named(words, told)], ["untold.md"])


class Tables(unittest.TestCase):
    def test_stale_and_untold(self):
        text = "<!-- measured: net-one -->\nold\n<!-- end -->\n"
        self.assertEqual(performance_page.page(text, []), text.replace("old", "Not measured yet."))
        with self.assertRaisesRegex(SystemExit, "no table"):
            performance_page.page(text, [{"file": "other"}])


if __name__ == "__main__":
    unittest.main()
