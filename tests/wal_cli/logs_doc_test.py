#!/usr/bin/env python3
"""The commands of framework/docs/logs.md say what the page shows, run in its order on its pipeline.

`...` in a shown line stands for anything; a line of it alone for any lines.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PAGE = pathlib.Path(__file__).resolve().parents[2] / 'framework/docs/logs.md'
arguments = None


def blocks(kind):
    return re.findall(rf'^```{kind}\n(.*?)^```$', PAGE.read_text(), flags=re.M | re.S)


def commands():
    """(command, the output that is shown)"""
    for block in blocks('console'):
        for part in re.split(r'^\$ ', block, flags=re.M)[1:]:
            command, _, shown = part.partition('\n')
            yield command, shown


def pattern(shown):
    lines = []
    for line in shown.splitlines():
        if line == '...':
            lines.append(r'(?:.*\n)*')
        else:
            lines.append(r'.*'.join(re.escape(part) for part in line.split('...')).replace(r'\ .*', r'\ *.*') + r'\n')
    return ''.join(lines)


class LogsPage(unittest.TestCase):
    def test_the_commands_say_what_the_page_shows(self):
        count = 0
        with tempfile.TemporaryDirectory(prefix='tickweir_logs_') as folder:
            pathlib.Path(folder, 'logs.yaml').write_text(blocks('yaml')[0])
            path = os.path.dirname(arguments.program) + ':' + os.environ['PATH']
            for command, shown in commands():
                done = subprocess.run(['bash', '-c', command], cwd=folder, text=True, timeout=120, check=False,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      env={**os.environ, 'PATH': path, 'TICKWEIR_PLUGIN_PATH': arguments.plugins})
                said = f'$ {command}\n{done.stdout}'
                self.assertEqual(done.returncode, 0, said)
                self.assertRegex(done.stdout, re.compile(rf'\A{pattern(shown)}\Z'), said)
                count += 1
        self.assertGreaterEqual(count, 10)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    for name in ('program', 'plugins'):
        parser.add_argument(f'--{name}', required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
