#!/usr/bin/env python3
"""The house rules that a program can check. Prints every offence as file:line: rule; exit 1 if there is one.

Sources: line width, file and function length, direction of includes, words that have no place, paths of a
machine. Documents: one title, links that resolve, commands that exist, C++ and YAML that are real.
Folders: the shape of a plugin.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

LINE_MAX, FILE_MAX, FUNCTION_MAX = 110, 400, 70
OUR_HEADERS = re.compile(r'^\s*#include\s+(["<])([^">]+)[">]')
UNFINISHED = re.compile(r'\b(FIXME|TODO|XXX)\b')
MACHINE_PATH = re.compile(r'(/home/[a-z]|/root/|/work/|/Users/|/tmp/build)')
NOT_A_FUNCTION = re.compile(r'^\s*(namespace|class|struct|enum|union|extern|typedef|constexpr \w+ \w+\[|#)')


def blank_strings(line):
    """The line without what stands in quotes and after //, so that braces there do not count."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    line = re.sub(r"'(\\.|[^'\\])'", "' '", line)
    return re.sub(r'//.*', '', line)


def blank_raw_strings(text):
    """Raw strings emptied, their line ends kept."""
    return re.sub(r'R"(\w*)\((.*?)\)\1"', lambda found: '""' + '\n' * found.group(0).count('\n'), text, flags=re.S)


def functions(text):
    """(first line, number of lines) of every function body, by counting braces."""
    depth, stack, head, head_line = 0, [], '', 1
    for number, line in enumerate(blank_raw_strings(text).splitlines(), 1):
        line = blank_strings(line)
        if line.lstrip().startswith('#'):
            continue
        for character in line:
            if character == '{':
                is_body = ')' in head and not NOT_A_FUNCTION.match(head.strip()) and '=' not in head.split('(')[0]
                stack.append((is_body, head_line if head.strip() else number))
                head = ''
            elif character == '}' and stack:
                is_body, first = stack.pop()
                if is_body and not any(outer for outer, _ in stack):
                    yield first, number - first + 1
                head = ''
            elif character == ';' and head.count('(') == head.count(')'):
                head = ''
            else:
                if not head.strip():
                    head_line = number
                head += character
        head += ' '


def check_source(path, text):
    lines = text.splitlines()
    if len(lines) > FILE_MAX:
        yield 1, f'{len(lines)} lines, at most {FILE_MAX}: split it'
    if path.suffix == '.h' and lines and not lines[0].startswith(('//', '/*')):
        yield 1, 'a header opens with a comment that says what it is'
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            yield number, f'{len(line)} columns, at most {LINE_MAX}'
        if UNFINISHED.search(line):
            yield number, 'unfinished: do it or delete it'
        if MACHINE_PATH.search(line):
            yield number, 'a path of one machine'
    if path.suffix == '.h' and '#pragma once' not in text and '#ifndef' not in text:
        yield 1, 'a header without #pragma once'
    for first, length in functions(text):
        if length > FUNCTION_MAX:
            yield first, f'a function of {length} lines, at most {FUNCTION_MAX}'


def layer(path):
    """Which part of the house a file is in: its name, and what it may include of ours."""
    parts = path.parts
    if parts[:2] == ('framework', 'include'):
        return 'the SDK', ['tickweir/']
    if parts[:2] == ('framework', 'market'):
        return 'the market vocabulary', ['tickweir/']
    if parts[:2] == ('framework', 'runtime'):
        return 'the runtime', ['tickweir/', 'runtime/']
    if parts[:2] == ('framework', 'cli') and 'templates' not in parts:
        return 'the program', ['tickweir/', 'runtime/', 'cli/']
    if parts[0] == 'plugins':
        return 'a plugin', ['tickweir/']
    return None, None


def check_includes(path, text, root):
    name, allowed = layer(path)
    if name is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = OUR_HEADERS.match(line)
        if not found or found.group(1) == '<':
            continue
        target = found.group(2)
        is_beside = '/' not in target and (root / path.parent / target).exists()
        is_made = target.endswith('.inc')
        if name in ('a plugin', 'the program') and (is_beside or is_made):
            continue
        if not any(target.startswith(prefix) for prefix in allowed):
            yield number, f'{name} may not include "{target}"'
        if name in ('the SDK', 'the runtime') and target.startswith('tickweir/market'):
            yield number, f'{name} knows nothing of markets: "{target}"'


