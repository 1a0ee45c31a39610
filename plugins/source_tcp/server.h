// The connections of source_tcp: accepts, receives into batches, replies, keeps the limits.
//
// One epoll instance holds the listener and every connection. A connection that has bytes waits in a queue
// for its turn: each turn is one receive, straight into the open batch, so that a flood on one connection
// takes turns with the others. When the batch is full nothing more is received: the kernel's buffers fill,
// and the client is slowed down.
//
// Threading: one thread. Memory: all of it in start(): for each connection a frame and its replies, of which
// the kernel gives only the pages that are used. Errors: setting up throws; what peers do wrong ends their
// connection and is counted.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "connection.h"
#include "session.h"
#include "sockets.h"
#include "tls.h"

namespace tickweir::tcp {

struct ServerCounts {
  std::uint64_t accepted = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t lost = 0;     // connections that ended without a goodbye
  std::uint32_t open = 0;     // connections now
  std::uint64_t cancels = 0;  // mass cancels of clients that have left
};

class Server {
 public:
  // `say` gets one line for the log; true: a warning.
  using Say = std::function<void(bool, const std::string&)>;
  Server(Settings settings, std::uint32_t batch_bytes_max, Say say);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  void start();
  // Receives until the open batch is full or nothing waits. True: something moved.
  bool poll(Emitter& out, std::uint64_t now);
  // Readable when poll() has something to do.
  [[nodiscard]] int descriptor() const { return epoll_.descriptor(); }
  // When poll() has something to do at the latest, ns; 0: never.
  [[nodiscard]] std::uint64_t next_deadline() const { return next_deadline_; }
  // Notes what became of events; answer() tells the clients.
  void settle(const tickweir_batch& batch);
  void answer(std::uint64_t now);
  // No more connections and no more events; replies go on.
  void drain();
  // Sends what is left to send, says goodbye, closes. Takes a second at most, by that clock.
  using Clock = std::function<std::uint64_t()>;
  void stop(const Clock& clock);

  [[nodiscard]] Sessions& sessions() { return sessions_; }
  [[nodiscard]] const Sessions& sessions() const { return sessions_; }
  [[nodiscard]] const ServerCounts& counts() const { return counts_; }

 private:
  static constexpr std::uint32_t listener_tag = UINT32_MAX;  // in the epoll, beside indices of connections

  void make_room(Emitter& out);
  void recall_left();
  bool cancel_orders_of_left(Emitter& out);
  void gather();
  void accept_all();
  void pause_accepting();
  void refuse_socket(int socket, const Address& peer);
  [[nodiscard]] bool is_address_full(const Address& peer) const;
  void renew_tls();
  bool admit(int socket, const Address& peer);

  bool turn(Connection& connection, Emitter& out);
  bool shake_hands(Connection& connection);
  bool read_login(Connection& connection);
  bool read_events(Connection& connection, Emitter& out);
  bool read_to_waste(Connection& connection);
  void waste_queued();
  void after_fault(Connection& connection, const Intake::Taken& taken);
  bool after_read(Connection& connection, Transfer got);
  void log_in(Connection& connection);
  [[nodiscard]] static bool has_ended(const Connection& connection);
  void watch_partial(Connection& connection, bool is_fresh);

  void finish_turn(Connection& connection);
  void flush(Connection& connection);
  void send_replies(Connection& connection);
  void end(Connection& connection, GoodbyeCode code, const std::string& text, std::uint64_t offset = 0);
  void shut(Connection& connection);
  void drop(Connection& connection);
  void expire_all();
  void expire(Connection& connection);
  void set_deadline(Connection& connection, std::uint64_t time);
  void watch(Connection& connection);
  void enqueue(Connection& connection);
  void say_end(const Connection& connection, const std::string& what);

  [[nodiscard]] Transfer receive_from(Connection& connection, std::span<std::uint8_t> room);
  [[nodiscard]] std::uint32_t index_of(const Connection& connection) const {
    return static_cast<std::uint32_t>(&connection - connections_.data());
  }

  const Settings settings_;
  const Say say_;
  std::vector<Connection> connections_;
  Sessions sessions_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::vector<std::uint8_t> scratch_;
  Intake intake_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> queue_;  // a ring of indices
  std::size_t queue_first_ = 0;
  std::size_t queue_count_ = 0;
  Epoll epoll_;
  std::optional<TlsServer> tls_;
  int listener_ = -1;
  bool is_accepting_ = false;
  bool has_newcomers_ = false;
  bool is_draining_ = false;
  bool has_polled_ = false;
  std::uint64_t now_ = 0;
  std::uint64_t event_time_ = 0;  // never decreases
  std::uint64_t next_deadline_ = 0;
  std::uint64_t accept_again_ = 0;
  std::uint32_t polls_since_gather_ = 0;
  ServerCounts counts_;
};

}  // namespace tickweir::tcp
