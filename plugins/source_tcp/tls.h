// TLS over a socket that does not block. The only place that knows OpenSSL is tls.cpp.
//
// Threading: one thread. Memory: OpenSSL's own, for each connection and each record.
// Errors:    the constructor throws std::runtime_error with file and cause, and so does renew(), which then
// leaves
//            things as they were.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "settings.h"
#include "sockets.h"

namespace tickweir::tcp {

// Versions from 1.2 on; with `mutual`, clients need a certificate that `client_ca` vouches for.
class TlsServer {
 public:
  explicit TlsServer(const Settings& settings);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // Reads the files again if one of them has changed since they were last read, for sessions that are opened
  // from now on. True: they were, and are in use.
  bool renew();

  // A session over `socket`, which stays the caller's; nullptr when memory is short.
  [[nodiscard]] void* open(int socket) const;
  static void close(void* session);

  // moved: done. blocked: `wants_write` says for what; a read may have to write, for the session itself.
  [[nodiscard]] static Moved shake_hands(void* session, bool& wants_write);
  // At most one record, also of those that carry nothing for us: a peer may send no end of them.
  [[nodiscard]] static Transfer receive(void* session, std::span<std::uint8_t> room, bool& wants_write);
  [[nodiscard]] static Transfer send(void* session, std::span<const std::uint8_t> bytes);
  // The peer sends nothing more, and nothing waits to be read, also of what was received already.
  [[nodiscard]] static bool has_ended(void* session);
  // Tells the peer that nothing more comes.
  static void shut(void* session);
  // The number in the common name of the peer's certificate; 0: none.
  [[nodiscard]] static std::uint32_t certified_id(void* session);
  // Why the last call failed, for the log.
  [[nodiscard]] static std::string failure();

 private:
  struct State;
  const Settings settings_;
  std::unique_ptr<State> state_;
};

}  // namespace tickweir::tcp
