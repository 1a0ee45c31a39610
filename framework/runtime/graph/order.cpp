// Upstream before downstream, and the cycles that make that impossible. See draft.h.
#include <algorithm>
#include <functional>
#include <queue>

#include "runtime/graph/draft.h"

namespace tickweir {
namespace {

// Walks downstream depth first, with a stack of its own: a file may hold a chain of any length.
class CycleSearch {
 public:
  CycleSearch(const Drafts& drafts, Diagnostics& diagnostics)
      : drafts_(drafts),
        diagnostics_(diagnostics),
        consumers_(drafts.size()),
        state_(drafts.size(), State::unseen) {
    for (std::size_t to = 0; to < drafts.size(); ++to) {
      for (const DraftInput& input : drafts[to].inputs) {
        consumers_[input.from].push_back({to, &input});
      }
    }
  }

  void run() {
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      if (state_[i] == State::unseen) visit(i);
    }
  }

 private:
  enum class State { unseen, on_path, done };
  struct Consumer {
    std::size_t stage;
    const DraftInput* input;
  };
  struct Step {
    std::size_t stage;
    std::size_t next = 0;  // consumer to look at
  };

  void visit(std::size_t start) {
    path_.push_back({start});
    state_[start] = State::on_path;
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next == consumers_[step.stage].size()) {
        state_[step.stage] = State::done;
        path_.pop_back();
        continue;
      }
      const Consumer consumer = consumers_[step.stage][step.next++];
      if (state_[consumer.stage] == State::on_path) refuse(consumer);
      if (state_[consumer.stage] != State::unseen) continue;
      state_[consumer.stage] = State::on_path;
      path_.push_back({consumer.stage});
    }
  }

  void refuse(const Consumer& closing) {
    std::string chain;
    bool inside = false;
    for (const Step& step : path_) {
      inside = inside || step.stage == closing.stage;
      if (inside) chain += drafts_[step.stage].config->id + " -> ";
    }
    diagnostics_.error(closing.input->config->from.place,
                       "events would go in a circle: " + chain + drafts_[closing.stage].config->id,
                       "remove one of these inputs");
  }

  const Drafts& drafts_;
  Diagnostics& diagnostics_;
  std::vector<std::vector<Consumer>> consumers_;
  std::vector<State> state_;
  std::vector<Step> path_;
};

}  // namespace

std::vector<std::size_t> upstream_first(const Drafts& drafts, Diagnostics& diagnostics) {
  std::vector<std::vector<std::size_t>> consumers(drafts.size());
  std::vector<std::size_t> waits_for(drafts.size(), 0);
  for (std::size_t to = 0; to < drafts.size(); ++to) {
    for (const DraftInput& input : drafts[to].inputs) {
      consumers[input.from].push_back(to);
      ++waits_for[to];
    }
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (waits_for[i] == 0) ready.push(i);
  }
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const std::size_t to : consumers[order.back()]) {
      if (--waits_for[to] == 0) ready.push(to);
    }
  }
  if (order.size() == drafts.size()) return order;
  CycleSearch(drafts, diagnostics).run();
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (waits_for[i] > 0) order.push_back(i);
  }
  return order;
}

}  // namespace tickweir
