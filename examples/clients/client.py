#!/usr/bin/env python3
"""A client of source_tcp in plain Python: numbers events, keeps each until it has its answer, and sends again
after a lost connection whatever has none. The bytes: framework/docs/wire_format.md.

    client = Client('127.0.0.1', 7001, client=7, token='secret')
    client.send(new_order(order_id=1, price=1000000, quantity=5, instrument=1, side=BUY))
    client.finish()

Run as a program it sends orders:  client.py --to 127.0.0.1:7001 --client 7 --events 1000
"""
import argparse
import collections
import socket
import ssl
import struct
import sys
import time

HEADER = struct.Struct('<IHBBQQQ')  # size, type, verdict, flags, sequence, time, origin
LOGIN, LOGIN_REPLY, ACKNOWLEDGEMENT, REFUSAL, GOODBYE, HEARTBEAT = range(16, 22)
LOGIN_PAYLOAD = struct.Struct('<IHH64s')
LOGIN_REPLY_PAYLOAD = struct.Struct('<QQIHH')
NUMBER_PAYLOAD = struct.Struct('<Q')
REFUSAL_PAYLOAD = struct.Struct('<QII32s32s')
GOODBYE_PAYLOAD = struct.Struct('<QQQHHI96s')
GOODBYES = ('none finished draining replaced login_timeout login_refused version connection_limit client_limit '
            'frame_size frame_type frame_field number_order too_slow reply_backlog cut_frame').split()
FOR_EVER = ('login_refused', 'version', 'client_limit')  # trying again will not help

NEW_ORDER = 256
NEW_ORDER_PAYLOAD = struct.Struct('<QqIIIBBBB')
BUY, SELL = 1, 2


def new_order(order_id, price, quantity, instrument, side, account=0):
    """Type and payload of a NewOrder: a limit order, good till cancel."""
    return NEW_ORDER, NEW_ORDER_PAYLOAD.pack(order_id, price, quantity, instrument, account, side, 0, 0, 0)


def frame(kind, payload, origin=0):
    return HEADER.pack(HEADER.size + len(payload), kind, 0, 0, 0, 0, origin) + payload


def text_of(field):
    return field.split(b'\0', 1)[0].decode()


class Refused(Exception):
    """The source does not let this client in."""


