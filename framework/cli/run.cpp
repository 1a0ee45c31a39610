// tickweir run: loads, starts, watches, drains, reports.
//
// A first SIGINT, SIGTERM or SIGHUP asks for an orderly end, and so does a failure; a second signal, or the
// drain's time limit, gives it up and says what was in flight.
#include <chrono>
#include <cstdio>
#include <future>
#include <iostream>
#include <optional>
#include <system_error>

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
constexpr std::uint32_t replay_period_ms = 5;  // until it can be said that it runs
constexpr std::uint32_t abandon_patience_ms = 2000;

// How the watching of a running engine ended.
struct Ending {
  bool is_stopped = false;  // every thread has ended
  int first_signal = 0;
  bool is_forced = false;     // a second signal
  bool is_timed_out = false;  // the drain took too long
  [[nodiscard]] bool is_given_up() const { return is_forced || is_timed_out; }
};

const char* cause_of(const Ending& ending) {
  return ending.is_forced ? "second signal" : "the drain took longer than timeouts.drain";
}

class Run {
 public:
  Run(const Arguments& arguments, Signals& signals, const Graph& graph, Log& log, Engine& engine)
      : arguments_(arguments), signals_(signals), graph_(graph), log_(log), engine_(engine) {}

  int go();

 private:
  Result<void> serve();
  Result<void> start(Ending& ending);
  void watch(Ending& ending);
  void announce(const Ending& ending);
  void look(Ending& ending);
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
  std::optional<Clock::time_point> drain_began_;  // by a signal or a failure
  bool has_started_ = false;
  bool is_announced_ = false;
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
  Ending ending;
  if (auto started = start(ending); !started) {
    log_.flush();
    print_error(started.error().message);
    admin_.reset();
    // Those that had started stop in order; but one may hang in its start for ever.
    if (!engine_.wait_for(abandon_patience_ms)) leave_at_once(exit_failed);
    return exit_failed;
  }
  if (!ending.is_given_up()) watch(ending);
  if (ending.is_given_up()) give_up(ending);
  return conclude(ending, std::chrono::duration<double>(Clock::now() - begin).count());
}

// On a thread of its own: signals are heard meanwhile, and a start that reads a long log may take minutes.
Result<void> Run::start(Ending& ending) {
  std::future<Result<void>> starting;
  try {
    starting = std::async(std::launch::async, [this] { return engine_.start(); });
  } catch (const std::system_error& failure) {
    return Error{std::string("cannot start a thread: ") + failure.what()};
  }
  const auto is_through = [&](std::uint32_t within_ms) {
    return starting.wait_for(std::chrono::milliseconds(within_ms)) == std::future_status::ready;
  };
  while (!is_through(watch_period_ms) && !ending.is_given_up()) look(ending);
  if (ending.is_given_up()) {
    engine_.abandon();
    if (!is_through(abandon_patience_ms)) {
      log_.write(TICKWEIR_LOG_WARNING, "", std::string(cause_of(ending)) + ": gave up the start");
      log_.flush();
      leave_at_once(ending.is_forced ? exit_forced : exit_failed);
    }
  }
  has_started_ = true;
  return starting.get();
}

void Run::watch(Ending& ending) {
  LiveLine live(graph_, engine_.telemetry(), log_);
  announce(ending);
  while (!(ending.is_stopped = engine_.wait_for(is_announced_ ? watch_period_ms : replay_period_ms))) {
    look(ending);
    if (ending.is_given_up()) return;
    announce(ending);
    live.refresh();
  }
  announce(ending);
}

// Once: when what the logs held has been passed on, and what comes in is taken.
void Run::announce(const Ending& ending) {
  if (is_announced_ || engine_.state() == EngineState::replaying) return;
  is_announced_ = true;
  if (ending.first_signal == 0 && !engine_.failure()) info("pipeline " + graph_.config.name + " is running");
}

void Run::look(Ending& ending) {
  if (const int signal = signals_.take(); signal != 0) note_signal(signal, ending);
  if (!drain_began_ && engine_.failure()) drain_began_ = Clock::now();
  const auto limit = std::chrono::nanoseconds(graph_.config.drain_timeout_ns);
  ending.is_timed_out = !ending.is_forced && drain_began_ && Clock::now() - *drain_began_ > limit;
}

void Run::note_signal(int signal, Ending& ending) {
  if (ending.first_signal != 0) {
    ending.is_forced = true;
    return;
  }
  ending.first_signal = signal;
  if (!drain_began_) drain_began_ = Clock::now();
  engine_.stop();
  info(std::string(Signals::name(signal)) + (has_started_
                                                 ? ": draining; once more to give up what is in flight"
                                                 : ": ending the start; once more to give it up"));
}

void Run::give_up(Ending& ending) {
  engine_.abandon();
  ending.is_stopped = engine_.wait_for(abandon_patience_ms);
  log_.write(TICKWEIR_LOG_WARNING, "",
             std::string(cause_of(ending)) + ": gave up; in flight: " + in_flight_text(engine_.report()));
}

int Run::conclude(const Ending& ending, double seconds) {
  RunSummary summary{.pipeline = graph_.config.name, .outcome = "done", .seconds = seconds};
  if (ending.first_signal != 0)
    summary.outcome = std::string("stopped by ") + Signals::name(ending.first_signal);
  int code = exit_done;
  if (ending.is_given_up()) {
    summary.outcome = "abandoned";
    code = ending.is_forced ? exit_forced : exit_failed;
  }
  if (ending.is_stopped) static_cast<void>(engine_.wait());  // its failure is asked for below
  if (auto failure = engine_.failure()) {
    summary.cause = std::move(*failure);
    if (code == exit_done) {
      summary.outcome = "failed";
      code = exit_failed;
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
