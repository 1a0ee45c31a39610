// The made-up days: valid, never crossed, the same for the same seed; and the program that writes them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <zlib.h>

#include <map>
#include <set>
#include <sstream>
#include <unordered_map>

#include "itch_test_input.h"
#include "sample_flow.h"

namespace tickweir::itch {
namespace {

struct Day {
  Buffer bytes;
  SampleCounts counts;
};

Day make_day(const SampleSettings& settings) {
  MemoryOut out;
  BinaryFileWriter writer(out, false);
  SampleFlow flow(settings,
                  [&](std::span<const std::uint8_t> message, std::uint64_t) { writer.write(message); });
  const SampleCounts counts = flow.run();
  return {out.bytes, counts};
}

// Calls `visit(message)` for each message of a day.
template <typename Visit>
void for_each_message(const Buffer& bytes, Visit&& visit) {
  for (std::size_t at = 0; at < bytes.size(); at += 2U + bytes[at + 1]) visit(bytes.data() + at + 2);
}

// What a reader of the feed knows: orders, and how many there are at each price.
class FeedBook {
 public:
  void apply(const std::uint8_t* m) {
    switch (m[0]) {
      case 'A':
      case 'F': {
        const AddOrder in(m);
        return enter(in.reference, {stock_locate(m), in.side, in.price, in.shares});
      }
      case 'E':
      case 'C': {
        const OrderExecuted in(m);
        const Order& order = orders_.at(in.reference);
        ASSERT_EQ(order.price, best(order)) << "an execution away from the best price";
        return take(in.reference, in.shares);
      }
      case 'X':
        return take(OrderCancel(m).reference, OrderCancel(m).shares);
      case 'D':
        return take(OrderDelete(m).reference, orders_.at(OrderDelete(m).reference).shares);
      case 'U': {
        const OrderReplace in(m);
        Order order = orders_.at(in.reference);
        take(in.reference, order.shares);
        order.price = in.price;
        order.shares = in.shares;
        return enter(in.new_reference, order);
      }
      default:
        return;
    }
  }

 private:
  struct Order {
    std::uint32_t locate;
    std::uint8_t side;
    std::uint32_t price;
    std::uint32_t shares;
  };
  using Prices = std::map<std::uint32_t, std::uint32_t>;

  Prices& prices(std::uint32_t locate, std::uint8_t side) { return prices_[{locate, side}]; }
  std::uint32_t best(const Order& order) {
    Prices& all = prices(order.locate, order.side);
    return order.side == 'B' ? all.rbegin()->first : all.begin()->first;
  }
  void enter(std::uint64_t reference, const Order& order) {
    ASSERT_NE(order.shares, 0U);
    ASSERT_TRUE(orders_.emplace(reference, order).second) << "a reference number that is in use";
    ++prices(order.locate, order.side)[order.price];
    const Prices& bids = prices(order.locate, 'B');
    const Prices& asks = prices(order.locate, 'S');
    ASSERT_TRUE(bids.empty() || asks.empty() || bids.rbegin()->first < asks.begin()->first) << "crossed";
  }
  void take(std::uint64_t reference, std::uint32_t shares) {
    Order& order = orders_.at(reference);
    ASSERT_NE(shares, 0U);
    ASSERT_LE(shares, order.shares);
    order.shares -= shares;
    if (order.shares != 0) return;
    Prices& all = prices(order.locate, order.side);
    if (--all[order.price] == 0) all.erase(order.price);
    orders_.erase(reference);
  }

