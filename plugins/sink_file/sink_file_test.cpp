// sink_file: what it writes in each format and mode, and what it refuses to write to.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "sink_file_fixture.h"

namespace {

using namespace tickweir;
using namespace tickweir::testing;

class SinkFile : public SinkFileTest {};

std::vector<OwnedEvent> mixed() {
  auto events = orders(3);
  events.push_back(event(market::Cancel{.order_id = 2}, {.time = 9}));
  events.push_back(tick(10));
  events.emplace_back(std::uint16_t{777}, std::vector<std::uint8_t>(40, 0x5a));
  return events;
}
TEST_F(SinkFile, TheFileHeaderIsTheOneInTheReadme) {
  EXPECT_EQ(header_bytes(),
            std::string("TICKWEIR\1\0\0\0\x40\0\0\0\x20\0\0\0\x08\0\0\0", 24) + std::string(40, '\0'));
}

TEST_F(SinkFile, WritesWholeEventsBackToBackAtAnyBatchSize) {
  for (const std::uint32_t batch_events : {1U, 2U, 256U}) {
    write(mixed(), {}, batch_events);
    EXPECT_EQ(content(), header_bytes() + bytes_of(mixed()));
  }
}

TEST_F(SinkFile, WithoutEventsWritesTheFileHeaderAlone) {
  write({});
  EXPECT_EQ(content(), header_bytes());
}

TEST_F(SinkFile, LeavesRefusedEventsOut) {
  auto events = mixed();
  const auto live = events;
  events.insert(events.begin() + 1, event(market::Cancel{.order_id = 5}, {.verdict = 2}));
  events.push_back(event(market::NewOrder{.order_id = 6}, {.verdict = 1}));
  write(events);
  EXPECT_EQ(content(), header_bytes() + bytes_of(live));
  write(events, {{"format", "json"}});
  EXPECT_EQ(std::ranges::count(content(), '\n'), 6);
}

TEST_F(SinkFile, WritesJsonLines) {
  write({event(market::Cancel{.order_id = 2, .instrument = 3, .account = 4},
               {.time = 9, .origin = make_origin(1, 8)}),
         tick(10)},
        {{"format", "json"}});
  EXPECT_EQ(content(), R"({"time":9,"sequence":0,"source":1,"number":8,"type":"Cancel",)"
                       R"("order_id":2,"instrument":3,"account":4})"
                       "\n"
                       R"({"time":10,"sequence":0,"source":0,"number":0,"type":"Tick"})"
                       "\n");
}

TEST_F(SinkFile, WritesOneTypeAsCsvAndCountsTheOthers) {
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}, {"format", "csv"}, {"event", "Cancel"}});
  auto events = mixed();
  events.emplace_back(market::Cancel::event_type, std::vector<std::uint8_t>(8));  // too short
  sink.push(events);
  EXPECT_EQ(content(), "time,sequence,source,number,order_id,instrument,account\n9,0,0,0,2,0,0\n");
  EXPECT_EQ(sink.dropped("other_type"), 6U);
  EXPECT_EQ(sink.received(), 7U);
  EXPECT_EQ(sink.counter("bytes"), content().size());
}

TEST_F(SinkFile, CountsTheBytesItAdds) {
  write(orders(5));
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}, {"mode", "append"}});
  EXPECT_EQ(sink.counter("bytes"), 0U);
  sink.push(orders(2));
  EXPECT_EQ(sink.counter("bytes"), 128U);
}

TEST_F(SinkFile, WhatWasPushedIsInTheFileAtOnce) {
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}});
  sink.push(orders(1));
  EXPECT_EQ(content(), header_bytes() + bytes_of(orders(1)));
}

TEST_F(SinkFile, TouchesNothingBeforeStart) {
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}}, {.start = false});
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(SinkFile, TruncateEmptiesAFileThatExists) {
  fill(std::string(10'000, 'x'));
  write(orders(1));
  EXPECT_EQ(content(), header_bytes() + bytes_of(orders(1)));
}

// Another stage's start may fail after this one's.
TEST_F(SinkFile, TruncateLeavesAFileAsItIsUntilTheRunHasBegun) {
  const std::string old(10'000, 'x');
  fill(old);
  {
    Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}});
    EXPECT_EQ(content(), old);
    sink.stop();
  }
  EXPECT_EQ(content(), old);
  write({});
  EXPECT_EQ(content(), header_bytes());
}

TEST_F(SinkFile, CreateRefusesAFileThatExists) {
  write(orders(1), {{"mode", "create"}});
  const std::string before = content();
  EXPECT_EQ(
      refusal({{"mode", "create"}}),
      "cannot open " + path_ +
          ": File exists; mode create wants a new file; choose another path, or mode truncate or append");
  EXPECT_EQ(content(), before);
}

TEST_F(SinkFile, AppendGoesOnWhereTheFileEnds) {
  write(orders(3), {{"mode", "append"}});
  write(orders(2, 4), {{"mode", "append"}});
  EXPECT_EQ(content(), header_bytes() + bytes_of(orders(5)));
  fs::remove(path_);
  const OptionTexts csv = {{"format", "csv"}, {"event", "NewOrder"}, {"mode", "append"}};
  write(orders(5), csv);
  const std::string whole = content();
  fs::remove(path_);
  write(orders(3), csv);
  write(orders(2, 4), csv);
  EXPECT_EQ(content(), whole);
}

TEST_F(SinkFile, AppendRefusesATornEnd) {
  write(orders(3));
  const std::string whole = content();
  for (const std::size_t cut : {1U, 8U, 31U, 32U, 40U, 63U}) {
    fill(whole.substr(0, whole.size() - cut));
    EXPECT_EQ(
        refusal({{"mode", "append"}}),
        "cannot append to " + path_ + ": there is no whole event at offset 192; cut it with: truncate -s 192")
        << "cut " << cut;
    EXPECT_EQ(content().size(), whole.size() - cut);
  }
  fill(whole.substr(0, 63));
  EXPECT_EQ(refusal({{"mode", "append"}}), "cannot append to " + path_ + ": it ends within its file header");
}

