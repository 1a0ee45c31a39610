#include "exchange.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "tickweir/testing_log.h"

namespace tickweir::crash {

namespace fs = std::filesystem;

Exchange::Exchange(const std::string& variant)
    : is_sharded_(variant == "sharded"),
      is_retaining_(variant == "retaining"),
      is_os_(variant.ends_with("_os")),
      backend_(is_sharded_ || is_retaining_ ? "wal_segment"
                                            : variant.substr(0, variant.size() - (is_os_ ? 3 : 0))) {}

Exchange::~Exchange() {
  if (!::testing::Test::HasFailure()) return;
  program_.reset();
  const std::string kept = folder_.path().string() + ".failed";
  fs::rename(folder_.path(), kept);
  std::cout << "the exchange's data are in " << kept << std::endl;
}

std::vector<std::string> Exchange::words(const char* command) const {
  // wal_lmdb has exchange-lmdb.yaml.
  const std::string variant = backend_ == "wal_segment" ? "" : "-" + backend_.substr(std::strlen("wal_"));
  std::vector<std::string> words{
      command,         TICKWEIR_SOURCE_DIR "/pipelines/exchange" + variant + ".yaml",
      "--plugin-path", TICKWEIR_PLUGIN_DIR,
      "--set",         "stages.orders.config.listen=127.0.0.1:0",
      "--set",         "metrics.listen=127.0.0.1:0",
      "--set",         "stages.log.config.path=" + folder_.at("orders"),
      "--set",         "stages.trades.config.path=" + folder_.at("trades"),
      "--set",         "stages.trades.config.segment_bytes=1MiB",
      "--set",         "snapshots.path=" + folder_.at("snapshots"),
      "--set",         "snapshots.every=3ms"};
  // Sometimes another number, for which the snapshots do not fit.
  if (is_sharded_) {
    words.insert(words.end(), {"--set", "stages.book.shards=" + std::to_string(2 + starts_ / 6 % 2)});
  }
  if (is_os_) words.insert(words.end(), {"--set", "stages.log.durability.sync=os"});
  if (is_retaining_) {
    words.insert(words.end(),
                 {"--set", "stages.log.durability.retain=snapshots", "--set",
                  "stages.log.config.segment_bytes=64KiB", "--set", "stages.log.config.reuse=256KiB"});
  } else if (backend_ == "wal_segment") {
    words.insert(words.end(), {"--set", "stages.log.config.segment_bytes=1MiB"});
  }
  return words;
}

void Exchange::begin_to_start() {
  // Now and then from the beginning.
  if (++starts_ % 4 == 0 && !is_retaining_) fs::remove_all(folder_.at("snapshots"));
  program_ = std::make_unique<testing::Program>(words("run"));
}

void Exchange::start_over(const char* library, const char* name, const std::string& value) {
  ::setenv(name, value.c_str(), 1);
  ::setenv("LD_PRELOAD", library, 1);
  begin_to_start();
  ::unsetenv("LD_PRELOAD");
  ::unsetenv(name);
}

bool Exchange::wait_until_it_runs() {
  if (!program_->wait_for_stderr("is running")) return false;
  const std::string listening = "orders: listening on 127.0.0.1:";
  const std::size_t at = program_->err().find(listening);
  if (at == std::string::npos) throw std::runtime_error("no port in: " + program_->err());
  port_ = static_cast<std::uint16_t>(std::atoi(program_->err().c_str() + at + listening.size()));
  return true;
}

void Exchange::start() {
  const auto begin = std::chrono::steady_clock::now();
  begin_to_start();
  if (!wait_until_it_runs()) throw std::runtime_error("the exchange does not start: " + program_->err());
  start_time_ =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
}

void Exchange::kill() {
  program_->send(SIGKILL);
  program_.reset();  // waits for its end
}

testing::Outcome Exchange::finish() {
  testing::Outcome outcome = program_->finish();
  program_.reset();
  return outcome;
}

testing::Outcome Exchange::replay() const {
  std::vector<std::string> replay = words("replay");
  replay.emplace_back("--verify");
  return testing::Program(std::move(replay)).finish();
}

std::vector<testing::OwnedEvent> Exchange::orders() const {
  testing::LogHarness log((TICKWEIR_PLUGIN_DIR "/" + backend_ + ".so").c_str(),
                          {{"path", folder_.at("orders")}}, {.is_read_only = true});
  return log.read_all();
}

std::vector<testing::OwnedEvent> Exchange::trades() const {
  testing::LogHarness log(TICKWEIR_PLUGIN_DIR "/wal_segment.so", {{"path", folder_.at("trades")}},
                          {.is_read_only = true});
  return log.read_all();
}

void Trader::connect(std::uint16_t port) {
  port_ = port;
  if (client_ == nullptr) {
    // The exchange listens elsewhere after each start.
    client_ = std::make_unique<Client>(ClientSettings{
        .client = client_id_, .window_bytes = window_bytes_, .transport = [this](const ClientSettings& to) {
          return std::make_unique<TcpTransport>(to.host, port_, to.timeout_ms);
        }});
  }
  client_->connect();
}

void Trader::work(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count && client_->has_room(); ++i) {
    client_->send(order(client_id_, client_->last_number() + 1));
  }
  client_->work(0);
}

std::optional<std::uint64_t> Trader::parted_at() const {
  if (!client_->goodbye()) return {};
  return client_->goodbye()->last_durable;
}

bool Trader::finish() {
  return client_->finish();
}

market::NewOrder Trader::order(std::uint32_t client, std::uint64_t number) {
  std::uint64_t mixed = (number * 0x9e3779b97f4a7c15U) ^ (std::uint64_t{client} << 32);
  mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9U;
  mixed ^= mixed >> 32;
  market::NewOrder order;
  order.order_id = std::uint64_t{client} << 40 | number;
  order.price = static_cast<std::int64_t>(10'000 + mixed % 20);
  order.quantity = static_cast<std::uint32_t>(1 + (mixed >> 8) % 100);
  order.instrument = static_cast<std::uint32_t>(1 + (mixed >> 16) % 4);
  order.account = client;
  order.side = (mixed >> 24) % 2 == 0 ? market::Side::Buy : market::Side::Sell;
  return order;
}

}  // namespace tickweir::crash
