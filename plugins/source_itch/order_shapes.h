// How the seven order messages (A F E C X D U), nearly all of a day, lie in their events.
//
// Telling them apart by a branch costs more than all the rest: their order is random, and a processor
// guesses it wrong every second time. So each is described as a row of a table instead: which 8 bytes of
// the message make each 8-byte word of the payload. One straight run of loads and stores serves all seven.
//
// Threading: pure functions and constants. Memory: reads only inside the message, writes only inside the
//            payload.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "itch_messages.h"
#include "tickweir/market.h"

namespace tickweir::itch {

// What a letter of the message means in the event.
enum class Letter : std::uint8_t { none, side, printable, always_printable };
inline constexpr std::array<std::array<std::uint8_t, 256>, 4> letter_codes = [] {
  std::array<std::array<std::uint8_t, 256>, 4> codes{};
  codes[1]['B'] = static_cast<std::uint8_t>(market::Side::Buy);
  codes[1]['S'] = static_cast<std::uint8_t>(market::Side::Sell);
  codes[2]['Y'] = 1;
  codes[3].fill(1);
  return codes;
}();

// word = (8 bytes from `offset`, big-endian) & mask, plus the stock locate times a factor.
struct Word {
  std::uint8_t offset = 3;  // anywhere, when nothing is taken
  std::uint64_t mask = 0;
  std::uint64_t locate_factor = 0;
};
constexpr std::uint64_t high_half = std::uint64_t{1} << 32;

constexpr Word number64(std::uint8_t at) {
  return {.offset = at, .mask = UINT64_MAX};
}
// 4 bytes at `at`: the low half of the 8 that end with them, which lie in the message as well.
constexpr Word number32(std::uint8_t at) {
  return {.offset = static_cast<std::uint8_t>(at - 4), .mask = UINT32_MAX};
}
constexpr Word number32_and_locate(std::uint8_t at) {
  Word word = number32(at);
  word.locate_factor = high_half;
  return word;
}
constexpr Word locate_alone() {
  return {.locate_factor = 1};
}
constexpr Word nothing() {
  return {};
}
constexpr std::size_t words_max = 5;

// The first word of every payload is the order's reference number; the last of five is a letter alone.
struct Shape {
  std::uint16_t event_type = 0;
  std::uint8_t bytes = 0;  // of the payload
  Letter letter = Letter::none;
  std::uint8_t letter_offset = 0;
  // Where each word goes. One that the payload does not have goes where its last one will be: all five are
  // stored, from the last down, and no branch asks how many there are.
  std::array<std::uint8_t, words_max> target{};
  std::array<Word, 3> middle{};     // words 1 to 3
  std::uint64_t letter_factor = 0;  // of the letter's code in word 3
};

template <typename Payload>
constexpr Shape make_shape(std::array<Word, 3> middle, Letter letter = Letter::none,
                           std::uint8_t letter_offset = 0, std::uint64_t letter_factor = 0) {
  Shape shape{.event_type = Payload::event_type,
              .bytes = sizeof(Payload),
              .letter = letter,
              .letter_offset = letter_offset,
              .middle = middle,
              .letter_factor = letter_factor};
  for (std::size_t i = 0; i < words_max; ++i) {
    shape.target[i] = static_cast<std::uint8_t>(std::min(8 * i, sizeof(Payload) - 8));
  }
  return shape;
}

inline constexpr std::array<Shape, 8> shapes{{
    {},  // of everything else
    // A, F
    make_shape<market::NewOrder>({number32(32), number32_and_locate(20), nothing()}, Letter::side, 19,
                                 high_half),
    make_shape<market::NewOrder>({number32(32), number32_and_locate(20), number32(36)}, Letter::side, 19,
                                 high_half),
    // E, C
    make_shape<market::VenueExecution>({nothing(), number64(23), number32_and_locate(19)},
                                       Letter::always_printable),
    make_shape<market::VenueExecution>({number32(32), number64(23), number32_and_locate(19)},
                                       Letter::printable, 31),
    // X, D, U
    make_shape<market::Reduce>({number32_and_locate(19), nothing(), nothing()}),
    make_shape<market::Cancel>({locate_alone(), nothing(), nothing()}),
    make_shape<market::Replace>({number64(19), number32(31), number32_and_locate(27)}),
}};
inline constexpr std::array<std::uint8_t, 256> shape_of = [] {
  std::array<std::uint8_t, 256> table{};
  std::uint8_t index = 0;
  for (const char type : {'A', 'F', 'E', 'C', 'X', 'D', 'U'})
    table[static_cast<unsigned char>(type)] = ++index;
  return table;
}();

// The words lie where market.fbs has the fields.
static_assert(offsetof(market::NewOrder, price) == 8 && offsetof(market::NewOrder, quantity) == 16 &&
              offsetof(market::NewOrder, account) == 24 && offsetof(market::NewOrder, side) == 28);
static_assert(offsetof(market::VenueExecution, price) == 8 &&
              offsetof(market::VenueExecution, venue_match_id) == 16 &&
              offsetof(market::VenueExecution, quantity) == 24 &&
              offsetof(market::VenueExecution, printable) == 32);
static_assert(offsetof(market::Reduce, quantity) == 8 && offsetof(market::Reduce, instrument) == 12);
static_assert(offsetof(market::Cancel, instrument) == 8);
static_assert(offsetof(market::Replace, new_order_id) == 8 && offsetof(market::Replace, price) == 16 &&
              offsetof(market::Replace, quantity) == 24 && offsetof(market::Replace, instrument) == 28);

inline std::uint64_t make_word(const Word& from, const std::uint8_t* message, std::uint64_t locate) {
  return (read_u64(message + from.offset) & from.mask) + locate * from.locate_factor;
}

// Fills the payload of the event that the message becomes.
inline void fill(const Shape& shape, const std::uint8_t* message, std::uint8_t* payload) {
  const std::uint64_t locate = stock_locate(message);
  const std::uint64_t code =
      letter_codes[static_cast<std::size_t>(shape.letter)][message[shape.letter_offset]];
  const std::array<std::uint64_t, words_max> words{
      read_u64(message + 11), make_word(shape.middle[0], message, locate),
      make_word(shape.middle[1], message, locate),
      make_word(shape.middle[2], message, locate) + code * shape.letter_factor, code};
  for (std::size_t i = words_max; i-- != 0;)
    std::memcpy(payload + shape.target[i], &words[i], sizeof words[i]);
}

}  // namespace tickweir::itch
