// Every call to the disk failing at its Nth time, once and for ever; short transfers; full disks.
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "segment_drive.h"

namespace tickweir::wal_segment {
namespace {

std::string recover(FaultyFiles& files, const Life& life) {
  try {
    Drive drive(files);
    drive.open();
    const std::uint64_t last = drive.log().last_sequence();
    if (last < life.durable) return "lost " + std::to_string(last + 1) + ".." + std::to_string(life.durable);
    if (last > life.tried) return "made up events";
    return drive.check(last);
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

// After a failed call the log must not work on: a second sync of what failed must fail too.
void poke_after_failure(Drive& drive, Findings& findings, const std::string& where) {
  for (int i = 0; i < 2; ++i) {
    try {
      if (i == 0) drive.log().sync();
      if (i == 1) drive.append(1);
      findings.expect(false, where + ": works on after a failure");
    } catch (const std::exception&) {
    }
  }
}

std::string text_of(const testing::FileFault& fault) {
  return "call " + std::to_string(static_cast<int>(fault.call)) + ", nth " + std::to_string(fault.nth) +
         (fault.for_ever ? ", for ever" : "");
}

// One life with one fault. False: the fault was never met.
bool live_with_fault(const testing::FileFault& fault, std::uint64_t seed, Findings& findings) {
  const std::string where = text_of(fault);
  FaultyFiles files;
  files.fail(fault);
  Life life;
  bool has_thrown = false;
  {
    Drive drive(files);
    bool is_open = false;
    try {
      drive.open();
      is_open = true;
      live(drive, seed, 20, life);
      life.durable = drive.durable();
      findings.expect(drive.check(drive.log().last_sequence()).empty(), where + ": other events");
      drive.log().stop();
    } catch (const std::exception&) {
      has_thrown = true;
      life.durable = drive.durable();
      const bool was_reading = fault.call == FileCall::read || fault.call == FileCall::open;
      if (is_open && !was_reading) poke_after_failure(drive, findings, where);
    }
    life.tried = drive.tried();
  }
  if (!files.has_failed()) return false;
  findings.expect(has_thrown || life.failed_drops != 0, where + ": the fault was not told");
  findings.expect(files.retried_syncs() == 0, where + ": a failed sync was retried");
  for (const PowerCut kind : {PowerCut::none, PowerCut::all, PowerCut::torn}) {
    const auto left = files.after_cut(kind, seed + fault.nth);
    const std::string wrong = recover(*left, life);
    findings.expect(wrong.empty(), where + ": " + wrong);
    ++findings.states;
  }
  return true;
}

// A drop that fails costs nothing but itself. False: the fault was never met.
bool drop_with_fault(const FaultyFiles& whole, const testing::FileFault& fault, Findings& findings) {
  const std::string where = "dropping, " + text_of(fault) + ": ";
  const auto files = whole.copy();
  Drive drive(*files);
  drive.open();
  const std::uint64_t last = drive.log().last_sequence();
  const auto drops = [&] {
    try {
      drive.log().truncate_before(last);
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  files->fail(fault);
  const bool is_dropped = drops();
  if (!files->has_failed()) return false;
  findings.expect(!is_dropped, where + "the fault was not told");
  try {
    drive.append(20);
    drive.sync();
    const std::string wrong = drive.check(last + 20);
    findings.expect(wrong.empty(), where + wrong);
    // After a folder that could not be synced it is not known what a crash leaves.
    const bool has_more = drive.log().segment_count() > 1;
    findings.expect(drops() != (has_more && fault.call == FileCall::sync_folder),
                    where + "a second drop must fail, or must not");
    drive.append(100);  // into another segment
    drive.sync();
  } catch (const std::exception& failure) {
    findings.expect(false, where + "it does not go on: " + failure.what());
  }
  for (const PowerCut kind : {PowerCut::none, PowerCut::all, PowerCut::subset, PowerCut::torn}) {
    const auto left = files->after_cut(kind, fault.nth);
    const std::string wrong = recover(*left, {.durable = last + 120, .tried = last + 120});
    findings.expect(wrong.empty(), where + "after a cut: " + wrong);
    ++findings.states;
  }
  return true;
}

void fail_drops(Findings& findings) {
  FaultyFiles whole;
  {
    Drive drive(whole);
    drive.open();
    while (drive.log().segment_count() < 6) drive.append(20);
    drive.log().stop();
  }
  for (const FileCall call : {FileCall::rename, FileCall::remove, FileCall::sync_folder}) {
    std::uint64_t nth = 1;
    while (drop_with_fault(whole, {.call = call, .nth = nth}, findings)) ++nth;
    findings.expect(nth > 1, "no drop makes call " + std::to_string(static_cast<int>(call)));
  }
}

bool is_asleep(pid_t thread) {
  std::ifstream in("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string number, name, state;
  in >> number >> name >> state;
  return state == "S";
}

// An append that waits for a sync, because it needs another segment, must not go on when that fails.
void append_behind_a_failing_sync(Findings& findings) {
  FaultyFiles files;
  Drive drive(files);
  drive.open();
  drive.append(20);
  drive.sync();
  drive.append(20);
  std::atomic<pid_t> appender = 0;
  bool has_thrown = false;
  std::thread appends;
  files.fail({.call = FileCall::sync});
  files.during_sync([&] {
    if (appends.joinable()) return;
    appends = std::thread([&] {
      appender = ::gettid();
      try {
        drive.append(100);
      } catch (const std::runtime_error&) {
        has_thrown = true;
      }
    });
    while (appender == 0 || !is_asleep(appender)) std::this_thread::yield();
  });
  try {
    drive.sync();
    findings.expect(false, "a failed sync was not told");
  } catch (const std::exception&) {
  }
  appends.join();
  findings.expect(has_thrown, "an append went on behind the sync it waited for, which failed");
  findings.expect(files.retried_syncs() == 0, "an append retried the sync it waited for");
  findings.expect(drive.log().segment_count() == 1, "an append began a segment behind a failed sync");
  ++findings.states;
}

// A read that failed is tried again: it gives what comes next, not once more what came before.
void read_again(Findings& findings) {
  FaultyFiles files;
  Drive drive(files);
  drive.open();
  drive.append(20);
  findings.expect(drive.check(20).empty(), "other events");
  drive.append(20);
  files.fail({.call = FileCall::read});
  for (const bool is_faulty : {true, false}) {
    tickweir_batch room;
    alignas(64) std::uint8_t memory[8192];
    room.data = memory;
    room.capacity_bytes = sizeof memory;
    room.event_count_max = 1;
    bool has_thrown = false;
    try {
      static_cast<void>(drive.log().read(21, room));
    } catch (const std::system_error&) {
      has_thrown = true;
    }
    findings.expect(has_thrown == is_faulty, "a read of what cannot be read was not told, or the next was");
    if (has_thrown) continue;
    const std::vector<std::uint8_t> expected = events_from(21, 1);
    findings.expect(
        room.used_bytes == expected.size() && std::memcmp(memory, expected.data(), expected.size()) == 0,
        "a read that was tried again gives another event");
  }
  ++findings.states;
}

// W07: what cannot be read is not the end of the log.
void fail_recovery(const FaultyFiles& found, testing::FileFault fault, std::uint64_t last,
                   Findings& findings) {
  for (fault.nth = 1; fault.nth < 200; ++fault.nth) {
    const auto files = found.copy();
    files->fail(fault);
    std::string outcome = "";
    try {
      Drive drive(*files);
      drive.open();
      outcome = drive.check(last);
    } catch (const std::exception&) {
      outcome = "thrown";
    }
    ++findings.states;
    if (!files->has_failed()) return;
    findings.expect(outcome == "thrown", text_of(fault) + " of a recovery was passed over");
  }
}

// No room at any offset, then other events, then room again.
void fill_at_offsets(std::uint64_t step, Findings& findings) {
  for (std::uint64_t room = 4000; room < 4000 + 40'000; room += step) {
    FaultyFiles files;
    files.limit_bytes(room);
    std::uint64_t full = 0;
    try {
      Drive drive(files);
      try {
        drive.open();
      } catch (const std::runtime_error&) {  // no room to begin: nothing may be left that stops a later start
        files.limit_bytes(0);
        drive.open();
      }
      for (int i = 0; i < 60; ++i) {
        const std::uint64_t before = drive.log().last_sequence();
        try {
          drive.append(1 + static_cast<std::uint64_t>(i * 7 % 40));
          if (i % 2 == 0) drive.sync();
        } catch (const LogFull&) {
          ++full;
          findings.expect(drive.log().last_sequence() == before, "something of a refused append is kept");
          if (full == 3) files.limit_bytes(0);
        }
      }
      const std::uint64_t last = drive.log().last_sequence();
      std::string wrong = drive.check(last);
      findings.expect(wrong.empty(), "room " + std::to_string(room) + ": " + wrong);
      drive.sync();
      const auto left = files.after_cut(PowerCut::none, room);
      wrong = recover(*left, {.durable = last, .tried = last});
      findings.expect(wrong.empty(), "room " + std::to_string(room) + ", after a cut: " + wrong);
    } catch (const std::exception& failure) {
      findings.expect(false, "room " + std::to_string(room) + ": " + failure.what());
    }
    ++findings.states;
  }
}

// The same when writing over what is there needs room, as on file systems that copy on write.
void fill_while_overwriting(Findings& findings) {
  for (std::uint64_t nth = 1; nth < 60; ++nth) {
    FaultyFiles files;
    Drive drive(files);
    drive.open();
    files.move_short(nth);
    files.fail({.call = FileCall::write, .nth = nth, .error = ENOSPC});
    std::uint64_t full = 0;
    try {
      for (int i = 0; i < 12; ++i) {
        try {
          drive.append(i == 0 ? 20 : 2);
        } catch (const LogFull&) {
          ++full;
        }
      }
      drive.sync();
      const std::string wrong = recover(*files.after_cut(PowerCut::none, nth),
                                        {.durable = drive.durable(), .tried = drive.tried()});
      findings.expect(wrong.empty(), "full at write " + std::to_string(nth) + ": " + wrong);
    } catch (const std::exception& failure) {
      findings.expect(false, "full at write " + std::to_string(nth) + ": " + failure.what());
    }
    drive.log().stop();
    {
      const auto later = files.copy();
      Drive again(*later);
      again.open();
      findings.expect(again.log().repaired().empty(), "left over: " + again.log().repaired());
    }
    findings.expect(full <= 1, "one lack of room was told twice");
    ++findings.states;
  }
}

// Of an append of many blocks the first may be whole already.
void fill_within_an_append(Findings& findings) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FaultyFiles files;
    Drive drive(files, {.segment_bytes = 2 << 20});
    drive.open();
    drive.append(10);
    drive.sync();
    files.move_short(seed);
    files.fail({.call = FileCall::write, .nth = 2, .error = ENOSPC});
    bool is_full = false;
    try {
      drive.append(15'000);
    } catch (const LogFull&) {
      is_full = true;
    }
    const std::string wrong = recover(*files.after_cut(PowerCut::all, seed), {.durable = 10, .tried = 10});
    findings.expect(!is_full || wrong.empty(), "many blocks, seed " + std::to_string(seed) + ": " + wrong);
    ++findings.states;
  }
}

}  // namespace

Findings failed_calls(std::uint64_t seed) {
  Findings findings;
  for (int call = 0; call < static_cast<int>(testing::file_call_count); ++call) {
    for (const bool for_ever : {false, true}) {
      for (std::uint64_t nth = 1; nth < 1000; ++nth) {
        const testing::FileFault fault{static_cast<FileCall>(call), nth, EIO, for_ever};
        if (!live_with_fault(fault, seed, findings)) break;
      }
    }
  }
  append_behind_a_failing_sync(findings);
  fail_drops(findings);
  read_again(findings);
  FaultyFiles whole;
  {
    Drive drive(whole);
    drive.open();
    Life life;
    live(drive, seed, 10, life);
    drive.append(3);
  }
  Drive found(whole);
  found.open();
  const std::uint64_t last = found.log().last_sequence();
  for (const FileCall call : {FileCall::read, FileCall::open, FileCall::list, FileCall::sync,
                              FileCall::sync_folder, FileCall::lock}) {
    for (const bool for_ever : {false, true}) {
      fail_recovery(whole, {.call = call, .for_ever = for_ever}, last, findings);
    }
  }
  return findings;
}

// W05
Findings full_disks(std::uint64_t step) {
  Findings findings;
  fill_at_offsets(step, findings);
  fill_while_overwriting(findings);
  fill_within_an_append(findings);
  return findings;
}

// W06
Findings short_transfers(std::uint64_t seed) {
  Findings findings;
  for (std::uint64_t round = 0; round < 60; ++round) {
    FaultyFiles files;
    files.move_short(seed + round);
    const Life life = live_over(files, seed + round, 8);
    findings.expect(!life.was_stopped_by_error, "a short transfer was taken for a failure");
    const auto left = files.after_cut(PowerCut::none, seed);
    const std::string wrong = recover(*left, life);
    findings.expect(wrong.empty(), "round " + std::to_string(round) + ": " + wrong);
    ++findings.states;
  }
  return findings;
}

}  // namespace tickweir::wal_segment
