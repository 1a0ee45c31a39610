// Power cuts after every call to the disk, also during the recovery from one, and killed processes.
#include <algorithm>
#include <map>

#include "segment_drive.h"

namespace tickweir::wal_segment {
namespace {

// Recovers; everything owed must be there, and the log must go on as if nothing had been.
std::string recover_and_go_on(FaultyFiles& files, const Life& life) {
  try {
    Drive drive(files);
    drive.open();
    const std::uint64_t last = drive.log().last_sequence();
    if (last < life.durable) return "lost " + std::to_string(last + 1) + ".." + std::to_string(life.durable);
    if (last > life.tried) return "made up events behind " + std::to_string(life.tried);
    std::string wrong = drive.check(last);
    if (!wrong.empty()) return wrong;
    for (std::uint64_t count : {3U, 1U, 30U}) drive.append(count);
    wrong = drive.check(last + 34);
    if (!wrong.empty()) return "after going on: " + wrong;
  } catch (const std::exception& failure) {
    return failure.what();
  }
  try {
    Drive drive(files);  // without a stop
    drive.open();
    return drive.check(drive.log().last_sequence());
  } catch (const std::exception& failure) {
    return std::string("second start: ") + failure.what();
  }
}

// Cuts the recovery itself after each of its calls; each time it must succeed in the end.
void cut_the_recovery(const FaultyFiles& found, const Life& life, std::uint64_t seed,
                      const std::string& where, Findings& findings) {
  for (std::uint64_t nth = 1;; ++nth) {
    const auto again = found.copy();
    again->cut_at(nth);
    bool is_cut = false;
    Life now = life;
    try {
      Drive drive(*again);
      drive.open();
      now.durable = std::max(now.durable, drive.log().last_sequence());
    } catch (const std::exception&) {
      is_cut = true;
    }
    if (!is_cut) return;
    const auto left = again->after_cut(PowerCut::torn, seed + nth);
    const std::string wrong = recover_and_go_on(*left, now);
    findings.expect(wrong.empty(), where + ", recovery cut at " + std::to_string(nth) + ": " + wrong);
    ++findings.states;
  }
}

}  // namespace

Findings power_cuts(std::uint64_t seed) {
  Findings findings;
  FaultyFiles whole;
  const Life undisturbed = live_over(whole, seed);
  findings.expect(!undisturbed.was_stopped_by_error, "the life itself fails");
  const std::uint64_t operations = whole.operations();
  for (std::uint64_t cut = 1; cut <= operations && findings.failures < 20; ++cut) {
    FaultyFiles files;
    files.cut_at(cut);
    const Life life = live_over(files, seed);
    for (std::uint32_t round = 0; round < 8; ++round) {
      const auto kind = round == 0   ? PowerCut::none
                        : round == 1 ? PowerCut::all
                                     : (round % 2 == 0 ? PowerCut::subset : PowerCut::torn);
      const std::uint64_t cut_seed = mixed(seed + cut * 1000 + round);
      const auto left = files.after_cut(kind, cut_seed);
      const std::string where = "seed " + std::to_string(seed) + ", cut at " + std::to_string(cut) +
                                ", round " + std::to_string(round);
      if (round % 8 == 3) cut_the_recovery(*left, life, cut_seed, where, findings);
      const std::string wrong = recover_and_go_on(*left, life);
      findings.expect(wrong.empty(), where + ": " + wrong);
      ++findings.states;
    }
  }
  return findings;
}

Findings cut_truncations(std::uint64_t seed) {
  Findings findings;
  FaultyFiles whole;
  {
    Drive drive(whole);
    drive.open();
    while (drive.log().segment_count() < 6) drive.append(20);
    drive.log().stop();
  }
  bool is_cut = true;
  for (std::uint64_t nth = 1; is_cut; ++nth) {
    const auto files = whole.copy();
    Life life;
    is_cut = false;
    try {
      Drive drive(*files);
      drive.open();
      life.durable = life.tried = drive.log().last_sequence();
      files->cut_at(files->operations() + nth);
      drive.log().truncate_before(life.durable);
    } catch (const std::exception&) {
      is_cut = true;
    }
    for (std::uint64_t round = 0; round < 20; ++round) {
      const auto left =
          files->after_cut(round == 0 ? PowerCut::none : PowerCut::subset, mixed(seed + nth * 100 + round));
      const std::string wrong = recover_and_go_on(*left, life);
      findings.expect(wrong.empty(), "cut at " + std::to_string(nth) + ": " + wrong);
      ++findings.states;
    }
  }
  return findings;
}

// W04: after a kill, what is found in the page cache is answered for, so it must be on the disk by then.
Findings killed_processes(std::uint64_t seed) {
  Findings findings;
  for (std::uint64_t round = 0; round < 50; ++round) {
    FaultyFiles files;
    Life life;
    {
      Drive drive(files);
      drive.open();
      live(drive, seed + round, 3 + static_cast<int>(round % 20), life);
      drive.append(5);
    }
    std::uint64_t answered = 0;
    {
      Drive drive(files);  // the page cache is as it was
      drive.open();
      answered = drive.log().last_sequence();
      findings.expect(drive.check(answered).empty(), "other events after a kill");
    }
    const auto left = files.after_cut(PowerCut::none, seed);
    const std::string wrong = recover_and_go_on(*left, {.durable = answered, .tried = answered});
    findings.expect(wrong.empty(), "round " + std::to_string(round) + ": " + wrong);
    ++findings.states;
  }
  return findings;
}

namespace {

constexpr std::uint64_t torn_bytes = 9000;

// A stopped log with a torn end: what it holds is the same for the same `history`.
struct TornLog {
  FaultyFiles files;
  std::vector<std::uint8_t> tail;

