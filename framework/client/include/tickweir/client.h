// A client of source_tcp: numbers events, sends them, and keeps each until it has its answer. After a lost
// connection it sends again whatever has none, so that every event gets exactly one effect and one answer.
//
//   tickweir::Client client({.host = "127.0.0.1", .port = 7001, .client = 7, .token = "secret"});
//   client.connect();
//   for (const NewOrder& order : orders) {
//     while (client.send(order) == 0) {            // the window is full
//       if (!client.work(10)) client.connect();    // lost: what has no answer goes out again
//     }
//   }
//   client.finish();  // true: all are durable, or were refused
//
// Threading: one thread at a time. Nothing runs in the background: work() does it.
// Memory:    `window_bytes` for unanswered events, reserved by the constructor; send() does not allocate.
// Errors:    ClientError with the source's own words when it does not let us in, when what answers is no
//            source, and for an event that cannot be sent. A connection that breaks is no error:
//            is_connected() turns false, and connect() makes a new one, unless is_over(): then it would only
//            end as this one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tickweir/client_transport.h"
#include "tickweir/unsettled.h"
#include "tickweir/wire.h"

namespace tickweir {

struct ClientSettings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7001;
  std::uint32_t client = 1;
  std::string token;
  std::size_t window_bytes = std::size_t{4} << 20;
  std::size_t kept_bytes = 0;  // of events that have their answer, sent again all the same: for tests
  int timeout_ms = 5000;       // for connecting and for the login
  // What a refusal says: number, reason, stage. Called by work().
  std::function<void(std::uint64_t, std::string_view, std::string_view)> on_refusal = {};
  // Makes the connection; TCP if empty.
  std::function<std::unique_ptr<Transport>(const ClientSettings&)> transport = {};
};

class Client {
 public:
  explicit Client(ClientSettings settings)
      : settings_(std::move(settings)), unsettled_(settings_.window_bytes, settings_.kept_bytes) {}

  // Connects, logs in, and begins to send again what has no answer.
  void connect() {
    disconnect();
    received_.clear();
    goodbye_.reset();
    no_source_.clear();
    why_broken_.clear();
    is_in_ = false;
    transport_ = settings_.transport
                     ? settings_.transport(settings_)
                     : std::make_unique<TcpTransport>(settings_.host, settings_.port, settings_.timeout_ms);
    log_in();
    // A number that the source has seen before would be taken for a repeat, and its event for durable.
    last_number_ = std::max({last_number_, login_reply_->last_durable, login_reply_->last_received});
    unsettled_.start_again();
  }
  // Ends the connection without a word, as a crash would.
  void disconnect() { transport_.reset(); }
  [[nodiscard]] bool is_connected() const { return transport_ != nullptr; }
  [[nodiscard]] int descriptor() const { return transport_->descriptor(); }

