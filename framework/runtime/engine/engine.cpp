#include "runtime/engine/engine.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "runtime/engine/logs.h"
#include "runtime/engine/recovery.h"
#include "runtime/engine/report.h"
#include "runtime/engine/second_logs.h"
#include "runtime/engine/shown_stage.h"
#include "runtime/engine/snapshotter.h"
#include "runtime/engine/start_gate.h"
#include "runtime/engine/thread_setup.h"
#include "runtime/engine/watchdog.h"
#include "runtime/engine/worker.h"
#include "tickweir/posix_files.h"

namespace tickweir {

struct Engine::Impl {
  Impl(const Graph& planned, LogFunction log, const RunMode& mode)
      : graph(planned), control(std::move(log), planned.config, mode) {}

  void make_telemetry();
  void make_parts();
  Result<void> create_stages();
  Result<void> start();
  void make_snapshotter();
  void run_thread(std::uint32_t index);
  void start_and_work(std::uint32_t index, std::vector<StageRunner*>& started);
  void give_up_start();
  void give_up_thread(std::uint32_t index, const std::exception& failure);
  void stop_stages(const std::vector<StageRunner*>& started);
  void show(StageRunner& stage);
  void thread_ended();

  const Graph& graph;
  RunControl control;
  Telemetry telemetry;
  std::vector<std::unique_ptr<Inbox>> inboxes;  // by stage; most are empty
  std::vector<std::unique_ptr<Edge>> edges;     // by index; empty for calls
  Workers workers;
  Runners runners;
  std::vector<std::unique_ptr<Settlement>> settlements;
  std::unique_ptr<Watchdog> watchdog;
  std::unique_ptr<SnapshotFolder> snapshots;  // nullptr: the pipeline takes none
  std::unique_ptr<Snapshotter> snapshotter;   // likewise, and in a replay
  std::unique_ptr<SecondLogs> second_logs;
  StartGate gate;
  std::vector<std::thread> threads;
  std::atomic<EngineState> state{EngineState::created};
  bool is_hanging = false;
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running_threads = 0;  // guarded by `mutex`
  std::string shown;                // written by the stage's thread, read when it has ended
};

void Engine::Impl::make_telemetry() {
  for (const GraphStage& stage : graph.stages) {
    auto cells = std::make_unique<StageCells>();
    cells->drops.resize(stage.plugin->table->reason_count);
    cells->outputs.resize(stage.outputs.size());
    telemetry.stages.push_back(std::move(cells));
    telemetry.logs.push_back(is_log(stage) ? std::make_unique<LogCells>() : nullptr);
  }
  if (graph.config.snapshots) telemetry.snapshots = std::make_unique<SnapshotCells>();
  for (const GraphEdge& edge : graph.edges) {
    telemetry.edges.push_back(edge.kind == EdgeKind::call ? nullptr : std::make_unique<EdgeCells>());
  }
  for (std::size_t i = 0; i < graph.threads.size(); ++i)
    telemetry.threads.push_back(std::make_unique<ThreadCells>());
}

void Engine::Impl::make_parts() {
  inboxes.resize(graph.stages.size());
  for (std::uint32_t i = 0; i < graph.threads.size(); ++i) {
    workers.push_back(std::make_unique<Worker>(graph, i, *telemetry.threads[i], control));
  }
  for (std::uint32_t i = 0; i < graph.edges.size(); ++i) {
    const GraphEdge& plan = graph.edges[i];
    auto& inbox = inboxes[plan.to];
    if (plan.kind == EdgeKind::queue && inbox == nullptr) inbox = std::make_unique<Inbox>();
    edges.push_back(plan.kind == EdgeKind::call
                        ? nullptr
                        : std::make_unique<Edge>(plan, i, *telemetry.edges[i],
                                                 plan.kind == EdgeKind::queue ? inbox.get() : nullptr));
    if (edges.back() == nullptr) continue;
    Worker& from = *workers[graph.stages[plan.from].thread];
    Worker& to = *workers[graph.stages[plan.to].thread];
    if (from.plan().wait != WaitMode::spin) edges.back()->set_producer(&from.sleeper());
    if (to.plan().wait != WaitMode::spin) edges.back()->set_consumer(&to.sleeper());
  }
  for (std::uint32_t i = 0; i < graph.stages.size(); ++i) {
    Worker& worker = *workers[graph.stages[i].thread];
    runners.push_back(std::make_unique<StageRunner>(graph, i, *telemetry.stages[i], control, worker));
    worker.add_stage(runners.back().get());
  }
  control.expect_sources(static_cast<std::uint32_t>(
      std::ranges::count_if(graph.stages, [](const GraphStage& stage) { return stage.inputs.empty(); })));
  for (std::uint32_t i = 0; i < graph.stages.size(); ++i) {
    runners[i]->wire(edges, runners);
    Inlet shared{
        .to = runners[i].get(), .edges = {}, .inbox = inboxes[i].get(), .edge_of = {}, .is_finished = {}};
    shared.edge_of.resize(graph.edges.size());
    for (const std::uint32_t input : graph.stages[i].inputs) {
      Edge* const edge = edges[input].get();
      if (edge == nullptr) continue;
      if (graph.edges[input].kind == EdgeKind::queue) {
        shared.edge_of[input] = edge;
        shared.edges.push_back(edge);
        shared.is_finished.push_back(false);
      } else {
        workers[graph.stages[i].thread]->add_inlet({.to = runners[i].get(),
                                                    .edges = {edge},
                                                    .inbox = nullptr,
                                                    .edge_of = {},
                                                    .is_finished = {false}});
      }
    }
    if (!shared.edges.empty()) workers[graph.stages[i].thread]->add_inlet(std::move(shared));
  }
}

Result<void> Engine::Impl::create_stages() {
  for (const auto& runner : runners) {
    auto made = runner->object().create();
    if (!made) return std::move(made.error()).within("stage " + runner->plan().id);
  }
  return {};
}

void Engine::Impl::make_snapshotter() {
  if (!graph.config.snapshots) return;
  snapshots = std::make_unique<SnapshotFolder>(posix_files(), graph.config.snapshots->path);
  if (control.mode().is_replay) return;
  const RunParts parts{.graph = graph,
                       .runners = runners,
                       .edges = edges,
                       .settlements = settlements,
                       .control = control,
                       .cells = *telemetry.snapshots};
  snapshotter = std::make_unique<Snapshotter>(parts, *snapshots);
}

// One thread's life: set-up, its stages' starts in their turn, the work, their stops. What it throws (there
// is no memory) ends the run.
void Engine::Impl::run_thread(std::uint32_t index) {
  std::vector<StageRunner*> started;
  try {
    start_and_work(index, started);
    stop_stages(started);
  } catch (const std::exception& failure) {
    give_up_thread(index, failure);
  }
  thread_ended();
}

void Engine::Impl::start_and_work(std::uint32_t index, std::vector<StageRunner*>& started) {
  Worker& worker = *workers[index];
  auto set_up = set_up_this_thread(graph.threads[index]);
  for (std::size_t i = worker.stages().size(); i-- > 0;) {
    StageRunner* const stage = worker.stages()[i];
    const auto number = static_cast<std::uint32_t>(&stage->plan() - graph.stages.data());
    const bool passed = gate.pass(number, [&]() -> Result<void> {
      if (!set_up) return set_up.error();
      auto result = stage->is_left_out()      ? Result<void>{}
                    : stage->log() == nullptr ? stage->object().start()
                                              : stage->log()->open();
      if (!result) return std::move(result.error()).within("stage " + stage->plan().id);
      stage->prepare();
      return {};
    });
    if (!passed) break;
    if (!stage->is_left_out()) started.push_back(stage);
  }
  if (gate.wait_for_all()) worker.run();
}

void Engine::Impl::give_up_thread(std::uint32_t index, const std::exception& failure) {
  control.give_up(graph.threads[index].name, failure);
  gate.fail(Error{failure.what()});
  for (StageRunner* stage : workers[index]->stages()) {
    if (stage->log() != nullptr) stage->log()->committer().join();
  }
}

void Engine::Impl::stop_stages(const std::vector<StageRunner*>& started) {
  for (StageRunner* stage : started) {
    if (stage->log() != nullptr) stage->log()->committer().join();
    if (stage->plan().id == control.mode().shown_stage) show(*stage);
    auto stopped = stage->object().stop();
    if (!stopped) control.fail(stage->plan().id, stopped.error().message);
  }
}

void Engine::Impl::show(StageRunner& stage) {
  auto text = shown_stage(stage.object());
  if (text) {
    shown = std::move(*text);
  } else {
    control.fail(stage.plan().id, text.error().message);
  }
}

void Engine::Impl::thread_ended() {
  const std::lock_guard lock(mutex);
  if (--running_threads == 0) {
    state = EngineState::stopped;
    ended.notify_all();
  }
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  if (impl_->is_hanging) {
    // A stage sits in its start() for ever and still uses what it was lent: leave it all behind.
    for (std::thread& thread : impl_->threads) thread.detach();
    static auto* const left_behind = new std::vector<Impl*>;  // reachable: kept on purpose, not leaked
    left_behind->push_back(impl_.release());
    return;
  }
  abandon();
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  if (impl_->watchdog) impl_->watchdog->stop();
  impl_->snapshotter.reset();
  impl_->second_logs.reset();
  for (const auto& edge : impl_->edges) {
    if (edge != nullptr) edge->release_all();
  }
  for (const auto& settlement : impl_->settlements) settlement->edge.release_all();
  for (const auto& runner : impl_->runners) runner->release_all();
}

Result<std::unique_ptr<Engine>> Engine::create(const Graph& graph, LogFunction log, const RunMode& mode) {
  ns_per_tick_q32();  // measured here, not in the first batch
  steady_wall_ns();   // begins here, before a source asks
  auto impl = std::make_unique<Impl>(graph, std::move(log), mode);
  impl->make_telemetry();
  impl->make_parts();
  if (auto created = impl->create_stages(); !created) return created.error();
  impl->settlements = make_logs(graph, impl->telemetry, impl->runners, impl->workers);
  impl->make_snapshotter();
  impl->second_logs =
      std::make_unique<SecondLogs>(impl->runners, impl->edges, impl->settlements, impl->control);
  impl->watchdog = std::make_unique<Watchdog>(graph, impl->telemetry, impl->control);
  Impl* const parts = impl.get();
  impl->control.set_wake_all([parts] {
    for (const auto& worker : parts->workers) worker->sleeper().wake();
    for (const auto& runner : parts->runners) {
      if (runner->log() != nullptr) runner->log()->committer().wake();
    }
  });
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Result<void> Engine::Impl::start() {
  if (!control.mode().is_replay) {
    if (auto opened = control.dead_letters().open(); !opened) return opened.error();
  }
  if (snapshotter) {
    if (auto owned = snapshots->own(); !owned) return std::move(owned.error()).within("snapshots.path");
  }
  control.rest().expect_workers(static_cast<std::uint32_t>(workers.size()));
  state = EngineState::starting;
  running_threads = workers.size();
  threads.reserve(workers.size());
  for (std::uint32_t i = 0; i < workers.size(); ++i) {
    threads.emplace_back([this, i] { run_thread(i); });
  }
  auto outcome = gate.open(static_cast<std::uint32_t>(runners.size()), graph.config.start_timeout_ns);
  if (!outcome.result) {
    is_hanging = outcome.is_hanging;
    if (!outcome.is_hanging) return outcome.result.error();
    return std::move(outcome.result.error()).within("stage " + graph.stages[outcome.failed].id);
  }
  const bool has_logs = std::ranges::any_of(telemetry.logs, [](const auto& log) { return log != nullptr; });
  if (has_logs) state = EngineState::replaying;
  auto recovered = recover_run(graph, runners, snapshots.get(), control);
  // After a stop the stages may know only a part of what they should: they must not even drain.
  const bool goes_on = recovered && !control.is_ending();
  if (goes_on) second_logs->start();
  gate.release(goes_on);
  if (!goes_on) {
    control.abandon();  // for the committers that run already
    return recovered ? Result<void>{} : recovered.error();
  }
  if (snapshotter) snapshotter->start(std::move(*recovered));
  // A short run may be over already.
  EngineState expected = has_logs ? EngineState::replaying : EngineState::starting;
  state.compare_exchange_strong(expected, EngineState::running);
  watchdog->start();
  return {};
}

// Some threads may be there, and wait for the others or work already.
void Engine::Impl::give_up_start() {
  gate.release(false);
  control.abandon();
  const std::lock_guard lock(mutex);
  running_threads -= workers.size() - threads.size();
}

Result<void> Engine::start() {
  TICKWEIR_ASSERT(impl_->state == EngineState::created);
  try {
    return impl_->start();
  } catch (const std::system_error& failure) {
    impl_->give_up_start();
    return Error{std::string("cannot start a thread: ") + failure.what()};
  } catch (const std::exception& failure) {
    impl_->give_up_start();
    return Error{failure.what()};
  }
}

void Engine::stop() {
  impl_->control.request_stop();
}

void Engine::abandon() {
  impl_->control.abandon();
}

bool Engine::wait_for(std::uint32_t timeout_ms) {
  std::unique_lock lock(impl_->mutex);
  return impl_->ended.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                               [this] { return impl_->running_threads == 0; });
}

Result<void> Engine::wait() {
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  impl_->watchdog->stop();
  if (impl_->snapshotter) impl_->snapshotter->stop();
  if (auto failure = impl_->control.failure()) return Error{*failure};
  return {};
}

Result<void> Engine::take_snapshot() {
  if (!impl_->snapshotter) return Error{"the pipeline has no snapshots"};
  return impl_->snapshotter->take();
}

EngineState Engine::state() const {
  const EngineState state = impl_->state;
  if (state != EngineState::running && state != EngineState::replaying) return state;
  if (impl_->control.is_draining()) return EngineState::draining;
  return impl_->control.is_replaying() ? EngineState::replaying : state;
}
std::optional<std::string> Engine::failure() const {
  return impl_->control.failure();
}
const Telemetry& Engine::telemetry() const {
  return impl_->telemetry;
}
RunReport Engine::report() const {
  return make_report(impl_->graph, impl_->telemetry);
}
std::vector<LogReplay> Engine::replays() const {
  std::vector<LogReplay> replays;
  for (std::size_t i = 0; i < impl_->runners.size(); ++i) {
    const LogStage* const log = impl_->runners[i]->log();
    if (log == nullptr) continue;
    const GraphStage& stage = impl_->graph.stages[i];
    const bool is_input = stage.log == no_log;
    replays.push_back({.id = stage.id,
                       .is_input = is_input,
                       .ends_early = log->ends_early(),
                       .held_last = log->facts().last_sequence,
                       .made_last = is_input ? log->replayed() : log->last_sequence(),
                       .equal_events = log->committer().equal_events()});
  }
  return replays;
}
const std::string& Engine::shown() const {
  return impl_->shown;
}
std::vector<std::string> Engine::stalls() const {
  return impl_->watchdog->stalls();
}

}  // namespace tickweir
