#!/usr/bin/env python3
"""A client of source_tcp in plain Python: numbers events, keeps each until it has its answer, and sends again
after a lost connection whatever has none. The bytes: framework/docs/wire_format.md.

    client = Client('127.0.0.1', 7001, client=7, token='secret')
    client.send(new_order(order_id=1, price=1000000, quantity=5, instrument=1, side=BUY))
    client.finish()     # all are durable, or were refused

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
FINAL = ('replaced login_refused version client_limit '  # connecting again would only bring the same
         'frame_size frame_type frame_field number_order').split()
PAYLOADS = {LOGIN_REPLY: LOGIN_REPLY_PAYLOAD, ACKNOWLEDGEMENT: NUMBER_PAYLOAD, REFUSAL: REFUSAL_PAYLOAD,
            GOODBYE: GOODBYE_PAYLOAD, HEARTBEAT: NUMBER_PAYLOAD}
FRAME_BYTES_MAX = HEADER.size + GOODBYE_PAYLOAD.size  # of what the source sends

PAUSE = 0.05  # seconds, before another try

NEW_ORDER = 256
NEW_ORDER_PAYLOAD = struct.Struct('<QqIIIBBBB')
BUY, SELL = 1, 2


def new_order(order_id, price, quantity, instrument, side, account=0):
    """Type and payload of a NewOrder: a limit order, good till cancel."""
    return NEW_ORDER, NEW_ORDER_PAYLOAD.pack(order_id, price, quantity, instrument, account, side, 0, 0, 0)


def frame(kind, payload, origin=0):
    return HEADER.pack(HEADER.size + len(payload), kind, 0, 0, 0, 0, origin) + payload


def text_of(field):
    return field.split(b'\0', 1)[0].decode(errors='replace')


class ClientError(Exception):
    """The source ended this client for good, or is away or silent for longer than our patience."""


class Client:
    """One thread. `on_refusal(number, reason, stage)` hears of each event that will have no effect.
    `patience`: seconds without an answer, be the source away or silent, until a ClientError."""

    def __init__(self, host, port, client, token='', window=4096, patience=30.0, tls=None, on_refusal=None):
        self.place, self.client, self.token, self.tls = (host, port), client, token, tls
        self.window, self.patience = window, patience
        self.on_refusal = on_refusal or (lambda number, reason, stage: None)
        self.unanswered = collections.OrderedDict()  # number -> frame, in order
        self.unsent = b''
        self.last_number = self.acknowledged = self.refused = self.reconnects = 0
        self.last_durable = self.last_received = self.frame_bytes_max = 0
        self.goodbye, self.goodbye_text = None, ''
        self.socket, self.received, self.is_in = None, b'', False
        self.lost_since = None  # when the connection was lost, until an answer comes
        self.connect()

    def connect(self):
        """Connects and logs in, for as long as `patience` says; then sends again what has no answer."""
        if self.lost_since is None:
            self.lost_since = time.monotonic()
        while not self.is_in:
            self.goodbye = None
            try:
                self._connect_once()
            except OSError as error:
                self.disconnect()
                self._give_up_if_over(error)
                time.sleep(PAUSE)
        if not self.unanswered:
            self.lost_since = None
        # A number that the source has seen would be taken for a repeat, and its event for durable.
        self.last_number = max(self.last_number, self.last_durable, self.last_received)
        self.unsent = b''.join(self.unanswered.values())

    def _connect_once(self):
        limit = min(5.0, max(self.patience, 0.1))
        end = time.monotonic() + limit
        self.socket = socket.create_connection(self.place, timeout=limit)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            self.socket = self.tls.wrap_socket(self.socket, server_hostname=self.place[0])
        self.received = b''
        self.socket.sendall(frame(LOGIN, LOGIN_PAYLOAD.pack(self.client, 1, 0, self.token.encode())))
        while not self.is_in:
            if time.monotonic() > end:
                raise TimeoutError('no answer to the login')
            self._receive(0.1)

    def _give_up_if_over(self, error):
        """After a lost connection: a login alone is no progress, an answer is."""
        why = f'{self.goodbye}, {self.goodbye_text}' if self.goodbye else error
        is_out_of_patience = time.monotonic() - self.lost_since > self.patience
        if self.goodbye in FINAL or is_out_of_patience:
            raise ClientError(f'client {self.client}: {why}') from error

    def disconnect(self):
        """Ends the connection without a word, as a crash would."""
        if self.socket is not None:
            self.socket.close()
        self.socket, self.is_in = None, False

    def send(self, event):
        """Takes over (type, payload) and returns its number; waits while the window is full."""
        kind, payload = event
        size = HEADER.size + len(payload)
        if size > self.frame_bytes_max:
            raise ClientError(f'an event of {size} bytes, header included, is too large: the source takes '
                              f'{self.frame_bytes_max} (its max_frame)')
        if len(self.unanswered) >= self.window:
            self._wait_until(lambda: len(self.unanswered) < self.window)
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
            self._send()
            self._receive(wait)
        except OSError as error:
            self.disconnect()
            was_lost = self.lost_since is not None
            if not was_lost:
                self.lost_since = time.monotonic()
            self._give_up_if_over(error)
            if was_lost:  # the connection before this one brought no answer either
                time.sleep(PAUSE)
            self.reconnects += 1
            self.connect()

    def finish(self):
        """Waits until every event has its answer."""
        self._wait_until(lambda: not self.unanswered)

    def _wait_until(self, is_done):
        seen, since = None, 0
        while not is_done():
            progress = (self.acknowledged, self.refused, self.reconnects)
            if progress != seen:
                seen, since = progress, time.monotonic()
            elif time.monotonic() - since > self.patience:
                raise ClientError(f'client {self.client}: no answer in {self.patience:g} s')
            self.work(0 if self.unsent else min(1.0, self.patience))

    def _send(self):
        if not self.unsent:
            return
        self.socket.settimeout(0.05)
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent):]
        except (socket.timeout, ssl.SSLWantWriteError):
            pass
        except OSError:
            self._receive(0)  # a goodbye may say why
            raise

    def _receive(self, wait):
        self.socket.settimeout(wait)
        try:
            got = self.socket.recv(65536)
        except (socket.timeout, BlockingIOError, ssl.SSLWantReadError):
            return
        if not got:
            raise ConnectionError('the source ended the connection')
        self.received += got
        while len(self.received) >= 4:
            size = int.from_bytes(self.received[:4], 'little')
            if not HEADER.size <= size <= FRAME_BYTES_MAX:
                self._end_as_no_source(f'expected a frame of {HEADER.size} to {FRAME_BYTES_MAX} bytes, '
                                       f'found {self.received[:16]!r}')
            if len(self.received) < size:
                break
            kind = HEADER.unpack_from(self.received)[1]
            if kind in PAYLOADS and size != HEADER.size + PAYLOADS[kind].size:
                self._end_as_no_source(f'a frame of type {kind} has {size} bytes')
            self._take(kind, self.received[HEADER.size:size])
            self.received = self.received[size:]

    def _end_as_no_source(self, why):
        self.disconnect()
        raise ClientError(f'client {self.client}: {self.place[0]}:{self.place[1]} is no source_tcp: {why}')

    def _take(self, kind, payload):
        if kind == LOGIN_REPLY:
            reply = LOGIN_REPLY_PAYLOAD.unpack(payload)
            self.last_durable, self.last_received, self.frame_bytes_max = reply[:3]
            self.is_in = True
        elif kind == ACKNOWLEDGEMENT:
            (number,) = NUMBER_PAYLOAD.unpack(payload)
            if number > self.last_number:
                self._end_as_no_source(f'it acknowledges number {number}, which was not sent to it')
            self.acknowledged = number
            while self.unanswered and next(iter(self.unanswered)) <= self.acknowledged:
                self.unanswered.popitem(last=False)
                self.lost_since = None
        elif kind == REFUSAL:
            number, _, _, reason, stage = REFUSAL_PAYLOAD.unpack(payload)
            if self.unanswered.pop(number, None) is not None:
                self.lost_since = None
                self.refused += 1
                self.on_refusal(number, text_of(reason), text_of(stage))
        elif kind == GOODBYE:
            _, _, _, code, _, _, text = GOODBYE_PAYLOAD.unpack(payload)
            self.goodbye = GOODBYES[code] if code < len(GOODBYES) else f'unknown ({code})'
            self.goodbye_text = text_of(text)


def read_place(text):
    host, _, port = text.rpartition(':')
    return host.strip('[]'), int(port)


def read_tls(given):
    if not given.ca:
        if given.certificate or given.key:
            raise ValueError('--certificate and --key need --ca, which turns TLS on')
        return None
    tls = ssl.create_default_context(cafile=given.ca)
    if given.certificate:
        tls.load_cert_chain(given.certificate, given.key)
    return tls


def main():
    parser = argparse.ArgumentParser(description='Sends orders to a source_tcp and waits for their answers.')
    parser.add_argument('--to', type=read_place, default='127.0.0.1:7001', metavar='HOST:PORT')
    parser.add_argument('--client', type=int, default=1, metavar='ID')
    parser.add_argument('--token', default='')
    parser.add_argument('--events', type=int, default=1000)
    parser.add_argument('--lose-every', type=int, default=0, help='drop the connection after so many events')
    parser.add_argument('--patience', type=float, default=30, metavar='SECONDS', help='without an answer')
    parser.add_argument('--ca', help='PEM file of who vouches for the source; turns TLS on')
    parser.add_argument('--certificate', help="PEM file of the client's own")
    parser.add_argument('--key', help='PEM file of its key')
    given = parser.parse_args()
    try:
        tls = read_tls(given)
    except (OSError, ValueError) as error:
        parser.error(f'cannot set TLS up: {error}')
    try:
        client = Client(*given.to, given.client, given.token, patience=given.patience, tls=tls)
        for i in range(given.events):
            number = client.last_number + 1
            side = BUY if i % 2 == 0 else SELL  # they trade with each other
            client.send(new_order(order_id=given.client << 40 | number, price=1000000, quantity=10, instrument=1,
                                  side=side))
            if given.lose_every and (i + 1) % given.lose_every == 0:
                client.work(0)
                client.disconnect()
        client.finish()
    except ClientError as error:
        print(f'client.py: {error}', file=sys.stderr)
        return 1
    print(f'{given.events} events: {given.events - client.refused} acknowledged, {client.refused} refused, '
          f'{client.reconnects} reconnects')
    return 0


if __name__ == '__main__':
    sys.exit(main())