TEST_F(SinkFile, AppendChecksLargeFilesToTheirEnd) {
  std::vector<OwnedEvent> events = orders(30'000);  // nearly 2 MB: more than the check reads at once
  write(events);
  EXPECT_EQ(refusal({{"mode", "append"}}), "");
  std::string damaged = content();
  damaged[64 + 64 * 29'000] = 3;  // a size that is none
  fill(damaged);
  EXPECT_EQ(refusal({{"mode", "append"}}),
            "cannot append to " + path_ +
                ": there is no whole event at offset 1856064; cut it with: truncate -s 1856064");
}

TEST_F(SinkFile, AppendRefusesAFileOfAnotherFormat) {
  fill(std::string(100, 'x'));
  EXPECT_EQ(refusal({{"mode", "append"}}),
            "cannot append to " + path_ + ": it does not begin with TICKWEIR, so it is no event file");
  EXPECT_EQ(refusal({{"mode", "append"}, {"format", "json"}}),
            "cannot append to " + path_ + ": its last line is not whole; cut it off, or end it");
  fill("a,b,c\n");
  EXPECT_EQ(refusal({{"mode", "append"}, {"format", "csv"}, {"event", "Cancel"}}),
            "cannot append to " + path_ +
                ": its columns are not the ones of this event; expected the first line "
                "time,sequence,source,number,order_id,instrument,account");
  EXPECT_EQ(content(), "a,b,c\n");
  std::string newer = header_bytes();
  newer[8] = 2;
  fill(newer);
  EXPECT_EQ(refusal({{"mode", "append"}}),
            "cannot append to " + path_ + ": it is an event file of version 2, expected 1");
}

TEST_F(SinkFile, RefusesOptionsThatDoNotGoTogether) {
  EXPECT_EQ(refusal({{"format", "csv"}}),
            "format csv needs event, the one type that the file holds, such as Executed");
  EXPECT_EQ(refusal({{"format", "csv"}, {"event", "Exceuted"}}),
            "there is no event type Exceuted; one is Executed");
  EXPECT_EQ(refusal({{"event", "Cancel"}}),
            "event is for format csv only; the other formats take every event");
  EXPECT_EQ(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"path", ""}}), "path is empty; it must name a file");
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(SinkFile, SaysWhyAPathCannotBeOpened) {
  const std::string good = path_;
  path_ = good + "/x";
  EXPECT_EQ(refusal({}), "cannot open " + path_ + ": No such file or directory; its folder must exist");
  std::ofstream(good) << "a file";
  EXPECT_EQ(refusal({}), "cannot open " + path_ + ": Not a directory; its folder must exist");
  path_ = folder_.path().string();
  EXPECT_EQ(refusal({}), "cannot open " + path_ + ": Is a directory; expected a file, found a folder");
  path_ = folder_.at(std::string(300, 'n'));
  EXPECT_EQ(refusal({}), "cannot open " + path_ + ": File name too long");
  path_ = folder_.at("loop");
  fs::create_symlink("loop", path_);
  EXPECT_EQ(refusal({}), "cannot open " + path_ + ": Too many levels of symbolic links");
}

TEST_F(SinkFile, SaysThatItMayNotWrite) {
  fs::permissions(folder_.path(), fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_exec);
  const bool is_root = ::geteuid() == 0;
  ASSERT_EQ(is_root ? ::seteuid(65'534) : 0, 0);  // root may write anywhere
  const std::string found = refusal({});
  ASSERT_EQ(is_root ? ::seteuid(0) : 0, 0);
  fs::permissions(folder_.path(), fs::perms::owner_all);
  EXPECT_EQ(found, "cannot open " + path_ + ": Permission denied; expected to be allowed to write there");
}

TEST_F(SinkFile, TakesOddButLegalNames) {
  for (const char* name : {"-rf", "a b", "new\nline", "%s%n", "\xc3\xa4", "'\"$(x)`", "..."}) {
    path_ = folder_.at(name);
    write(orders(1));
    EXPECT_EQ(content(), header_bytes() + bytes_of(orders(1))) << name;
  }
}

TEST_F(SinkFile, TwoSinksMayNotShareAFile) {
  Harness first(TICKWEIR_PLUGIN_FILE, {{"path", path_}});
  first.push(orders(1));
  EXPECT_EQ(refusal({}), "cannot write to " + path_ +
                             ": another stage or process is writing to it; give each sink a file of its own");
  first.push(orders(1, 2));
  EXPECT_EQ(content(), header_bytes() + bytes_of(orders(2)));
}

TEST_F(SinkFile, WritesToAPipeThatHasAReader) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal({}), "cannot open " + path_ + ": No such device or address; a pipe needs a reader first");
  const int reader = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write(orders(1), {{"sync", "drain"}});
  char found[256];
  const ssize_t count = ::read(reader, found, sizeof found);
  ::close(reader);
  EXPECT_EQ(std::string(found, static_cast<std::size_t>(std::max<ssize_t>(count, 0))),
            header_bytes() + bytes_of(orders(1)));
  EXPECT_EQ(refusal({{"mode", "append"}}).substr(0, 17 + path_.size()), "cannot append to " + path_);
}

TEST_F(SinkFile, SyncOnDrainLeavesTheSameFile) {
  write(mixed(), {{"sync", "drain"}});
  EXPECT_EQ(content(), header_bytes() + bytes_of(mixed()));
}

}  // namespace