class Client:
    """One thread. `on_refusal(number, reason, stage)` hears of each event that will have no effect."""

    def __init__(self, host, port, client, token='', window=4096, patience=30.0, tls=None, on_refusal=None):
        self.place, self.client, self.token, self.tls = (host, port), client, token, tls
        self.window, self.patience = window, patience
        self.on_refusal = on_refusal or (lambda number, reason, stage: None)
        self.unanswered = collections.OrderedDict()  # number -> frame, in order
        self.unsent = b''
        self.last_number = self.acknowledged = self.refused = self.reconnects = 0
        self.last_durable = self.last_received = 0
        self.goodbye = None
        self.socket, self.received, self.is_in = None, b'', False
        self.connect()

    def connect(self):
        """Connects and logs in, for as long as `patience` says; then sends again what has no answer."""
        deadline = time.monotonic() + self.patience
        while not self.is_in:
            self.goodbye = None
            try:
                self._connect_once()
            except OSError as error:
                self.disconnect()
                if self.goodbye in FOR_EVER or time.monotonic() > deadline:
                    raise Refused(f'client {self.client}: {self.goodbye or error}') from error
                time.sleep(0.05)
        if self.last_number == 0:  # without a past, go on where the one before ended
            self.last_number = max(self.last_durable, self.last_received)
        self.unsent = b''.join(self.unanswered.values())

    def _connect_once(self):
        plain = socket.create_connection(self.place, timeout=5)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.tls.wrap_socket(plain, server_hostname=self.place[0]) if self.tls else plain
        self.received = b''
        self.socket.sendall(frame(LOGIN, LOGIN_PAYLOAD.pack(self.client, 1, 0, self.token.encode())))
        while not self.is_in:
            self._receive(5)

    def disconnect(self):
        """Ends the connection without a word, as a crash would."""
        if self.socket is not None:
            self.socket.close()
        self.socket, self.is_in = None, False

    def send(self, event):
        """Takes over (type, payload) and returns its number; waits while the window is full."""
        while len(self.unanswered) >= self.window:
            self.work(1)
        kind, payload = event
        self.last_number += 1
        self.unanswered[self.last_number] = frame(kind, payload, self.last_number)
        self.unsent += self.unanswered[self.last_number]
        if len(self.unsent) >= 65536:
            self.work(0)
        return self.last_number

    def work(self, wait):
        """Sends what can be sent, and takes in answers; waits up to `wait` seconds for some. Reconnects."""
        try:
            if not self.is_in:
                raise ConnectionError('not connected')
            if self.unsent:
                self.socket.settimeout(0.05)
                try:
                    sent = self.socket.send(self.unsent)
                    self.unsent = self.unsent[sent:]
                except (socket.timeout, ssl.SSLWantWriteError):
                    pass
            self._receive(wait)
        except OSError:
            self.disconnect()
            self.reconnects += 1
            self.connect()

    def finish(self):
        """Waits until every event has its answer."""
        while self.unanswered:
            self.work(0 if self.unsent else 1)

    def _receive(self, wait):
        self.socket.settimeout(max(wait, 0.0001))
        try:
            got = self.socket.recv(65536)
        except (socket.timeout, ssl.SSLWantReadError):
            return
        if not got:
            raise ConnectionError('the source ended the connection')
        self.received += got
        while len(self.received) >= HEADER.size:
            size, kind = HEADER.unpack_from(self.received)[:2]
            if len(self.received) < size:
                break
            self._take(kind, self.received[HEADER.size:size])
            self.received = self.received[size:]

    def _take(self, kind, payload):
        if kind == LOGIN_REPLY:
            self.last_durable, self.last_received = LOGIN_REPLY_PAYLOAD.unpack(payload)[:2]
            self.is_in = True
        elif kind == ACKNOWLEDGEMENT:
            (self.acknowledged,) = NUMBER_PAYLOAD.unpack(payload)
            while self.unanswered and next(iter(self.unanswered)) <= self.acknowledged:
                self.unanswered.popitem(last=False)
        elif kind == REFUSAL:
            number, _, _, reason, stage = REFUSAL_PAYLOAD.unpack(payload)
            if self.unanswered.pop(number, None) is not None:
                self.refused += 1
                self.on_refusal(number, text_of(reason), text_of(stage))
        elif kind == GOODBYE:
            self.goodbye = GOODBYES[GOODBYE_PAYLOAD.unpack(payload)[3]]


def main():
    parser = argparse.ArgumentParser(description='Sends orders to a source_tcp and waits for their answers.')
    parser.add_argument('--to', default='127.0.0.1:7001', metavar='HOST:PORT')
    parser.add_argument('--client', type=int, default=1, metavar='ID')
    parser.add_argument('--token', default='')
    parser.add_argument('--events', type=int, default=1000)
    parser.add_argument('--lose-every', type=int, default=0, help='drop the connection after so many events')
    parser.add_argument('--ca', help='PEM file of who vouches for the source; turns TLS on')
    given = parser.parse_args()
    host, port = given.to.rsplit(':', 1)
    tls = ssl.create_default_context(cafile=given.ca) if given.ca else None
    try:
        client = Client(host, int(port), given.client, given.token, tls=tls)
        for i in range(given.events):
            number = client.last_number + 1
            side = BUY if i % 2 == 0 else SELL  # they trade with each other
            client.send(new_order(order_id=given.client << 40 | number, price=1000000, quantity=10, instrument=1, side=side))
            if given.lose_every and (i + 1) % given.lose_every == 0:
                client.work(0)
                client.disconnect()
        client.finish()
    except Refused as error:
        print(f'client.py: {error}', file=sys.stderr)
        return 1
    print(f'{given.events} events: {given.events - client.refused} acknowledged, {client.refused} refused, '
          f'{client.reconnects} reconnects')
    return 0


if __name__ == '__main__':
    sys.exit(main())