def check_plugin_folder(folder):
    for needed in ('CMakeLists.txt', 'README.md'):
        if not (folder / needed).is_file():
            yield f'lacks {needed}'
    if not list(folder.glob('*_test.cpp')):
        yield 'lacks a test'
    cmake = folder / 'CMakeLists.txt'
    text = cmake.read_text() if cmake.is_file() else ''
    if not re.search(rf'tickweir_add_plugin\(\s*{folder.name}\b', text):
        yield f'its CMakeLists.txt does not add a plugin named {folder.name}'
    if not folder.name.startswith(('source_', 'filter_', 'transform_', 'wal_', 'sink_')):
        yield 'its name lacks the prefix of a role'


def fenced_blocks(text):
    """(line, language, content) of every fenced block."""
    for found in re.finditer(r'^```([\w+-]*)[^\n]*\n(.*?)^```\s*$', text, flags=re.M | re.S):
        yield text.count('\n', 0, found.start()) + 1, found.group(1), found.group(2)


def without_code(text):
    return re.sub(r'^```.*?^```\s*$', lambda found: '\n' * found.group(0).count('\n'), text, flags=re.M | re.S)


def check_document(path, text, root):
    prose = without_code(text)
    titles = [n for n, line in enumerate(prose.splitlines(), 1) if re.match(r'# \S', line)]
    if len(titles) != 1:
        yield 1, f'{len(titles)} titles, needs one'
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield number, 'unfinished: do it or delete it'
        if MACHINE_PATH.search(line):
            yield number, 'a path of one machine'
    for number, line in enumerate(prose.splitlines(), 1):
        for target in re.findall(r'\]\(([^)\s]+)\)', line):
            if re.match(r'[a-z]+:', target) or target.startswith('#'):
                continue
            if not (root / path.parent / target.split('#')[0]).exists():
                yield number, f'the link {target} leads nowhere'


def check_commands(text, subcommands, dev_commands):
    for first, language, content in fenced_blocks(text):
        if language not in ('sh', 'bash', 'console'):
            continue
        for offset, line in enumerate(content.splitlines(), 1):
            words = line.split('#')[0].split()
            if len(words) > 1 and words[0] == './dev' and words[1] not in dev_commands:
                yield first + offset, f'./dev has no {words[1]}'
            is_program = bool(words) and words[0].split('/')[-1] == 'tickweir'
            if is_program and len(words) > 1 and not words[1].startswith('-') and words[1] not in subcommands:
                yield first + offset, f'tickweir has no {words[1]}'


def check_cpp_samples(text, sources):
    """Every C++ block of the guide stands in a source file, word for word, so it was compiled."""
    for first, language, content in fenced_blocks(text):
        if language == 'cpp' and not any(content in source for source in sources):
            yield first, 'this C++ stands in no source file: quote one'


def yaml_samples(text):
    for first, language, content in fenced_blocks(text):
        if language == 'yaml':
            yield first, content


# A reader for every output that a sample's stages name, so that a fragment is a pipeline.
def as_pipeline(content):
    """A whole file as it is; a map of stages with the head, the ends and the sources it leaves out."""
    if 'apiVersion:' in content:
        return content
    body = content if content.startswith('stages:') else 'stages:\n' + content
    if not content.startswith('stages:') and not content.startswith('  '):
        return None
    text = 'apiVersion: tickweir/v1\nname: sample\n' + body
    stages = re.findall(r'^  (\w+):\s*$', body, flags=re.M)
    plugins = dict(re.findall(r'^  (\w+):\s*\n    plugin: (\w+)', body, flags=re.M))
    read = [name for found in re.findall(r'inputs: \[([^\]]*)\]', body) for name in re.findall(r'[\w.]+', found)]
    missing = {name.split('.')[0] for name in read} - set(stages)
    for name in sorted(missing):
        outputs = any(one.startswith(name + '.') for one in read)
        plugin = 'transform_order_book' if outputs else 'source_generator'
        text += f'  {name}:\n    plugin: {plugin}\n' + ('    inputs: [sample_orders]\n' if outputs else '')
    if any(one.startswith(name + '.') for name in missing for one in read):
        text += '  sample_orders:\n    plugin: source_generator\n'
    read_stages = {name.split('.')[0] for name in read}
    for name in stages:
        if name not in read_stages and not plugins.get(name, '').startswith(('sink_', 'transform_metrics')):
            output = '.executions' if plugins.get(name) == 'transform_order_book' else ''
            text += f'  end_of_{name}:\n    plugin: sink_null\n    inputs: [{name}{output}]\n'
    return text


