// What stands between a log and a log behind it must give the same again when the first is replayed. See
// draft.h.
//
// A replay cuts the first log into other batches than those that once came in. Where two inputs meet, their
// events alternate by batches, even on one thread; when an edge is full is a matter of time; and a stage that
// fails loses the whole batch that the event came in. So none of these may be.
#include <set>
#include <vector>

#include "runtime/config/fields.h"
#include "runtime/graph/draft.h"

namespace tickweir {
namespace {

class RepeatCheck {
 public:
  RepeatCheck(const Drafts& drafts, Diagnostics& diagnostics) : drafts_(drafts), diagnostics_(diagnostics) {}

  // All that lies between a log and the one before it.
  void check(std::size_t log) {
    std::set<std::size_t> seen{log};
    std::vector<std::size_t> ahead{log};
    while (!ahead.empty()) {
      const std::size_t index = ahead.back();
      ahead.pop_back();
      check_inputs(index, log);
      check_on_error(index, log);
      for (const DraftInput& input : drafts_[index].inputs) {
        if (input.from != *drafts_[log].log && seen.insert(input.from).second) ahead.push_back(input.from);
      }
    }
  }

 private:
  void check_inputs(std::size_t index, std::size_t log) {
    const std::vector<DraftInput>& inputs = drafts_[index].inputs;
    for (const DraftInput& input : inputs) {
      if (input.config->when_full == WhenFull::block || !reported_.insert(input.config).second) continue;
      diagnostics_.error(
          input.config->when_full_place,
          std::string(input.config->when_full == WhenFull::drop_newest ? "drop_newest" : "drop_oldest") +
              " between " + logs_text(log) +
              ": which events it loses differs from run to run, so a replay of " + id_of(*drafts_[log].log) +
              " would not make again what " + id_of(log) + " holds",
          "use when_full: block");
    }
    if (inputs.size() < 2 || !reported_.insert(drafts_[index].config).second) return;
    diagnostics_.error(inputs[1].config->from.place,
                       "stage " + id_of(index) + " reads " + in_quotes(inputs[0].config->from.value) +
                           " and " + in_quotes(inputs[1].config->from.value) + " between " + logs_text(log) +
                           ": how their events alternate differs from run to run, so a replay of " +
                           id_of(*drafts_[log].log) + " would not make again what " + id_of(log) + " holds",
                       "read one of them here, and give the other a log of its own");
  }

  void check_on_error(std::size_t index, std::size_t log) {
    const StageConfig& config = *drafts_[index].config;
    if (is_log(drafts_[index]) || config.on_error != OnError::dead_letter) return;  // logs: see logs.cpp
    if (!reported_.insert(&config.on_error_place).second) return;
    diagnostics_.error(config.on_error_place,
                       "stage " + id_of(index) + " leaves dead letters between " + logs_text(log) +
                           ": a failure takes a whole batch, and a replay of " + id_of(*drafts_[log].log) +
                           " cuts other batches, so it would not make again what " + id_of(log) + " holds",
                       "use on_error: stop");
  }

  [[nodiscard]] std::string logs_text(std::size_t log) const {
    return "log " + id_of(*drafts_[log].log) + " and log " + id_of(log) + " behind it";
  }
  [[nodiscard]] std::string id_of(std::size_t index) const { return in_quotes(drafts_[index].config->id); }

  const Drafts& drafts_;
  Diagnostics& diagnostics_;
  std::set<const void*> reported_;
};

}  // namespace

void refuse_unrepeatable(const Drafts& drafts, Diagnostics& diagnostics) {
  RepeatCheck check(drafts, diagnostics);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (is_log(drafts[i]) && drafts[i].log) check.check(i);
  }
}

}  // namespace tickweir
