// tickweir_bench [--smoke] [--long] [--only NAME] [--repetitions N] [--folder DIR]
//
// Runs the benchmarks and writes report.md and report.json into the folder. Exit code 1: a target was missed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "bench.h"

namespace tickweir::bench {

void check(bool holds, const std::string& what) {
  if (holds) return;
  std::cerr << "tickweir_bench: wrong: it does not hold that " << what << "\n";
  std::exit(3);
}

double median(std::vector<double> values) {
  check(!values.empty(), "there is something to take the median of");
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double Pairs::ratio() const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / baseline[i]);
  return median(ratios);
}

Pairs run_pairs(const Settings& settings, bool uses_two_cores, const std::function<double()>& ours,
                const std::function<double()>& baseline) {
  Pairs pairs;
  const std::uint32_t wanted = settings.is_smoke ? 1 : settings.repetitions;
  const std::uint32_t tries_max = settings.is_smoke ? 1 : 3 * wanted;
  std::string before = uses_two_cores && !settings.is_smoke ? state_of(ping_pong_ns()) : "-";
  for (std::uint32_t i = 0; i < tries_max && pairs.ours.size() < wanted; ++i) {
    const double ours_value = ours();
    const double baseline_value = baseline();
    const std::string after = uses_two_cores && !settings.is_smoke ? state_of(ping_pong_ns()) : "-";
    const bool is_first_state = pairs.state.empty() || pairs.state == after;
    if (before == after && is_first_state) {
      pairs.state = after;
      pairs.ours.push_back(ours_value);
      pairs.baseline.push_back(baseline_value);
    } else {
      ++pairs.thrown_away;
    }
    before = after;
  }
  if (pairs.ours.empty()) {  // the machine never stood still: say so rather than say nothing
    pairs.state = "unsteady";
    pairs.ours.push_back(ours());
    pairs.baseline.push_back(baseline());
  }
  return pairs;
}

namespace {

struct Entry {
  const char* name;
  std::vector<Row> (*run)(const Settings&);
};
constexpr Entry entries[] = {
    {"five_hops", five_hops},
    {"one_edge", one_edge},
    {"quickstart_fused", quickstart_fused},
    {"latency", latency_two_threads},
    {"scrape", scrape},
    {"itch_parse", itch_parse},
    {"idle", idle},
    {"memory", memory},
    {"durable", durable},
    {"order_book", order_book},
    {"shards", shards},
    {"auction", auction},
    {"itch_book", itch_book},
    {"receive", receive},
    {"tcp_durable", tcp_durable},
    {"exchange", exchange},
    {"recovery", recovery},
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value);
  return text;
}

std::string machine_text(const Settings& settings) {
  std::ifstream cpus("/proc/cpuinfo");
  std::string line;
  std::string model = "unknown cpu";
  while (std::getline(cpus, line)) {
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
  }
  const double ping = ping_pong_ns();
  const Jitter jitter = measure_jitter(500'000'000);
  std::ostringstream out;
  out << model << ", compiled by g++ " << __VERSION__ << "; ping-pong " << number(ping) << " ns one way ("
      << state_of(ping) << "); jitter " << number(jitter.gaps_per_second) << " gaps/s over 0.5 us, p99 "
      << number(jitter.p99_us) << " us, " << number(jitter.lost_percent)
      << " % of time lost; fdatasync of 4 KiB " << number(sync_latency_us(settings.folder)) << " us";
  return out.str();
}

std::string as_markdown(const std::vector<Row>& rows, const std::string& machine) {
  std::ostringstream out;
  out << "# Benchmarks\n\n"
      << machine << "\n\n| benchmark | unit | ours | baseline | figure | target | reached | state | note |\n"
      << "|---|---|---|---|---|---|---|---|---|\n";
  for (const Row& row : rows) {
    out << "| " << row.name << " | " << row.unit << " | " << number(row.ours) << " | "
        << (row.baseline == 0 ? "-" : number(row.baseline)) << " | " << row.figure_text << " "
        << number(row.figure) << " | " << row.target << " | " << (row.is_reached ? "yes" : "NO") << " | "
        << row.state << " | " << row.note << " |\n";
  }
  return out.str();
}

nlohmann::ordered_json as_json(const std::vector<Row>& rows, const std::string& machine) {
  nlohmann::ordered_json all{{"machine", machine}, {"rows", nlohmann::ordered_json::array()}};
  for (const Row& row : rows) {
    all["rows"].push_back({{"name", row.name},
                           {"unit", row.unit},
                           {"ours", row.ours},
                           {"baseline", row.baseline},
                           {"figure", row.figure},
                           {"figure_text", row.figure_text},
                           {"target", row.target},
                           {"reached", row.is_reached},
                           {"state", row.state},
                           {"note", row.note}});
  }
  return all;
}

int run(const Settings& settings, const std::string& only) {
  std::filesystem::create_directories(settings.folder);
  const std::string machine = settings.is_smoke ? "smoke run" : machine_text(settings);
  std::vector<Row> rows;
  for (const Entry& entry : entries) {
    if (!only.empty() && only != entry.name) continue;
    std::cerr << entry.name << " ..." << std::endl;
    for (Row& row : entry.run(settings)) rows.push_back(std::move(row));
  }
  check(!rows.empty(), "there is a benchmark called " + only);
  if (settings.is_smoke) {
    std::cout << rows.size() << " benchmarks gave the right answers\n";
    return 0;
  }
  std::ofstream(settings.folder + "/report.md") << as_markdown(rows, machine);
  std::ofstream(settings.folder + "/report.json") << as_json(rows, machine).dump(2) << "\n";
  std::cout << as_markdown(rows, machine);
  return std::ranges::all_of(rows, &Row::is_reached) ? 0 : 1;
}

}  // namespace
}  // namespace tickweir::bench

int main(int argc, char** argv) {
  tickweir::bench::Settings settings;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--smoke") {
      settings.is_smoke = true;
    } else if (word == "--long") {
      settings.is_long = true;
    } else if (word == "--only" && has_value) {
      only = argv[++i];
    } else if (word == "--repetitions" && has_value) {
      settings.repetitions = static_cast<std::uint32_t>(std::max(1, std::atoi(argv[++i])));
    } else if (word == "--folder" && has_value) {
      settings.folder = argv[++i];
    } else {
      std::cerr
          << "usage: tickweir_bench [--smoke] [--long] [--only NAME] [--repetitions N] [--folder DIR]\n";
      return 2;
    }
  }
  return tickweir::bench::run(settings, only);
}
