#!/usr/bin/env python3
"""Each rule of tidy.py finds what breaks it, and leaves alone what does not."""
import pathlib
import tempfile
import unittest

import tidy

PLUGIN = pathlib.Path('plugins/filter_x/x.cpp')
OPENING = '// What this is.\n'


def said(offences):
    return ' | '.join(what for _, what in offences)


class Sources(unittest.TestCase):
    def test_a_wide_line_is_found(self):
        self.assertEqual(said(tidy.check_source(PLUGIN, OPENING + 'x' * 110)), '')
        self.assertIn('111 columns', said(tidy.check_source(PLUGIN, OPENING + 'x' * 111)))

    def test_a_long_file_is_found(self):
        self.assertEqual(said(tidy.check_source(PLUGIN, OPENING + 'x;\n' * 399)), '')
        self.assertIn('401 lines', said(tidy.check_source(PLUGIN, OPENING + 'x;\n' * 400)))

    def test_a_long_function_is_found_and_a_long_class_is_not(self):
        body = 'int f(int a) {\n' + '  a += 1;\n' * 68 + '}\n'
        self.assertEqual(said(tidy.check_source(PLUGIN, OPENING + body)), '')
        longer = body.replace('}', '  a += 1;\n}')
        self.assertIn('a function of 71 lines', said(tidy.check_source(PLUGIN, OPENING + longer)))
        many = 'class C {\n' + '  int g(int a) { return a; }\n' * 90 + '};\n'
        self.assertEqual(said(tidy.check_source(PLUGIN, OPENING + many)), '')

    def test_braces_in_texts_do_not_count(self):
        text = OPENING + 'int f() {\n  g("{{{", \'{\', R"(\n{{{\n)");\n}\nint h() {\n' + '  x;\n' * 68 + '}\n'
        self.assertEqual(said(tidy.check_source(PLUGIN, text)), '')

    def test_unfinished_work_and_paths_of_a_machine_are_found(self):
        self.assertIn('unfinished', said(tidy.check_source(PLUGIN, OPENING + '// TO' + 'DO: later')))
        self.assertIn('one machine', said(tidy.check_source(PLUGIN, OPENING + 'f("/ho' + 'me/me/x");')))

    def test_a_header_says_what_it_is(self):
        header = PLUGIN.with_suffix('.h')
        self.assertIn('opens with a comment', said(tidy.check_source(header, '#pragma once\n')))

    def test_includes_go_one_way(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / PLUGIN.parent).mkdir(parents=True)
            (root / PLUGIN.parent / 'x.h').touch()
            def offences(path, target):
                return said(tidy.check_includes(pathlib.Path(path), f'#include "{target}"', root))
            self.assertEqual(offences(PLUGIN, 'tickweir/market.h'), '')
            self.assertEqual(offences(PLUGIN, 'x.h'), '')
            self.assertIn('may not', offences(PLUGIN, 'runtime/result.h'))
            self.assertIn('may not', offences(PLUGIN, 'filter_y/y.h'))
            self.assertIn('may not', offences('framework/include/tickweir/a.h', 'runtime/result.h'))
            self.assertIn('may not', offences('framework/runtime/engine/a.h', 'cli/command.h'))
            self.assertIn('markets', offences('framework/runtime/engine/a.h', 'tickweir/market.h'))


class Documents(unittest.TestCase):
    def test_one_title_and_links_that_resolve(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / 'there.md').touch()
            def offences(text):
                return said(tidy.check_document(pathlib.Path('a.md'), text, root))
            self.assertEqual(offences('# A\n[x](there.md#part) [y](https://a.b)\n```sh\n# no title\n```\n'), '')
            self.assertIn('2 titles', offences('# A\n# B\n'))
            self.assertIn('nowhere', offences('# A\n[x](gone.md)\n'))

    def test_commands_exist(self):
        def offences(line):
            return said(tidy.check_commands(f'```sh\n{line}\n```\n', {'run'}, {'test'}))
        self.assertEqual(offences('./dev test -R x\nbuild/bin/tickweir run a.yaml\ntickweir --help'), '')
        self.assertIn('./dev has no fly', offences('./dev fly'))
        self.assertIn('tickweir has no fly', offences('tickweir fly'))

    def test_cpp_is_quoted(self):
        sample = '# A\n```cpp\nint f();\n```\n'
        self.assertEqual(said(tidy.check_cpp_samples(sample, ['// x\nint f();\nint g();\n'])), '')
        self.assertIn('no source file', said(tidy.check_cpp_samples(sample, ['int g();\n'])))

    def test_a_fragment_becomes_a_pipeline(self):
        made = tidy.as_pipeline('  bundles:\n    plugin: transform_bundle\n    inputs: [book.executions]\n')
        for part in ('apiVersion', '  book:\n    plugin: transform_order_book', 'sample_orders', 'end_of_bundles'):
            self.assertIn(part, made)


class Folders(unittest.TestCase):
    def test_the_map_names_every_folder_of_the_framework(self):
        files = [pathlib.Path('framework/runtime/log/log.cpp'), pathlib.Path('framework/runtime/result.h'),
                 pathlib.Path('framework/cli/main.cpp'), pathlib.Path('framework/include/tickweir/event.h')]
        self.assertEqual(list(tidy.check_map(files, '`framework/runtime/log` `framework/include/x` `framework/cli`')), [])
        self.assertEqual(list(tidy.check_map(files, '`framework/include/tickweir`')),
                         ['does not say what lives in framework/cli', 'does not say what lives in framework/runtime/log'])

    def test_a_plugin_has_its_shape(self):
        with tempfile.TemporaryDirectory() as folder:
            plugin = pathlib.Path(folder) / 'filter_x'
            plugin.mkdir()
            found = ' '.join(tidy.check_plugin_folder(plugin))
            for part in ('CMakeLists.txt', 'README.md', 'a test', 'plugin named filter_x'):
                self.assertIn(part, found)
            (plugin / 'CMakeLists.txt').write_text('tickweir_add_plugin(filter_x SOURCES x.cpp)')
            (plugin / 'README.md').touch()
            (plugin / 'x_test.cpp').touch()
            self.assertEqual(list(tidy.check_plugin_folder(plugin)), [])


if __name__ == '__main__':
    unittest.main()
