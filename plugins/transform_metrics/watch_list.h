// The instruments that are counted one by one: a list of at most 100 numbers and names. The number of a
// name is learned from the stream.
//
// Threading: one owner. Memory: all in the constructor.
// Errors:    an entry that is no number and no name is a std::invalid_argument that says why. load() throws
//            on what makes no sense.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tickweir/scalar.h"
#include "tickweir/state.h"

namespace tickweir::observe {

constexpr std::size_t watched_max = 100;
constexpr std::size_t name_bytes_max = 16;

// A name as it stands in its field, without the zeros and blanks that fill it up.
[[nodiscard]] inline std::string_view name_in(const std::uint8_t (&field)[name_bytes_max]) {
  const std::string_view whole(reinterpret_cast<const char*>(field), sizeof field);
  const std::size_t last = whole.find_last_not_of(std::string_view(" \0", 2));
  return whole.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

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

  // The names whose number is known, in the order of the list. Where it is loaded the list may be another
  // one: a name that is not on it is passed over, one that is new has no number yet.
  void save(StateWriter& out) const {
    const auto is_learned = [](const Watched& entry) { return entry.is_name && entry.number != 0; };
    out.put<std::uint64_t>(state_format);
    out.put(static_cast<std::uint64_t>(std::ranges::count_if(watched_, is_learned)));
    for (const Watched& entry : watched_) {
      if (!is_learned(entry)) continue;
      Learned learned{.number = entry.number};
      std::ranges::copy(entry.text, learned.name);
      out.put(learned);
    }
  }
  void load(StateReader& in) {
    in.expect("format", state_format);
    for (auto left = in.get_count(watched_max); left != 0; --left) {
      const auto learned = in.get<Learned>();
      const std::string_view name = name_in(learned.name);
      if (learned.number < 1 || learned.number > 0xffff'ffffULL || name.empty()) {
        throw std::runtime_error("instrument " + std::to_string(learned.number) + " named \"" +
                                 std::string(name) + "\" in the saved state makes no sense");
      }
      learn(static_cast<std::uint32_t>(learned.number), name);
    }
  }
  // For people.
  void show(TextWriter& out) const {
    for (const Watched& entry : watched_) {
      if (!entry.is_name) continue;
      out.line(entry.text + ": " + (entry.number == 0 ? "not known" : std::to_string(entry.number)));
    }
  }

 private:
  struct Learned {
    std::uint64_t number = 0;
    std::uint8_t name[name_bytes_max] = {};
  };
  struct Watched {
    std::string text;
    bool is_name = false;
    std::uint32_t number = 0;  // 0: not known yet
  };
  static constexpr std::uint64_t state_format = 1;
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
