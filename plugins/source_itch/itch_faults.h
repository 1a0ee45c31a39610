// What is wrong with an input, counted; the first few of a kind described; fatal when strict.
//
// Threading: one thread. Memory: allocates only to describe a fault.
// Errors:    with `strict`, the first fault is thrown as std::runtime_error with place, what was found and
//            what was expected.
#pragma once

#include <array>
#include <cctype>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "itch_decoder.h"

namespace tickweir::itch {

// Everything a reader counts besides the messages themselves.
enum class Count : std::uint8_t {
  bytes,
  unknown_messages,
  short_messages,
  long_messages,
  truncated_bytes,
  trailing_bytes,
  packets,
  ignored_packets,
  fragments,
  cut_packets,
  unknown_datagrams,
  heartbeats,
  session_ends,
  gaps,
  missing_messages,
  repeated_messages,
  forgotten_sessions
};
constexpr std::size_t count_kinds = static_cast<std::size_t>(Count::forgotten_sessions) + 1;

class Faults {
 public:
  using Warn = std::function<void(const std::string&)>;

  // `input` names the file in every text.
  Faults(std::string input, bool strict, Warn warn)
      : input_(std::move(input)), warn_(std::move(warn)), strict_(strict) {}

  void add(Count count, std::uint64_t number = 1) { counts_[index(count)] += number; }
  [[nodiscard]] std::uint64_t count(Count count) const { return counts_[index(count)]; }
  void reset_counts() { counts_.fill(0); }

  // Counts `number` under `count` and tells of it: at `place`, `what`.
  [[gnu::cold]] void report(Count count, std::uint64_t number, const std::string& place,
                            const std::string& what) {
    add(count, number);
    const std::string text = input_ + ": " + place + ": " + what;
    if (strict_) throw std::runtime_error(text + "; with strict: false it would be counted and skipped");
    auto& told = told_[index(count)];
    if (told == told_max) return;
    ++told;
    warn_(told == told_max ? text + " (more of this kind are only counted)" : text);
  }

  // As report(), for what harms nothing that was read: told once, and never fatal.
  [[gnu::cold]] void mention(Count count, const std::string& place, const std::string& what) {
    add(count);
    if (told_[index(count)]++ == 0) warn_(input_ + ": " + place + ": " + what);
  }

  [[gnu::cold]] void report_message(Outcome outcome, const std::string& place, std::uint8_t type,
                                    std::uint32_t length) {
    const std::string found = "message " + letter(type) + " of " + std::to_string(length) + " bytes";
    if (outcome == Outcome::unknown_type) {
      report(Count::unknown_messages, 1, place, found + ", expected a type of ITCH 5.0");
    } else {
      report(outcome == Outcome::too_short ? Count::short_messages : Count::long_messages, 1, place,
             found + ", expected " + std::to_string(lengths[type]) + " bytes");
    }
  }

  [[nodiscard]] const std::string& input() const { return input_; }

  // 'A', or 0x07 when it cannot be printed.
  static std::string letter(std::uint8_t type) {
    if (std::isprint(type) != 0) return {'\'', static_cast<char>(type), '\''};
    constexpr const char* digits = "0123456789abcdef";
    return {'0', 'x', digits[type >> 4], digits[type & 15]};
  }

 private:
  static constexpr std::size_t index(Count count) { return static_cast<std::size_t>(count); }
  static constexpr std::uint32_t told_max = 5;

  std::string input_;
  Warn warn_;
  bool strict_;
  std::array<std::uint64_t, count_kinds> counts_{};
  std::array<std::uint32_t, count_kinds> told_{};
};

}  // namespace tickweir::itch