  // Takes an event over and returns its number; 0 when the window is full: then work() first. Also while the
  // connection is lost, but not before the first connect(): only the login tells which numbers are free.
  // ClientError: that, or the event is larger than the source or the window takes.
  template <Payload T>
  std::uint64_t send(const T& value) {
    return send(T::event_type, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
  }
  // The payload's bytes are a multiple of 8.
  std::uint64_t send(std::uint16_t type, std::span<const std::uint8_t> payload_bytes) {
    const std::size_t bytes = sizeof(Event) + payload_bytes.size();
    if (!login_reply_ || bytes > event_bytes_max_) refuse_to_send(bytes);
    const auto size = static_cast<std::uint32_t>(bytes);
    Event* const event = unsettled_.append(size);
    if (event == nullptr) return 0;
    *event = {.size = size,
              .type = type,
              .verdict = 0,
              .flags = 0,
              .sequence = 0,
              .time = 0,
              .origin = ++last_number_};
    if (!payload_bytes.empty()) std::memcpy(event + 1, payload_bytes.data(), payload_bytes.size());
    return last_number_;
  }

  // Sends and receives what can be; waits up to `wait_ms` for something to do. Returns whether we are
  // connected.
  bool work(int wait_ms) {
    if (!is_connected()) return false;
    if (wait_ms != 0 && !transport_->has_more()) {
      pollfd ready{.fd = descriptor(), .events = POLLIN, .revents = 0};
      if (!unsettled_.unsent().empty()) ready.events |= POLLOUT;
      ::poll(&ready, 1, wait_ms);
    }
    receive_all();
    if (is_connected()) send_all();
    return is_connected();
  }

  // Works until every event has its answer. False: the connection broke, or `timeout_ms` is over.
  bool finish(int timeout_ms = 30'000) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (unsettled_.count() != 0) {
      if (!work(10) || std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }

  // Numbers: given out last; answered up to and including. Events without an answer.
  [[nodiscard]] std::uint64_t last_number() const { return last_number_; }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t unanswered() const { return unsettled_.count(); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  // The window takes an event of `size` bytes, header included. Something waits to be sent.
  [[nodiscard]] bool has_room(std::uint32_t size = 64) const { return unsettled_.has_room(size); }
  [[nodiscard]] bool has_unsent() const { return !unsettled_.unsent().empty(); }
  // What the source said at the last login that succeeded (call it after one), and why it ended the last
  // connection, if it did.
  [[nodiscard]] const wire::LoginReply& login_reply() const { return *login_reply_; }
  [[nodiscard]] const std::optional<wire::Goodbye>& goodbye() const { return goodbye_; }
  // The last connection ended in a way that the next would, too: see wire::is_final(), or no source answered.
  [[nodiscard]] bool is_over() const {
    return !no_source_.empty() || (goodbye_ && wire::is_final(goodbye_->code));
  }
  // Why the last connection ended, for people.
  [[nodiscard]] std::string why_ended() const {
    const std::string client = "client " + std::to_string(settings_.client) + ": ";
    if (!no_source_.empty()) return client + no_source_;
    if (!goodbye_) {
      const std::string why = why_broken_.empty() ? "" : ": " + why_broken_;
      return client + (is_in_ ? "the connection was lost" : "no answer to the login") + why;
    }
    const std::string_view words = wire::text_of(goodbye_->text);
    return client + wire::name_of(goodbye_->code) + (words.empty() ? "" : ", ") + std::string(words);
  }

 private:
  void log_in() {
    wire::Frame<wire::Login> login;
    login.payload.client = settings_.client;
    wire::set_text(login.payload.token, settings_.token);
    std::span<const std::uint8_t> left(reinterpret_cast<const std::uint8_t*>(&login), sizeof login);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(settings_.timeout_ms);
    // Also when the reply is early: what is left of the login comes before any event.
    const auto is_done = [&] { return is_in_ && left.empty(); };
    while (!is_done() && is_connected() && std::chrono::steady_clock::now() < end) {
      pollfd ready{.fd = descriptor(), .events = POLLIN, .revents = 0};
      if (!left.empty()) {
        const std::int64_t sent = transport_->send(left);
        if (sent == Transport::broken) {
          receive_all();  // a goodbye may say why
          break;
        }
        left = left.subspan(static_cast<std::size_t>(sent));
      }
      if (!left.empty()) ready.events |= POLLOUT;
      if (!transport_->has_more()) ::poll(&ready, 1, 10);
      receive_all();
    }
    if (is_done() || (is_in_ && !is_connected())) return;
    transport_.reset();
    throw ClientError(why_ended());
  }

  [[noreturn]] void refuse_to_send(std::size_t bytes) const {
    if (!login_reply_) throw ClientError("no event can be sent before the first login: call connect()");
    std::string text = "an event of " + std::to_string(bytes) + " bytes, header included, is too large: ";
    if (bytes > login_reply_->frame_bytes_max) {
      text += "the source takes " + std::to_string(login_reply_->frame_bytes_max) + " (its max_frame)";
    } else {
      text += "the window has " + std::to_string(settings_.window_bytes) + " (window_bytes)";
    }
    throw ClientError(text);
  }

  void lose() {
    if (is_connected()) why_broken_ = transport_->why_broken();
    transport_.reset();
  }

  void send_all() {
    while (!unsettled_.unsent().empty()) {
      const std::int64_t sent = transport_->send(unsettled_.unsent());
      if (sent == Transport::broken) {
        receive_all();  // a goodbye may say why
        lose();
      }
      if (sent <= 0) return;
      unsettled_.sent(static_cast<std::size_t>(sent));
    }
  }

  void receive_all() {
    std::array<std::uint8_t, 16384> room;
    while (is_connected()) {
      const std::int64_t got = transport_->receive(room);
      if (got == Transport::broken) lose();
      if (got <= 0) return;
      received_.append(reinterpret_cast<const char*>(room.data()), static_cast<std::size_t>(got));
      take_frames();
      if (static_cast<std::size_t>(got) < room.size() && !transport_->has_more()) return;  // that was all
    }
  }

  void take_frames() {
    std::size_t at = 0;
    while (received_.size() - at >= sizeof(std::uint32_t)) {
      std::uint32_t size;
      std::memcpy(&size, received_.data() + at, sizeof size);
      if (size < sizeof(Event) || size > sizeof(wire::Frame<wire::Goodbye>)) {
        end_as_no_source("expected a frame of 32 to 160 bytes, found " + shown(at));
      }
      if (received_.size() - at < size) break;
      Event header;
      std::memcpy(&header, received_.data() + at, sizeof header);
      take_frame(header, received_.data() + at + sizeof header);
      at += size;
    }
    received_.erase(0, at);
  }

  // What was received there, in quotes.
  [[nodiscard]] std::string shown(std::size_t at) const {
    std::string text = "\"";
    for (const char byte : std::string_view(received_).substr(at, 16)) {
      constexpr const char* digits = "0123456789abcdef";
      const auto value = static_cast<unsigned char>(byte);
      const bool is_plain = value >= ' ' && value <= '~';
      text += is_plain ? std::string(1, byte) : std::string("\\x") + digits[value >> 4] + digits[value & 15];
    }
    return text + '"';
  }
  [[noreturn]] void end_as_no_source(const std::string& why) {
    no_source_ = settings_.host + ":" + std::to_string(settings_.port) + " is no source_tcp: " + why;
    transport_.reset();
    throw ClientError(why_ended());
  }

  void take_frame(const Event& header, const char* payload_bytes) {
    if (const auto reply = as<wire::LoginReply>(header, payload_bytes)) {
      login_reply_ = *reply;
      event_bytes_max_ = std::min<std::size_t>(reply->frame_bytes_max, settings_.window_bytes);
      is_in_ = true;
    }
    if (const auto goodbye = as<wire::Goodbye>(header, payload_bytes)) goodbye_ = *goodbye;
    if (const auto refusal = as<wire::Refusal>(header, payload_bytes)) {
      if (!unsettled_.refuse(refusal->number)) return;
      ++refused_;
      if (settings_.on_refusal) {
        settings_.on_refusal(refusal->number, wire::text_of(refusal->reason), wire::text_of(refusal->stage));
      }
    }
    if (const auto acknowledgement = as<wire::Acknowledgement>(header, payload_bytes)) {
      const std::uint64_t number = acknowledgement->number;
      if (number > last_number_ || !unsettled_.settle(number)) {
        end_as_no_source("it acknowledges number " + std::to_string(number) + ", which was not sent to it");
      }
      acknowledged_ = std::max(acknowledged_, number);
    }
  }
  template <Payload T>
  static std::optional<T> as(const Event& header, const char* payload_bytes) {
    if (header.type != T::event_type || header.size != event_size<T>) return std::nullopt;
    T value;
    std::memcpy(&value, payload_bytes, sizeof value);
    return value;
  }

  ClientSettings settings_;
  Unsettled unsettled_;
  std::unique_ptr<Transport> transport_;
  std::string received_;
  std::optional<wire::LoginReply> login_reply_;
  std::optional<wire::Goodbye> goodbye_;
  std::string no_source_;  // why what answered is none; "": it is
  std::string why_broken_;
  bool is_in_ = false;  // this connection's login succeeded
  std::size_t event_bytes_max_ = 0;
  std::uint64_t last_number_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace tickweir
