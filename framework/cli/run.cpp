// tickweir run: loads, starts, watches, drains, reports.
//
// A first SIGINT or SIGTERM asks for an orderly end; a second one, or the drain's time limit, gives it up and
// says what was in flight.
#include <chrono>
#include <cstdio>
#include <iostream>

#include <unistd.h>

#include "cli/live_line.h"
#include "cli/load.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "runtime/admin/admin_server.h"
#include "runtime/admin/pages.h"
#include "runtime/engine/clock.h"
#include "tickweir/plugin.h"

namespace tickweir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t watch_period_ms = 50;
constexpr std::uint32_t abandon_patience_ms = 2000;

// How the watching of a running engine ended.
struct Ending {
  bool is_stopped = false;  // every thread has ended
  int first_signal = 0;
  bool is_forced = false;     // a second signal
  bool is_timed_out = false;  // the drain took too long
};

class Run {
 public:
  Run(const Arguments& arguments, Signals& signals, const Graph& graph, Log& log, Engine& engine)
      : arguments_(arguments), signals_(signals), graph_(graph), log_(log), engine_(engine) {}

  int go();

 private:
  Result<void> serve();
  Ending watch();
  void note_signal(int signal, Ending& ending);
  void give_up(Ending& ending);
  int conclude(const Ending& ending, double seconds);
  void print(const RunSummary& summary) const;
  [[nodiscard]] PipelineView view() const;
  void info(const std::string& text) { log_.write(TICKWEIR_LOG_INFO, "", text); }

  const Arguments& arguments_;
  Signals& signals_;
  const Graph& graph_;
  Log& log_;
  Engine& engine_;
  std::unique_ptr<AdminServer> admin_;
  Clock::time_point drain_began_;
};

// Leaves without running destructors: a thread that sits in a plugin's call still uses what they would free.
[[noreturn]] void leave_at_once(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  ::_exit(code);
}

PipelineView Run::view() const {
  return {.graph = &graph_,
          .telemetry = &engine_.telemetry(),
          .state = [this] { return engine_.state(); },
          .stalls = [this] { return engine_.stalls(); },
          .ticks_to_seconds = [](std::uint64_t ticks) { return ticks_to_seconds(ticks); },
          .log_lines = [this] { return log_.counts(); }};
}

Result<void> Run::serve() {
  if (!graph_.config.metrics_listen) return {};
  auto server = AdminServer::listen(graph_.config.metrics_listen->value,
                                    [seen = view()](std::string_view path, std::string_view query) {
                                      return admin_page(seen, path, query);
                                    });
  if (!server) return std::move(server.error()).within("cannot serve metrics");
  admin_ = std::move(*server);
  info("metrics on http://" + admin_->address() + "/metrics");
  return {};
}

int Run::go() {
  if (auto served = serve(); !served) {
    print_error(served.error().message);
    return exit_failed;
  }
  if (const int signal = signals_.take(); signal != 0) {
    info(std::string(Signals::name(signal)) + " before the start: nothing ran");
    return exit_done;
  }
  const auto begin = Clock::now();
  if (auto started = engine_.start(); !started) {
    log_.flush();
    print_error(started.error().message);
    admin_.reset();
    // Those that had started stop in order; but one may hang in its start for ever.
    if (!engine_.wait_for(abandon_patience_ms)) leave_at_once(exit_failed);
    return exit_failed;
  }
  info("pipeline " + graph_.config.name + " is running");
  const Ending ending = watch();
  return conclude(ending, std::chrono::duration<double>(Clock::now() - begin).count());
}

Ending Run::watch() {
  Ending ending;
  LiveLine live(graph_, engine_.telemetry(), log_);
  const auto drain_limit = std::chrono::nanoseconds(graph_.config.drain_timeout_ns);
  while (!(ending.is_stopped = engine_.wait_for(watch_period_ms))) {
    if (const int signal = signals_.take(); signal != 0) note_signal(signal, ending);
    if (ending.first_signal != 0 && !ending.is_forced && Clock::now() - drain_began_ > drain_limit) {
      ending.is_timed_out = true;
    }
    if (ending.is_forced || ending.is_timed_out) {
      give_up(ending);
      return ending;
    }
    live.refresh();
  }
  return ending;
}

void Run::note_signal(int signal, Ending& ending) {
  if (ending.first_signal != 0) {
    ending.is_forced = true;
    return;
  }
  ending.first_signal = signal;
  drain_began_ = Clock::now();
  info(std::string(Signals::name(signal)) + ": draining; once more to give up what is in flight");
  engine_.stop();
}

void Run::give_up(Ending& ending) {
  engine_.abandon();
  ending.is_stopped = engine_.wait_for(abandon_patience_ms);
  const std::string why = ending.is_forced ? "second signal" : "the drain took longer than timeouts.drain";
  log_.write(TICKWEIR_LOG_WARNING, "", why + ": gave up; in flight: " + in_flight_text(engine_.report()));
}

int Run::conclude(const Ending& ending, double seconds) {
  RunSummary summary{.pipeline = graph_.config.name, .outcome = "done", .seconds = seconds};
  if (ending.first_signal != 0)
    summary.outcome = std::string("stopped by ") + Signals::name(ending.first_signal);
  int code = exit_done;
  if (ending.is_forced || ending.is_timed_out) {
    summary.outcome = "abandoned";
    code = ending.is_forced ? exit_forced : exit_failed;
  }
  if (ending.is_stopped) {
    if (auto result = engine_.wait(); !result) {
      summary.cause = result.error().message;
      if (code == exit_done) {
        summary.outcome = "failed";
        code = exit_failed;
      }
    }
  }
  summary.report = engine_.report();
  summary.totals = read_totals(graph_, engine_.telemetry());
  if (code == exit_done && !summary.report.balanced) code = exit_failed;
  admin_.reset();
  log_.flush();
  print(summary);
  if (!ending.is_stopped) leave_at_once(code);
  return code;
}

void Run::print(const RunSummary& summary) const {
  if (arguments_.common.json) {
    std::cout << json_text(report_as_json(summary));
  } else {
    std::cout << report_as_text(summary);
  }
  std::cout.flush();
  if (!summary.cause.empty()) print_error(summary.cause);
}

}  // namespace

int run_command(const Arguments& arguments) {
  Signals signals;  // before any thread, so that all inherit it
  const LoadedPipeline loaded = load_and_build(arguments);
  print_verdict(arguments, loaded);
  if (loaded.graph == nullptr) return exit_refused;
  Log log({.format = arguments.common.log_format, .level = arguments.common.log_level});
  auto engine =
      Engine::create(*loaded.graph, [&log](std::uint32_t level, const std::string& stage,
                                           const std::string& text) { log.write(level, stage, text); });
  if (!engine) {
    print_error(engine.error().message);
    return exit_refused;
  }
  return Run(arguments, signals, *loaded.graph, log, **engine).go();
}

}  // namespace tickweir
