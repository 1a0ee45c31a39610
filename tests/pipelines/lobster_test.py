#!/usr/bin/env python3
"""The book that is rebuilt from LOBSTER's message file is that of its orderbook file after every row."""
import subprocess

import program
from program import ROOT, ProgramTest

PIPELINE = ROOT / 'pipelines/lobster.yaml'
CHECK = ROOT / 'plugins/source_lobster/check_orderbook.py'
MESSAGES = 20000


class Lobster(ProgramTest):
    def rebuild(self, levels, settings=()):
        """The two files and the levels that the pipeline wrote of them."""
        message, orderbook = self.lobster_sample(MESSAGES, levels)
        output = self.folder / 'levels.jsonl'
        output.unlink(missing_ok=True)
        words = [f'vars.message={message}', f'vars.orderbook={orderbook}', *settings]
        run = self.run_pipeline(PIPELINE, message, output, words, events=MESSAGES)
        self.assertEqual(run.returncode, 0, run.stderr + run.stdout)
        return message, orderbook, output

    def check(self, *files):
        return subprocess.run(['python3', '-B', CHECK, *files], capture_output=True, text=True, check=False)

    def test_every_row_of_the_orderbook_file_is_reached(self):
        for levels in (1, 3, 10, 100):  # 100: the whole book
            with self.subTest(levels=levels):
                checked = self.check(*self.rebuild(levels, ['stages.feed.config.strict=true']))
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
                self.assertIn(f'{MESSAGES} rows', checked.stdout)

    def test_the_check_finds_a_row_that_is_wrong(self):
        message, orderbook, output = self.rebuild(10)
        lines = orderbook.read_text().splitlines(keepends=True)
        price, size, rest = lines[999].split(',', 2)
        lines[999] = f'{price},{int(size) + 1},{rest}'
        wrong = self.folder / 'wrong.csv'
        wrong.write_text(''.join(lines))
        checked = self.check(message, wrong, output)
        self.assertEqual(checked.returncode, 1, checked.stderr)
        self.assertTrue(checked.stdout.startswith('row 1000: expected [['), checked.stdout)

    def test_the_source_finds_it_too(self):
        message, orderbook, _ = self.rebuild(10)
        lines = orderbook.read_text().splitlines(keepends=True)
        price, size, rest = lines[999].split(',', 2)
        lines[999] = f'{price},{int(size) + 1},{rest}'
        orderbook.write_text(''.join(lines))
        run = self.run_pipeline(PIPELINE, message, self.folder / 'out',
                                [f'vars.message={message}', f'vars.orderbook={orderbook}',
                                 'stages.feed.config.strict=true'])
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(f'{orderbook.name}:1000:1: ask {price} holds {int(size) + 1}, expected {size} by the messages',
                      run.stderr)

    def test_without_the_orderbook_file_orders_that_never_entered_are_unknown(self):
        message, _, _ = self.rebuild(10)
        run = self.run_pipeline(PIPELINE, message, self.folder / 'out',
                                [f'vars.message={message}', 'stages.feed.config.orderbook='])
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('unknown_order', run.stdout)


if __name__ == '__main__':
    program.main()
