"""Runs the built program on pipelines of this repository, in a folder that goes with the test."""
import argparse
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PIPELINES = sorted((ROOT / 'pipelines').glob('*.yaml'))
FILE_HEADER_BYTES, EVENT_HEADER_BYTES = 64, 32
arguments = None


class ProgramTest(unittest.TestCase):
    """A test with a folder of its own and the program at hand."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='tickweir_pipelines_')
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)

    def sample(self, messages, seed=7):
        file = self.folder / f'sample{messages}.itch'
        if not file.exists():
            subprocess.run([arguments.sample, '--messages', str(messages), '--instruments', '20', '--seed', str(seed),
                            file], check=True, capture_output=True)
        return file

    def lobster_sample(self, messages, levels=5):
        """The message file and the orderbook file of a made-up day."""
        files = [self.folder / f'{name}{messages}_{levels}.csv' for name in ('message', 'orderbook')]
        if not files[0].exists():
            subprocess.run([arguments.lobster_sample, '--messages', str(messages), '--levels', str(levels), *files],
                           check=True, capture_output=True)
        return files

    def tickweir(self, *words, environment=None, before=None):
        return subprocess.run([arguments.program, *map(str, words)], capture_output=True, text=True, check=False,
                              cwd=self.folder, env={**os.environ, **(environment or {})}, preexec_fn=before,
                              timeout=120)

    def run_pipeline(self, file, source, output, settings=(), events=20000, before=None, listen='127.0.0.1:0'):
        """`file` with its input and output put in; sources that generate make `events`."""
        environment = {'TICKWEIR_INPUT': str(source), 'TICKWEIR_OUTPUT': str(output), 'TICKWEIR_EVENTS': str(events)}
        if pathlib.Path(file).stem.startswith('lobster'):
            message, orderbook = self.lobster_sample(events)
            environment |= {'TICKWEIR_MESSAGE': str(message), 'TICKWEIR_ORDERBOOK': str(orderbook)}
        words = ['run', file, '--plugin-path', arguments.plugins, '--set', f'metrics.listen={listen}']
        for setting in (*unpinned(file), *settings):
            words += ['--set', setting]
        return self.tickweir(*words, environment=environment, before=before)


def unpinned(file):
    """Settings that let a pipeline run on a machine that lacks the CPUs it names."""
    threads = yaml.safe_load(pathlib.Path(file).read_text()).get('threads') or {}
    allowed = sorted(os.sched_getaffinity(0))
    return [f'threads.{name}.cpus={allowed[0]}' for name, thread in threads.items() if 'cpus' in thread]


def whole_events(content):
    """The number of events in an event file; fails when the last one is not whole."""
    assert content[:8] == b'TICKWEIR', content[:8]
    at, count = FILE_HEADER_BYTES, 0
    while at < len(content):
        size, = struct.unpack_from('<I', content, at)
        assert size >= EVENT_HEADER_BYTES and size % 8 == 0 and at + size <= len(content), (at, size, len(content))
        at, count = at + size, count + 1
    return count


def main():
    global arguments
    parser = argparse.ArgumentParser()
    for name in ('program', 'sample', 'lobster-sample', 'plugins'):
        parser.add_argument(f'--{name}', required=True)
    parser.add_argument('--write', action='store_true', help='writes the golden files instead of comparing')
    arguments, rest = parser.parse_known_args()
    # So that every importer sees the same ones, however this file was loaded.
    unittest.main(module='__main__', argv=[sys.argv[0], *rest])
