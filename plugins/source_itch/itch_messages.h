// NASDAQ TotalView-ITCH 5.0 on the wire: the message types, their lengths, and readers for those that
// become market events.
//
// Threading: pure functions and plain data; any thread.
// Memory:    views; nothing here allocates or owns. A reader needs the whole message, whose length the
//            caller has checked against `lengths`.
// Units:     big-endian throughout. Prices in 1/10000 of the currency, times in ns since midnight.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace tickweir::itch {

struct Kind {
  char type;
  std::uint8_t length;
  const char* name;
};

// All types of the specification, the direct listing message of 2022 included.
inline constexpr std::array<Kind, 23> kinds{{
    {'S', 12, "system_event"},
    {'R', 39, "stock_directory"},
    {'H', 25, "trading_action"},
    {'Y', 20, "reg_sho"},
    {'L', 26, "participant_position"},
    {'V', 35, "mwcb_levels"},
    {'W', 12, "mwcb_status"},
    {'K', 28, "ipo_quoting"},
    {'J', 35, "luld_collar"},
    {'h', 21, "operational_halt"},
    {'O', 48, "direct_listing"},
    {'A', 36, "add_order"},
    {'F', 40, "add_order_attributed"},
    {'E', 31, "order_executed"},
    {'C', 36, "order_executed_price"},
    {'X', 23, "order_cancel"},
    {'D', 19, "order_delete"},
    {'U', 35, "order_replace"},
    {'P', 44, "trade"},
    {'Q', 40, "cross_trade"},
    {'B', 19, "broken_trade"},
    {'I', 50, "imbalance"},
    {'N', 20, "retail_interest"},
}};

constexpr std::uint32_t message_length_max = 50;

// Length of a message by its type byte; 0: no such type.
inline constexpr std::array<std::uint8_t, 256> lengths = [] {
  std::array<std::uint8_t, 256> table{};
  for (const Kind& kind : kinds) table[static_cast<unsigned char>(kind.type)] = kind.length;
  return table;
}();

inline std::uint16_t read_u16(const std::uint8_t* at) {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}
inline std::uint32_t read_u32(const std::uint8_t* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}
inline std::uint64_t read_u64(const std::uint8_t* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap64(value);
}

// ---- The head of every message: type 1, stock locate 2, tracking number 2, timestamp 6 -----------------

inline std::uint32_t stock_locate(const std::uint8_t* message) {
  return read_u16(message + 1);
}
// One load: the two bytes before the timestamp are the tracking number, and are masked off.
inline std::uint64_t timestamp(const std::uint8_t* message) {
  return read_u64(message + 3) & ((std::uint64_t{1} << 48) - 1);
}

// ---- What follows the head, by type. Fields that no event carries are left out --------------------------

struct AddOrder {  // A, F
  std::uint64_t reference;
  std::uint32_t shares;
  std::uint32_t price;
  std::uint8_t side;  // 'B' or 'S'
  explicit AddOrder(const std::uint8_t* m)
      : reference(read_u64(m + 11)), shares(read_u32(m + 20)), price(read_u32(m + 32)), side(m[19]) {}
};
// F: the four letters of the participant that shows its name.
inline std::uint32_t attribution(const std::uint8_t* message) {
  return read_u32(message + 36);
}

struct OrderExecuted {  // E, and the head of C
  std::uint64_t reference;
  std::uint64_t match_number;
  std::uint32_t shares;
  explicit OrderExecuted(const std::uint8_t* m)
      : reference(read_u64(m + 11)), match_number(read_u64(m + 23)), shares(read_u32(m + 19)) {}
};
struct OrderExecutedPrice : OrderExecuted {  // C
  std::uint32_t price;
  std::uint8_t printable;  // 'Y' or 'N'
  explicit OrderExecutedPrice(const std::uint8_t* m)
      : OrderExecuted(m), price(read_u32(m + 32)), printable(m[31]) {}
};
struct OrderCancel {  // X
  std::uint64_t reference;
  std::uint32_t shares;
  explicit OrderCancel(const std::uint8_t* m) : reference(read_u64(m + 11)), shares(read_u32(m + 19)) {}
};
struct OrderDelete {  // D
  std::uint64_t reference;
  explicit OrderDelete(const std::uint8_t* m) : reference(read_u64(m + 11)) {}
};
struct OrderReplace {  // U
  std::uint64_t reference;
  std::uint64_t new_reference;
  std::uint32_t shares;
  std::uint32_t price;
  explicit OrderReplace(const std::uint8_t* m)
      : reference(read_u64(m + 11)),
        new_reference(read_u64(m + 19)),
        shares(read_u32(m + 27)),
        price(read_u32(m + 31)) {}
};
struct HiddenTrade {  // P
  std::uint32_t shares;
  std::uint32_t price;
  std::uint8_t side;
  explicit HiddenTrade(const std::uint8_t* m)
      : shares(read_u32(m + 20)), price(read_u32(m + 32)), side(m[19]) {}
};
struct CrossTrade {  // Q
  std::uint64_t shares;
  std::uint32_t price;
  explicit CrossTrade(const std::uint8_t* m) : shares(read_u64(m + 11)), price(read_u32(m + 27)) {}
};
struct StockDirectory {       // R
  const std::uint8_t* stock;  // 8 letters, padded with spaces
  std::uint32_t round_lot;
  explicit StockDirectory(const std::uint8_t* m) : stock(m + 11), round_lot(read_u32(m + 21)) {}
};
struct TradingAction {         // H
  const std::uint8_t* reason;  // 4 letters
  std::uint8_t state;          // 'H', 'P', 'Q' or 'T'
  explicit TradingAction(const std::uint8_t* m) : reason(m + 21), state(m[19]) {}
};
struct OperationalHalt {  // h
  std::uint8_t market;    // 'Q', 'B' or 'X'
  std::uint8_t action;    // 'H' or 'T'
  explicit OperationalHalt(const std::uint8_t* m) : market(m[19]), action(m[20]) {}
};

}  // namespace tickweir::itch
