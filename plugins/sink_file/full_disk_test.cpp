// sink_file when the disk is full: the cause is told, the file keeps whole batches, and it goes on after.
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>

#include "sink_file_fixture.h"

namespace {

using namespace tickweir;
using namespace tickweir::testing;

class FullDisk : public SinkFileTest {};

TEST_F(FullDisk, AFullDeviceStopsTheStageWithTheCause) {
  path_ = "/dev/full";
  EXPECT_EQ(refusal({}), "cannot write to /dev/full at offset 0: No space left on device");
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}, {"format", "json"}});
  EXPECT_EQ(failure_of([&] { sink.push(orders(1)); }),
            "cannot write to /dev/full at offset 0: No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

// A limit on the size of files: the kernel then takes what fits and refuses the rest, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(FullDisk, ABatchThatDoesNotFitIsNotInTheFileAtAll) {
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}}, {.batch_events_max = 4});
  sink.push(orders(4));
  std::string found;
  {
    const FileSizeLimit limit(64 + 4 * 64 + 100);  // amid the second event of the next batch
    found = failure_of([&] { sink.push(orders(4, 5)); });
  }
  EXPECT_EQ(
      found,
      "cannot write to " + path_ +
          " at offset 420: File too large; the file keeps its first 320 bytes, whole batches of events");
  EXPECT_EQ(content(), header_bytes() + bytes_of(orders(4)));
  EXPECT_EQ(sink.counter("bytes"), content().size());
}

TEST_F(FullDisk, AFileThatCouldNotBeBegunIsBegunByALaterBatch) {
  fill("what an earlier run left");
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}});
  {
    const FileSizeLimit limit(10);
    EXPECT_NE(failure_of([&] { sink.push(orders(1)); }), "no failure");
  }
  EXPECT_EQ(content(), "");
  sink.push(orders(1, 2));
  EXPECT_EQ(content(), header_bytes() + bytes_of(orders(1, 2)));
}

TEST_F(FullDisk, ABatchAfterOneThatFailedGoesWhereThatOneBegan) {
  for (const char* format : {"events", "json"}) {
    Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}, {"format", format}}, {.batch_events_max = 4});
    sink.push(orders(4));
    const std::string before = content();
    {
      const FileSizeLimit limit(before.size() + 90);
      EXPECT_NE(failure_of([&] { sink.push(orders(4, 100)); }), "no failure");
    }
    EXPECT_EQ(content(), before);
    sink.push(orders(4, 5));
    sink.drain();
    sink.stop();
    const std::string after = content();
    write(orders(8), {{"format", format}});
    EXPECT_EQ(after, content());
  }
}

TEST_F(FullDisk, EventsLargerThanTheBufferAreWrittenAndCutWhole) {
  const OwnedEvent large(777, std::vector<std::uint8_t>(300'000, 0xab));  // 600 kB of JSON
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}, {"format", "json"}}, {.batch_bytes_max = 1 << 20});
  sink.push({large});
  const std::string before = content();
  EXPECT_GT(before.size(), 600'000U);
  EXPECT_TRUE(before.starts_with(R"({"time":0,)") && before.ends_with("abab\"}\n"));
  {
    const FileSizeLimit limit(before.size() + 500'000);
    EXPECT_NE(failure_of([&] { sink.push({large}); }), "no failure");
  }
  EXPECT_EQ(content(), before);
}

TEST_F(FullDisk, AFailedStartLeavesNoNewFileBehind) {
  const FileSizeLimit limit(10);
  EXPECT_NE(refusal({}), "");
  EXPECT_FALSE(fs::exists(path_));
}

// The real thing, where this may be mounted.
TEST_F(FullDisk, AFullDiskKeepsWholeBatchesAndTheBooksAgree) {
  if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "may not mount a tmpfs";
  {
    Harness sink(TICKWEIR_PLUGIN_FILE, {{"path", path_}}, {.batch_events_max = 100});
    std::uint32_t taken = 0;
    std::string found = "no failure";
    while (found == "no failure" && taken < 10'000) {
      found = failure_of([&] { sink.push(orders(100, taken + 1)); });
      if (found == "no failure") taken += 100;
    }
    EXPECT_NE(found.find("No space left on device; the file keeps its first"), std::string::npos) << found;
    EXPECT_EQ(taken, 1'000U);  // 64 bytes each, and the header
    EXPECT_EQ(content(), header_bytes() + bytes_of(orders(taken)));
  }
  ::umount(folder_.path().c_str());
}

}  // namespace
