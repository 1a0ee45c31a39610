// A client of source_tcp: sends orders, hears what became of each, and survives lost connections.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <thread>

#include <tickweir/client.h>
#include <tickweir/client_tls.h>
#include <tickweir/market.h>

namespace {

using tickweir::Client;
using tickweir::ClientError;
using tickweir::ClientSettings;
using tickweir::market::NewOrder;
using tickweir::market::Side;
using Clock = std::chrono::steady_clock;

constexpr const char* usage =
    "usage: orders HOST PORT CLIENT EVENTS [--token TEXT] [--patience SECONDS]\n"
    "              [--ca FILE [--certificate FILE --key FILE]]\n";

// How long we go without an answer, whether the source is away, silent, or ends each connection.
struct Patience {
  std::chrono::seconds limit;
  std::uint64_t answered = 0;  // highest number
  Clock::time_point since = Clock::now();

  [[nodiscard]] bool is_over() const { return Clock::now() - since > limit; }
};

void connect_again(Client& client, const Patience& patience) {
  if (client.is_over() || patience.is_over()) throw ClientError(client.why_ended());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the source may be on its way back
  try {
    client.connect();
  } catch (const ClientError&) {
    if (client.is_over() || patience.is_over()) throw;
  }
}

void work(Client& client, Patience& patience) {
  if (!client.work(100)) {
    connect_again(client, patience);
  } else if (client.acknowledged() != patience.answered) {
    patience = {.limit = patience.limit, .answered = client.acknowledged()};
  } else if (patience.is_over()) {
    throw ClientError(client.goodbye() ? client.why_ended() : "the source gives no answer");
  }
}

void send_orders(Client& client, std::uint64_t id, std::uint64_t count, Patience patience) {
  while (!client.is_connected()) work(client, patience);
  for (std::uint64_t sent = 0; sent < count || client.unanswered() != 0;) {
    const NewOrder order{.order_id = id << 40 | (client.last_number() + 1),
                         .price = 1'000'000,
                         .quantity = 10,
                         .instrument = 1,
                         .side = sent % 2 == 0 ? Side::Buy : Side::Sell};
    if (sent < count && client.send(order) != 0) {
      ++sent;
    } else {
      work(client, patience);  // the window is full: answers make room
    }
  }
}

// 0: no number from 1 to `max`.
std::uint64_t number(const char* word, std::uint64_t max) {
  std::uint64_t value = 0;
  const char* const end = word + std::strlen(word);
  const auto parsed = std::from_chars(word, end, value);
  return parsed.ec == std::errc() && parsed.ptr == end && value <= max ? value : 0;
}

void say_refused(std::uint64_t number, std::string_view reason, std::string_view stage) {
  std::printf("order %llu refused by %.*s: %.*s\n", static_cast<unsigned long long>(number),
              static_cast<int>(stage.size()), stage.data(), static_cast<int>(reason.size()), reason.data());
}

int run(int count, char** words) {
  std::map<std::string_view, const char*> options{
      {"--token", ""}, {"--patience", "30"}, {"--ca", ""}, {"--certificate", ""}, {"--key", ""}};
  bool is_right = count >= 5 && count % 2 == 1;
  for (int i = 5; is_right && i < count; i += 2) {
    const auto option = options.find(words[i]);
    is_right = option != options.end();
    if (is_right) option->second = words[i + 1];
  }
  const std::uint64_t port = is_right ? number(words[2], UINT16_MAX) : 0;
  const std::uint64_t id = is_right ? number(words[3], tickweir::wire::client_id_max) : 0;
  const std::uint64_t events = is_right ? number(words[4], tickweir::wire::number_max) : 0;
  const std::uint64_t seconds = number(options["--patience"], 1'000'000);
  const bool has_certificate = *options["--certificate"] != '\0';
  const bool is_tls = *options["--ca"] != '\0';
  if ((has_certificate && !is_tls) || has_certificate != (*options["--key"] != '\0')) is_right = false;
  if (!is_right || port == 0 || id == 0 || events == 0 || seconds == 0) {
    std::fputs(usage, stderr);
    return 2;
  }
  ClientSettings settings{.host = words[1],
                          .port = static_cast<std::uint16_t>(port),
                          .client = static_cast<std::uint32_t>(id),
                          .token = options["--token"],
                          .timeout_ms = static_cast<int>(std::min<std::uint64_t>(seconds, 5)) * 1000,
                          .on_refusal = say_refused};
  const tickweir::TlsFiles files{
      .ca = options["--ca"], .certificate = options["--certificate"], .key = options["--key"]};
  if (is_tls) {
    settings.transport = [files](const ClientSettings& to) {
      return std::make_unique<tickweir::TlsTransport>(to.host, to.port, to.timeout_ms, files);
    };
  }
  Client client(std::move(settings));
  send_orders(client, id, events, {.limit = std::chrono::seconds(seconds)});
  std::printf("%s events: %llu refused, the others are durable\n", words[4],
              static_cast<unsigned long long>(client.refused()));
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const ClientError& failure) {
    std::fprintf(stderr, "orders: %s\n", failure.what());
    return 1;
  }
}
