// What every benchmark of this program shares: how it is asked, and what it answers.
//
// A benchmark measures the same work twice in one run, ours and a baseline's, side by side in alternation,
// and reports the ratio. It checks both answers first. Figures of one run do not travel; ratios do.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "calibration.h"

namespace tickweir::bench {

struct Settings {
  bool is_smoke = false;  // tiny: checks answers, measures nothing
  bool is_long = false;   // memory over 10 minutes
  std::uint32_t repetitions = 7;
  std::string folder = "build/bench";
};

struct Row {
  std::string name;  // by topology
  std::string unit;  // of `ours` and `baseline`
  double ours = 0;
  double baseline = 0;  // 0: none
  double figure = 0;    // what is held against the target: a ratio, or `ours` itself
  std::string figure_text;
  std::string target;  // "at least 0.8"
  bool is_reached = false;
  std::string state;  // near, far, or - for one core
  std::string note;
};

using Benchmark = std::function<std::vector<Row>(const Settings&)>;

std::vector<Row> five_hops(const Settings&);
std::vector<Row> one_edge(const Settings&);
std::vector<Row> quickstart_fused(const Settings&);
std::vector<Row> latency_two_threads(const Settings&);
std::vector<Row> scrape(const Settings&);
std::vector<Row> itch_parse(const Settings&);
std::vector<Row> order_book(const Settings&);
std::vector<Row> shards(const Settings&);
std::vector<Row> auction(const Settings&);
std::vector<Row> itch_book(const Settings&);
std::vector<Row> idle(const Settings&);
std::vector<Row> memory(const Settings&);
std::vector<Row> durable(const Settings&);
std::vector<Row> receive(const Settings&);
std::vector<Row> tcp_durable(const Settings&);
std::vector<Row> exchange(const Settings&);
std::vector<Row> recovery(const Settings&);

// Stops the program: a benchmark with a wrong answer measures nothing.
void check(bool holds, const std::string& what);

double median(std::vector<double> values);

// Runs `ours` and `baseline` in turn and keeps the pairs during which the machine did not change its state
// (see calibration.h); both return what is compared. Single-core pairs are all kept.
struct Pairs {
  std::vector<double> ours;
  std::vector<double> baseline;
  std::string state;
  std::uint32_t thrown_away = 0;
  [[nodiscard]] double ratio() const;  // median of the ratios of the pairs
};
Pairs run_pairs(const Settings& settings, bool uses_two_cores, const std::function<double()>& ours,
                const std::function<double()>& baseline);

}  // namespace tickweir::bench
