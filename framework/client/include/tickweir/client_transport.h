// How a client's bytes get to the source: a connected stream that does not block. TCP here, TLS in
// client_tls.h.
//
// Threading: one thread at a time. Ownership: a Transport closes its socket.
// Errors:    connecting throws ClientError; moving bytes says `broken`.
#pragma once

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace tickweir {

class ClientError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Transport {
 public:
  static constexpr std::int64_t broken = -1;

  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // Bytes moved; 0: none now; broken: the connection is over. Of bytes that a send() does not report, none
  // arrives unless they are sent again: behind a 0 the next send() begins with all the bytes of that one, and
  // there may be more behind them.
  virtual std::int64_t send(std::span<const std::uint8_t> bytes) = 0;
  virtual std::int64_t receive(std::span<std::uint8_t> room) = 0;
  // To wait on with poll(); bytes may be there even if it says nothing: see has_more().
  [[nodiscard]] virtual int descriptor() const = 0;
  [[nodiscard]] virtual bool has_more() const { return false; }
  // Behind `broken`: the cause as far as it is known, or "".
  [[nodiscard]] virtual std::string why_broken() const { return {}; }
};

// Waits until the socket is ready for `events`, signals or not. False: it was not before `end`.
[[nodiscard]] inline bool wait_for(int socket, short events, std::chrono::steady_clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{.fd = socket, .events = events, .revents = 0};
    const int found = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (found >= 0 || errno != EINTR) return found == 1;
  }
}

// A connected TCP socket, non-blocking; the caller's to close.
[[nodiscard]] inline int connect_socket(const std::string& host, std::uint16_t port, int timeout_ms) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string place = host + ":" + std::to_string(port);
  if (const int wrong = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      wrong != 0) {
    throw ClientError("cannot find " + place + ": " + ::gai_strerror(wrong));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
  int cause = 0;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int socket = ::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) {
      cause = errno;
      continue;
    }
    int result = ::connect(socket, at->ai_addr, at->ai_addrlen);
    cause = result == 0 ? 0 : errno;
    if (cause == EINPROGRESS) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
      socklen_t size = sizeof cause;
      cause = ETIMEDOUT;
      if (wait_for(socket, POLLOUT, end)) ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &cause, &size);
    }
    if (cause == 0) {
      const int yes = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      return socket;
    }
    ::close(socket);
  }
  throw ClientError("cannot connect to " + place + ": " + std::strerror(cause));
}

class TcpTransport final : public Transport {
 public:
  TcpTransport(const std::string& host, std::uint16_t port, int timeout_ms)
      : socket_(connect_socket(host, port, timeout_ms)) {}
  ~TcpTransport() override { ::close(socket_); }

  std::int64_t send(std::span<const std::uint8_t> bytes) override {
    return moved(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), false);
  }
  std::int64_t receive(std::span<std::uint8_t> room) override {
    return moved(::recv(socket_, room.data(), room.size(), 0), true);
  }
  [[nodiscard]] int descriptor() const override { return socket_; }

 private:
  static std::int64_t moved(ssize_t result, bool zero_is_end) {
    if (result > 0 || (result == 0 && !zero_is_end)) return result;
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0;
    return broken;
  }
  int socket_;
};

}  // namespace tickweir
