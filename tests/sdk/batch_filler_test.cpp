// BatchFiller: what it leaves in a batch is what Emitter::append would have left.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "tickweir/batch.h"
#include "tickweir/batch_filler.h"

namespace {

using namespace tickweir;

struct Small {
  static constexpr std::uint16_t event_type = 701;
  std::uint64_t value = 0;
};
struct Large {
  static constexpr std::uint16_t event_type = 702;
  std::uint64_t value = 0;
  std::uint64_t more = 0;
};

// An empty batch over memory of its own.
struct OwnBatch {
  OwnBatch(std::uint32_t bytes, std::uint32_t events_max) : memory(bytes / 8) {
    batch.capacity_bytes = bytes;
    batch.event_count_max = events_max;
    batch.data = reinterpret_cast<std::uint8_t*>(memory.data());
  }
  std::vector<std::uint64_t> memory;
  tickweir_batch batch;
};

// Adds a Small for each false and a Large for each true, one batch with the filler, one with an Emitter.
void expect_same(const std::vector<bool>& sizes, std::size_t already_there) {
  OwnBatch filled(4096, 64);
  OwnBatch emitted(4096, 64);
  std::array<tickweir_batch*, 1> filled_outputs{&filled.batch};
  std::array<tickweir_batch*, 1> emitted_outputs{&emitted.batch};
  tickweir_emitter filled_emitter{.output_count = 1, .outputs = filled_outputs.data()};
  tickweir_emitter emitted_emitter{.output_count = 1, .outputs = emitted_outputs.data()};
  const auto emit = [](tickweir_emitter& raw, std::uint64_t i, bool is_large) {
    Emitter out(raw);
    is_large ? out.emit(0, i, i + 1, Large{i, i}) : out.emit(0, i, i + 1, Small{i});
  };
  for (std::size_t i = 0; i < already_there; ++i) emit(filled_emitter, i, sizes[i]);
  BatchFiller filler(filled.batch, event_size<Large>);
  for (std::size_t i = already_there; i < sizes.size(); ++i) {
    sizes[i] ? filler.add(i, i + 1, Large{i, i}) : filler.add(i, i + 1, Small{i});
  }
  filler.commit();
  for (std::size_t i = 0; i < sizes.size(); ++i) emit(emitted_emitter, i, sizes[i]);
  EXPECT_EQ(filled.batch.event_count, emitted.batch.event_count);
  EXPECT_EQ(filled.batch.used_bytes, emitted.batch.used_bytes);
  EXPECT_EQ(filled.batch.stride, emitted.batch.stride);
  EXPECT_EQ(std::memcmp(filled.batch.data, emitted.batch.data, emitted.batch.used_bytes), 0);
}

TEST(BatchFiller, LeavesWhatAppendWouldHaveLeft) {
  expect_same({false, false, false}, 0);
  expect_same({false, true, false}, 0);
  expect_same({true, true}, 0);
}

TEST(BatchFiller, GoesOnInABatchThatHoldsEvents) {
  expect_same({false, false, false}, 1);
  expect_same({false, true, true}, 1);
  expect_same({true, false, false, false}, 2);
  expect_same({false, true, true}, 2);
}

TEST(BatchFiller, LeavesAnEmptyBatchEmpty) {
  OwnBatch own(4096, 64);
  BatchFiller filler(own.batch, event_size<Large>);
  filler.commit();
  EXPECT_EQ(own.batch.event_count, 0U);
  EXPECT_EQ(own.batch.used_bytes, 0U);
  EXPECT_EQ(own.batch.stride, 0U);
}

TEST(BatchFiller, IsFullByCountAndByBytes) {
  OwnBatch few(4096, 2);
  BatchFiller by_count(few.batch, event_size<Large>);
  by_count.add(1, 1, Small{1});
  EXPECT_FALSE(by_count.is_full());
  by_count.add(2, 2, Small{2});
  EXPECT_TRUE(by_count.is_full());

  OwnBatch narrow(event_size<Small> + event_size<Large>, 64);
  BatchFiller by_bytes(narrow.batch, event_size<Large>);
  EXPECT_FALSE(by_bytes.is_full());
  by_bytes.add(1, 1, Small{1});
  EXPECT_FALSE(by_bytes.is_full());
  by_bytes.add(2, 2, Small{2});
  EXPECT_TRUE(by_bytes.is_full()) << "a Large would not fit any more";
}

TEST(BatchFillerDeathTest, StopsWhenAFullBatchIsAddedTo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  OwnBatch own(4096, 1);
  BatchFiller filler(own.batch, event_size<Small>);
  filler.add(1, 1, Small{1});
  EXPECT_DEATH(filler.add(2, 2, Small{2}), "is_full");
}

}  // namespace
