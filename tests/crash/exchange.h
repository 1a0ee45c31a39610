// An exchange that a test starts, kills and starts again, and the clients that hold it to its word.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tickweir/client.h"
#include "tickweir/market.h"
#include "tickweir/testing_events.h"
#include "tickweir/testing_folder.h"

namespace tickweir::crash {

// pipelines/exchange.yaml, or its variant, with its data in a folder of its own.
class Exchange {
 public:
  // The back end of the order log, such as "wal_segment", with "_os" behind it for `sync: os`; or, over that
  // one, "sharded": the book in shards, or "retaining": small segments, of which those that no snapshot needs
  // are dropped and used again.
  explicit Exchange(const std::string& variant);
  // Its data stay for whoever looks into a failure, who is told where.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Starts it and waits until it runs. What it wrote to stderr is the failure's text.
  void start();
  // Starts it and does not wait.
  void begin_to_start();
  // Likewise, with this library preloaded and told something in the environment.
  void start_over(const char* library, const char* name, const std::string& value);
  // False: it has ended.
  [[nodiscard]] bool wait_until_it_runs();
  void kill();
  // SIGTERM; it ends when it has drained.
  void ask_to_stop() { program_->send(SIGTERM); }
  // Waits for the end: the exit code and what it wrote.
  testing::Outcome finish();
  testing::Outcome stop() { return ask_to_stop(), finish(); }
  // While it is down: runs the stored orders through the stages again, undisturbed, and compares the trades.
  [[nodiscard]] testing::Outcome replay() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t process() const { return program_->process(); }
  // What the last start() took.
  [[nodiscard]] std::chrono::microseconds start_time() const { return start_time_; }
  // Its log of orders is not synced, so that no sync of it can fail.
  [[nodiscard]] bool is_unsynced() const { return is_os_; }
  // Its log of orders may have lost its beginning.
  [[nodiscard]] bool drops_orders() const { return is_retaining_; }

  // While it is down: the events of a log.
  [[nodiscard]] std::vector<testing::OwnedEvent> orders() const;
  [[nodiscard]] std::vector<testing::OwnedEvent> trades() const;

 private:
  // The command with the exchange's file and where its data are.
  [[nodiscard]] std::vector<std::string> words(const char* command) const;

  bool is_sharded_;
  bool is_retaining_;
  bool is_os_;
  std::string backend_;
  testing::TempFolder folder_;
  std::uint32_t starts_ = 0;
  std::unique_ptr<testing::Program> program_;
  std::uint16_t port_ = 0;
  std::chrono::microseconds start_time_{0};
};

// A client that sends orders which follow from its id and their number, and remembers what it was promised.
class Trader {
 public:
  explicit Trader(std::uint32_t client, std::size_t window_bytes = std::size_t{128} << 10)
      : client_id_(client), window_bytes_(window_bytes) {}
  Trader(const Trader&) = delete;
  Trader& operator=(const Trader&) = delete;

  void connect(std::uint16_t port);
  // Sends up to `count` new orders, as far as there is room, and does what else can be done.
  void work(std::uint32_t count);
  [[nodiscard]] bool finish();
  void disconnect() {
    if (client_ != nullptr) client_->disconnect();
  }
  [[nodiscard]] bool is_connected() const { return client_ != nullptr && client_->is_connected(); }
  // Why the last connection ended, for people.
  [[nodiscard]] std::string why_ended() const { return client_->why_ended(); }
  // The last number that the exchange called durable when it said goodbye; nothing when it did not.
  [[nodiscard]] std::optional<std::uint64_t> parted_at() const;

  [[nodiscard]] std::uint32_t id() const { return client_id_; }
  [[nodiscard]] std::uint64_t sent() const { return client_ == nullptr ? 0 : client_->last_number(); }
  // What the exchange said at the last login.
  [[nodiscard]] std::uint64_t last_durable() const { return client_->login_reply().last_durable; }
  [[nodiscard]] std::uint64_t acknowledged() const {
    return client_ == nullptr ? 0 : client_->acknowledged();
  }
  [[nodiscard]] static market::NewOrder order(std::uint32_t client, std::uint64_t number);

 private:
  std::uint32_t client_id_;
  std::size_t window_bytes_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Client> client_;
};

}  // namespace tickweir::crash