  TornLog() {
    Drive drive(files, {.segment_bytes = 4 * Drive::small_segment});
    drive.open();
    drive.append(30);
    drive.log().stop();
  }
  static std::string segment() { return std::string(folder) + "/" + segment_name(1); }
  void tear(FaultyFiles& disk, std::uint64_t history) {
    std::vector<std::uint8_t>& bytes = disk.contents(segment());
    if (end_ == 0) {
      end_ = bytes.size();
      while (bytes[end_ - 1] == 0) --end_;
      end_ = (end_ + 7) / 8 * 8;
    }
    tail.clear();
    for (std::uint64_t i = 0; i < torn_bytes; ++i)
      tail.push_back(static_cast<std::uint8_t>(mixed(i + history) | 1));
    std::copy(tail.begin(), tail.end(), bytes.begin() + static_cast<std::ptrdiff_t>(end_));
  }

 private:
  std::uint64_t end_ = 0;
};

// The copies of torn ends on that disk; "" as the name of one that is not finished.
std::map<std::string, std::vector<std::uint8_t>> copies_on(FaultyFiles& files) {
  std::map<std::string, std::vector<std::uint8_t>> found;
  for (const std::string& path : files.paths()) {
    if (path.find(".torn") == std::string::npos) continue;
    found[path.ends_with(".new") ? "" : path] = files.contents(path);
  }
  return found;
}

// Recovers, though it is cut at the nth call before. False: it was not.
bool recover_cut(const FaultyFiles& torn, std::uint64_t nth, PowerCut kind, const TornLog& log,
                 Findings& findings) {
  const std::string where = "recovery of a torn end cut at " + std::to_string(nth);
  const auto first = torn.copy();
  first->cut_at(nth);
  bool is_cut = false;
  try {
    Drive(*first).open();
  } catch (const std::exception&) {
    is_cut = true;
  }
  const auto left = first->after_cut(kind, mixed(nth));
  try {
    Drive(*left).open();
  } catch (const std::exception& failure) {
    findings.expect(false, where + ": " + failure.what());
  }
  const auto copies = copies_on(*left);
  findings.expect(copies.size() == 1 && copies.begin()->second == log.tail,
                  where + ": it is not the torn end that is kept, or not alone");
  ++findings.states;
  return is_cut;
}

}  // namespace

// What a crash left is kept as it was found, also by a recovery that is cut, and never replaced.
Findings torn_copies() {
  Findings findings;
  TornLog log;
  log.tear(log.files, 0);
  for (const auto kind : {PowerCut::all, PowerCut::none, PowerCut::subset, PowerCut::torn}) {
    std::uint64_t nth = 1;
    while (recover_cut(log.files, nth, kind, log, findings)) ++nth;
  }
  std::map<std::string, std::vector<std::uint8_t>> before;
  for (std::uint64_t torn = 0; torn < 12; ++torn) {
    log.tear(log.files, torn * 10'000);
    Drive(log.files).open();
    const auto copies = copies_on(log.files);
    for (const auto& [path, bytes] : before)
      findings.expect(copies.contains(path) && copies.at(path) == bytes, path + " was replaced");
    findings.expect(copies.size() == std::min<std::size_t>(torn + 1, 9), "there are not nine copies at most");
    before = copies;
    ++findings.states;
  }
  return findings;
}

namespace {

// Large enough that its end is looked for in more than one read.
constexpr SupplyPlan large{.segment_bytes = 4 << 20};

// Opens the log to read it, while its owner appends `groups` groups before the nth read of that. False: there
// were fewer reads.
bool look_while_written(std::uint64_t nth, std::uint64_t groups, Findings& findings) {
  FaultyFiles files;
  Drive owner(files, large);
  owner.open();
  owner.append(30);
  owner.sync();
  std::uint64_t reads = 0;
  files.before_read([&] {
    if (++reads != nth) return;
    for (std::uint64_t i = 0; i < groups; ++i) {
      owner.append(9000);
      owner.sync();
    }
  });
  const std::string where = std::to_string(groups) + " groups came before read " + std::to_string(nth) + ": ";
  Drive reader(files, large);
  try {
    reader.open(true);
    files.before_read({});
    findings.expect(reader.log().last_sequence() >= 30, where + "synced events are missing");
    const std::string wrong = reader.check(reader.log().last_sequence());
    findings.expect(wrong.empty(), where + wrong);
    findings.expect(reader.log().repaired().find("damaged") == std::string::npos,
                    where + reader.log().repaired());
  } catch (const std::exception& failure) {
    findings.expect(false, where + failure.what());
  }
  files.before_read({});
  ++findings.states;
  return reads >= nth;
}

}  // namespace

Findings reads_while_written() {
  Findings findings;
  for (const std::uint64_t groups : {1U, 2U, 3U, 4U, 12U}) {  // 12: into other segments
    std::uint64_t nth = 1;
    while (look_while_written(nth, groups, findings)) ++nth;
  }
  return findings;
}

}  // namespace tickweir::wal_segment
