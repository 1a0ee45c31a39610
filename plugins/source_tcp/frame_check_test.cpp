// Frames judged on plain bytes: what passes, what is refused, and that cuts change nothing.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "intake.h"
#include "tickweir/testing.h"
#include "tickweir/testing_random.h"

namespace tickweir::tcp {
namespace {

constexpr std::uint64_t base = wire::client_origin(7, 0);
constexpr FrameRules rules{.frame_bytes_max = 256};
constexpr std::uint16_t nobodys_type = 4000;  // of any size

class Bytes {
 public:
  Bytes& event(std::uint64_t number, std::uint32_t size = 64, std::uint16_t type = 256) {
    return frame(
        {.size = size, .type = type, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = number});
  }
  Bytes& frame(const Event& header) {
    const auto at = words_.size();
    words_.resize(at + std::max<std::size_t>(header.size, sizeof header) / 8, 0x1111111111111111);
    std::memcpy(words_.data() + at, &header, sizeof header);
    return *this;
  }
  [[nodiscard]] std::span<std::uint8_t> all() {
    return {reinterpret_cast<std::uint8_t*>(words_.data()), words_.size() * 8};
  }
  [[nodiscard]] Event header(std::size_t byte) {
    Event found;
    std::memcpy(&found, all().data() + byte, sizeof found);
    return found;
  }

