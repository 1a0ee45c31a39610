#include "runtime/engine/logs.h"

namespace tickweir {

std::set<std::uint32_t> stages_before(const Graph& graph, std::uint32_t log) {
  std::set<std::uint32_t> before;
  std::vector<std::uint32_t> to_visit{log};
  while (!to_visit.empty()) {
    const GraphStage& stage = graph.stages[to_visit.back()];
    to_visit.pop_back();
    for (const std::uint32_t input : stage.inputs) {
      const std::uint32_t from = graph.edges[input].from;
      if (!is_log(graph.stages[from]) && before.insert(from).second) to_visit.push_back(from);
    }
  }
  return before;
}

std::vector<std::unique_ptr<Settlement>> make_logs(const Graph& graph, Telemetry& telemetry,
                                                   const Runners& runners, const Workers& workers) {
  std::vector<std::unique_ptr<Settlement>> settlements;
  const auto worker_of = [&](const GraphStage& stage) -> Worker& { return *workers[stage.thread]; };
  const auto sleeper_of = [&](const GraphStage& stage) -> Sleeper* {
    Worker& worker = worker_of(stage);
    return worker.plan().wait == WaitMode::spin ? nullptr : &worker.sleeper();
  };
  for (std::uint32_t i = 0; i < graph.stages.size(); ++i) {
    if (!is_log(graph.stages[i])) continue;
    runners[i]->make_log(*telemetry.logs[i]);
    runners[i]->log()->committer().staging().set_producer(sleeper_of(graph.stages[i]));
  }
  for (std::uint32_t i = 0; i < graph.stages.size(); ++i) {
    const GraphStage& stage = graph.stages[i];
    if (stage.log != no_log && (is_log(stage) || stage.release_durable)) {
      Committer& before = runners[stage.log]->log()->committer();
      if (is_log(stage)) {
        runners[i]->log()->committer().set_upstream(&before);
      } else {
        runners[i]->wait_for(&before);
        before.add_waiter(sleeper_of(stage));
      }
    }
    if (stage.settling_log != no_log) {
      const GraphStage& log = graph.stages[stage.settling_log];
      settlements.push_back(std::make_unique<Settlement>(log.id + "->" + stage.id));
      Edge& edge = settlements.back()->edge;
      edge.set_consumer(sleeper_of(stage));
      runners[stage.settling_log]->log()->committer().add_settlement(&edge);
      worker_of(stage).add_settlement(runners[i].get(), &edge);
    }
  }
  return settlements;
}

}  // namespace tickweir
