// The protocol: logins, the session's own frames, acknowledgements, refusals, goodbyes. No sockets.
//
// Replies are put into the connection's buffer; who calls sends them. A goodbye is the last frame: after it
// the connection lingers, and belongs to no client any more.
//
// Threading: the stage's thread. Memory: reserved by the constructor; texts of faults are made when they
// occur.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "clients.h"
#include "connection.h"
#include "tickweir/batch.h"
#include "tickweir/planted_bug.h"

namespace tickweir::tcp {

struct SessionCounts {
  std::array<std::uint64_t, wire::goodbye_names.size()> goodbyes{};
  std::uint64_t logins = 0;
  std::uint64_t acknowledgements = 0;
  std::uint64_t refusals = 0;
  std::uint64_t repeats = 0;
};

class Sessions {
 public:
  Sessions(const Settings& settings, std::span<Connection> connections)
      : settings_(settings),
        connections_(connections),
        clients_(settings.clients_max, settings.clients_file.empty()) {
    touched_.reserve(connections.size());
    left_.reserve(settings.clients_max);
  }

  [[nodiscard]] Clients& clients() { return clients_; }
  [[nodiscard]] const Clients& clients() const { return clients_; }
  [[nodiscard]] SessionCounts& counts() { return counts_; }

  // Made ahead, so that a refusal is a copy.
  void set_verdicts(std::span<const tickweir_verdict> verdicts) {
    refusals_.resize(verdicts.size());
    is_repeat_.resize(verdicts.size());
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      is_repeat_[i] = (verdicts[i].flags & TICKWEIR_REASON_REPEAT) != 0;
      wire::Refusal& refusal = refusals_[i].payload;
      refusal.verdict = static_cast<std::uint32_t>(i + 1);
      wire::set_text(refusal.reason, verdicts[i].reason != nullptr ? verdicts[i].reason : "");
      wire::set_text(refusal.stage, verdicts[i].stage_id != nullptr ? verdicts[i].stage_id : "");
    }
  }

  // The last frame to a connection. `offset`: of the frame at fault.
  void say_goodbye(Connection& connection, GoodbyeCode code, const std::string& text = {},
                   std::uint64_t offset = 0) {
    wire::Frame<wire::Goodbye> frame;
    frame.payload.code = code;
    frame.payload.byte_offset = offset;
    wire::set_text(frame.payload.text, text);
    if (connection.client != no_client) {
      push_acknowledgement(connection);
      const Client& client = clients_.at(connection.client);
      frame.payload.number = client.acknowledged;
      frame.payload.last_durable = client.last_durable;
    }
    static_cast<void>(connection.replies.push_last(frame));
    detach(connection);
    connection.phase = Phase::lingering;
    connection.partial.count = 0;
    ++counts_.goodbyes[static_cast<std::size_t>(code)];
  }

  // The connection and its client have nothing to do with each other any more.
  void detach(Connection& connection) {
    if (connection.client == no_client) return;
    Client& client = clients_.at(connection.client);
    if (client.connection == index_of(connection)) client.connection = no_connection;
    if (client.orders_of != 0 && !client.has_left) {
      client.has_left = true;
      left_.push_back(connection.client);
    }
    clients_.forget_if_blank(connection.client);
    connection.client = no_client;
  }

  // ---- Clients that have left, for cancel_on_disconnect -----------------------------------------------

  [[nodiscard]] bool has_left() const { return !left_.empty(); }
  // Clients that were connected when the last run ended have left.
  void recall_left() {
    clients_.for_each_left_behind([this](std::uint32_t index) {
      clients_.at(index).has_left = true;
      left_.push_back(index);
    });
  }
  // `cancel(account)` for each client that has left since the last call, an account that is cancelled already
  // not again.
  template <typename Cancel>
  void take_left(Cancel&& cancel) {
    for (const std::uint32_t index : left_) {
      Client& client = clients_.at(index);
      client.has_left = false;
      const std::uint32_t account = client.orders_of;
      if (account == 0) continue;
      cancel(account);
      clients_.cancelled(account);
    }
    left_.clear();
  }

  // What is wrong with the beginning of a first frame, of which at least 8 bytes are here; or none.
  [[nodiscard]] static bool begins_as_login(const std::uint8_t* bytes) {
    const wire::Frame<wire::Login> expected;
    return std::memcmp(bytes, &expected, sizeof(std::uint64_t)) == 0;
  }

  [[nodiscard]] bool is_connected(std::uint32_t client_id) {
    const Client* const known = clients_.find(client_id);
    return known != nullptr && known->connection != no_connection;
  }

