// See server.h: accepting, replying, deadlines, the end.
#include "server.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace tickweir::tcp {
namespace {

constexpr std::uint64_t linger_ns = 1'000'000'000;
constexpr std::uint64_t accept_pause_ns = 100'000'000;
constexpr int accepts_per_poll = 64;
constexpr rlim_t descriptor_reserve = 32;
constexpr std::uint64_t stop_ns = 1'000'000'000;
constexpr int stop_round_ms = 50;
constexpr int stop_quiet_rounds = 20;  // a second, too, whatever the clock says
constexpr int stop_reads = 16;         // of a connection in a round

// Logs open files, and /metrics connections: they keep the last descriptors. The system gives out the lowest
// first.
bool is_reserved(int descriptor) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         static_cast<rlim_t>(descriptor) + descriptor_reserve >= limit.rlim_cur;
}

}  // namespace

void Server::accept_all() {
  has_newcomers_ = false;
  for (int i = 0; i < accepts_per_poll; ++i) {
    Address peer;
    const int socket = accept_one(listener_, peer);
    if (socket < 0) {
      const bool is_short = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (is_short) pause_accepting();
      return;
    }
    ++counts_.accepted;
    if (free_.empty() || is_reserved(socket) || is_address_full(peer)) {
      refuse_socket(socket, peer);
    } else if (!admit(socket, peer)) {
      ::close(socket);
      ++counts_.lost;
    }
  }
}

// Without descriptors the listener would be ready for ever.
void Server::pause_accepting() {
  epoll_.remove(listener_);
  is_accepting_ = false;
  accept_again_ = now_ + accept_pause_ns;
  if (next_deadline_ == 0 || accept_again_ < next_deadline_) next_deadline_ = accept_again_;
  say_(true, "cannot accept connections for now: " + std::string(std::strerror(errno)));
}

bool Server::is_address_full(const Address& peer) const {
  if (settings_.connections_per_address_max >= settings_.connections_max) return false;
  std::uint32_t count = 0;
  for (const Connection& one : connections_) {
    if (one.phase != Phase::free && same_host(one.peer, peer)) ++count;
  }
  return count >= settings_.connections_per_address_max;
}

// There is no place for it: told so as far as one send can, and closed.
void Server::refuse_socket(int socket, const Address& peer) {
  if (!tls_) {
    wire::Frame<wire::Goodbye> goodbye;
    goodbye.payload.code = GoodbyeCode::connection_limit;
    wire::set_text(goodbye.payload.text, "too many connections");
    static_cast<void>(send(socket, {reinterpret_cast<const std::uint8_t*>(&goodbye), sizeof goodbye}));
  }
  ::close(socket);
  ++sessions_.counts().goodbyes[static_cast<std::size_t>(GoodbyeCode::connection_limit)];
  say_(true, text_of(peer) + ": refused, too many connections");
}

// Certificates are replaced while we run, one file after the other: until they fit again, the old ones serve.
void Server::renew_tls() {
  try {
    if (tls_->renew())
      say_(false, "TLS: took the files that changed; connections that are open keep what they have");
  } catch (const std::runtime_error& error) {
    say_(true, "TLS: a file changed, but what was loaded before stays in use: " + std::string(error.what()));
  }
}

bool Server::admit(int socket, const Address& peer) {
  const std::uint32_t index = free_.back();
  Connection& connection = connections_[index];
  if (tls_) renew_tls();
  void* const session = tls_ ? tls_->open(socket) : nullptr;
  if (tls_ && session == nullptr) return false;
  if (!epoll_.add(socket, EPOLLIN, index)) {
    if (session != nullptr) TlsServer::close(session);
    return false;
  }
  free_.pop_back();
  Partial partial{.bytes = connection.partial.bytes};
  ReplyBuffer replies = connection.replies;
  replies.clear();
  const bool is_queued = connection.is_queued;  // by the connection that had this place
  const bool is_touched = connection.is_touched;
  connection = {.socket = socket,
                .tls = session,
                .phase = tls_ ? Phase::handshake : Phase::login,
                .is_queued = is_queued,
                .is_touched = is_touched,
                .watched = EPOLLIN,
                .peer = peer,
                .partial = partial,
                .replies = replies};
  ++counts_.open;
  set_deadline(connection, now_ + settings_.login_timeout);
  enqueue(connection);  // the first bytes are often there already
  return true;
}

