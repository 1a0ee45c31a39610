// receive: one thread that receives from 16 TCP connections, by epoll and recv, as source_tcp does.
//
//   [core 0] sender --16 connections--> receiver [core 1]
//
// Baseline: the same by an io_uring with a receive waiting on each connection. What is compared is the time
// of the processor that the receiving thread takes for an event of 64 bytes: at full speed, and when each
// event comes alone.
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "bench.h"

namespace tickweir::bench {

namespace {

constexpr std::size_t event_bytes = 64;
constexpr std::size_t room_bytes = 64 * 1024;
constexpr std::uint32_t connection_count = 16;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) { check(descriptor >= 0, "there is a socket"); }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Connections {
  std::vector<Socket> senders;
  std::vector<Socket> receivers;
};

Connections connect_all() {
  const Socket listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check(::bind(listener.get(), raw, size) == 0 && ::listen(listener.get(), connection_count) == 0 &&
            ::getsockname(listener.get(), raw, &size) == 0,
        "the receiver listens");
  Connections connections;
  for (std::uint32_t i = 0; i < connection_count; ++i) {
    const int one = 1;
    Socket& sender = connections.senders.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
    check(::connect(sender.get(), raw, size) == 0, "the sender connects");
    ::setsockopt(sender.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections.receivers.emplace_back(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
  }
  return connections;
}

// Receives until so many bytes are there.
void receive_by_epoll(const Connections& connections, std::uint64_t bytes) {
  const Socket epoll(::epoll_create1(0));
  for (std::uint32_t i = 0; i < connection_count; ++i) {
    epoll_event wanted{.events = EPOLLIN, .data = {.u32 = i}};
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, connections.receivers[i].get(), &wanted);
  }
  std::vector<std::uint8_t> room(room_bytes);
  std::array<epoll_event, connection_count> ready;
  for (std::uint64_t received = 0; received < bytes;) {
    const int count = ::epoll_wait(epoll.get(), ready.data(), connection_count, -1);
    for (const epoll_event& one : std::span(ready).first(static_cast<std::size_t>(std::max(count, 0)))) {
      const auto got = ::recv(connections.receivers[one.data.u32].get(), room.data(), room.size(), 0);
      check(got > 0, "there is something to receive");
      received += static_cast<std::uint64_t>(got);
    }
  }
}

// A ring of its own each time: at the end some receives are still waiting.
class Ring {
 public:
  Ring() : is_allowed_(io_uring_queue_init(2 * connection_count, &ring_, 0) == 0) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() {
    if (is_allowed_) io_uring_queue_exit(&ring_);
  }
  [[nodiscard]] bool is_allowed() const { return is_allowed_; }
  [[nodiscard]] io_uring* get() { return &ring_; }

 private:
  io_uring ring_{};
  bool is_allowed_;
};

void receive_by_io_uring(const Connections& connections, std::uint64_t bytes) {
  Ring ring;
  std::vector<std::vector<std::uint8_t>> rooms(connection_count, std::vector<std::uint8_t>(room_bytes));
  const auto ask = [&](std::uint64_t i) {
    io_uring_sqe* const entry = io_uring_get_sqe(ring.get());
    io_uring_prep_recv(entry, connections.receivers[i].get(), rooms[i].data(), room_bytes, 0);
    io_uring_sqe_set_data64(entry, i);
  };
  for (std::uint64_t i = 0; i < connection_count; ++i) ask(i);
  std::array<io_uring_cqe*, connection_count> ready;
  for (std::uint64_t received = 0; received < bytes;) {
    check(io_uring_submit_and_wait(ring.get(), 1) >= 0, "the ring takes receives");
    const unsigned count = io_uring_peek_batch_cqe(ring.get(), ready.data(), connection_count);
    for (io_uring_cqe* const one : std::span(ready).first(count)) {
      check(one->res > 0, "the ring receives something");
      received += static_cast<std::uint64_t>(one->res);
      const std::uint64_t connection = io_uring_cqe_get_data64(one);
      if (received < bytes) ask(connection);
    }
    io_uring_cq_advance(ring.get(), count);
  }
}

void send_all(const Connections& connections, std::uint64_t bytes, std::size_t bytes_at_once) {
  const std::vector<std::uint8_t> zeros(bytes_at_once);
  for (std::uint64_t sent = 0; sent < bytes;) {
    for (const Socket& to : connections.senders) {
      if (sent == bytes) break;
      const std::uint64_t wanted = std::min<std::uint64_t>(bytes_at_once, bytes - sent);
      const auto done = ::send(to.get(), zeros.data(), wanted, MSG_NOSIGNAL);
      check(done > 0, "the sender sends");
      sent += static_cast<std::uint64_t>(done);
    }
  }
}

std::uint64_t thread_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

// ns of the receiving thread for an event.
template <typename Receive>
double receive_ns(std::uint64_t events, std::size_t bytes_at_once, Receive&& receive) {
  const Connections connections = connect_all();
  const std::uint64_t bytes = events * event_bytes;
  std::thread sender([&] {
    pin_to(0);
    send_all(connections, bytes, bytes_at_once);
  });
  pin_to(1);
  const std::uint64_t start = thread_ns();
  receive(connections, bytes);
  const std::uint64_t taken = thread_ns() - start;
  sender.join();
  unpin();
  return static_cast<double>(taken) / static_cast<double>(events);
}

Row measure(const Settings& settings, const std::string& name, std::uint64_t events,
            std::size_t bytes_at_once) {
  if (!Ring().is_allowed()) {
    return {.name = name, .target = "at most 1.1", .state = "-", .note = "no io_uring here"};
  }
  const Pairs pairs = run_pairs(
      settings, true, [&] { return receive_ns(events, bytes_at_once, receive_by_epoll); },
      [&] { return receive_ns(events, bytes_at_once, receive_by_io_uring); });
  const double ratio = pairs.ratio();
  return {.name = name,
          .unit = "ns/event",
          .ours = median(pairs.ours),
          .baseline = median(pairs.baseline),
          .figure = ratio,
          .figure_text = "ratio",
          .target = "at most 1.1",
          .is_reached = ratio <= 1.1,
          .state = pairs.state,
          .note = std::to_string(pairs.thrown_away) + " pairs thrown away"};
}

}  // namespace

std::vector<Row> receive(const Settings& settings) {
  return {measure(settings, "receive: full speed", settings.is_smoke ? 100'000 : 20'000'000, room_bytes),
          measure(settings, "receive: events that come alone", settings.is_smoke ? 10'000 : 500'000,
                  event_bytes)};
}

}  // namespace tickweir::bench
