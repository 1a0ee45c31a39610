// See server.h. Accepting, replying and deadlines are in server_replies.cpp.
#include "server.h"

#include <algorithm>
#include <utility>

#include "clients_file.h"
#include "tickweir/market.h"
#include "tickweir/planted_bug.h"

namespace tickweir::tcp {
namespace {

constexpr std::uint32_t polls_per_gather = 4;  // while connections keep the queue busy

}  // namespace

Server::Server(Settings settings, std::uint32_t batch_bytes_max, Say say)
    : settings_(std::move(settings)),
      say_(std::move(say)),
      connections_(settings_.connections_max),
      sessions_(settings_, connections_),
      scratch_(batch_bytes_max),
      intake_({.frame_bytes_max = settings_.frame_bytes_max, .accepted = settings_.accepted}, scratch_) {}

Server::~Server() {
  for (Connection& connection : connections_) {
    if (connection.phase != Phase::free) drop(connection);
  }
  if (listener_ >= 0) ::close(listener_);
}

void Server::start() {
  const std::size_t last_frames = sizeof(wire::Frame<wire::Goodbye>);
  const std::size_t reply_bytes = settings_.reply_bytes_max + last_frames;
  const std::size_t each = (settings_.frame_bytes_max + reply_bytes + 63) / 64 * 64;
  // Not zeroed: pages that no connection uses are never touched.
  memory_.reset(new std::uint8_t[each * connections_.size()]);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    std::uint8_t* const at = memory_.get() + i * each;
    connections_[i].partial.bytes = at;
    connections_[i].replies.reset({at + settings_.frame_bytes_max, reply_bytes}, last_frames);
  }
  queue_.resize(connections_.size());
  free_.reserve(connections_.size());
  for (std::size_t i = connections_.size(); i != 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
  if (!settings_.clients_file.empty()) {
    for (const ClientLine& line : read_clients(settings_.clients_file)) {
      sessions_.clients().add(line.id, line.token, line.account);
    }
  }
  if (settings_.tls != TlsMode::off) tls_.emplace(settings_);
  listener_ = listen_on(settings_);
  is_accepting_ = epoll_.add(listener_, EPOLLIN, listener_tag);
  if (!is_accepting_) throw std::runtime_error("cannot watch the listening socket");
  say_(false, "listening on " + text_of(local_address(listener_)));
}

bool Server::poll(Emitter& out, std::uint64_t now) {
  now_ = now;
  event_time_ = std::max(event_time_, now);
  if (queue_count_ == 0 || ++polls_since_gather_ >= polls_per_gather) gather();
  make_room(out);
  if (!std::exchange(has_polled_, true)) recall_left();
  const bool has_cancelled = cancel_orders_of_left(out);
  bool moved = has_newcomers_ || has_cancelled;
  bool is_full = false;
  for (std::size_t turns = queue_count_; turns != 0 && !is_full; --turns) {
    Connection& connection = connections_[queue_[queue_first_]];
    queue_first_ = queue_first_ + 1 == queue_.size() ? 0 : queue_first_ + 1;
    --queue_count_;
    connection.is_queued = false;
    if (connection.phase == Phase::free) continue;
    moved = true;
    cancel_orders_of_left(out);  // before anything that comes on a later connection
    const bool has_more = turn(connection, out);
    if (connection.phase != Phase::free) finish_turn(connection);
    if (has_more && connection.phase != Phase::free) enqueue(connection);
    is_full = !intake_.has_room(*out.raw().outputs[0]);
  }
  if (has_newcomers_) accept_all();
  if (next_deadline_ != 0 && now >= next_deadline_) {  // however much there is to do
    expire_all();
    moved = true;
  }
  return moved || (settings_.cancels_on_disconnect && sessions_.has_left());
}

// A receive needs room for a whole frame.
void Server::make_room(Emitter& out) {
  tickweir_emitter& raw = out.raw();
  if (!intake_.has_room(*raw.outputs[0])) raw.advance(raw.host, 0);
}

// At the first poll: what the log and the snapshot say is known now.
void Server::recall_left() {
  if (!TICKWEIR_BUG("who was connected is forgotten")) sessions_.recall_left();
  const std::uint32_t stranger = sessions_.clients().stranger();
  if (!settings_.cancels_on_disconnect || stranger == 0) return;
  say_(true, "the log has events of client " + std::to_string(stranger) + ", which is not in " +
                 settings_.clients_file + ": orders that it may have left are not cancelled by this source");
}

// The one thing that the source says itself. Its origin is 0: it is nobody's, nobody sends it again, and a
// filter that tells repeats lets it pass. True: there was something; there is room behind it again.
bool Server::cancel_orders_of_left(Emitter& out) {
  if (!settings_.cancels_on_disconnect || is_draining_ || !sessions_.has_left()) return false;
  sessions_.take_left([&](std::uint32_t account) {
    out.emit(0, event_time_, 0,
             market::MassCancel{.account = account, .reason = market::CancelReason::Disconnected});
    ++counts_.cancels;
  });
  make_room(out);
  return true;
}

// Asks what is ready. Connections that can be read get into the queue, those that can be written are served.
void Server::gather() {
  std::array<epoll_event, 128> room;
  polls_since_gather_ = 0;
  for (const epoll_event& event : epoll_.ready(room)) {
    if (event.data.u32 == listener_tag) {
      has_newcomers_ = true;
      continue;
    }
    Connection& connection = connections_[event.data.u32];
    if (connection.phase == Phase::free) continue;
    if ((event.events & EPOLLOUT) != 0 && connection.phase != Phase::handshake) {
      connection.is_blocked = false;
      if (std::exchange(connection.wants_write, false)) enqueue(connection);
      flush(connection);
      if (connection.phase == Phase::free) continue;
    }
    const bool is_broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    if (is_broken && connection.phase == Phase::finishing) {
      ++counts_.lost;
      drop(connection);
    } else if (is_broken || (event.events & EPOLLIN) != 0 || connection.phase == Phase::handshake) {
      enqueue(connection);
    }
  }
}

void Server::enqueue(Connection& connection) {
  if (connection.is_queued) return;
  connection.is_queued = true;
  std::size_t last = queue_first_ + queue_count_;
  if (last >= queue_.size()) last -= queue_.size();
  queue_[last] = index_of(connection);
  ++queue_count_;
}

// One receive. True: there may be more.
bool Server::turn(Connection& connection, Emitter& out) {
  switch (connection.phase) {
    case Phase::free:
    case Phase::finishing:
      return false;
    case Phase::handshake:
      return shake_hands(connection);
    case Phase::login:
      return read_login(connection);
    case Phase::open:
      return read_events(connection, out);
    case Phase::lingering:
      return read_to_waste(connection);
  }
  return false;
}

bool Server::shake_hands(Connection& connection) {
  switch (TlsServer::shake_hands(connection.tls, connection.wants_write)) {
    case Moved::moved:
      connection.wants_write = false;
      watch(connection);
      connection.certified_id = TlsServer::certified_id(connection.tls);
      connection.phase = Phase::login;
      return true;
    case Moved::blocked:
      watch(connection);
      return false;
    default:
      say_end(connection, "TLS failed: " + TlsServer::failure());
      ++counts_.lost;
      drop(connection);
      return false;
  }
}

Transfer Server::receive_from(Connection& connection, std::span<std::uint8_t> room) {
  const bool is_tls = connection.tls != nullptr;
  const Transfer got = is_tls ? TlsServer::receive(connection.tls, room, connection.wants_write)
                              : receive(connection.socket, room);
  if (connection.wants_write) watch(connection);
  connection.received_bytes += got.bytes;
  counts_.received_bytes += got.bytes;
  return got;
}

// False: nothing was received, and what that means has been seen to.
bool Server::after_read(Connection& connection, Transfer got) {
  if (got.outcome == Moved::moved) return true;
  if (got.outcome == Moved::blocked) return false;
  if (got.outcome == Moved::failed || connection.phase == Phase::login) {
    ++counts_.lost;
    drop(connection);
  } else if (connection.partial.count != 0 && !TICKWEIR_BUG("cut frame is the end")) {
    end(connection, GoodbyeCode::cut_frame,
        "the stream ended " + std::to_string(connection.partial.count) + " bytes into a frame",
        connection.received_bytes - connection.partial.count);
  } else {
    connection.phase = Phase::finishing;
    connection.deadline = 0;
    watch(connection);
    flush(connection);
  }
  return false;
}

bool Server::read_login(Connection& connection) {
  constexpr std::uint32_t whole = sizeof(wire::Frame<wire::Login>);
  Partial& partial = connection.partial;
  const Transfer got = receive_from(connection, {partial.bytes + partial.count, whole - partial.count});
  if (!after_read(connection, got)) return false;
  partial.count += static_cast<std::uint32_t>(got.bytes);
  if (partial.count >= sizeof(std::uint64_t) && !Sessions::begins_as_login(partial.bytes)) {
    end(connection, GoodbyeCode::frame_type, "the first frame is no login");
  } else if (partial.count == whole) {
    log_in(connection);
  }
  return true;
}

void Server::log_in(Connection& connection) {
  wire::Frame<wire::Login> login;
  std::memcpy(&login, connection.partial.bytes, sizeof login);
  connection.partial.count = 0;
  connection.deadline = 0;
  const std::string of_client = "login of client " + std::to_string(login.payload.client);
  if (!sessions_.judge_login(connection, login)) {
    say_end(connection, of_client + " refused");
    shut(connection);
    return;
  }
  if (sessions_.is_connected(login.payload.client) && has_ended(connection)) {
    // The other connection is the one made since.
    say_end(connection, of_client + " came after its client had given it up");
    ++counts_.lost;
    drop(connection);
    return;
  }
  const std::uint32_t replaced = sessions_.take_login(connection, login);
  if (replaced != no_connection) {
    Connection& before = connections_[replaced];
    say_end(before, "replaced by " + text_of(connection.peer));
    shut(before);
  }
  flush(connection);
}

bool Server::has_ended(const Connection& connection) {
  return connection.tls != nullptr ? TlsServer::has_ended(connection.tls) : tcp::has_ended(connection.socket);
}

bool Server::read_events(Connection& connection, Emitter& out) {
  tickweir_batch& batch = *out.raw().outputs[0];
  const auto room = intake_.open(batch, connection.partial, connection.stream);
  const Transfer got = receive_from(connection, room);
  if (!after_read(connection, got)) return false;
  const Intake::Taken taken = intake_.take(
      out, static_cast<std::uint32_t>(got.bytes), event_time_, connection.partial, connection.stream,
      [&](std::uint64_t events) { sessions_.received(connection, events); },
      [&](const Event& frame, GoodbyeCode& fault) {
        const auto make_room = [this](Connection& full) { send_replies(full); };
        fault = sessions_.take_session_frame(connection, frame, make_room);
        return fault == GoodbyeCode::none && connection.phase == Phase::open;
      });
  if (connection.phase == Phase::free) return false;  // its answers found it gone
  if (taken.fault != GoodbyeCode::none) {
    after_fault(connection, taken);
  } else if (connection.phase == Phase::finishing) {
    connection.deadline = 0;
    watch(connection);
    flush(connection);
  } else {
    watch_partial(connection, taken.frames != 0);
  }
  return connection.tls != nullptr || got.bytes == room.size();
}

void Server::after_fault(Connection& connection, const Intake::Taken& taken) {
  const std::uint64_t offset = connection.received_bytes - taken.bytes_left;
  std::string text;
  switch (taken.fault) {
    case GoodbyeCode::frame_size:
      text = "size " + std::to_string(taken.header.size) + ", expected a multiple of 8 from 32 to " +
             std::to_string(settings_.frame_bytes_max) + " that fits the type";
      break;
    case GoodbyeCode::frame_type:
      text = "type " + std::to_string(taken.header.type) + " of " + std::to_string(taken.header.size) +
             " bytes is not accepted here";
      break;
    case GoodbyeCode::number_order:
      text = "number " + std::to_string(taken.header.origin) + " is not above " +
             std::to_string(connection.stream.last_number);
      break;
    case GoodbyeCode::reply_backlog:
      text = sessions_.backlog_text();
      break;
    default:
      text = "verdict, flags, sequence, time or high origin bits are not 0";
      break;
  }
  end(connection, taken.fault, text, offset);
}

// Bytes after a goodbye: thrown away until the peer ends too, so that no reset overtakes the goodbye.
bool Server::read_to_waste(Connection& connection) {
  const Transfer got = receive_from(connection, scratch_);
  if (got.outcome == Moved::moved) return true;
  if (got.outcome != Moved::blocked) drop(connection);
  return false;
}

// A frame that was begun must come to its end at the lowest rate allowed; the largest, until it says its
// size.
void Server::watch_partial(Connection& connection, bool is_fresh) {
  constexpr std::uint64_t second = 1'000'000'000;
  if (connection.partial.count == 0 || settings_.min_rate == 0) {
    connection.deadline = 0;
    return;
  }
  std::uint32_t size = settings_.frame_bytes_max;
  if (connection.partial.count >= sizeof(std::uint64_t))  // judged: see check_frames()
    std::memcpy(&size, connection.partial.bytes, sizeof size);
  const std::uint64_t end = now_ + second + size * second / settings_.min_rate;
  if (is_fresh || connection.deadline == 0 || end < connection.deadline) set_deadline(connection, end);
}

}  // namespace tickweir::tcp