 private:
  std::vector<std::uint64_t> words_;
};

EventStream fresh() {
  return {.origin_base = base};
}

Checked check(Bytes& bytes, EventStream& stream, const FrameRules& with = rules, std::uint32_t limit = 1000) {
  return check_frames(bytes.all(), limit, 5000, with, stream);
}

TEST(FrameCheck, StampsTimeAndOriginAndLeavesTheRest) {
  Bytes bytes;
  bytes.event(3).event(4);
  EventStream stream = fresh();
  const Checked found = check(bytes, stream);
  EXPECT_EQ(found.stop, Stop::end);
  EXPECT_EQ(found.events, 2U);
  EXPECT_EQ(found.bytes, 128U);
  EXPECT_EQ(found.stride, 64U);
  EXPECT_EQ(bytes.header(0).time, 5000U);
  EXPECT_EQ(bytes.header(64).origin, wire::client_origin(7, 4));
  EXPECT_EQ(bytes.header(64).type, 256);
  EXPECT_EQ(bytes.all()[32], 0x11);
  EXPECT_EQ(stream.last_number, 4U);
}

TEST(FrameCheck, KnowsEventsOfOneSizeFromThoseOfSeveral) {
  Bytes mixed;
  mixed.event(1).event(2, 72).event(3);
  Bytes same;
  same.event(1, 48, 257).event(2, 48, nobodys_type);
  EventStream one = fresh();
  EventStream two = fresh();
  EXPECT_EQ(check(mixed, one).stride, 0U);
  EXPECT_EQ(check(same, two).stride, 48U);
}

struct Wrong {
  const char* what;
  Event header;
  GoodbyeCode code;
};
Event sound() {
  return {.size = 64, .type = 256, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = 9};
}
template <typename Change>
Wrong wrong(const char* what, GoodbyeCode code, Change&& change) {
  Wrong one{what, sound(), code};
  change(one.header);
  return one;
}

TEST(FrameCheck, RefusesEveryWrongHeaderAndKeepsWhatCameBeforeIt) {
  const std::vector<Wrong> cases{
      wrong("size 0", GoodbyeCode::frame_size, [](Event& e) { e.size = 0; }),
      wrong("size 24", GoodbyeCode::frame_size, [](Event& e) { e.size = 24; }),
      wrong("size 66", GoodbyeCode::frame_size, [](Event& e) { e.size = 66; }),
      wrong("size 264", GoodbyeCode::frame_size, [](Event& e) { e.size = 264; }),
      wrong("size -8", GoodbyeCode::frame_size, [](Event& e) { e.size = UINT32_MAX - 7; }),
      wrong("type 0", GoodbyeCode::frame_type, [](Event& e) { e.type = 0; }),
      wrong("tick", GoodbyeCode::frame_type, [](Event& e) { e.type = TICKWEIR_EVENT_TICK; }),
      wrong("type 15", GoodbyeCode::frame_type, [](Event& e) { e.type = 15; }),
      wrong("type 32", GoodbyeCode::frame_type, [](Event& e) { e.type = 32; }),
      wrong("type 255", GoodbyeCode::frame_type, [](Event& e) { e.type = 255; }),
      wrong("verdict", GoodbyeCode::frame_field, [](Event& e) { e.verdict = 1; }),
      wrong("flags", GoodbyeCode::frame_field, [](Event& e) { e.flags = 128; }),
      wrong("sequence", GoodbyeCode::frame_field, [](Event& e) { e.sequence = 1; }),
      wrong("time", GoodbyeCode::frame_field, [](Event& e) { e.time = 1ULL << 63; }),
      wrong("another's origin", GoodbyeCode::frame_field,
            [](Event& e) { e.origin = wire::client_origin(8, 9); }),
      wrong("number 0", GoodbyeCode::number_order, [](Event& e) { e.origin = 0; }),
      wrong("a number again", GoodbyeCode::number_order, [](Event& e) { e.origin = 8; }),
  };
  for (const Wrong& one : cases) {
    Bytes bytes;
    bytes.event(7).event(8);
    Event oversized = one.header;
    oversized.size = std::min(oversized.size, 512U);
    bytes.frame(oversized);
    std::memcpy(bytes.all().data() + 128, &one.header, sizeof one.header);
    EventStream stream = fresh();
    const Checked found = check(bytes, stream);
    EXPECT_EQ(found.stop, Stop::fault) << one.what;
    EXPECT_EQ(found.fault, one.code) << one.what;
    EXPECT_EQ(found.events, 2U) << one.what;
    EXPECT_EQ(stream.last_number, 8U) << one.what;
  }
}

TEST(FrameCheck, RefusesAHeaderOfZerosThatComesFirst) {
  std::vector<std::uint64_t> zeros(8);
  zeros[3] = 5;  // the number
  EventStream stream = fresh();
  const std::span bytes(reinterpret_cast<std::uint8_t*>(zeros.data()), zeros.size() * 8);
  const Checked found = check_frames(bytes, 1000, 1, rules, stream);
  EXPECT_EQ(found.fault, GoodbyeCode::frame_size);
  EXPECT_EQ(found.events, 0U);
}

TEST(FrameCheck, TakesNumbersUpToTheLast) {
  Bytes bytes;
  bytes.event(wire::number_max).event(wire::number_max + 1);
  EventStream stream = fresh();
  const Checked found = check(bytes, stream);
  EXPECT_EQ(found.events, 1U);
  EXPECT_EQ(found.fault, GoodbyeCode::frame_field);
}

TEST(FrameCheck, RefusesASizeBeforeTheFrameIsWhole) {
  Bytes bytes;
  bytes.frame({.size = 4096, .type = 256, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = 1});
  EventStream stream = fresh();
  EXPECT_EQ(check_frames(bytes.all().first(8), 10, 1, rules, stream).fault, GoodbyeCode::frame_size);
}

TEST(FrameCheck, AcceptsOnlyTheTypesAndSizesItIsTold) {
  const std::vector<AcceptedEvent> accepted{{256, 64}, {257, 0}, {259, 40}, {300, 0}};
  const FrameRules strict{.frame_bytes_max = 256, .accepted = accepted};
  const auto code = [&](std::uint32_t size, std::uint16_t type) {
    Bytes bytes;
    bytes.event(1, size, type);
    EventStream stream = fresh();
    return check(bytes, stream, strict).fault;
  };
  EXPECT_EQ(code(64, 256), GoodbyeCode::none);
  EXPECT_EQ(code(72, 256), GoodbyeCode::frame_size);
  EXPECT_EQ(code(72, 300), GoodbyeCode::none);
  EXPECT_EQ(code(32, 300), GoodbyeCode::none);
  EXPECT_EQ(code(64, 258), GoodbyeCode::frame_type);
  EXPECT_EQ(code(48, 257), GoodbyeCode::none);
  EXPECT_EQ(code(56, 257), GoodbyeCode::none);
  EXPECT_EQ(code(40, 257), GoodbyeCode::frame_size);  // too short for a Cancel
  EXPECT_EQ(code(40, 259), GoodbyeCode::none);        // as it was told
}

TEST(FrameCheck, RefusesWhatIsTooShortForItsTypeUnlessItIsToldASize) {
  const auto code = [&](std::uint32_t size, std::uint16_t type) {
    Bytes bytes;
    bytes.event(1, size, type);
    EventStream stream = fresh();
    return check(bytes, stream).fault;
  };
  market::for_each_payload_type([&]<typename T>(const char* name) {
    EXPECT_EQ(code(event_size<T>, T::event_type), GoodbyeCode::none) << name;
    EXPECT_EQ(code(event_size<T> + 8, T::event_type), GoodbyeCode::none) << name;
    EXPECT_EQ(code(event_size<T> - 8, T::event_type), GoodbyeCode::frame_size) << name;
    EXPECT_EQ(code(sizeof(Event), T::event_type), GoodbyeCode::frame_size) << name;
  });
  EXPECT_EQ(code(sizeof(Event), nobodys_type), GoodbyeCode::none);
}

TEST(FrameCheck, StopsAtTheLimitOfEventsAndAtSessionFrames) {
  Bytes bytes;
  bytes.event(1).event(2).event(3);
  EventStream stream = fresh();
  const Checked limited = check(bytes, stream, rules, 2);
  EXPECT_EQ(limited.stop, Stop::event_limit);
  EXPECT_EQ(limited.bytes, 128U);
  Bytes session;
  session.event(4).frame(wire::Frame<wire::Heartbeat>{}.header);
  EXPECT_EQ(check(session, stream).stop, Stop::session_frame);
  EXPECT_EQ(check_frames(session.all().subspan(64, 16), 10, 1, rules, stream).stop, Stop::partial);
}

// ---- Intake: the same, into batches ------------------------------------------------------------------

class Pipe {
 public:
  Pipe(std::uint32_t events_max, std::uint32_t bytes_max)
      : plugin_{.output_count = 1}, output_{.name = "events"}, scratch_(bytes_max), intake_(rules, scratch_) {
    plugin_.outputs = &output_;
    emitter_.emplace(plugin_, std::vector<std::string>{}, events_max, bytes_max);
    partial_.bytes = room_.data();
  }
  // Receives the bytes in pieces of `cut()` each, as sockets give them.
  template <typename Cut>
  void feed(std::span<const std::uint8_t> bytes, Cut&& cut) {
    Emitter out(*emitter_->raw());
    while (!bytes.empty() && fault == GoodbyeCode::none) {
      if (!intake_.has_room(*out.raw().outputs[0])) emitter_->hand_over_all();
      const auto room = intake_.open(*out.raw().outputs[0], partial_, stream_);
      ASSERT_FALSE(room.empty());
      const std::size_t count = std::min({room.size(), bytes.size(), static_cast<std::size_t>(cut())});
      std::memcpy(room.data(), bytes.data(), count);
      bytes = bytes.subspan(count);
      const auto taken = intake_.take(
          out, static_cast<std::uint32_t>(count), 5000, partial_, stream_,
          [&](std::uint64_t events) { counted += events; },
          [&](const Event& frame, GoodbyeCode&) {
            session_frames += frame.type;
            return true;
          });
      fault = taken.fault;
    }
    emitter_->hand_over_all();
  }
  [[nodiscard]] const std::vector<testing::OwnedEvent>& events() const {
    return emitter_->output("events").events;
  }

