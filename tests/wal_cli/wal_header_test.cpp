// tickweir wal on logs that no run has made: odd headers, and a beginning that was dropped.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/wal_cli/logs_by_hand.h"
#include "tickweir/testing_log.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::LogHarness;
using testing::LogsByHand;
using testing::Outcome;
using testing::OwnedEvent;
using testing::run_program;

constexpr const char* back_end = TICKWEIR_PLUGIN_DIR "/wal_segment.so";

// Makes a log of these events, the first of which has the sequence `first`.
void make_log(const std::string& path, const std::vector<OwnedEvent>& events, std::uint64_t first = 1) {
  LogHarness log(back_end, {{"path", path}}, {.schema = "Wide 16 300 a@0:8 b@8:8\n"});
  log.set_next_sequence(first);
  log.append(events);
  log.sync();
  log.stop();
}

OwnedEvent event_of(std::uint16_t type, std::uint64_t time, std::size_t bytes) {
  return {type, std::vector<std::uint8_t>(bytes, 7), {.time = time, .origin = make_origin(1, time)}};
}

TEST(WalVerify, NamesTheEventWhoseTimeGoesBack) {
  const LogsByHand place;
  const std::string path = place.path("odd");
  make_log(path, {event_of(300, 100, 16), event_of(300, 200, 16), event_of(300, 199, 16)});
  const Outcome outcome = run_program({"wal", "verify", "wal_segment:" + path});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "tickweir: error: wal_segment:" + path +
                             ": event 3 has the time 199, before that of the event before it, 200; 2 events "
                             "before it are sound\n");
}

TEST(WalVerify, NamesTheEventThatIsTooSmallForItsType) {
  const LogsByHand place;
  const std::string path = place.path("odd");
  make_log(path, {event_of(300, 100, 16), event_of(300, 200, 8)});
  const Outcome outcome = run_program({"wal", "verify", "wal_segment:" + path});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("event 2 has the size 40, too small for Wide, which has 48"), std::string::npos)
      << outcome.err;
}

TEST(WalVerify, CountsEventsThatTheLogDoesNotExplain) {
  const LogsByHand place;
  const std::string path = place.path("odd");
  make_log(path, {event_of(300, 100, 16), event_of(301, 100, 8), event_of(1, 100, 0)});
  const Outcome outcome = run_program({"wal", "verify", "wal_segment:" + path, "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json found = json::parse(outcome.out)["logs"][0];
  EXPECT_EQ(found["unknown_events"], 1);
  EXPECT_EQ(found["events"], 3);
}

TEST(WalCopy, KeepsTheSequencesOfALogWhoseBeginningWasDropped) {
  const LogsByHand place;
  std::vector<OwnedEvent> events;
  for (std::uint64_t i = 0; i < 50; ++i) events.push_back(event_of(300, 1000 + i, 16));
  std::string from = "wal_segment:" + place.path("late");
  make_log(place.path("late"), events, 951);
  const std::string all = run_program({"wal", "cat", from}).out;
  EXPECT_TRUE(all.starts_with("951 ")) << all;
  for (const std::string back : {"wal_sqlite", "wal_lmdb", "wal_segment"}) {
    const std::string to = back + ":" + place.path("copy_" + back);
    const Outcome outcome = run_program({"wal", "copy", from, "--to", to});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(run_program({"wal", "cat", to}).out, all);
    from = to;
  }
  const Outcome dropped = run_program({"wal", "cat", from, "--from", "950"});
  EXPECT_EQ(dropped.exit_code, 1);
  EXPECT_NE(dropped.err.find("it does not hold event 950: it begins with 951"), std::string::npos)
      << dropped.err;
}

}  // namespace
}  // namespace tickweir
