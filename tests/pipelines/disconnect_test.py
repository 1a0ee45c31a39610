#!/usr/bin/env python3
"""Orders that ask for it leave the book when their client's connection ends: once, also over kill -9."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import program
from program import ROOT, ProgramTest

sys.path.insert(0, str(ROOT / 'examples/clients'))
import client as wire  # noqa: E402

EXCHANGE = ROOT / 'pipelines/exchange.yaml'
UNTIL_DISCONNECTED = 32
PATIENCE = 60


def order(order_id, account, flags):
    return wire.NEW_ORDER, wire.NEW_ORDER_PAYLOAD.pack(order_id, 1000, 10, 1, account, wire.BUY, 0, 0, flags)


class Disconnect(ProgramTest):
    def settings(self, cancels):
        config = 'stages.orders.config.'
        return [word for setting in ('metrics.listen=127.0.0.1:0', config + 'listen=127.0.0.1:0',
                                     f'{config}cancel_on_disconnect={str(cancels).lower()}')
                for word in ('--set', setting)]

    @contextlib.contextmanager
    def exchange(self, end=signal.SIGTERM, cancels=True):
        """Gives its port; ended by that signal."""
        words = [program.arguments.program, 'run', EXCHANGE, '--plugin-path', program.arguments.plugins]
        said = self.folder / 'said'
        with open(said, 'wb') as out, subprocess.Popen(words + self.settings(cancels), stderr=out, stdout=out,
                                                       env=self.environment()) as process:
            try:
                deadline = time.monotonic() + PATIENCE
                while 'is running' not in said.read_text():
                    self.assertIsNone(process.poll(), said.read_text())
                    self.assertLess(time.monotonic(), deadline, said.read_text())
                    time.sleep(0.01)
                yield int(re.search(r'listening on 127\.0\.0\.1:(\d+)', said.read_text()).group(1))
            finally:
                process.send_signal(end)
                process.wait(PATIENCE)
        if end == signal.SIGTERM:
            self.assertEqual(process.returncode, 0, said.read_text())

    def environment(self):
        return {**os.environ, 'TICKWEIR_DATA': str(self.folder / 'data')}

    def ask(self, *words):
        done = self.tickweir(*words, '--plugin-path', program.arguments.plugins, environment=self.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def orders_left(self):
        shown = self.ask('replay', EXCHANGE, '--dump', 'book', *self.settings(True))
        return [int(number) for number in re.findall(r'^    order (\d+):', shown, flags=re.M)]

    def cancelled_accounts(self):
        lines = self.ask('wal', 'cat', f'wal_segment:{self.folder}/data/orders').splitlines()
        return [int(re.search(r' account=(\d+)', line).group(1)) for line in lines if ' MassCancel ' in line]

    def send(self, port, number, *orders):
        """A client that is told that all of them are durable, and stays."""
        client = wire.Client('127.0.0.1', port, number, patience=PATIENCE)
        self.addCleanup(client.disconnect)
        for one in orders:
            client.send(one)
        client.finish()
        return client

    def test_only_orders_that_ask_for_it_are_cancelled_and_those_of_the_next_connection_stay(self):
        with self.exchange() as port:
            first = self.send(port, 7, order(1, 7, UNTIL_DISCONNECTED), order(2, 7, 0))
            other = self.send(port, 8, order(3, 8, UNTIL_DISCONNECTED))
            first.disconnect()
            again = self.send(port, 7, order(4, 7, UNTIL_DISCONNECTED))
        self.assertEqual(self.orders_left(), [2, 3, 4])
        self.assertEqual(self.cancelled_accounts(), [7])
        other.disconnect()
        again.disconnect()
        with self.exchange() as port:  # nobody is connected any more
            self.send(port, 9, order(5, 9, 0)).disconnect()
        self.assertEqual(self.orders_left(), [2, 5])
        self.assertEqual(self.cancelled_accounts()[:3], [7, 7, 8])

    def test_a_crash_disconnects_everybody_and_each_is_cancelled_once(self):
        with self.exchange(signal.SIGKILL) as port:
            self.send(port, 7, order(1, 7, UNTIL_DISCONNECTED), order(2, 7, 0))
        for number in (8, 9):
            with self.exchange(signal.SIGKILL) as port:
                self.send(port, number, order(number, number, 0))
        self.assertEqual(self.orders_left(), [2, 8, 9])
        self.assertEqual(self.cancelled_accounts(), [7, 8])

    def test_without_the_option_they_stay(self):
        with self.exchange(cancels=False) as port:
            self.send(port, 7, order(1, 7, UNTIL_DISCONNECTED)).disconnect()
            self.send(port, 7, order(2, 7, 0))
        self.assertEqual(self.orders_left(), [1, 2])
        self.assertEqual(self.cancelled_accounts(), [])


if __name__ == '__main__':
    program.main()