def check_yaml_samples(path, text, arguments):
    for first, content in yaml_samples(text):
        pipeline = as_pipeline(content)
        if pipeline is None:
            yield first, 'neither a pipeline nor a map of stages'
            continue
        with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
            file.write(pipeline)
            file.flush()
            run = subprocess.run([arguments.program, 'validate', file.name, '--plugin-path', arguments.plugins],
                                 capture_output=True, text=True, check=False)
            if run.returncode != 0:
                yield first, f'this pipeline is not valid: {run.stderr.strip() or run.stdout.strip()}'


def check_map(files, page):
    """The folders of code in the framework that the page with the map of them does not name."""
    parents = {path.parent.parts for path in files if path.suffix in ('.cpp', '.h')}
    folders = {'/'.join(parts[:3 if parts[1] == 'runtime' else 2]) for parts in parents
               if parts[0] == 'framework' and parts != ('framework', 'runtime')}
    for folder in sorted(folders):
        if f'`{folder}' not in page:
            yield f'does not say what lives in {folder}'


def tracked_files(root):
    listed = subprocess.run(['git', 'ls-files'], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [pathlib.Path(name) for name in listed.stdout.splitlines() if (root / name).is_file()]
    return [path.relative_to(root) for path in sorted(root.rglob('*'))
            if path.is_file() and path.relative_to(root).parts[0] not in ('build', '.git')]


def names_of_commands(root):
    program = (root / 'framework/cli/arguments.cpp').read_text()
    dev = (root / 'dev').read_text()
    return (set(re.findall(r'add_subcommand\(app, raw, "([\w-]+)"', program)),
            set(re.findall(r'^cmd_(\w+)\(\)', dev, flags=re.M)))


def offences(root, arguments):
    files = tracked_files(root)
    texts = {path: (root / path).read_text(errors='replace') for path in files
             if path.suffix in ('.cpp', '.h', '.md', '.yaml', '.py', '.cmake') or path.name in ('CMakeLists.txt', 'dev')}
    sources = [text for path, text in texts.items() if path.suffix in ('.cpp', '.h')]
    subcommands, dev_commands = names_of_commands(root)
    for path, text in texts.items():
        if path.suffix in ('.cpp', '.h'):
            yield from ((path, *one) for one in check_source(path, text))
            yield from ((path, *one) for one in check_includes(path, text, root))
        if path.suffix == '.md' and 'templates' not in path.parts:
            yield from ((path, *one) for one in check_document(path, text, root))
            yield from ((path, *one) for one in check_commands(text, subcommands, dev_commands))
            if path.parts[:2] == ('framework', 'docs') or path == pathlib.Path('README.md'):
                yield from ((path, *one) for one in check_cpp_samples(text, sources))
            if arguments.program and path.parts[0] != 'examples':  # those are built elsewhere
                yield from ((path, *one) for one in check_yaml_samples(path, text, arguments))
    page = pathlib.Path('framework/docs/architecture.md')
    yield from ((page, 1, one) for one in check_map(files, texts[page]))
    for folder in sorted((root / 'plugins').iterdir()):
        if folder.is_dir():
            yield from ((folder.relative_to(root), 1, one) for one in check_plugin_folder(folder))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--program', help='the tickweir program, to validate the YAML in documents')
    parser.add_argument('--plugins', default='', help='its plugins')
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    found = list(offences(root, arguments))
    for path, line, what in found:
        print(f'{path}:{line}: {what}')
    print(f'{len(found)} offences')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
