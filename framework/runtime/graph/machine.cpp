// What this machine allows: sysfs, procfs and the scheduler's own answers. See graph.h and machine.h.
#include "runtime/graph/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "runtime/graph/graph.h"
#include "tickweir/scalar.h"

namespace tickweir {
namespace {

constexpr unsigned cpu_max = 65'535;  // more than any Linux; bounds what a strange file can ask for

std::string read_text(const char* file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<unsigned> first_cpus(long count) {
  std::vector<unsigned> cpus;
  for (long cpu = 0; cpu < std::max(count, 1L); ++cpu) cpus.push_back(static_cast<unsigned>(cpu));
  return cpus;
}

std::vector<unsigned> present_cpus() {
  std::vector<unsigned> cpus = parse_cpu_list(read_text("/sys/devices/system/cpu/online"));
  return cpus.empty() ? first_cpus(sysconf(_SC_NPROCESSORS_ONLN)) : cpus;
}

// The affinity of this process; cpusets of cgroups have been taken off it by the kernel.
std::vector<unsigned> allowed_cpus(const std::vector<unsigned>& present) {
  for (unsigned count = 1024; count <= cpu_max + 1; count *= 2) {
    cpu_set_t* set = CPU_ALLOC(count);
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(count);
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    std::vector<unsigned> cpus;
    for (unsigned cpu = 0; known && cpu < count; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, set)) cpus.push_back(cpu);
    }
    CPU_FREE(set);
    if (known) return cpus;
  }
  return present;
}

bool has_capability_to_nice() {
  constexpr std::uint64_t cap_sys_nice = 23;
  const std::string status = read_text("/proc/self/status");
  const std::size_t at = status.find("CapEff:");
  if (at == std::string::npos) return false;
  const std::size_t digits = status.find_first_not_of(" \t", at + 7);
  if (digits == std::string::npos) return false;
  std::uint64_t set = 0;
  std::from_chars(status.data() + digits, status.data() + status.size(), set, 16);
  return (set >> cap_sys_nice & 1) != 0;
}

bool realtime_allowed() {
  rlimit limit{};
  const bool by_limit = getrlimit(RLIMIT_RTPRIO, &limit) == 0 && limit.rlim_cur > 0;
  return by_limit || has_capability_to_nice();
}

// A line of /proc/interrupts that belongs to a disk or a network card, by the names drivers give.
bool is_disk_or_card(std::string_view line) {
  if (line.find("virtio") != std::string_view::npos) {
    return line.find("-req") != std::string_view::npos || line.find("-input") != std::string_view::npos ||
           line.find("-output") != std::string_view::npos;
  }
  constexpr std::array<std::string_view, 15> names{"nvme",    "ahci", "ata_", "scsi",  "megasas",
                                                   "mpt3sas", "mmc",  "eth",  "eno",   "ens",
                                                   "enp",     "wlan", "mlx",  "ixgbe", "i40e"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return line.find(name) != std::string_view::npos; });
}

// The CPU of each column, from the heading "CPU0 CPU1 CPU3".
std::vector<unsigned> column_cpus(const std::string& heading) {
  std::istringstream words(heading);
  std::vector<unsigned> cpus;
  for (std::string word; words >> word;) {
    const auto cpu = word.starts_with("CPU") ? parse_integer(std::string_view(word).substr(3)) : std::nullopt;
    if (cpu && *cpu >= 0 && *cpu <= cpu_max) cpus.push_back(static_cast<unsigned>(*cpu));
  }
  return cpus;
}

}  // namespace

std::vector<unsigned> parse_cpu_list(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::vector<unsigned> cpus;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = parse_integer(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_integer(part.substr(dash + 1));
    if (first && last && *first >= 0 && *last <= cpu_max) {
      for (std::int64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<unsigned>(cpu));
    }
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::vector<unsigned> parse_interrupt_cpus(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string line;
  std::getline(lines, line);
  const std::vector<unsigned> cpus = column_cpus(line);
  std::vector<std::uint64_t> counts(cpus.size(), 0);
  std::uint64_t total = 0;
  while (std::getline(lines, line)) {
    if (!is_disk_or_card(line)) continue;
    std::istringstream words(line);
    words >> line;  // "24:"
    for (std::uint64_t& count : counts) {
      std::uint64_t value = 0;
      if (!(words >> value)) break;
      count += value;
      total += value;
    }
  }
  std::vector<unsigned> busy;
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    if (cpus.size() > 1 && counts[i] * cpus.size() * 2 > total * 3) busy.push_back(cpus[i]);
  }
  return busy;
}

Machine this_machine() {
  Machine machine;
  machine.cpus_present = present_cpus();
  machine.cpus_allowed = allowed_cpus(machine.cpus_present);
  machine.interrupt_cpus = parse_interrupt_cpus(read_text("/proc/interrupts"));
  machine.realtime_allowed = realtime_allowed();
  return machine;
}

}  // namespace tickweir
