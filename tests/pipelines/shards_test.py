#!/usr/bin/env python3
"""The order book in shards: the same bytes on every output, and a log that any number of them replays."""
import pathlib

import yaml

import program
from program import ProgramTest, whole_events

OUTPUTS = ('reports', 'executions', 'trades', 'levels', 'top', 'auctions', 'orders')
EVENTS = 20000


def sinks(outputs):
    return {f'sink_{name}': {'plugin': 'sink_file', 'inputs': [f'book.{name}'], 'config': {'path': f'out/{name}'}}
            for name in outputs}


class Shards(ProgramTest):
    def pipeline(self, stages, **settings):
        file = self.folder / 'pipeline.yaml'
        file.write_text(yaml.safe_dump({'apiVersion': 'tickweir/v1', 'name': 'shards', 'stages': stages, **settings},
                                       sort_keys=False))
        return file

    def run_program(self, command, file, *settings):
        words = [command, file, '--plugin-path', program.arguments.plugins]
        for setting in settings:
            words += ['--set', setting]
        run = self.tickweir(*words)
        self.assertEqual(run.returncode, 0, run.stderr + run.stdout)
        return run.stdout

    def outputs(self, file, *settings):
        out = self.folder / 'out'
        out.mkdir(exist_ok=True)
        for old in out.iterdir():
            old.unlink()
        self.assertIn('balanced: every event is accounted for', self.run_program('run', file, *settings))
        return {name: (out / name).read_bytes() for name in OUTPUTS}

    def compare(self, file):
        one = self.outputs(file, 'stages.book.shards=1')
        for shards, batch_events in ((2, 256), (2, 1), (3, 7), (4, 256)):
            with self.subTest(shards=shards, batch_events=batch_events):
                many = self.outputs(file, f'stages.book.shards={shards}', f'batch.max_events={batch_events}')
                for name in OUTPUTS:
                    self.assertTrue(many[name] == one[name], name)
        return one

    def test_matching_gives_the_same_bytes_for_any_number(self):
        orders = {'plugin': 'source_generator', 'config': {'events': EVENTS, 'instruments': 50, 'seed': 3}}
        book = {'plugin': 'transform_order_book', 'inputs': ['orders'], 'config': {'mode': 'match'}}
        one = self.compare(self.pipeline({'orders': orders, 'book': book, **sinks(OUTPUTS)}))
        for name in ('reports', 'executions', 'levels', 'top', 'orders'):
            self.assertGreater(whole_events(one[name]), EVENTS // 20, name)

    def test_following_a_feed_gives_the_same_bytes_for_any_number(self):
        feed = {'plugin': 'source_itch', 'config': {'path': str(self.sample(EVENTS))}}
        book = {'plugin': 'transform_order_book', 'inputs': ['feed'], 'config': {'mode': 'rebuild'}}
        one = self.compare(self.pipeline({'feed': feed, 'book': book, **sinks(OUTPUTS)}))
        self.assertGreater(whole_events(one['levels']), EVENTS // 2)

    def test_any_number_makes_of_a_log_again_what_another_made(self):
        log = {'plugin': 'wal_segment', 'config': {'path': 'data/orders'}}
        stages = {
            'orders': {'plugin': 'source_generator', 'config': {'events': EVENTS, 'instruments': 50}},
            'log': {'inputs': ['orders'], **log},
            'book': {'plugin': 'transform_order_book', 'inputs': ['log'], 'shards': 2},
            'trades': {'plugin': 'wal_segment', 'inputs': ['book.executions'], 'config': {'path': 'data/trades'}},
        }
        file = self.pipeline(stages)
        pathlib.Path(self.folder / 'data').mkdir()
        self.run_program('run', file)
        for shards in (1, 2, 4):
            with self.subTest(shards=shards):
                said = self.run_program('replay', file, f'stages.book.shards={shards}')
                self.assertIn('trades: byte-identical', said)


if __name__ == '__main__':
    program.main()
