// Files of ITCH messages: BinaryFILE (u16 length, message; length 0 ends the session), and the same with
// every length prefix 0, where the type byte gives the length.
//
// Threading: one thread. Memory: the window, made by the constructor; read() does not allocate.
// Errors:    damage is counted and told of through Faults; std::runtime_error only when that is strict,
//            or when the input cannot be read.
// Places:    "byte N" is the first byte of the length prefix.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "itch_decoder.h"
#include "itch_faults.h"
#include "itch_input.h"

namespace tickweir::itch {

enum class Format { automatic, binaryfile, untyped, pcap };
enum class Progress { more, finished };

// What a file is, by its first bytes; automatic: it cannot be told.
inline Format detect(const std::uint8_t* head, std::size_t size) {
  if (size >= 4) {
    switch (read_u32(head)) {
      case 0xa1b2c3d4:
      case 0xd4c3b2a1:  // pcap, microseconds
      case 0xa1b23c4d:
      case 0x4d3cb2a1:  // pcap, nanoseconds
      case 0xa1b2cd34:
      case 0x34cdb2a1:  // pcap, Kuznetzov's
      case 0x0a0d0d0a:
        return Format::pcap;  // pcapng
      default:
        break;
    }
  }
  if (size < 3) return Format::binaryfile;  // at most an end of session
  if (lengths[head[2]] == 0) return Format::automatic;
  return read_u16(head) == 0 ? Format::untyped : Format::binaryfile;
}

template <typename Source>
class FileReader {
 public:
  static constexpr std::size_t window_bytes = 256U << 10;  // stays in a core's own cache

  // `capacity` of the window: at least a length prefix and the 65,535 bytes that it can announce.
  FileReader(Source& source, bool untyped, Decoder& decoder, Faults& faults,
             std::size_t capacity = window_bytes)
      : window_(source, capacity), decoder_(decoder), faults_(faults), untyped_(untyped) {}

  // Decodes until the sink is full or the window is used up; refills the window once at most.
  template <typename Sink>
  Progress read(Sink& sink) {
    if (needs_input_) {
      const std::size_t before = window_.size();
      const bool got = window_.refill();
      faults_.add(Count::bytes, window_.size() - before);
      if (!got) return finish();
      needs_input_ = false;
    }
    if (ended_) {
      skip_trailing();
    } else if (untyped_) {
      read_untyped(sink);
    } else {
      read_prefixed(sink);
    }
    return Progress::more;
  }

 private:
  // Both loops work on a sink of their own, which the compiler can keep in registers, and leave the loop
  // to tell of a fault: what was decoded before it must be in the caller's sink when that throws.

  template <typename Sink>
  void read_prefixed(Sink& callers) {
    const std::uint8_t* at = window_.begin();
    const std::uint8_t* const end = window_.end();
    std::uint64_t ordinal = ordinal_;
    Outcome outcome = Outcome::decoded;
    std::uint32_t length = 0;
    Sink sink = std::move(callers);
    while (!sink.is_full()) {
      if (end - at < 2) {
        needs_input_ = true;
        break;
      }
      length = read_u16(at);
      if (end - at < 2 + static_cast<std::ptrdiff_t>(length)) {
        needs_input_ = true;
        break;
      }
      if (length == 0) [[unlikely]] {
        ended_ = true;
        at += 2;
        break;
      }
      outcome = decoder_.decode(at + 2, length, ++ordinal, sink);
      at += 2 + length;
      if (outcome != Outcome::decoded) [[unlikely]]
        break;
    }
    callers = std::move(sink);
    ordinal_ = ordinal;
    window_.consume_to(at);
    if (outcome != Outcome::decoded)
      faults_.report_message(outcome, place(at - length - 2), *(at - length), length);
  }

  template <typename Sink>
  void read_untyped(Sink& callers) {
    const std::uint8_t* at = window_.begin();
    const std::uint8_t* const end = window_.end();
    bool is_damaged = false;
    Sink sink = std::move(callers);
    while (!sink.is_full()) {
      if (end - at < 3) {
        needs_input_ = true;
        break;
      }
      const std::uint32_t prefix = read_u16(at);
      const std::uint32_t length = lengths[at[2]];
      is_damaged = length == 0 || (prefix != 0 && prefix != length);
      if (is_damaged) [[unlikely]]
        break;
      if (end - at < 2 + static_cast<std::ptrdiff_t>(length)) {
        needs_input_ = true;
        break;
      }
      lost_ = false;
      decoder_.decode(at + 2, length, ++ordinal_, sink);
      at += 2 + length;
    }
    callers = std::move(sink);
    window_.consume_to(is_damaged ? at + 1 : at);
    if (is_damaged) search(at);
  }

  // No prefix says where the next message is: go on byte by byte until one fits, and tell of it once.
  void search(const std::uint8_t* at) {
    if (lost_) return;
    lost_ = true;
    ++ordinal_;
    faults_.report(Count::unknown_messages, 1, place(at),
                   "length prefix " + std::to_string(read_u16(at)) + " and type " + Faults::letter(at[2]) +
                       ", expected length prefix 0 and a type of ITCH 5.0");
  }

  void skip_trailing() {
    const std::size_t size = window_.size();
    if (size != 0) {
      const std::string where = place(window_.begin());
      window_.consume_to(window_.end());
      if (trailing_told_) {
        faults_.add(Count::trailing_bytes, size);
      } else {
        trailing_told_ = true;
        faults_.report(Count::trailing_bytes, size, where,
                       "more bytes after the end of the session, expected none");
      }
    }
    needs_input_ = true;
  }

  Progress finish() {
    const std::size_t left = window_.size();
    // Without length prefixes, two zero bytes at the end may be an end of session.
    const bool is_end = untyped_ && left == 2 && read_u16(window_.begin()) == 0;
    const std::string where = place(window_.begin());
    window_.consume_to(window_.end());
    if (left != 0 && !is_end && !lost_) {
      faults_.report(
          Count::truncated_bytes, left, where,
          "the input ends after " + std::to_string(left) + " bytes of a message, expected the whole of it");
    }
    if constexpr (requires(const Source& source) { source.ends_early(); }) {
      if (window_.source().ends_early()) {
        faults_.report(Count::truncated_bytes, 0, where, "the gzip stream ends early, expected its end mark");
      }
    }
    return Progress::finished;
  }

  [[nodiscard]] std::string place(const std::uint8_t* at) const {
    return "byte " + std::to_string(window_.offset(at));
  }

  Window<Source> window_;
  Decoder& decoder_;
  Faults& faults_;
  std::uint64_t ordinal_ = 0;  // of the last message, from 1
  bool untyped_;
  bool needs_input_ = true;
  bool ended_ = false;  // a length of 0 has been read
  bool lost_ = false;   // between messages of an untyped file
  bool trailing_told_ = false;
};

}  // namespace tickweir::itch
