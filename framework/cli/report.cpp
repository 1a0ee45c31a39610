// The report as tables and as JSON.
#include "cli/report.h"

#include <cstdio>

#include "cli/shown.h"
#include "cli/table.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

std::string drops_text(const StageReport& stage) {
  std::string text;
  for (const auto& [reason, events] : stage.dropped) {
    text += (text.empty() ? "" : ", ") + reason + " " + std::to_string(events);
  }
  return text.empty() ? "0" : text;
}

std::string stages_text(const RunReport& report) {
  Table table({{"STAGE"},
               {"PLUGIN"},
               {"IN", true},
               {"HANDLED", true},
               {"SENT", true},
               {"FAILED", true},
               {"HELD", true},
               {"DROPPED"}});
  for (const StageReport& stage : report.stages) {
    table.add({stage.id, stage.plugin, std::to_string(stage.received), std::to_string(stage.handled),
               std::to_string(stage.sent), std::to_string(stage.failed), std::to_string(stage.held),
               drops_text(stage)});
  }
  return table.text();
}

std::string edges_text(const RunReport& report) {
  if (report.edges.empty()) return {};
  Table table({{"EDGE"}, {"OFFERED", true}, {"TAKEN", true}, {"DROPPED", true}, {"IN FLIGHT", true}});
  for (const EdgeReport& edge : report.edges) {
    table.add({edge.name, std::to_string(edge.pushed), std::to_string(edge.popped),
               std::to_string(edge.dropped), std::to_string(edge.in_flight)});
  }
  return "\n" + table.text();
}

std::string logs_text(const RunReport& report) {
  if (report.logs.empty()) return {};
  Table table({{"LOG"},
               {"NUMBERED", true},
               {"DURABLE", true},
               {"STORED", true},
               {"BYTES", true},
               {"IN FLIGHT", true}});
  for (const LogReport& log : report.logs) {
    table.add({log.id, std::to_string(log.numbered), std::to_string(log.durable),
               std::to_string(log.stored_events), std::to_string(log.stored_bytes),
               std::to_string(log.in_flight)});
  }
  return "\n" + table.text();
}

std::string balance_text(const RunReport& report) {
  if (!report.balanced) return "NOT BALANCED: " + report.imbalance + "\n";
  std::uint64_t in_flight = 0;
  for (const LogReport& log : report.logs) in_flight += log.in_flight;
  std::string text = "balanced: every event is accounted for";
  if (in_flight != 0) text += ", but " + std::to_string(in_flight) + " are numbered and not durable";
  return text + "\n";
}

double rate_of(const RunSummary& summary) {
  return summary.seconds > 0 ? static_cast<double>(summary.totals.in) / summary.seconds : 0;
}

std::string latency_text(const HistogramReading& latency) {
  if (latency.count == 0) return {};
  const Percentiles found = percentiles(latency);
  return "ingress to sink: p50 " + shown_duration(found.p50) + ", p90 " + shown_duration(found.p90) +
         ", p99 " + shown_duration(found.p99) + ", p99.9 " + shown_duration(found.p999) + ", max " +
         shown_duration(found.max) + "\n";
}

}  // namespace

std::string report_as_text(const RunSummary& summary) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3f s", summary.seconds);
  std::string text =
      stages_text(summary.report) + edges_text(summary.report) + logs_text(summary.report) + "\n";
  text += summary.pipeline + ": " + summary.outcome + ", " + std::to_string(summary.totals.in) +
          " events in " + seconds + ", " + shown_rate(rate_of(summary)) + "\n";
  text += latency_text(summary.totals.latency);
  return text + balance_text(summary.report);
}

nlohmann::ordered_json report_as_json(const RunSummary& summary) {
  Json stages = Json::array();
  for (const StageReport& stage : summary.report.stages) {
    Json dropped = Json::object();
    for (const auto& [reason, events] : stage.dropped) dropped[reason] = events;
    stages.push_back({{"id", stage.id},
                      {"plugin", stage.plugin},
                      {"received", stage.received},
                      {"waiting", stage.waiting},
                      {"handled", stage.handled},
                      {"sent", stage.sent},
                      {"failed", stage.failed},
                      {"held", stage.held},
                      {"dropped", dropped}});
  }
  Json edges = Json::array();
  for (const EdgeReport& edge : summary.report.edges) {
    edges.push_back({{"edge", edge.name},
                     {"offered", edge.pushed},
                     {"taken", edge.popped},
                     {"dropped", edge.dropped},
                     {"in_flight", edge.in_flight}});
  }
  Json logs = Json::array();
  for (const LogReport& log : summary.report.logs) {
    logs.push_back({{"log", log.id},
                    {"numbered", log.numbered},
                    {"durable", log.durable},
                    {"stored_events", log.stored_events},
                    {"stored_bytes", log.stored_bytes},
                    {"in_flight", log.in_flight}});
  }
  const Percentiles latency = percentiles(summary.totals.latency);
  return {{"pipeline", summary.pipeline},
          {"outcome", summary.outcome},
          {"cause", summary.cause},
          {"seconds", summary.seconds},
          {"events", summary.totals.in},
          {"events_per_second", rate_of(summary)},
          {"latency_ns",
           {{"count", summary.totals.latency.count},
            {"p50", latency.p50},
            {"p90", latency.p90},
            {"p99", latency.p99},
            {"p999", latency.p999},
            {"max", latency.max}}},
          {"stages", stages},
          {"edges", edges},
          {"logs", logs},
          {"balanced", summary.report.balanced},
          {"imbalance", summary.report.imbalance}};
}

std::string in_flight_text(const RunReport& report) {
  std::string text;
  const auto add = [&text](std::uint64_t events, const std::string& where) {
    if (events > 0) text += (text.empty() ? "" : ", ") + std::to_string(events) + " events " + where;
  };
  for (const EdgeReport& edge : report.edges) add(edge.in_flight, "in edge " + edge.name);
  for (const StageReport& stage : report.stages) {
    add(stage.waiting, "waiting for the log before stage " + stage.id);
    add(stage.held, "held by stage " + stage.id);
    // Taken in, and the call that works on them never returned.
    std::uint64_t done = stage.handled + stage.failed + stage.held;
    for (const auto& [reason, events] : stage.dropped) done += events;
    add(stage.received > done ? stage.received - done : 0, "inside stage " + stage.id);
  }
  for (const LogReport& log : report.logs) add(log.in_flight, "not durable in log " + log.id);
  return text.empty() ? "nothing" : text;
}

}  // namespace tickweir
