// The start of a run with logs behind another one: the replay must make again all that they hold.
//
// Where it makes less, the log before has lost its end, or is another one. New events would get the numbers
// of those that are lost, be acknowledged, and only then differ from what is stored. So sources wait until
// every such log has come to where it ended; when the replay has settled before that, the run fails.
//
// Threading: a thread of its own until then. The rest on the main thread.
#pragma once

#include <thread>

#include "runtime/engine/at_rest.h"
#include "runtime/engine/run_control.h"

namespace tickweir {

class SecondLogs {
 public:
  SecondLogs(const Runners& runners, const Edges& edges, const Settlements& settlements, RunControl& control)
      : runners_(runners), edges_(edges), settlements_(settlements), control_(control) {}
  ~SecondLogs();

  // After the recovery, before the work begins.
  void start();

 private:
  void run();
  void compare();
  template <typename Condition>
  void wait_while(Condition&& condition) const;
  [[nodiscard]] StageRunner* first_behind() const;
  [[nodiscard]] bool is_settled() const;

  const Runners& runners_;
  const Edges& edges_;
  const Settlements& settlements_;
  RunControl& control_;
  std::thread thread_;
};

}  // namespace tickweir
