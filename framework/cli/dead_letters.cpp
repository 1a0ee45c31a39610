// tickweir dead-letters: the events that stages with `on_error: dead_letter` failed at, as text or JSON.
// Their file holds no layouts, so those of the plugins on the plugin path are taken.
#include "runtime/engine/dead_letters.h"

#include <cstdio>
#include <limits>
#include <stdexcept>

#include "cli/command.h"
#include "cli/wal_events.h"
#include "runtime/plugins/event_schema.h"

namespace tickweir {
namespace {

// As far as they can be loaded: an event that nobody explains is shown as digits.
std::string known_events(const Arguments& arguments) {
  auto registry = Registry::scan(plugin_path(arguments.common.plugin_path));
  if (!registry) throw std::runtime_error(registry.error().message);
  std::vector<const Plugin*> plugins;
  for (const std::string& name : registry->names()) {
    if (auto plugin = registry->load(name)) plugins.push_back(*plugin);
  }
  return event_schema(plugins);
}

Result<void> print(DeadLetterFile& file, const EventTable& layouts, const Arguments& arguments) {
  const bool is_json = arguments.common.json || arguments.format == "json";
  std::uint64_t left = arguments.wal.limit.value_or(std::numeric_limits<std::uint64_t>::max());
  for (std::string line; left != 0; --left, line.clear()) {
    auto event = file.next();
    if (!event) return event.error();
    if (*event == nullptr) break;
    is_json ? layouts.append_json(**event, line) : layouts.append_text(**event, line);
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size())
      throw std::runtime_error("cannot write to stdout");
  }
  return {};
}

}  // namespace

int dead_letters_command(const Arguments& arguments) {
  DeadLetterFile file;
  if (auto opened = file.open(arguments.target); !opened) {
    print_error(arguments.target + ": " + opened.error().message);
    return exit_failed;
  }
  auto printed = print(file, EventTable(known_events(arguments)), arguments);
  if (!printed) {
    print_error(arguments.target + " " + printed.error().message);
    return exit_failed;
  }
  if (!arguments.wal.limit && file.bytes_left() != 0) {
    std::fflush(stdout);
    std::fprintf(stderr,
                 "tickweir: %s: torn at byte %llu: the %llu bytes from there are no whole event; the next run"
                 " cuts them off\n",
                 arguments.target.c_str(), static_cast<unsigned long long>(file.offset()),
                 static_cast<unsigned long long>(file.bytes_left()));
  }
  return exit_done;
}

}  // namespace tickweir
