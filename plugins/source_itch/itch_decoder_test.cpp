// Each message type of ITCH 5.0, byte by byte, against the event it must become.
#include <gtest/gtest.h>

#include "itch_test_input.h"

namespace tickweir::itch {
namespace {

using testing::event;
using testing::OwnedEvent;

constexpr std::uint64_t midnight = 1'000'000'000'000;
constexpr std::uint64_t moment = 0x112233445566;  // the timestamp in every head below
constexpr const char* head = " 0102 0304 112233445566 ";
const testing::Fields fields{.time = midnight + moment, .origin = make_origin(9, 77)};

struct Case {
  const char* name;
  std::string bytes;
  std::vector<OwnedEvent> events;
};

template <typename Payload>
std::vector<OwnedEvent> one(const Payload& payload) {
  return {event(payload, fields)};
}

market::Instrument instrument(std::string_view name) {
  market::Instrument out{.instrument = 0x102, .lot_size = 100, .price_unit = 10'000};
  std::copy(name.begin(), name.end(), out.name);
  return out;
}
market::TradingStatus status(market::TradingState state, std::string_view reason, std::uint8_t flags = 0) {
  market::TradingStatus out{.instrument = 0x102, .state = state, .flags = flags};
  std::copy(reason.begin(), reason.end(), out.reason);
  return out;
}

const std::string h = head;
const std::string stock = " 5a58595a20202020 ";  // "ZXYZ    "

std::vector<Case> order_cases() {
  const std::string reference = " 1122334455667788 ";
  using market::Side;
  return {
      {"A buy", "41" + h + reference + "42 00000064" + stock + "fffffffe",
       one(market::NewOrder{.order_id = 0x1122334455667788,
                            .price = 0xfffffffe,
                            .quantity = 100,
                            .instrument = 0x102,
                            .side = Side::Buy})},
      {"A sell", "41" + h + reference + "53 01020304" + stock + "0001e240",
       one(market::NewOrder{.order_id = 0x1122334455667788,
                            .price = 123'456,
                            .quantity = 0x1020304,
                            .instrument = 0x102,
                            .side = Side::Sell})},
      {"A of no side", "41" + h + reference + "3f 00000064" + stock + "0001e240",
       one(market::NewOrder{.order_id = 0x1122334455667788,
                            .price = 123'456,
                            .quantity = 100,
                            .instrument = 0x102,
                            .side = Side::None})},
      {"F", "46" + h + reference + "53 00000064" + stock + "0001e240 54574d4d",
       one(market::NewOrder{.order_id = 0x1122334455667788,
                            .price = 123'456,
                            .quantity = 100,
                            .instrument = 0x102,
                            .account = 0x54574d4d,
                            .side = Side::Sell})},
      {"E", "45" + h + reference + "00000065 8000000000000001",
       one(market::VenueExecution{.order_id = 0x1122334455667788,
                                  .venue_match_id = 0x8000000000000001,
                                  .quantity = 101,
                                  .instrument = 0x102,
                                  .printable = 1})},
      {"C printable", "43" + h + reference + "00000065 8000000000000001 59 0001e240",
       one(market::VenueExecution{.order_id = 0x1122334455667788,
                                  .price = 123'456,
                                  .venue_match_id = 0x8000000000000001,
                                  .quantity = 101,
                                  .instrument = 0x102,
                                  .printable = 1})},
      {"C not printable", "43" + h + reference + "00000065 0000000000000002 4e 80000000",
       one(market::VenueExecution{.order_id = 0x1122334455667788,
                                  .price = 0x80000000,
                                  .venue_match_id = 2,
                                  .quantity = 101,
                                  .instrument = 0x102,
                                  .printable = 0})},
      {"X", "58" + h + reference + "80000001",
       one(market::Reduce{.order_id = 0x1122334455667788, .quantity = 0x80000001, .instrument = 0x102})},
      {"D", "44" + h + reference, one(market::Cancel{.order_id = 0x1122334455667788, .instrument = 0x102})},
      {"U", "55" + h + reference + "99aabbccddeeff00 00000064 0001e240",
       one(market::Replace{.order_id = 0x1122334455667788,
                           .new_order_id = 0x99aabbccddeeff00,
                           .price = 123'456,
                           .quantity = 100,
                           .instrument = 0x102})},
  };
}

std::vector<Case> trade_and_status_cases() {
  using market::Side;
  using market::TradingState;
  return {
      {"P", "50" + h + "0000000000000000 42 00000064" + stock + "0001e240 00000000000003e7",
       one(market::Trade{.price = 123'456, .quantity = 100, .instrument = 0x102, .side = Side::Buy})},
      {"Q", "51" + h + "0000000100000000" + stock + "0001e240 00000000000003e7 4f",
       one(market::Trade{.price = 123'456, .quantity = 0x100000000, .instrument = 0x102})},
      {"Q in which nothing traded",
       "51" + h + "0000000000000000" + stock + "00000000 00000000000003e7 4f",
       {}},
      {"R", "52" + h + stock + "51 4e 00000064 4e 43 5a20 50 4e 4e 31 4e 00000001 4e",
       one(instrument("ZXYZ"))},
      {"R of eight letters",
       "52" + h + "4142434445464748 51 4e 00000064 4e 43 5a20 50 4e 4e 31 4e 00000001 4e",
       one(instrument("ABCDEFGH"))},
      {"R of no name", "52" + h + "2020202020202020 51 4e 00000064 4e 43 5a20 50 4e 4e 31 4e 00000001 4e",
       one(instrument(""))},
      {"H trading", "48" + h + stock + "54 20 20202020", one(status(TradingState::Open, "    "))},
      {"H halted", "48" + h + stock + "48 20 54312020", one(status(TradingState::Halted, "T1  "))},
      {"H paused", "48" + h + stock + "50 20 4c554450", one(status(TradingState::Paused, "LUDP"))},
      {"H quotes only", "48" + h + stock + "51 20 20202020", one(status(TradingState::QuoteOnly, "    "))},
      {"H of no known state", "48" + h + stock + "5a 20 20202020",
       one(status(TradingState::Unknown, "    "))},
      {"h halted", "68" + h + stock + "42 48", one(status(TradingState::Halted, "", 'B'))},
      {"h trading", "68" + h + stock + "51 54", one(status(TradingState::Open, "", 'Q'))},
      {"S", "53" + h + "51", {}},
      {"Y", "59" + h + stock + "30", {}},
      {"L", "4c" + h + "54574d4d" + stock + "59 4e 41", {}},
      {"V", "56" + h + "0000000000000001 0000000000000002 0000000000000003", {}},
      {"W", "57" + h + "31", {}},
      {"K", "4b" + h + stock + "00008000 41 0001e240", {}},
      {"J", "4a" + h + stock + "0001e240 0001e241 0001e23f 00000000", {}},
      {"O", "4f" + h + stock + "59 0001e240 0001e241 0001e242 0000000000000001 0001e243 0001e244", {}},
      {"B", "42" + h + "00000000000003e7", {}},
      {"I",
       "49" + h + "0000000000000064 0000000000000065 42" + stock + "0001e240 0001e240 0001e240 43 4c",
       {}},
      {"N", "4e" + h + stock + "41", {}},
  };
}

std::vector<Case> cases() {
  std::vector<Case> all = order_cases();
  for (Case& one : trade_and_status_cases()) all.push_back(std::move(one));
  return all;
}

TEST(ItchDecoder, TurnsEachTypeIntoItsEventFieldByField) {
  for (const Case& given : cases()) {
    SCOPED_TRACE(given.name);
    const Buffer message = hex(given.bytes);
    Decoder decoder(midnight, 9);
    KeepingSink sink;
    EXPECT_EQ(decoder.decode(message.data(), static_cast<std::uint32_t>(message.size()), 77, sink),
              Outcome::decoded);
    EXPECT_EQ(sink.events(), given.events);
    EXPECT_EQ(decoder.count(given.name[0]), 1U);
  }
}

TEST(ItchDecoder, KnowsTheTwentyThreeTypesOfTheSpecificationAndNoOther) {
  std::string types;
  std::uint32_t known = 0;
  for (const Kind& kind : kinds) types += kind.type;
  for (const std::uint8_t length : lengths) known += length != 0 ? 1U : 0U;
  EXPECT_EQ(known, 23U);
  for (const Case& given : cases()) EXPECT_NE(types.find(given.name[0]), std::string::npos) << given.name;
}

TEST(ItchDecoder, DecodesNoMessageOfAWrongLength) {
  for (const Case& given : cases()) {
    SCOPED_TRACE(given.name);
    Buffer message = hex(given.bytes);
    Decoder decoder(midnight, 9);
    KeepingSink sink;
    const auto length = static_cast<std::uint32_t>(message.size());
    for (std::uint32_t shorter = 1; shorter < length; ++shorter) {
      const auto exact =
          std::make_unique<std::uint8_t[]>(shorter);  // so that a sanitizer sees a read behind it
      std::copy_n(message.begin(), shorter, exact.get());
      EXPECT_EQ(decoder.decode(exact.get(), shorter, 77, sink), Outcome::too_short);
    }
    message.push_back(0);
    EXPECT_EQ(decoder.decode(message.data(), length + 1, 77, sink), Outcome::too_long);
    message[0] = 'z';
    EXPECT_EQ(decoder.decode(message.data(), length + 1, 77, sink), Outcome::unknown_type);
    EXPECT_TRUE(sink.events().empty());
    EXPECT_EQ(decoder.count(given.name[0]), 0U);
  }
}

TEST(ItchDecoder, CountsMessagesThatAreEarlierThanTheOneBefore) {
  Decoder decoder(midnight, 9);
  KeepingSink sink;
  for (const std::uint64_t time : {5U, 6U, 6U, 4U, 3U, 9U}) {
    decoder.decode(Message('S', 0, time).letter('O').bytes().data(), 12, 1, sink);
  }
  EXPECT_EQ(decoder.time_reversals(), 2U);
}

TEST(ItchDecoder, GoesOnCountingWhenNobodyWantsTheEvents) {
  struct Deaf {
    static std::uint8_t* open(std::uint16_t, std::uint32_t, std::uint64_t, std::uint64_t) { return nullptr; }
  } sink;
  Decoder decoder(midnight, 9);
  for (const Case& given : cases()) {
    const Buffer message = hex(given.bytes);
    EXPECT_EQ(decoder.decode(message.data(), static_cast<std::uint32_t>(message.size()), 77, sink),
              Outcome::decoded);
  }
  EXPECT_EQ(decoder.count('A'), 3U);
}

TEST(ItchWriter, PlacesTheFieldsWhereTheSpecificationHasThem) {
  const Message add =
      Message('A', 0x102, moment).u64(0x1122334455667788).letter('B').u32(100).text("ZXYZ", 8).u32(123'456);
  const Buffer expected =
      hex("41 0102 0000 112233445566 1122334455667788 42 00000064 5a58595a20202020 0001e240");
  EXPECT_EQ(to_buffer(add), expected);
}

}  // namespace
}  // namespace tickweir::itch
