// For tests of source_tcp: the stage behind a real loopback socket, and peers that say exactly what they are
// told.
//
// One thread: while a peer waits for something, the stage is polled. Nothing sleeps; what does not come is a
// failure after a bound far above what any machine needs.
#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sockets.h"
#include "tickweir/testing.h"
#include "tickweir/testing_folder.h"

namespace tickweir::tcp {

using testing::Harness;
using testing::OwnedEvent;

constexpr std::uint64_t start_time = 1'767'700'000'000'000'000;
constexpr std::uint64_t second = 1'000'000'000;

inline testing::OptionTexts with(testing::OptionTexts more, const char* listen = "127.0.0.1:0") {
  more.push_back({"listen", listen});
  return more;
}

// A file that goes with the test.
class TestFile {
 public:
  TestFile(const std::string& text, mode_t mode) {
    std::ofstream(path_) << text;
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  testing::TempFolder folder_;
  std::string path_ = folder_.at("file");
};

class Rig {
 public:
  explicit Rig(std::initializer_list<testing::OptionText> options = {}, testing::Settings settings = {},
               const char* listen = "127.0.0.1:0")
      : stage_(TICKWEIR_PLUGIN_FILE, with(options, listen), timed(std::move(settings))) {
    const std::string& line = stage_.logs().back();
    address_ = parse_address(line.substr(line.rfind(' ') + 1)).value();
  }
  Harness& stage() { return stage_; }
  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] std::size_t count() const { return stage_.output().size(); }

  // Polls the stage until `holds`, or fails.
  void until(const char* what, const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > give_up) {
        FAIL() << "waited in vain for " << what;
      }
      if (stage_.poll_once() == PollResult::more) continue;
      pollfd ready{.fd = stage_.idle().descriptor, .events = POLLIN, .revents = 0};
      ::poll(&ready, 1, 1);
    }
  }
  void until_events(std::size_t expected) {
    until("events", [&] { return count() >= expected; });
    EXPECT_EQ(count(), expected);
  }
  void until_goodbye(const char* reason, std::uint64_t times = 1) {
    until(reason, [&] { return stage_.counter("goodbyes", reason) >= times; });
  }
  // The events that came out so far, with the verdict of each.
  void settle(std::size_t first, std::size_t count, std::uint8_t verdict = 0) {
    std::vector<OwnedEvent> events(stage_.output().begin() + static_cast<std::ptrdiff_t>(first),
                                   stage_.output().begin() + static_cast<std::ptrdiff_t>(first + count));
    for (OwnedEvent& event : events) const_cast<Event&>(event.header()).verdict = verdict;
    stage_.settle(events);
  }
  void pass_time(std::uint64_t ns) { stage_.set_time(time_ += ns); }

 private:
  static testing::Settings timed(testing::Settings settings) {
    settings.time = start_time;
    return settings;
  }
  Harness stage_;
  Address address_;
  std::uint64_t time_ = start_time;
};

// A frame as bytes.
template <typename Frame>
std::string bytes_of(const Frame& frame) {
  return {reinterpret_cast<const char*>(&frame), sizeof frame};
}
inline std::string login_bytes(std::uint32_t id, std::string_view token = {}) {
  wire::Frame<wire::Login> frame;
  frame.payload.client = id;
  wire::set_text(frame.payload.token, token);
  return bytes_of(frame);
}
inline std::string event_bytes(std::uint64_t number, std::uint32_t size = 64, std::uint16_t type = 256) {
  const Event header{
      .size = size, .type = type, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = number};
  return bytes_of(header) + std::string(size - sizeof header, static_cast<char>(number));
}
inline std::string events_bytes(std::uint64_t first, std::uint64_t last) {
  std::string bytes;
  for (std::uint64_t number = first; number <= last; ++number) bytes += event_bytes(number);
  return bytes;
}

struct ReceiveRoom {
  int bytes = 0;  // 0: the system's
};

class Peer {
 public:
  explicit Peer(Rig& rig, ReceiveRoom room = {})
      : rig_(rig), socket_(::socket(rig.address().raw.ss_family, SOCK_STREAM, 0)) {
    if (room.bytes != 0) static_cast<void>(set_option(socket_, SOL_SOCKET, SO_RCVBUF, room.bytes));
    static_cast<void>(set_option(socket_, IPPROTO_TCP, TCP_NODELAY, 1));  // what is sent is there
    const auto* const raw = reinterpret_cast<const sockaddr*>(&rig.address().raw);
    EXPECT_EQ(::connect(socket_, raw, rig.address().bytes), 0) << std::strerror(errno);
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  Peer(Rig& rig, std::uint32_t id, std::string_view token = {}) : Peer(rig) {
    send(login_bytes(id, token));
    reply = next<wire::LoginReply>();
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(); }

  void send(std::string_view bytes) {
    rig_.until("room to send", [&] {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      return bytes.empty() || (sent < 0 && errno != EAGAIN);
    });
  }
  // As much as the stage's side takes without being polled.
  std::size_t send_some(std::string_view bytes) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  // Ends the connection with a reset.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    static_cast<void>(set_option(socket_, SOL_SOCKET, SO_LINGER, now));
    close();
  }

  // The next frame, which must be of this kind.
  template <Payload T>
  T next() {
    rig_.until("a frame", [&] {
      if (!has_frame()) take_in();
      return has_frame();
    });
    if (!has_frame()) return {};
    Event header;
    std::memcpy(&header, received_.data() + begin_, sizeof header);
    EXPECT_EQ(header.type, T::event_type) << "a frame of another kind";
    T found;
    if (header.type == T::event_type)
      std::memcpy(&found, received_.data() + begin_ + sizeof header, sizeof found);
    begin_ += header.size;
    return found;
  }
  // The last frame, and the end of the stream behind it.
  wire::Goodbye goodbye() {
    const auto found = next<wire::Goodbye>();
    rig_.until("the end", [&] {
      take_in();
      return is_ended_;
    });
    EXPECT_EQ(begin_, received_.size()) << "more came after a goodbye";
    return found;
  }
  [[nodiscard]] bool has_nothing() {
    take_in();
    return begin_ == received_.size();
  }
  [[nodiscard]] int socket() const { return socket_; }

  wire::LoginReply reply;

 private:
  void take_in() {
    char room[4096];
    ssize_t got = 0;
    while ((got = ::recv(socket_, room, sizeof room, 0)) > 0)
      received_.append(room, static_cast<std::size_t>(got));
    is_ended_ = got == 0 || errno != EAGAIN;
  }
  [[nodiscard]] bool has_frame() const {
    std::uint32_t size = 0;
    const std::size_t bytes = received_.size() - begin_;
    if (bytes >= sizeof size) std::memcpy(&size, received_.data() + begin_, sizeof size);
    return size != 0 && bytes >= size;
  }

  Rig& rig_;
  int socket_;
  std::string received_;
  std::size_t begin_ = 0;  // of what next() has not given out
  bool is_ended_ = false;
};

}  // namespace tickweir::tcp
