// Looks at the edges and the logs now and then: one that holds events and has not moved for a while is a
// fault.
//
// Reads cells only; the pipeline does not notice it.
// Threading: its own thread, between start() and stop(); stalls() on any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/engine/run_control.h"
#include "runtime/graph/graph.h"
#include "runtime/metrics/telemetry.h"

namespace tickweir {

class Watchdog {
 public:
  Watchdog(const Graph& graph, const Telemetry& telemetry, const RunControl& control)
      : graph_(graph),
        telemetry_(telemetry),
        control_(control),
        popped_(graph.edges.size()),
        held_before_(graph.edges.size()),
        durable_(graph.stages.size()),
        waited_before_(graph.stages.size()),
        unmoved_ns_(graph.stages.size()) {}
  ~Watchdog() { stop(); }

  void start();
  void stop();
  // What stands still, as of the last look.
  [[nodiscard]] std::vector<std::string> stalls() const;

 private:
  void run();
  void look();
  void look_at_edges(std::vector<std::string>& found);
  void look_at_logs(std::vector<std::string>& found);
  [[nodiscard]] std::string describe(std::uint32_t edge, std::uint64_t waiting) const;
  [[nodiscard]] std::string describe_log(std::uint32_t stage, std::uint64_t waiting) const;

  const Graph& graph_;
  const Telemetry& telemetry_;
  const RunControl& control_;
  std::vector<std::uint64_t> popped_;      // by edge, at the last look
  std::vector<bool> held_before_;          // likewise: it held blocks
  std::vector<std::uint64_t> durable_;     // by stage, at the last look; logs only
  std::vector<bool> waited_before_;        // likewise: it had events that were not
  std::vector<std::uint64_t> unmoved_ns_;  // likewise: for so long it has had events and made none durable
  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_stopping_ = false;
  std::vector<std::string> stalls_;
  std::thread thread_;
};

}  // namespace tickweir
