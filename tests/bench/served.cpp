#include "served.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "bench.h"

namespace tickweir::bench {

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  check(::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0,
        "there is a free port");
  ::close(socket);
  return ntohs(address.sin_port);
}

Answers serve(Pipeline& pipeline, const std::string& log, std::uint16_t port, const Load& load) {
  pipeline.start();
  std::string command = "'" TICKWEIR_BINARY "' load --json --to 127.0.0.1:" + std::to_string(port) +
                        " --events " + std::to_string(load.events) + " --connections " +
                        std::to_string(load.connections);
  if (load.rate != 0) command += " --rate " + std::to_string(load.rate);
  FILE* const out = ::popen(command.c_str(), "r");
  check(out != nullptr, "the load can be started");
  std::string text;
  std::array<char, 4096> part;
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), out)) text.append(part.data(), got);
  check(::pclose(out) == 0, "the load ends well");
  pipeline.engine().stop();
  pipeline.finish();
  const auto found = nlohmann::json::parse(text);
  check(found.at("acknowledged") == load.events, "every event was acknowledged");
  const auto& stages = pipeline.graph().stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (stages[i].id != log) continue;
    check(read_cell(pipeline.engine().telemetry().logs[i]->durable_sequence) >= load.events,
          "every event is in the log");
  }
  return {.events_per_second = found.at("events_per_second"),
          .p50_us = found.at("latency_ns").at("p50").get<double>() * 1e-3,
          .p99_us = found.at("latency_ns").at("p99").get<double>() * 1e-3};
}

}  // namespace tickweir::bench
