// How events are put in words, by layouts that may be nonsense.
#include <cstring>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/wal_events.h"

namespace tickweir {
namespace {

using nlohmann::json;

// An event with these payload bytes.
class MadeEvent {
 public:
  MadeEvent(std::uint16_t type, const std::vector<std::uint8_t>& payload)
      : words_((sizeof(Event) + payload.size()) / 8) {
    Event header{};
    header.size = static_cast<std::uint32_t>(sizeof(Event) + payload.size());
    header.type = type;
    header.sequence = 7;
    header.time = 1'767'623'400'000'000'001;
    header.origin = make_origin(3, 9);
    std::memcpy(words_.data(), &header, sizeof header);
    if (!payload.empty()) std::memcpy(words_.data() + sizeof header / 8, payload.data(), payload.size());
  }
  [[nodiscard]] std::string text(const std::string& schema) const {
    std::string out;
    EventTable(schema).append_text(event(), out);
    return out;
  }
  [[nodiscard]] json object(const std::string& schema) const {
    std::string out;
    EventTable(schema).append_json(event(), out);
    return json::parse(out);
  }

 private:
  [[nodiscard]] const Event& event() const { return *reinterpret_cast<const Event*>(words_.data()); }
  std::vector<std::uint64_t> words_;
};

const std::string head = "7 2026-01-05T14:30:00.000000001Z 3:9 ";
const std::vector<std::uint8_t> payload{1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255, 255, 255, 255, 255};

TEST(WalEvents, ShowNumbersOfEverySize) {
  const std::string schema = "Sizes 16 300 a@0:1 b@1:1 c@2:2 d@4:4 e@8:8\n";
  EXPECT_EQ(MadeEvent(300, payload).text(schema),
            head + "Sizes a=1 b=2 c=1027 d=134678021 e=18446744073709551615\n");
  const json found = MadeEvent(300, payload).object(schema);
  EXPECT_EQ(found["event"], "Sizes");
  EXPECT_EQ(found["sequence"], 7);
  EXPECT_EQ(found["time"], 1'767'623'400'000'000'001);
  EXPECT_EQ(found["source"], 3);
  EXPECT_EQ(found["number"], 9);
  EXPECT_EQ(found["fields"]["e"], 18446744073709551615U);
}

TEST(WalEvents, ShowOtherSizesAsDigits) {
  const std::string schema = "Name 16 300 name@0:16\n";
  EXPECT_EQ(MadeEvent(300, payload).text(schema), head + "Name name=0102030405060708ffffffffffffffff\n");
  EXPECT_EQ(MadeEvent(300, payload).object(schema)["fields"]["name"], "0102030405060708ffffffffffffffff");
}

TEST(WalEvents, ShowWhatNoLayoutExplainsAsDigits) {
  EXPECT_EQ(MadeEvent(300, payload).text("Other 16 301 a@0:8\n"),
            head + "type=300 rest=0102030405060708ffffffffffffffff\n");
  EXPECT_EQ(MadeEvent(300, payload).text("Short 8 300 a@0:8\n"),
            head + "Short a=578437695752307201 rest=ffffffffffffffff\n");
  EXPECT_EQ(MadeEvent(300, payload).text("Long 24 300 a@0:8\n"),
            head + "type=300 rest=0102030405060708ffffffffffffffff\n");
  EXPECT_EQ(MadeEvent(300, payload).object("")["rest"], "0102030405060708ffffffffffffffff");
}

TEST(WalEvents, ShowTheItemsThatFollowAHead) {
  const std::string schema = "List 0 300\nListItem 8 0 a@0:1 b@4:4\n";
  EXPECT_EQ(MadeEvent(300, payload).text(schema), head + "List [ a=1 b=134678021 ] [ a=255 b=4294967295 ]\n");
  EXPECT_EQ(MadeEvent(300, payload).object(schema)["items"][1]["b"], 4294967295U);
  EXPECT_EQ(MadeEvent(300, payload).text("List 0 300\nListItem 24 0 a@0:1\n"),
            head + "List rest=0102030405060708ffffffffffffffff\n");
}

TEST(WalEvents, KnowTicks) {
  EXPECT_EQ(MadeEvent(1, {}).text(""), head + "Tick\n");
  EXPECT_EQ(MadeEvent(1, {}).object("")["event"], "Tick");
}

TEST(WalEvents, PassOverLinesThatMakeNoSense) {
  const std::string digits = head + "type=300 rest=0102030405060708ffffffffffffffff\n";
  for (const std::string schema :
       {"Bad 16 300 a@16:1\n", "Bad 16 300 a@9:8\n", "Bad 16 300 a@0:0\n", "Bad 16 300 a@4294967295:4\n",
        "Bad 16 300 a@0:4294967295\n", "Bad 16 300 a\n", "Bad 16 300 @0:8\n", "Bad 16 300 a@:8\n",
        "Bad 16 300 a:8@0\n", "Bad 16 70000 a@0:8\n", "Bad -1 300 a@0:8\n", "Bad 16\n", "\n\n",
        "Bad 99999999999 300 a@0:8\n"}) {
    EXPECT_EQ(MadeEvent(300, payload).text(schema), digits) << schema;
  }
}

TEST(WalEvents, KeepJsonWholeWhateverTheNames) {
  const json found = MadeEvent(300, payload).object("Q\"\\\x01\xff 16 300 a\"b\\@0:8\n");
  EXPECT_EQ(found["fields"]["a\"b\\"], 578437695752307201U);
}

}  // namespace
}  // namespace tickweir