  // The first frame. True: the client may come in; otherwise goodbye was said.
  [[nodiscard]] bool judge_login(Connection& connection, const wire::Frame<wire::Login>& login) {
    const auto refuse = [&](GoodbyeCode code, const std::string& why) {
      say_goodbye(connection, code, why);
      return false;
    };
    const Event& header = login.header;
    if ((header.sequence | header.time | header.origin) != 0 || login.payload.reserved != 0) {
      return refuse(GoodbyeCode::frame_field, "the login has values where zeros belong");
    }
    if (login.payload.version != wire::protocol_version) {
      return refuse(GoodbyeCode::version, "protocol version " + std::to_string(login.payload.version) +
                                              ", expected " + std::to_string(wire::protocol_version));
    }
    const std::uint32_t id = login.payload.client;
    Client* const known = clients_.find(id);
    const bool needs_token = !settings_.clients_file.empty();
    const bool is_certified = settings_.tls != TlsMode::mutual || connection.certified_id == id;
    const bool has_token =
        !needs_token || clients_.is_token_of(known, login.payload.token) || TICKWEIR_BUG("any token will do");
    if (id == 0 || id > wire::client_id_max || !is_certified || !has_token) {
      return refuse(GoodbyeCode::login_refused, "client id, token or certificate is wrong");
    }
    if (known == nullptr && clients_.is_full()) {
      return refuse(GoodbyeCode::client_limit, "no room for a client that was never here");
    }
    return true;
  }

  // Lets in whom judge_login() does. Another connection of the same client is told goodbye: its index comes
  // back, so that it can be sent; else no_connection.
  std::uint32_t take_login(Connection& connection, const wire::Frame<wire::Login>& login) {
    const Client* const known = clients_.find(login.payload.client);
    const std::uint32_t before = known != nullptr ? known->connection : no_connection;
    if (before != no_connection) {
      say_goodbye(connections_[before], GoodbyeCode::replaced, "the client logged in on another connection");
    }
    Client& client = clients_.find_or_add(login.payload.client);  // `known` may have been forgotten
    Clients::begin_session(client, index_of(connection));
    connection.client = clients_.index_of(client);
    connection.client_id = client.id;
    connection.phase = Phase::open;
    connection.stream = {.origin_base = wire::client_origin(client.id, 0)};
    wire::Frame<wire::LoginReply> reply;
    reply.payload.last_durable = client.last_durable;
    reply.payload.last_received = client.last_received;
    reply.payload.frame_bytes_max = settings_.frame_bytes_max;
    static_cast<void>(connection.replies.push(reply));
    ++counts_.logins;
    return before;
  }

  // A frame of a logged-in client that is no event. What is wrong with it, or none. Behind the client's
  // goodbye the connection is no longer open. `make_room(connection)` sends what it can when replies fill up,
  // and may find the connection gone.
  template <typename MakeRoom>
  GoodbyeCode take_session_frame(Connection& connection, const Event& frame, MakeRoom&& make_room) {
    if ((frame.sequence | frame.time | frame.origin) != 0) return GoodbyeCode::frame_field;
    if (is_whole<wire::Goodbye>(frame)) {
      connection.phase = Phase::finishing;
      return GoodbyeCode::none;
    }
    if (!is_whole<wire::Heartbeat>(frame)) return GoodbyeCode::frame_type;
    wire::Frame<wire::Heartbeat> answer;
    answer.payload = payload<wire::Heartbeat>(frame);
    touch(connection);
    if (connection.replies.push(answer)) return GoodbyeCode::none;
    make_room(connection);
    const bool is_gone = connection.client == no_client;
    return is_gone || has_taken(connection, answer) ? GoodbyeCode::none : GoodbyeCode::reply_backlog;
  }
  [[nodiscard]] std::string backlog_text() const {
    return "replies of " + std::to_string(settings_.reply_bytes_max) + " bytes were not taken";
  }

  // Events of the connection were handed on.
  void received(const Connection& connection, std::uint64_t events) {
    Client& client = clients_.at(connection.client);
    Clients::received(client, events, connection.stream.last_number);
    if (TICKWEIR_BUG("acknowledged when received")) client.settled = client.last_received;
  }

  // What became of events. `make_room(connection)` sends what it can when replies fill up.
  template <typename MakeRoom>
  void settle(const tickweir_batch& batch, MakeRoom&& make_room) {
    const std::uint8_t* at = batch.data;
    const std::uint8_t* const end = at + batch.used_bytes;
    while (at != end) {
      const Run run = run_from(at, end);
      Client* const client = run.client_id == 0 ? nullptr : clients_.find(run.client_id);
      if (client != nullptr && !settle_run(*client, run)) {
        for (; at != run.end; at += event_at(at).size) settle_one(*client, event_at(at), make_room);
      }
      at = run.end;
    }
  }
  // Connections that settling touched, each once; the caller sends their replies.
  template <typename Visit>
  void take_touched(Visit&& visit) {
    for (std::size_t i = 0; i < touched_.size(); ++i) {
      Connection& connection = connections_[touched_[i]];
      connection.is_touched = false;
      visit(connection);
    }
    touched_.clear();
  }

