#!/usr/bin/env python3
"""What the ready pipelines write, byte by byte: as kept in golden/, for any batch size, on any threads.

golden/NAME.jsonl is the whole output for a small input; golden/sha256.txt are the sums for a larger one.
After a change that is meant to change them, run this with --write and read the difference.
"""
import hashlib
import os
import pathlib

import yaml

import program
from program import PIPELINES, ProgramTest

GOLDEN = pathlib.Path(__file__).resolve().parent / 'golden'
LARGE = 20000
REPEATS = 20


# Those that end by themselves. The exchanges are run, and killed, by tests/crash.
RUNS = [file for file in PIPELINES if not file.stem.startswith('exchange')]


def small(file):
    """So many that the kept lines stay few: record keeps every event, lobster every level, the others only trades."""
    return 200 if file.stem in ('record', 'lobster') else 2000


def output_stage(pipeline):
    """The sink whose file is the result."""
    sinks = [name for name, stage in pipeline['stages'].items() if stage['plugin'] == 'sink_file']
    assert len(sinks) == 1, sinks
    return sinks[0]


def relaid(file, layout, folder):
    """A copy of the pipeline with every stage on one thread, or each on its own."""
    pipeline = yaml.safe_load(file.read_text())
    names = list(pipeline['stages'])
    pipeline['threads'] = {'one': {}} if layout == 'one' else {f't{i}': {} for i in range(len(names))}
    for i, name in enumerate(names):
        pipeline['stages'][name]['thread'] = 'one' if layout == 'one' else f't{i}'
    copy = folder / f'{file.stem}_{layout}.yaml'
    copy.write_text(yaml.safe_dump(pipeline, sort_keys=False))
    return copy


class Golden(ProgramTest):
    def result(self, file, messages, settings=()):
        output = self.folder / 'out'
        output.unlink(missing_ok=True)
        run = self.run_pipeline(file, self.sample(messages), output, settings, events=messages)
        self.assertEqual(run.returncode, 0, run.stderr + run.stdout)
        self.assertIn('balanced: every event is accounted for', run.stdout)
        return output.read_bytes()

    def compare(self, kept, found, what):
        if program.arguments.write:
            kept.write_bytes(found)
        self.assertTrue(kept.exists() and kept.read_bytes() == found, f'{what} is not what {kept} says')

    def test_small_inputs_give_the_kept_lines(self):
        for file in RUNS:
            with self.subTest(file.name):
                stage = output_stage(yaml.safe_load(file.read_text()))
                found = self.result(file, small(file), [f'stages.{stage}.config.format=json'])
                self.compare(GOLDEN / f'{file.stem}.jsonl', found, f'the output of {file.name}')

    def test_larger_inputs_give_the_kept_sums(self):
        lines = []
        for file in RUNS:
            found = self.result(file, LARGE)
            lines.append(f'{hashlib.sha256(found).hexdigest()}  {file.stem}, {len(found)} bytes\n')
        self.compare(GOLDEN / 'sha256.txt', ''.join(lines).encode(), 'the sums')

    def test_the_batch_size_does_not_show(self):
        for file in RUNS:
            usual = self.result(file, LARGE)
            for events in (1, 7, 256):
                with self.subTest(file.name, events=events):
                    self.assertTrue(self.result(file, LARGE, [f'batch.max_events={events}']) == usual)

    def test_the_threads_do_not_show(self):
        for file in RUNS:
            usual = self.result(file, LARGE)
            for layout in ('one', 'each'):
                with self.subTest(file.name, layout=layout):
                    self.assertTrue(self.result(relaid(file, layout, self.folder), LARGE) == usual)
                    small = self.result(relaid(file, layout, self.folder), LARGE, ['batch.max_events=7'])
                    self.assertTrue(small == usual)

    def test_a_run_can_be_repeated(self):
        for file in RUNS:
            spread = relaid(file, 'each', self.folder)
            usual = self.result(spread, small(file))
            for repeat in range(REPEATS):
                self.assertTrue(self.result(spread, small(file)) == usual, f'{file.name}, run {repeat}')


class OnAnyMachine(ProgramTest):
    def test_the_sample_is_the_same_file_each_time(self):
        first = self.sample(LARGE).read_bytes()
        os.unlink(self.sample(LARGE))
        self.assertTrue(self.sample(LARGE).read_bytes() == first)


if __name__ == '__main__':
    program.main()
