// A client of bare sockets, for saying to a server what no HTTP library would.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tickweir::testing {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};  // a test hangs no longer than this
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() {
    if (socket_ >= 0) ::close(socket_);
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  RawClient& operator=(RawClient&&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  bool send(const std::string& bytes) const {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }
  // Everything until the server closes.
  [[nodiscard]] std::string read_all() const {
    std::string all;
    char buffer[4096];
    for (ssize_t count; (count = ::recv(socket_, buffer, sizeof buffer, 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }
  // One answer, by its Content-Length; "" when the server closed before.
  [[nodiscard]] std::string read_answer(bool has_body = true) const {
    std::string all;
    char byte = 0;
    while (all.find("\r\n\r\n") == std::string::npos) {
      if (::recv(socket_, &byte, 1, 0) != 1) return {};
      all += byte;
    }
    const auto at = all.find("Content-Length: ");
    std::size_t left = has_body && at != std::string::npos ? std::stoul(all.substr(at + 16)) : 0;
    for (; left > 0; --left) {
      if (::recv(socket_, &byte, 1, 0) != 1) return {};
      all += byte;
    }
    return all;
  }

 private:
  int socket_;
  bool connected_ = false;
};

// The whole answer to one request on a connection of its own.
inline std::string http_get(std::uint16_t port, const std::string& target,
                            const std::string& host = "localhost") {
  const RawClient client(port);
  client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  return client.read_all();
}

}  // namespace tickweir::testing
