// The system calls, thin: sockets that never block, and one epoll instance.
//
// Threading: any. Errors: setting up throws std::system_error or std::runtime_error; moving bytes says what
// happened. Ownership: descriptors are plain numbers, closed by their owner.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>

#include "settings.h"

namespace tickweir::tcp {

// What moving bytes came to. `bytes` is above 0 for moved only.
enum class Moved { moved, blocked, ended, failed };
struct Transfer {
  Moved outcome = Moved::blocked;
  std::size_t bytes = 0;
};

[[nodiscard]] inline Transfer transfer_of(ssize_t result) {
  if (result > 0) return {Moved::moved, static_cast<std::size_t>(result)};
  if (result == 0) return {Moved::ended};
  return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Moved::blocked : Moved::failed};
}
[[nodiscard]] inline Transfer receive(int socket, std::span<std::uint8_t> room) {
  return transfer_of(::recv(socket, room.data(), room.size(), MSG_DONTWAIT));
}
[[nodiscard]] inline Transfer send(int socket, std::span<const std::uint8_t> bytes) {
  return transfer_of(::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

// Bytes that wait to be read.
[[nodiscard]] inline int waiting_bytes(int socket) {
  int bytes = 0;
  return ::ioctl(socket, FIONREAD, &bytes) == 0 ? bytes : 0;
}

// The peer sends nothing more, and nothing waits to be read.
[[nodiscard]] inline bool has_ended(int socket) {
  std::uint8_t byte = 0;
  const ssize_t result = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return result == 0 || (result < 0 && errno != EAGAIN && errno != EINTR);
}

template <typename T>
bool set_option(int socket, int level, int name, T value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

[[nodiscard]] inline int listen_on(const Settings& settings) {
  const auto fail = [&](const char* what, int socket) {
    const std::string cause = std::strerror(errno);
    if (socket >= 0) ::close(socket);
    throw std::runtime_error("cannot " + std::string(what) + " " + settings.listen + ": " + cause);
  };
  const int socket = ::socket(settings.address.raw.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) fail("make a socket for", socket);
  static_cast<void>(set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1));
  const auto* const raw = reinterpret_cast<const sockaddr*>(&settings.address.raw);
  if (::bind(socket, raw, settings.address.bytes) != 0) fail("take the address", socket);
  if (::listen(socket, SOMAXCONN) != 0) fail("listen on", socket);
  return socket;
}
[[nodiscard]] inline Address local_address(int socket) {
  Address address;
  address.bytes = sizeof address.raw;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address.raw), &address.bytes) != 0) return {};
  return address;
}

// -1 with errno when there is none.
[[nodiscard]] inline int accept_one(int listener, Address& peer) {
  peer.bytes = sizeof peer.raw;
  const int socket =
      ::accept4(listener, reinterpret_cast<sockaddr*>(&peer.raw), &peer.bytes, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) return socket;
  // Replies leave at once; a peer that vanished is noticed.
  constexpr int idle_seconds = 30;
  constexpr unsigned silence_ms = 60'000;
  static_cast<void>(set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1));
  static_cast<void>(set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1));
  static_cast<void>(set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds));
  static_cast<void>(set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, silence_ms));
  return socket;
}

class Epoll {
 public:
  Epoll() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_ < 0)
      throw std::runtime_error("cannot make an epoll: " + std::string(std::strerror(errno)));
  }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  ~Epoll() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool add(int socket, std::uint32_t events, std::uint32_t tag) const {
    return control(EPOLL_CTL_ADD, socket, events, tag);
  }
  void change(int socket, std::uint32_t events, std::uint32_t tag) const {
    static_cast<void>(control(EPOLL_CTL_MOD, socket, events, tag));
  }
  void remove(int socket) const { static_cast<void>(control(EPOLL_CTL_DEL, socket, 0, 0)); }
  // What is ready now, without waiting.
  [[nodiscard]] std::span<epoll_event> ready(std::span<epoll_event> room) const {
    const int count = ::epoll_wait(descriptor_, room.data(), static_cast<int>(room.size()), 0);
    return room.first(count > 0 ? static_cast<std::size_t>(count) : 0);
  }

 private:
  bool control(int what, int socket, std::uint32_t events, std::uint32_t tag) const {
    epoll_event event{.events = events, .data = {.u32 = tag}};
    return ::epoll_ctl(descriptor_, what, socket, &event) == 0;
  }
  int descriptor_;
};

}  // namespace tickweir::tcp
