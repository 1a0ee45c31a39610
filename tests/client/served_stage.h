// source_tcp on a thread of its own, with what a pipeline would do behind it: a dedup by origin, a price band
// that refuses what it is told to, a log that makes everything else durable.
//
// Threading: the harness lives on the thread; results may be read after stop().
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tickweir/testing.h"

namespace tickweir {

inline const testing::OptionTexts any_port{{"listen", "127.0.0.1:0"}};

// For a source that comes back: below the ports that the kernel gives to connections, so that none of them
// has taken it meanwhile.
inline std::uint16_t lasting_port() {
  std::random_device random;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(16'000 + random() % 16'000);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    if (is_free) return port;
  }
}

// What survives a crash: the log, from which the rest is recovered.
struct Log {
  std::vector<testing::OwnedEvent> events;
  std::set<std::uint64_t> origins;
  std::uint64_t repeats = 0;
};

class ServedStage {
 public:
  using IsRefused = std::function<bool(const Event&)>;
  ServedStage(Log& log, testing::OptionTexts options, IsRefused is_refused = {})
      : log_(log), is_refused_(std::move(is_refused)) {
    std::promise<std::uint16_t> bound;
    auto port = bound.get_future();
    thread_ = std::thread([this, options = std::move(options), &bound] { run(options, bound); });
    port_ = port.get();
  }
  ServedStage(const ServedStage&) = delete;
  ServedStage& operator=(const ServedStage&) = delete;
  ~ServedStage() { stop(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Drains and says goodbye.
  void stop() { end(true); }
  // Ends like a crash: what is under way is neither settled nor logged.
  void crash() { end(false); }

 private:
  void end(bool in_order) {
    if (!thread_.joinable()) return;
    (in_order ? is_stopping_ : is_crashing_) = true;
    thread_.join();
  }

  void run(const testing::OptionTexts& options, std::promise<std::uint16_t>& bound) {
    static const std::vector<tickweir_verdict> verdicts{
        {.flags = TICKWEIR_REASON_REPEAT, .stage_id = "unique", .reason = "duplicate", .help = ""},
        {.flags = 0, .stage_id = "band", .reason = "outside_band", .help = ""}};
    testing::Harness stage(TICKWEIR_PLUGIN_DIR "/source_tcp.so", options,
                           {.batch_events_max = 64, .time = 1, .verdicts = verdicts});
    const std::string line = stage.logs().back();
    stage.recover(log_.events);
    bound.set_value(static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1))));
    while (!is_stopping_ && !is_crashing_) {
      if (stage.poll_once() == PollResult::idle) {
        pollfd ready{.fd = stage.idle().descriptor, .events = POLLIN, .revents = 0};
        ::poll(&ready, 1, 1);
      }
      if (!is_crashing_) settle(stage, stage.take("events"));
    }
    if (is_crashing_) return;
    stage.drain();
    settle(stage, stage.take("events"));
    stage.stop();
  }

  void settle(testing::Harness& stage, std::vector<testing::OwnedEvent> events) {
    for (testing::OwnedEvent& event : events) {
      auto& header = const_cast<Event&>(event.header());
      if (log_.origins.contains(header.origin)) {
        header.verdict = 1;
        ++log_.repeats;
      } else if (is_refused_ && is_refused_(header)) {
        header.verdict = 2;
      } else {
        log_.origins.insert(header.origin);
        log_.events.push_back(event);
      }
    }
    stage.settle(events);
  }

  Log& log_;
  IsRefused is_refused_;
  std::thread thread_;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_crashing_ = false;
};

}  // namespace tickweir
