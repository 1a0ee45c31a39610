#!/usr/bin/env python3
"""The pipeline files themselves: valid by program and by schema, with modeline, listed in the README."""
import json
import re
import subprocess

import jsonschema
import yaml

import program
from program import PIPELINES, ROOT, ProgramTest

SMALLEST_EVENT = 32  # bytes: a header without payload
MODELINE = '# yaml-language-server: $schema=./pipeline.schema.json\n'


class Files(ProgramTest):
    def schema(self):
        printed = self.tickweir('schema', '--plugin-path', program.arguments.plugins)
        self.assertEqual(printed.returncode, 0, printed.stderr)
        return printed.stdout

    def test_there_are_some(self):
        self.assertGreaterEqual(len(PIPELINES), 3)

    def test_each_is_valid_for_the_program_and_carries_the_modeline(self):
        for file in PIPELINES:
            with self.subTest(file.name):
                words = [word for setting in program.unpinned(file) for word in ('--set', setting)]
                checked = self.tickweir('validate', file, '--plugin-path', program.arguments.plugins, *words)
                self.assertEqual(checked.returncode, 0, checked.stderr)
                self.assertTrue(file.read_text().startswith(MODELINE))

    def test_each_is_valid_by_the_schema_that_the_program_prints(self):
        schema = json.loads(self.schema())
        jsonschema.Draft7Validator.check_schema(schema)
        for file in PIPELINES:
            with self.subTest(file.name):
                jsonschema.Draft7Validator(schema).validate(yaml.safe_load(file.read_text()))

    def test_the_schema_beside_them_is_the_one_that_the_program_prints(self):
        kept = (ROOT / 'pipelines/pipeline.schema.json').read_text()
        self.assertTrue(kept == self.schema(), 'pipelines/pipeline.schema.json is not what the program prints now; '
                        'write it anew: tickweir schema > pipelines/pipeline.schema.json')

    def test_each_has_its_line_in_the_readme(self):
        readme = (ROOT / 'pipelines/README.md').read_text()
        for file in PIPELINES:
            self.assertIn(f'[{file.name}]({file.name})', readme)

    def test_those_of_other_back_ends_differ_from_the_exchange_in_one_word(self):
        def without_comments(file):
            return [line for line in file.read_text().splitlines() if not line.startswith('#')]
        exchange = without_comments(ROOT / 'pipelines/exchange.yaml')
        others = [file for file in PIPELINES if file.stem.startswith('exchange-')]
        self.assertGreaterEqual(len(others), 3)
        for file in others:
            back_end = 'wal_' + file.stem.removeprefix('exchange-')
            lines = without_comments(file)
            differing = [pair for pair in zip(exchange, lines, strict=True) if pair[0] != pair[1]]
            self.assertEqual(differing, [('    plugin: wal_segment', f'    plugin: {back_end}')], file.name)

    def test_each_names_itself(self):
        for file in PIPELINES:
            # exchange-lmdb.yaml is exchange.yaml with one word changed, and that word is not the name.
            self.assertEqual(yaml.safe_load(file.read_text())['name'], file.stem.split('-')[0])

    def test_the_exchange_tells_repeats_of_all_that_a_client_has_under_way(self):
        header = (ROOT / 'framework/client/include/tickweir/client.h').read_text()
        under_way = re.search(r'window_bytes = std::size_t\{(\d+)\} << (\d+);', header)
        self.assertTrue(under_way, 'client.h no longer says its window as this test reads it')
        events = int(under_way[1]) * 2 ** int(under_way[2]) // SMALLEST_EVENT
        for file in PIPELINES:
            if file.stem.startswith('exchange'):
                unique = yaml.safe_load(file.read_text())['stages']['unique']
                self.assertGreaterEqual(unique['config']['window'], events, file.name)


if __name__ == '__main__':
    program.main()
