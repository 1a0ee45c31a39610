// Bytes of a peer, cut in two ways, through login, intake and session: the same events, the same end.
//
// The first byte says how the input is cut; the rest is what the peer sends.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "session.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir;
using namespace tickweir::tcp;

constexpr std::uint32_t batch_bytes = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

// One connection without a socket: what a server does with what it received.
class Wire {
 public:
  explicit Wire(std::uint32_t events_max)
      : sessions_(settings_, connections_),
        scratch_(batch_bytes),
        intake_({.frame_bytes_max = 512}, scratch_) {
    plugin_.output_count = 1;
    plugin_.outputs = &output_;
    emitter_.emplace(plugin_, std::vector<std::string>{}, events_max, batch_bytes);
    Connection& one = connections_[0];
    one.phase = Phase::login;
    one.partial.bytes = room_.data();
    one.replies.reset(replies_, sizeof(wire::Frame<wire::Goodbye>));
  }

  void feed(const std::uint8_t* bytes, std::size_t count, std::size_t piece) {
    while (count != 0 && is_alive()) {
      const std::size_t taken = connections_[0].phase == Phase::login ? log_in(bytes, std::min(count, piece))
                                                                      : take(bytes, std::min(count, piece));
      bytes += taken;
      count -= taken;
      connections_[0].replies.clear();  // the peer takes everything
    }
    emitter_->hand_over_all();
  }
  [[nodiscard]] const std::vector<testing::OwnedEvent>& events() const {
    return emitter_->output("events").events;
  }
  [[nodiscard]] const SessionCounts& counts() { return sessions_.counts(); }
  [[nodiscard]] GoodbyeCode fault() const { return fault_; }
  [[nodiscard]] Phase phase() const { return connections_[0].phase; }

  // Everything settles; nothing may be left under way.
  void settle() {
    for (const testing::OwnedEvent& event : events()) {
      testing::detail::InputBatch batch({event}, 0, 1, batch_bytes);
      sessions_.settle(*batch.raw(), [](Connection& one) { one.replies.clear(); });
      connections_[0].replies.clear();
    }
    for (std::uint32_t i = 0; i < sessions_.clients().size(); ++i)
      require(sessions_.clients().at(i).under_way == 0);
  }

 private:
  [[nodiscard]] bool is_alive() const { return phase() == Phase::login || phase() == Phase::open; }

  std::size_t log_in(const std::uint8_t* bytes, std::size_t count) {
    Connection& one = connections_[0];
    wire::Frame<wire::Login> login;
    count = std::min(count, sizeof login - one.partial.count);
    std::memcpy(one.partial.bytes + one.partial.count, bytes, count);
    one.partial.count += static_cast<std::uint32_t>(count);
    one.received_bytes += count;
    if (one.partial.count >= 8 && !Sessions::begins_as_login(one.partial.bytes)) {
      sessions_.say_goodbye(one, GoodbyeCode::frame_type);
    } else if (one.partial.count == sizeof login) {
      std::memcpy(&login, one.partial.bytes, sizeof login);
      one.partial.count = 0;
      if (sessions_.judge_login(one, login)) static_cast<void>(sessions_.take_login(one, login));
    }
    return count;
  }

  std::size_t take(const std::uint8_t* bytes, std::size_t count) {
    Connection& one = connections_[0];
    Emitter out(*emitter_->raw());
    if (!intake_.has_room(*out.raw().outputs[0])) emitter_->hand_over_all();
    const auto room = intake_.open(*out.raw().outputs[0], one.partial, one.stream);
    require(!room.empty());
    count = std::min(count, room.size());
    std::memcpy(room.data(), bytes, count);
    one.received_bytes += count;
    const auto taken = intake_.take(
        out, static_cast<std::uint32_t>(count), 1, one.partial, one.stream,
        [&](std::uint64_t events) { sessions_.received(one, events); },
        [&](const Event& frame, GoodbyeCode& fault) {
          const auto make_room = [](Connection& full) { full.replies.clear(); };
          fault = sessions_.take_session_frame(one, frame, make_room);
          return fault == GoodbyeCode::none && one.phase == Phase::open;
        });
    if (taken.fault != GoodbyeCode::none) {
      fault_ = taken.fault;
      sessions_.say_goodbye(one, fault_);
    }
    return count;
  }

  static Settings make_settings() {
    Settings settings;
    settings.clients_max = 4;
    settings.frame_bytes_max = 512;
    return settings;
  }
  const Settings settings_ = make_settings();
  std::array<Connection, 1> connections_;
  std::array<std::uint8_t, 512> room_{};
  std::array<std::uint8_t, 8192> replies_{};
  Sessions sessions_;
  std::vector<std::uint8_t> scratch_;
  Intake intake_;
  tickweir_output output_{.name = "events"};
  tickweir_plugin plugin_;
  std::optional<testing::detail::TestEmitter> emitter_;
  GoodbyeCode fault_ = GoodbyeCode::none;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] % 128 + 1;
  Wire whole(1000);
  Wire cut(data[0] / 128 * 6 + 1);
  whole.feed(data + 1, size - 1, batch_bytes);
  cut.feed(data + 1, size - 1, piece);
  require(whole.events() == cut.events());
  require(whole.fault() == cut.fault() && whole.phase() == cut.phase());
  require(whole.counts().goodbyes == cut.counts().goodbyes);
  std::uint64_t last = 0;
  for (const testing::OwnedEvent& event : whole.events()) {
    require(event.size() >= 32 && event.size() <= 512 && event.type() >= TICKWEIR_EVENT_FIRST_PAYLOAD);
    require(event.header().verdict == 0 && event.header().flags == 0 && event.sequence() == 0);
    require(origin_number(event.origin()) > last && wire::client_of(event.origin()) != 0);
    last = origin_number(event.origin());
  }
  whole.settle();
  return 0;
}
