// The stage as the runtime sees it: files, options, counters, errors.
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "tickweir/market.h"
#include "tickweir/testing.h"
#include "tickweir/testing_folder.h"

namespace tickweir::lobster {
namespace {

using testing::event;
using testing::Harness;
using testing::OwnedEvent;
using testing::Settings;
using testing::StageError;

constexpr const char* plugin = TICKWEIR_PLUGIN_FILE;

class SourceLobster : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.at(name), std::ios::binary) << text;
    return folder_.at(name);
  }
  std::string write_packed(const std::string& name, const std::string& text) {
    gzFile file = ::gzopen(folder_.at(name).c_str(), "wb");
    ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(file);
    return folder_.at(name);
  }
  // What the stage says against a file, without the folder.
  std::string error_of(const std::string& text, testing::OptionTexts options = {}) {
    options.push_back({"path", write("m.csv", text)});
    try {
      Harness stage(plugin, options);
      stage.poll();
      return "none";
    } catch (const StageError& error) {
      return local(error.what());
    }
  }
  std::string local(std::string text) const {
    const std::string folder = folder_.path().string() + "/";
    for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
      text.erase(at, folder.size());
    }
    return text;
  }

  testing::TempFolder folder_;
};

const std::string day =
    "34200.000000001,1,11,100,5853300,1\n34200.5,2,11,10,5853300,1\n34201,4,11,20,5853300,1\n"
    "34201.5,5,0,7,5853200,-1\n34202,3,11,70,5853300,1\n34203,6,-1,1000,5850000,1\n34204,7,0,0,-1,-1\n"
    "34205,7,0,0,0,-1\n34206,7,0,0,1,-1\n";

