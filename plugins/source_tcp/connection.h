// One connection: where its session stands, what it sent in part, what it still has to be told. Plain data.
#pragma once

#include <cstdint>

#include "intake.h"
#include "reply_buffer.h"
#include "settings.h"

namespace tickweir::tcp {

constexpr std::uint32_t no_client = UINT32_MAX;

enum class Phase : std::uint8_t {
  free,
  handshake,  // of TLS
  login,      // the first frame is awaited
  open,
  finishing,  // sends nothing more; its last events are under way
  lingering   // was told goodbye; what it still sends is thrown away, so that it can read that
};

struct Connection {
  int socket = -1;
  void* tls = nullptr;  // see tls.h
  Phase phase = Phase::free;
  bool is_queued = false;     // for reading
  bool is_touched = false;    // has something new to be told
  bool is_blocked = false;    // the peer takes no replies for now
  bool is_shut = false;       // our direction is closed
  bool wants_write = false;   // TLS does, before it reads on
  bool is_backlog_untold = false;  // it was ended while events settled; the log does not say so yet
  std::uint32_t watched = 0;       // epoll events
  std::uint32_t client = no_client;
  std::uint32_t client_id = 0;     // as which it logged in; outlives `client`, for the log
  std::uint32_t certified_id = 0;  // the client id of its certificate
  std::uint64_t received_bytes = 0;
  std::uint64_t deadline = 0;  // ns; 0: none
  Address peer;
  EventStream stream;
  Partial partial;
  ReplyBuffer replies;
};

}  // namespace tickweir::tcp
