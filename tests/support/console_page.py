"""Pages whose commands are run: in blocks of kind `console`, after `$ `, with the output that they show.

`...` in a shown line stands for anything; a line of it alone for any lines.
"""
import argparse
import os
import re
import subprocess
import sys
import unittest

arguments = None  # the program and the folder of its plugins


def blocks(page, kind):
    return re.findall(rf'^```{kind}\n(.*?)^```$', page, flags=re.M | re.S)


def commands(page):
    """(command, the output that is shown)"""
    for block in blocks(page, 'console'):
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


def run(test, page, folder):
    """Runs them in their order, in that folder. Returns how many there were."""
    path = os.path.dirname(arguments.program) + ':' + os.environ['PATH']
    count = 0
    for command, shown in commands(page):
        done = subprocess.run(['bash', '-c', command], cwd=folder, text=True, timeout=120, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, 'PATH': path, 'TICKWEIR_PLUGIN_PATH': arguments.plugins})
        said = f'$ {command}\n{done.stdout}'
        test.assertEqual(done.returncode, 0, said)
        test.assertRegex(done.stdout, re.compile(rf'\A{pattern(shown)}\Z'), said)
        count += 1
    return count


def main():
    global arguments
    parser = argparse.ArgumentParser()
    for name in ('program', 'plugins'):
        parser.add_argument(f'--{name}', required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
