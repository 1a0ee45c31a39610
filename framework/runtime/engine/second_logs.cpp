#include "runtime/engine/second_logs.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

constexpr std::chrono::milliseconds look_again_after{1};
constexpr std::uint64_t standstill_ns_max = 10'000'000;  // a call may take long; the others go on meanwhile

bool is_behind_what_it_holds(const LogStage& log) {
  return read_cell(log.cells().last_sequence) < log.facts().last_sequence;
}

}  // namespace

std::string more_than_made(std::uint64_t held_last, std::uint64_t made_last) {
  return "the log holds " + std::to_string(held_last) + " events, the replay makes " +
         std::to_string(made_last) +
         ": the log before it has lost its end (another folder, an older or a cut copy, a crash under sync "
         "none or os), or a plugin or an option has changed; put back what was there. If it is gone for "
         "good, move this log's folder away and keep it, as it alone knows what came of the lost events: "
         "the log is then made again from what is left";
}

SecondLogs::~SecondLogs() {
  if (thread_.joinable()) thread_.join();
}

void SecondLogs::start() {
  if (control_.mode().is_replay || first_behind() == nullptr) return;
  if (TICKWEIR_BUG("second log ahead of the first")) return;
  control_.replay_began();
  thread_ = std::thread([this] { run(); });
}

void SecondLogs::run() {
  pthread_setname_np(pthread_self(), "second logs");
  wait_while([this] { return control_.open_replays() > 1; });  // this one aside
  control_.rest().hold();                                      // logs do not gather any more
  control_.wake_all();
  try {
    compare();
  } catch (const std::exception& failure) {
    control_.give_up("second logs", failure);
  }
  control_.rest().let_go();
  control_.replay_ended();
}

void SecondLogs::compare() {
  wait_while([this] { return !is_settled(); });
  StageRunner* const behind = first_behind();
  if (behind == nullptr || control_.is_ending()) return;
  const LogStage& log = *behind->log();
  control_.fail(behind->plan().id,
                more_than_made(log.facts().last_sequence, read_cell(log.cells().last_sequence)));
}

// And while there is something to wait for.
template <typename Condition>
void SecondLogs::wait_while(Condition&& condition) const {
  while (!control_.is_ending() && first_behind() != nullptr && condition()) {
    std::this_thread::sleep_for(look_again_after);
  }
}

// The first log that has not been given again all that it holds.
StageRunner* SecondLogs::first_behind() const {
  const auto found = std::ranges::find_if(runners_, [](const auto& runner) {
    return runner->log() != nullptr && runner->plan().log != no_log &&
           is_behind_what_it_holds(*runner->log());
  });
  return found == runners_.end() ? nullptr : found->get();
}

// Of all that was replayed nothing is under way any more.
bool SecondLogs::is_settled() const {
  if (!looks_at_rest(runners_, edges_, settlements_)) return false;
  Rest& rest = control_.rest();
  rest.begin_freeze();
  control_.wake_all();
  const bool settled =
      rest.wait_until_frozen(standstill_ns_max) && is_at_rest(runners_, edges_, settlements_);
  rest.thaw();
  return settled;
}

}  // namespace tickweir
