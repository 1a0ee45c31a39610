// Damage on the disk: flipped bits, cut files, bad sectors, spliced logs, blocks made up with good checksums.
#include "segment_drive.h"

namespace tickweir::wal_segment {
namespace {

constexpr SupplyPlan fresh{.segment_bytes = Drive::small_segment};

// What fills one small segment, and most of the next one; larger segments take as many times more. The first
// page of a segment is its header; appends have `group` events.
constexpr std::uint64_t group = 10;
std::uint64_t events_in(const SupplyPlan& supply, std::uint64_t of_small_ones) {
  const std::uint64_t events =
      of_small_ones * (supply.segment_bytes - page_bytes) / (Drive::small_segment - page_bytes);
  return events / group * group;
}
std::uint64_t first_part(const SupplyPlan& supply) {
  return events_in(supply, 250);
}
std::uint64_t all_events(const SupplyPlan& supply) {
  return events_in(supply, 400);
}

SupplyPlan times(SupplyPlan supply, std::uint64_t size) {
  supply.segment_bytes *= size;
  supply.reused_bytes *= size;
  return supply;
}

// A log of two segments, stopped; by `supply` the last one is in a new file or in that of a dropped segment.
// With the same id whenever `start` is given.
std::unique_ptr<FaultyFiles> make_log(const SupplyPlan& supply, std::uint64_t history = 0,
                                      const FaultyFiles* start = nullptr) {
  auto files = start == nullptr ? std::make_unique<FaultyFiles>() : start->copy();
  Drive drive(*files, supply);
  drive.open();
  while (drive.log().last_sequence() < (start == nullptr ? first_part(supply) : all_events(supply))) {
    drive.append(group, history);
    drive.sync();
  }
  if (start != nullptr) {
    drive.log().stop();
  } else {
    drive.log().truncate_before(first_part(supply));
  }
  return files;
}

// A whole log in which all is vouched for.
std::unique_ptr<FaultyFiles> whole_log(const SupplyPlan& supply) {
  const auto half = make_log(supply);
  return make_log(supply, 0, half.get());
}

std::vector<std::string> segments_of(const FaultyFiles& files) {
  std::vector<std::string> found;
  for (const std::string& path : files.paths()) {
    if (path.ends_with(".segment")) found.push_back(path);
  }
  return found;
}

// Damage must be refused, or change nothing of what is read.
enum class Seen { refused, harmless, wrong };
Seen look(FaultyFiles& files, const SupplyPlan& supply, bool is_read_only = true) {
  try {
    Drive drive(files, supply);
    drive.open(is_read_only);
    return drive.check(all_events(supply)).empty() ? Seen::harmless : Seen::wrong;
  } catch (const std::runtime_error&) {
    return Seen::refused;
  }
}

// Now and then the owner opens it, who repairs: it may not take for a torn end what a reader refuses.
constexpr std::uint64_t owner_every = 61;

Seen look_also_as_owner(FaultyFiles& files, const SupplyPlan& supply, std::uint64_t state,
                        Findings& findings) {
  const Seen seen = look(files, supply);
  if (state % owner_every != 0) return seen;
  const Seen by_owner = look(*files.copy(), supply, false);
  findings.expect(by_owner == seen, "state " + std::to_string(state) + ": owner and reader differ");
  return seen;
}

void expect_found(FaultyFiles& files, const SupplyPlan& supply, const std::string& what, Findings& findings,
                  bool must_refuse = false) {
  const Seen seen = look_also_as_owner(files, supply, findings.states, findings);
  findings.expect(seen != Seen::wrong, what + " went unnoticed");
  findings.expect(!must_refuse || seen == Seen::refused, what + " was not refused");
  ++findings.states;
}

void flip_bits(const SupplyPlan& supply, std::size_t step, Findings& findings) {
  const auto files = whole_log(supply);
  std::uint64_t refused = 0;
  std::uint64_t states = 0;
  for (const std::string& path : segments_of(*files)) {
    std::vector<std::uint8_t>& bytes = files->contents(path);
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += step) {
      const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
      bytes[bit / 8] ^= mask;
      const Seen seen = look_also_as_owner(*files, supply, states, findings);
      findings.expect(seen != Seen::wrong, "bit " + std::to_string(bit) + " of " + path);
      refused += seen == Seen::refused ? 1 : 0;
      bytes[bit / 8] ^= mask;
      ++states;
    }
  }
  findings.expect(refused * 3 > states, "most flips were harmless: is anything read?");
  findings.expect(look(*files, supply) == Seen::harmless, "the log itself is bad");
  findings.states += states;
  const std::string last = segments_of(*files).back();
  const std::uint8_t version = files->contents(last)[offsetof(SegmentHeader, version)];
  const bool is_reused = supply.reused_bytes != 0;
  findings.expect((version == format_version_reused) == is_reused, last + " is in another kind of file");
}

void spoil_sectors(const SupplyPlan& supply, std::mt19937_64& random, Findings& findings) {
  const auto half = make_log(supply);
  const auto files = make_log(supply, 0, half.get());
  const auto other = make_log(supply, 1, half.get());  // the same log with another second half
  for (const std::string& path : segments_of(*files)) {
    std::vector<std::uint8_t>& bytes = files->contents(path);
    const std::vector<std::uint8_t> good = bytes;
    for (const std::size_t sector : {512U, 4096U}) {
      for (std::size_t at = 0; at + sector <= bytes.size(); at += sector) {
        const std::string where = path + " at " + std::to_string(at);
        const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        const auto length = static_cast<std::ptrdiff_t>(sector);
        const auto try_it = [&](const char* what) {
          expect_found(*files, supply, where + what, findings);
          bytes = good;
        };
        std::fill(from, from + length, std::uint8_t{0});
        try_it(" zeroed");
        for (auto byte = from; byte != from + length; ++byte) *byte = static_cast<std::uint8_t>(random());
        try_it(" scrambled");
        if (at + 2 * sector <= bytes.size()) {
          std::copy(from, from + length, from + length);
          try_it(" doubled");
          std::swap_ranges(from, from + length, from + length);
          try_it(" swapped");
        }
        for (FaultyFiles* const source : {half.get(), other.get()}) {
          const std::vector<std::string> paths = source->paths();
          if (std::find(paths.begin(), paths.end(), path) == paths.end()) continue;
          const std::vector<std::uint8_t>& theirs = source->contents(path);
          std::copy_n(theirs.begin() + static_cast<std::ptrdiff_t>(at), length, from);
          try_it(" of another generation");
        }
      }
    }
  }
}

// A log whose last group, the nth of a segment, is synced and not vouched for: the one before is by its
// block.
std::unique_ptr<FaultyFiles> unvouched_log(const SupplyPlan& supply, std::uint64_t nth) {
  auto files = make_log(supply);
  Drive drive(*files, supply);
  drive.open();
  const std::size_t segments = drive.log().segment_count();
  for (std::uint64_t left = nth; left != 0;) {
    drive.append(group);
    drive.sync();
    left -= drive.log().segment_count() > segments ? 1 : 0;
  }
  return files;
}

// Cut like a torn end, but never in silence.
std::string rot_seen_as(FaultyFiles& rotten, const SupplyPlan& supply, std::uint64_t last) {
  try {
    Drive drive(rotten, supply);
    drive.open();
    if (drive.log().repaired().find("cut a torn end") == std::string::npos) return "nothing is told";
    const std::vector<std::string> paths = rotten.paths();
    const auto is_copy = [](const std::string& path) { return path.ends_with(".torn"); };
    if (std::none_of(paths.begin(), paths.end(), is_copy)) return "no copy is kept";
    return drive.check(last);
  } catch (const std::exception& refused) {
    return refused.what();
  }
}

void rot_last_group(const SupplyPlan& supply, std::uint64_t nth, Findings& findings) {
  const auto files = unvouched_log(supply, nth);
  Drive whole(*files, supply);
  whole.open(true);
  const std::uint64_t last = whole.log().last_sequence();
  const auto block_bytes = [](std::uint64_t to) {
    return block_header_bytes + events_from(to - group + 1, group).size();
  };
  std::uint64_t from = schema_offset;  // there is no schema
  for (std::uint64_t before = 1; before < nth; ++before) from += block_bytes(last - (nth - before) * group);
  const std::string path = segments_of(*files).back();
  const std::uint64_t header_bits = block_header_bytes * 8;
  for (std::uint64_t bit = 0; bit < block_bytes(last) * 8; bit += bit < header_bits ? 1 : 37) {
    const auto rotten = files->copy();
    rotten->contents(path)[from + bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const std::string seen = rot_seen_as(*rotten, supply, last - group);
    findings.expect(seen.empty(), "bit " + std::to_string(bit) + " of group " + std::to_string(nth) + " in " +
                                      path + ": " + seen);
    ++findings.states;
  }
}

}  // namespace

// What an older segment has left in the file must not hide it.
Findings rotten_last_groups() {
  Findings findings;
  const SupplyPlan prepared{.segment_bytes = Drive::small_segment,
                            .prepared_bytes = 4 * Drive::small_segment};
  for (const SupplyPlan& supply : {fresh, prepared, Drive::reusing}) {
    for (const std::uint64_t nth : {1U, 2U}) rot_last_group(supply, nth, findings);  // 1: where a page begins
  }
  return findings;
}

// W08
Findings flipped_bits(std::size_t stride, std::uint64_t size) {
  Findings findings;
  flip_bits(times(fresh, size), stride, findings);
  flip_bits(times(Drive::reusing, size), stride, findings);
  return findings;
}

// W09: a segment has its whole length from the first moment on, so that a shorter one is damage.
Findings cut_files(std::size_t stride, std::uint64_t size) {
  Findings findings;
  const SupplyPlan supply = times(Drive::reusing, size);
  const auto files = whole_log(supply);
  for (const std::string& path : segments_of(*files)) {
    const std::vector<std::uint8_t> bytes = files->contents(path);
    for (std::size_t length = 0; length < bytes.size(); length += stride) {
      files->contents(path).resize(length);
      expect_found(*files, supply, path + " cut to " + std::to_string(length), findings, true);
      files->contents(path) = bytes;
    }
  }
  return findings;
}

// W10
Findings bad_sectors(std::uint64_t seed) {
  Findings findings;
  std::mt19937_64 random(seed);
  spoil_sectors(fresh, random, findings);
  spoil_sectors(Drive::reusing, random, findings);
  return findings;
}

}  // namespace tickweir::wal_segment
