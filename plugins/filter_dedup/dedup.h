// Has this identity been seen? Two exact memories: a window of numbers per source, and a bounded set.
//
// Threading: one thread. Memory: all of it in the constructors. Errors: none; every outcome is a Seen.
// Time:      event time only, and only in RecentSet.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tickweir/assert.h"
#include "tickweir/event.h"
#include "tickweir/planted_bug.h"
#include "tickweir/state.h"

namespace tickweir::dedup {

enum class Seen : std::uint8_t { fresh, duplicate, too_old, source_limit };

// For sources that number their events: remembers, bit by bit, the last `window` numbers below and
// including the highest of each source. Numbers are 40 bits and wrap: of two numbers the later one is that
// which is less than 2^39 ahead of the other.
class SourceWindows {
 public:
  SourceWindows(std::uint32_t sources_max, std::uint32_t window)
      : sources_max_(sources_max),
        window_(window),
        ring_(std::max<std::uint64_t>(64, std::bit_ceil(window))),
        slots_(std::bit_ceil(std::size_t{sources_max} * 2)),
        words_(ring_ / 64 * sources_max) {
    windows_.reserve(sources_max);
  }

  [[nodiscard]] std::size_t source_count() const { return windows_.size(); }

  Seen see(std::uint64_t origin) {
    const std::uint32_t source = origin_source(origin);
    const std::uint64_t number = origin_number(origin);
    if (windows_.empty() || windows_[last_].source != source) {
      if (!select(source, number)) return Seen::source_limit;
    }
    Window& window = windows_[last_];
    std::uint64_t* const words = &words_[ring_ / 64 * last_];
    const std::int64_t ahead = static_cast<std::int64_t>((number - window.highest) << 24) >> 24;
    const std::uint64_t at = number & (ring_ - 1);
    const std::uint64_t bit = std::uint64_t{1} << (at % 64);
    if (ahead > 0) {
      if (ahead > 1) forget_skipped(words, window.highest, static_cast<std::uint64_t>(ahead) - 1);
      window.highest = number;
      words[at / 64] |= bit;
      return Seen::fresh;
    }
    if (-ahead >= std::int64_t{window_} && !TICKWEIR_BUG("window without an end")) return Seen::too_old;
    if ((words[at / 64] & bit) != 0) return Seen::duplicate;
    words[at / 64] |= bit;
    return Seen::fresh;
  }

  // Sources in the order in which they came, each with its highest number and its bits.
  void save(StateWriter& out) const {
    out.put<std::uint64_t>(sources_max_);
    out.put<std::uint64_t>(window_);
    out.put<std::uint64_t>(windows_.size());
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      out.put<std::uint64_t>(windows_[i].source);
      out.put(windows_[i].highest);
      out.write(&words_[ring_ / 64 * i], ring_ / 8);
    }
  }
  void load(StateReader& in) {
    in.expect("sources", sources_max_);
    in.expect("window", window_);
    const std::uint64_t count = in.get_count(sources_max_);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto source = in.get<std::uint64_t>();
      const auto highest = in.get<std::uint64_t>();
      if (source > 0xFF'FFFF || highest > origin_number_mask ||
          !select(static_cast<std::uint32_t>(source), highest) || windows_.size() != i + 1) {
        throw std::runtime_error("source " + std::to_string(i) + " of the saved state makes no sense");
      }
      windows_[i].highest = highest;
      in.read(&words_[ring_ / 64 * i], ring_ / 8);
    }
  }
  // For people.
  void show(TextWriter& out) const {
    for (const Window& window : windows_) {
      out.line("source " + std::to_string(window.source) + ": highest number " +
               std::to_string(window.highest));
    }
  }

 private:
  struct Window {
    std::uint32_t source = 0;
    std::uint64_t highest = 0;
  };

  // Makes `source` the last one; takes it in if there is room.
  bool select(std::uint32_t source, std::uint64_t number) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = (source * std::size_t{0x9E37'79B1}) & mask;
    for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
      if (windows_[slots_[slot] - 1].source == source) {
        last_ = slots_[slot] - 1;
        return true;
      }
    }
    if (windows_.size() == sources_max_) return false;
    last_ = static_cast<std::uint32_t>(windows_.size());
    windows_.push_back({.source = source, .highest = (number - 1) & origin_number_mask});
    slots_[slot] = last_ + 1;
    return true;
  }

  // The bits of the `count` numbers after `highest` still stand for numbers of one ring before.
  void forget_skipped(std::uint64_t* words, std::uint64_t highest, std::uint64_t count) const {
    if (count >= ring_) {
      std::fill_n(words, ring_ / 64, 0);
      return;
    }
    std::uint64_t at = (highest + 1) & (ring_ - 1);
    while (count != 0) {
      const std::uint64_t taken = std::min(count, 64 - at % 64);
      const std::uint64_t ones = taken == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << taken) - 1;
      words[at / 64] &= ~(ones << (at % 64));
      at = (at + taken) & (ring_ - 1);
      count -= taken;
    }
  }

  std::uint32_t sources_max_;
  std::uint32_t window_;
  std::uint64_t ring_;  // bits a source: a power of two, at least `window`
  std::uint32_t last_ = 0;
  std::vector<Window> windows_;
  std::vector<std::uint32_t> slots_;  // hash of a source -> index in windows_ plus 1
  std::vector<std::uint64_t> words_;
};

