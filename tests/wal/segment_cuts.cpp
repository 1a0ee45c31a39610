// Power cuts after every call to the disk, also during the recovery from one, and killed processes.
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

Findings power_cuts(std::uint64_t seed, std::uint32_t effort) {
  Findings findings;
  FaultyFiles whole;
  const Life undisturbed = live_over(whole, seed);
  findings.expect(!undisturbed.was_stopped_by_error, "the life itself fails");
  const std::uint64_t operations = whole.operations();
  for (std::uint64_t cut = 1; cut <= operations && findings.failures < 20; ++cut) {
    FaultyFiles files;
    files.cut_at(cut);
    const Life life = live_over(files, seed);
    for (std::uint32_t round = 0; round < 8 * effort; ++round) {
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

}  // namespace tickweir::wal_segment
