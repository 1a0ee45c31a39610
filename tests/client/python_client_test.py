#!/usr/bin/env python3
"""The client in Python through kill -9 of the source: every event once in its log, and one answer for each."""
import contextlib
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'pipelines'), str(HERE.parents[1] / 'examples/clients')]
import client as wire  # noqa: E402
import program  # noqa: E402

EXCHANGE = program.ROOT / 'pipelines/exchange.yaml'
PATIENCE = 60


def lasting_port():
    """Below the ports that the kernel gives to connections, so that it is still free after a crash."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(('127.0.0.1', random.randrange(16000, 32000)))
            return tried.getsockname()[1]


def order(number):
    return wire.new_order(order_id=number, price=1000 + number % 7, quantity=1, instrument=1, side=wire.BUY)


class PythonClient(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.port = lasting_port()
        self.process = None
        self.addCleanup(self.kill)

    def start(self):
        said = self.folder / 'said'
        words = [program.arguments.program, 'run', EXCHANGE, '--plugin-path', program.arguments.plugins, '--set',
                 'metrics.listen=127.0.0.1:0', '--set', f'stages.orders.config.listen=127.0.0.1:{self.port}',
                 '--set', 'stages.log.config.segment_bytes=1MiB', '--set', 'stages.trades.config.segment_bytes=1MiB']
        with open(said, 'wb') as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, env=self.environment())
        deadline = time.monotonic() + PATIENCE
        while 'is running' not in said.read_text():
            self.assertIsNone(self.process.poll(), said.read_text())
            self.assertLess(time.monotonic(), deadline, said.read_text())
            time.sleep(0.01)

    def kill(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)
        self.process = None

    def environment(self):
        return {**os.environ, 'TICKWEIR_DATA': str(self.folder / 'data')}

    def stored_numbers(self):
        done = self.tickweir('wal', 'cat', f'wal_segment:{self.folder}/data/orders', '--plugin-path',
                             program.arguments.plugins)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [int(number) for number in re.findall(r' order_id=(\d+)', done.stdout)]

    def test_every_event_has_one_effect_through_kills_of_the_source(self):
        self.start()
        client = wire.Client('127.0.0.1', self.port, 7, patience=PATIENCE)
        self.addCleanup(client.disconnect)
        for life in range(4):
            for _ in range(3000):
                self.assertEqual(client.send(order(client.last_number + 1)), client.last_number)
                client.work(0)
            self.kill()
            client.send(order(client.last_number + 1))
            self.start()
            client.finish()
            self.assertEqual(client.acknowledged, 3001 * (life + 1))
        self.assertEqual((client.refused, client.reconnects), (0, 4))
        client.disconnect()
        self.kill()
        self.assertEqual(self.stored_numbers(), list(range(1, 4 * 3001 + 1)))

    def test_a_restart_within_its_patience_is_waited_for_and_one_beyond_it_is_not(self):
        self.start()
        client = wire.Client('127.0.0.1', self.port, 7, patience=PATIENCE)
        self.addCleanup(client.disconnect)
        client.send(order(1))
        client.finish()
        self.kill()
        client.send(order(2))
        client.patience = 0.2
        with self.assertRaisesRegex(wire.ClientError, 'client 7: .*refused'):
            client.finish()
        self.start()
        client.patience = PATIENCE
        client.finish()
        self.assertEqual(client.acknowledged, 2)


if __name__ == '__main__':
    program.main()
