// tickweir load: orders to a source_tcp, and how long their answers took.
#include <algorithm>
#include <charconv>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/load_flow.h"
#include "cli/table.h"
#include "runtime/admin/pages.h"
#include "tickweir/client_tls.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t window_max = std::uint64_t{1} << 24;

// "127.0.0.1:7001" or "[::1]:7001" into host and port.
bool read_place(const std::string& text, ClientSettings& settings) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, settings.port);
  settings.host = text.substr(0, colon);
  if (settings.host.front() == '[' && settings.host.back() == ']') {
    settings.host = settings.host.substr(1, settings.host.size() - 2);
  }
  return parsed.ec == std::errc() && parsed.ptr == end && settings.port != 0;
}

// Lines `id token`, as source_tcp's own file has them; # begins a comment. What is wrong, or "".
std::string read_tokens(const std::string& path, LoadPlan& plan) {
  std::ifstream file(path);
  if (!file) return "--token-file: cannot read " + path + ": " + std::strerror(errno);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::uint32_t id = 0;
    std::string token;
    if (words >> id >> token) plan.tokens[id] = token;
  }
  return plan.tokens.empty() ? "--token-file " + path + " holds no line `id token`" : "";
}

// What is wrong, or "".
std::string read_plan(const LoadArguments& given, LoadPlan& plan) {
  if (!read_place(given.to, plan.client)) return "--to takes HOST:PORT, not \"" + given.to + "\"";
  const auto last_id = std::uint64_t{given.client} + given.connections - 1;
  if (given.client == 0 || last_id > wire::client_id_max)
    return "--client and --connections give ids out of range";
  if (given.connections == 0) return "--connections takes 1 or more";
  // Written so that what is no number is refused, too.
  if (!(given.rate >= 0 && given.rate <= 1e9)) return "--rate takes events a second from 0 to 1000000000";
  if (!(given.duplicates >= 0 && given.duplicates <= 1)) return "--duplicates takes a share from 0 to 1";
  if (given.window == 0 || given.window > window_max) {
    return "--window takes events from 1 to " + std::to_string(window_max);
  }
  if (given.duplicates > 0 && (given.reconnects == 0 || given.events == 0)) {
    return "--duplicates needs --reconnects and --events: events are sent again after a reconnect";
  }
  if (given.ca.empty() && !(given.certificate.empty() && given.key.empty())) {
    return "--certificate and --key need --ca, which turns TLS on";
  }
  if (given.certificate.empty() != given.key.empty()) return "--certificate and --key go together";
  if (!(given.seconds >= 0 && given.seconds <= 1e9)) return "--seconds takes 0 to 1000000000";
  if (!(given.patience >= 0 && given.patience <= 1e9)) return "--patience takes seconds from 0 to 1000000000";
  if (!given.token_file.empty()) {
    if (std::string problem = read_tokens(given.token_file, plan); !problem.empty()) return problem;
  }
  plan.client.client = given.client;
  plan.connections = given.connections;
  plan.rate = given.rate;
  plan.events = given.events;
  plan.duration_ns = static_cast<std::uint64_t>(given.seconds * 1e9);
  if (plan.events == 0 && plan.duration_ns == 0) plan.events = 1'000'000;
  // What falls due within the time is sent, however late.
  if (plan.events == 0 && plan.rate > 0) plan.events = static_cast<std::uint64_t>(given.seconds * given.rate);
  // What falls due in one turn goes to one connection: the same orders in a quarter of the calls.
  plan.burst = static_cast<std::uint32_t>(std::clamp(given.rate * load_turn_ns / 1e9, 1.0, 64.0));
  plan.reconnects = given.reconnects;
  plan.duplicates = given.duplicates;
  plan.patience_ns = static_cast<std::uint64_t>(given.patience * 1e9);
  plan.client.timeout_ms = static_cast<int>(std::clamp(given.patience, 1.0, 5.0) * 1000);
  plan.client.window_bytes = given.window * event_size<market::NewOrder>;
  if (!given.ca.empty()) {
    const TlsFiles files{.ca = given.ca, .certificate = given.certificate, .key = given.key};
    plan.client.transport = [files](const ClientSettings& settings) {
      return std::make_unique<TlsTransport>(settings.host, settings.port, settings.timeout_ms, files);
    };
  }
  return {};
}

double rate_of(const LoadResult& result) {
  const double seconds = static_cast<double>(result.duration_ns) / 1e9;
  return seconds == 0 ? 0 : static_cast<double>(result.acknowledged + result.refused) / seconds;
}

void print_json(const LoadResult& result) {
  Json reasons = Json::object();
  for (const auto& [reason, count] : result.reasons) reasons[reason] = count;
  const Json json{{"sent", result.sent},
                  {"acknowledged", result.acknowledged},
                  {"refused", result.refused},
                  {"refused_by_reason", reasons},
                  {"unanswered", result.unanswered},
                  {"reconnects", result.reconnects},
                  {"seconds", static_cast<double>(result.duration_ns) / 1e9},
                  {"events_per_second", rate_of(result)},
                  {"latency_ns",
                   {{"p50", result.latency_at(0.5)},
                    {"p99", result.latency_at(0.99)},
                    {"p99_9", result.latency_at(0.999)},
                    {"max", result.latency_max}}},
                  {"problem", result.problem}};
  std::cout << json_text(json);
}

std::string shown_us(std::uint64_t ns) {
  return fmt::format("{:.1f} us", static_cast<double>(ns) / 1e3);
}

void print_table(const LoadResult& result) {
  Table table({{"WHAT"}, {"FOUND", true}});
  table.add({"events sent", std::to_string(result.sent)});
  table.add({"acknowledged", std::to_string(result.acknowledged)});
  table.add({"refused", std::to_string(result.refused)});
  for (const auto& [reason, count] : result.reasons) table.add({"  " + reason, std::to_string(count)});
  table.add({"unanswered", std::to_string(result.unanswered)});
  table.add({"reconnects", std::to_string(result.reconnects)});
  table.add({"seconds", fmt::format("{:.3f}", static_cast<double>(result.duration_ns) / 1e9)});
  table.add({"events/s", fmt::format("{:.0f}", rate_of(result))});
  table.add({"answer p50", shown_us(result.latency_at(0.5))});
  table.add({"answer p99", shown_us(result.latency_at(0.99))});
  table.add({"answer p99.9", shown_us(result.latency_at(0.999))});
  table.add({"answer max", shown_us(result.latency_max)});
  std::cout << table.text();
}

}  // namespace

int load_command(const Arguments& arguments) {
  LoadPlan plan;
  if (const std::string problem = read_plan(arguments.load, plan); !problem.empty()) {
    print_error(problem);
    return exit_usage;
  }
  const LoadResult result = run_load(plan);
  if (arguments.common.json) {
    print_json(result);
  } else {
    print_table(result);
  }
  if (!result.problem.empty()) print_error(result.problem);
  return result.unanswered == 0 && result.problem.empty() ? exit_done : exit_failed;
}

}  // namespace tickweir