  // Puts the acknowledgement that is due into the buffer, when there is one and it has room.
  void push_acknowledgement(Connection& connection) {
    if (connection.client == no_client) return;
    Client& client = clients_.at(connection.client);
    if (client.settled <= client.acknowledged && !TICKWEIR_BUG("acknowledged again")) return;
    wire::Frame<wire::Acknowledgement> frame;
    frame.payload.number = client.settled;
    if (!connection.replies.push(frame)) return;
    client.acknowledged = client.settled;
    ++counts_.acknowledgements;
  }
  // A client that said goodbye has been told about all its events.
  [[nodiscard]] bool is_finished(const Connection& connection) {
    if (connection.phase != Phase::finishing) return false;
    const Client& client = clients_.at(connection.client);
    return client.under_way == 0;
  }
  void touch(Connection& connection) {
    if (connection.is_touched) return;
    connection.is_touched = true;
    touched_.push_back(index_of(connection));
  }

 private:
  [[nodiscard]] std::uint32_t index_of(const Connection& connection) const {
    return static_cast<std::uint32_t>(&connection - connections_.data());
  }
  template <Payload T>
  static bool is_whole(const Event& frame) {
    return frame.type == T::event_type && frame.size == event_size<T>;
  }

  // True: the reply will be sent.
  template <Payload T>
  static bool has_taken(Connection& connection, const wire::Frame<T>& frame) {
    return connection.replies.push(frame) || TICKWEIR_BUG("reply without room forgotten");
  }

  // Events of one source, one after the other.
  struct Run {
    const std::uint8_t* end;
    std::uint32_t client_id;  // 0: the source is no client
    std::uint64_t count;
    std::uint64_t highest_number;
    bool has_verdicts;
  };
  static const Event& event_at(const std::uint8_t* at) { return *reinterpret_cast<const Event*>(at); }
  static Run run_from(const std::uint8_t* at, const std::uint8_t* end) {
    const std::uint64_t first_origin = event_at(at).origin;
    const std::uint32_t source = origin_source(first_origin);
    Run run{.end = end,
            .client_id = wire::client_of(first_origin),
            .count = 0,
            .highest_number = 0,
            .has_verdicts = false};
    for (; at != end; at += event_at(at).size) {
      const Event& event = event_at(at);
      if (origin_source(event.origin) != source) break;
      ++run.count;
      run.highest_number = std::max(run.highest_number, origin_number(event.origin));
      run.has_verdicts = run.has_verdicts || event.verdict != 0;
    }
    run.end = at;
    return run;
  }
  // False: its events must be settled one by one.
  bool settle_run(Client& client, const Run& run) {
    if (run.has_verdicts || !Clients::settle_run(client, run.count, run.highest_number)) return false;
    if (client.connection != no_connection) touch(connections_[client.connection]);
    return true;
  }

  template <typename MakeRoom>
  void settle_one(Client& client, const Event& event, MakeRoom&& make_room) {
    const bool is_repeat =
        event.verdict != 0 && event.verdict <= is_repeat_.size() && is_repeat_[event.verdict - 1];
    const bool is_durable = event.verdict == 0 || is_repeat;
    counts_.repeats += is_repeat ? 1 : 0;
    const bool is_present = Clients::settle(client, origin_number(event.origin), is_durable);
    if (client.connection == no_connection) return;
    Connection& connection = connections_[client.connection];
    touch(connection);
    if (!is_present || is_durable) return;
    wire::Frame<wire::Refusal> refusal;
    if (event.verdict <= refusals_.size()) refusal = refusals_[event.verdict - 1];
    refusal.payload.number = origin_number(event.origin);
    refusal.payload.verdict = event.verdict;
    ++counts_.refusals;
    if (connection.replies.push(refusal)) return;
    // It must be sent before an acknowledgement may cover it.
    client.settled = std::max(client.acknowledged, refusal.payload.number - 1);
    make_room(connection);
    if (connection.client == no_client) return;  // it is gone
    if (!has_taken(connection, refusal)) {
      say_goodbye(connection, GoodbyeCode::reply_backlog, backlog_text());
      connection.is_backlog_untold = true;
      return;
    }
    client.settled = refusal.payload.number;
  }

  const Settings& settings_;
  std::span<Connection> connections_;
  Clients clients_;
  SessionCounts counts_;
  std::vector<wire::Frame<wire::Refusal>> refusals_;  // by verdict - 1
  std::vector<bool> is_repeat_;
  std::vector<std::uint32_t> touched_;
  std::vector<std::uint32_t> left_;  // indices of clients
};

}  // namespace tickweir::tcp