  GoodbyeCode fault = GoodbyeCode::none;
  std::uint64_t counted = 0;
  std::uint64_t session_frames = 0;

 private:
  tickweir_plugin plugin_;
  tickweir_output output_;
  std::vector<std::uint8_t> scratch_;
  Intake intake_;
  std::optional<testing::detail::TestEmitter> emitter_;
  std::array<std::uint8_t, rules.frame_bytes_max> room_{};
  Partial partial_;
  EventStream stream_{.origin_base = base};
};

TEST(Intake, GivesTheSameEventsHoweverTheBytesAreCut) {
  std::mt19937_64 random(testing::seed());
  Bytes bytes;
  for (std::uint64_t number = 1; number <= 2000; ++number) {
    const auto size = static_cast<std::uint32_t>(random() % 8 == 0 ? 32 + 8 * (random() % 29) : 64);
    bytes.event(number, size, nobodys_type);
    if (random() % 50 == 0) {
      bytes.frame(wire::Frame<wire::Heartbeat>{}.header);
    }
  }
  Pipe whole(100'000, 1U << 20);
  whole.feed(bytes.all(), [] { return 1U << 20; });
  ASSERT_EQ(whole.events().size(), 2000U);
  EXPECT_EQ(whole.fault, GoodbyeCode::none);
  EXPECT_GT(whole.session_frames, 0U);
  for (const std::uint32_t events_max : {1U, 3U, 64U, 1000U}) {
    for (const std::uint32_t cut_max : {1U, 9U, 100U, 5000U}) {
      Pipe cut(events_max, 4096);
      cut.feed(bytes.all(), [&] { return 1 + random() % cut_max; });
      EXPECT_TRUE(cut.events() == whole.events()) << events_max << " events, cuts up to " << cut_max;
      EXPECT_EQ(cut.counted, 2000U);
      EXPECT_EQ(cut.session_frames, whole.session_frames);
    }
  }
}

TEST(Intake, HandsOnSmallEventsThatComeWhereLargeOnesWereExpected) {
  Bytes bytes;
  bytes.event(1, 256);
  for (std::uint64_t number = 2; number <= 500; ++number) bytes.event(number, 32, nobodys_type);
  Pipe pipe(16, 4096);
  pipe.feed(bytes.all(), [] { return 4096U; });
  EXPECT_EQ(pipe.events().size(), 500U);
  EXPECT_EQ(pipe.events().back().origin(), wire::client_origin(7, 500));
}

}  // namespace
}  // namespace tickweir::tcp
