// The admin server: HTTP/1.1 on one thread of its own, for reading only.
//
// It answers GET and HEAD with whole pages that the given function makes. A server that listens on
// loopback refuses requests whose Host is not this machine, so that no web page elsewhere can read it
// through a browser.
//
// Limits:    connections, header bytes, no request bodies, and the time for a request and an answer. When
//            all connections are taken, the one that has been silent longest makes room, so idle or slow
//            ones cannot keep a scrape out.
// Threading: listen() and the destructor on one thread; pages are made on the server's own.
// Ownership: whatever `pages` uses outlives the server. The destructor closes everything and joins.
// Errors:    listen() says address and cause. Later, what a client does wrong is the client's answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/result.h"

namespace tickweir {

struct Page {
  std::uint32_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// `path` is "/metrics", `query` what follows the question mark. An exception becomes status 500.
using PageFunction = std::function<Page(std::string_view path, std::string_view query)>;

struct AdminLimits {
  std::size_t connections = 64;
  std::uint32_t header_bytes = 8192;
  std::chrono::milliseconds timeout{5000};  // for a whole request to come, and for an answer to go
};

class AdminServer {
 public:
  // `address` is "127.0.0.1:9464", "[::1]:9464" or "localhost:9464"; port 0 picks a free one.
  static Result<std::unique_ptr<AdminServer>> listen(const std::string& address, PageFunction pages,
                                                     AdminLimits limits = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // With the port that was picked: "127.0.0.1:41873".
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickweir
