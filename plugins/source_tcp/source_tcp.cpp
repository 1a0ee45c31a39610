// Takes events from clients over TCP, and tells them what is durable and what was refused.
//
// Events:  emits what clients send, as they send it, with time and origin stamped; if asked to, a MassCancel
//          behind what a client has sent when its connection ends.
// Order:   per connection that of sending; between connections that of reading.
// Time:    the host's clock, read once a poll, never decreasing. Memory: all of it at start; TLS has its own.
// Cost:    a receive for many events; a compare, two tests and two stores an event.
#include <array>
#include <optional>

#include "server.h"
#include "tickweir/market.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = text,
           .name = "listen",
           .help = "Where to listen: IP:PORT, [IPv6]:PORT; port 0 takes a free one."},
    Option{.type = text,
           .name = "clients",
           .default_text = "",
           .help = "A file with a line `id token [account]` for each client; empty: any client may log in."},
    Option{.type = integer,
           .name = "max_clients",
           .default_text = "4096",
           .minimum = "1",
           .maximum = "1048576",
           .unit = "clients",
           .help = "Client ids that are remembered; further ones may not log in."},
    Option{.type = integer,
           .name = "max_connections",
           .default_text = "1024",
           .minimum = "1",
           .maximum = "65536",
           .unit = "connections",
           .help = "Connections at once; further ones are refused."},
    Option{.type = integer,
           .name = "max_connections_per_address",
           .default_text = "1024",
           .minimum = "1",
           .maximum = "65536",
           .unit = "connections",
           .help = "Of these, from one IP address."},
    Option{.type = size,
           .name = "max_frame",
           .default_text = "4KiB",
           .minimum = "128B",
           .maximum = "1MiB",
           .help = "The largest event, header included; a multiple of 8."},
    Option{.type = duration,
           .name = "login_timeout",
           .default_text = "5s",
           .minimum = "1ms",
           .maximum = "10m",
           .help = "From the connection to the end of its login, the TLS handshake included."},
    Option{
        .type = size,
        .name = "min_rate",
        .default_text = "500B",
        .help = "Bytes a second at which a frame that was begun must come, one second free; 0B: no limit."},
    Option{.type = size,
           .name = "ack_backlog",
           .default_text = "64KiB",
           .minimum = "1KiB",
           .maximum = "64MiB",
           .help = "Replies that a client has not taken; with more it is disconnected."},
    Option{
        .type = boolean,
        .name = "cancel_on_disconnect",
        .default_text = "false",
        .help =
            "When a client's connection ends, a MassCancel follows what it sent, with reason Disconnected."},
    Option{.type = choice,
           .name = "tls",
           .default_text = "off",
           .choices = "off|on|mutual",
           .help = "mutual: clients need a certificate whose common name is their client id."},
    Option{.type = text,
           .name = "certificate",
           .default_text = "",
           .help = "PEM file of the certificate chain."},
    Option{.type = text, .name = "key", .default_text = "", .help = "PEM file of its private key."},
    Option{.type = text,
           .name = "client_ca",
           .default_text = "",
           .help = "PEM file of the certificates that sign those of clients."},
    Option{.type = boolean,
           .name = "insecure",
           .default_text = "false",
           .help = "Allows what is unsafe where other machines can reach it: no TLS, no tokens."},
    Option{.type = text_list,
           .name = "accept",
           .default_text = "[]",
           .help = "Event types that clients may send, each 256 or, with the size of the event, 256:64; "
                   "empty: all."},
};
constexpr std::array outputs{
    Output{.name = "events", .events = "*", .help = "What clients sent."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "connections", .help = "Connections now."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "accepted", .help = "Connections that were made."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "logins", .help = "Logins that were let in."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "goodbyes",
                .label = "reason",
                .help = "Connections ended by us, or refused, by reason."},
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "lost", .help = "Connections that ended without a goodbye."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "received_bytes", .help = "Bytes received."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "acknowledgements", .help = "Acknowledgements sent."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "refusals",
                .help = "Events whose refusal was sent to their client."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "repeats",
                .help = "Events that repeated one that is durable; acknowledged."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "disconnect_cancels",
                .help = "MassCancels for clients whose connection has ended."},
};

class TcpSource final : public Source {
 public:
  explicit TcpSource(const Context& context)
      : host_(context.host()),
        verdicts_(context.verdicts()),
        server_(tcp::read_settings(context.options), context.event_bytes_max(),
                [host = context.host()](bool is_warning, const std::string& line) {
                  host.log(is_warning ? LogLevel::warning : LogLevel::info, line);
                }),
        connections_(context.gauge("connections")),
        accepted_(context.counter("accepted")),
        logins_(context.counter("logins")),
        lost_(context.counter("lost")),
        received_bytes_(context.counter("received_bytes")),
        acknowledgements_(context.counter("acknowledgements")),
        refusals_(context.counter("refusals")),
        repeats_(context.counter("repeats")),
        disconnect_cancels_(context.counter("disconnect_cancels")) {
    for (std::size_t i = 0; i < goodbyes_.size(); ++i) {
      goodbyes_[i] = context.counter("goodbyes", wire::goodbye_names[i + 1]);
    }
    const auto frame_bytes_max = context.options.size("max_frame");
    if (frame_bytes_max > context.event_bytes_max()) {
      throw OptionError("max_frame", std::to_string(frame_bytes_max) +
                                         " bytes are more than a batch holds, which is " +
                                         std::to_string(context.event_bytes_max()) +
                                         "; lower it, or raise batch.max_bytes");
    }
  }

  static void validate(const Options& given) { static_cast<void>(tcp::read_settings(given)); }

  void start() {
    server_.sessions().set_verdicts(verdicts_);
    server_.start();
  }

  PollResult poll(Emitter& out, Idle& idle) {
    if (!out.connected(0)) return PollResult::idle;  // what nobody hears must not be taken
    const bool has_moved = server_.poll(out, host_.now());
    if (has_moved) {
      publish();
      return PollResult::more;
    }
    idle.descriptor = server_.descriptor();
    idle.wake_time = server_.next_deadline();
    return PollResult::idle;
  }

  void settle(const BatchView& batch) { server_.settle(batch.raw()); }
  void answer() {
    server_.answer(host_.now());
    publish();
  }

  void drain() { server_.drain(); }
  void stop() {
    server_.stop([this] { return host_.now(); });
    publish();
  }

  void save(StateWriter& out) const { server_.sessions().clients().save(out); }
  void load(StateReader& in) { server_.sessions().clients().load(in); }
  void recover(const BatchView& batch) {
    tcp::Clients& clients = server_.sessions().clients();
    batch.for_each([&clients](const Event& event) {
      clients.recover(event.origin);
      const bool is_ours = event.type == market::MassCancel::event_type && event.origin == 0 &&
                           event.size >= event_size<market::MassCancel>;
      if (is_ours) clients.cancelled(payload<market::MassCancel>(event).account);
    });
  }

 private:
  // What was counted since the last time.
  void publish() {
    const auto add = [](Counter& counter, std::uint64_t& seen, std::uint64_t now) {
      if (now != seen) counter.add(now - seen);
      seen = now;
    };
    const tcp::ServerCounts& server = server_.counts();
    const tcp::SessionCounts& session = server_.sessions().counts();
    connections_.set(server.open);
    add(accepted_, published_.accepted, server.accepted);
    add(lost_, published_.lost, server.lost);
    add(disconnect_cancels_, published_.cancels, server.cancels);
    add(received_bytes_, published_.received_bytes, server.received_bytes);
    add(logins_, told_.logins, session.logins);
    add(acknowledgements_, told_.acknowledgements, session.acknowledgements);
    add(refusals_, told_.refusals, session.refusals);
    add(repeats_, told_.repeats, session.repeats);
    for (std::size_t i = 0; i < goodbyes_.size(); ++i)
      add(goodbyes_[i], told_.goodbyes[i + 1], session.goodbyes[i + 1]);
  }

  Context::Host host_;
  std::span<const tickweir_verdict> verdicts_;
  tcp::Server server_;
  tcp::ServerCounts published_;
  tcp::SessionCounts told_;
  Gauge connections_;
  Counter accepted_, logins_, lost_, received_bytes_, acknowledgements_, refusals_, repeats_,
      disconnect_cancels_;
  std::array<Counter, wire::goodbye_names.size() - 1> goodbyes_;  // from `finished` on
};

}  // namespace

TICKWEIR_PLUGIN("source_tcp", TcpSource,
                {.version = "1.0.0",
                 .summary = "Takes events from clients over TCP, and tells them what is durable.",
                 .options = options,
                 .outputs = outputs,
                 .counters = counters})
