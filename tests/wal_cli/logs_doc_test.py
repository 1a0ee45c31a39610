#!/usr/bin/env python3
"""The commands of framework/docs/logs.md say what the page shows, run in its order on its pipeline."""
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / 'support'))
import console_page

PAGE = (HERE.parents[2] / 'framework/docs/logs.md').read_text()


class LogsPage(unittest.TestCase):
    def test_the_commands_say_what_the_page_shows(self):
        with tempfile.TemporaryDirectory(prefix='tickweir_logs_') as folder:
            pathlib.Path(folder, 'logs.yaml').write_text(console_page.blocks(PAGE, 'yaml')[0])
            count = console_page.run(self, PAGE, folder)
        self.assertGreaterEqual(count, 10)


if __name__ == '__main__':
    console_page.main()
