// Reads /proc/self for the process_* metrics.
#include "runtime/metrics/process.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

namespace tickweir {
namespace {

// proc(5): /proc/[pid]/stat from field 3 on, after the command name in brackets.
struct ProcessStat {
  double cpu_ticks = 0;
  double threads = 0;
  double start_ticks = 0;
  double virtual_bytes = 0;
  double resident_pages = 0;
};

bool read_stat(ProcessStat& stat) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return false;
  const auto close = line.rfind(')');
  if (close == std::string::npos) return false;
  std::istringstream rest(line.substr(close + 1));
  std::string field;
  for (int number = 3; rest >> field; ++number) {
    switch (number) {
      case 14:
      case 15:
        stat.cpu_ticks += std::stod(field);
        break;
      case 20:
        stat.threads = std::stod(field);
        break;
      case 22:
        stat.start_ticks = std::stod(field);
        break;
      case 23:
        stat.virtual_bytes = std::stod(field);
        break;
      case 24:
        stat.resident_pages = std::stod(field);
        return true;
      default:
        break;
    }
  }
  return false;
}

double boot_time() {
  std::ifstream file("/proc/stat");
  std::string key;
  double value = 0;
  while (file >> key) {
    if (key == "btime" && file >> value) return value;
    file.ignore(1 << 16, '\n');
  }
  return 0;
}

double open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // one is the listing's own
}

}  // namespace

void collect_process(Families& families) {
  ProcessStat stat;
  if (read_stat(stat)) {
    const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    families.counter("process_cpu_seconds_total", "Time on a CPU, user and system.", {},
                     stat.cpu_ticks / ticks_per_second);
    families.gauge("process_threads", "Threads of the process.", {}, stat.threads);
    families.gauge("process_start_time_seconds", "When the process began, since the Unix epoch.", {},
                   boot_time() + stat.start_ticks / ticks_per_second);
    families.gauge("process_virtual_memory_bytes", "Virtual memory.", {}, stat.virtual_bytes);
    families.gauge("process_resident_memory_bytes", "Memory in RAM.", {},
                   stat.resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  families.gauge("process_open_fds", "Open file descriptors.", {}, open_files());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.gauge("process_max_fds", "File descriptors that may be open.", {},
                   static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace tickweir
