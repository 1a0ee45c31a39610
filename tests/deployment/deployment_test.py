#!/usr/bin/env python3
"""The walk of examples/deployment, on free ports, and the command of its unit."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / 'support'))
import console_page

DEPLOYMENT = HERE.parents[2] / 'examples/deployment'


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def end(pid_file):
    if pid_file.exists():
        try:
            os.kill(int(pid_file.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            pass


class Deployment(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='tickweir_deployment_'))
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(end, self.folder / 'exchange.pid')

    def test_the_walk_goes_as_the_page_shows(self):
        listen, metrics = free_ports(2)
        moved = lambda text: text.replace('7001', listen).replace('9464', metrics)
        (self.folder / 'exchange.yaml').write_text(moved((DEPLOYMENT / 'exchange.yaml').read_text()))
        page = moved((DEPLOYMENT / 'README.md').read_text())
        self.assertGreaterEqual(console_page.run(self, page, self.folder), 9)

    def test_the_command_of_the_unit_is_one(self):
        unit = (DEPLOYMENT / 'tickweir.service').read_text()
        program, command, pipeline, *more = re.search(r'^ExecStart=(.*)$', unit, flags=re.M).group(1).split()
        self.assertEqual((program, command, pipeline),
                         ('/usr/local/bin/tickweir', 'run', '/etc/tickweir/exchange.yaml'))
        done = subprocess.run([console_page.arguments.program, 'validate', DEPLOYMENT / 'exchange.yaml', *more], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, 'TICKWEIR_PLUGIN_PATH': console_page.arguments.plugins,
                                   'CONFIGURATION_DIRECTORY': '/etc/tickweir', 'STATE_DIRECTORY': '/var/lib/tickweir'})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn('snapshots in /var/lib/tickweir/snapshots', done.stdout)


if __name__ == '__main__':
    console_page.main()
