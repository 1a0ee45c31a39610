// A client of source_tcp: sends orders, hears what became of each, and survives lost connections.
//
//   orders HOST PORT CLIENT EVENTS
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <tickweir/client.h>
#include <tickweir/market.h>

namespace {

using tickweir::market::NewOrder;
using tickweir::market::Side;

// Tries for half a minute: the source may be on its way back.
void connect_again(tickweir::Client& client) {
  for (int attempt = 0;; ++attempt) {
    try {
      return client.connect();
    } catch (const tickweir::ClientError& refused) {
      if (attempt == 600) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

void send_orders(tickweir::Client& client, std::uint64_t id, std::uint64_t count) {
  for (std::uint64_t sent = 0; sent < count;) {
    const NewOrder order{.order_id = id << 40 | (client.last_number() + 1),
                         .price = 1'000'000,
                         .quantity = 10,
                         .instrument = 1,
                         .side = sent % 2 == 0 ? Side::Buy : Side::Sell};
    if (client.send(order) != 0) {
      ++sent;
    } else if (!client.work(100)) {  // the window is full: answers make room
      connect_again(client);
    }
  }
  while (!client.finish()) connect_again(client);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    std::fputs("usage: orders HOST PORT CLIENT EVENTS\n", stderr);
    return 2;
  }
  try {
    const auto id = static_cast<std::uint32_t>(std::atoi(words[3]));
    tickweir::Client client(
        {.host = words[1],
         .port = static_cast<std::uint16_t>(std::atoi(words[2])),
         .client = id,
         .on_refusal = [](std::uint64_t number, std::string_view reason, std::string_view stage) {
           std::printf("order %llu refused by %.*s: %.*s\n", static_cast<unsigned long long>(number),
                       static_cast<int>(stage.size()), stage.data(), static_cast<int>(reason.size()),
                       reason.data());
         }});
    connect_again(client);
    send_orders(client, id, static_cast<std::uint64_t>(std::atoll(words[4])));
    std::printf("%s events: %llu refused, the others are durable\n", words[4],
                static_cast<unsigned long long>(client.refused()));
    return 0;
  } catch (const tickweir::ClientError& failure) {
    std::fprintf(stderr, "orders: %s\n", failure.what());
    return 1;
  }
}