// For any identities: remembers the last `capacity` fresh ones, each no longer than `age_max` of event time
// (0: without end). The oldest falls out first. Seeing a duplicate does not make it younger.
//
// Where an identity lies depends on a key that is drawn for each set: a client chooses its numbers, but
// cannot choose ones that meet. The key shapes the table, never a result.
class RecentSet {
 public:
  RecentSet(std::uint32_t capacity, std::uint64_t age_max)
      : age_max_(age_max), ring_(capacity), slots_(std::bit_ceil(std::size_t{capacity} * 2)) {
    std::random_device random;
    add_ = std::uint64_t{random()} << 32 | random();
    multiply_ = std::uint64_t{random()} << 32 | random() | 1U;
  }

  [[nodiscard]] std::uint32_t size() const { return size_; }
  // The place from which on an identity is looked for, below twice the capacity rounded up to a power of two.
  [[nodiscard]] std::size_t home(std::uint64_t origin) const {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{origin ^ add_} * multiply_;
    const std::uint64_t mixed =
        static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
    return mixed & (slots_.size() - 1);
  }
  // Identities that fell out because newer ones needed the room.
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

  // Event time never runs backwards here: an earlier time counts as the latest seen so far.
  void pass_time(std::uint64_t time) {
    if (time <= now_ && !TICKWEIR_BUG("age by the event at hand")) return;
    now_ = time;
    if (age_max_ == 0) return;
    while (size_ != 0 && now_ - ring_[oldest_].time >= age_max_) forget_oldest();
  }

  void prefetch(std::uint64_t origin) const { __builtin_prefetch(&slots_[home(origin)]); }

  // `origin` is not 0.
  Seen see(std::uint64_t origin) {
    std::size_t slot = home(origin);
    for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      if (slots_[slot] == origin) return Seen::duplicate;
    }
    if (size_ == ring_.size()) {
      forget_oldest();
      ++evicted_;
      for (slot = home(origin); slots_[slot] != 0;) slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = origin;
    const std::size_t newest = oldest_ + size_;
    ring_[newest < ring_.size() ? newest : newest - ring_.size()] = {origin, now_};
    ++size_;
    return Seen::fresh;
  }

  // The identities from the oldest on, each with its time.
  void save(StateWriter& out) const {
    out.put<std::uint64_t>(ring_.size());
    out.put(age_max_);
    out.put(now_);
    out.put<std::uint64_t>(size_);
    const std::size_t to_end = std::min<std::size_t>(size_, ring_.size() - oldest_);
    out.write(&ring_[oldest_], to_end * sizeof(Remembered));
    out.write(ring_.data(), (size_ - to_end) * sizeof(Remembered));
  }
  void load(StateReader& in) {
    in.expect("capacity", ring_.size());
    in.expect("max_age (in ns)", age_max_);
    const auto now = in.get<std::uint64_t>();
    const std::uint64_t count = in.get_count(ring_.size());
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto one = in.get<Remembered>();
      const bool is_in_order = one.time >= now_ && one.time <= now;
      now_ = one.time;
      if (one.origin == 0 || !is_in_order || see(one.origin) != Seen::fresh) {
        throw std::runtime_error("identity " + std::to_string(i) + " of the saved state makes no sense");
      }
    }
    now_ = now;
  }
  // For people.
  void show(TextWriter& out) const {
    out.line("remembers " + std::to_string(size_) + " of " + std::to_string(ring_.size()) + ", time " +
             std::to_string(now_));
    for (std::uint32_t i = 0; i < size_; ++i) {
      const Remembered& one = ring_[(oldest_ + i) % ring_.size()];
      out.line("source " + std::to_string(origin_source(one.origin)) + " number " +
               std::to_string(origin_number(one.origin)) + ", since " + std::to_string(one.time));
    }
  }

 private:
  struct Remembered {
    std::uint64_t origin = 0;
    std::uint64_t time = 0;  // the latest event time when it came: never decreases along the ring
  };

  void forget_oldest() {
    erase(ring_[oldest_].origin);
    oldest_ = oldest_ + 1 == ring_.size() ? 0 : oldest_ + 1;
    --size_;
  }

  // Deletes by pulling back later keys of the run, so that no tombstones slow the table down.
  void erase(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = home(key);
    for (; slots_[hole] != key; hole = (hole + 1) & mask) TICKWEIR_ASSERT(slots_[hole] != 0);
    for (std::size_t at = (hole + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
      const std::size_t from_home = (at - home(slots_[at])) & mask;
      if (from_home < ((at - hole) & mask)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = 0;
  }

  std::uint64_t age_max_;
  std::uint64_t now_ = 0;
  std::vector<Remembered> ring_;
  std::size_t oldest_ = 0;
  std::uint32_t size_ = 0;
  std::uint64_t evicted_ = 0;
  std::vector<std::uint64_t> slots_;  // 0: empty; at most half full
  std::uint64_t add_ = 0;
  std::uint64_t multiply_ = 0;
};

}  // namespace tickweir::dedup
