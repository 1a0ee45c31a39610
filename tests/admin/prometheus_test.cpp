// A real Prometheus server scrapes the metrics page. It comes with Debian's package prometheus.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/admin/pages.h"
#include "tests/admin/raw_client.h"
#include "tests/metrics/hand_made_pipeline.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::HandMadePipeline;

// A Prometheus that scrapes `target`, on a port that it chooses, with its data in a folder that goes with it.
class Prometheus {
 public:
  explicit Prometheus(const std::string& target) {
    std::ofstream(folder_.at("prometheus.yml"))
        << "scrape_configs:\n  - job_name: tickweir\n    scrape_interval: 200ms\n    scrape_timeout: 200ms\n"
        << "    static_configs:\n      - targets: [\"" << target << "\"]\n";
    const std::string config = "--config.file=" + folder_.at("prometheus.yml");
    const std::string storage = "--storage.tsdb.path=" + folder_.at("data");
    const std::string log = folder_.at("log");
    child_ = ::fork();
    if (child_ == 0) {
      const int file = ::open(log.c_str(), O_WRONLY | O_CREAT, 0600);
      ::dup2(file, STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      ::execlp("prometheus", "prometheus", config.c_str(), storage.c_str(),
               "--web.listen-address=127.0.0.1:0", nullptr);
      ::_exit(127);
    }
  }
  ~Prometheus() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;

  // The first result of a query, or null.
  [[nodiscard]] json query(const std::string& expression) const {
    const std::uint16_t port = its_port();
    if (port == 0) return {};
    const std::string answer = testing::http_get(port, "/api/v1/query?query=" + expression);
    const auto body = answer.find("\r\n\r\n");
    if (body == std::string::npos || !answer.starts_with("HTTP/1.1 200")) return {};
    const json parsed = json::parse(answer.substr(body + 4), nullptr, false);
    if (parsed.is_discarded() || parsed["data"]["result"].empty()) return {};
    return parsed["data"]["result"][0];
  }
  [[nodiscard]] std::string log() const {
    std::ifstream file(folder_.at("log"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  // As its log has it; 0 until it listens.
  [[nodiscard]] std::uint16_t its_port() const {
    const std::string said = R"(msg="Listening on" address=127.0.0.1:)";
    const std::string text = log();
    const std::size_t found = text.find(said);
    if (found == std::string::npos) return 0;
    return static_cast<std::uint16_t>(std::strtoul(text.c_str() + found + said.size(), nullptr, 10));
  }

  testing::TempFolder folder_;
  pid_t child_ = -1;
};

TEST(Prometheus, ScrapesThePage) {
  HandMadePipeline made;
  set_cell(made.telemetry.stages[0]->outputs[0].sent_events, 120);
  Histogram(made.telemetry.stages[2]->latency_ns.data()).record(1000, 7);
  auto server = AdminServer::listen("127.0.0.1:0", [&made](std::string_view path, std::string_view query) {
    return admin_page(made.view(), path, query);
  });
  ASSERT_TRUE(server) << server.error().message;
  const Prometheus prometheus((*server)->address());

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  json up;
  json sent;
  while (std::chrono::steady_clock::now() < deadline) {
    up = prometheus.query("up");
    sent = prometheus.query("tickweir_component_sent_events_total%7Bcomponent_id%3D%22feed%22%7D");
    if (!up.is_null() && up["value"][1] == "1" && !sent.is_null()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ASSERT_FALSE(up.is_null()) << "no answer from the program prometheus\n" << prometheus.log();
  EXPECT_EQ(up["value"][1], "1") << prometheus.log();
  ASSERT_FALSE(sent.is_null());
  EXPECT_EQ(sent["value"][1], "120");
  EXPECT_EQ(sent["metric"]["plugin"], "source_made");
  EXPECT_EQ(prometheus.query("tickweir_pipeline_latency_seconds_count")["value"][1], "7");
}

}  // namespace
}  // namespace tickweir
