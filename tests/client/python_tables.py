#!/usr/bin/env python3
"""Prints what the client in Python takes the wire format to be, for document_test.cpp to compare."""
import pathlib
import re
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'examples/clients'))
import client  # noqa: E402

FRAMES = {'Login': (client.LOGIN, client.LOGIN_PAYLOAD), 'LoginReply': (client.LOGIN_REPLY, client.LOGIN_REPLY_PAYLOAD),
          'Acknowledgement': (client.ACKNOWLEDGEMENT, client.PAYLOADS[client.ACKNOWLEDGEMENT]),
          'Refusal': (client.REFUSAL, client.REFUSAL_PAYLOAD), 'Goodbye': (client.GOODBYE, client.GOODBYE_PAYLOAD),
          'Heartbeat': (client.HEARTBEAT, client.PAYLOADS[client.HEARTBEAT]),
          'NewOrder': (client.NEW_ORDER, client.NEW_ORDER_PAYLOAD)}

for name, (kind, payload) in FRAMES.items():
    starts = [field.start() for field in re.finditer(r'\d*[A-Za-z]', payload.format)]
    offsets = [struct.calcsize('<' + payload.format[1:start]) for start in starts]
    print(f'{name} {kind} {payload.size}:', *offsets)
for goodbye in client.GOODBYES:
    print(goodbye, 'final' if goodbye in client.FINAL else 'again')