void Server::settle(const tickweir_batch& batch) {
  sessions_.settle(batch, [this](Connection& connection) { send_replies(connection); });
}

// Once for all that was settled: a system call for each client costs more than all else of it.
void Server::answer(std::uint64_t now) {
  now_ = std::max(now_, now);
  sessions_.take_touched([this](Connection& connection) {
    if (connection.phase == Phase::free) return;
    if (std::exchange(connection.is_backlog_untold, false))
      say_end(connection, "reply_backlog, " + sessions_.backlog_text());
    finish_turn(connection);
  });
}

// Replies that a turn or a settlement left behind.
void Server::finish_turn(Connection& connection) {
  if (connection.phase == Phase::lingering) {
    shut(connection);
  } else if (connection.phase == Phase::open || connection.phase == Phase::finishing) {
    flush(connection);
  }
}

// Sends replies and the acknowledgement that is due. While the peer takes nothing, acknowledgements are not
// piled up: the next one says it all.
void Server::flush(Connection& connection) {
  if (!connection.is_blocked) sessions_.push_acknowledgement(connection);
  send_replies(connection);
  if (connection.phase == Phase::free || connection.is_blocked) return;
  if (connection.phase == Phase::lingering) {
    shut(connection);
  } else if (sessions_.is_finished(connection)) {
    sessions_.say_goodbye(connection, GoodbyeCode::finished);
    shut(connection);
  }
}

void Server::send_replies(Connection& connection) {
  while (!connection.replies.empty()) {
    const auto unsent = connection.replies.unsent();
    const Transfer sent =
        connection.tls != nullptr ? TlsServer::send(connection.tls, unsent) : send(connection.socket, unsent);
    if (sent.outcome == Moved::moved) {
      connection.replies.sent(sent.bytes);
      continue;
    }
    if (sent.outcome == Moved::blocked) {
      connection.is_blocked = true;
      watch(connection);
      return;
    }
    ++counts_.lost;
    drop(connection);
    return;
  }
  connection.is_blocked = false;
  watch(connection);
}

void Server::end(Connection& connection, GoodbyeCode code, const std::string& text, std::uint64_t offset) {
  const std::string place = offset != 0 ? ", at byte " + std::to_string(offset) : "";
  say_end(connection, std::string(wire::name_of(code)) + ", " + text + place);
  sessions_.say_goodbye(connection, code, text, offset);
  shut(connection);
}

// After a goodbye: sends it, closes our direction, and waits a little for the peer to do the same.
void Server::shut(Connection& connection) {
  if (connection.is_shut) return;
  if (connection.deadline == 0 || connection.deadline > now_ + linger_ns)
    set_deadline(connection, now_ + linger_ns);
  send_replies(connection);
  if (connection.phase == Phase::free || connection.is_blocked) return;
  if (connection.tls != nullptr) TlsServer::shut(connection.tls);
  ::shutdown(connection.socket, SHUT_WR);
  connection.is_shut = true;
  watch(connection);
}

void Server::drop(Connection& connection) {
  sessions_.detach(connection);
  if (connection.tls != nullptr) TlsServer::close(connection.tls);
  ::close(connection.socket);  // also takes it out of the epoll
  connection.socket = -1;
  connection.tls = nullptr;
  connection.phase = Phase::free;
  free_.push_back(index_of(connection));
  --counts_.open;
}

void Server::watch(Connection& connection) {
  const bool reads = connection.phase != Phase::finishing && !is_draining_ && !connection.wants_write;
  const bool writes = connection.is_blocked || connection.wants_write;
  const std::uint32_t events = (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U);
  if (events == connection.watched) return;
  connection.watched = events;
  epoll_.change(connection.socket, events, index_of(connection));
}

