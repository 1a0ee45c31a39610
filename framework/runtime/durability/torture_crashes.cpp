// The checks of the torture suite with a crash: killed processes, lost power, full disks.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "runtime/durability/torture_subject.h"

namespace tickweir::torture {
namespace {

using testing::FaultyFiles;
using testing::PowerCut;

// The same with appends on a thread of their own, also while a sync runs.
void write_on_two_threads_until_killed(LogHarness& log, std::uint64_t seed, int pipe) {
  std::atomic<std::uint64_t> appended = log.next_sequence() - 1;
  const std::jthread appender([&log, &appended, seed](const std::stop_token& stop) {
    std::mt19937_64 random(seed);
    for (; !stop.stop_requested(); appended = log.next_sequence() - 1) {
      Subject::append(log, 1 + random() % 100);
    }
  });
  for (std::uint64_t last = 0;;) {
    const std::uint64_t durable = appended;
    if (std::exchange(last, durable) == durable) {
      std::this_thread::yield();
      continue;
    }
    log.sync();
    if (::write(pipe, &durable, sizeof durable) != sizeof durable) return;
  }
}

// Appends and syncs for ever; tells each sequence once it is durable.
void write_until_killed(const Subject& subject, std::uint64_t seed, int pipe) {
  std::mt19937_64 random(seed);
  LogHarness log(subject.file(), subject.options());
  if (log.plugin().wal->appends_during_sync != 0 && seed % 2 == 0) {
    write_on_two_threads_until_killed(log, seed, pipe);
    return;
  }
  for (;;) {
    for (std::uint64_t appends = 1 + random() % 4; appends > 0; --appends)
      Subject::append(log, 1 + random() % 100);
    log.sync();
    const std::uint64_t durable = log.next_sequence() - 1;
    if (::write(pipe, &durable, sizeof durable) != sizeof durable) return;
  }
}

// Opens what a killed process left, in a process of its own: it may leave threads behind, and this one forks.
// Returns the last sequence that it holds, all of them sound.
std::uint64_t open_after_kill(const Subject& subject, std::uint64_t promised, const std::string& how) {
  const Ending found = in_own_process(subject.settings().seconds, [&] {
    LogHarness log(subject.file(), subject.options());
    const std::uint64_t last = log.opened().last_sequence;
    require(last >= promised, "lost sequences " + std::to_string(last + 1) + ".." + std::to_string(promised) +
                                  " that were " + how);
    Subject::expect_events(log, 1, last);
    return std::to_string(last);
  });
  if (found.mark != Mark::passed) throw std::runtime_error(found.text);
  return std::stoull(found.text);
}

std::string killed(Subject& subject) {
  subject.needs_disk();
  std::uint64_t durable = 0;
  std::uint64_t told = 0;
  std::uint64_t kept_more = 0;
  for (std::uint32_t kill = 0; kill < subject.settings().kills; ++kill) {
    const std::uint64_t seed = subject.random()();
    const std::string said =
        killed_after(subject.random()() % 60'000, [&](int pipe) { write_until_killed(subject, seed, pipe); });
    if (said.size() >= sizeof durable) {
      std::memcpy(&durable, said.data() + (said.size() / sizeof durable - 1) * sizeof durable,
                  sizeof durable);
    }
    told += said.size() / sizeof durable;
    const std::uint64_t last =
        open_after_kill(subject, durable, "synced before kill " + std::to_string(kill + 1));
    kept_more += last > durable ? 1 : 0;
    durable = last;
  }
  return std::to_string(subject.settings().kills) + " kills, " + std::to_string(told) + " syncs, " +
         std::to_string(durable) + " events; " + std::to_string(kept_more) +
         " times more was left than was synced";
}

// Without a sync: many small appends, few large ones, and more than a back end may gather in memory.
std::string killed_unsynced(Subject& subject) {
  subject.needs_disk();
  if (!subject.appends_outlive_process()) {
    throw Skipped("it does not set appends_outlive_process: it is synced in `sync: os`, too");
  }
  std::uint64_t last = 0;
  for (const std::uint64_t count : {1U, 3U, 40U, 700U, 9'000U}) {
    for (const std::uint64_t appends : {1U, 2U, 7U}) {
      killed_by_itself([&] {
        LogHarness log(subject.file(), subject.options());
        for (std::uint64_t i = 0; i < appends; ++i) Subject::append(log, count);
        ::kill(::getpid(), SIGKILL);  // before it is destroyed
      });
      last += count * appends;
      const std::uint64_t found = open_after_kill(subject, last, "appended, and that the system has to keep");
      require(found == last, "holds sequence " + std::to_string(found) + ", which was never appended");
    }
  }
  return "15 kills, " + std::to_string(last) + " events";
}

// The back end over a disk in memory; skips when it has a way of its own to the disk.
std::unique_ptr<LogHarness> open_over(Subject& subject, FaultyFiles& files) {
  auto log =
      std::make_unique<LogHarness>(subject.file(), subject.options(), LogSettings{.files = &files.raw()});
  if (files.count(testing::FileCall::write) == 0) {
    Subject::append(*log, 3);
    log->sync();
  }
  const bool is_used = files.count(testing::FileCall::write) > 0 && files.count(testing::FileCall::sync) > 0;
  if (!is_used) throw Skipped("it does not write by the runtime's files, which can fail on purpose");
  return log;
}

// Makes the folder above the log.
void prepare(const Subject& subject, FaultyFiles& files) {
  std::string path;
  for (const auto& part : subject.folder()) {
    path = path.empty() || path == "/" ? path + part.string() : path + "/" + part.string();
    if (path != "/") files.raw().make_folder(files.raw().state, path.c_str());
    files.raw().sync_folder(files.raw().state, std::filesystem::path(path).parent_path().c_str());
  }
}

// Returns the last sequence that was synced when the power went.
std::uint64_t write_until_cut(Subject& subject, FaultyFiles& files, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uint64_t durable = 0;
  try {
    const auto log = open_over(subject, files);
    for (int i = 0; i < 40; ++i) {
      Subject::append(*log, 1 + random() % 20);
      if (random() % 2 == 0) continue;
      log->sync();
      durable = log->next_sequence() - 1;
    }
  } catch (const testing::StageError&) {  // the cut
  }
  return durable;
}

std::string power_cuts(Subject& subject) {
  subject.needs_disk();
  FaultyFiles whole;
  prepare(subject, whole);
  const std::uint64_t before = whole.operations();
  write_until_cut(subject, whole, 1);
  const std::uint64_t operations = whole.operations() - before;
  for (std::uint32_t cut = 0; cut < subject.settings().power_cuts; ++cut) {
    const std::uint64_t seed = subject.random()();
    FaultyFiles files;
    prepare(subject, files);
    files.cut_at(before + 1 + seed % operations);
    const std::uint64_t durable = write_until_cut(subject, files, 1);
    const auto kind = static_cast<PowerCut>(cut % 4);
    const auto left = files.after_cut(kind, seed);
    LogHarness log(subject.file(), subject.options(), {.files = &left->raw()});
    const std::uint64_t last = log.opened().last_sequence;
    require(last >= durable, "a power cut lost sequences " + std::to_string(last + 1) + ".." +
                                 std::to_string(durable) + " that were synced (cut " + std::to_string(cut) +
                                 ")");
    Subject::expect_events(log, 1, last);
  }
  return std::to_string(subject.settings().power_cuts) + " cuts";
}

std::string failed_sync(Subject& subject) {
  subject.needs_disk();
  for (std::uint64_t nth = 1; nth <= 3; ++nth) {
    FaultyFiles files;
    prepare(subject, files);
    const auto log = open_over(subject, files);
    files.fail({.call = testing::FileCall::sync, .nth = nth});
    bool has_failed = false;
    for (int i = 0; i < 10 && !has_failed; ++i) {
      try {
        Subject::append(*log, 3);
        log->sync();
      } catch (const testing::StageError&) {
        has_failed = true;
      }
    }
    require(has_failed, "a sync that failed was not told");
    bool fails_again = false;
    try {
      log->sync();
    } catch (const testing::StageError&) {
      fails_again = true;
    }
    require(fails_again, "a sync that failed was tried again, and passed off as good");
    require(files.retried_syncs() == 0, "a file whose sync failed was synced again");
  }
  return "";
}

std::string full_disk(Subject& subject) {
  subject.needs_disk();
  FaultyFiles files;
  prepare(subject, files);
  const auto log = open_over(subject, files);
  Subject::append(*log, 10);
  log->sync();
  std::uint64_t bytes = 0;
  for (const std::string& path : files.paths()) bytes += files.contents(path).size();
  int full = 0;
  for (int step = 0; step < 20; ++step) {
    files.limit_bytes(bytes + 777U * static_cast<unsigned>(step + 1));
    try {
      for (int i = 0; i < 100'000; ++i) Subject::append(*log, 400);
    } catch (const LogFull&) {
      ++full;
    }
    Subject::expect_events(*log, 1, log->next_sequence() - 1);
  }
  require(full == 20, "a full disk is not told as such");
  files.limit_bytes(0);
  Subject::append(*log, 400);
  log->sync();
  const std::uint64_t last = log->next_sequence() - 1;
  log->reopen({.files = &files.raw()});
  Subject::expect_events(*log, 1, last);
  return "went on when there was room";
}

}  // namespace

std::vector<Check> crash_checks() {
  return {
      {"killed", "Keeps what was synced when its process is killed.", killed},
      {"killed_unsynced", "Keeps what it appended when its process is killed, if it says so.",
       killed_unsynced},
      {"power_cuts", "Keeps what was synced when the power goes, and a prefix of the rest.", power_cuts},
      {"failed_sync", "Tells a failed sync, and never retries it.", failed_sync},
      {"full_disk", "Refuses an append whole when the disk is full, and goes on later.", full_disk},
  };
}

}  // namespace tickweir::torture
