// Something that listens and is not source_tcp: says its piece to whoever connects, whatever they say.
//
// Threading: a thread of its own, joined by the destructor.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tickweir {

class Stranger {
 public:
  // `is_ending`: it says nothing more after its words; otherwise the connection stays open both ways.
  explicit Stranger(std::string words, bool is_ending = false)
      : words_(std::move(words)),
        is_ending_(is_ending),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(listener_, 64);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() {
    is_stopping_ = true;
    thread_.join();
    for (const int socket : visitors_) ::close(socket);
    ::close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint32_t visits() const { return visits_; }

 private:
  void serve() {
    while (!is_stopping_) {
      pollfd ready{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 10) != 1) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      visitors_.push_back(socket);
      ++visits_;
      static_cast<void>(::send(socket, words_.data(), words_.size(), MSG_NOSIGNAL));
      if (is_ending_) ::shutdown(socket, SHUT_WR);
    }
  }

  std::string words_;
  bool is_ending_;
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> visitors_;
  std::atomic<std::uint32_t> visits_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

}  // namespace tickweir
