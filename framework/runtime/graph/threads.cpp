// What the named threads ask of the machine. See layout.h.
#include <algorithm>

#include "runtime/graph/layout.h"

namespace tickweir {
namespace {

bool contains(const std::vector<unsigned>& cpus, unsigned cpu) {
  return std::find(cpus.begin(), cpus.end(), cpu) != cpus.end();
}

void check_cpus(const ThreadConfig& thread, const Machine& machine, Diagnostics& diagnostics) {
  std::vector<unsigned> absent;
  std::vector<unsigned> forbidden;
  for (const unsigned cpu : thread.cpus) {
    if (!contains(machine.cpus_present, cpu)) {
      absent.push_back(cpu);
    } else if (!contains(machine.cpus_allowed, cpu)) {
      forbidden.push_back(cpu);
    }
  }
  // One error for a whole range: "cpus: 0-1023" is one mistake.
  const auto subject = [](const std::vector<unsigned>& cpus) {
    return (cpus.size() == 1 ? "CPU " : "CPUs ") + cpus_text(cpus);
  };
  const std::string help = "remove cpus, or name others; for one run, --set threads." + thread.name +
                           ".cpus=" + cpus_text(machine.cpus_allowed);
  if (!absent.empty()) {
    diagnostics.error(thread.cpus_place,
                      subject(absent) + (absent.size() == 1 ? " does" : " do") +
                          " not exist; this machine has " + cpus_text(machine.cpus_present),
                      help);
  }
  if (!forbidden.empty()) {
    diagnostics.error(thread.cpus_place,
                      subject(forbidden) + (forbidden.size() == 1 ? " is" : " are") +
                          " not allowed by affinity or cgroup; allowed are " +
                          cpus_text(machine.cpus_allowed),
                      help);
  }
}

void warn_of_interrupts(const ThreadConfig& thread, const Machine& machine, Diagnostics& diagnostics) {
  if (thread.wait != WaitMode::spin || thread.cpus.empty()) return;
  const bool all = std::all_of(thread.cpus.begin(), thread.cpus.end(),
                               [&](unsigned cpu) { return contains(machine.interrupt_cpus, cpu); });
  if (!all) return;
  diagnostics.warning(thread.cpus_place,
                      "thread " + in_quotes(thread.name) + " spins on CPU " + cpus_text(thread.cpus) +
                          ", which takes the interrupts of disk or network card",
                      "pin it to another CPU, or move the interrupts (/proc/irq/N/smp_affinity)");
}

// Of two threads bound to one CPU, a spinning one keeps the other waiting for whole time slices.
void warn_of_sharing(const std::vector<ThreadConfig>& threads, std::size_t index, Diagnostics& diagnostics) {
  const ThreadConfig& thread = threads[index];
  if (thread.cpus.size() != 1) return;
  for (std::size_t i = 0; i < index; ++i) {
    const ThreadConfig& earlier = threads[i];
    if (earlier.cpus != thread.cpus) continue;
    if (thread.wait != WaitMode::spin && earlier.wait != WaitMode::spin) continue;
    const bool both = thread.wait == earlier.wait;
    const std::string spinner = thread.wait == WaitMode::spin ? thread.name : earlier.name;
    diagnostics.warning(thread.cpus_place,
                        "threads " + in_quotes(earlier.name) + " and " + in_quotes(thread.name) +
                            " are both pinned to CPU " + cpus_text(thread.cpus) + ", where " +
                            (both ? "both spin" : in_quotes(spinner) + " spins") +
                            ": each keeps the other waiting",
                        "pin them to different CPUs, or use wait: adaptive");
    return;
  }
}

void warn_of_spinning(const std::vector<ThreadConfig>& threads, const Machine& machine,
                      Diagnostics& diagnostics) {
  const std::size_t usable = machine.cpus_allowed.size();
  std::size_t spinning = 0;
  for (const ThreadConfig& thread : threads) {
    if (thread.wait != WaitMode::spin || ++spinning != usable + 1) continue;
    diagnostics.warning(thread.place,
                        "with thread " + in_quotes(thread.name) + " more threads spin than the " +
                            std::to_string(usable) + " usable CPUs: they keep each other waiting",
                        "use wait: adaptive");
  }
}

}  // namespace

void check_threads(const PipelineConfig& config, const Machine& machine, Diagnostics& diagnostics) {
  std::vector<ThreadConfig> started;
  for (const ThreadConfig& thread : config.threads) {
    check_cpus(thread, machine, diagnostics);
    if (thread.priority != 0 && !machine.realtime_allowed) {
      diagnostics.error(thread.priority_place,
                        "priority " + std::to_string(thread.priority) + " is not permitted to this process",
                        "give it CAP_SYS_NICE or a RLIMIT_RTPRIO (ulimit -r), or remove the priority");
    }
    if (has_stages(config, thread.name)) started.push_back(thread);
  }
  for (std::size_t i = 0; i < started.size(); ++i) {
    warn_of_interrupts(started[i], machine, diagnostics);
    warn_of_sharing(started, i, diagnostics);
  }
  warn_of_spinning(started, machine, diagnostics);
}

}  // namespace tickweir