void Server::set_deadline(Connection& connection, std::uint64_t time) {
  connection.deadline = time;
  if (next_deadline_ == 0 || time < next_deadline_) next_deadline_ = time;
}

void Server::expire_all() {
  next_deadline_ = 0;
  if (accept_again_ != 0) {
    if (now_ >= accept_again_) {
      is_accepting_ = epoll_.add(listener_, EPOLLIN, listener_tag);
      accept_again_ = is_accepting_ ? 0 : now_ + accept_pause_ns;
    }
    next_deadline_ = accept_again_;
  }
  for (Connection& connection : connections_) {
    if (connection.phase == Phase::free || connection.deadline == 0) continue;
    if (now_ >= connection.deadline) expire(connection);
    if (connection.phase != Phase::free && connection.deadline != 0)
      set_deadline(connection, connection.deadline);
  }
}

void Server::expire(Connection& connection) {
  connection.deadline = 0;
  if (connection.phase == Phase::lingering) {
    drop(connection);
  } else if (connection.phase == Phase::handshake) {
    say_end(connection, "no TLS handshake within the time for a login");
    ++sessions_.counts().goodbyes[static_cast<std::size_t>(GoodbyeCode::login_timeout)];
    drop(connection);
  } else if (connection.is_queued || waiting_bytes(connection.socket) > 0) {
    connection.deadline = now_ + linger_ns;  // it is we who did not read
    enqueue(connection);
  } else if (connection.phase == Phase::login) {
    end(connection, GoodbyeCode::login_timeout, "no login came in time");
  } else {
    end(connection, GoodbyeCode::too_slow, "a frame did not come to its end in time",
        connection.received_bytes - connection.partial.count);
  }
}

void Server::drain() {
  is_draining_ = true;
  epoll_.remove(listener_);
  ::close(listener_);
  listener_ = -1;
  for (Connection& connection : connections_) {
    if (connection.phase == Phase::handshake || connection.phase == Phase::login) {
      drop(connection);
    } else if (connection.phase != Phase::free) {
      watch(connection);
    }
  }
}

void Server::stop(const Clock& clock) {
  if (listener_ >= 0) drain();
  is_draining_ = false;  // what comes now is thrown away
  for (Connection& connection : connections_) {
    if (connection.phase == Phase::open || connection.phase == Phase::finishing) {
      sessions_.say_goodbye(connection, GoodbyeCode::draining, "the source stops");
    }
    if (connection.phase == Phase::lingering) shut(connection);
    if (connection.phase != Phase::free) watch(connection);
  }
  const std::uint64_t end = clock() + stop_ns;
  for (int quiet = 0; counts_.open != 0 && quiet < stop_quiet_rounds && clock() < end;) {
    pollfd any{.fd = epoll_.descriptor(), .events = POLLIN, .revents = 0};
    const bool is_quiet = ::poll(&any, 1, stop_round_ms) == 0;
    quiet += is_quiet ? 1 : 0;
    const auto has_unsent = [](const Connection& one) { return one.phase != Phase::free && !one.is_shut; };
    if (is_quiet && std::ranges::none_of(connections_, has_unsent)) break;
    gather();
    waste_queued();
  }
  for (Connection& connection : connections_) {
    if (connection.phase != Phase::free) drop(connection);
  }
}

void Server::waste_queued() {
  for (; queue_count_ != 0; --queue_count_) {
    Connection& connection = connections_[queue_[queue_first_]];
    queue_first_ = queue_first_ + 1 == queue_.size() ? 0 : queue_first_ + 1;
    connection.is_queued = false;
    if (connection.phase == Phase::free) continue;
    for (int reads = 0; reads < stop_reads && connection.phase != Phase::free; ++reads) {
      if (!read_to_waste(connection)) break;
    }
  }
}

void Server::say_end(const Connection& connection, const std::string& what) {
  std::string who = text_of(connection.peer);
  if (connection.client_id != 0) who += " (client " + std::to_string(connection.client_id) + ")";
  say_(true, who + ": " + what + ", after " + std::to_string(connection.received_bytes) + " bytes");
}

}  // namespace tickweir::tcp
