// The instruments that are counted one by one: a list of at most 100 numbers and names. The number of a
// name is learned from the stream.
//
// Threading: one owner. Memory: all in the constructor.
// Errors:    an entry that is no number and no name is a std::invalid_argument that says why.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tickweir/scalar.h"

namespace tickweir::observe {

constexpr std::size_t watched_max = 100;
constexpr std::size_t name_bytes_max = 16;

class WatchList {
 public:
  // Digits without a leading zero are a number, all else is a name.
  explicit WatchList(const std::vector<std::string>& entries) {
    if (entries.size() > watched_max) {
      throw std::invalid_argument("found " + std::to_string(entries.size()) +
                                  " instruments, expected at most " + std::to_string(watched_max));
    }
    for (const std::string& entry : entries) {
      for (const Watched& other : watched_) {
        if (other.text == entry) throw std::invalid_argument("instrument " + entry + " is there twice");
      }
      watched_.push_back(read(entry));
    }
    index();
  }

  [[nodiscard]] std::size_t size() const { return watched_.size(); }
  [[nodiscard]] const std::string& text(std::size_t index) const { return watched_[index].text; }

  // The place of the instrument in the list; size() when it is not on it.
  [[nodiscard]] std::size_t find(std::uint32_t instrument) const {
    for (std::size_t slot = slot_of(instrument);; slot = (slot + 1) % slot_count) {
      const std::uint8_t place = slots_[slot];
      if (place == none) return watched_.size();
      if (watched_[place].number == instrument) return place;
    }
  }

  // The stream said what an instrument is called. The newest number of a name counts, and a number that
  // was listed as such keeps its own place.
  void learn(std::uint32_t instrument, std::string_view name) {
    for (const Watched& entry : watched_) {
      if (!entry.is_name && entry.number == instrument) return;
    }
    bool changed = false;
    for (Watched& entry : watched_) {
      if (!entry.is_name) continue;
      const std::uint32_t number = entry.text == name           ? instrument
                                   : entry.number == instrument ? 0
                                                                : entry.number;
      changed = changed || number != entry.number;
      entry.number = number;
    }
    if (changed) index();
  }

 private:
  struct Watched {
    std::string text;
    bool is_name = false;
    std::uint32_t number = 0;  // 0: not known yet
  };
  static constexpr std::size_t slot_count = 256;  // more than twice watched_max: short probes, always an end
  static constexpr std::uint8_t none = 255;

  static std::size_t slot_of(std::uint32_t instrument) { return instrument * 2'654'435'769U >> 24; }

  static Watched read(const std::string& entry) {
    if (const auto number = parse_integer(entry)) {
      if (*number < 1 || *number > 0xffff'ffffLL) {
        throw std::invalid_argument("instrument " + entry +
                                    " is out of range; they are numbered 1 to 4294967295");
      }
      return {.text = entry, .is_name = false, .number = static_cast<std::uint32_t>(*number)};
    }
    if (entry.empty() || entry.size() > name_bytes_max) {
      throw std::invalid_argument("instrument \"" + entry + "\" has " + std::to_string(entry.size()) +
                                  " bytes; a name has 1 to " + std::to_string(name_bytes_max));
    }
    if (entry == "other")
      throw std::invalid_argument("other stands for all instruments that are not in the list");
    return {.text = entry, .is_name = true};
  }

  void index() {
    slots_.fill(none);
    for (std::size_t place = 0; place < watched_.size(); ++place) {
      if (watched_[place].number == 0) continue;
      std::size_t slot = slot_of(watched_[place].number);
      while (slots_[slot] != none) slot = (slot + 1) % slot_count;
      slots_[slot] = static_cast<std::uint8_t>(place);
    }
  }

  std::vector<Watched> watched_;
  std::array<std::uint8_t, slot_count> slots_{};
};

}  // namespace tickweir::observe