  std::unordered_map<std::uint64_t, Order> orders_;
  std::map<std::pair<std::uint32_t, std::uint8_t>, Prices> prices_;
};

TEST(ItchSample, TellsOfABookThatIsNeverCrossedAndTradesAtItsBest) {
  const Day day = make_day({.messages = 100'000, .instruments = 7, .seed = 11});
  FeedBook book;
  std::uint64_t messages = 0;
  std::uint64_t last_time = 0;
  for_each_message(day.bytes, [&](const std::uint8_t* message) {
    ++messages;
    EXPECT_GE(timestamp(message), last_time);
    last_time = timestamp(message);
    book.apply(message);
  });
  EXPECT_FALSE(HasFatalFailure());
  EXPECT_EQ(messages, 100'000U);
  for (const char type : std::string("ACDEFHILNPQRSUVXY")) EXPECT_GT(day.counts[type], 0U) << type;
}

TEST(ItchSample, HasPlainOrdersOfWhichAboutEveryFifthTrades) {
  const Day day = make_day({.messages = 100'000, .instruments = 7, .seed = 11, .plain_orders = true});
  std::set<char> types;
  for_each_message(day.bytes,
                   [&](const std::uint8_t* message) { types.insert(static_cast<char>(message[0])); });
  EXPECT_EQ(types, (std::set<char>{'S', 'R', 'A', 'D', 'X', 'U'}));
  EXPECT_NEAR(static_cast<double>(day.counts.trading_adds) / static_cast<double>(day.counts['A']), 0.2, 0.03);
}

TEST(ItchSample, IsTheSameForTheSameSeedEverywhere) {
  const Day day = make_day({.messages = 10'000, .instruments = 7, .seed = 11});
  EXPECT_EQ(make_day({.messages = 10'000, .instruments = 7, .seed = 11}).bytes, day.bytes);
  EXPECT_NE(make_day({.messages = 10'000, .instruments = 7, .seed = 12}).bytes, day.bytes);
  EXPECT_EQ(::crc32(0, day.bytes.data(), static_cast<unsigned>(day.bytes.size())), 1'154'341'341U);
}

TEST(ItchSample, HasExactlyAsManyMessagesAsAskedFor) {
  for (std::uint64_t wanted = 1; wanted < 40; ++wanted) {
    std::uint64_t found = 0;
    for_each_message(make_day({.messages = wanted, .instruments = 5}).bytes,
                     [&](const std::uint8_t*) { ++found; });
    EXPECT_EQ(found, wanted);
  }
}

// ---- The program -------------------------------------------------------------------------------------

struct Finished {
  int code = 0;
  std::string text;  // both of its outputs
};

Finished run_program(const std::string& arguments) {
  Finished run;
  std::FILE* pipe = ::popen((std::string(ITCH_SAMPLE) + " " + arguments + " 2>&1").c_str(), "r");
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe))
    run.text += static_cast<char>(letter);
  const int status = ::pclose(pipe);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

TEST(ItchSampleProgram, WritesTheDayAndSaysSo) {
  const TestFile file(std::string("day.itch"));
  const Finished run = run_program("--messages 10000 --instruments 7 --seed 11 " + file.path());
  EXPECT_EQ(run.code, 0);
  EXPECT_TRUE(run.text.starts_with(file.path() + ": 10000 messages of 7 stocks (")) << run.text;
  EXPECT_EQ(file.bytes(), make_day({.messages = 10'000, .instruments = 7, .seed = 11}).bytes + hex("0000"));
}

TEST(ItchSampleProgram, SendsSomePacketsTwice) {
  const TestFile file(std::string("day.pcap"));
  const TestFile plain(std::string("plain.pcap"));
  const std::string arguments = "--messages 20000 --format moldudp64-pcap ";
  EXPECT_EQ(run_program(arguments + plain.path()).code, 0);
  const Finished run = run_program(arguments + "--duplicates 0.5 " + file.path());
  EXPECT_EQ(run.code, 0);
  EXPECT_NE(run.text.find(" sent twice"), std::string::npos);
  EXPECT_GT(file.bytes().size(), plain.bytes().size() * 5 / 4);
}

TEST(ItchSampleProgram, RefusesWrongUsageWithTwo) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "itch_sample: no output file is given\n"},
      {"a b", "itch_sample: two output files are given: a and b\n"},
      {"--messages 0 a", "itch_sample: --messages is \"0\", expected a whole number from 1 to 4000000000\n"},
      {"--messages 1e6 a",
       "itch_sample: --messages is \"1e6\", expected a whole number from 1 to 4000000000\n"},
      {"--instruments 65536 a",
       "itch_sample: --instruments is \"65536\", expected a whole number from 1 to 65535\n"},
      {"--format csv a",
       "itch_sample: --format is \"csv\", expected binaryfile | untyped | moldudp64-pcap\n"},
      {"--flow x a", "itch_sample: --flow is \"x\", expected venue | orders\n"},
      {"--duplicates 2 a", "itch_sample: --duplicates is \"2\", expected a number from 0 to 1\n"},
      {"--duplicates 0.1 a", "itch_sample: --duplicates needs --format moldudp64-pcap: "},
      {"--speed 1 a", "itch_sample: there is no option --speed\n"},
      {"a --seed", "itch_sample: --seed has no value\n"},
  };
  for (const auto& [arguments, text] : cases) {
    const Finished run = run_program(arguments);
    EXPECT_EQ(run.code, 2) << arguments;
    EXPECT_TRUE(run.text.starts_with(text)) << run.text;
  }
}

TEST(ItchSampleProgram, LeavesNothingBehindWhenItCannotWrite) {
  const Finished run = run_program("/nowhere/day.itch");
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.text, "itch_sample: /nowhere/day.itch: cannot be created: No such file or directory\n");

  const TestFile place(std::string("taken"));
  std::filesystem::create_directory(place.path());  // so that the last step fails
  EXPECT_EQ(run_program("--messages 100 " + place.path()).code, 1);
  EXPECT_FALSE(std::filesystem::exists(place.path() + ".partial"));
}

}  // namespace
}  // namespace tickweir::itch
