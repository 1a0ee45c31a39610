#include "runtime/engine/thread_setup.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <cstring>
#include <string>

namespace tickweir {

namespace {

Result<void> pin(const GraphThread& plan) {
  if (plan.cpus.empty()) return {};
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  for (const unsigned cpu : plan.cpus) CPU_SET(cpu, &cpus);
  if (const int code = pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus); code != 0) {
    return Error{std::string("cannot pin it to its cpus: ") + std::strerror(code)};
  }
  return {};
}

Result<void> prioritize(const GraphThread& plan) {
  if (plan.priority == 0) return {};
  const sched_param param{.sched_priority = plan.priority};
  if (const int code = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param); code != 0) {
    return Error{"cannot set priority " + std::to_string(plan.priority) + ": " + std::strerror(code) +
                 "; it needs CAP_SYS_NICE or a real-time limit (ulimit -r)"};
  }
  return {};
}

}  // namespace

Result<void> set_up_this_thread(const GraphThread& plan) {
  // The kernel keeps 15 characters.
  pthread_setname_np(pthread_self(), plan.name.substr(0, 15).c_str());
  prctl(PR_SET_TIMERSLACK, 1UL);  // sleeps end when asked, not up to 50 us later
  if (auto pinned = pin(plan); !pinned) return std::move(pinned.error()).within("thread " + plan.name);
  if (auto set = prioritize(plan); !set) return std::move(set.error()).within("thread " + plan.name);
  return {};
}

}  // namespace tickweir
