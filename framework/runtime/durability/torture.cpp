// See torture.h.
#include "runtime/durability/torture.h"

#include <algorithm>

#include "runtime/durability/torture_subject.h"

namespace tickweir {

const char* name_of(Mark mark) {
  switch (mark) {
    case Mark::passed:
      return "passed";
    case Mark::failed:
      return "failed";
    case Mark::skipped:
      break;
  }
  return "skipped";
}

std::vector<Score> run_torture(const TortureSettings& settings) {
  if (!std::filesystem::is_directory(settings.folder)) {
    throw std::runtime_error("there is no folder " + settings.folder.string());
  }
  std::vector<torture::Check> checks = torture::plain_checks();
  for (const torture::Check& check : torture::crash_checks()) checks.push_back(check);
  std::vector<Score> sheet;
  for (const torture::Check& check : checks) {
    if (!settings.only.empty() && std::ranges::count(settings.only, check.name) == 0) continue;
    const torture::Ending ending = torture::in_own_process(settings.seconds, [&] {
      torture::Subject subject(settings, check.name);
      return check.run(subject);
    });
    sheet.push_back({check.name, check.requirement, ending.mark, ending.text});
  }
  return sheet;
}

}  // namespace tickweir
