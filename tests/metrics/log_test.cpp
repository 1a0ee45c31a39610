// The log: its two formats, its limit, its counts.
#include "runtime/log/log.h"

#include <sstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tickweir/plugin.h"

namespace tickweir {
namespace {

// A log into a text, with a clock that the test moves.
struct Fixture {
  std::ostringstream out;
  std::uint64_t now = 1'700'000'000'123'000'000;
  Log log;
  explicit Fixture(LogFormat format = LogFormat::text, std::uint32_t level = TICKWEIR_LOG_INFO)
      : log({.format = format, .level = level, .lines_per_second = 3, .out = &out, .now_ns = [this] {
               return now;
             }}) {}
};

TEST(Log, WritesALineOfText) {
  Fixture made;
  made.log.write(TICKWEIR_LOG_WARNING, "feed", "3 gaps");
  made.log.write(TICKWEIR_LOG_INFO, "", "started");
  EXPECT_EQ(made.out.str(),
            "2023-11-14T22:13:20.123Z warning feed: 3 gaps\n2023-11-14T22:13:20.123Z info started\n");
}

TEST(Log, KeepsTextOnOneLine) {
  Fixture made;
  made.log.write(TICKWEIR_LOG_ERROR, "feed", "two\nlines\x1b[31m");
  EXPECT_EQ(made.out.str(), "2023-11-14T22:13:20.123Z error feed: two lines [31m\n");
}

TEST(Log, WritesJsonThatSurvivesQuotesAndBrokenUtf8) {
  Fixture made(LogFormat::json);
  made.log.write(TICKWEIR_LOG_ERROR, "feed", "a \"b\"\n\xff");
  EXPECT_EQ(made.out.str(),
            "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"stage\":\"feed\","
            "\"text\":\"a \\\"b\\\"\\n\xef\xbf\xbd\"}\n");
}

TEST(Log, DropsLinesBelowItsLevelButCountsThem) {
  Fixture made(LogFormat::text, TICKWEIR_LOG_ERROR);
  made.log.write(TICKWEIR_LOG_DEBUG, "feed", "a");
  made.log.write(TICKWEIR_LOG_WARNING, "feed", "b");
  EXPECT_EQ(made.out.str(), "");
  EXPECT_EQ(made.log.counts(), (std::array<std::uint64_t, 4>{1, 0, 1, 0}));
}

TEST(Log, SuppressesAboveTheLimitAndSaysHowMany) {
  Fixture made;
  for (int i = 0; i < 10; ++i) made.log.write(TICKWEIR_LOG_INFO, "feed", std::to_string(i));
  EXPECT_EQ(made.out.str().find(" 3\n"), std::string::npos);
  made.now += 1'000'000'000;
  made.log.write(TICKWEIR_LOG_INFO, "feed", "later");
  const std::string time = "2023-11-14T22:13:21.123Z info feed: ";
  EXPECT_TRUE(made.out.str().ends_with(time + "suppressed 7 more of these\n" + time + "later\n"))
      << made.out.str();
  EXPECT_EQ(made.log.counts()[1], 11U);
}

TEST(Log, LimitsEachStageAndLevelByItself) {
  Fixture made;
  for (int i = 0; i < 10; ++i) made.log.write(TICKWEIR_LOG_INFO, "noisy", "x");
  made.log.write(TICKWEIR_LOG_ERROR, "noisy", "but this");
  made.log.write(TICKWEIR_LOG_INFO, "quiet", "and this");
  EXPECT_NE(made.out.str().find("noisy: but this"), std::string::npos);
  EXPECT_NE(made.out.str().find("quiet: and this"), std::string::npos);
}

TEST(Log, FlushTellsWhatIsStillSuppressed) {
  Fixture made;
  for (int i = 0; i < 5; ++i) made.log.write(TICKWEIR_LOG_INFO, "feed", "x");
  made.log.flush();
  made.log.flush();
  const std::string text = made.out.str();
  EXPECT_TRUE(text.ends_with("feed: suppressed 2 more of these\n")) << text;
  EXPECT_EQ(text.find("suppressed"), text.rfind("suppressed"));
}

TEST(Log, ShowsAgainAfterTheClockWentBack) {
  Fixture made;
  for (int i = 0; i < 5; ++i) made.log.write(TICKWEIR_LOG_INFO, "feed", "x");
  made.now -= 3'600'000'000'000;
  made.log.write(TICKWEIR_LOG_INFO, "feed", "after");
  EXPECT_NE(made.out.str().find("after"), std::string::npos);
}

TEST(Log, KeepsLinesWholeWhenManyThreadsWrite) {
  std::ostringstream out;
  Log log({.lines_per_second = 1'000'000, .out = &out});
  std::vector<std::thread> writers;
  for (int id = 0; id < 4; ++id) {
    writers.emplace_back([&log, id] {
      for (int i = 0; i < 500; ++i) log.write(TICKWEIR_LOG_INFO, "stage" + std::to_string(id), "0123456789");
    });
  }
  for (auto& writer : writers) writer.join();
  std::istringstream lines(out.str());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_TRUE(line.ends_with(": 0123456789")) << line;
    EXPECT_EQ(line.size(), std::string("2023-11-14T22:13:20.123Z info stage0: 0123456789").size()) << line;
  }
  EXPECT_EQ(count, 2000U);
}

}  // namespace
}  // namespace tickweir
