#!/usr/bin/env python3
"""Wrong input, from end to end: an error that says where and what, an exit code, whole events, no litter."""
import random
import resource
import socket

import program
from program import ROOT, ProgramTest, whole_events

RECORD = ROOT / 'pipelines/record.yaml'


class WrongInput(ProgramTest):
    def record(self, content, **more):
        source = self.folder / 'in.itch'
        if content is not None:
            source.write_bytes(content)
        self.output = self.folder / 'out.events'
        return self.run_pipeline(RECORD, source, self.output, **more)

    def events(self):
        return whole_events(self.output.read_bytes())

    def expect_no_litter(self):
        names = {path.name for path in self.folder.iterdir()} - {'in.itch', 'out.events', 'sample20000.itch'}
        self.assertEqual(names, set())

    def test_a_truncated_file_gives_its_whole_messages_and_a_warning(self):
        whole = self.sample(20000).read_bytes()
        run = self.record(whole[:30011])
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('in.itch: byte 30009: the input ends after 2 bytes of a message', run.stderr)
        self.assertGreater(self.events(), 800)
        self.expect_no_litter()

    def test_a_truncated_file_is_an_error_when_strict(self):
        run = self.record(self.sample(20000).read_bytes()[:30011], settings=['stages.feed.config.strict=true'])
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn('in.itch: byte 30009', run.stderr)
        self.events()
        self.expect_no_litter()

    def test_a_file_cut_anywhere_gives_whole_events(self):
        whole = self.sample(20000).read_bytes()
        seed = 20250106
        for cut in random.Random(seed).sample(range(3, 20000), 12):
            with self.subTest(seed=seed, cut=cut):
                run = self.record(whole[:cut])
                self.assertEqual(run.returncode, 0, run.stderr)
                self.events()

    def test_an_oversized_message_is_counted_and_what_follows_is_read(self):
        whole = self.sample(20000).read_bytes()
        run = self.record(b'\xff\xff' + b'A' * 65535 + whole)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("byte 0: message 'A' of 65535 bytes, expected 36 bytes", run.stderr)
        self.assertGreater(self.events(), 19000)

    def test_garbage_is_refused_with_what_was_found(self):
        garbage = bytes(random.Random(5).randrange(256) for _ in range(50000))
        run = self.record(garbage)
        self.assertEqual(run.returncode, 1)
        self.assertIn('begins with none of BinaryFILE, pcap, pcapng', run.stderr)
        self.assertIn('stage feed', run.stderr)
        self.expect_no_litter()

    def test_garbage_amid_a_file_is_counted_or_ends_it_and_never_breaks_an_event(self):
        whole = bytearray(self.sample(20000).read_bytes())
        generator = random.Random(6)
        for _ in range(300):
            whole[generator.randrange(2000, len(whole))] = generator.randrange(256)
        run = self.record(bytes(whole))
        self.assertIn(run.returncode, (0, 1), run.stderr)
        self.assertGreater(self.events(), 10)

    def test_an_empty_file_is_an_error(self):
        run = self.record(b'')
        self.assertEqual(run.returncode, 1)
        self.assertIn('in.itch: is empty, expected a file of ITCH 5.0 messages', run.stderr)
        self.expect_no_litter()

    def test_a_missing_file_is_an_error(self):
        run = self.record(None)
        self.assertEqual(run.returncode, 1)
        self.assertIn('in.itch: cannot be opened: No such file or directory', run.stderr)
        self.assertIn('stage feed', run.stderr)
        self.expect_no_litter()

    def test_a_full_disk_is_an_error_that_names_the_cause(self):
        run = self.run_pipeline(RECORD, self.sample(20000), '/dev/full')
        self.assertEqual(run.returncode, 1)
        self.assertIn('stage out', run.stderr)
        self.assertIn('/dev/full at offset 0: No space left on device', run.stderr)

    def test_a_disk_that_fills_up_keeps_whole_events_and_the_books_say_how_many(self):
        limit = 200 * 1024
        run = self.record(self.sample(20000).read_bytes(),
                          before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn('File too large', run.stderr)
        self.assertLessEqual(self.output.stat().st_size, limit)
        row = next(line.split() for line in run.stdout.splitlines() if line.startswith('out '))
        self.assertEqual(int(row[3]), self.events(), 'HANDLED of stage out')
        self.assertIn('balanced: every event is accounted for', run.stdout)
        self.expect_no_litter()

    def test_a_port_in_use_is_an_error_before_anything_is_written(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            listen = f'127.0.0.1:{taken.getsockname()[1]}'
            run = self.record(self.sample(20000).read_bytes(), listen=listen)
        self.assertEqual(run.returncode, 1)
        self.assertIn(f'cannot serve metrics: {listen}: address already in use', run.stderr)
        self.assertFalse(self.output.exists())

    def test_a_folder_that_is_not_there_is_an_error(self):
        run = self.run_pipeline(RECORD, self.sample(20000), self.folder / 'none' / 'out.events')
        self.assertEqual(run.returncode, 1)
        self.assertIn('No such file or directory', run.stderr)
        self.assertFalse((self.folder / 'none').exists())

    def test_everything_wrong_at_once_is_told_at_once(self):
        file = self.folder / 'wrong.yaml'
        file.write_text('apiVersion: tickweir/v2\nname: Wrong Name\nnonsense: 1\nstages:\n'
                        '  a:\n    plugin: source_itchh\n  b:\n    plugin: sink_null\n    inputs: [nobody]\n')
        for command in ('validate', 'run'):
            said = self.tickweir(command, file, '--plugin-path', program.arguments.plugins)
            self.assertEqual(said.returncode, 78)
            for part in (':1:', ':2:', ':3:'):
                self.assertIn(f'wrong.yaml{part}', said.stderr)


if __name__ == '__main__':
    program.main()