TEST_F(SourceLobster, MakesAnEventOfEachMessage) {
  Harness stage(plugin, {{"path", write("m.csv", day)}, {"instrument", "5"}, {"symbol", "AAPL"}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  const auto found = stage.output();
  ASSERT_EQ(found.size(), 10U);
  EXPECT_EQ(found[0].as<market::Instrument>().price_unit, 10'000);
  EXPECT_EQ(std::memcmp(found[0].as<market::Instrument>().name, "AAPL\0", 5), 0);
  const auto& order = found[1].as<market::NewOrder>();
  EXPECT_EQ(order.order_id, 11U);
  EXPECT_EQ(order.price, 5'853'300);
  EXPECT_EQ(order.quantity, 100U);
  EXPECT_EQ(order.instrument, 5U);
  EXPECT_EQ(order.side, market::Side::Buy);
  EXPECT_EQ(found[1].time(), 34'200'000'000'001U);
  EXPECT_EQ(found[1].origin(), make_origin(1, 2));
  EXPECT_EQ(found[2].as<market::Reduce>().quantity, 10U);
  EXPECT_EQ(found[3].as<market::VenueExecution>().quantity, 20U);
  EXPECT_EQ(found[3].as<market::VenueExecution>().printable, 1U);
  EXPECT_EQ(found[4].as<market::Trade>().side, market::Side::Buy);
  EXPECT_EQ(found[4].as<market::Trade>().quantity, 7U);
  EXPECT_EQ(found[5].as<market::Cancel>().order_id, 11U);
  EXPECT_EQ(found[6].as<market::Trade>().side, market::Side::None);
  EXPECT_EQ(found[7].as<market::TradingStatus>().state, market::TradingState::Halted);
  EXPECT_EQ(found[8].as<market::TradingStatus>().state, market::TradingState::QuoteOnly);
  EXPECT_EQ(found[9].as<market::TradingStatus>().state, market::TradingState::Open);
  EXPECT_EQ(stage.counter("messages", "submission"), 1U);
  EXPECT_EQ(stage.counter("messages", "halt"), 3U);
  EXPECT_EQ(stage.counter("read_bytes"), day.size());
  EXPECT_TRUE(stage.logs().empty());
}

TEST_F(SourceLobster, ReadsTheSameFromPackedFilesOtherLineEndsAndWithoutTheLastOne) {
  const auto events_of = [](const std::string& path, Settings settings = {}) {
    Harness stage(plugin, {{"path", path}}, std::move(settings));
    EXPECT_EQ(stage.poll(), PollResult::finished);
    EXPECT_TRUE(stage.logs().empty());
    return stage.output();
  };
  const auto usual = events_of(write("m.csv", day));
  EXPECT_EQ(usual.size(), 9U);
  EXPECT_EQ(events_of(write_packed("m.csv.gz", day)), usual);
  EXPECT_EQ(events_of(write("cut.csv", day.substr(0, day.size() - 1))), usual);
  std::string crlf;
  for (const char letter : day) crlf += letter == '\n' ? "\r\n" : std::string(1, letter);
  EXPECT_EQ(events_of(write("crlf.csv", crlf)), usual);
  EXPECT_EQ(events_of(write("m.csv", day), {.batch_events_max = 1}), usual);
}

TEST_F(SourceLobster, CountsTimeFromTheMidnightOfTheDateWhereTheFileIsFrom) {
  Harness stage(plugin, {{"path", write("m.csv", day)}, {"date", "2012-06-21"}, {"utc_offset", "-4"}});
  stage.poll();
  EXPECT_EQ(stage.output().front().time(),
            1'340'236'800'000'000'000U + 13'500ULL * 3'600'000'000'000 / 1000 + 1);
}

TEST_F(SourceLobster, PassesOverMalformedRowsUnlessStrict) {
  const std::string rows = "1,1,1,1,1,1\n2,9,1,1,1,1\n\n3,3,1,1,1,1\n0,3,1,1,1,1\n";
  Harness stage(plugin, {{"path", write("m.csv", rows)}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_EQ(stage.output().size(), 3U);
  EXPECT_EQ(stage.counter("malformed_rows"), 2U);
  EXPECT_EQ(stage.counter("time_reversals"), 1U);
  ASSERT_EQ(stage.logs().size(), 2U);
  EXPECT_NE(stage.logs()[0].find("m.csv:2:3: \"9\", expected the type"), std::string::npos)
      << stage.logs()[0];
  EXPECT_EQ(error_of(rows, {{"strict", "true"}}),
            "m.csv:2:3: \"9\", expected the type, a whole number from 1 to 7; with strict: false it would be "
            "counted");
}

TEST_F(SourceLobster, TellsTheFirstFiveOfAKindOnly) {
  std::string rows = "1,1,1,1,1,1\n";
  for (int i = 0; i < 20; ++i) rows += "x\n";
  Harness stage(plugin, {{"path", write("m.csv", rows)}});
  stage.poll();
  EXPECT_EQ(stage.counter("malformed_rows"), 20U);
  EXPECT_EQ(stage.logs().size(), 5U);
}

TEST_F(SourceLobster, GoesOnBehindALineOfAnyLength) {
  const std::string good = "1,1,1,1,1,1\n";
  for (const std::size_t size : {65'535U, 65'536U, 131'071U, 131'072U, 131'073U, 1'000'000U}) {
    Harness stage(plugin, {{"path", write("m.csv", good + std::string(size, '\0') + "\n" + good)}});
    EXPECT_EQ(stage.poll(), PollResult::finished);
    EXPECT_EQ(stage.output().size(), 2U) << size;
    EXPECT_EQ(stage.counter("malformed_rows"), 1U) << size;
    EXPECT_EQ(stage.counter("read_bytes"), 2 * good.size() + size + 1);
  }
}

TEST_F(SourceLobster, RefusesFilesThatAreNone) {
  EXPECT_EQ(local(Harness::refusal(plugin, {{"path", folder_.at("missing")}})),
            "missing: cannot be opened: No such file or directory");
  EXPECT_EQ(Harness::refusal(plugin, {{"path", folder_.path().string()}}),
            folder_.path().string() + ": is a directory, expected a LOBSTER message file");
  EXPECT_EQ(error_of(""), "m.csv: is empty, expected a LOBSTER message file");
  EXPECT_EQ(
      error_of("Time,Type\n"),
      "m.csv:1:1: \"Time\", expected the time, seconds of the day with at most 9 decimals; the first line is "
      "not a LOBSTER message row, so this is another kind of file");
  EXPECT_EQ(
      local(Harness::refusal(plugin,
                             {{"path", write("m.csv", day)}, {"orderbook", write("o.csv", "1.5,3\n")}})),
      "o.csv:1:1: \"1.5\", expected an ask price, a whole number from -9999999999 to 68719476736; the first "
      "line is not a LOBSTER orderbook row, so this is another kind of file");
}

TEST_F(SourceLobster, RefusesOptionsThatMakeNoSense) {
  EXPECT_EQ(Harness::refusal(plugin, {{"path", ""}}), "is empty, expected the path of a file");
  EXPECT_NE(Harness::refusal(plugin, {{"path", "x"}, {"date", "2012-02-30"}}), "");
  EXPECT_EQ(Harness::refusal(plugin, {{"path", "x"}, {"utc_offset", "1"}}),
            "makes times before 1970, expected a later date");
  EXPECT_EQ(Harness::refusal(plugin, {{"path", "x"}, {"symbol", "SEVENTEENLETTERS+"}}),
            "\"SEVENTEENLETTERS+\", expected at most 16 characters");
}

TEST_F(SourceLobster, FollowsTheOrderbookFileAndCountsWhatContradicts) {
  const std::string messages = "1,1,7,10,200,-1\n2,1,8,10,200,-1\n3,3,8,10,200,-1\n4,3,7,10,200,-1\n";
  const std::string books = "200,50,100,5\n200,60,100,5\n200,55,100,5\n200,45,100,5\n";
  Harness stage(plugin, {{"path", write("m.csv", messages)}, {"orderbook", write("o.csv", books)}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_EQ(stage.counter("differing_levels"), 1U);
  EXPECT_EQ(stage.counter("surfaced_levels"), 0U);
  EXPECT_EQ(stage.output().size(), 2U + 4U + 1U);
  ASSERT_EQ(stage.logs().size(), 1U);
  EXPECT_NE(stage.logs()[0].find("o.csv:3:1: ask 200 holds 55, expected 50 by the messages"),
            std::string::npos);
}

TEST_F(SourceLobster, GoesOnWhenTheFilesAreNotOfOneLength) {
  const std::string messages = "1,1,7,10,200,-1\n2,3,7,10,200,-1\n3,3,9,1,200,-1\n";
  const auto run = [&](const std::string& books) {
    Harness stage(plugin, {{"path", write("m.csv", messages)}, {"orderbook", write("o.csv", books)}});
    EXPECT_EQ(stage.poll(), PollResult::finished);
    EXPECT_EQ(stage.counter("unpaired_rows"), 1U);
    EXPECT_EQ(stage.counter("messages", "deletion"), 2U);
  };
  run("200,50,100,5\n");
  run("200,50,100,5\n200,40,100,5\n200,39,100,5\n200,39,100,5\n");
}

TEST_F(SourceLobster, ReadsWhatIsWholeInAPackedFileThatWasCutOff) {
  std::string rows;
  for (int i = 0; i < 5000; ++i)
    rows += std::to_string(i) + ",1," + std::to_string(i * 7919 % 5003 + 1) + ",1,1,1\n";
  const std::string path = write_packed("m.csv.gz", rows);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  Harness stage(plugin, {{"path", path}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_GT(stage.output().size(), 1000U);
  ASSERT_FALSE(stage.logs().empty());
  EXPECT_NE(stage.logs().back().find("the gzip stream ends early"), std::string::npos);
}

}  // namespace
}  // namespace tickweir::lobster
