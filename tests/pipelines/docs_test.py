#!/usr/bin/env python3
"""The tables of framework/docs say what the program says: event layouts, keys of the pipeline file, metrics.

A table that does not is printed as it should be: paste it.
"""
import contextlib
import json
import re
import signal
import subprocess
import os
import urllib.request

import program
from golden_test import relaid
from program import ROOT, ProgramTest

DOCS = ROOT / 'framework/docs'


def layout_table(layouts):
    lines = ['| event | type | bytes | fields: name@offset:bytes |', '|---|---|---|---|']
    for event in layouts:
        number = event['type'] or ''
        lines.append(f"| {event['name']} | {number} | {event['size']} | {event['fields']} |".replace('|  |', '| |'))
    return '\n'.join(lines) + '\n'


def keys_of(schema):
    """Every key a pipeline file may have, as a path; plugins' options are left to the plugins."""
    definitions = schema['definitions']

    def walk(prefix, node):
        for name, value in node.get('properties', {}).items():
            yield prefix + name
            yield from walk(f'{prefix}{name}.', value)
            for each in (value.get('additionalProperties'), *value.get('items', {}).get('anyOf', [])):
                if isinstance(each, dict):
                    place = f'{prefix}{name}[].' if 'items' in value else f'{prefix}{name}.*.'
                    yield from walk(place, definitions.get(each.get('$ref', '').split('/')[-1], each))

    return {key for key in walk('', schema)}


def families(page):
    """name -> (type, labels, help) of a metrics page."""
    found = {}
    for line in page.splitlines():
        if line.startswith('# HELP '):
            _, _, name, text = line.split(' ', 3)
            found[name] = ['', set(), text]
        elif line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            found[name][0] = kind
        elif line:
            name, labels = re.match(r'([a-zA-Z_:0-9]+)(?:\{(.*)\})? ', line).groups()
            family = name if name in found else re.sub('_(bucket|sum|count)$', '', name)
            found[family][1] |= set(re.findall(r'(\w+)="', labels or '')) - {'le'}
    return found


def metrics_table(page, plugins):
    lines = ['| name | type | labels | help |', '|---|---|---|---|']
    for name, (kind, labels, text) in sorted(families(page).items()):
        if not any(name.startswith(f'tickweir_{plugin}_') for plugin in plugins):
            shown = ', '.join(sorted(labels))
            lines.append(f'| {name} | {kind} | {shown} | {text} |'.replace('|  |', '| |'))
    return '\n'.join(lines) + '\n'


class Docs(ProgramTest):
    def json(self, *words):
        return json.loads(self.tickweir(*words, '--plugin-path', program.arguments.plugins).stdout)

    def expect(self, file, table):
        self.assertTrue(table in (DOCS / file).read_text(), f'{file} lacks this table:\n{table}')

    def test_the_event_layout_is_the_one_that_plugins_carry(self):
        layouts = self.json('inspect', 'filter_price_band', '--json')['layouts']
        layouts.sort(key=lambda one: one['name'] != 'EventHeader')  # its place is the compiler's
        self.assertGreater(len(layouts), 15)
        self.expect('event_layout.md', layout_table(layouts))

    def test_the_pipeline_reference_has_exactly_the_keys_of_the_schema(self):
        known = keys_of(self.json('schema'))
        text = (DOCS / 'pipeline_reference.md').read_text()
        told = set(re.findall(r'^\| `([^`]+)` \|', text, flags=re.M))
        self.assertGreater(len(known), 25)
        self.assertEqual(told, known)

    def test_the_metrics_are_those_of_a_live_page(self):
        plugins = [one['name'] for one in self.json('list', '--json')['plugins']]
        matching = self.page_of(relaid(ROOT / 'pipelines/matching.yaml', 'each', self.folder),
                                ['clock=wall', 'arrival=constant', 'events=0'])
        exchange = self.page_of(ROOT / 'pipelines/exchange.yaml', ['listen=127.0.0.1:0'])  # logs, snapshots
        self.expect('metrics.md', metrics_table(matching + exchange, plugins))

    def page_of(self, file, settings):
        with self.running(file, settings) as address:
            with urllib.request.urlopen(f'http://{address}/metrics', timeout=10) as answer:
                return answer.read().decode()

    @contextlib.contextmanager
    def running(self, file, settings):
        words = [program.arguments.program, 'run', file, '--plugin-path', program.arguments.plugins]
        for setting in ['metrics.listen=127.0.0.1:0', *(f'stages.orders.config.{one}' for one in settings)]:
            words += ['--set', setting]
        with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                              env={**os.environ, 'TICKWEIR_OUTPUT': str(self.folder / 'out'),
                                   'TICKWEIR_DATA': str(self.folder / 'data')}) as process:
            address = None
            for line in process.stderr:
                found = re.search(r'http://(\S+)/metrics', line)
                address = found.group(1) if found else address
                if 'is running' in line:
                    break
            try:
                self.assertIsNotNone(address)
                yield address
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=60)


if __name__ == '__main__':
    program.main()
